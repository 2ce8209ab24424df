"""The recommendations in a terminal, for `auditor rules` and `auditor explain`."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from auditor.models.certificates import URGENT_CERTIFICATE_DAYS
from auditor.models.findings import SubjectKind
from auditor.recommendations.cause_rules import load_cause_rules
from auditor.recommendations.packs import Recommendation, Remedy
from auditor.recommendations.remedies import remedy_statements
from auditor.recommendations.vocabulary import Condition, Expectation, JudgingMode, NodeScope
from auditor.report.columns import plain_table
from auditor.report.console import render_console, safe_text
from auditor.report.sentences import render_sentences
from auditor.report.wording import KIND_TEXTS
from auditor.text import count_noun, join_names

PACK_TEXTS = {
    "table": "Cisco's service activation table",
    "guides": "what other Cisco guides add to the table",
}
"""What the built-in packs hold."""

CONDITION_TEXTS = {
    Condition.ALWAYS: "always",
    Condition.EXPRESSWAY: 'xmpp_federation = "expressway"',
    Condition.SERVICE_ACTIVATED: "the service is activated",
    Condition.SERVICE_RUNS: "the service runs",
    Condition.SEVERAL_NODES: "the cluster has more than one node",
    Condition.SUBSCRIBER: "the node is a subscriber",
    Condition.WITHOUT_XMPP_FEDERATION: "XMPPFED-02 applies",
    Condition.RUNS_WITHOUT_FEATURE: "the service runs although its feature is declared absent",
    Condition.CERTIFICATE_URGENT: f"it ends in less than {URGENT_CERTIFICATE_DAYS} days",
}
"""The conditions that are no key of [cluster.deployment]; the others are named by their key."""

SCOPE_TEXTS = {
    NodeScope.ALL: "all nodes",
    NodeScope.PUBLISHER: "the publisher",
    NodeScope.NOT_PUBLISHER: "every node but the publisher",
    NodeScope.SYNCED_FROM: "nodes of the groups that peers sync from",
    NodeScope.REMAINING: "the remaining nodes",
    NodeScope.CHAT_NODES: "nodes that run chat",
    NodeScope.SIP_FEDERATION_NODES: "nodes that run SIP federation",
    NodeScope.XMPP_FEDERATION_NODES: "nodes that run XMPP federation",
    NodeScope.WITHOUT_XMPP_FEDERATION: "nodes that do not run XMPP federation",
    NodeScope.COMPLIANCE_NODES: "nodes that run compliance",
    NodeScope.FILE_TRANSFER_NODES: "nodes with managed file transfer",
}

SUBJECT_TEXTS = {
    SubjectKind.GROUP: "each redundancy group",
    SubjectKind.CLUSTER: "the cluster",
    SubjectKind.KEY: "each key of the profile",
}
"""Where a recommendation is judged if not node by node."""

EXPECTATION_TEXTS = {
    Expectation.RUNNING: "running, and activated if it can be",
    Expectation.NOT_ACTIVATED: "not activated",
    Expectation.OPTIONAL: "on or off, as the operator likes",
    Expectation.STAYS_UP: "stays up once started",
    Expectation.ANSWERS: "answers an authenticated request",
    Expectation.DATABASE_CONFIGURED: "an external database is configured",
    Expectation.DATABASE_REACHABLE: "the external database takes a connection",
    Expectation.XMPP_FEDERATION_ON: "XMPP federation is turned on in the node's administration",
    Expectation.LDAP_SEARCH_CONFIGURED: "the LDAP search for third-party clients is configured",
    Expectation.FILE_SERVER_AND_DATABASE: "a file server and one database a node are configured",
    Expectation.PAIR_HEALTHY: "high availability is on and both nodes are normal",
    Expectation.REPLICATION_GOOD: "database replication in state 2",
    Expectation.GROUP_ON_ONE_VERSION: "the same version on both nodes, the whole text of it",
    Expectation.CLUSTER_ON_ONE_VERSION: "the same version on all nodes, the whole text of it",
    Expectation.RELEASE_OF_CUCM: (
        "the release of CUCM: four fields of the version agree from 11.x, two before"
    ),
    Expectation.GROUPED: "the node is in a redundancy group",
    Expectation.PROFILE_AGREES: "the profile says what the cluster shows",
    Expectation.PROFILE_NAMES_EXIST: "all names in the profile exist in the cluster",
    Expectation.ABSENT_FEATURE_IS_OFF: "no service of a feature that is declared absent runs",
    Expectation.CERTIFICATE_VALID: "the certificate that the node presents is valid long enough",
    Expectation.CUCM_CERTIFICATE_VALID: "the certificate that CUCM presents is valid long enough",
    Expectation.CONFIRMED: "the engineer confirms it",
}

_PRECHECK_ONLY = "before a change only"

RuleField = tuple[str, str]


def render_rule_list(recommendations: Sequence[Recommendation], *, width: int, colour: bool) -> str:
    """Return one table a pack, a row a recommendation, in the order given."""
    return render_console(
        lambda console: _print_rule_list(console, recommendations), width=width, colour=colour
    )


def _print_rule_list(console: Console, recommendations: Sequence[Recommendation]) -> None:
    for pack, rows in groupby(recommendations, key=lambda row: row.pack):
        console.print(safe_text(f"Pack {_pack_title(pack)}", "bold"))
        console.print()
        console.print(_rule_table(rows))
        console.print()
    console.print(
        f"{count_noun(len(recommendations), 'recommendation')}. Features under "
        '"applies" are keys of [cluster.deployment].'
    )
    console.print("One of them in full, with its source: auditor explain ID")


def _rule_table(rows: Iterable[Recommendation]) -> Table:
    table = plain_table()
    table.add_column("id", no_wrap=True)
    table.add_column("severity", no_wrap=True)
    table.add_column("says", ratio=2)
    table.add_column("applies", ratio=1)
    for row in rows:
        # No audit judges such a row, whatever its condition.
        when = _PRECHECK_ONLY if row.mode is JudgingMode.PRECHECK else rule_condition_text(row)
        table.add_row(
            safe_text(row.id), safe_text(row.severity), safe_text(row.title), safe_text(when)
        )
    return table


def _pack_title(name: str) -> str:
    return f"{name}: {PACK_TEXTS[name]}" if name in PACK_TEXTS else name


def render_rule(recommendation: Recommendation, *, width: int, colour: bool) -> str:
    """Return everything that a recommendation holds, the source and its address included."""
    return render_console(
        lambda console: _print_rule(console, recommendation), width=width, colour=colour
    )


def _print_rule(console: Console, row: Recommendation) -> None:
    console.print(safe_text(f"{row.id}: {row.title}", "bold"))
    console.print()
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column()
    for label, text in _rule_fields(row):
        grid.add_row(Text(label, style="dim"), safe_text(text))
    console.print(Padding(grid, (0, 0, 0, 2)))
    # Wider than the console rather than in two pieces: an address is there to be copied.
    console.print(safe_text(row.source.url), soft_wrap=True)


def _rule_fields(row: Recommendation) -> Iterator[RuleField]:
    if row.service:
        yield "service", row.service + (" (cannot be activated: only running)" * row.network)
    yield "severity", _rule_severity_text(row)
    yield "applies", rule_condition_text(row)
    yield "on", SUBJECT_TEXTS.get(row.subject) or SCOPE_TEXTS[row.on]
    yield "expects", EXPECTATION_TEXTS[row.expects]
    yield from _rule_limit_fields(row)
    yield "matters", row.consequence
    for condition, consequence in row.consequence_when.items():
        yield "", f"Where {_condition_text(condition)}: {consequence}"
    for number, (kind, remedy) in enumerate(row.remedy.items()):
        what = KIND_TEXTS[kind]
        yield (
            ("" if number else "remedy"),
            f"{what[0].upper()}{what[1:]}: {rule_remedy_text(remedy)}",
        )
    if row.remedy_without is not None:
        declared = f"`{row.remedy_without.feature}` declared absent"
        yield "", f"With {declared}: {rule_remedy_text(row.remedy_without)}"
    if row.remedy_ha_off is not None:
        yield "", f"Where high availability is off: {rule_remedy_text(row.remedy_ha_off)}"
    yield from _rule_cause_fields(row)
    for number, watch in enumerate(row.watches):
        yield ("" if number else "watches"), f"{watch.key}: {', '.join(watch.services)}"
    yield "pack", _pack_title(row.pack)
    yield "source", f"{row.source.document}, {row.source.section}"
    yield "", f"as read for releases {row.source.releases}, at"


def _rule_limit_fields(row: Recommendation) -> Iterator[RuleField]:
    start, below = row.releases.start, row.releases.below
    bounds = (f"from {start}" if start else "", f"below {below}" if below else "")
    if any(bounds):
        yield "releases", " ".join(bound for bound in bounds if bound)
    if row.if_listed:
        yield "only where", "the node lists the service"
    if not row.routing_nodes:
        yield "not on", "routing nodes"
    if row.mode is JudgingMode.PRECHECK:
        yield "judged", f"{_PRECHECK_ONLY} (auditor precheck)"


def _rule_cause_fields(row: Recommendation) -> Iterator[RuleField]:
    rules = [rule for rule in load_cause_rules() if row.id in rule.rows]
    for number, rule in enumerate(rules):
        yield ("" if number else "caused by"), f"{join_names(rule.by, word='or')}: {rule.because}"


def _rule_severity_text(row: Recommendation) -> str:
    special = (
        f"{level} where {_condition_text(word)}" for word, level in row.severity_when.items()
    )
    return "; ".join((str(row.severity), *special))


def _condition_text(condition: Condition) -> str:
    return CONDITION_TEXTS.get(condition, str(condition))


def rule_condition_text(row: Recommendation) -> str:
    """Return the condition in words; a key of the profile stands for itself."""
    text = _condition_text(row.applies)
    if row.or_activated:
        text += f", or {_condition_text(Condition.SERVICE_ACTIVATED)}"
    return f"{text}; not where {_condition_text(row.unless)}" if row.unless else text


def rule_remedy_text(remedy: Remedy) -> str:
    return render_sentences(remedy_statements(remedy))
