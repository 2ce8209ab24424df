"""Audits on a fleet as processes, of clusters that may hang."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.fleet.parts import GENEROUS_S, Fleet, audit_command, own_environment
from tests.lab import CUCM, PAIR, Lab

HANGING: dict[str, Any] = {**PAIR, "fault": [{"fault": "hang", "node": CUCM}]}

IMPATIENT = (
    "from auditor.fleet import connection, dispatch, worker_list; "
    "connection._ANSWER_S, worker_list._SILENCE_S, worker_list._SILENT_CALLS = 2.0, 3.0, 20; "
    "dispatch._TICK_S, dispatch._FETCH_S = 0.2, 1.0"
)
"""What makes an audit give up in seconds; a worker is heard of twice in a second."""


def at_site(lab: Lab, site: str) -> Path:
    """Return the configuration of a lab, its cluster at a site."""
    lab.edit = lambda text: text.replace("[[cluster]]\n", f'[[cluster]]\nsite = "{site}"\n')
    return lab.config


def start_audit(
    fleet: Fleet, config: Path, *words: str, change: str = ""
) -> "subprocess.Popen[str]":
    """Start an audit on a fleet, its program changed by a statement first."""
    command = audit_command(config, fleet.address, "-o", "json", *words)
    if change:
        program = f"{change}; from auditor.__main__ import main; main()"
        command = [sys.executable, "-c", program, *command[3:]]
    return subprocess.Popen(
        command,
        env=own_environment(fleet.settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell's background job ignores Ctrl-C, and so do its children: the tests may be one.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )


def report_of(process: "subprocess.Popen[str]") -> dict[str, Any]:
    out, error = process.communicate(timeout=GENEROUS_S)
    assert error == ""
    report: dict[str, Any] = json.loads(out)
    return report


def hung(lab: Lab) -> int:
    """Return how many requests are hanging, or have hung."""
    return sum(request.fault == "hang" for request in lab.simulator.requests)


def has_hung(lab: Lab, times: int) -> bool:
    return hung(lab) == times
