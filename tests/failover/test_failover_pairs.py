"""Every pair of states that Cisco's guide lists: its class, its causes, its action, its code."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from auditor.errors import Reason
from auditor.failover.actions import choose_action
from auditor.failover.group_check import GroupStatus, Stability
from auditor.failover.json_report import render_failover_json
from auditor.failover.report import render_failover_text
from auditor.failover.summary import nodes_with_axl
from auditor.models.coverage import Source
from auditor.models.evidence import Origin
from auditor.models.exit_codes import ExitCode
from auditor.models.nodes import AxlAvailability, AxlProbe, HaReading, HaState, Identity, RunState
from auditor.service_names import (
    AUTHENTICATION_SERVICE,
    AXL_WEB_SERVICE,
    CLIENT_PROFILE_AGENT,
    CONNECTION_MANAGER,
    DATA_MONITOR,
    DATABASE,
    FILE_TRANSFER_MANAGER,
    INTERCLUSTER_SYNC_AGENT,
    MESSAGE_ARCHIVER,
    PRESENCE_ENGINE_SERVICE,
    SERVER_RECOVERY_MANAGER,
    SIP_FEDERATION_MANAGER,
    SIP_PROXY_SERVICE,
    SYNC_AGENT,
    TEXT_CONFERENCE_MANAGER,
    XCP_ROUTER,
)
from tests.factories import failed_source, not_activated, service, setting, settings
from tests.failover.pairs import STABLE, check_facts, first_line, group_line, member, pair

GOLDEN = Path(__file__).parent / "golden"
S = HaState
DRIFT, UNKNOWN, GOOD = ExitCode.DRIFT, ExitCode.INCOMPLETE, ExitCode.COMPLIANT

DOCUMENTED = [
    (S.NORMAL, S.NORMAL, GroupStatus.NORMAL, GOOD, None),
    (S.FAILING_OVER, S.TAKING_OVER, GroupStatus.MOVING, UNKNOWN, "failover by hand"),
    (S.IDLE, S.BACKUP, GroupStatus.FAILED_OVER, DRIFT, "failover by hand"),
    (S.TAKING_BACK, S.FALLING_BACK, GroupStatus.MOVING, UNKNOWN, "fallback, by hand or automatic"),
    (S.FAILED_OVER, S.BACKUP, GroupStatus.FAILED_OVER, DRIFT, "has come back"),
    (S.FAILED_OVER_SERVICES_DOWN, S.BACKUP, GroupStatus.BROKEN, DRIFT, "database failure"),
    (S.FAILED, S.FAILED, GroupStatus.BROKEN, DRIFT, "did not start while users were taken back"),
    (S.DOWN, S.BACKUP, GroupStatus.BROKEN, DRIFT, "lost heartbeat"),
    (None, S.BACKUP, GroupStatus.BROKEN, DRIFT, "power loss"),
    (S.UNKNOWN, S.UNKNOWN, GroupStatus.UNKNOWN, UNKNOWN, "not enabled properly"),
    (S.INITIALIZING, S.NORMAL, GroupStatus.MOVING, UNKNOWN, None),
    (S.FAILED, S.BACKUP, GroupStatus.BROKEN, DRIFT, None),
    (None, None, GroupStatus.UNKNOWN, UNKNOWN, None),
]


def stem(one: HaState | None, other: HaState | None) -> str:
    """Return the name of a pair's golden file."""
    return f"{one or 'silent'}-{other or 'silent'}"


@pytest.mark.parametrize(
    ("one", "other", "status", "code", "cause"),
    DOCUMENTED,
    ids=[stem(one, other) for one, other, *_ in DOCUMENTED],
)
def test_a_documented_pair_has_its_status_its_causes_and_its_text(
    one: HaState | None,
    other: HaState | None,
    status: GroupStatus,
    code: ExitCode,
    cause: str | None,
    compare_golden: Callable[[Path, str], None],
) -> None:
    check = check_facts(pair(one, other))
    (group,) = check.groups
    assert (group.status, check.exit_code) == (status, code)
    assert (cause is None) or any(cause in text for text in group.causes)
    text = render_failover_text(check, width=100, colour=False)
    compare_golden(GOLDEN / f"{stem(one, other)}.txt", text)


