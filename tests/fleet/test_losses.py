"""Workers and schedulers that go away in the middle: nothing hangs, nothing passes unread."""

import json
import signal
import socket
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from auditor.simulator import Simulator, write_joint_config
from tests.fleet.audits import IMPATIENT, at_site, has_hung, hung, report_of, start_audit
from tests.fleet.parts import GENEROUS_S, Fleet, Part, start_fleet, until, write_certificates
from tests.lab import CUCM, PAIR, QUICK, Lab

Start = Callable[..., Lab]

_FIRST_FETCH_FAILS = """
import asyncio
from distributed import Client
gather, faults = Client._gather, [{fault}]
async def fail_first(*words, **options):
    if faults:
        raise faults.pop()
    return await gather(*words, **options)
Client._gather = fail_first"""

_ATTEMPTS_UNREAD_AT_FIRST = """
import os, time
from auditor.fleet import dispatch
call, asked = dispatch.call_scheduler, []
def fail_for_a_moment(client, operation, **words):
    if operation == "get_metadata":
        asked.append(time.monotonic())
        if len(asked) > 50:
            os._exit(9)
        if asked[-1] - asked[0] < 1:
            raise OSError
    return call(client, operation, **words)
dispatch._TICK_S, dispatch.call_scheduler = 0.2, fail_for_a_moment"""
"""The scheduler does not answer for a second; who asks it without a pause is ended."""


def test_a_cluster_whose_worker_dies_is_audited_once_more(fleet: Fleet, hanging: Lab) -> None:
    first = fleet.add_worker("once", environment=hanging.environment)
    audit = start_audit(fleet, at_site(hanging, "once"))
    until(lambda: hung(hanging) == 1)
    hanging.undisturbed()
    first.kill()
    fleet.add_worker("once", environment=hanging.environment)
    (cluster,) = report_of(audit)["clusters"]
    assert cluster["status"] == "compliant"


def test_a_cluster_that_two_workers_died_of_is_not_asked_a_third_time(
    fleet: Fleet, hanging: Lab
) -> None:
    audit = start_audit(fleet, at_site(hanging, "twice"))
    for number in (1, 2):
        worker = fleet.add_worker("twice", environment=hanging.environment)
        until(partial(has_hung, hanging, number))
        worker.kill()
    fleet.add_worker("twice", environment=hanging.environment)
    (cluster,) = report_of(audit)["clusters"]
    (entry,) = cluster["coverage"]
    assert (cluster["status"], entry["reason"]) == ("unauditable", "worker_lost")
    assert hung(hanging) == len(hanging.simulator.requests) == 2


@pytest.mark.parametrize(("end", "site"), [(Part.kill, "only"), (Part.stop, "frozen")])
def test_the_only_worker_of_a_site_is_named_once_it_is_lost(
    fleet: Fleet, hanging: Lab, end: Callable[[Part], None], site: str
) -> None:
    worker = fleet.add_worker(site, environment=hanging.environment)
    audit = start_audit(fleet, at_site(hanging, site), "--worker-wait", "1", change=IMPATIENT)
    until(lambda: hung(hanging) == 1)
    end(worker)
    (cluster,) = report_of(audit)["clusters"]
    (entry,) = cluster["coverage"]
    assert (cluster["status"], entry["reason"]) == ("unauditable", "no_worker")
    said = f"workers for site {site} were lost, the last on {socket.gethostname()} (127.0.0.1)"
    assert said in entry["detail"]


def test_a_scheduler_without_any_worker_is_not_said_to_have_some(
    plain: Fleet, hanging: Lab
) -> None:
    audit = start_audit(plain, at_site(hanging, "none"), "--worker-wait", "0")
    (cluster,) = report_of(audit)["clusters"]
    assert "no worker at all is connected" in cluster["coverage"][0]["detail"]


@pytest.mark.parametrize("fault", ["ZeroDivisionError()", "asyncio.CancelledError()"])
def test_a_result_that_cannot_be_fetched_at_first_is_fetched_later(
    fleet: Fleet, hanging: Lab, fault: str
) -> None:
    hanging.undisturbed()
    fleet.add_worker("later", environment=hanging.environment)
    change = _FIRST_FETCH_FAILS.format(fault=fault)
    (cluster,) = report_of(start_audit(fleet, at_site(hanging, "later"), change=change))["clusters"]
    assert cluster["status"] == "compliant"


@pytest.mark.parametrize("change", ["", _ATTEMPTS_UNREAD_AT_FIRST])
def test_a_scheduler_that_gives_up_with_the_first_worker_is_asked_again(
    tmp_path: Path, lab: Start, change: str
) -> None:
    running = lab(PAIR)
    settings = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0"}
    certificates = write_certificates(tmp_path)
    with start_fleet(tmp_path, {**certificates, **settings}) as fleet:
        running.simulator.change({"fault": {"fault": "hang", "node": CUCM}})
        running.defaults = {**QUICK, "timeout_s": 600}
        worker = fleet.add_worker(environment=running.environment)
        audit = start_audit(fleet, running.config, change=change)
        until(lambda: hung(running) == 1)
        running.undisturbed()
        worker.kill()
        fleet.add_worker(environment=running.environment)
        (cluster,) = report_of(audit)["clusters"]
    assert cluster["status"] == "compliant"


@pytest.mark.parametrize(
    ("end", "said"),
    [(Part.kill, ""), (Part.stop, "Nothing was heard from the scheduler tcp://127.0.0.1:")],
)
def test_what_is_in_is_reported_when_the_scheduler_goes_away(
    plain: Fleet, tmp_path: Path, hanging: Lab, end: Callable[[Part], None], said: str
) -> None:
    """Also when it hangs: its connections then stay open."""
    content = {**PAIR, "cluster": {"name": "second"}}
    with Simulator(content, tmp_path / "second") as second:
        simulators = [hanging.simulator, second]
        config = write_joint_config(simulators, tmp_path / "both.toml", hanging.defaults)
        plain.add_worker(environment=hanging.environment)
        with start_audit(plain, config, "--verbose", change=IMPATIENT) as audit:
            assert audit.stdout is not None
            Part(audit).wait_for_line("second is in")
            until(lambda: hung(hanging) == 1)
            end(plain.scheduler)
            report = json.load(audit.stdout)
        assert audit.returncode == 4
    statuses = {cluster["name"]: cluster["status"] for cluster in report["clusters"]}
    assert statuses == {"pair": "unauditable", "second": "compliant"}
    entry = report["clusters"][0]["coverage"][0]
    assert entry["reason"] == "scheduler_lost"
    assert said in entry["detail"]


def test_ctrl_c_cancels_every_task_and_ends_with_130(fleet: Fleet, hanging: Lab) -> None:
    """Also on the worker, which has one thread, and must be free for the next audit."""
    fleet.add_worker("stop", threads=1, environment=hanging.environment)
    audit = start_audit(fleet, at_site(hanging, "stop"))
    until(lambda: hung(hanging) == 1)
    hanging.undisturbed()
    audit.send_signal(signal.SIGINT)
    try:
        out, error = audit.communicate(timeout=GENEROUS_S)
    finally:
        audit.kill()
    assert (audit.returncode, out) == (130, "")
    assert error == "auditor: interrupted; nothing was written.\n"
    asked = len(hanging.simulator.requests)
    (cluster,) = report_of(start_audit(fleet, hanging.config))["clusters"]
    assert cluster["status"] == "compliant"
    assert asked == 1
