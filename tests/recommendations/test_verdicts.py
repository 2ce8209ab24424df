"""Every recommendation through the engine, in every verdict that it can come to."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from auditor.models.evidence import Origin
from auditor.models.facts import ClusterFacts
from auditor.models.findings import Finding, FindingKind, Severity, Verdict
from auditor.models.nodes import NodeFacts, RunState
from auditor.models.settings import Setting
from auditor.recommendations.engine import judge_facts
from auditor.recommendations.packs import load_packs
from auditor.recommendations.vocabulary import JudgingMode
from auditor.report.sentences import render_sentence, render_sentences
from auditor.service_names import DIRECTORY_SERVICE, OAM_AGENT, SIP_PROXY_SERVICE, SYNC_AGENT
from tests.factories import (
    GROUP,
    cluster,
    deployment,
    gap,
    group,
    node,
    service,
    setting,
    subscriber,
)
from tests.recommendations.cases import CASES, IMPOSSIBLE, Case

ROWS = load_packs()
ROWS_OF = {row.id: [row] for row in ROWS}
RECORDED = "2026-02-27T02:00:00Z"


def _judged(case: Case) -> Finding:
    (finding,) = (
        f
        for f in judge_facts(ROWS_OF[case.id], case.facts)
        if (f.recommendation, f.subject.name) == (case.id, case.subject)
    )
    return finding


def test_connection_services_that_a_guide_asks_for_are_no_conflict_with_the_profile() -> None:
    facts = cluster(profile=deployment(xmpp_clients=False))
    key = "deployment.xmpp_clients"

    def verdict(*packs: str) -> Verdict:
        findings = judge_facts(load_packs(packs), facts)
        (finding,) = (
            f for f in findings if (f.recommendation, f.subject.name) == ("PROFILE-03", key)
        )
        return finding.verdict

    assert verdict("table") is Verdict.DRIFT
    assert verdict("table", "guides") is Verdict.NOT_APPLICABLE


@pytest.mark.parametrize(
    "case", CASES, ids=[f"{n}-{case.id}-{case.verdict}" for n, case in enumerate(CASES)]
)
def test_a_recommendation_comes_to_the_verdict_of_its_case(case: Case) -> None:
    finding = _judged(case)

    assert (finding.verdict, finding.kind) == (case.verdict, case.kind), render_sentence(
        finding.because
    )


def test_no_recommendation_lacks_a_case_of_any_verdict() -> None:
    expected = {
        (row.id, verdict)
        for row in ROWS
        if row.mode is JudgingMode.AUDIT
        for verdict in (Verdict.PASS, Verdict.DRIFT, Verdict.UNKNOWN, Verdict.NOT_APPLICABLE)
    }
    shown = {(case.id, case.verdict) for case in CASES}

    assert expected - shown == IMPOSSIBLE.keys()


def test_a_precheck_row_gives_no_finding_in_an_audit() -> None:
    precheck = {row.id for row in ROWS if row.mode is JudgingMode.PRECHECK}

    assert precheck == {"CAU-01"}
    assert not [f for f in judge_facts(ROWS, CASES[0].facts) if f.recommendation in precheck]


def _finding(facts: ClusterFacts, id_: str, subject: str = "imp2") -> Finding:
    (finding,) = (f for f in judge_facts(ROWS_OF[id_], facts) if f.subject.name == subject)
    return finding


def test_a_service_stuck_in_starting_is_reported_with_its_state_and_remedy() -> None:
    stuck = cluster(node(), subscriber("imp2", service(SIP_PROXY_SERVICE, "starting")))
    facts = replace(stuck, changing_before={("imp2", SIP_PROXY_SERVICE): RunState.STARTING})

    finding = _finding(facts, "SIP-01")

    assert finding.severity is Severity.CRITICAL
    assert render_sentence(finding.observed) == (
        "Cisco SIP Proxy on imp2 is starting, as it was in the run before."
    )
    assert "restart Cisco SIP Proxy" in render_sentences(finding.remedy)


@pytest.mark.parametrize(
    ("subject", "role", "severity", "consequence"),
    [
        ("imp1", "publisher", Severity.CRITICAL, "no longer reach this cluster"),
        ("imp2", "subscriber", Severity.MEDIUM, "on a subscriber the agent waits"),
        ("imp2", "unknown", Severity.CRITICAL, "no longer reach this cluster"),
    ],
)
def test_the_sync_agent_of_a_subscriber_only_waits(
    subject: str, role: str, severity: Severity, consequence: str
) -> None:
    stopped = service(SYNC_AGENT, "stopped")
    first = node("imp1", stopped)
    facts = cluster(first, subscriber("imp2", stopped, role=role))

    finding = _finding(facts, "SYNC-01", subject)

    assert (finding.verdict, finding.severity) == (Verdict.DRIFT, severity)
    assert consequence in finding.consequence


@pytest.mark.parametrize("recorded_at", [None, RECORDED])
def test_a_role_that_was_only_discovered_makes_no_drift_milder(recorded_at: str | None) -> None:
    """It may be wrong, or of an earlier run: the node may be the publisher now."""
    stopped = service(SYNC_AGENT, "stopped")
    nodes = (node(), subscriber("imp2", stopped))
    discovered = [replace(n, role_origin=Origin.DISCOVERED) for n in nodes]
    facts = cluster(*discovered, topology_recorded_at=recorded_at)

    finding = _finding(facts, "SYNC-01")

    assert (finding.verdict, finding.severity) == (Verdict.DRIFT, Severity.CRITICAL)
    assert "no longer reach this cluster" in finding.consequence


def _recorded(
    *nodes: NodeFacts, profile: Mapping[str, tuple[Setting, ...]] | None = None
) -> ClusterFacts:
    """Return the facts on nodes that an earlier run recorded, and that no CUCM listed today."""
    groups = [group(origin=Origin.DISCOVERED, ha=None)]
    facts = cluster(*(replace(n, role_origin=Origin.DISCOVERED) for n in nodes), groups=groups)
    return replace(
        facts if profile is None else replace(facts, settings=dict(profile)),
        topology_recorded_at=RECORDED,
        topology_observed=False,
        groups_known=False,
    )


@pytest.mark.parametrize(
    ("id_", "subject"), [("HA-02", "imp2"), ("REL-01", GROUP), ("REL-02", "lab"), ("REL-03", "lab")]
)
def test_no_difference_of_an_earlier_list_counts_as_one_of_today(id_: str, subject: str) -> None:
    """The node may have been put into a group, or taken out of the cluster, since."""
    outside = None if id_ == "HA-02" else GROUP
    facts = _recorded(node(), subscriber(release="12.5.1.13900-8.x86_64", group=outside))
    today = replace(facts, topology_recorded_at=None, topology_observed=True, groups_known=True)

    finding = _finding(facts, id_, subject)

    assert _finding(today, id_, subject).verdict is Verdict.DRIFT
    assert (finding.verdict, finding.kind) == (Verdict.UNKNOWN, None)
    assert "of an earlier run, which may have changed" in render_sentence(finding.because)
    assert finding.remedy


@pytest.mark.parametrize("read", [True, False])
def test_the_profile_is_not_compared_by_an_earlier_list(read: bool) -> None:
    """For which nodes a feature is on depends on which nodes there are."""
    settings = (*deployment(chat=["imp1", "imp2"])["chat"], setting(read, "discovered"))
    profile = {**deployment(), "chat": settings}
    facts = _recorded(node(), subscriber(), profile=profile)
    today = replace(facts, topology_recorded_at=None)

    expected = Verdict.PASS if read else Verdict.DRIFT
    assert _finding(today, "PROFILE-01", "deployment.chat").verdict is expected
    assert _finding(facts, "PROFILE-01", "deployment.chat").verdict is Verdict.UNKNOWN


def _without_oam_agent(facts: NodeFacts) -> NodeFacts:
    others = {name: state for name, state in facts.services.items() if name != OAM_AGENT}
    return replace(facts, services=others)


def test_a_service_that_a_node_of_the_same_release_lists_is_unknown() -> None:
    """Both lists of a node can be short in the same way, which must not make it compliant."""
    finding = _finding(cluster(node(), _without_oam_agent(subscriber())), "NET-08")

    assert finding.verdict is Verdict.UNKNOWN
    assert render_sentence(finding.because) == (
        "Node imp2 lists no Cisco OAM Agent, but imp1 of the same release does, so its lists may "
        "be incomplete."
    )


@pytest.mark.parametrize(
    "publisher", [_without_oam_agent(node()), replace(node(), release="11.5.1.10000-1")]
)
def test_a_node_without_a_network_service_is_said_to_lack_it(publisher: NodeFacts) -> None:
    """No node like it lists the service either."""
    finding = _finding(cluster(publisher, _without_oam_agent(subscriber())), "NET-08")

    assert finding.verdict is Verdict.NOT_APPLICABLE
    assert render_sentence(finding.because) == (
        "Node imp2 has no Cisco OAM Agent: it is in neither its service list nor its product list."
    )


def test_a_product_list_that_lost_a_name_does_not_prove_that_a_service_is_missing() -> None:
    """The row may have been its own."""
    alone = replace(_without_oam_agent(node()), has_strange_product=True)
    finding = _finding(cluster(alone), "NET-08", "imp1")

    assert finding.verdict is Verdict.UNKNOWN
    assert "may have been that one" in render_sentence(finding.because)


def test_remedies_of_the_foundation_tell_the_order_and_spare_the_users() -> None:
    for number in (1, 2, 3, 4, 5, 6, 7, 9, 11):
        (row,) = ROWS_OF[f"NET-{number:02}"]
        for remedy in row.remedy.values():
            assert remedy.ha_off
            assert "order" in remedy.then


@pytest.mark.parametrize(
    ("end", "severity", "observed"),
    [
        ("2026-03-20T05:00:00Z", Severity.MEDIUM, "is valid until 2026-03-20."),
        ("2026-03-08T02:00:00Z", Severity.MEDIUM, "is valid until 2026-03-08."),
        ("2026-03-08T01:00:00Z", Severity.HIGH, "is valid until 2026-03-08."),
        ("2026-02-26T05:00:00Z", Severity.HIGH, "expired on 2026-02-26."),
    ],
)
def test_a_certificate_that_ends_soon_tells_its_day_and_weighs_more_in_its_last_week(
    end: str, severity: Severity, observed: str
) -> None:
    facts = cluster(subscriber(certificate_not_after=end), cucm_certificate_not_after=end)
    of_node = _finding(facts, "CERT-01")
    # What expired at CUCM may also have kept the nodes from being listed.
    of_cucm = _finding(replace(facts, nodes=()), "CERT-02", "lab")

    for finding, server in ((of_node, "imp2"), (of_cucm, "CUCM")):
        assert finding.severity is severity
        assert render_sentence(finding.observed) == f"The certificate of {server} {observed}"
        assert render_sentence(finding.because) == "`certificate_days` asks for 30 more days."
        assert "utils service restart Cisco Tomcat" in render_sentences(finding.remedy)
    assert "Turn high availability of the redundancy group off" in render_sentences(of_node.remedy)


def test_a_certificate_that_was_not_read_says_why() -> None:
    unread = subscriber(services={}, certificate_not_after=None)
    finding = _finding(cluster(node(), unread, gaps=[gap("imp2")]), "CERT-01")

    assert render_sentence(finding.because) == (
        "Control Center of imp2 gave no answer (unreachable). No connection could be made."
    )
    assert "Bring imp2 back" in render_sentences(finding.remedy)


def test_a_service_stuck_on_another_node_does_not_count_here() -> None:
    stuck = cluster(node(), subscriber("imp2", service(SIP_PROXY_SERVICE, "starting")))
    facts = replace(stuck, changing_before={("imp1", SIP_PROXY_SERVICE): RunState.STARTING})

    assert _finding(facts, "SIP-01").verdict is Verdict.UNKNOWN


def test_the_directory_service_stuck_in_two_runs_does_not_stay_up() -> None:
    stuck = cluster(node(), subscriber("imp2", service(DIRECTORY_SERVICE, "stopping")))
    facts = replace(stuck, changing_before={("imp2", DIRECTORY_SERVICE): RunState.STOPPING})

    assert _finding(facts, "DIR-03").kind is FindingKind.UNSTABLE


def test_a_failover_explains_a_service_that_stopped_between_two_readings() -> None:
    stopped = service(SIP_PROXY_SERVICE, "stopped", restarted=True)
    idle = subscriber("imp2", stopped, ha="idle")

    assert _finding(cluster(node(ha="backup"), idle), "SIP-01").verdict is Verdict.EXPLAINED


def test_routing_nodes_are_no_evidence_where_they_decide_nothing() -> None:
    for names in ([], ["imp1"]):
        finding = _finding(cluster(profile=deployment(routing_nodes=names)), "PE-01")
        assert finding.verdict is Verdict.PASS
        assert not [e for e in finding.evidence if "routing_nodes" in render_sentence(e.statement)]

    spared = _finding(cluster(profile=deployment(routing_nodes=["imp2"])), "PE-01")
    assert spared.verdict is Verdict.NOT_APPLICABLE
    assert [e for e in spared.evidence if "routing_nodes" in render_sentence(e.statement)]


@pytest.mark.parametrize("id_", ["TCM-02", "TCM-03"])
def test_a_hint_asks_for_a_key_only_once(id_: str) -> None:
    hint = render_sentences(_finding(cluster(profile={}), id_).remedy)

    assert hint.count("Declare `chat` ") == 1
    assert hint.count("Declare `permanent_chat` ") == 1


def test_a_declared_switch_is_written_as_in_the_file() -> None:
    off = cluster(groups=[group(ha=False)], high_availability=True)

    texts = [render_sentence(e.statement) for e in _finding(off, "HA-01", GROUP).evidence]
    assert f"{GROUP}: `high_availability` is true." in texts