@pytest.mark.parametrize(("one", "other"), [(one, other) for one, other, *_ in DOCUMENTED])
def test_the_order_of_the_nodes_makes_no_difference(
    one: HaState | None, other: HaState | None
) -> None:
    straight, turned = (check_facts(pair(*states)) for states in ((one, other), (other, one)))
    assert straight.groups[0].status is turned.groups[0].status
    assert straight.groups[0].causes == turned.groups[0].causes
    assert straight.exit_code is turned.exit_code


@pytest.mark.parametrize("one", [None, *HaState])
@pytest.mark.parametrize("other", [None, *HaState])
def test_no_pair_but_normal_with_normal_is_good(one: HaState | None, other: HaState | None) -> None:
    check = check_facts(pair(one, other), accept=False)
    good = one is other is HaState.NORMAL
    assert (check.exit_code is GOOD) is good
    assert choose_action(check).startswith("Do: nothing") is good


def test_a_stable_failed_over_pair_is_good_only_where_that_is_accepted() -> None:
    facts = pair(HaState.IDLE, HaState.BACKUP)
    assert check_facts(facts, accept=True).exit_code is GOOD
    assert check_facts(facts, accept=True, stability=STABLE).exit_code is GOOD
    unsettled = Stability(stable=False, outlasted=False)
    assert check_facts(facts, accept=True, stability=unsettled).exit_code is UNKNOWN


def test_a_code_of_0_says_that_it_is_0_because_failed_over_is_accepted() -> None:
    facts = pair(HaState.IDLE, HaState.BACKUP)
    why = "Exit code 0. It is 0 because of --accept failed-over, and 3 without it."
    accepted, refused = (check_facts(facts, accept=accept) for accept in (True, False))
    assert why in render_failover_text(accepted, width=100, colour=False)
    assert first_line(accepted).endswith("; --accept failed-over allows that.")
    assert json.loads(render_failover_json(accepted))["run"]["accepted"] == ["DefaultCUPSubCluster"]
    assert "--accept" not in render_failover_text(refused, width=100, colour=False)
    sound = check_facts(pair(S.NORMAL, S.NORMAL), accept=True)
    assert "--accept" not in render_failover_text(sound, width=100, colour=False)


@pytest.mark.parametrize(
    "states",
    [(S.FAILED_OVER_SERVICES_DOWN, S.BACKUP), (S.FAILED, S.FAILED), (S.DOWN, S.BACKUP)],
)
def test_accepting_failed_over_accepts_nothing_broken(states: tuple[HaState, HaState]) -> None:
    assert check_facts(pair(*states), accept=True, stability=STABLE).exit_code is DRIFT


def test_axl_missing_on_the_serving_node_keeps_an_accepted_pair_from_being_good() -> None:
    silent = {"axl": AxlProbe(AxlAvailability.NOT_ANSWERING, "AXL did not answer: HTTP 503.")}
    check = check_facts(pair(S.IDLE, S.BACKUP, second=silent), accept=True)
    assert check.exit_code is DRIFT
    assert "but AXL runs and does not answer on imp2" in first_line(check)
    assert choose_action(check) == (
        "Do: restart Cisco AXL Web Service on imp2 (Control Center), and check again. Do not: fail "
        "over or fall back before it answers: users would lose presence and IM."
    )


@pytest.mark.parametrize(
    ("state", "how"),
    [
        (service(AXL_WEB_SERVICE, RunState.STOPPED), "start Cisco AXL Web Service on imp2"),
        (not_activated(AXL_WEB_SERVICE), "activate Cisco AXL Web Service on imp2"),
    ],
)
def test_axl_that_is_off_on_one_of_the_pair_is_3_and_says_what_to_do(
    state: object, how: str, compare_golden: Callable[[Path, str], None]
) -> None:
    services = {**member("imp2", S.NORMAL, 2).services, AXL_WEB_SERVICE: state}
    check = check_facts(pair(S.NORMAL, S.NORMAL, second={"services": services, "axl": None}))
    assert check.exit_code is DRIFT
    assert how in choose_action(check)
    assert first_line(check).startswith("Not healthy: ")
    if "activate" not in how:
        text = render_failover_text(check, width=100, colour=False)
        compare_golden(GOLDEN / "axl-stopped.txt", text)


