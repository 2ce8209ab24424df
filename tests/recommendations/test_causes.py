"""Which findings explain which: every rule through the engine, and what holds of all of them."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from pydantic import ValidationError

from auditor.models.causes import group_causes
from auditor.models.facts import ClusterFacts
from auditor.models.findings import (
    Finding,
    FindingKind,
    FindingSubject,
    Severity,
    SubjectKind,
    Verdict,
)
from auditor.models.nodes import NodeFacts
from auditor.recommendations.cause_rules import CauseRule, load_cause_rules, parse_cause_rules
from auditor.recommendations.causes import link_causes
from auditor.recommendations.engine import judge_facts
from auditor.recommendations.packs import load_packs
from auditor.report.sentences import render_sentences
from auditor.service_names import (
    AUTHENTICATION_SERVICE,
    AXL_WEB_SERVICE,
    CLIENT_PROFILE_AGENT,
    CONNECTION_MANAGER,
    DATA_MONITOR,
    DATABASE,
    DATABASE_REPLICATOR,
    DIRECTORY_SERVICE,
    FILE_TRANSFER_MANAGER,
    LOGIN_DATASTORE,
    MESSAGE_ARCHIVER,
    PRESENCE_DATASTORE,
    PRESENCE_ENGINE_SERVICE,
    ROUTE_DATASTORE,
    SIP_FEDERATION_MANAGER,
    SIP_PROXY_SERVICE,
    SIP_REGISTRATION_DATASTORE,
    START_ORDER,
    SYNC_AGENT,
    TEXT_CONFERENCE_MANAGER,
    WEB_CONNECTION_MANAGER,
    XCP_CONFIG_MANAGER,
    XCP_ROUTER,
    XMPP_FEDERATION_MANAGER,
)
from tests.factories import (
    GROUP,
    cluster,
    database,
    databases,
    deployment,
    make_finding,
    node,
    not_activated,
    service,
    subscriber,
)
from tests.recommendations.test_engine_properties import CALM, clusters

ROWS = load_packs()
RULES = load_cause_rules()

NEEDED = {
    "NET-03": ROUTE_DATASTORE,
    "NET-06": PRESENCE_DATASTORE,
    "NET-07": XCP_CONFIG_MANAGER,
    "RTR-01": XCP_ROUTER,
    "NET-09": CLIENT_PROFILE_AGENT,
}
"""What XCP services, the Presence Engine and the SIP Proxy need, in Cisco's start order."""

NEEDING = {
    "SIP-01": SIP_PROXY_SERVICE,
    "PE-01": PRESENCE_ENGINE_SERVICE,
    "CM-01": CONNECTION_MANAGER,
    "AUTH-01": AUTHENTICATION_SERVICE,
    "TCM-01": TEXT_CONFERENCE_MANAGER,
    "WEB-01": WEB_CONNECTION_MANAGER,
    "SIPFED-01": SIP_FEDERATION_MANAGER,
    "XMPPFED-01": XMPP_FEDERATION_MANAGER,
    "ARC-01": MESSAGE_ARCHIVER,
    "DIR-01": DIRECTORY_SERVICE,
    "XFER-01": FILE_TRANSFER_MANAGER,
}


def _link(facts: ClusterFacts, *packs: str) -> dict[tuple[str, str], Finding]:
    rows = load_packs(packs) if packs else ROWS
    findings = link_causes(judge_facts(rows, facts), facts.nodes)
    return {(f.recommendation, f.subject.name): f for f in findings}


def _causes(
    findings: Mapping[tuple[str, str], Finding], row: str, subject: str = "imp2"
) -> list[str]:
    """Return the rows of the findings that explain one, `row@node` where the node is another."""
    by_id = {finding.id: finding for finding in findings.values()}
    causes = [by_id[cause] for cause in findings[row, subject].caused_by]
    return [
        c.recommendation if c.subject.name == subject else f"{c.recommendation}@{c.subject.name}"
        for c in causes
    ]


def _stopped(*names: str) -> NodeFacts:
    return subscriber("imp2", *(service(name, "stopped") for name in names))


