"""Which stopped service the HA state explains, and which it never does."""

from dataclasses import replace

import pytest

from auditor.errors import Reason
from auditor.models.coverage import Source
from auditor.models.evidence import Origin
from auditor.models.facts import ClusterFacts
from auditor.models.findings import Finding, FindingKind, Verdict
from auditor.models.nodes import HaState
from auditor.recommendations.engine import judge_facts
from auditor.recommendations.ha_states import (
    NETWORK_SERVICES_STOPPED_WHEN_IDLE,
    SERVICES_STOPPED_WHEN_IDLE,
    PairClass,
    classify_pair,
    pair_causes,
)
from auditor.recommendations.packs import load_packs
from auditor.recommendations.vocabulary import Expectation
from auditor.report.sentences import render_sentence, render_sentences
from auditor.report.wording import difference_text
from auditor.service_names import (
    BULK_PROVISIONING,
    FEATURE_SERVICES,
    PRESENCE_ENGINE_SERVICE,
    SIP_FEDERATION_MANAGER,
    SIP_PROXY_SERVICE,
    SYNC_AGENT,
    TEXT_CONFERENCE_MANAGER,
    XCP_ROUTER,
    XMPP_FEDERATION_MANAGER,
)
from tests.factories import (
    GROUP,
    cluster,
    deployment,
    gap,
    group,
    node,
    not_activated,
    reading,
    service,
    subscriber,
)

ROWS = load_packs()
EVERY = tuple(sorted({r.service for r in ROWS if r.service and r.expects is Expectation.RUNNING}))


def _of(facts: ClusterFacts, id_: str, subject: str) -> Finding:
    findings = {(f.recommendation, f.subject.name): f for f in judge_facts(ROWS, facts)}
    return findings[id_, subject]


def _failed_over(name: str, state: str = "stopped", **changes: object) -> ClusterFacts:
    idle = subscriber("imp2", service(name, state, **changes), ha=HaState.IDLE)
    return cluster(node(ha=HaState.BACKUP), idle)


def test_the_closed_list_is_the_feature_services_that_an_idle_node_stops() -> None:
    xcp = {name for name in FEATURE_SERVICES if " XCP " in name}
    federation = {SIP_FEDERATION_MANAGER, XMPP_FEDERATION_MANAGER}

    assert (
        xcp - federation | {SIP_PROXY_SERVICE, PRESENCE_ENGINE_SERVICE}
        == SERVICES_STOPPED_WHEN_IDLE
    )


@pytest.mark.parametrize("name", EVERY)
def test_only_services_of_the_closed_list_are_explained_by_an_idle_node(name: str) -> None:
    matching = [
        f
        for f in judge_facts(ROWS, _failed_over(name))
        if f.service == name and f.subject.name == "imp2" and f.kind is FindingKind.STOPPED
    ]

    stopped = SERVICES_STOPPED_WHEN_IDLE | NETWORK_SERVICES_STOPPED_WHEN_IDLE
    expected = Verdict.EXPLAINED if name in stopped else Verdict.DRIFT
    assert {f.verdict for f in matching} <= {expected}


@pytest.mark.parametrize(("name", "id_"), [(XCP_ROUTER, "RTR-01"), (SYNC_AGENT, "SYNC-01")])
def test_a_network_service_is_explained_only_if_it_was_commanded_to_stop(
    name: str, id_: str
) -> None:
    commanded = _of(_failed_over(name), id_, "imp2")
    assert (commanded.verdict, commanded.kind) == (Verdict.EXPLAINED, FindingKind.STOPPED)
    assert commanded.remedy == ()
    for code in (-1, -1088, None):
        crashed = _of(_failed_over(name, reason_code=code, reason=None), id_, "imp2")
        assert (crashed.verdict, crashed.kind) == (Verdict.DRIFT, FindingKind.STOPPED)


def test_an_explained_finding_keeps_its_kind_and_shows_both_states() -> None:
    finding = _of(_failed_over(SIP_PROXY_SERVICE), "SIP-01", "imp2")

    assert finding.verdict is Verdict.EXPLAINED
    assert finding.kind is FindingKind.STOPPED
    assert render_sentence(finding.because) == (
        "imp2 is idle after a failover, its services are stopped on purpose, and imp1 serves its "
        "users in backup mode."
    )
    assert [render_sentence(e.statement) for e in finding.evidence] == [
        "Cisco SIP Proxy: Stopped, reason -1069 Commanded Out of Service.",
        "imp2: HA state idle.",
        "imp1: HA state backup.",
    ]


def test_a_service_that_is_not_activated_is_drift_on_an_idle_node_too() -> None:
    idle = subscriber("imp2", not_activated(SIP_PROXY_SERVICE), ha=HaState.IDLE)
    finding = _of(cluster(node(ha=HaState.BACKUP), idle), "SIP-01", "imp2")

    assert (finding.verdict, finding.kind) == (Verdict.DRIFT, FindingKind.NOT_ACTIVATED)


def test_a_stop_on_an_idle_node_is_unknown_if_activation_is_unknown() -> None:
    finding = _of(_failed_over(SIP_PROXY_SERVICE, activated=None), "SIP-01", "imp2")

    assert finding.verdict is Verdict.UNKNOWN


