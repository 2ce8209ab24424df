"""The partner must be able to serve before a critical service stops on a node."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from auditor.change.change_check import ChangeCheck, CheckKind, PrecheckResult, PrecheckTopic
from auditor.change.check_report import check_text
from auditor.change.decision import Decision
from auditor.change.precheck import decide_change
from auditor.change.what_if import ChangeAction, RequestedChange
from auditor.models.facts import ClusterFacts
from auditor.models.findings import Severity
from auditor.models.nodes import AxlAvailability, AxlProbe, NodeFacts, ServiceState
from auditor.recommendations.critical_services import CRITICAL_SERVICES
from auditor.recommendations.packs import load_packs
from auditor.service_names import (
    AUTHENTICATION_SERVICE,
    AXL_WEB_SERVICE,
    CONNECTION_MANAGER,
    DATABASE,
    DATABASE_REPLICATOR,
    DIRECTORY_SERVICE,
    MESSAGE_ARCHIVER,
    PRESENCE_ENGINE_SERVICE,
    ROUTE_DATASTORE,
    SIP_FEDERATION_MANAGER,
    SIP_PROXY_SERVICE,
    TEXT_CONFERENCE_MANAGER,
    WEB_CONNECTION_MANAGER,
    XCP_ROUTER,
    XMPP_FEDERATION_MANAGER,
)
from tests import factories as make
from tests.change.window import HEALTHY, PUBLISHER, SUBSCRIBER, decide, without

RESTART = RequestedChange(PUBLISHER, XCP_ROUTER, ChangeAction.RESTART)
CONNECTING = (
    CONNECTION_MANAGER,
    WEB_CONNECTION_MANAGER,
    AUTHENTICATION_SERVICE,
    TEXT_CONFERENCE_MANAGER,
    SIP_FEDERATION_MANAGER,
    XMPP_FEDERATION_MANAGER,
)
NEEDED = sorted(
    {
        *CRITICAL_SERVICES,
        *make.FOUNDATION,
        TEXT_CONFERENCE_MANAGER,
        CONNECTION_MANAGER,
        AUTHENTICATION_SERVICE,
    }
)


def on_partner(*changed: ServiceState, **changes: object) -> ClusterFacts:
    """Return the healthy pair, with services and other facts of the subscriber changed."""
    states = {state.name: state for state in changed}
    nodes: Sequence[NodeFacts] = [
        replace(node, **{"services": {**node.services, **states}, **changes})  # type: ignore[arg-type]  # the tests name real fields
        if node.name == SUBSCRIBER
        else node
        for node in HEALTHY.nodes
    ]
    return replace(HEALTHY, nodes=tuple(nodes))


def obstacles(decision: Decision) -> list[ChangeCheck]:
    """Return the checks of the group that are no go and no note."""
    return [
        check
        for check in decision.checks
        if check.topic is PrecheckTopic.GROUP
        and check.result in (PrecheckResult.NO_GO, PrecheckResult.UNDECIDED)
    ]


def group_text(decision: Decision) -> str:
    """Return what is said of the groups."""
    return " ".join(check_text(c) for c in decision.checks if c.topic is PrecheckTopic.GROUP)


def test_a_whole_pair_is_called_healthy() -> None:
    decision = decide(HEALTHY, RESTART)
    assert decision.result is PrecheckResult.GO
    assert "The pair is healthy." in group_text(decision)


@pytest.mark.parametrize("service", NEEDED)
def test_a_partner_that_cannot_serve_is_one_no_go(service: str) -> None:
    """Whatever is down there, nobody serves while the Router restarts here."""
    decision = decide(on_partner(make.service(service, "stopped")), RESTART)
    (check,) = obstacles(decision)
    assert (check.about, check.result) == (SUBSCRIBER, PrecheckResult.NO_GO)
    assert decision.result is PrecheckResult.NO_GO
    assert f"Only {SUBSCRIBER} can serve users while {XCP_ROUTER} stops on {PUBLISHER}." in (
        check_text(check)
    )
    assert "The pair is healthy" not in group_text(decision)


@pytest.mark.parametrize("service", NEEDED)
def test_a_service_of_unknown_state_on_the_partner_is_undecided(service: str) -> None:
    decision = decide(on_partner(make.service(service, "unknown")), RESTART)
    assert {check.result for check in obstacles(decision)} == {PrecheckResult.UNDECIDED}
    assert decision.result is PrecheckResult.UNDECIDED
    assert "The pair is healthy" not in group_text(decision)


def test_a_partner_that_could_not_be_read_is_one_check() -> None:
    decision = decide(on_partner(services={}), RESTART)
    (check,) = obstacles(decision)
    assert (check.kind, check.result) == (CheckKind.PARTNER_UNREAD, PrecheckResult.UNDECIDED)


def test_it_counts_whatever_the_pack() -> None:
    """Cisco's table has no rows on the datastores."""
    decision = decide_change(
        on_partner(make.service(ROUTE_DATASTORE, "stopped")),
        [RESTART],
        load_packs(["table"]),
        fail_on=Severity.CRITICAL,
        is_confirmed=True,
    )
    assert decision.result is PrecheckResult.NO_GO


def test_a_cause_is_one_no_go_with_all_that_follows() -> None:
    stopped = [
        make.service(name, "stopped")
        for name in (ROUTE_DATASTORE, XCP_ROUTER, SIP_PROXY_SERVICE, WEB_CONNECTION_MANAGER)
    ]
    decision = decide(on_partner(*stopped), RESTART)
    (check,) = obstacles(decision)
    assert check.finding is not None
    assert check.finding.recommendation == "NET-03"
    assert {"RTR-01", "SIP-01", "WEB-01"} <= set(check.explains)
    notes = [c for c in decision.checks if c.kind is CheckKind.EXISTING_DRIFT]
    assert notes == []