@pytest.mark.parametrize("needed", NEEDED)
@pytest.mark.parametrize("needing", NEEDING)
def test_a_service_is_explained_by_one_that_it_needs(needing: str, needed: str) -> None:
    findings = _link(cluster(node(), _stopped(NEEDED[needed], NEEDING[needing])))

    assert _causes(findings, needing) == [needed]


BEFORE_ROUTER = {
    **{row: name for row, name in NEEDED.items() if row != "RTR-01"},
    "NET-04": LOGIN_DATASTORE,
    "NET-05": SIP_REGISTRATION_DATASTORE,
}


@pytest.mark.parametrize("needed", BEFORE_ROUTER)
def test_the_router_is_explained_by_what_must_run_before_it(needed: str) -> None:
    findings = _link(cluster(node(), _stopped(BEFORE_ROUTER[needed], XCP_ROUTER)))

    assert _causes(findings, "RTR-01") == [needed]
    assert findings[needed, "imp2"].caused_by == ()


def test_a_network_service_comes_after_what_cisco_starts_earlier_on_its_node() -> None:
    down = _stopped(DATABASE, DATA_MONITOR, ROUTE_DATASTORE, XCP_ROUTER, SIP_PROXY_SERVICE)
    findings = _link(cluster(node("imp1", service(LOGIN_DATASTORE, "stopped")), down))

    def first(row: str, name: str = "imp2") -> str:
        return render_sentences(findings[row, name].remedy).partition(", then do the rest")[0]

    assert first("NET-03") == "First fix NET-11 and NET-01"
    assert first("RTR-01") == "First fix NET-11, NET-01 and NET-03"
    assert first("SIP-01") == "First fix NET-03 and RTR-01"
    assert findings["NET-03", "imp2"].caused_by == ()
    for row, name in (("NET-11", "imp2"), ("NET-04", "imp1")):
        assert "First fix" not in first(row, name)


def test_causes_are_in_the_order_in_which_to_act() -> None:
    findings = _link(cluster(node(), _stopped(*NEEDED.values(), SIP_PROXY_SERVICE)))

    assert _causes(findings, "SIP-01") == list(NEEDED)


def test_all_datastores_come_before_the_router_in_the_order_of_their_start() -> None:
    findings = _link(cluster(node(), _stopped(*BEFORE_ROUTER.values(), XCP_ROUTER)))

    assert _causes(findings, "RTR-01") == sorted(BEFORE_ROUTER)


def test_the_sip_proxy_is_explained_by_the_datastore_of_its_registrations() -> None:
    changed = _stopped(SIP_REGISTRATION_DATASTORE, SIP_PROXY_SERVICE, PRESENCE_ENGINE_SERVICE)
    findings = _link(cluster(node(), changed))

    assert _causes(findings, "SIP-01") == ["NET-05"]
    assert _causes(findings, "PE-01") == []


def test_what_another_node_lacks_explains_nothing() -> None:
    publisher = node("imp1", service(ROUTE_DATASTORE, "stopped"))

    assert _link(cluster(publisher, _stopped(SIP_PROXY_SERVICE)))["SIP-01", "imp2"].caused_by == ()


def test_a_datastore_that_only_its_own_users_need_explains_no_other_service() -> None:
    findings = _link(cluster(node(), _stopped(LOGIN_DATASTORE, SIP_PROXY_SERVICE)))

    assert findings["SIP-01", "imp2"].caused_by == ()


def test_a_service_that_is_not_activated_is_no_effect_of_a_stopped_one() -> None:
    changed = (service(XCP_ROUTER, "stopped"), not_activated(SIP_PROXY_SERVICE))

    findings = _link(cluster(node(), subscriber("imp2", *changed)))

    assert findings["SIP-01", "imp2"].kind is FindingKind.NOT_ACTIVATED
    assert findings["SIP-01", "imp2"].caused_by == ()


def test_a_service_that_does_not_stay_up_is_an_effect() -> None:
    restarted = service(SIP_PROXY_SERVICE, restarted=True)
    changed = (service(XCP_ROUTER, "stopped"), restarted)

    assert _causes(_link(cluster(node(), subscriber("imp2", *changed))), "SIP-01") == ["RTR-01"]


