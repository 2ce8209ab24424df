"""Readiness: what a failover would lose, before the event."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from auditor.failover.actions import choose_action
from auditor.failover.impacts import Capability
from auditor.failover.judged import judge_for_failover
from auditor.failover.node_checks import CheckState, CheckType, NodeCheck
from auditor.failover.readiness import FailoverReadiness, assess_readiness
from auditor.failover.report import render_readiness_text
from auditor.models.exit_codes import ExitCode
from auditor.models.facts import ClusterFacts
from auditor.models.findings import Verdict
from auditor.models.nodes import HaState, RunState
from auditor.report.sentences import render_clause
from auditor.service_names import (
    AXL_WEB_SERVICE,
    CONNECTION_MANAGER,
    DATABASE,
    FILE_TRANSFER_MANAGER,
    MESSAGE_ARCHIVER,
    ROUTE_DATASTORE,
    SERVER_RECOVERY_MANAGER,
    SIP_FEDERATION_MANAGER,
    TEXT_CONFERENCE_MANAGER,
    WEB_CONNECTION_MANAGER,
)
from tests.factories import not_activated, service, setting, settings
from tests.failover.pairs import ROWS, check_facts, member, pair

GOLDEN = Path(__file__).parent / "golden"
N = HaState.NORMAL


def ready(facts: ClusterFacts) -> FailoverReadiness:
    """Return the readiness of a cluster."""
    return assess_readiness(check_facts(facts), {facts.name: judge_for_failover(facts, ROWS)})


def declare(facts: ClusterFacts, **values: Iterable[str]) -> ClusterFacts:
    """Return a cluster whose file names the nodes of some features."""
    return replace(facts, settings={**facts.settings, **settings(**values)})


def losses(readiness: FailoverReadiness) -> set[tuple[str, str]]:
    """Return what would be lost, and by whose failure."""
    return {(str(impact.what), impact.node) for impact in readiness.impacts}


def without(service_name: str, *, on: int = 2) -> ClusterFacts:
    """Return a healthy pair in which one node lacks a service."""
    services = {**member("imp", N, on).services, service_name: not_activated(service_name)}
    changed = {"services": services}
    return pair(N, N, first=changed) if on == 1 else pair(N, N, second=changed)


def test_a_pair_that_has_everything_twice_is_ready(
    compare_golden: Callable[[Path, str], None],
) -> None:
    readiness = ready(pair(N, N))
    assert (readiness.impacts, readiness.exit_code) == ((), ExitCode.COMPLIANT)
    text = render_readiness_text(readiness, width=100, colour=False)
    compare_golden(GOLDEN / "ready.txt", text)


@pytest.mark.parametrize(
    ("name", "what"),
    [
        (MESSAGE_ARCHIVER, Capability.LOGGING),
        (FILE_TRANSFER_MANAGER, Capability.FILES),
        (WEB_CONNECTION_MANAGER, Capability.WEB),
        (TEXT_CONFERENCE_MANAGER, Capability.CHAT),
        (CONNECTION_MANAGER, Capability.PRESENCE),
        (SIP_FEDERATION_MANAGER, Capability.SIP_FEDERATION),
    ],
)
def test_what_runs_on_one_node_only_would_not_move(name: str, what: Capability) -> None:
    readiness = ready(without(name))
    assert (str(what), "imp1") in losses(readiness)
    assert readiness.exit_code is ExitCode.DRIFT
    assert what in readiness.summary.partition("would lose ")[2]
    assert readiness.action.startswith(f"Do: activate and start {name} on imp2.") or (
        readiness.action.startswith(f"Do: activate {name} on imp2")
    )


def test_it_counts_which_of_the_two_fails() -> None:
    assert losses(ready(without(MESSAGE_ARCHIVER, on=1))) == {("logging of messages", "imp2")}


def test_what_runs_on_neither_is_no_loss() -> None:
    off = {WEB_CONNECTION_MANAGER: not_activated(WEB_CONNECTION_MANAGER)}
    nodes = [{"services": {**member("imp", N, n).services, **off}} for n in (1, 2)]
    assert ready(pair(N, N, first=nodes[0], second=nodes[1])).impacts == ()


def test_axl_missing_on_the_partner_loses_presence_and_im(
    compare_golden: Callable[[Path, str], None],
) -> None:
    services = {
        **member("imp", N, 2).services,
        AXL_WEB_SERVICE: service(AXL_WEB_SERVICE, RunState.STOPPED),
        MESSAGE_ARCHIVER: not_activated(MESSAGE_ARCHIVER),
    }
    readiness = ready(pair(N, N, second={"services": services, "axl": None}))
    assert readiness.exit_code is ExitCode.DRIFT
    assert readiness.summary == (
        "Not ready: a failover of DefaultCUPSubCluster would lose presence and IM and logging "
        "of messages: the HA states of DefaultCUPSubCluster are normal, but Cisco AXL Web Service "
        "is stopped on imp2 (-1069 Commanded Out of Service) (and 1 more)."
    )
    text = render_readiness_text(readiness, width=100, colour=False)
    compare_golden(GOLDEN / "not-ready.txt", text)


def test_rooms_stay_where_persistent_chat_has_no_high_availability() -> None:
    readiness = ready(pair(N, N, permanent_chat_ha=False))
    assert losses(readiness) == {
        ("persistent chat rooms", "imp1"),
        ("persistent chat rooms", "imp2"),
    }
    assert ready(pair(N, N, permanent_chat=False, permanent_chat_ha=False)).impacts == ()


def test_without_high_availability_no_node_takes_over() -> None:
    for switch in (False, None):
        readiness = ready(replace(pair(N, N, switch=switch), high_availability=False))
        assert losses(readiness) == {("presence and IM", "imp1"), ("presence and IM", "imp2")}
        assert readiness.exit_code is ExitCode.DRIFT


def test_a_pair_that_is_failed_over_has_no_partner_and_is_to_fall_back(
    compare_golden: Callable[[Path, str], None],
) -> None:
    readiness = ready(pair(HaState.IDLE, HaState.BACKUP))
    assert readiness.exit_code is ExitCode.DRIFT
    assert losses(readiness) == {("presence and IM", "imp2")}
    text = render_readiness_text(readiness, width=100, colour=False)
    compare_golden(GOLDEN / "ready-failed-over.txt", text)


def test_accepting_failed_over_makes_no_pair_ready() -> None:
    facts = pair(HaState.IDLE, HaState.BACKUP)
    readiness = assess_readiness(
        check_facts(facts, accept=True), {facts.name: judge_for_failover(facts, ROWS)}
    )
    assert readiness.exit_code is ExitCode.DRIFT
    assert "It is 0" not in render_readiness_text(readiness, width=100, colour=False)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (HaState.FAILED, HaState.FAILED),
        (HaState.DOWN, HaState.BACKUP),
        (HaState.FAILED_OVER_SERVICES_DOWN, HaState.BACKUP),
    ],
)
def test_a_broken_pair_is_not_ready_and_is_called_broken(one: HaState, other: HaState) -> None:
    readiness = ready(pair(one, other))
    assert readiness.exit_code is ExitCode.DRIFT
    assert readiness.summary.startswith("Not ready: DefaultCUPSubCluster is broken already (")
    assert readiness.action == choose_action(readiness.check)


@pytest.mark.parametrize("declared", [True, False])
def test_a_missing_partner_comes_before_a_node_in_no_group(declared: bool) -> None:
    facts = replace(pair(N, N, switch=False), high_availability=declared)
    ungrouped = NodeCheck(CheckType.MEMBER, "imp9", Verdict.DRIFT, CheckState.IN_NO_GROUP)
    check = check_facts(facts)
    check = replace(check, clusters=(replace(check.clusters[0], ungrouped=(ungrouped,)),))
    readiness = assess_readiness(check, {facts.name: judge_for_failover(facts, ROWS)})
    assert "would lose presence and IM" in readiness.summary
    assert readiness.action.startswith("Do: turn high availability")
    assert "imp9" not in readiness.action


def test_the_losses_of_a_moving_pair_are_unknown() -> None:
    services = {**member("imp", N, 2).services}
    services[MESSAGE_ARCHIVER] = not_activated(MESSAGE_ARCHIVER)
    facts = pair(HaState.FAILING_OVER, HaState.TAKING_OVER, second={"services": services})
    readiness = ready(declare(facts, compliance=["imp1"]))
    assert (readiness.impacts, readiness.exit_code) == ((), ExitCode.INCOMPLETE)
    assert (
        "anything: still moving: in DefaultCUPSubCluster imp1 is failing over" in readiness.summary
    )
    assert readiness.action.startswith(
        "Do: wait until DefaultCUPSubCluster has settled, then check"
    )


def test_groups_with_one_name_in_two_clusters_are_named_with_their_clusters() -> None:
    over = pair(HaState.IDLE, HaState.BACKUP)
    lacking = replace(without(MESSAGE_ARCHIVER), name="other")
    findings = {facts.name: judge_for_failover(facts, ROWS) for facts in (over, lacking)}
    check = replace(
        check_facts(over),
        clusters=tuple(check_facts(facts).clusters[0] for facts in (over, lacking)),
    )
    summary = assess_readiness(check, findings).summary
    assert f"DefaultCUPSubCluster (cluster {over.name}) is failed over already" in summary
    assert "a failover of DefaultCUPSubCluster (cluster other) would lose logging" in summary


@pytest.mark.parametrize(
    ("number", "code"), [(3, ExitCode.DRIFT), (4, ExitCode.DRIFT), (None, ExitCode.INCOMPLETE)]
)
def test_replication_is_to_be_good_before_a_failover(number: int | None, code: ExitCode) -> None:
    readiness = ready(pair(N, N, second={"replication": number}))
    assert readiness.check.exit_code is ExitCode.COMPLIANT
    assert readiness.exit_code is code
    assert "replication" in readiness.summary
    assert "imp2" in readiness.summary
    assert "`utils dbreplication runtimestate`" in readiness.action
    assert "imp2" in readiness.action


@pytest.mark.parametrize("name", [ROUTE_DATASTORE, DATABASE, SERVER_RECOVERY_MANAGER])
def test_a_network_service_that_is_down_leaves_no_pair_ready(name: str) -> None:
    services = {**member("imp", N, 2).services, name: service(name, RunState.STOPPED)}
    readiness = ready(pair(N, N, second={"services": services}))
    assert readiness.exit_code is ExitCode.DRIFT
    assert f"{name} is stopped on imp2" in readiness.summary
    assert f"start {name} on imp2" in readiness.action


def test_two_versions_in_a_group_leave_it_not_ready() -> None:
    """The action is the remedy of the finding, which an audit prints too."""
    facts = pair(N, N, second={"release": "14.0.1.13900-8"})
    readiness = ready(facts)
    assert readiness.check.exit_code is ExitCode.COMPLIANT
    assert readiness.exit_code is ExitCode.DRIFT
    assert "imp2 runs 14.0.1.13900-8" in readiness.summary
    found = judge_for_failover(facts, ROWS).finding("REL-01", "DefaultCUPSubCluster")
    assert found is not None
    remedy = "; ".join(map(render_clause, found.remedy))
    assert "turn high availability of the redundancy group off" in remedy
    assert readiness.action == f"Do: {remedy}. Do not: fail over by hand before."


def test_high_availability_that_is_off_against_the_file_is_to_be_turned_on() -> None:
    readiness = ready(replace(pair(N, N, switch=False), high_availability=True))
    assert readiness.exit_code is ExitCode.DRIFT
    assert readiness.action.startswith("Do: turn high availability of DefaultCUPSubCluster on")


def test_a_silent_node_leaves_readiness_unknown() -> None:
    readiness = ready(pair(N, None))
    assert readiness.exit_code is ExitCode.INCOMPLETE
    assert readiness.summary.startswith("Unknown whether")
    assert losses(readiness) == {("presence and IM", "imp1")}


def test_a_service_that_cannot_be_read_may_be_a_loss() -> None:
    strange = service(MESSAGE_ARCHIVER, RunState.UNKNOWN)
    services = {**member("imp", N, 1).services, strange.name: strange}
    off = {**member("imp", N, 2).services, strange.name: not_activated(strange.name)}
    facts = pair(N, N, first={"services": services}, second={"services": off})
    readiness = ready(declare(facts, compliance=["imp1"]))
    assert ("logging of messages", "imp1") in losses(readiness)
    assert readiness.exit_code is ExitCode.INCOMPLETE


def test_rooms_are_not_known_to_be_none_by_discovery_alone() -> None:
    facts = pair(N, N, permanent_chat_ha=False)
    changed = {**facts.settings, **settings(permanent_chat=setting(False, "discovered"))}
    readiness = ready(replace(facts, settings=changed))
    assert {str(impact.verdict) for impact in readiness.impacts} == {"unknown"}
    assert readiness.exit_code is ExitCode.INCOMPLETE