def test_axl_that_may_be_off_does_not_count() -> None:
    services = {
        **member("imp2", S.NORMAL, 2).services,
        AXL_WEB_SERVICE: not_activated(AXL_WEB_SERVICE),
    }
    off = {"services": services, "axl": None}
    check = check_facts(pair(S.NORMAL, S.NORMAL, second=off, intercluster=False))
    assert check.exit_code is GOOD


def test_whether_axl_must_run_is_unknown_if_the_peers_are_not_declared() -> None:
    services = {
        **member("imp2", S.NORMAL, 2).services,
        AXL_WEB_SERVICE: not_activated(AXL_WEB_SERVICE),
    }
    facts = pair(S.NORMAL, S.NORMAL, second={"services": services, "axl": None})
    facts.settings.pop("intercluster")  # type: ignore[attr-defined] # a dict in these tests
    check = check_facts(facts)
    assert check.exit_code is UNKNOWN
    assert "Declare `intercluster`" in render_failover_text(check, width=100, colour=False)


@pytest.mark.parametrize("name", [CLIENT_PROFILE_AGENT, SYNC_AGENT, XCP_ROUTER, SIP_PROXY_SERVICE])
def test_a_critical_service_that_is_down_is_3_though_the_states_are_normal(name: str) -> None:
    services = {**member("imp1", S.NORMAL, 1).services, name: service(name, RunState.STOPPED)}
    check = check_facts(pair(S.NORMAL, S.NORMAL, first={"services": services}))
    assert check.exit_code is DRIFT
    assert f"start {name} on imp1" in choose_action(check)


@pytest.mark.parametrize("name", [INTERCLUSTER_SYNC_AGENT, DATA_MONITOR, SERVER_RECOVERY_MANAGER])
def test_a_stopped_service_that_failover_depends_on_is_3(name: str) -> None:
    services = {**member("imp1", S.NORMAL, 1).services, name: service(name, RunState.STOPPED)}
    assert check_facts(pair(S.NORMAL, S.NORMAL, first={"services": services})).exit_code is DRIFT


def test_the_intercluster_agent_may_be_off_without_peers() -> None:
    off = service(INTERCLUSTER_SYNC_AGENT, RunState.STOPPED)
    services = {**member("imp1", S.NORMAL, 1).services, off.name: off}
    facts = pair(S.NORMAL, S.NORMAL, first={"services": services}, intercluster=False)
    assert check_facts(facts).exit_code is GOOD


def test_services_that_stayed_down_after_the_router_are_started_by_hand(
    compare_golden: Callable[[Path, str], None],
) -> None:
    down = (CONNECTION_MANAGER, AUTHENTICATION_SERVICE, TEXT_CONFERENCE_MANAGER)
    stopped = {name: service(name, RunState.STOPPED) for name in down}
    services = {**member("imp2", S.BACKUP, 2).services, **stopped}
    check = check_facts(pair(S.NORMAL, S.NORMAL, second={"services": services}))
    assert check.exit_code is DRIFT
    assert "the XCP services stay down until you start them" in choose_action(check)
    compare_golden(
        GOLDEN / "after-router.txt", render_failover_text(check, width=100, colour=False)
    )


def test_a_router_that_is_down_comes_before_every_xcp_service() -> None:
    down = (XCP_ROUTER, CONNECTION_MANAGER)
    stopped = {name: service(name, RunState.STOPPED) for name in down}
    services = {**member("imp2", S.NORMAL, 2).services, **stopped}
    action = choose_action(check_facts(pair(S.NORMAL, S.NORMAL, second={"services": services})))
    assert action.startswith(
        "Do: turn high availability of DefaultCUPSubCluster off (System > Presence Redundancy "
        "Groups on CUCM) and wait two minutes, then start Cisco XCP Router and Cisco XCP "
        "Connection Manager on imp2 (Control Center, or `utils service start`)"
    )
    assert "in this order" in action
    assert (
        "; turn it on again only once all services run and database replication is in state 2 on "
        "all nodes. Do not: fail over or add, move" in action
    )


def test_bad_replication_keeps_high_availability_off_after_the_start() -> None:
    router = service(XCP_ROUTER, RunState.STOPPED)
    services = {**member("imp2", S.NORMAL, 2).services, XCP_ROUTER: router}
    second = {"services": services, "replication": 3}
    action = choose_action(check_facts(pair(S.NORMAL, S.NORMAL, second=second)))
    assert "database replication is in state 2 on all nodes (it is bad on imp2)." in action