_WITHOUT_CHAT_DATABASE = [d for d in databases() if "permanent_chat" not in d.used_by]
_WITHOUT_ARCHIVE = [d for d in databases() if "compliance" not in d.used_by]
_LOST_CHAT_DATABASE = databases(database("permanent_chat", "refused"))

PREREQUISITES: dict[str, tuple[str, list[str], ClusterFacts]] = {
    "chat without a database": (
        "TCM-01",
        ["TCM-02", "TCM-03"],
        cluster(node(), _stopped(TEXT_CONFERENCE_MANAGER), stores=_WITHOUT_CHAT_DATABASE),
    ),
    "a database that is not there": (
        "TCM-03",
        ["TCM-02"],
        cluster(node(), _stopped(TEXT_CONFERENCE_MANAGER), stores=_WITHOUT_CHAT_DATABASE),
    ),
    "chat whose database does not answer": (
        "TCM-01",
        ["TCM-03"],
        cluster(node(), _stopped(TEXT_CONFERENCE_MANAGER), stores=_LOST_CHAT_DATABASE),
    ),
    "rooms with high availability": (
        "TCM-04",
        ["TCM-03", "TCM-01"],
        cluster(node(), _stopped(TEXT_CONFERENCE_MANAGER), stores=_LOST_CHAT_DATABASE),
    ),
    "the Archiver": (
        "ARC-01",
        ["ARC-02"],
        cluster(node(), _stopped(MESSAGE_ARCHIVER), stores=_WITHOUT_ARCHIVE),
    ),
    "an Archiver that is not activated": (
        "ARC-01",
        ["ARC-02"],
        cluster(
            node(), subscriber("imp2", not_activated(MESSAGE_ARCHIVER)), stores=_WITHOUT_ARCHIVE
        ),
    ),
    "database replication": (
        "REPL-01",
        ["NET-11", "NET-12"],
        cluster(
            node(),
            subscriber(
                "imp2",
                service(DATABASE, "stopped"),
                service(DATABASE_REPLICATOR, "stopped"),
                replication=4,
            ),
        ),
    ),
    "the Directory Service": (
        "DIR-01",
        ["DIR-02"],
        cluster(
            node(),
            _stopped(DIRECTORY_SERVICE),
            profile=deployment(third_party_ldap_search_configured=False),
        ),
    ),
    "a Directory Service that restarts": (
        "DIR-03",
        ["DIR-02", "DIR-01"],
        cluster(
            node(),
            subscriber("imp2", service(DIRECTORY_SERVICE, restarted=True)),
            profile=deployment(third_party_ldap_search_configured=False),
        ),
    ),
    "XMPP federation": (
        "XMPPFED-01",
        ["XMPPFED-03"],
        cluster(
            node(),
            _stopped(XMPP_FEDERATION_MANAGER),
            profile=deployment(xmpp_federation_enabled_on=["imp1"]),
        ),
    ),
    "file transfer": (
        "XFER-01",
        ["XFER-02"],
        cluster(
            node(),
            _stopped(FILE_TRANSFER_MANAGER),
            profile=deployment(file_server_configured=False),
        ),
    ),
    "a node in no group": (
        "PE-01",
        ["HA-02"],
        cluster(
            node(),
            subscriber("imp2", service(PRESENCE_ENGINE_SERVICE, "stopped"), group=None, ha=None),
        ),
    ),
}


@pytest.mark.parametrize("name", PREREQUISITES)
def test_a_service_is_explained_by_its_missing_prerequisite(name: str) -> None:
    row, causes, facts = PREREQUISITES[name]

    assert _causes(_link(facts), row) == causes


REPEATED = {
    "AXL-02": ("imp1", AXL_WEB_SERVICE, ["AXL-01"]),
    "AXL-05": ("imp1", AXL_WEB_SERVICE, ["AXL-01", "AXL-02"]),
    "ESS-01": ("imp2", CONNECTION_MANAGER, ["CM-01"]),
    "ESS-02": ("imp2", AUTHENTICATION_SERVICE, ["AUTH-01"]),
    "SIPFED-03": ("imp2", SIP_FEDERATION_MANAGER, ["SIPFED-01"]),
    "TCM-04": ("imp2", TEXT_CONFERENCE_MANAGER, ["TCM-01"]),
    "DIR-03": ("imp2", DIRECTORY_SERVICE, ["DIR-01"]),
}