def _with_states(own: HaState | None, partner: HaState | None) -> ClusterFacts:
    stopped = service(SIP_PROXY_SERVICE, "stopped")
    return cluster(node(ha=partner), subscriber("imp2", stopped, ha=own))


@pytest.mark.parametrize("own", [*HaState, None])
@pytest.mark.parametrize("partner", [*HaState, None])
def test_only_idle_beside_backup_explains_and_only_movement_makes_it_unknown(
    own: HaState | None, partner: HaState | None
) -> None:
    moving = {
        HaState.INITIALIZING,
        HaState.TAKING_OVER,
        HaState.TAKING_BACK,
        HaState.FAILING_OVER,
        HaState.FALLING_BACK,
    }
    finding = _of(_with_states(own, partner), "SIP-01", "imp2")

    if (own, partner) == (HaState.IDLE, HaState.BACKUP):
        assert finding.verdict is Verdict.EXPLAINED
    elif {own, partner} & moving:
        assert finding.verdict is Verdict.UNKNOWN
    else:
        assert finding.verdict is Verdict.DRIFT


def _spoilt(how: str) -> ClusterFacts:
    facts = _failed_over(SIP_PROXY_SERVICE)
    one, two = facts.nodes
    match how:
        case "states by SQL":
            guessed = Origin.DISCOVERED
            nodes = (
                replace(one, ha_state=reading(HaState.BACKUP, guessed)),
                replace(two, ha_state=reading(HaState.IDLE, guessed)),
            )
            return replace(facts, nodes=nodes)
        case "own state by SQL":
            return replace(
                facts, nodes=(one, replace(two, ha_state=reading(HaState.IDLE, Origin.DISCOVERED)))
            )
        case "HA off":
            return replace(facts, groups=(group(ha=False),))
        case "HA not readable":
            return replace(facts, groups=(group(ha=None),))
        case "HA switch by SQL":
            return replace(facts, groups=(group(origin=Origin.DISCOVERED),))
        case "HA switch of an observed group by SQL":
            return replace(facts, groups=(group(switch_origin=Origin.DISCOVERED),))
        case "partner planned":
            return replace(facts, nodes=(replace(one, planned=True), two))
        case "no group":
            return replace(facts, groups=())
    raise AssertionError(how)


@pytest.mark.parametrize(
    "how",
    [
        "states by SQL",
        "own state by SQL",
        "HA off",
        "HA not readable",
        "HA switch by SQL",
        "HA switch of an observed group by SQL",
        "partner planned",
        "no group",
    ],
)
def test_nothing_is_explained_unless_all_of_it_was_observed(how: str) -> None:
    assert _of(_spoilt(how), "SIP-01", "imp2").verdict is Verdict.DRIFT


def test_a_service_that_must_be_off_is_never_explained() -> None:
    idle = subscriber("imp2", service(BULK_PROVISIONING, "stopped"), ha=HaState.IDLE)
    finding = _of(cluster(node(ha=HaState.BACKUP), idle), "BPS-01", "imp2")

    assert (finding.verdict, finding.kind) == (Verdict.DRIFT, FindingKind.MISPLACED)


def test_a_missing_prerequisite_is_drift_on_an_idle_node_too() -> None:
    stopped = service(TEXT_CONFERENCE_MANAGER, "stopped")
    idle = subscriber("imp2", stopped, ha=HaState.IDLE)
    facts = cluster(node(ha=HaState.BACKUP), idle, profile=deployment(), stores=[])

    assert _of(facts, "TCM-02", "imp2").kind is FindingKind.PREREQUISITE_MISSING
    assert _of(facts, "TCM-01", "imp2").verdict is Verdict.EXPLAINED


S = HaState
DOCUMENTED = [
    (S.NORMAL, S.NORMAL, PairClass.HEALTHY),
    (S.FAILING_OVER, S.TAKING_OVER, PairClass.MOVING),
    (S.IDLE, S.BACKUP, PairClass.FAILED_OVER),
    (S.TAKING_BACK, S.FALLING_BACK, PairClass.MOVING),
    (S.FAILED_OVER, S.BACKUP, PairClass.FAILED_OVER),
    (S.FAILED_OVER_SERVICES_DOWN, S.BACKUP, PairClass.BROKEN),
    (S.FAILED, S.FAILED, PairClass.BROKEN),
    (S.DOWN, S.BACKUP, PairClass.BROKEN),
    (None, S.BACKUP, PairClass.BROKEN),
    (S.UNKNOWN, S.UNKNOWN, PairClass.UNKNOWN),
]
VERDICTS = {
    PairClass.HEALTHY: Verdict.PASS,
    PairClass.FAILED_OVER: Verdict.DRIFT,
    PairClass.BROKEN: Verdict.DRIFT,
    PairClass.MOVING: Verdict.UNKNOWN,
    PairClass.UNKNOWN: Verdict.UNKNOWN,
}


