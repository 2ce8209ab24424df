"""The recommendations as pages: what `auditor rules` lists and what `auditor explain` tells."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from auditor.findings import SubjectKind
from auditor.recommendations.model import Recommendation, Remedy
from auditor.recommendations.vocabulary import Condition, Expectation, Mode, Scope
from auditor.report.screen import paint, plain
from auditor.report.wording import KINDS, count

PACKS = {
    "table": "Cisco's service activation table",
    "guides": "what other Cisco guides add to the table",
}
"""What the built-in packs hold."""

CONDITIONS = {
    Condition.ALWAYS: "always",
    Condition.EXPRESSWAY: 'xmpp_federation = "expressway"',
    Condition.SERVICE_ACTIVATED: "the service is activated",
    Condition.SERVICE_RUNS: "the service runs",
}
"""The conditions that are no key of [cluster.deployment]; the others are named by their key."""

SCOPES = {
    Scope.ALL: "all nodes",
    Scope.PUBLISHER: "the publisher",
    Scope.NOT_PUBLISHER: "every node but the publisher",
    Scope.SYNCED_FROM: "nodes of the groups that peers sync from",
    Scope.REMAINING: "the remaining nodes",
    Scope.CHAT_NODES: "nodes that run chat",
    Scope.SIP_FEDERATION_NODES: "nodes that run SIP federation",
    Scope.XMPP_FEDERATION_NODES: "nodes that run XMPP federation",
    Scope.WITHOUT_XMPP_FEDERATION: "nodes that do not run XMPP federation",
    Scope.COMPLIANCE_NODES: "nodes that run compliance",
    Scope.FILE_TRANSFER_NODES: "nodes with managed file transfer",
}

SUBJECTS = {
    SubjectKind.GROUP: "each redundancy group",
    SubjectKind.CLUSTER: "the cluster",
    SubjectKind.KEY: "each key of the profile",
}
"""Where a recommendation is judged if not node by node."""

EXPECTATIONS = {
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
    Expectation.GROUPED: "the node is in a redundancy group",
    Expectation.PROFILE_AGREES: "the profile says what the cluster shows",
    Expectation.PROFILE_NAMES_EXIST: "all names in the profile exist in the cluster",
    Expectation.ABSENT_FEATURE_IS_OFF: "no service of a feature that is declared absent runs",
    Expectation.CONFIRMED: "the engineer confirms it",
}

_BEFORE_A_CHANGE = "before a change only"

Row = tuple[str, str]


def render_list(recommendations: Sequence[Recommendation], *, width: int, colour: bool) -> str:
    """Return one table a pack, a row a recommendation, in the order given."""
    return paint(lambda page: _list(page, recommendations), width=width, colour=colour)


def _list(page: Console, recommendations: Sequence[Recommendation]) -> None:
    for pack, rows in groupby(recommendations, key=lambda row: row.pack):
        page.print(plain(f"Pack {_pack(pack)}", "bold"))
        page.print()
        page.print(_table(rows))
        page.print()
    page.print(
        f"{count(len(recommendations), 'recommendation')}. Features under "
        '"applies" are keys of [cluster.deployment].'
    )
    page.print("One of them in full, with its source: auditor explain ID")


def _table(rows: Iterable[Recommendation]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    table.add_column("id", no_wrap=True)
    table.add_column("severity", no_wrap=True)
    table.add_column("says", overflow="fold", ratio=2)
    table.add_column("applies", overflow="fold", ratio=1)
    for row in rows:
        when = _BEFORE_A_CHANGE if row.mode is Mode.PRECHECK else _when(row)
        table.add_row(plain(row.id), plain(row.severity), plain(row.title), plain(when))
    return table


def _pack(name: str) -> str:
    return f"{name}: {PACKS[name]}" if name in PACKS else name


def render_one(recommendation: Recommendation, *, width: int, colour: bool) -> str:
    """Return everything that a recommendation holds, the source and its address included."""
    return paint(lambda page: _one(page, recommendation), width=width, colour=colour)


def _one(page: Console, row: Recommendation) -> None:
    page.print(plain(f"{row.id}: {row.title}", "bold"))
    page.print()
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for label, text in _rows(row):
        grid.add_row(Text(label, style="dim"), plain(text))
    page.print(Padding(grid, (0, 0, 0, 2)))
    # Wider than the page rather than in two pieces: an address is there to be copied.
    page.print(plain(row.source.url), soft_wrap=True)


def _rows(row: Recommendation) -> Iterator[Row]:
    if row.service:
        yield "service", row.service + (" (cannot be activated: only running)" * row.network)
    yield "severity", _severity(row)
    yield "applies", _when(row)
    yield "on", _on(row)
    yield "expects", EXPECTATIONS[row.expects]
    yield from _limits(row)
    yield "matters", row.consequence
    for number, (kind, remedy) in enumerate(row.remedy.items()):
        what = KINDS[kind]
        yield ("" if number else "remedy"), f"{what[0].upper()}{what[1:]}: {_remedy(remedy)}"
    for number, watch in enumerate(row.watches):
        yield ("" if number else "watches"), f"{watch.key}: {', '.join(watch.services)}"
    yield "pack", _pack(row.pack)
    yield "source", f"{row.source.document}, {row.source.section}"
    yield "", f"as read for releases {row.source.releases}, at"


def _limits(row: Recommendation) -> Iterator[Row]:
    bounds = (row.releases_from and f"from {row.releases_from}", _below(row))
    if any(bounds):
        yield "releases", " ".join(bound for bound in bounds if bound)
    if not row.routing_nodes:
        yield "not on", "routing nodes"
    if row.mode is Mode.PRECHECK:
        yield "judged", f"{_BEFORE_A_CHANGE} (auditor precheck)"


def _below(row: Recommendation) -> str | None:
    return f"below {row.releases_below}" if row.releases_below else None


def _severity(row: Recommendation) -> str:
    special = (f"{level} where {_condition(word)}" for word, level in row.severity_when.items())
    return "; ".join((str(row.severity), *special))


def _condition(condition: Condition) -> str:
    return CONDITIONS.get(condition, str(condition))


def _when(row: Recommendation) -> str:
    """Return the condition in words; a key of the profile stands for itself."""
    text = _condition(row.applies)
    if row.or_activated:
        text += f", or {_condition(Condition.SERVICE_ACTIVATED)}"
    return f"{text}; not with {_condition(row.unless)}" if row.unless else text


def _on(row: Recommendation) -> str:
    return SUBJECTS.get(row.subject) or SCOPES[row.on]


def _remedy(remedy: Remedy) -> str:
    command = f" Command line: {remedy.cli}" if remedy.cli else ""
    return f"In {remedy.page}, {remedy.action}.{command}"