def test_the_database_is_started_by_command_alone() -> None:
    database = service(DATABASE, RunState.STOPPED)
    router = service(XCP_ROUTER, RunState.STOPPED)
    services = {**member("imp2", S.NORMAL, 2).services, DATABASE: database}
    for down, way in (
        ({}, "A Cisco DB on imp2 (`utils service start A Cisco DB`);"),
        (
            {XCP_ROUTER: router},
            "A Cisco DB and Cisco XCP Router on imp2 (A Cisco DB by `utils service start A Cisco "
            "DB`, the rest in Control Center or by `utils service start`), in this order;",
        ),
    ):
        facts = pair(S.NORMAL, S.NORMAL, second={"services": services | down})
        assert way in choose_action(check_facts(facts))


def test_a_failover_is_not_accepted_if_it_is_unknown_whether_high_availability_is_on() -> None:
    facts = pair(S.IDLE, S.BACKUP, switch=None)
    check = check_facts(facts, accept=True)
    assert check.exit_code is UNKNOWN
    assert "(it is not known whether high availability is on)" in first_line(check)
    assert "start Cisco" not in choose_action(check)


@pytest.mark.parametrize("name", [XCP_ROUTER, CLIENT_PROFILE_AGENT, SYNC_AGENT])
@pytest.mark.parametrize("switch", [True, None])
def test_no_critical_service_that_a_failover_stopped_is_to_be_started_by_hand(
    name: str, switch: bool | None
) -> None:
    stopped = service(name, RunState.STOPPED)
    services = {**member("imp1", S.IDLE, 1).services, name: stopped}
    facts = pair(S.IDLE, S.BACKUP, first={"services": services}, switch=switch)
    assert "start Cisco" not in choose_action(check_facts(facts))
    if switch:
        assert check_facts(facts, accept=True).exit_code is GOOD
        assert "fall back" in choose_action(check_facts(facts))


@pytest.mark.parametrize("name", [XCP_ROUTER, CLIENT_PROFILE_AGENT, SYNC_AGENT])
def test_a_critical_service_that_stopped_by_itself_on_an_idle_node_is_drift(name: str) -> None:
    crashed = service(name, RunState.STOPPED, reason_code=-1)
    services = {**member("imp1", S.IDLE, 1).services, name: crashed}
    facts = pair(S.IDLE, S.BACKUP, first={"services": services})
    assert check_facts(facts, accept=True).exit_code is DRIFT


def test_a_service_that_is_not_activated_on_an_idle_node_is_still_wrong() -> None:
    services = {**member("imp1", S.IDLE, 1).services}
    services[SIP_PROXY_SERVICE] = not_activated(SIP_PROXY_SERVICE)
    check = check_facts(pair(S.IDLE, S.BACKUP, first={"services": services}, switch=None))
    assert "activate Cisco SIP Proxy on imp1" in choose_action(check)


@pytest.mark.parametrize("states", [(S.FAILED, S.FAILED), (S.NORMAL, S.NORMAL)])
def test_the_first_line_names_what_the_action_is_about(states: tuple[HaState, HaState]) -> None:
    down = service(XCP_ROUTER, RunState.STOPPED)
    services = {**member("imp1", states[0], 1).services, down.name: down}
    facts = pair(*states, first={"services": services}, switch=S.FAILED in states)
    check = check_facts(replace(facts, high_availability=True))
    assert "Cisco XCP Router is stopped on imp1" in first_line(check)
    assert "start Cisco XCP Router on imp1" in choose_action(check)


@pytest.mark.parametrize("name", [CONNECTION_MANAGER, MESSAGE_ARCHIVER, SIP_PROXY_SERVICE])
def test_a_service_without_a_row_is_unknown_and_not_off(name: str) -> None:
    services = {k: v for k, v in member("imp1", S.NORMAL, 1).services.items() if k != name}
    check = check_facts(pair(S.NORMAL, S.NORMAL, first={"services": services}))
    assert check.exit_code is UNKNOWN
    assert first_line(check).startswith("Incomplete: ")
    assert f"but the state of {name} on imp1 is not known." in first_line(check)


