"""Watching a pair of a running simulator, on a clock that is moved by hand."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from auditor.errors import ConfigError
from auditor.failover.actions import choose_action
from auditor.failover.model import GroupStatus, Stability
from auditor.failover.report import render_failover_json, render_failover_text
from auditor.models.findings import ExitCode
from tests.failover.pairs import first_line
from tests.failover.watching import PAIR, Night

GOLDEN = Path(__file__).parent / "golden"
FIRST, SECOND = "imp1.lab.test", "imp2.lab.test"
STATUS, COUNTERS = "soapGetServiceStatus", "perfmonCollectCounterData"
Begin = Callable[..., Night]
DECLARED_OFF = {
    **PAIR,
    "cluster": {
        "name": "lab",
        "cucm_release": "9.1.2",
        "drop_tables": ["enterprisenode", "enterprisesubcluster"],
    },
    "config": {"high_availability": False},
}
PERFMON_ALONE = {**PAIR, "cluster": {"name": "lab", "drop_tables": ["enterprisenode"]}}


def test_a_failover_is_watched_to_its_end_and_the_fallback_after_it(
    night: Begin, compare_golden: Callable[[Path, str], None]
) -> None:
    watched = night()
    watched.play("failover")
    check = watched.check(900, since=None)
    (group,) = check.groups
    assert (group.status, group.stability) == (GroupStatus.FAILED_OVER, Stability(True, False))
    assert check.exit_code is ExitCode.DRIFT
    assert watched.pauses == [10, 10, 20]
    compare_golden(GOLDEN / "watched-failover.txt", "\n".join(watched.lines) + "\n")
    compare_golden(
        GOLDEN / "watched-failed-over.txt", render_failover_text(check, width=100, colour=False)
    )

    watched.play("fallback")
    back = watched.check(900)
    assert first_line(back).startswith("Normal and stable: both nodes of Pair")
    assert back.exit_code is ExitCode.COMPLIANT


def test_a_pair_that_changed_in_between_is_not_called_stable(night: Begin) -> None:
    watched = night()
    restart = {"restart": {"node": FIRST, "service": "Cisco SIP Proxy"}}
    watched.on_pause = lambda at: watched.simulator.change(restart) if at == 20 else None
    check = watched.check(900)
    assert watched.pauses == [20, 20]
    assert check.groups[0].stability == Stability(stable=True, outlasted=False)


def test_a_transition_that_outlasts_the_wait_is_broken(night: Begin) -> None:
    watched = night()
    watched.play("failover", step_s=3600)
    check = watched.check(60)
    assert sum(watched.pauses) == 60
    assert check.exit_code is ExitCode.DRIFT
    assert "was still moving when the wait ended" in first_line(check)


def test_a_pair_that_looked_settled_only_once_is_not_certain(night: Begin) -> None:
    watched = night()
    watched.play("failover", step_s=15)
    check = watched.check(25, accept_failed_over=True)
    assert check.groups[0].stability == Stability(stable=False, outlasted=False)
    assert check.exit_code is ExitCode.INCOMPLETE
    assert first_line(check).startswith("Failed over, not yet stable: ")
    assert choose_action(check).startswith("Do: check again with a longer `--wait`")


def test_no_node_is_asked_more_than_once_in_ten_seconds_and_only_what_is_needed(
    night: Begin,
) -> None:
    watched = night()
    watched.play("failover", step_s=40)
    watched.check(900)
    assert min(watched.pauses) >= 10
    between = [STATUS, COUNTERS] * (len(watched.pauses) - 1)
    asked = watched.asked(SECOND)
    assert asked[6:-6] == between
    assert asked[-6:] == [STATUS, *[COUNTERS] * 4, "executeSQLQuery"]
    assert watched.asked("cucm-pub.lab.test").count("listProcessNode") <= 2


@pytest.mark.parametrize("wait_s", [21, 25, 35])
def test_the_last_look_comes_no_sooner_than_any_other(night: Begin, wait_s: float) -> None:
    watched = night()
    watched.play("failover", step_s=3600)
    watched.check(wait_s)
    assert min(watched.pauses) >= 10
    assert wait_s <= sum(watched.pauses) < wait_s + 10


def test_services_that_nobody_can_read_are_never_stable(night: Begin) -> None:
    watched = night()
    silent = {"fault": "http-403", "node": SECOND, "interface": "control-center"}
    watched.simulator.change({"fault": silent})
    check = watched.check(60)
    assert check.groups[0].stability == Stability(stable=False, outlasted=False)
    assert check.exit_code is ExitCode.INCOMPLETE


def test_a_node_that_is_lost_in_the_middle_of_a_wait_is_not_remembered_as_well(
    night: Begin,
) -> None:
    watched = night()
    lost = {"fault": {"fault": "connection-refused", "node": SECOND}}
    watched.on_pause = lambda at: watched.simulator.change(lost) if at == 20 else None
    check = watched.check(60)
    assert check.groups[0].stability == Stability(stable=False, outlasted=False)
    assert first_line(check) == (
        f"Unknown: in Pair {FIRST} is normal and {SECOND} could not be reached."
    )
    assert check.exit_code is ExitCode.INCOMPLETE


def test_a_pair_that_flaps_between_looks_is_not_called_stable(night: Begin) -> None:
    watched = night(PERFMON_ALONE)
    turns = [["failing_over", "taking_over"], ["idle", "backup"]]

    def flap(_at: float) -> None:
        turns.append(turns.pop(0))
        watched.simulator.change({"ha": {"group": "Pair", "states": turns[0]}})

    watched.on_pause = flap
    check = watched.check(120, accept_failed_over=True)
    assert check.groups[0].stability is not None
    assert not check.groups[0].stability.stable
    assert check.exit_code is not ExitCode.COMPLIANT


DECLARED = "".join(
    f'\n[[cluster.node]]\nname = "{name}"\nrole = "{role}"\nredundancy_group = "Pair"\n'
    for name, role in ((FIRST, "publisher"), (SECOND, "subscriber"))
)
EAST = {"name": "East", "nodes": ["imp3.lab.test", "imp4.lab.test"]}


def moved(watched: Night, group: str, *states: str) -> None:
    """Put a group into states."""
    watched.simulator.change({"ha": {"group": group, "states": list(states)}})


def test_a_group_that_settled_early_is_looked_at_again_before_it_is_called_stable(
    night: Begin,
) -> None:
    watched = night({**PAIR, "group": [*PAIR["group"], EAST]})
    moved(watched, "East", "failing_over", "taking_over")

    def go_on(at: float) -> None:
        if at == 60:
            moved(watched, "Pair", "failed", "failed")
        if at == 90:
            moved(watched, "East", "normal", "normal")

    watched.on_pause = go_on
    check = watched.check(900)
    assert [(g.name, g.status, g.stability) for g in check.groups] == [
        ("Pair", GroupStatus.BROKEN, Stability(stable=True, outlasted=False)),
        ("East", GroupStatus.NORMAL, Stability(stable=True, outlasted=False)),
    ]
    assert check.exit_code is ExitCode.DRIFT
    assert min(watched.pauses) >= 10


def test_a_group_that_began_to_move_at_the_very_end_is_moving_and_not_broken(
    night: Begin,
) -> None:
    watched = night({**PAIR, "group": [*PAIR["group"], EAST]})
    moved(watched, "East", "failing_over", "taking_over")
    watched.on_pause = lambda at: (
        moved(watched, "Pair", "failing_over", "taking_over") if at == 60 else None
    )
    pair, east = watched.check(90).groups
    assert (pair.status, pair.stability) == (GroupStatus.MOVING, Stability(False, False))
    assert (east.status, east.stability) == (GroupStatus.MOVING, Stability(False, True))


def test_a_group_that_may_not_be_asked_again_is_not_called_stable(night: Begin) -> None:
    watched = night({**PAIR, "group": [*PAIR["group"], EAST]})
    moved(watched, "East", "failing_over", "taking_over")
    refuse = {"fault": {"fault": "http-401", "node": "imp3.lab.test"}}
    watched.on_pause = lambda at: watched.simulator.change(refuse) if at == 60 else None
    check = watched.check(900)
    assert [g.stability for g in check.groups] == [Stability(False, False)] * 2
    assert check.exit_code is ExitCode.INCOMPLETE


def test_axl_that_was_stopped_while_we_watched_is_not_taken_from_an_earlier_look(
    night: Begin,
) -> None:
    watched = night()
    stop = {"stop": {"node": SECOND, "service": "Cisco AXL Web Service"}}
    watched.on_pause = lambda at: watched.simulator.change(stop) if at == 20 else None
    check = watched.check(900)
    assert check.exit_code is ExitCode.DRIFT
    assert "Cisco AXL Web Service is stopped on imp2.lab.test" in first_line(check)


def test_a_node_that_dies_is_told_and_the_partner_named(
    night: Begin, compare_golden: Callable[[Path, str], None]
) -> None:
    watched = night()
    watched.play("node_dies", step_s=10)
    check = watched.check(900)
    assert check.exit_code is ExitCode.DRIFT
    text = render_failover_text(check, width=100, colour=False)
    port = watched.simulator.nodes[FIRST][1]
    compare_golden(GOLDEN / "node-dead.txt", text.replace(f":{port}", ":8443"))


def test_a_dead_node_that_returns_is_waited_for(night: Begin) -> None:
    watched = night()
    watched.play("node_dies", step_s=1)
    watched.pause(10)
    watched.play("node_returns", step_s=5)
    check = watched.check(900)
    assert check.groups[0].status is GroupStatus.FAILED_OVER


def test_a_critical_service_that_failed_is_started_first(night: Begin) -> None:
    watched = night()
    watched.play("service_fails", step_s=10)
    check = watched.check(900, accept_failed_over=True)
    assert check.exit_code is ExitCode.DRIFT
    assert choose_action(check).startswith("Do: start Cisco Presence Engine on imp1.lab.test")


def test_axl_that_runs_and_does_not_answer_is_3(night: Begin) -> None:
    watched = night()
    watched.simulator.change(
        {"fault": {"fault": "http-503", "node": SECOND, "interface": "imp-axl"}}
    )
    check = watched.check()
    assert check.exit_code is ExitCode.DRIFT
    assert "AXL runs and does not answer on imp2.lab.test" in first_line(check)


def test_axl_that_answers_with_a_fault_answers_and_the_fault_is_quoted(night: Begin) -> None:
    watched = night()
    fault = {"fault": "soap-fault", "node": SECOND, "interface": "imp-axl"}
    watched.simulator.change({"fault": fault})
    check = watched.check()
    assert check.exit_code is ExitCode.COMPLIANT
    told = render_failover_text(check, width=100, colour=False)
    assert "✓ answers, with a fault" in told
    assert f"! AXL of {SECOND} answered with a SOAP fault: " in told
    assert told.count("answered with a SOAP fault") == 1


@pytest.mark.parametrize("fault", ["http-404", "soap-fault", "odd-number", "reset"])
def test_a_state_that_cannot_be_read_is_never_normal(night: Begin, fault: str) -> None:
    watched = night()
    watched.simulator.change(
        {"fault": {"fault": fault, "node": SECOND, "interface": "perfmon", "operation": None}}
    )
    watched.simulator.change(
        {"fault": {"fault": "soap-fault", "node": FIRST, "interface": "imp-axl"}}
    )
    assert watched.check().exit_code is ExitCode.INCOMPLETE


def test_a_release_without_the_counter_is_read_from_the_database(night: Begin) -> None:
    watched = night({**PAIR, "cluster": {"name": "lab", "release": "11.5.1.10000-4"}})
    check = watched.check(60)
    (group,) = check.groups
    assert [(node.state, node.state_source) for node in group.nodes] == [
        ("normal", "discovered"),
        ("normal", "discovered"),
    ]
    assert check.exit_code is ExitCode.INCOMPLETE


def test_services_of_a_node_that_only_the_database_calls_idle_are_not_to_be_started(
    night: Begin, compare_golden: Callable[[Path, str], None]
) -> None:
    watched = night({**PAIR, "cluster": {"name": "lab", "release": "11.5.1.10000-4"}})
    moved(watched, "Pair", "idle", "backup")
    check = watched.check()
    assert check.exit_code is ExitCode.DRIFT
    text = render_failover_text(check, width=100, colour=False)
    compare_golden(GOLDEN / "idle-by-database.txt", text)


@pytest.mark.parametrize("states", [("idle", "backup"), ("failed_over", "backup")])
def test_a_failover_that_only_the_database_tells_is_never_accepted(
    night: Begin, states: tuple[str, str]
) -> None:
    watched = night({**PAIR, "cluster": {"name": "lab", "release": "11.5.1.10000-4"}})
    moved(watched, "Pair", *states)
    check = watched.check(accept_failed_over=True)
    assert check.exit_code is ExitCode.INCOMPLETE
    assert " (only the database says so)" in first_line(check)


def test_a_refused_password_ends_the_wait_at_once(night: Begin) -> None:
    watched = night()
    watched.simulator.change({"fault": {"fault": "http-401", "node": SECOND}})
    check = watched.check(900)
    assert watched.pauses == []
    assert check.exit_code is ExitCode.INCOMPLETE
    assert len(watched.asked(SECOND)) == 1


def test_a_password_that_one_cluster_refuses_ends_no_wait_for_another(night: Begin) -> None:
    there = {
        "cluster": {"name": "there", "cucm": "cucm-pub.there.test"},
        "group": [{"name": "Far", "nodes": ["imp1.there.test", "imp2.there.test"]}],
        "deployment": {"intercluster": False},
    }
    watched = night(PAIR, there)
    watched.play("failover")
    refuse = {"fault": {"fault": "http-401", "node": "imp1.there.test"}}
    watched.simulators[1].change(refuse)
    pair, far = watched.check(900).groups
    assert (pair.status, pair.stability) == (GroupStatus.FAILED_OVER, Stability(True, False))
    assert far.stability == Stability(False, False)
    refused = [r for r in watched.simulators[1].requests if r.node == "imp1.there.test"]
    assert len(refused) == 1
    assert watched.lines[-1].endswith("(not asked again)")


def test_only_the_nodes_of_the_group_are_asked(night: Begin) -> None:
    groups = [*PAIR["group"], {"name": "East", "nodes": ["imp3.lab.test", "imp4.lab.test"]}]
    watched = night({**PAIR, "group": groups})
    check = watched.check(groups=("east",))
    assert [group.name for group in check.groups] == ["East"]
    assert watched.asked(FIRST) == []
    assert len(watched.asked("imp3.lab.test")) == 6


def test_every_group_that_is_named_is_looked_at_and_no_other(night: Begin) -> None:
    west = {"name": "West", "nodes": ["imp5.lab.test", "imp6.lab.test"]}
    watched = night({**PAIR, "group": [*PAIR["group"], EAST, west]})
    moved(watched, "Pair", "failed", "failed")
    check = watched.check(groups=("east", "PAIR"))
    assert {group.name for group in check.groups} == {"East", "Pair"}
    assert check.exit_code is ExitCode.DRIFT
    assert watched.asked("imp5.lab.test") == []


def test_one_unknown_group_among_known_ones_is_refused(night: Begin) -> None:
    with pytest.raises(ConfigError, match=r"--group Pare: no redundancy group of that name"):
        night().check(groups=("Pair", "Pare"))


def test_a_group_that_nobody_can_tell_is_missed_beside_one_that_is_declared(night: Begin) -> None:
    watched = night()
    watched.simulator.change({"fault": {"fault": "http-503", "node": "cucm-pub.lab.test"}})
    watched.edit = lambda text: text + DECLARED
    check = watched.check(groups=("Pair", "East"))
    assert check.exit_code is ExitCode.INCOMPLETE
    assert [group.name for group in check.groups] == ["Pair"]
    told = render_failover_text(check, width=100, colour=False)
    assert "It is not known whether lab has East (--group). AXL of" in told


def test_an_unknown_group_is_refused_with_the_nearest_name(night: Begin) -> None:
    with pytest.raises(ConfigError, match=r"did you mean `Pair`\? There is Pair\."):
        night().check(groups=("Pare",))


def test_groups_that_nobody_can_tell_are_no_usage_error(night: Begin) -> None:
    watched = night()
    watched.simulator.change({"fault": {"fault": "http-503", "node": "cucm-pub.lab.test"}})
    check = watched.check(groups=("Pair",))
    assert check.exit_code is ExitCode.INCOMPLETE
    assert first_line(check).startswith("Unknown: the redundancy groups of lab")


def test_a_node_in_no_group_is_told(night: Begin) -> None:
    nodes: list[dict[str, Any]] = [*PAIR["node"], {"name": "imp9.lab.test"}]
    check = night({**PAIR, "node": nodes}).check()
    assert check.exit_code is ExitCode.DRIFT
    text = render_failover_text(check, width=100, colour=False)
    assert text.startswith(
        "Not healthy: imp9.lab.test is in no redundancy group; Pair is as expected.\n"
        "Do: put imp9.lab.test into a redundancy group (System > Presence Redundancy Groups on "
        "CUCM), or list it in `planned_nodes` until it is installed."
    )


def test_replication_that_is_bad_is_told_and_weighs_nothing(night: Begin) -> None:
    nodes = [{"name": FIRST, "replication": 3}, {"name": SECOND}]
    check = night({**PAIR, "node": nodes}).check()
    text = render_failover_text(check, width=100, colour=False)
    assert "Database replication of imp1.lab.test is BAD (3)" in text
    assert check.exit_code is ExitCode.COMPLIANT


def test_peers_in_one_file_are_looked_at_in_both_directions(
    night: Begin, compare_golden: Callable[[Path, str], None]
) -> None:
    there = {
        "cluster": {"name": "there", "cucm": "cucm-pub.there.test"},
        "group": [{"name": "Far", "nodes": ["imp1.there.test", "imp2.there.test"]}],
        "deployment": {"intercluster": True},
        "intercluster_peer": [{"address": FIRST}],
    }
    here = {**PAIR, "intercluster_peer": [{"address": "imp1.there.test"}]}
    watched = night(here, there)
    watched.simulators[1].change(
        {"stop": {"node": "imp2.there.test", "service": "Cisco AXL Web Service"}}
    )
    check = watched.check()
    assert [(p.asker, p.asked, str(p.verdict)) for p in check.peerings] == [
        ("lab", "there", "drift"),
        ("there", "lab", "pass"),
    ]
    compare_golden(GOLDEN / "peers.txt", render_failover_text(check, width=100, colour=False))


def test_a_node_that_nobody_asked_is_told_as_that_between_clusters(night: Begin) -> None:
    there = {
        "cluster": {"name": "there", "cucm": "cucm-pub.there.test"},
        "group": [{"name": "Far", "nodes": ["imp1.there.test", "imp2.there.test"]}],
        "deployment": {"intercluster": True},
        "intercluster_peer": [{"address": FIRST}],
    }
    here = {**PAIR, "group": [*PAIR["group"], EAST]}
    _, asked = night(here, there).check(groups=("East", "Far")).peerings
    assert asked.nodes == ((FIRST, "not asked"), (SECOND, "not asked"))


def test_a_service_that_goes_on_starting_is_never_settled(night: Begin) -> None:
    watched = night()
    starting = {"node": FIRST, "service": "Cisco Presence Engine", "status": "Starting"}
    watched.simulator.change({"service": starting})
    check = watched.check(60)
    assert check.groups[0].stability == Stability(stable=False, outlasted=False)
    assert (sum(watched.pauses), check.exit_code) == (60, ExitCode.INCOMPLETE)


def test_a_service_that_keeps_restarting_is_named(night: Begin) -> None:
    watched = night()
    flapping = {"node": FIRST, "service": "Cisco Presence Engine", "restarting": True}
    watched.simulator.change({"service": flapping})
    check = watched.check(70)
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
def test_a_service_that_restarted_twice_is_told_though_it_stays_up_now(
    night: Begin, accept: bool
) -> None:
    watched = night()
    restart = {"restart": {"node": FIRST, "service": "Cisco SIP Proxy"}}
    watched.on_pause = lambda at: watched.simulator.change(restart) if at <= 40 else None
    check = watched.check(900, accept_failed_over=accept)
    assert check.groups[0].stability is not None
    assert check.groups[0].stability.stable
    assert check.exit_code is ExitCode.DRIFT


def test_a_service_that_is_down_is_started_before_another_that_restarts(night: Begin) -> None:
    watched = night()
    flapping = {"node": FIRST, "service": "Cisco SIP Proxy", "restarting": True}
    watched.simulator.change({"service": flapping})
    watched.simulator.change({"stop": {"node": SECOND, "service": "Cisco Presence Engine"}})
    check = watched.check(70)
    assert choose_action(check).startswith(f"Do: start Cisco Presence Engine on {SECOND}")


def test_a_pair_that_nobody_can_read_is_waited_for_to_the_end(night: Begin) -> None:
    watched = night(PERFMON_ALONE)
    watched.simulator.change({"fault": {"fault": "http-404", "interface": "perfmon"}})
    watched.on_pause = lambda at: watched.simulator.change({"clear": {}}) if at == 50 else None
    check = watched.check(300)
    assert check.exit_code is ExitCode.COMPLIANT
    assert sum(watched.pauses) == 70


def test_a_group_that_is_declared_off_is_settled_though_its_switch_cannot_be_read(
    night: Begin,
) -> None:
    watched = night(DECLARED_OFF)
    watched.simulator.change({"fault": {"fault": "http-404", "interface": "perfmon"}})
    for wait_s, pauses in ((None, []), (300, [20])):
        check = watched.check(wait_s)
        assert (check.groups[0].is_switched_on, check.groups[0].status) == (
            None,
            GroupStatus.NO_FAILOVER,
        )
        assert (check.exit_code, watched.pauses) == (ExitCode.COMPLIANT, pauses)


def test_a_state_that_was_read_once_is_not_known_any_more(night: Begin) -> None:
    watched = night(PERFMON_ALONE)
    silent = {"fault": {"fault": "http-404", "interface": "perfmon"}}
    watched.on_pause = lambda at: watched.simulator.change(silent) if at == 20 else None
    check = watched.check(60)
    assert [node.state for node in check.groups[0].nodes] == [None, None]
    assert check.exit_code is ExitCode.INCOMPLETE


def test_one_cluster_that_cannot_be_looked_at_keeps_the_others_from_being_all(
    night: Begin,
) -> None:
    there = {
        "cluster": {"name": "there", "cucm": "cucm-pub.there.test"},
        "group": [{"name": "Far", "nodes": ["imp1.there.test", "imp2.there.test"]}],
        "deployment": {"intercluster": False},
    }
    watched = night(PAIR, there)
    watched.simulators[1].change({"fault": {"fault": "http-503", "node": "cucm-pub.there.test"}})
    check = watched.check()
    assert check.exit_code is ExitCode.INCOMPLETE
    text = render_failover_text(check, width=100, colour=False)
    assert text.startswith("Unknown: the redundancy groups of there are not known, because AXL")
    assert text.splitlines()[0].endswith("; Pair of cluster lab is as expected.")
    assert "Do: fix the access to cucm-pub.there.test: ask again later" in text
    assert "The redundancy groups of there are not known." in text


def test_states_of_the_database_stand_in_while_perfmon_is_silent_and_are_never_enough(
    night: Begin,
) -> None:
    watched = night()
    silent = {"fault": {"fault": "http-404", "interface": "perfmon"}}
    watched.on_pause = lambda at: watched.simulator.change(silent) if at == 20 else None
    check = watched.check(60, accept_failed_over=True)
    assert {node.state_source for node in check.groups[0].nodes} == {"discovered"}
    assert check.exit_code is ExitCode.INCOMPLETE