def test_what_no_failover_needs_stays_a_note() -> None:
    decision = decide(without(HEALTHY, SUBSCRIBER, MESSAGE_ARCHIVER), RESTART)
    assert obstacles(decision) == []
    assert decision.result is PrecheckResult.GO
    assert any(check.kind is CheckKind.EXISTING_DRIFT for check in decision.checks)


def test_a_change_that_interrupts_no_user_asks_nothing_of_the_partner() -> None:
    """But the pair is not called healthy."""
    change = RequestedChange(PUBLISHER, DIRECTORY_SERVICE, ChangeAction.RESTART)
    decision = decide(on_partner(make.service(PRESENCE_ENGINE_SERVICE, "stopped")), change)
    assert decision.result is PrecheckResult.GO
    assert "PE-01 [critical] differs without the change" in group_text(decision)
    assert "The pair is healthy" not in group_text(decision)


@pytest.mark.parametrize("service", CONNECTING)
def test_users_who_are_disconnected_need_a_partner_that_serves(service: str) -> None:
    """The restart interrupts them, and for a moment nobody else would take them."""
    change = replace(RESTART, service=service)
    whole = decide(HEALTHY, change)
    assert whole.result is PrecheckResult.GO
    notes = [check for check in whole.checks if check.kind is CheckKind.CONNECTIONS_STOP]
    assert [
        check_text(check).startswith(f"A stop of {service} interrupts ") for check in notes
    ] == [True]
    for down in (DATABASE, PRESENCE_ENGINE_SERVICE, service):
        broken = decide(on_partner(make.service(down, "stopped")), change)
        assert [check.about for check in obstacles(broken)] == [SUBSCRIBER]
        assert broken.result is PrecheckResult.NO_GO
    unknown = decide(on_partner(make.service(service, "unknown")), change)
    assert unknown.result is PrecheckResult.UNDECIDED


def test_the_versions_of_the_cluster_are_notes_where_the_group_agrees() -> None:
    """Other nodes run another one, which the change neither makes nor fixes."""
    east = [
        replace(node, name=name, redundancy_group="East", release="14.0.1.11900-1")
        for node, name in zip(HEALTHY.nodes, ("imp3", "imp4"), strict=True)
    ]
    group = replace(HEALTHY.groups[0], name="East", nodes=("imp3", "imp4"))
    facts = replace(HEALTHY, nodes=(*HEALTHY.nodes, *east), groups=(*HEALTHY.groups, group))
    text = group_text(decide(facts, replace(RESTART, node="imp4")))
    assert "REL-02 [" in text
    assert "REL-03 [" in text
    assert "REL-01 [" not in text


def test_the_broken_node_itself_may_be_restarted() -> None:
    """Its partner serves, and this is how it is repaired."""
    facts = on_partner(make.service(PRESENCE_ENGINE_SERVICE, "stopped"))
    assert decide(facts, replace(RESTART, node=SUBSCRIBER)).result is PrecheckResult.GO


def test_a_restart_that_follows_counts_too() -> None:
    """The Archiver ends with the Router of every node, and each node needs its partner."""
    facts = without(on_partner(make.service(DATABASE, "stopped")), SUBSCRIBER, MESSAGE_ARCHIVER)
    change = RequestedChange(SUBSCRIBER, MESSAGE_ARCHIVER, ChangeAction.ACTIVATE)
    assert [check.about for check in obstacles(decide(facts, change))] == [SUBSCRIBER]


@pytest.mark.parametrize(
    ("release", "result"),
    [("14.0.1.11900-1", PrecheckResult.NO_GO), (None, PrecheckResult.UNDECIDED)],
)
def test_two_versions_in_a_group_forbid_the_stop(
    release: str | None, result: PrecheckResult
) -> None:
    decision = decide(on_partner(release=release), RESTART)
    (check,) = obstacles(decision)
    assert (check.kind, check.result) == (CheckKind.VERSIONS_DIFFER, result)
    assert "The pair is healthy" not in group_text(decision)


def test_two_versions_are_a_note_of_any_other_change() -> None:
    change = replace(RESTART, service=WEB_CONNECTION_MANAGER)
    decision = decide(on_partner(release="14.0.1.11900-1"), change)
    assert decision.result is PrecheckResult.GO
    assert "REL-01 [high] differs without the change" in group_text(decision)


@pytest.mark.parametrize(("intercluster", "results"), [(True, [PrecheckResult.NO_GO]), (False, [])])
def test_axl_must_answer_where_it_is_required(
    intercluster: bool, results: list[PrecheckResult]
) -> None:
    """With intercluster, on every node that peers sync from."""
    silent = AxlProbe(AxlAvailability.NOT_ANSWERING, "It refused the connection.")
    facts = on_partner(make.service(AXL_WEB_SERVICE), axl=silent)
    facts = replace(facts, settings={**facts.settings, **make.settings(intercluster=intercluster)})
    assert [check.result for check in obstacles(decide(facts, RESTART))] == results


def test_broken_replication_is_not_told_twice() -> None:
    decision = decide(on_partner(replication=3), RESTART)
    assert len(decision.objections) == 1
    assert "The pair is healthy" not in group_text(decision)


def test_a_replicator_that_is_down_counts_as_every_network_service() -> None:
    decision = decide(on_partner(make.service(DATABASE_REPLICATOR, "stopped")), RESTART)
    assert [check.result for check in obstacles(decision)] == [PrecheckResult.NO_GO]