@pytest.mark.parametrize("row", REPEATED)
def test_a_row_that_asks_the_same_again_is_explained_by_the_first(row: str) -> None:
    subject, name, causes = REPEATED[row]
    changed = service(name, restarted=True)
    nodes = (node("imp1", changed), subscriber("imp2", changed))

    assert _causes(_link(cluster(*nodes)), row, subject) == causes


def test_the_9x_row_on_sip_federation_repeats_the_usual_one() -> None:
    nodes = (node(release="9.1.1"), replace(_stopped(SIP_FEDERATION_MANAGER), release="9.1.1"))
    facts = cluster(*nodes, profile=deployment(intercluster_cup86=True))

    assert _causes(_link(facts), "SIPFED-02") == ["SIPFED-01"]


def test_axl_on_a_subscriber_is_explained_by_no_publisher() -> None:
    findings = _link(cluster(node(), _stopped(AXL_WEB_SERVICE)))

    assert _causes(findings, "AXL-02") == []
    assert _causes(findings, "AXL-05") == ["AXL-02"]


def test_a_rule_holds_without_the_pack_of_its_causes() -> None:
    facts = cluster(node(), _stopped(XCP_ROUTER, SIP_PROXY_SERVICE, MESSAGE_ARCHIVER), stores=[])

    findings = _link(facts, "table")

    assert _causes(findings, "SIP-01") == []
    assert _causes(findings, "ARC-01") == ["ARC-02"]


def test_a_waived_explained_or_unknown_difference_is_no_cause() -> None:
    effect = make_finding("SIP-01")
    for verdict in (Verdict.WAIVED, Verdict.EXPLAINED, Verdict.UNKNOWN):
        (linked, _) = link_causes((effect, make_finding("RTR-01", verdict)), ())
        assert linked.caused_by == ()


def test_an_effect_is_a_drift() -> None:
    (effect, _) = link_causes((make_finding("SIP-01", Verdict.WAIVED), make_finding("RTR-01")), ())

    assert effect.caused_by == ()


def test_a_cause_on_a_cluster_or_a_group_reaches_its_nodes() -> None:
    rule = {**RULES[0].model_dump(by_alias=True), "rows": ["SIP-01"], "by": ["REL-01", "REL-03"]}
    group = make_finding("REL-01", subject=FindingSubject(SubjectKind.GROUP, GROUP.upper()))
    whole = make_finding("REL-03", subject=FindingSubject(SubjectKind.CLUSTER, "LAB"))
    inside, outside = make_finding("SIP-01"), make_finding("SIP-01", subject="imp2")
    nodes = (node("IMP1"), subscriber("imp2", group="East"))

    linked = link_causes((inside, outside, group, whole), nodes, [CauseRule.model_validate(rule)])

    assert linked[0].caused_by == (group.id, whole.id)
    assert linked[1].caused_by == (whole.id,)


def test_two_versions_in_the_cluster_are_those_of_a_group() -> None:
    behind = subscriber("imp2", release="14.0.1.13900-8")
    findings = _link(cluster(node(), behind))

    assert _causes(findings, "REL-02", "lab") == [f"REL-01@{GROUP}"]
    # CUCM runs the release of the other node, so that REL-03 is a cause of its own.
    causes = [cause.finding.recommendation for cause in group_causes(tuple(findings.values()))]
    assert causes == ["REL-01", "REL-03"]


def test_groups_of_one_version_each_do_not_explain_that_the_cluster_has_two() -> None:
    other = [subscriber(name, group="East", release="14.0.1.13900-8") for name in ("imp3", "imp4")]
    findings = _link(cluster(node(), subscriber("imp2"), *other))

    assert _causes(findings, "REL-02", "lab") == []