@pytest.mark.parametrize(("one", "other", "kind"), DOCUMENTED)
def test_a_documented_pair_is_classified_and_its_causes_are_named(
    one: HaState | None, other: HaState | None, kind: PairClass
) -> None:
    finding = _of(cluster(node(ha=one), subscriber(ha=other)), "HA-01", GROUP)

    assert classify_pair(one, other) is kind
    assert finding.verdict is VERDICTS[kind]
    assert all(cause in render_sentence(finding.because) for cause in pair_causes(one, other))
    if kind is not PairClass.HEALTHY:
        assert pair_causes(one, other)
        assert "`utils ha status`" in render_sentence(finding.because)


@pytest.mark.parametrize("one", [*HaState, None])
@pytest.mark.parametrize("other", [*HaState, None])
def test_every_pair_is_judged_as_its_class_says(one: HaState | None, other: HaState | None) -> None:
    finding = _of(cluster(node(ha=one), subscriber(ha=other)), "HA-01", GROUP)

    assert classify_pair(one, other) is classify_pair(other, one)
    assert finding.verdict is VERDICTS[_expected(one, other)]


def _expected(one: HaState | None, other: HaState | None) -> PairClass:
    """Return the class by the table of contract section 10, row by row."""
    numbers = {None if s is None else tuple(HaState).index(s) for s in (one, other)}
    if numbers == {3}:
        return PairClass.HEALTHY
    if numbers in ({2, 4}, {8, 4}):
        return PairClass.FAILED_OVER
    if numbers in ({9, 4}, {None, 4}) or numbers & {11, 12}:
        return PairClass.BROKEN
    return PairClass.MOVING if numbers & {1, 5, 6, 7, 10} else PairClass.UNKNOWN


def test_healthy_states_from_sql_alone_give_no_pass() -> None:
    state = reading(HaState.NORMAL, Origin.DISCOVERED)
    facts = cluster(node(ha_state=state), subscriber(ha_state=state))

    assert _of(facts, "HA-01", GROUP).verdict is Verdict.UNKNOWN


def test_an_abnormal_state_from_sql_alone_is_drift() -> None:
    facts = cluster(
        node(ha_state=reading(HaState.IDLE, Origin.DISCOVERED)),
        subscriber(ha_state=reading(HaState.BACKUP, Origin.DISCOVERED)),
    )

    assert _of(facts, "HA-01", GROUP).verdict is Verdict.DRIFT


def test_an_unreadable_state_names_the_reason() -> None:
    unsupported = gap("imp2", Source.PERFMON, Reason.NO_SUCH_SERVICE)
    finding = _of(cluster(node(), subscriber(ha=None), gaps=[unsupported]), "HA-01", GROUP)

    assert render_sentence(finding.because) == (
        "The state of the pair is unknown, and PerfMon of imp2 gave no answer (no_such_service). "
        "No connection could be made."
    )


_LOOK_FIRST = (
    "First run `auditor failover-check`, which says why the pair is not normal, and fix that. In "
    "Cisco Unified CM Administration > System > Presence Redundancy Groups, fall back or recover "
    "as it says."
)


@pytest.mark.parametrize(
    ("switch", "words", "remedy"),
    [
        (True, "HA state not normal", _LOOK_FIRST),
        (None, "HA state not normal", _LOOK_FIRST),
        (
            False,
            "high availability is off",
            "In Cisco Unified CM Administration > System > Presence Redundancy Groups, turn high "
            "availability on, once all services run and database replication is in state 2 on all "
            "nodes.",
        ),
    ],
)
def test_the_words_and_the_remedy_follow_what_was_observed(
    switch: bool | None, words: str, remedy: str
) -> None:
    broken = cluster(node(ha=S.FAILED), subscriber(ha=S.FAILED))
    groups = tuple(replace(group, ha_enabled=switch) for group in broken.groups)
    finding = _of(replace(broken, groups=groups), "HA-01", GROUP)

    assert (finding.verdict, finding.kind) == (Verdict.DRIFT, FindingKind.HA_ABNORMAL)
    assert difference_text(finding) == words
    assert render_sentences(finding.remedy) == remedy


def test_state_zero_while_ha_is_on_advises_the_server_recovery_manager() -> None:
    finding = _of(cluster(node(ha=S.UNKNOWN), subscriber(ha=S.UNKNOWN)), "HA-01", GROUP)

    assert render_sentences(finding.remedy).startswith(
        "Restart Cisco Server Recovery Manager on both nodes"
    )


def test_healthy_states_of_the_database_name_what_perfmon_did() -> None:
    state = reading(HaState.NORMAL, Origin.DISCOVERED)
    late = [gap(name, Source.PERFMON, Reason.TIMED_OUT, "") for name in ("imp1", "imp2")]
    nodes = (node(ha_state=state), subscriber(ha_state=state))
    finding = _of(cluster(*nodes, gaps=late), "HA-01", GROUP)

    assert finding.verdict is Verdict.UNKNOWN
    assert render_sentence(finding.because) == (
        "The states are healthy, but only in the database, which does not confirm them, and "
        "PerfMon of imp1 gave no answer (timed_out) and PerfMon of imp2 gave no answer (timed_out)."
    )
    assert "make PerfMon of both answer" in render_sentences(finding.remedy)
