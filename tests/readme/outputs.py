"""Real outputs of the commands, for the manual; every cluster here is simulated."""

import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from unittest import mock

from typer.testing import CliRunner

from auditor.cli.app import app
from auditor.simulator import Simulator
from tests.cli.terminal import on_terminal
from tests.lab import Lab, scenario

CHECKOUT = Path(__file__).parents[2]
HEAD_LINES, TAIL_LINES = 60, 8
AUDIT_HEAD_LINES = 73
"""Enough to show the first finding of the audit in full, after the matrix."""


def read_help(command: str) -> str:
    """Return the help of a command as a pipe of 100 columns shows it."""
    words = [sys.executable, "-m", "auditor", *command.split(), "--help"]
    environment = {"PATH": os.environ["PATH"], "COLUMNS": "100"}
    ended = subprocess.run(words, capture_output=True, text=True, check=True, env=environment)
    return ended.stdout.replace("python -m auditor", "auditor")


def steady(text: str) -> str:
    """Replace what changes from run to run by fixed text."""
    text = re.sub(r"127\.0\.0\.1:\d{4,5}", "127.0.0.1:54321", text)
    text = re.sub(r"([0-9A-F]{2}:){15}[0-9A-F]{2}(:|\b)", "AB:CD:EF:...", text)
    text = re.sub(r"valid: .* left", "valid: 2026-01-02 to 2028-01-02, 730 days left", text)
    text = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "0" * 8, text)
    return re.sub(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(Z|\+00:00)", "2026-01-02T03:04:05Z", text)


def shortened(text: str, head_lines: int = HEAD_LINES) -> str:
    """Return the head and the tail of a long output."""
    lines = text.rstrip().splitlines()
    if len(lines) <= head_lines + TAIL_LINES + 1:
        return text
    return "\n".join((*lines[:head_lines], "  ...", *lines[-TAIL_LINES:]))


@contextmanager
def running_lab(name: str) -> Iterator[Lab]:
    """Run a shipped scenario."""
    with tempfile.TemporaryDirectory() as folder, Simulator(scenario(name), Path(folder)) as sim:
        yield Lab(sim, Path(folder))


def read_output(lab: Lab, *words: str) -> str:
    """Return what a command prints on standard output, with what changes made steady."""
    return steady(lab.run(*words).stdout).replace(f"{lab.folder}/", "")


def read_plain_output(*words: str) -> str:
    """Return what a command prints that needs no cluster."""
    return CliRunner().invoke(app, list(words)).stdout


@cache
def audit_demo() -> str:
    """Audit the demonstration's cluster."""
    with running_lab("demo") as lab:
        return read_output(lab, "audit", "--history", "off")


def brief_audit() -> str:
    """Return the summary of an audit and its first finding."""
    report = audit_demo()
    first_finding = report[report.index("\n✗ CRITICAL") + 1 :].partition("\n\n")[0]
    return "\n".join((*report.splitlines()[:4], "...", "", first_finding, "..."))


def precheck() -> str:
    """Ask for a go on the demonstration's cluster."""
    return precheck_demo("--activate", "Cisco XCP Message Archiver", "--on", "imp-sub3.campus.test")


def brief_precheck() -> str:
    """Return the answer and the first checks of a precheck."""
    change = ("--deactivate", "Cisco Presence Engine", "--on", "imp-sub1.campus.test")
    return precheck_demo(*change).partition("\n\nThe redundancy group now")[0] + "\n..."


def precheck_demo(*change: str) -> str:
    """Ask for a go for a change to the demonstration's cluster."""
    with running_lab("demo") as lab:
        return read_output(lab, "precheck", "campus", *change)


def diff() -> str:
    """Compare before and after a service was stopped."""
    with running_lab("healthy") as lab:
        before = lab.folder / "before.json"
        lab.run("snapshot", "--to", str(before))
        stop = {"node": "imp4.lab.test", "service": "Cisco SIP Proxy"}
        lab.simulator.change({"stop": stop})
        return read_output(lab, "diff", str(before), "live")


@cache
def failover_check() -> str:
    """Check a pair that failed over."""
    with running_lab("failed-over") as lab:
        return read_output(lab, "failover-check")


def brief_failover_check() -> str:
    """Return the first two lines of a failover check, and the first group."""
    answer, first_group, _ = failover_check().split("\n\n", 2)
    return f"{answer}\n\n{first_group}\n..."


def doctor() -> str:
    """Check the set-up of a healthy cluster."""
    with running_lab("one-node") as lab:
        return read_output(lab, "doctor", lab.simulator.cluster_name)


def history() -> str:
    """Audit on four nights with a record, and look at it."""
    with running_lab("one-node") as lab:
        record = ("--history", f"sqlite:///{lab.folder}/history.sqlite3")
        for night in (1, 2, 3, 4):
            if night == 2:
                stop = {"node": "imp1.lab.test", "service": "Cisco SIP Proxy"}
                lab.simulator.change({"stop": stop})
            with fixed_clock(datetime(2026, 1, night, 2, tzinfo=UTC)):
                lab.run("audit", *record)
        with fixed_clock(datetime(2026, 1, 4, 9, tzinfo=UTC)):
            text = lab.run("history", *record).stdout
        return re.sub(r"^[0-9a-f]{8}(?= )", "0a1b2c3d", text, flags=re.MULTILINE)


@contextmanager
def fixed_clock(moment: datetime) -> Iterator[None]:
    """Let the program's clock stop at a moment."""
    with (
        mock.patch("auditor.soap.network.LiveNetwork.now", return_value=moment),
        mock.patch("auditor.cli.history.current_time", return_value=moment),
        mock.patch("auditor.cli.check.current_day", return_value=moment.date()),
        mock.patch("auditor.cli.waive.current_day", return_value=moment.date()),
    ):
        yield


def nagios() -> str:
    """Audit as a monitoring system does."""
    with running_lab("demo") as lab:
        return read_output(lab, "nagios")


def snapshot() -> str:
    """Write a snapshot of a cluster."""
    with running_lab("healthy") as lab:
        return read_output(lab, "snapshot", "--to", f"{lab.folder}/before.json")


def init() -> str:
    """Write a configuration for a live cluster."""
    with running_lab("one-node") as lab:
        simulator = lab.simulator
        addresses = {**simulator.nodes, "cucm-pub.lab.test": simulator.cucm}
        words = ["init", "--cucm", "cucm-pub.lab.test", "--username", simulator.username]
        for name, (host, port) in addresses.items():
            words += ["--address", f"{name}={host}:{port}"]
        path = lab.folder / "new.toml"
        words += ["--ca-bundle", str(simulator.ca_path), "--to", str(path)]
        ended = CliRunner(env=lab.environment).invoke(app, words)
        text = f"{ended.stdout}{path.read_text(encoding='utf-8')}"
        return shortened(steady(text).replace(f"{lab.folder}/", ""))


def trust() -> str:
    """Show a certificate where nothing is asked."""
    with running_lab("one-node") as lab:
        return read_output(lab, "trust", "imp1.lab.test", "--yes")


def login() -> str:
    """Store a password on a terminal, in a keyring of its own."""
    with running_lab("one-node") as lab:
        words = [sys.executable, "-m", "auditor", "login", "-c", str(lab.config)]
        environment = {
            **os.environ,
            "PYTHON_KEYRING_BACKEND": "tests.cli.file_keyring.FileKeyring",
            "PYTHONPATH": str(CHECKOUT),
            "TERM": "dumb",
            "TEST_KEYRING": str(lab.folder / "keyring.json"),
        }
        _, screen = on_terminal(words, environment, {"Password of": lab.simulator.password})
        return "\n".join(line.rstrip() for line in screen.splitlines())


def check() -> str:
    """Read the configuration of a simulated cluster."""
    with running_lab("demo") as lab:
        lab.defaults = {**lab.defaults, "history": f"sqlite:///{lab.folder}/history.sqlite3"}
        return read_output(lab, "check").replace(f"{lab.folder}/", "")


def waive() -> str:
    """Accept a difference that the last recorded run shows."""
    with running_lab("demo") as lab, fixed_clock(datetime(2026, 11, 30, 2, tzinfo=UTC)):
        record = ("--history", f"sqlite:///{lab.folder}/history.sqlite3")
        lab.run("audit", *record)
        words = ["--reason", "Compared until the upgrade.", "--owner", "uc-team"]
        ended = lab.run("waive", "RPT-02", "imp-sub1", *words, "--until", "2027-01-31", *record)
        return steady(f"{ended.stdout}{ended.stderr}").replace(f"{lab.folder}/", "")


def simulate() -> str:
    """Serve a cluster until Ctrl-C."""
    words = [sys.executable, "-m", "auditor", "simulate", "one-node"]
    printed = ""
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as serving:
        for line in serving.stdout or ():
            printed += line
            if "Ctrl-C" in line:
                serving.send_signal(signal.SIGINT)
    return re.sub(r"(/[\w.-]+)*/auditor-simulate-[\w-]+/", "", steady(printed))


OUTPUTS: Mapping[str, Callable[[], str]] = {
    "audit": lambda: shortened(audit_demo(), AUDIT_HEAD_LINES),
    "check": check,
    "doctor": doctor,
    "docs": lambda: read_plain_output("docs"),
    "failover-check": failover_check,
    "precheck": precheck,
    "diff": diff,
    "examples": lambda: read_plain_output("examples"),
    "explain": lambda: read_plain_output("explain", "AXL-02"),
    "history": history,
    "init": init,
    "login": login,
    "nagios": nagios,
    "rules": lambda: shortened(read_plain_output("rules")),
    "schema": lambda: shortened(read_plain_output("schema")),
    "simulate": simulate,
    "snapshot": snapshot,
    "trust": trust,
    "waive": waive,
}
"""What makes the real output of a command; every cluster here is simulated."""

BRIEF_OUTPUTS: Mapping[str, Callable[[], str]] = {
    "audit": brief_audit,
    "precheck": brief_precheck,
    "failover-check": brief_failover_check,
}
"""The same outputs for a reader with little time."""
