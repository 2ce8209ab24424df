"""What follows from one change is one event, and nothing worse hides under something better."""

from dataclasses import replace

import pytest

from auditor.change.diff.compare import compare_clusters
from auditor.change.diff.events import group_events
from auditor.change.diff.expected import (
    NO_EXPECTATION,
    ChangeExpectation,
    ExpectedChange,
    ServiceOnNode,
)
from auditor.change.diff.model import (
    ChangeEvent,
    ComparedCluster,
    EventDirection,
    differences_exit_code,
)
from auditor.change.diff.model import DifferenceCategory as Category
from auditor.errors import Reason
from auditor.models.coverage import Source
from auditor.models.facts import ClusterFacts
from auditor.models.findings import FindingKind, FindingSubject, Severity, SubjectKind, Verdict
from auditor.models.nodes import RunState, ServiceState
from auditor.models.sessions import PRESENCE_SESSIONS
from auditor.models.statements import join_statements
from auditor.service_names import (
    CONNECTION_MANAGER,
    DATABASE,
    PRESENCE_ENGINE_SERVICE,
    SIP_PROXY_SERVICE,
    XCP_ROUTER,
)
from auditor.snapshots import SnapshotFinding
from tests import factories as make
from tests.change.window import HEALTHY, PUBLISHER, SUBSCRIBER

BEFORE, AFTER = "2026-01-02T03:00:00Z", "2026-01-02T04:00:00Z"
RUNNING = (DATABASE, XCP_ROUTER, SIP_PROXY_SERVICE, PRESENCE_ENGINE_SERVICE, CONNECTION_MANAGER)


def finding(
    row: str,
    verdict: Verdict,
    *,
    service: str | None = None,
    subject: FindingSubject | None = None,
    caused_by: tuple[str, ...] = (),
) -> SnapshotFinding:
    """Return a finding on the subscriber, whose id is its recommendation."""
    return SnapshotFinding(
        id=row,
        recommendation=row,
        subject=subject or FindingSubject(SubjectKind.NODE, SUBSCRIBER),
        verdict=verdict,
        kind=FindingKind.STOPPED if verdict is Verdict.DRIFT else None,
        severity=Severity.CRITICAL,
        observed="Seen.",
        waiver=None,
        statement=join_statements(()),
        service=service,
        caused_by=caused_by,
    )


def cluster(
    *findings: SnapshotFinding,
    stopped: tuple[str, ...] = (),
    restarted: tuple[str, ...] = (),
    at: str = AFTER,
    **changes: object,
) -> ComparedCluster:
    """Return the healthy pair; on the subscriber some services are stopped or were restarted."""
    nodes = tuple(
        replace(node, services=_services(stopped, restarted, at), replied_at=at, **changes)  # type: ignore[arg-type]  # the tests name real fields
        if node.name == SUBSCRIBER
        else node
        for node in HEALTHY.nodes
    )
    facts = replace(HEALTHY, nodes=nodes, topology_observed=True, groups_known=True)
    return ComparedCluster(facts, {f.id: f for f in findings})


def _services(
    stopped: tuple[str, ...], restarted: tuple[str, ...], at: str
) -> dict[str, ServiceState]:
    uptime = 5000 if at == BEFORE else 8600
    return {
        name: ServiceState(
            name,
            True,
            True,
            RunState.STOPPED if name in stopped else RunState.STARTED,
            uptime_s=10 if name in restarted else uptime,
        )
        for name in RUNNING
    }


def events(
    before: ComparedCluster, after: ComparedCluster, expectation: ChangeExpectation = NO_EXPECTATION
) -> tuple[ChangeEvent, ...]:
    """Return the events; all that was found is in exactly one of them."""
    differences = compare_clusters(before, after, expectation)
    found = group_events(differences, before, after)
    listed = [difference for event in found for difference in event.differences]
    assert sorted(map(str, listed)) == sorted(map(str, differences))
    assert differences_exit_code(listed) is differences_exit_code(
        event.difference for event in found
    )
    return found


