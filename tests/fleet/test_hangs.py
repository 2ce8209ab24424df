"""Schedulers and workers that hang with their connections open: every audit ends all the same."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import auditor.fleet.connection
from auditor.fleet.connection import FleetOptions, open_scheduler
from tests.fleet.audits import IMPATIENT, at_site, hung, report_of, start_audit
from tests.fleet.parts import GENEROUS_S, Fleet, audit_command, own_environment, until
from tests.lab import Lab

PROMPT_S = 20.0
"""Less than Dask itself waits, and plenty for a loaded machine."""

_WORKERS_HANG = """
import sys, time
if any("spawn_main" in word for word in sys.orig_argv):
    time.sleep(60)
"""
"""What keeps every process that Python starts by itself from beginning anything."""

_INTERRUPTED_START = """
import os, threading
start, interrupt = local._start, threading.Timer(0.3, os.kill, (os.getpid(), 2))
local._start = lambda *words: (interrupt.start(), start(*words))[1]
local._CANCEL_S = 0.2"""


def test_ctrl_c_ends_an_audit_whose_scheduler_hangs(plain: Fleet, hanging: Lab) -> None:
    plain.add_worker(environment=hanging.environment)
    audit = start_audit(plain, hanging.config)
    until(lambda: hung(hanging) == 1)
    plain.scheduler.stop()
    audit.send_signal(signal.SIGINT)
    out, error = audit.communicate(timeout=PROMPT_S)
    assert (audit.returncode, out) == (130, "")
    assert error == "auditor: interrupted; nothing was written.\n"


def test_a_scheduler_that_reads_nothing_any_more_keeps_nobody_waiting(
    plain: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So much is on its way that the end of the connection cannot be sent either."""
    monkeypatch.setattr(auditor.fleet.connection, "_CLOSE_S", 0.2)
    with open_scheduler(FleetOptions(plain.address, 60), 1, {}) as client:
        plain.scheduler.stop()
        futures = [client.submit(len, os.urandom(2**20), pure=False) for _ in range(30)]
        began = time.monotonic()
        client.cancel(futures)
    assert time.monotonic() - began < PROMPT_S


def test_a_worker_that_hangs_counts_as_dead(fleet: Fleet, hanging: Lab) -> None:
    """Its cluster is asked by another one, as if it had died."""
    first = fleet.add_worker("stuck", environment=hanging.environment)
    audit = start_audit(fleet, at_site(hanging, "stuck"), change=IMPATIENT)
    until(lambda: hung(hanging) == 1)
    hanging.undisturbed()
    fleet.add_worker("stuck", environment=hanging.environment)
    first.stop()
    (cluster,) = report_of(audit)["clusters"]
    assert cluster["status"] == "compliant"


def test_a_worker_without_memory_to_begin_anything_does_not_serve(
    plain: Fleet, hanging: Lab
) -> None:
    """Dask has it wait for memory that nothing will free."""
    little = {"DASK_DISTRIBUTED__WORKER__MEMORY__PAUSE": "0.01"}
    kept = {f"DASK_DISTRIBUTED__WORKER__MEMORY__{x}": "false" for x in ("TARGET", "SPILL")}
    environment = {**hanging.environment, **little, **kept}
    plain.add_worker("", "--memory-limit", "1GB", environment=environment)
    sooner = f"{IMPATIENT}; worker_list._SILENT_CALLS = 3"
    audit = start_audit(plain, hanging.config, "--worker-wait", "0.5", change=sooner)
    (cluster,) = report_of(audit)["clusters"]
    assert (cluster["status"], cluster["coverage"][0]["reason"]) == ("unauditable", "no_worker")
    assert hung(hanging) == 0


def test_a_worker_that_the_scheduler_cannot_reach_is_named(fleet: Fleet, hanging: Lab) -> None:
    """A firewall lets it register and ask, and its answers cannot be fetched."""
    unused = "tls://127.0.0.1:9"
    ports = ["--listen-address", "tls://127.0.0.1:0", "--contact-address", unused]
    fleet.add_worker("walled", *ports, environment=hanging.environment)
    hanging.undisturbed()
    audit = start_audit(fleet, at_site(hanging, "walled"), change=IMPATIENT)
    (cluster,) = report_of(audit)["clusters"]
    (entry,) = cluster["coverage"]
    assert (cluster["status"], entry["reason"]) == ("unauditable", "worker_lost")
    assert unused in entry["detail"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_while_the_own_scheduler_starts_is_one_line(
    hanging: Lab, number: signal.Signals
) -> None:
    """A terminal and systemd send it to every process, and no other one is to say anything."""
    program = (
        "import os, threading, auditor.fleet.local as local; start = local._start; "
        f"interrupt = threading.Timer(0.3, os.killpg, (0, {number:d})); "
        "local._start = lambda *words: (interrupt.start(), start(*words))[1]; "
        "from auditor.__main__ import main; main()"
    )
    words = audit_command(hanging.config, "local")[3:]
    done = subprocess.run(
        [sys.executable, "-c", program, *words],
        env=own_environment(hanging.environment),
        capture_output=True,
        text=True,
        timeout=GENEROUS_S,
        check=False,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr == "auditor: interrupted.\n"


@pytest.mark.parametrize(
    ("change", "code", "said"),
    [
        ("local._START_S = 1.0", 2, "took longer than 1 seconds to start"),
        (_INTERRUPTED_START, 130, "auditor: interrupted.\n"),
    ],
)
def test_an_own_scheduler_whose_workers_never_start_is_given_up(
    hanging: Lab, tmp_path: Path, change: str, code: int, said: str
) -> None:
    """Sooner than Dask itself, which waits ten seconds more for its workers."""
    folder = tmp_path / "hangs"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(_WORKERS_HANG)
    program = f"import auditor.fleet.local as local\n{change}\n"
    program += "from auditor.__main__ import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program, *audit_command(hanging.config, "local")[3:]],
        env=own_environment({"PYTHONPATH": f"{folder}:{Path.cwd()}"}),
        capture_output=True,
        text=True,
        timeout=10,
        check=False,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (code, "", 1), done.stderr
    assert said in done.stderr
    assert hung(hanging) == 0