def test_a_release_without_file_transfer_manager_lacks_nothing() -> None:
    services = dict(member("imp1", S.NORMAL, 1).services)
    del services[FILE_TRANSFER_MANAGER]
    both = {"services": services}
    facts = pair(S.NORMAL, S.NORMAL, first=both, second=both)
    old = tuple(replace(node, release="10.5.2.23900-1") for node in facts.nodes)
    assert check_facts(replace(facts, nodes=old)).exit_code is GOOD


@pytest.mark.parametrize("number", [1, 3, 4])
def test_bad_replication_is_in_both_first_lines_and_not_in_the_exit_code(number: int) -> None:
    check = check_facts(pair(S.NORMAL, S.NORMAL, first={"replication": number}))
    assert "; database replication of imp1 is bad." in first_line(check)
    assert "fix the replication of imp1." in choose_action(check)
    assert check.exit_code is GOOD


def test_replication_that_is_still_being_set_up_is_shown_and_not_called_bad() -> None:
    check = check_facts(pair(S.NORMAL, S.NORMAL, first={"replication": 0}))
    assert "replication of" not in first_line(check)
    text = render_failover_text(check, width=100, colour=False)
    assert "Database replication of imp1 is initializing (0)" in text


def test_a_group_that_may_have_another_node_is_not_called_a_group_of_one() -> None:
    facts = pair(S.NORMAL, S.NORMAL)
    alone = replace(facts.groups[0], nodes=("imp1",))
    facts = replace(facts, groups=(alone,), groups_known=False, topology_observed=False)
    check = check_facts(facts)
    assert check.exit_code is UNKNOWN
    assert first_line(check).startswith(
        "Unknown: in DefaultCUPSubCluster only one node is known, because AXL of the CUCM publisher"
    )
    assert choose_action(check).startswith("Do: nothing") is False


def test_a_service_that_is_starting_is_unknown() -> None:
    engine = service(PRESENCE_ENGINE_SERVICE, RunState.STARTING)
    services = {**member("imp1", S.NORMAL, 1).services, engine.name: engine}
    assert check_facts(pair(S.NORMAL, S.NORMAL, first={"services": services})).exit_code is UNKNOWN


def test_states_from_the_database_alone_are_never_normal() -> None:
    reading = {"ha_state": HaReading(S.NORMAL, Origin.DISCOVERED, "enterprisenode")}
    check = check_facts(pair(S.NORMAL, S.NORMAL, first=reading, second=reading))
    assert check.exit_code is UNKNOWN
    assert "(from the database)" in render_failover_text(check, width=100, colour=False)


@pytest.mark.parametrize(
    ("switch", "declared", "code"),
    [(False, True, DRIFT), (False, False, GOOD), (None, True, UNKNOWN)],
)
def test_the_switch_is_compared_with_the_declaration(
    switch: bool | None, declared: bool, code: ExitCode
) -> None:
    facts = replace(pair(S.NORMAL, S.NORMAL, switch=switch), high_availability=declared)
    check = check_facts(facts)
    assert check.exit_code is code
    assert first_line(check).startswith("Normal") is False


@pytest.mark.parametrize(
    ("states", "status", "code"),
    [
        ((S.FAILED, S.FAILED), GroupStatus.BROKEN, DRIFT),
        ((None, S.BACKUP), GroupStatus.BROKEN, DRIFT),
        ((S.IDLE, S.BACKUP), GroupStatus.FAILED_OVER, DRIFT),
        ((S.FAILING_OVER, S.TAKING_OVER), GroupStatus.MOVING, UNKNOWN),
        ((S.NORMAL, S.BACKUP), GroupStatus.UNKNOWN, UNKNOWN),
    ],
)
@pytest.mark.parametrize("origin", [None, Origin.DISCOVERED])
def test_states_of_a_failover_outweigh_a_file_that_declares_it_off(
    states: tuple[HaState | None, HaState],
    status: GroupStatus,
    code: ExitCode,
    origin: Origin | None,
) -> None:
    """As long as CUCM did not tell that it is off."""
    facts = replace(pair(*states, switch=None), high_availability=False)
    if origin:
        off = replace(facts.groups[0], ha_enabled=False, switch_origin=origin)
        facts = replace(facts, groups=(off,))
    (group,) = check_facts(facts).groups
    assert (group.status, group.exit_code(accept_failed_over=False)) == (status, code)
    assert "as the file declares" not in group_line(group)
    assert check_facts(facts, accept=True).exit_code is not GOOD