WAS = cluster(
    finding("RTR-01", Verdict.PASS, service=XCP_ROUTER),
    finding("SIP-01", Verdict.PASS, service=SIP_PROXY_SERVICE),
    at=BEFORE,
)


def test_a_stop_is_one_event_with_the_verdict_on_it() -> None:
    """The finding follows from it."""
    (event,) = events(
        WAS,
        cluster(
            finding("RTR-01", Verdict.PASS, service=XCP_ROUTER),
            finding("SIP-01", Verdict.DRIFT, service=SIP_PROXY_SERVICE),
            stopped=(SIP_PROXY_SERVICE,),
        ),
    )
    assert event.difference.service == SIP_PROXY_SERVICE
    assert [d.finding for d in event.consequences] == ["SIP-01"]
    assert event.direction is EventDirection.WORSE


def test_what_depends_on_a_service_goes_down_with_it() -> None:
    """And the users' sessions with both: one event."""
    before = replace_sessions(WAS, 120)
    after = replace_sessions(
        cluster(
            finding("RTR-01", Verdict.DRIFT, service=XCP_ROUTER),
            finding("SIP-01", Verdict.DRIFT, service=SIP_PROXY_SERVICE, caused_by=("RTR-01",)),
            stopped=(XCP_ROUTER, SIP_PROXY_SERVICE, PRESENCE_ENGINE_SERVICE, CONNECTION_MANAGER),
        ),
        0,
    )
    (event,) = events(before, after)
    assert event.difference.service == XCP_ROUTER
    assert len(event.consequences) == 6
    assert event.consequences[0].finding == "RTR-01"


def replace_sessions(cluster: ComparedCluster, count: int) -> ComparedCluster:
    """Return a cluster whose subscriber has so many sessions."""
    nodes = tuple(
        replace(n, sessions={PRESENCE_SESSIONS: count}) if n.name == SUBSCRIBER else n
        for n in cluster.facts.nodes
    )
    return replace(cluster, facts=replace(cluster.facts, nodes=nodes))


def test_a_repair_is_one_event_too() -> None:
    """It is better, with all that it fixed."""
    before = cluster(
        finding("SIP-01", Verdict.DRIFT, service=SIP_PROXY_SERVICE),
        stopped=(SIP_PROXY_SERVICE,),
        at=BEFORE,
    )
    (event,) = events(before, cluster(finding("SIP-01", Verdict.PASS, service=SIP_PROXY_SERVICE)))
    assert event.direction is EventDirection.BETTER
    assert [d.category for d in event.consequences] == [Category.FIXED]


def test_two_services_that_do_not_wait_for_each_other_are_two_events() -> None:
    """Nothing says that one brought the other down."""
    found = events(WAS, cluster(stopped=(SIP_PROXY_SERVICE, CONNECTION_MANAGER)))
    assert len([e for e in found if e.category is Category.UNEXPECTED]) == 2


def test_a_start_does_not_follow_from_a_stop() -> None:
    """They went different ways."""
    before = cluster(stopped=(PRESENCE_ENGINE_SERVICE,), at=BEFORE)
    after = cluster(stopped=(SIP_PROXY_SERVICE,))
    assert len(events(before, after)) == 2


def test_a_reboot_is_one_event() -> None:
    """All that ran was restarted."""
    (event,) = events(cluster(at=BEFORE), cluster(restarted=RUNNING))
    assert event.difference.service == DATABASE
    assert len(event.consequences) == len(RUNNING) - 1


