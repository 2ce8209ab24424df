"""The action of a failover check never contradicts what an audit says of the same service."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from auditor.failover.actions import choose_action
from auditor.failover.judged import judge_for_failover
from auditor.failover.node_checks import SERVICE_CHECK_TYPES
from auditor.failover.readiness import assess_readiness
from auditor.models.exit_codes import ExitCode
from auditor.models.findings import Verdict
from auditor.models.nodes import AxlAvailability, AxlProbe, HaState, RunState
from auditor.models.settings import Reach
from auditor.service_names import (
    DATABASE,
    FEATURE_SERVICES,
    MESSAGE_ARCHIVER,
    START_ORDER,
    TEXT_CONFERENCE_MANAGER,
    XCP_ROUTER,
    XMPP_FEDERATION_MANAGER,
)
from tests.factories import database, databases, not_activated, service, settings
from tests.failover.pairs import ROWS, check_facts, first_line, member, pair
from tests.lab import Lab

Start = Callable[..., Lab]
N = HaState.NORMAL


def services_to_start(report: Mapping[str, Any]) -> set[tuple[str, str]]:
    """Return node and service of every check of a service that differs."""
    return {
        (point["node"], point["service"])
        for cluster in report["clusters"]
        for group in cluster["groups"]
        for point in group["points"]
        if point["verdict"] == "drift" and point["aspect"] in SERVICE_CHECK_TYPES
    }


@pytest.mark.parametrize(
    "scenario", ["all-drift", "all-drift-absent", "broken-foundation", "failed-over", "healthy"]
)
def test_what_is_to_be_started_is_what_the_audit_wants_to_run(lab: Start, scenario: str) -> None:
    running = lab(scenario)
    report = json.loads(running.run("failover-check", "-o", "json").stdout)
    audit = json.loads(running.run("audit", "--output", "json").stdout)
    kinds: dict[tuple[str, str], set[str]] = {}
    for finding in audit["clusters"][0]["findings"]:
        if finding["verdict"] == "drift" and finding["service"]:
            key = finding["subject"]["name"], finding["service"]
            kinds.setdefault(key, set()).add(finding["kind"])
    to_start = services_to_start(report)
    for key in to_start:
        assert kinds.get(key, set()) & {"stopped", "not_activated", "unstable"}, key
        assert not kinds[key] & {"misplaced", "unneeded"}, key
    grouped = {node["name"] for group in report["clusters"][0]["groups"] for node in group["nodes"]}
    checked = {
        point["service"]
        for group in report["clusters"][0]["groups"]
        for point in group["points"]
        if point["aspect"] in SERVICE_CHECK_TYPES
    }
    wanted = {
        (node, name)
        for (node, name), found in kinds.items()
        if found & {"stopped", "not_activated"} and node in grouped and name in checked
    }
    assert wanted <= to_start


KEYS = {
    MESSAGE_ARCHIVER: "compliance",
    XMPP_FEDERATION_MANAGER: "xmpp_federation",
    TEXT_CONFERENCE_MANAGER: "chat",
}


@pytest.mark.parametrize("name", KEYS)
def test_a_service_of_an_absent_feature_is_not_to_be_started(name: str) -> None:
    services = {**member("imp2", N, 2).services, name: service(name, RunState.STOPPED)}
    facts = pair(N, N, second={"services": services})
    check = check_facts(
        replace(facts, settings={**facts.settings, **settings(**{KEYS[name]: False})})
    )
    assert name not in choose_action(check)
    assert name not in first_line(check)


@pytest.mark.parametrize("name", KEYS)
def test_whether_a_service_must_run_is_unknown_where_nothing_is_declared(name: str) -> None:
    services = {**member("imp2", N, 2).services, name: service(name, RunState.STOPPED)}
    facts = pair(N, N, second={"services": services})
    for key in (KEYS[name], "permanent_chat_ha"):
        facts.settings.pop(key)  # type: ignore[attr-defined] # a dict in these tests
    check = check_facts(facts)
    (found,) = (c for c in check.groups[0].checks if (c.service, c.node) == (name, "imp2"))
    assert found.verdict is Verdict.UNKNOWN
    assert f"declare `{KEYS[name]}`" in choose_action(check)
    assert name in first_line(check)


@pytest.mark.parametrize("status", [N, HaState.UNKNOWN])
@pytest.mark.parametrize("name", sorted({*START_ORDER, *FEATURE_SERVICES}))
def test_both_lines_name_the_same_service_on_the_same_node(name: str, status: HaState) -> None:
    services = {**member("imp2", status, 2).services, name: service(name, RunState.STOPPED)}
    check = check_facts(pair(status, status, second={"services": services}))
    do, _, _ = choose_action(check).partition(" Do not: ")
    assert (name in do) is (name in first_line(check))
    assert not ("imp2" in do and "imp2" not in first_line(check))


@pytest.mark.parametrize("position", range(1, len(START_ORDER)))
def test_services_start_in_the_order_of_cisco(position: int) -> None:
    down = START_ORDER[position - 1 : position + 1]
    stopped = {name: service(name, RunState.STOPPED) for name in reversed(down)}
    services = {**member("imp2", N, 2).services, **stopped}
    action = choose_action(check_facts(pair(N, N, second={"services": services})))
    assert f"start {down[0]} and {down[1]} on imp2" in action


@pytest.mark.parametrize("switch", [True, False])
def test_high_availability_goes_off_before_a_service_that_others_need(switch: bool) -> None:
    down = {DATABASE: service(DATABASE, RunState.STOPPED)}
    services = {**member("imp2", N, 2).services, **down}
    action = choose_action(check_facts(pair(N, N, second={"services": services}, switch=switch)))
    assert action.startswith("Do: turn high availability of DefaultCUPSubCluster off") is switch


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (2, "Do: turn high availability of DefaultCUPSubCluster on ("),
        (3, "Do: run `utils dbreplication runtimestate`"),
        (None, "on (System > Presence Redundancy Groups on CUCM) once database replication is 2"),
    ],
)
def test_high_availability_goes_on_once_replication_is_good(
    number: int | None, expected: str
) -> None:
    facts = pair(N, N, switch=False, second={"replication": number})
    check = check_facts(replace(facts, high_availability=True))
    assert expected in choose_action(check)


def test_readiness_asks_for_no_service_on_a_node_that_the_file_leaves_out() -> None:
    off = not_activated(XMPP_FEDERATION_MANAGER)
    services = {**member("imp2", N, 2).services, off.name: off}
    facts = pair(N, N, second={"services": services})
    facts = replace(facts, settings={**facts.settings, **settings(xmpp_federation=["imp1"])})
    readiness = assess_readiness(check_facts(facts), {facts.name: judge_for_failover(facts, ROWS)})
    assert readiness.summary.startswith("Not ready: a failover of DefaultCUPSubCluster would lose")
    assert readiness.action.startswith(f"Do: decide whether users need {off.name} while imp1 is")
    absent = replace(facts, settings={**facts.settings, **settings(xmpp_federation=False)})
    judged = judge_for_failover(absent, ROWS)
    assert assess_readiness(check_facts(absent), {absent.name: judged}).impacts == ()


def test_without_a_profile_a_failover_still_explains_what_it_stopped() -> None:
    facts = replace(pair(HaState.IDLE, HaState.BACKUP), settings=settings(intercluster=True))
    check = check_facts(facts, accept=True)
    assert check.exit_code is ExitCode.COMPLIANT
    assert choose_action(check).startswith("Do: fix the cause of the failover; when imp1 is")


@pytest.mark.parametrize(
    ("name", "use", "fix"),
    [
        (MESSAGE_ARCHIVER, "compliance", "turn high availability of the redundancy groups off"),
        (TEXT_CONFERENCE_MANAGER, "permanent_chat", "correct the database that is assigned"),
    ],
)
def test_a_service_whose_database_is_silent_gets_the_remedy_of_the_audit(
    name: str, use: str, fix: str
) -> None:
    services = {**member("imp2", N, 2).services, name: service(name, RunState.STOPPED)}
    silent = database(use, Reach.TIMED_OUT)
    facts = pair(N, N, second={"services": services})
    facts = replace(facts, databases=databases(silent))
    keys = {use: True, "chat": True, "compliance": use == "compliance"}
    check = check_facts(replace(facts, settings={**facts.settings, **settings(**keys)}))
    action = choose_action(check)
    assert fix in action
    assert f"start {name}" not in action[: action.index(fix)]
    assert action.partition(" Do not: ")[0].count(f"start {name}") == 1
    assert f"because database {silent.name} did not answer" in first_line(check)


def test_axl_that_the_audit_calls_critical_is_not_optional() -> None:
    """AXL-04 wants an answer wherever AXL runs; AXL-02 and AXL-05 do not apply here."""
    silent = AxlProbe(AxlAvailability.NOT_ANSWERING, "AXL did not answer.")
    check = check_facts(pair(N, N, second={"axl": silent}, intercluster=False))
    assert check.exit_code is ExitCode.DRIFT
    assert "AXL runs and does not answer on imp2" in first_line(check)
    assert choose_action(check).startswith("Do: restart Cisco AXL Web Service on imp2")


def test_the_program_says_first_that_nobody_is_served(lab: Start) -> None:
    running = lab("lost-data-centre")
    running.simulator.change({"stop": {"node": "imp1.south.test", "service": XCP_ROUTER}})
    result = running.run("failover-check")
    assert result.exit_code == ExitCode.DRIFT
    summary, action = result.stdout.split("\nDo: ")
    assert summary.startswith("Users not served: Cisco XCP Router is stopped on imp1.south.test")
    assert action.startswith("start Cisco XCP Router on imp1.south.test")


def test_the_program_calls_no_pair_on_two_versions_healthy(lab: Start) -> None:
    running = lab("mixed-releases")
    result = running.run("failover-check", "-o", "json")
    assert result.exit_code == ExitCode.COMPLIANT
    report = json.loads(result.stdout)
    group = report["clusters"][0]["groups"][0]
    assert "healthy" not in json.dumps([report["verdict"], group])
    assert report["verdict"].startswith("Normal, but versions differ")


def test_the_program_starts_nothing_whose_database_is_silent(lab: Start) -> None:
    report = json.loads(lab("all-drift").run("failover-check", "-o", "json").stdout)
    east = report["clusters"][0]["groups"][1]
    assert "correct the database that is assigned" in east["action"]
    (axl,) = (p for p in east["points"] if p["node"] == "imp3.lab.test" and p["aspect"] == "AXL")
    assert axl["verdict"] == "drift"
