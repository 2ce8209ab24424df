"""Watching a pair of a running simulator, on a clock that the test moves."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from auditor.errors import ConfigError
from auditor.failover.actions import choose_action
from auditor.failover.group_check import GroupStatus, Stability
from auditor.failover.json_report import render_failover_json
from auditor.failover.node_checks import CheckState
from auditor.failover.report import render_failover_text
from auditor.models.exit_codes import ExitCode
from tests.failover.failover_lab import BUSY_PAIR, FailoverLab
from tests.failover.pairs import first_line

GOLDEN = Path(__file__).parent / "golden"
FIRST, SECOND = "imp1.lab.test", "imp2.lab.test"
STATUS, COUNTERS = "soapGetServiceStatus", "perfmonCollectCounterData"
StartLab = Callable[..., FailoverLab]
DECLARED_OFF = {
    **BUSY_PAIR,
    "cluster": {
        "name": "lab",
        "cucm_release": "9.1.2",
        "drop_tables": ["enterprisenode", "enterprisesubcluster"],
    },
    "config": {"high_availability": False},
}
PERFMON_ALONE = {**BUSY_PAIR, "cluster": {"name": "lab", "drop_tables": ["enterprisenode"]}}


def test_a_failover_is_watched_to_its_end_and_the_fallback_after_it(
    start_lab: StartLab, compare_golden: Callable[[Path, str], None]
) -> None:
    lab = start_lab()
    lab.play("failover")
    check = lab.check(900, since=None)
    (group,) = check.groups
    assert (group.status, group.stability) == (GroupStatus.FAILED_OVER, Stability(True, False))
    assert check.exit_code is ExitCode.DRIFT
    assert lab.pauses == [10, 10, 20]
    compare_golden(GOLDEN / "watched-failover.txt", "\n".join(lab.lines) + "\n")
    compare_golden(
        GOLDEN / "watched-failed-over.txt", render_failover_text(check, width=100, colour=False)
    )

    lab.play("fallback")
    back = lab.check(900)
    assert first_line(back).startswith("Normal and stable: both nodes of Pair")
    assert back.exit_code is ExitCode.COMPLIANT


def test_a_pair_that_changed_in_between_is_not_called_stable(start_lab: StartLab) -> None:
    lab = start_lab()
    restart = {"restart": {"node": FIRST, "service": "Cisco SIP Proxy"}}
    lab.on_pause = lambda at: lab.simulator.change(restart) if at == 20 else None
    check = lab.check(900)
    assert lab.pauses == [20, 20]
    assert check.groups[0].stability == Stability(stable=True, outlasted=False)


def test_a_transition_that_outlasts_the_wait_is_broken(start_lab: StartLab) -> None:
    lab = start_lab()
    lab.play("failover", step_s=3600)
    check = lab.check(60)
    assert sum(lab.pauses) == 60
    assert check.exit_code is ExitCode.DRIFT
    assert "was still moving when the wait ended" in first_line(check)


def test_a_pair_that_was_read_as_stable_only_once_is_incomplete(start_lab: StartLab) -> None:
    lab = start_lab()
    lab.play("failover", step_s=15)
    check = lab.check(25, accept_failed_over=True)
    assert check.groups[0].stability == Stability(stable=False, outlasted=False)
    assert check.exit_code is ExitCode.INCOMPLETE
    assert first_line(check).startswith("Failed over, not yet stable: ")
    assert choose_action(check).startswith("Do: check again with a longer `--wait`")


def test_no_node_is_asked_more_than_once_in_ten_seconds_and_only_what_is_needed(
    start_lab: StartLab,
) -> None:
    lab = start_lab()
    lab.play("failover", step_s=40)
    lab.check(900)
    assert min(lab.pauses) >= 10
    between = [STATUS, COUNTERS] * (len(lab.pauses) - 1)
    operations = lab.operations_sent_to(SECOND)
    assert operations[7:-6] == between
    assert operations[-6:] == [STATUS, *[COUNTERS] * 4, "executeSQLQuery"]
    assert lab.operations_sent_to("cucm-pub.lab.test").count("listProcessNode") <= 2


@pytest.mark.parametrize("wait_s", [21, 25, 35])
def test_the_last_reading_comes_no_sooner_than_any_other(
    start_lab: StartLab, wait_s: float
) -> None:
    lab = start_lab()
    lab.play("failover", step_s=3600)
    lab.check(wait_s)
    assert min(lab.pauses) >= 10
    assert wait_s <= sum(lab.pauses) < wait_s + 10


def test_unreadable_services_are_never_stable(start_lab: StartLab) -> None:
    lab = start_lab()
    silent = {"fault": "http-403", "node": SECOND, "interface": "control-center"}
    lab.simulator.change({"fault": silent})
    check = lab.check(60)
    assert check.groups[0].stability == Stability(stable=False, outlasted=False)
    assert check.exit_code is ExitCode.INCOMPLETE


def test_a_node_that_is_lost_during_the_wait_is_not_reported_as_it_was_before(
    start_lab: StartLab,
) -> None:
    lab = start_lab()
    lost = {"fault": {"fault": "connection-refused", "node": SECOND}}
    lab.on_pause = lambda at: lab.simulator.change(lost) if at == 20 else None
    check = lab.check(60)
    assert check.groups[0].stability == Stability(stable=False, outlasted=False)
    assert first_line(check) == (
        f"Unknown: in Pair {FIRST} is normal and {SECOND} could not be reached."
    )
    assert check.exit_code is ExitCode.INCOMPLETE


def test_a_pair_that_changes_between_readings_is_not_called_stable(start_lab: StartLab) -> None:
    lab = start_lab(PERFMON_ALONE)
    turns = [["failing_over", "taking_over"], ["idle", "backup"]]

    def flap(_at: float) -> None:
        turns.append(turns.pop(0))
        lab.simulator.change({"ha": {"group": "Pair", "states": turns[0]}})

    lab.on_pause = flap
    check = lab.check(120, accept_failed_over=True)
    assert check.groups[0].stability is not None
    assert not check.groups[0].stability.stable
    assert check.exit_code is not ExitCode.COMPLIANT


DECLARED = "".join(
    f'\n[[cluster.node]]\nname = "{name}"\nrole = "{role}"\nredundancy_group = "Pair"\n'
    for name, role in ((FIRST, "publisher"), (SECOND, "subscriber"))
)
EAST = {"name": "East", "nodes": ["imp3.lab.test", "imp4.lab.test"]}


def set_states(lab: FailoverLab, group: str, *states: str) -> None:
    """Put a group into states."""
    lab.simulator.change({"ha": {"group": group, "states": list(states)}})


def test_a_group_that_settled_early_is_read_again_at_the_end(
    start_lab: StartLab,
) -> None:
    lab = start_lab({**BUSY_PAIR, "group": [*BUSY_PAIR["group"], EAST]})
    set_states(lab, "East", "failing_over", "taking_over")

    def go_on(at: float) -> None:
        if at == 60:
            set_states(lab, "Pair", "failed", "failed")
        if at == 90:
            set_states(lab, "East", "normal", "normal")

    lab.on_pause = go_on
    check = lab.check(900)
    assert [(g.name, g.status, g.stability) for g in check.groups] == [
        ("Pair", GroupStatus.BROKEN, Stability(stable=True, outlasted=False)),
        ("East", GroupStatus.NORMAL, Stability(stable=True, outlasted=False)),
    ]
    assert check.exit_code is ExitCode.DRIFT
    assert min(lab.pauses) >= 10


def test_a_group_that_began_to_move_at_the_very_end_is_moving_and_not_broken(
    start_lab: StartLab,
) -> None:
    lab = start_lab({**BUSY_PAIR, "group": [*BUSY_PAIR["group"], EAST]})
    set_states(lab, "East", "failing_over", "taking_over")
    lab.on_pause = lambda at: (
        set_states(lab, "Pair", "failing_over", "taking_over") if at == 60 else None
    )
    pair, east = lab.check(90).groups
    assert (pair.status, pair.stability) == (GroupStatus.MOVING, Stability(False, False))
    assert (east.status, east.stability) == (GroupStatus.MOVING, Stability(False, True))


def test_a_group_that_may_not_be_asked_again_is_not_called_stable(start_lab: StartLab) -> None:
    lab = start_lab({**BUSY_PAIR, "group": [*BUSY_PAIR["group"], EAST]})
    set_states(lab, "East", "failing_over", "taking_over")
    refuse = {"fault": {"fault": "http-401", "node": "imp3.lab.test"}}
    lab.on_pause = lambda at: lab.simulator.change(refuse) if at == 60 else None
    check = lab.check(900)
    assert [g.stability for g in check.groups] == [Stability(False, False)] * 2
    assert check.exit_code is ExitCode.INCOMPLETE


def test_axl_that_was_stopped_during_the_wait_is_read_again(
    start_lab: StartLab,
) -> None:
    lab = start_lab()
    stop = {"stop": {"node": SECOND, "service": "Cisco AXL Web Service"}}
    lab.on_pause = lambda at: lab.simulator.change(stop) if at == 20 else None
    check = lab.check(900)
    assert check.exit_code is ExitCode.DRIFT
    assert "Cisco AXL Web Service is stopped on imp2.lab.test" in first_line(check)


def test_a_dead_node_and_its_partner_are_named(
    start_lab: StartLab, compare_golden: Callable[[Path, str], None]
) -> None:
    lab = start_lab()
    lab.play("node_dies", step_s=10)
    check = lab.check(900)
    assert check.exit_code is ExitCode.DRIFT
    text = render_failover_text(check, width=100, colour=False)
    port = lab.simulator.nodes[FIRST][1]
    compare_golden(GOLDEN / "node-dead.txt", text.replace(f":{port}", ":8443"))


def test_a_dead_node_that_returns_is_waited_for(start_lab: StartLab) -> None:
    lab = start_lab()
    lab.play("node_dies", step_s=1)
    lab.pause(10)
    lab.play("node_returns", step_s=5)
    check = lab.check(900)
    assert check.groups[0].status is GroupStatus.FAILED_OVER


def test_a_critical_service_that_failed_is_started_first(start_lab: StartLab) -> None:
    lab = start_lab()
    lab.play("service_fails", step_s=10)
    check = lab.check(900, accept_failed_over=True)
    assert check.exit_code is ExitCode.DRIFT
    assert choose_action(check).startswith("Do: start Cisco Presence Engine on imp1.lab.test")


def test_axl_that_runs_and_does_not_answer_is_3(start_lab: StartLab) -> None:
    lab = start_lab()
    lab.simulator.change({"fault": {"fault": "http-503", "node": SECOND, "interface": "imp-axl"}})
    check = lab.check()
    assert check.exit_code is ExitCode.DRIFT
    assert "AXL runs and does not answer on imp2.lab.test" in first_line(check)


def test_axl_without_a_database_is_3_and_its_fault_is_quoted(start_lab: StartLab) -> None:
    lab = start_lab()
    fault = {"fault": "database-fault", "node": SECOND, "interface": "imp-axl"}
    lab.simulator.change({"fault": fault})
    check = lab.check()
    assert check.exit_code is ExitCode.DRIFT
    text = render_failover_text(check, width=100, colour=False)
    assert f"AXL runs and cannot reach its database on {SECOND}" in first_line(check)
    assert "Attempt to connect to database server (cucm_informix) failed" in " ".join(text.split())


def test_any_other_fault_of_axl_leaves_it_unknown(start_lab: StartLab) -> None:
    lab = start_lab()
    fault = {"fault": "soap-fault", "node": SECOND, "interface": "imp-axl"}
    lab.simulator.change({"fault": fault})
    check = lab.check()
    assert check.exit_code is ExitCode.INCOMPLETE
    text = render_failover_text(check, width=100, colour=False)
    assert f"AXL of {SECOND} answered with a SOAP fault (Internal proc" in first_line(check)
    assert f"It is not known whether AXL answers on {SECOND}" in " ".join(text.split())


@pytest.mark.parametrize("fault", ["http-404", "soap-fault", "odd-number", "reset"])
def test_a_state_that_cannot_be_read_is_never_normal(start_lab: StartLab, fault: str) -> None:
    lab = start_lab()
    lab.simulator.change(
        {"fault": {"fault": fault, "node": SECOND, "interface": "perfmon", "operation": None}}
    )
    lab.simulator.change({"fault": {"fault": "soap-fault", "node": FIRST, "interface": "imp-axl"}})
    assert lab.check().exit_code is ExitCode.INCOMPLETE


def test_a_release_without_the_counter_is_read_from_the_database(start_lab: StartLab) -> None:
    lab = start_lab({**BUSY_PAIR, "cluster": {"name": "lab", "release": "11.5.1.10000-4"}})
    check = lab.check(60)
    (group,) = check.groups
    assert [(node.state, node.state_source) for node in group.nodes] == [
        ("normal", "discovered"),
        ("normal", "discovered"),
    ]
    assert check.exit_code is ExitCode.INCOMPLETE


def test_services_of_a_node_that_only_the_database_calls_idle_are_not_to_be_started(
    start_lab: StartLab, compare_golden: Callable[[Path, str], None]
) -> None:
    lab = start_lab({**BUSY_PAIR, "cluster": {"name": "lab", "release": "11.5.1.10000-4"}})
    set_states(lab, "Pair", "idle", "backup")
    check = lab.check()
    assert check.exit_code is ExitCode.DRIFT
    text = render_failover_text(check, width=100, colour=False)
    compare_golden(GOLDEN / "idle-by-database.txt", text)


@pytest.mark.parametrize("states", [("idle", "backup"), ("failed_over", "backup")])
def test_a_failover_that_only_the_database_shows_is_never_accepted(
    start_lab: StartLab, states: tuple[str, str]
) -> None:
    lab = start_lab({**BUSY_PAIR, "cluster": {"name": "lab", "release": "11.5.1.10000-4"}})
    set_states(lab, "Pair", *states)
    check = lab.check(accept_failed_over=True)
    assert check.exit_code is ExitCode.INCOMPLETE
    assert " (only the database says so)" in first_line(check)


def test_a_refused_password_ends_the_wait_at_once(start_lab: StartLab) -> None:
    lab = start_lab()
    lab.simulator.change({"fault": {"fault": "http-401", "node": SECOND}})
    check = lab.check(900)
    assert lab.pauses == []
    assert check.exit_code is ExitCode.INCOMPLETE
    assert len(lab.operations_sent_to(SECOND)) == 1


def test_a_password_that_one_cluster_refuses_ends_no_wait_for_another(start_lab: StartLab) -> None:
    there = {
        "cluster": {"name": "there", "cucm": "cucm-pub.there.test"},
        "group": [{"name": "Far", "nodes": ["imp1.there.test", "imp2.there.test"]}],
        "deployment": {"intercluster": False},
    }
    lab = start_lab(BUSY_PAIR, there)
    lab.play("failover")
    refuse = {"fault": {"fault": "http-401", "node": "imp1.there.test"}}
    lab.simulators[1].change(refuse)
    pair, far = lab.check(900).groups
    assert (pair.status, pair.stability) == (GroupStatus.FAILED_OVER, Stability(True, False))
    assert far.stability == Stability(False, False)
    refused = [r for r in lab.simulators[1].requests if r.node == "imp1.there.test"]
    assert len(refused) == 1
    assert lab.lines[-1].endswith("(not asked again)")


def test_only_the_nodes_of_the_group_are_asked(start_lab: StartLab) -> None:
    groups = [*BUSY_PAIR["group"], {"name": "East", "nodes": ["imp3.lab.test", "imp4.lab.test"]}]
    lab = start_lab({**BUSY_PAIR, "group": groups})
    check = lab.check(groups=("east",))
    assert [group.name for group in check.groups] == ["East"]
    assert lab.operations_sent_to(FIRST) == []
    assert len(lab.operations_sent_to("imp3.lab.test")) == 7


def test_only_the_named_groups_are_checked(start_lab: StartLab) -> None:
    west = {"name": "West", "nodes": ["imp5.lab.test", "imp6.lab.test"]}
    lab = start_lab({**BUSY_PAIR, "group": [*BUSY_PAIR["group"], EAST, west]})
    set_states(lab, "Pair", "failed", "failed")
    check = lab.check(groups=("east", "PAIR"))
    assert {group.name for group in check.groups} == {"East", "Pair"}
    assert check.exit_code is ExitCode.DRIFT
    assert lab.operations_sent_to("imp5.lab.test") == []


def test_one_unknown_group_among_known_ones_is_refused(start_lab: StartLab) -> None:
    with pytest.raises(ConfigError, match=r"--group Pare: no redundancy group of that name"):
        start_lab().check(groups=("Pair", "Pare"))


def test_a_group_that_may_exist_is_reported_beside_a_declared_one(start_lab: StartLab) -> None:
    lab = start_lab()
    lab.simulator.change({"fault": {"fault": "http-503", "node": "cucm-pub.lab.test"}})
    lab.edit = lambda text: text + DECLARED
    check = lab.check(groups=("Pair", "East"))
    assert check.exit_code is ExitCode.INCOMPLETE
    assert [group.name for group in check.groups] == ["Pair"]
    text = render_failover_text(check, width=100, colour=False)
    assert "It is not known whether lab has East (--group). AXL of" in text


def test_an_unknown_group_is_refused_with_the_nearest_name(start_lab: StartLab) -> None:
    with pytest.raises(ConfigError, match=r"did you mean `Pair`\? There is Pair\."):
        start_lab().check(groups=("Pare",))


def test_groups_that_are_not_known_are_no_usage_error(start_lab: StartLab) -> None:
    lab = start_lab()
    lab.simulator.change({"fault": {"fault": "http-503", "node": "cucm-pub.lab.test"}})
    check = lab.check(groups=("Pair",))
    assert check.exit_code is ExitCode.INCOMPLETE
    assert first_line(check).startswith("Unknown: the redundancy groups of lab")


def test_a_node_in_no_group_is_reported(start_lab: StartLab) -> None:
    nodes: list[dict[str, Any]] = [*BUSY_PAIR["node"], {"name": "imp9.lab.test"}]
    check = start_lab({**BUSY_PAIR, "node": nodes}).check()
    assert check.exit_code is ExitCode.DRIFT
    text = " ".join(render_failover_text(check, width=100, colour=False).split())
    assert text.startswith(
        "Not healthy: imp9.lab.test is in no redundancy group; Pair is as expected. "
        "Do: put imp9.lab.test into a redundancy group (System > Presence Redundancy Groups on "
        "CUCM), or list it in `planned_nodes` until it is installed."
    )


def test_bad_replication_is_printed_and_not_in_the_exit_code(start_lab: StartLab) -> None:
    nodes = [{"name": FIRST, "replication": 3}, {"name": SECOND}]
    check = start_lab({**BUSY_PAIR, "node": nodes}).check()
    text = render_failover_text(check, width=100, colour=False)
    assert "Database replication of imp1.lab.test is BAD (3)" in text
    assert check.exit_code is ExitCode.COMPLIANT


def test_peers_in_one_file_are_checked_in_both_directions(
    start_lab: StartLab, compare_golden: Callable[[Path, str], None]
) -> None:
    there = {
        "cluster": {"name": "there", "cucm": "cucm-pub.there.test"},
        "group": [{"name": "Far", "nodes": ["imp1.there.test", "imp2.there.test"]}],
        "deployment": {"intercluster": True},
        "intercluster_peer": [{"address": FIRST}],
    }
    here = {**BUSY_PAIR, "intercluster_peer": [{"address": "imp1.there.test"}]}
    lab = start_lab(here, there)
    lab.simulators[1].change(
        {"stop": {"node": "imp2.there.test", "service": "Cisco AXL Web Service"}}
    )
    check = lab.check()
    assert [(p.cluster, p.peer, str(p.verdict)) for p in check.peerings] == [
        ("lab", "there", "drift"),
        ("there", "lab", "pass"),
    ]
    compare_golden(GOLDEN / "peers.txt", render_failover_text(check, width=100, colour=False))
    full = render_failover_text(check, width=100, colour=False, full=True)
    compare_golden(GOLDEN / "peers-full.txt", full)


def test_a_node_that_was_not_asked_is_labelled_so_between_clusters(start_lab: StartLab) -> None:
    there = {
        "cluster": {"name": "there", "cucm": "cucm-pub.there.test"},
        "group": [{"name": "Far", "nodes": ["imp1.there.test", "imp2.there.test"]}],
        "deployment": {"intercluster": True},
        "intercluster_peer": [{"address": FIRST}],
    }
    here = {**BUSY_PAIR, "group": [*BUSY_PAIR["group"], EAST]}
    _, peering = start_lab(here, there).check(groups=("East", "Far")).peerings
    assert [(check.node, check.state) for check in peering.checks] == [
        (FIRST, CheckState.NOT_ASKED),
        (SECOND, CheckState.NOT_ASKED),
    ]


def test_a_service_that_keeps_starting_is_never_stable(start_lab: StartLab) -> None:
    lab = start_lab()
    starting = {"node": FIRST, "service": "Cisco Presence Engine", "status": "Starting"}
    lab.simulator.change({"service": starting})
    check = lab.check(60)
    assert check.groups[0].stability == Stability(stable=False, outlasted=False)
    assert (sum(lab.pauses), check.exit_code) == (60, ExitCode.INCOMPLETE)


def test_a_service_that_keeps_restarting_is_named(start_lab: StartLab) -> None:
    lab = start_lab()
    flapping = {"node": FIRST, "service": "Cisco Presence Engine", "restarting": True}
    lab.simulator.change({"service": flapping})
    check = lab.check(70)
    assert check.exit_code is ExitCode.DRIFT
    assert first_line(check) == (
        "Not healthy: the HA states of Pair are normal, but Cisco Presence Engine on "
        f"{FIRST} keeps restarting."
    )
    assert choose_action(check).startswith(
        f"Do: read the trace of Cisco Presence Engine on {FIRST} (RTMT, Trace & Log Central), "
        "look for its core (`utils core active list`)"
    )
    assert "✗ 1 of 5: UNSTABLE" in render_failover_text(check, width=100, colour=False)
    (group,) = json.loads(render_failover_json(check))["clusters"][0]["groups"]
    assert group["settled"]["restarting"] == [[FIRST, "Cisco Presence Engine"]]


@pytest.mark.parametrize("accept", [True, False])
def test_a_service_that_restarted_twice_is_drift_though_it_stays_up_now(
    start_lab: StartLab, accept: bool
) -> None:
    lab = start_lab()
    restart = {"restart": {"node": FIRST, "service": "Cisco SIP Proxy"}}
    lab.on_pause = lambda at: lab.simulator.change(restart) if at <= 40 else None
    check = lab.check(900, accept_failed_over=accept)
    assert check.groups[0].stability is not None
    assert check.groups[0].stability.stable
    assert check.exit_code is ExitCode.DRIFT


def test_a_stopped_service_is_started_before_one_that_restarts(
    start_lab: StartLab,
) -> None:
    lab = start_lab()
    flapping = {"node": FIRST, "service": "Cisco SIP Proxy", "restarting": True}
    lab.simulator.change({"service": flapping})
    lab.simulator.change({"stop": {"node": SECOND, "service": "Cisco Presence Engine"}})
    check = lab.check(70)
    assert choose_action(check).startswith(f"Do: start Cisco Presence Engine on {SECOND}")


def test_an_unreadable_pair_is_watched_to_the_end(start_lab: StartLab) -> None:
    lab = start_lab(PERFMON_ALONE)
    lab.simulator.change({"fault": {"fault": "http-404", "interface": "perfmon"}})
    lab.on_pause = lambda at: lab.simulator.change({"clear": {}}) if at == 50 else None
    check = lab.check(300)
    assert check.exit_code is ExitCode.COMPLIANT
    assert sum(lab.pauses) == 70


def test_a_group_that_is_declared_off_is_stable_though_its_switch_cannot_be_read(
    start_lab: StartLab,
) -> None:
    lab = start_lab(DECLARED_OFF)
    lab.simulator.change({"fault": {"fault": "http-404", "interface": "perfmon"}})
    for wait_s, pauses in ((None, []), (300, [20])):
        check = lab.check(wait_s)
        assert (check.groups[0].is_switched_on, check.groups[0].status) == (
            None,
            GroupStatus.NO_FAILOVER,
        )
        assert (check.exit_code, lab.pauses) == (ExitCode.COMPLIANT, pauses)


def test_a_state_that_can_no_longer_be_read_is_unknown(start_lab: StartLab) -> None:
    lab = start_lab(PERFMON_ALONE)
    silent = {"fault": {"fault": "http-404", "interface": "perfmon"}}
    lab.on_pause = lambda at: lab.simulator.change(silent) if at == 20 else None
    check = lab.check(60)
    assert [node.state for node in check.groups[0].nodes] == [None, None]
    assert check.exit_code is ExitCode.INCOMPLETE


def test_one_cluster_that_cannot_be_checked_makes_the_whole_check_incomplete(
    start_lab: StartLab,
) -> None:
    there = {
        "cluster": {"name": "there", "cucm": "cucm-pub.there.test"},
        "group": [{"name": "Far", "nodes": ["imp1.there.test", "imp2.there.test"]}],
        "deployment": {"intercluster": False},
    }
    lab = start_lab(BUSY_PAIR, there)
    lab.simulators[1].change({"fault": {"fault": "http-503", "node": "cucm-pub.there.test"}})
    check = lab.check()
    assert check.exit_code is ExitCode.INCOMPLETE
    text = render_failover_text(check, width=100, colour=False)
    assert text.startswith("Unknown: the redundancy groups of there are not known, because AXL")
    flat = " ".join(text.split())
    assert "; Pair (cluster lab) is as expected. Do: in cluster there, fix the access to " in flat
    assert "fix the access to cucm-pub.there.test: ask again later" in flat


def test_states_from_the_database_replace_those_of_perfmon_and_stay_incomplete(
    start_lab: StartLab,
) -> None:
    lab = start_lab()
    silent = {"fault": {"fault": "http-404", "interface": "perfmon"}}
    lab.on_pause = lambda at: lab.simulator.change(silent) if at == 20 else None
    check = lab.check(60, accept_failed_over=True)
    assert {node.state_source for node in check.groups[0].nodes} == {"discovered"}
    assert check.exit_code is ExitCode.INCOMPLETE
