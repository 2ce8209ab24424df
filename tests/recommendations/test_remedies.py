"""What the rows advise: that it can work, in which order, and that nothing contradicts it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest

from auditor.models.evidence import Origin
from auditor.models.facts import ClusterFacts
from auditor.models.findings import Finding, FindingKind, SubjectKind, Verdict
from auditor.models.settings import Setting
from auditor.recommendations.causes import link_causes
from auditor.recommendations.critical_services import needs_ha_off
from auditor.recommendations.engine import judge_facts
from auditor.recommendations.packs import Recommendation, Remedy, load_packs
from auditor.recommendations.remedies import remedy_statements
from auditor.recommendations.vocabulary import Expectation
from auditor.report.sentences import render_sentences
from auditor.service_names import (
    CLIENT_PROFILE_AGENT,
    DIRECTORY_SERVICE,
    FEATURE_SERVICES,
    MESSAGE_ARCHIVER,
    NETWORK_SERVICES,
    PRESENCE_ENGINE_SERVICE,
    SIP_PROXY_SERVICE,
    START_ORDER,
    SYNC_AGENT,
    XCP_ROUTER,
    XMPP_FEDERATION_MANAGER,
)
from tests.factories import (
    cluster,
    database,
    databases,
    deployment,
    node,
    service,
    setting,
    subscriber,
)

ROWS = load_packs()

# As in the configuration guide 15, HA chapter; Cisco Tomcat because the agent needs it.
CRITICAL = (
    SYNC_AGENT,
    XCP_ROUTER,
    CLIENT_PROFILE_AGENT,
    SIP_PROXY_SERVICE,
    PRESENCE_ENGINE_SERVICE,
    "Cisco Tomcat",
)

# From Cisco's command line reference, release 15.
DOCUMENTED_COMMANDS = (
    re.compile(rf"utils service (start|stop|restart) ({'|'.join(FEATURE_SERVICES)})"),
    re.compile(rf"utils service (start|stop|restart) ({'|'.join(NETWORK_SERVICES)})"),
    re.compile(rf"utils service (activate|deactivate) ({'|'.join(FEATURE_SERVICES)})"),
    re.compile(r"utils service list"),
    re.compile(r"utils dbreplication (runtimestate|status)"),
    re.compile(r"utils dbreplication (stop|repair|reset)( (all|\S+))?"),
    re.compile(r"utils ha (status|fallback|recover)( \S+)?"),
    re.compile(r"show version (active|inactive)"),
    re.compile(r"utils system switch-version"),
    re.compile(r"show network cluster"),
    re.compile(r"show cert (list own|own tomcat)"),
    re.compile(r"set cert regen tomcat"),
)


def _remedies(row: Recommendation) -> Iterator[Remedy]:
    yield from row.remedy.values()
    if row.remedy_without is not None:
        yield row.remedy_without
    if row.remedy_ha_off is not None:
        yield row.remedy_ha_off


ALL_REMEDIES = [
    pytest.param(remedy, id=f"{row.id}-{number}")
    for row in ROWS
    for number, remedy in enumerate(_remedies(row))
]


@pytest.mark.parametrize("remedy", ALL_REMEDIES)
def test_every_command_is_one_that_cisco_documents(remedy: Remedy) -> None:
    text = render_sentences(remedy_statements(remedy))
    for command in re.findall(r"`((?:utils|show|set|run) [^`]+)`", text):
        assert any(form.fullmatch(command) for form in DOCUMENTED_COMMANDS), command


@pytest.mark.parametrize("row", [row for row in ROWS if row.network], ids=lambda row: row.id)
def test_a_network_service_is_never_to_be_activated(row: Recommendation) -> None:
    for remedy in _remedies(row):
        assert "Service Activation" not in remedy.page
        assert not re.search(r"\b(de)?activat|\btick\b", f"{remedy.action} {remedy.cli}")
        # A Cisco DB is on no page.
        assert ("Network Services" in remedy.page) is (row.id != "NET-11")


NODE_REMEDIES = [
    pytest.param(remedy, id=f"{row.id}-{number}")
    for row in ROWS
    # CUCM, of which CERT-02 speaks, has no redundancy group.
    if row.subject is SubjectKind.NODE
    for number, remedy in enumerate(_remedies(row))
]


@pytest.mark.parametrize("remedy", NODE_REMEDIES)
def test_a_restart_of_a_critical_service_comes_after_ha_is_off(remedy: Remedy) -> None:
    text = render_sentences(remedy_statements(remedy, "imp2"))
    for found in re.finditer(rf"restart ({'|'.join(CRITICAL)})\b", text):
        before, after = text[: found.start()].lower(), text[found.end() :].lower()
        assert re.search(r"turn high availability of the redundancy groups? off", before)
        assert before.index("presence redundancy groups") < before.index("wait two minutes")
        assert "turn high availability on again" in after
        assert "once all services run and database replication is in state 2" in after


ORDERED_ROWS = [
    next(row for row in ROWS if row.service == name and row.network) for name in START_ORDER
]


@pytest.mark.parametrize("row", ORDERED_ROWS, ids=lambda row: row.id)
def test_ha_goes_off_for_the_services_for_which_it_does_everywhere(row: Recommendation) -> None:
    """`failover-check` and `precheck` go by the same function."""
    assert row.service is not None
    expected = needs_ha_off(cluster(), row.service)
    for remedy in _remedies(row):
        assert bool(remedy.ha_off) is expected


def test_the_numbers_of_the_rows_follow_the_start_order() -> None:
    numbered = [row.id for row in ORDERED_ROWS if "NET-01" <= row.id <= "NET-10"]
    assert numbered == [f"NET-{number:02}" for number in range(1, 11)]


@pytest.mark.parametrize(
    "row",
    [row for row in ORDERED_ROWS if "start order" in row.remedy[FindingKind.STOPPED].then],
    ids=lambda row: row.id,
)
def test_a_remedy_names_the_neighbours_in_the_start_order(row: Recommendation) -> None:
    assert row.service is not None
    position = START_ORDER.index(row.service)
    before, after = START_ORDER[position - 1], START_ORDER[position + 1]
    for remedy in _remedies(row):
        if "after Cisco" in remedy.then:
            assert f"after {before} and before" in remedy.then
        if "before Cisco" in remedy.then:
            assert f"before {after}" in remedy.then


PREREQUISITES = {
    "TCM-01": "TCM-02",
    "TCM-04": "TCM-02",
    "ARC-01": "ARC-02",
    "XMPPFED-01": "XMPPFED-03",
    "DIR-01": "DIR-02",
    "XFER-01": "XFER-02",
    "PE-01": "HA-02",
}


@pytest.mark.parametrize(("id_", "needed"), PREREQUISITES.items())
def test_a_prerequisite_is_named_before_the_start(id_: str, needed: str) -> None:
    (row,) = (row for row in ROWS if row.id == id_)
    for kind in ("not_activated", "stopped"):
        (remedy,) = (remedy for k, remedy in row.remedy.items() if k == kind)
        text = render_sentences(remedy_statements(remedy))
        verb = re.search(r"\b(tick|start) Cisco", text)
        assert verb is not None
        assert 0 <= text.find(f"({needed})") < verb.start()
        assert remedy.needs == needed


@pytest.mark.parametrize(("configured", "is_named"), [(True, False), (False, True), (None, True)])
def test_a_prerequisite_is_named_only_where_it_is_lacking_or_unknown(
    configured: bool | None, is_named: bool
) -> None:
    stopped = service(DIRECTORY_SERVICE, "stopped")
    profile = deployment(third_party_ldap_search_configured=configured)
    facts = cluster(node(), subscriber("imp2", stopped), profile=profile)
    for findings in (
        once := link_causes(judge_facts(ROWS, facts), facts.nodes),
        link_causes(once, facts.nodes),
    ):
        (finding,) = (
            f for f in findings if (f.recommendation, f.subject.name) == ("DIR-01", "imp2")
        )
        text = render_sentences(finding.remedy)
        assert ("once the LDAP contact search is complete (DIR-02)" in text) is is_named


@pytest.mark.parametrize(
    "row",
    [
        row
        for row in ROWS
        if row.expects
        in (
            Expectation.DATABASE_CONFIGURED,
            Expectation.DATABASE_REACHABLE,
            Expectation.XMPP_FEDERATION_ON,
            Expectation.LDAP_SEARCH_CONFIGURED,
            Expectation.FILE_SERVER_AND_DATABASE,
        )
    ],
    ids=lambda row: row.id,
)
def test_a_prerequisite_is_configured_where_cisco_has_it_and_then_its_service_starts(
    row: Recommendation,
) -> None:
    for kind, remedy in row.remedy.items():
        assert remedy.page.startswith("Cisco Unified CM IM and Presence Administration > ")
        # That page only defines a database; assigned it is elsewhere.
        if "External Databases" in remedy.page:
            assert "assigned on Messaging > " in remedy.action
        if kind == "prerequisite_missing":
            assert re.match(r"then .*\b(re)?start Cisco", remedy.then)


ABSENT = {
    "compliance": MESSAGE_ARCHIVER,
    "third_party_ldap_search": DIRECTORY_SERVICE,
    "xmpp_federation": XMPP_FEDERATION_MANAGER,
}


def _about(facts: ClusterFacts, name: str, key: str) -> list[Finding]:
    """Return what asks to act on a service, or on the key that it depends on."""
    return [
        finding
        for finding in judge_facts(ROWS, facts)
        if (finding.service == name or finding.subject.name == f"deployment.{key}")
        and finding.verdict in (Verdict.DRIFT, Verdict.UNKNOWN)
    ]


@pytest.mark.parametrize("state", ["started", "stopped"])
@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize(("key", "name"), ABSENT.items())
def test_all_advice_on_a_service_whose_feature_is_absent_is_to_turn_it_off(
    key: str, name: str, state: str, restarted: bool
) -> None:
    changed = service(name, state, restarted=restarted, uptime_s=30)
    for prerequisites in (None, False):
        profile = deployment(
            **{key: False},
            third_party_ldap_search_configured=prerequisites,
            xmpp_federation_enabled_on=prerequisites,
        )
        stores = databases(database("compliance", "refused"))
        for listed in (stores, [d for d in stores if "compliance" not in d.used_by]):
            facts = cluster(
                node("imp1", changed), subscriber("imp2", changed), profile=profile, stores=listed
            )
            remedies = [render_sentences(f.remedy) for f in _about(facts, name, key)]
            assert remedies or state == "stopped"
            assert all("deactivate" in remedy for remedy in remedies), remedies


def test_a_database_is_to_be_assigned_where_its_feature_is_in_use_or_not_declared() -> None:
    changed = service(MESSAGE_ARCHIVER, "stopped")
    dead = databases(database("compliance", "refused"))

    def remedy(profile: Mapping[str, tuple[Setting, ...]]) -> str:
        facts = cluster(node(), subscriber("imp2", changed), profile=profile, stores=dead)
        (finding,) = (
            f
            for f in judge_facts(ROWS, facts)
            if (f.recommendation, f.subject.name) == ("ARC-02", "imp2")
        )
        assert finding.verdict is Verdict.DRIFT
        return render_sentences(finding.remedy)

    in_use, undeclared = remedy(deployment()), remedy(deployment(compliance=None))
    for text in (in_use, undeclared):
        assert "Messaging > Compliance > Compliance Settings, assign an external database" in text
        assert "clear Cisco XCP Message Archiver" not in text
    assert "eclare `compliance`" in undeclared
    assert "eclare `compliance`" not in in_use
    # What a table of the cluster seems to show is no reason to turn a service off.
    seen = deployment() | {"compliance": (setting(False, Origin.DISCOVERED),)}
    assert "clear Cisco XCP Message Archiver" not in remedy(seen)


def test_a_node_that_the_feature_does_not_name_is_told_to_deactivate() -> None:
    profile = deployment(compliance=["imp1"])
    changed = service(MESSAGE_ARCHIVER, "stopped")
    dead = databases(database("compliance", "refused"))
    facts = cluster(
        node("imp1", changed), subscriber("imp2", changed), profile=profile, stores=dead
    )
    remedies = {
        f.subject.name: render_sentences(f.remedy)
        for f in judge_facts(ROWS, facts)
        if f.recommendation == "ARC-02"
    }
    assert "assign an external database" in remedies["imp1"]
    assert "run `utils service deactivate Cisco XCP Message Archiver` on imp2" in remedies["imp2"]


def test_an_unread_node_is_to_be_brought_back_before_anything_is_turned_off() -> None:
    facts = cluster(node(), subscriber(), profile=deployment(compliance=False))
    unread = replace(facts, nodes=tuple(replace(n, services={}) for n in facts.nodes))
    for finding in _about(unread, MESSAGE_ARCHIVER, "compliance"):
        assert "deactivate" not in render_sentences(finding.remedy)