@pytest.mark.parametrize("states", [(S.UNKNOWN, S.UNKNOWN), (S.NORMAL, S.NORMAL)])
def test_a_switch_that_is_declared_off_and_unread_is_described_as_that(
    states: tuple[HaState, HaState],
) -> None:
    facts = replace(pair(*states, switch=None), high_availability=False)
    check = check_facts(facts)
    assert check.exit_code is GOOD
    assert first_line(check).startswith(
        "No failover possible: high availability of DefaultCUPSubCluster is declared off, and its "
        "switch was not read, "
    )


@pytest.mark.parametrize("origin", [Origin.DECLARED, Origin.DISCOVERED])
def test_a_discovered_setting_does_not_make_axl_and_the_sync_agent_optional(origin: Origin) -> None:
    off = (
        service(INTERCLUSTER_SYNC_AGENT, RunState.STOPPED),
        not_activated(AXL_WEB_SERVICE),
    )
    for state in off:
        services = {**member("imp2", S.NORMAL, 2).services, state.name: state}
        axl = {"axl": None} if state.name == AXL_WEB_SERVICE else {}
        facts = pair(S.NORMAL, S.NORMAL, second={"services": services, **axl})
        changed = {**facts.settings, **settings(intercluster=setting(False, origin))}
        code = GOOD if origin is Origin.DECLARED else UNKNOWN
        assert check_facts(replace(facts, settings=changed)).exit_code is code


def test_replies_of_another_machine_do_not_count() -> None:
    check = check_facts(pair(S.NORMAL, S.NORMAL, second={"identity": Identity.CONTRADICTED}))
    assert check.exit_code is UNKNOWN
    assert nodes_with_axl(check.groups[0]) == ("imp1",)


def test_missing_sessions_are_in_the_first_line(
    compare_golden: Callable[[Path, str], None],
) -> None:
    before = {name: {"ActiveJsmSessions": 4500} for name in ("imp1", "imp2")}
    facts = pair(
        S.IDLE,
        S.BACKUP,
        first={"sessions": {"ActiveJsmSessions": 0}},
        second={"sessions": {"ActiveJsmSessions": 40}},
    )
    check = check_facts(facts, before=before, stability=STABLE)
    assert first_line(check) == (
        "Failed over and stable: imp2 serves the users of imp1, and AXL answers on imp1 and imp2, "
        "but 40 of 9,000 sessions are back."
    )
    compare_golden(
        GOLDEN / "sessions-missing.txt", render_failover_text(check, width=100, colour=False)
    )
    accepted = first_line(check_facts(facts, before=before, accept=True))
    assert accepted.endswith("sessions are back; --accept failed-over allows the failover alone.")


@pytest.mark.parametrize(
    ("states", "how", "instead"),
    [
        ((S.DOWN, S.NORMAL), "bring imp1 back", "restart imp2, the only node left, or add, move"),
        ((S.DOWN, S.DOWN), "bring imp1 and imp2 back", "Do not: add, move or delete users."),
        ((S.DOWN, None), "bring imp1 and imp2 back", "Do not: add, move or delete users."),
        (
            (S.UNKNOWN, S.NORMAL),
            "check that Cisco Server Recovery Manager runs on imp1",
            "fail over",
        ),
        ((S.NORMAL, S.BACKUP), "check again in 20 s (`--wait 1m`)", "fail over or fall back"),
        ((S.IDLE, S.IDLE), "run `utils ha status` on imp1 and imp2", "start services by hand"),
        ((S.FAILED_OVER, S.IDLE), "run `utils ha status` on imp1 and imp2", "start services by"),
    ],
)
def test_an_undocumented_pair_gets_the_action_for_its_states(
    states: tuple[HaState, HaState | None], how: str, instead: str
) -> None:
    action = choose_action(check_facts(pair(*states)))
    do, _, do_not = action.partition(" Do not: ")
    assert do.startswith(f"Do: {how}")
    assert instead in f"Do not: {do_not}"