def test_what_a_group_lacks_explains_a_finding_on_the_cluster_only_where_the_rule_says_so() -> None:
    rule = {**RULES[0].model_dump(by_alias=True), "rows": ["REL-02"], "by": ["REL-01"], "kinds": []}
    east = make_finding("REL-01", subject=FindingSubject(SubjectKind.GROUP, "East"))
    west = make_finding("REL-01", subject=FindingSubject(SubjectKind.GROUP, "West"))
    whole = make_finding("REL-02", subject=FindingSubject(SubjectKind.CLUSTER, "lab"))

    for is_by_group, expected in ((True, (east.id, west.id)), (False, ())):
        rules = [CauseRule.model_validate({**rule, "by_any_group": is_by_group})]
        assert link_causes((whole, east, west), (), rules)[0].caused_by == expected


def test_the_sync_agent_is_explained_by_a_cucm_of_another_release() -> None:
    facts = cluster(node(), _stopped(SYNC_AGENT), cucm_release="15.0.1.10000-1")

    assert _causes(_link(facts), "SYNC-01") == ["REL-03@lab"]


@CALM
@given(clusters())
def test_causes_are_drift_and_never_go_in_circles(facts: ClusterFacts) -> None:
    findings = link_causes(judge_facts(ROWS, facts), facts.nodes)
    drifts = {f.id: f for f in findings if f.verdict is Verdict.DRIFT}

    for finding in findings:
        assert set(finding.caused_by) <= drifts.keys()
        assert finding.verdict is Verdict.DRIFT or not finding.caused_by
        seen, waiting = set[str](), list(finding.caused_by)
        while waiting:
            seen.add(cause := waiting.pop())
            waiting += set(drifts[cause].caused_by) - seen
        assert finding.id not in seen
    listed = [f.id for c in group_causes(findings) for f in (c.finding, *c.explains)]
    assert sorted(listed) == sorted(drifts)


def test_the_rules_name_rows_that_exist_and_of_one_place() -> None:
    rows = {row.id: row for row in ROWS}
    wider = {SubjectKind.NODE: 0, SubjectKind.GROUP: 1, SubjectKind.CLUSTER: 2}

    for rule in RULES:
        assert set(rule.rows) | set(rule.by) <= rows.keys()
        for row in rule.rows:
            for cause in rule.by:
                is_by_group = rule.by_any_group and rows[cause].subject is SubjectKind.GROUP
                assert is_by_group or wider[rows[row].subject] <= wider[rows[cause].subject]
        assert rule.because.endswith(".")


def test_services_are_acted_on_in_the_order_in_which_they_start() -> None:
    services = {row.id: row.service for row in ROWS}

    for rule in RULES:
        positions = [START_ORDER.index(s) for s in map(services.get, rule.by) if s in START_ORDER]
        assert positions == sorted(positions)


def test_no_row_explains_itself_through_others() -> None:
    causes: dict[str, set[str]] = {}
    for rule in RULES:
        for row in rule.rows:
            causes.setdefault(row, set()).update(rule.by)

    for row in causes:
        reached, waiting = set[str](), [row]
        while waiting:
            for cause in causes.get(waiting.pop(), set()) - reached:
                reached.add(cause)
                waiting.append(cause)
        assert row not in reached


GOOD_RULE = """
[[rule]]
rows = ["SIP-01"]
by = ["RTR-01"]
because = "It needs the Router."
source = { document = "A", section = "B", url = "https://example.test/", releases = "15" }
"""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"SIP-01"', ""),
        ('"RTR-01"', '"the Router"'),
        ("because", "reason"),
        ("\nby", '\nkinds = ["broken"]\nby'),
    ],
)
def test_a_mistake_in_a_rule_is_refused(old: str, new: str) -> None:
    (rule,) = parse_cause_rules(GOOD_RULE)
    assert (rule.rows, rule.by, rule.kinds) == (("SIP-01",), ("RTR-01",), ())

    with pytest.raises(ValidationError):
        parse_cause_rules(GOOD_RULE.replace(old, new, 1))


def _drift(row: str, severity: Severity, *causes: Finding) -> Finding:
    return make_finding(row, severity=severity, caused_by=tuple(cause.id for cause in causes))


def test_a_cause_weighs_as_much_as_the_gravest_that_it_explains() -> None:
    mild = _drift("HA-02", Severity.HIGH)
    grave = _drift("PE-01", Severity.CRITICAL, mild)
    between = _drift("AXL-01", Severity.CRITICAL)
    low = _drift("BPS-01", Severity.LOW)

    causes = group_causes((low, mild, grave, between))

    assert [(c.finding.recommendation, c.severity) for c in causes] == [
        ("HA-02", Severity.CRITICAL),
        ("AXL-01", Severity.CRITICAL),
        ("BPS-01", Severity.LOW),
    ]