def test_nothing_unexpected_is_listed_under_something_expected() -> None:
    """The change was expected, the drift was not: it stands alone, under its own heading."""
    expectation = replace(
        NO_EXPECTATION,
        cluster="lab",
        services=(ExpectedChange(SUBSCRIBER, SIP_PROXY_SERVICE, activated=True, restarted=True),),
        may_restart=(ServiceOnNode(SUBSCRIBER, XCP_ROUTER),),
    )
    found = events(
        WAS,
        cluster(
            finding("RTR-01", Verdict.PASS, service=XCP_ROUTER),
            finding("SIP-01", Verdict.DRIFT, service=SIP_PROXY_SERVICE),
            restarted=(SIP_PROXY_SERVICE, XCP_ROUTER, CONNECTION_MANAGER),
        ),
        expectation,
    )
    assert [(event.category, event.difference.service) for event in found] == [
        (Category.NEW_DRIFT, SIP_PROXY_SERVICE),
        (Category.RESTARTED, CONNECTION_MANAGER),
        (Category.EXPECTED, SIP_PROXY_SERVICE),
        (Category.EXPECTED, XCP_ROUTER),
    ]
    assert not any(event.consequences for event in found)


def test_a_failover_is_one_event_of_its_pair() -> None:
    """Both nodes changed their state, and the finding on the group with them."""
    group = HEALTHY.groups[0].name
    on_group = FindingSubject(SubjectKind.GROUP, group)
    before = with_states(
        cluster(finding("HA-01", Verdict.PASS, subject=on_group), at=BEFORE), "normal", "normal"
    )
    after = with_states(
        cluster(finding("HA-01", Verdict.DRIFT, subject=on_group)), "failed_over", "failed"
    )
    (event,) = events(before, after)
    assert {d.finding for d in event.consequences} == {"", "HA-01"}
    assert event.direction is EventDirection.WORSE


def with_states(cluster: ComparedCluster, publisher: str, subscriber: str) -> ComparedCluster:
    """Return a cluster whose nodes are in these HA states."""
    states = {PUBLISHER: publisher, SUBSCRIBER: subscriber}
    nodes = tuple(replace(n, ha_state=make.reading(states[n.name])) for n in cluster.facts.nodes)
    return replace(cluster, facts=replace(cluster.facts, nodes=nodes))


def test_what_one_node_no_longer_shows_does_not_follow_from_another_that_is_down() -> None:
    """The node that answers has a reason of its own."""
    down = cluster(at=AFTER)
    nodes = tuple(
        replace(n, services={s: v for s, v in n.services.items() if s != SIP_PROXY_SERVICE})
        if n.name == SUBSCRIBER
        else replace(n, services={})
        for n in down.facts.nodes
    )
    gap = make.gap(PUBLISHER, Source.CONTROL_CENTER, Reason.UNREACHABLE, "Check the network.")
    after = replace(down, facts=replace(down.facts, nodes=nodes, coverage=(gap,)))
    lost, missing = sorted(events(cluster(at=BEFORE), after), key=lambda e: e.difference.about)
    assert lost.difference.about == PUBLISHER
    assert [d.about for d in lost.consequences] == [PUBLISHER]
    assert (missing.difference.about, missing.difference.service) == (
        SUBSCRIBER,
        SIP_PROXY_SERVICE,
    )


@pytest.mark.parametrize("stays", [True, False])
def test_differences_that_stay_stand_under_their_cause(stays: bool) -> None:
    """They are no event; one whose cause is gone stands alone."""
    before, after = (
        cluster(
            finding("RTR-01", cause, service=XCP_ROUTER),
            finding("SIP-01", Verdict.DRIFT, service=SIP_PROXY_SERVICE, caused_by=("RTR-01",)),
            stopped=(XCP_ROUTER, SIP_PROXY_SERVICE),
            at=at,
        )
        for cause, at in (
            (Verdict.DRIFT, BEFORE),
            (Verdict.DRIFT if stays else Verdict.PASS, AFTER),
        )
    )
    found = events(before, after)
    assert len(found) == (1 if stays else 2)
    assert found[-1].direction is EventDirection.STILL_THERE


def test_facts_without_groups_are_no_obstacle() -> None:
    """Nothing can be said of a pair then."""
    facts = ClusterFacts("lab", HEALTHY.nodes, topology_observed=True)
    empty = ComparedCluster(facts, {})
    assert events(empty, with_states(empty, "normal", "normal"))