@pytest.mark.parametrize(
    ("state", "how"),
    [
        (RunState.STARTING, "check again with `--wait 5m`; if Cisco SIP Proxy on imp1 is still"),
        (RunState.UNKNOWN, "look for Cisco SIP Proxy in Control Center of imp1"),
        (None, "look for Cisco SIP Proxy in Control Center of imp1"),
    ],
)
def test_an_unknown_service_gets_its_own_action(state: RunState | None, how: str) -> None:
    services = {k: v for k, v in member("imp1", S.NORMAL, 1).services.items() if "SIP P" not in k}
    if state:
        services[SIP_PROXY_SERVICE] = service(SIP_PROXY_SERVICE, state)
    check = check_facts(pair(S.NORMAL, S.NORMAL, first={"services": services}))
    assert choose_action(check).startswith(f"Do: {how}")


def test_sessions_that_are_back_and_sessions_that_cannot_be_counted() -> None:
    before = {name: {"ActiveJsmSessions": 4500} for name in ("imp1", "imp2")}
    back = check_facts(pair(S.NORMAL, S.NORMAL), before=before)
    assert "; 9,000 sessions, 9,000 in the snapshot." in first_line(back)
    unread = check_facts(pair(S.NORMAL, S.NORMAL, first={"sessions": {}}), before=before)
    assert "sessions" not in first_line(unread)
    assert "not readable now, 9,000 in the snapshot" in render_failover_text(
        unread, width=100, colour=False
    )


def test_a_transition_that_outlasted_the_wait_is_broken() -> None:
    late = Stability(stable=False, outlasted=True)
    check = check_facts(pair(S.FAILING_OVER, S.TAKING_OVER), stability=late)
    assert check.exit_code is DRIFT
    assert first_line(check).startswith("Broken: ")


def test_control_characters_of_a_node_are_not_printed() -> None:
    evil = service(PRESENCE_ENGINE_SERVICE, RunState.STOPPED, reason="\x1b[2Jgone")
    services = {**member("imp1", S.NORMAL, 1).services, evil.name: evil}
    check = check_facts(pair(S.NORMAL, S.NORMAL, first={"services": services}))
    assert "\x1b" not in render_failover_text(check, width=100, colour=False)


def test_two_versions_are_settled_before_the_next_failover() -> None:
    """The pair is normal, but `--readiness` and `audit` call the failover unreliable."""
    check = check_facts(pair(S.NORMAL, S.NORMAL, second={"release": "14.0.1.11900-1"}))
    assert check.exit_code is GOOD
    line = first_line(check)
    assert line.startswith("Normal, but versions differ: both nodes of DefaultCUPSubCluster serve")
    assert line.endswith("imp2 runs 14.0.1.11900-1 and imp1 runs 14.0.1.12900-161.")
    (group,) = json.loads(render_failover_json(check))["clusters"][0]["groups"]
    assert (group["exit_code"], group["because"]) == (
        0,
        "imp2 runs 14.0.1.11900-1 and imp1 runs 14.0.1.12900-161.",
    )
    action = choose_action(check)
    assert action.startswith("Do: nothing now; before the next failover, bring both nodes of ")
    assert "REL-01" in action
    assert "Do not: fail over by hand before." in action


def test_two_versions_are_settled_before_high_availability_is_on() -> None:
    facts = pair(S.NORMAL, S.NORMAL, second={"release": "14.0.1.11900-1"}, switch=False)
    assert "once both nodes run one version (REL-01)" in choose_action(check_facts(facts))


def test_states_from_the_database_say_why_and_how_to_be_sure() -> None:
    reading = HaReading(S.NORMAL, Origin.DISCOVERED, "enterprisenode")
    off = not_activated(SIP_FEDERATION_MANAGER)
    services = {**member("imp2", S.NORMAL, 2).services, off.name: off}
    facts = pair(
        S.NORMAL,
        S.NORMAL,
        first={"ha_state": reading},
        second={"ha_state": reading, "services": services},
        sip_federation=True,
    )
    gone = [failed_source(n, Reason.SOAP_FAULT, Source.PERFMON) for n in ("imp1", "imp2")]
    check = check_facts(replace(facts, coverage=(*facts.coverage, *gone)))
    assert "which is no proof: PerfMon of imp1 answered with a SOAP fault" in first_line(check)
    action = choose_action(check)
    assert action.startswith(f"Do: activate {off.name} on imp2")
    assert "; then run `utils ha status` on both nodes of DefaultCUPSubCluster" in action