def test_of_equal_causes_the_one_that_explains_the_most_comes_first() -> None:
    alone, few, many = (_drift(row, Severity.HIGH) for row in ("ARC-02", "HA-02", "RTR-01"))
    effects = (
        _drift("PE-01", Severity.HIGH, few),
        _drift("CM-01", Severity.HIGH, many),
        _drift("AUTH-01", Severity.MEDIUM, many),
    )

    causes = group_causes((alone, few, many, *effects))

    assert [c.finding.recommendation for c in causes] == ["RTR-01", "HA-02", "ARC-02"]


def test_of_causes_that_explain_as_much_the_one_that_starts_first_comes_first() -> None:
    facts = cluster(node(), _stopped(LOGIN_DATASTORE, XCP_ROUTER, AUTHENTICATION_SERVICE))
    rows = [row for row in ROWS if row.id in ("AUTH-01", "NET-04", "RTR-01")]

    causes = group_causes(judge_facts(rows, facts))

    assert [c.finding.recommendation for c in causes] == ["NET-04", "RTR-01", "AUTH-01"]


def test_a_stopped_database_comes_first_whatever_else_explains_more() -> None:
    facts = cluster(node(), _stopped(DATABASE, XCP_ROUTER, AUTHENTICATION_SERVICE))

    causes = group_causes(link_causes(judge_facts(ROWS, facts), facts.nodes))

    assert [c.finding.recommendation for c in causes][:2] == ["NET-11", "RTR-01"]


def test_a_certificate_that_expired_comes_before_one_that_will() -> None:
    finding = make_finding("CERT-01", severity=Severity.HIGH)
    expiring = replace(finding, kind=FindingKind.EXPIRING)
    subject = FindingSubject(SubjectKind.NODE, "imp9")
    expired = replace(finding, kind=FindingKind.EXPIRED, subject=subject)

    causes = group_causes((expiring, expired))

    assert [c.finding.kind for c in causes] == [FindingKind.EXPIRED, FindingKind.EXPIRING]


def test_an_effect_is_listed_once_after_what_it_waits_for() -> None:
    route, presence = _drift("NET-03", Severity.CRITICAL), _drift("NET-06", Severity.CRITICAL)
    router = _drift("RTR-01", Severity.CRITICAL, route, presence)
    proxy = _drift("SIP-01", Severity.CRITICAL, route, presence, router)
    manager = _drift("CM-01", Severity.CRITICAL, route, presence, router)
    extra = _drift("ESS-01", Severity.MEDIUM, manager)

    causes = group_causes((manager, extra, route, presence, router, proxy))

    assert [(c.finding.recommendation, [e.recommendation for e in c.explains]) for c in causes] == [
        ("NET-03", ["RTR-01", "CM-01", "SIP-01", "ESS-01"]),
        ("NET-06", []),
    ]


def test_a_cause_that_is_not_among_the_findings_is_none() -> None:
    orphan = replace(make_finding("SIP-01"), caused_by=("0" * 20,))

    assert [cause.finding for cause in group_causes((orphan,))] == [orphan]


def test_the_remedy_of_a_finding_puts_its_causes_before_the_start() -> None:
    """Also where causes are linked twice, as after the waivers of an earlier run."""
    changed = service(MESSAGE_ARCHIVER, "stopped")
    stores = [d for d in databases() if "compliance" not in d.used_by]
    facts = cluster(node(), subscriber("imp2", changed), stores=stores)
    once = link_causes(judge_facts(ROWS, facts), facts.nodes)
    for findings in (once, link_causes(once, facts.nodes)):
        (archiver,) = (
            f for f in findings if (f.recommendation, f.subject.name) == ("ARC-01", "imp2")
        )
        text = render_sentences(archiver.remedy)
        assert text.startswith("First fix ARC-02, then do the rest if")
        assert text.index("First fix ARC-02") < text.index("start Cisco XCP Message Archiver")
        assert len(archiver.remedy) == 2
