"""Writes what the README shows of the program: help, real outputs, the recommendations.

    python -m tests.readme.generate

Each part stands between `<!-- begin: NAME -->` and `<!-- end -->`; a test holds the README to it.
"""

import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from unittest import mock

from typer.testing import CliRunner

from auditor.cli import app
from auditor.cli.examples import shipped_examples
from auditor.recommendations.packs import BUILT_IN_PACKS, load_packs
from auditor.report.rules_page import PACK_TEXTS as PACK_WORDS
from auditor.simulator import Simulator
from tests.cli.terminal import on_terminal
from tests.lab import Lab, scenario

README = Path(__file__).parents[2] / "README.md"
BLOCK = re.compile(r"(<!-- begin: (?P<name>[^>]+) -->\n).*?(<!-- end -->)", re.DOTALL)
SHOWN_HEAD, SHOWN_TAIL = 60, 8


def regenerate(text: str) -> str:
    """Return the README with every generated part as it is now."""
    return BLOCK.sub(lambda m: f"{m[1]}{part(m['name'])}{m[3]}", text)


def part(name: str) -> str:
    """Return one generated part, in the fences that it needs."""
    kind, _, rest = name.partition(" ")
    if kind == "help":
        return fenced(help_of(rest))
    if name == "recommendations":
        return table()
    if name == "ready examples":
        return "\n".join(map(ready, sorted(shipped_examples())))
    return fenced(OUTPUTS[rest]())


def fenced(text: str) -> str:
    """Return a text as a Markdown code block."""
    return f"```text\n{text.rstrip()}\n```\n"


def help_of(command: str) -> str:
    """Return the help of a command as a pipe of 100 columns shows it."""
    words = [sys.executable, "-m", "auditor", *command.split(), "--help"]
    surroundings = {"PATH": os.environ["PATH"], "TYPER_USE_RICH": "0", "COLUMNS": "100"}
    told = subprocess.run(words, capture_output=True, text=True, check=True, env=surroundings)
    return told.stdout.replace("python -m auditor", "auditor")


def ready(name: str) -> str:
    """Return an example that folds, as it ships."""
    text = fenced(plain("examples", name))
    return (
        f"<details><summary><code>auditor examples {name}</code></summary>\n\n{text}\n</details>\n"
    )


def table() -> str:
    """Return the recommendations of both packs as Markdown tables."""
    lines = []
    rows = load_packs()
    for pack in BUILT_IN_PACKS:
        lines += [f"**{PACK_WORDS[pack]}** (`--pack {pack}`)", ""]
        lines += ["| id | severity | says | source |", "| --- | --- | --- | --- |"]
        for row in rows:
            if row.pack == pack:
                source = f"{row.source.document}, {row.source.section}"
                lines.append(f"| {row.id} | {row.severity} | {row.title} | {source} |")
        lines.append("")
    return "\n".join(lines)


def steady(text: str) -> str:
    """Put what changes from run to run to fixed text."""
    text = re.sub(r"127\.0\.0\.1:\d{4,5}", "127.0.0.1:54321", text)
    text = re.sub(r"([0-9A-F]{2}:){15}[0-9A-F]{2}(:|\b)", "AB:CD:EF:...", text)
    text = re.sub(r"valid: .* left", "valid: 2026-01-02 to 2028-01-02, 730 days left", text)
    text = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "0" * 8, text)
    return re.sub(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(Z|\+00:00)", "2026-01-02T03:04:05Z", text)


def shortened(text: str) -> str:
    """Return the head and the tail of a long page."""
    lines = text.rstrip().splitlines()
    if len(lines) <= SHOWN_HEAD + SHOWN_TAIL + 1:
        return text
    return "\n".join((*lines[:SHOWN_HEAD], "  ...", *lines[-SHOWN_TAIL:]))


@contextmanager
def lab(name: str) -> Iterator[Lab]:
    """Run a shipped scenario."""
    with tempfile.TemporaryDirectory() as folder, Simulator(scenario(name), Path(folder)) as sim:
        yield Lab(sim, Path(folder))


def told(lab: Lab, *words: str) -> str:
    """Return what a command prints on standard output, with what changes made steady."""
    return steady(lab.run(*words).stdout).replace(f"{lab.folder}/", "")


def plain(*words: str) -> str:
    """Return what a command prints that needs no cluster."""
    return CliRunner().invoke(app, list(words)).stdout


def audit() -> str:
    """Audit the demonstration's cluster."""
    with lab("demo") as running:
        return shortened(told(running, "audit", "--history", "off"))


def precheck() -> str:
    """Ask for a go on the demonstration's cluster."""
    with lab("demo") as running:
        words = ("--cluster", "campus", "--on", "imp-sub2.campus.test")
        return told(running, "precheck", "--activate", "Cisco XCP Message Archiver", *words)


def diff() -> str:
    """Compare before and after a service was stopped."""
    with lab("healthy") as running:
        before = running.folder / "before.json"
        running.run("snapshot", "--to", str(before))
        stop = {"node": "imp4.lab.test", "service": "Cisco SIP Proxy"}
        running.simulator.change({"stop": stop})
        return told(running, "diff", str(before), "live")


def failover() -> str:
    """Check a pair that failed over."""
    with lab("failed-over") as running:
        return told(running, "failover-check")


def doctor() -> str:
    """Walk a healthy cluster."""
    with lab("one-node") as running:
        return told(running, "doctor", running.simulator.cluster_name)


def history() -> str:
    """Audit on four nights with a record, and look at it."""
    with lab("one-node") as running:
        record = ("--history", f"sqlite:///{running.folder}/history.sqlite3")
        for night in (1, 2, 3, 4):
            if night == 2:
                stop = {"node": "imp1.lab.test", "service": "Cisco SIP Proxy"}
                running.simulator.change({"stop": stop})
            with at(datetime(2026, 1, night, 2, tzinfo=UTC)):
                running.run("audit", *record)
        with at(datetime(2026, 1, 4, 9, tzinfo=UTC)):
            shown = running.run("history", *record).stdout
        return re.sub(r"^[0-9a-f]{8}(?= )", "0a1b2c3d", shown, flags=re.MULTILINE)


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Let the program's clock stand still."""
    with (
        mock.patch("auditor.soap.network.LiveNetwork.now", return_value=moment),
        mock.patch("auditor.cli.session.current_time", return_value=moment),
    ):
        yield


def nagios() -> str:
    """Ask as a monitoring system does."""
    with lab("demo") as running:
        return told(running, "nagios")


def snapshot() -> str:
    """Keep what a cluster looks like."""
    with lab("healthy") as running:
        return told(running, "snapshot", "--to", f"{running.folder}/before.json")


def init() -> str:
    """Write a configuration for a live cluster."""
    with lab("one-node") as running:
        asked = running.simulator
        places = {**asked.nodes, "cucm-pub.lab.test": asked.cucm}
        words = ["init", "--cucm", "cucm-pub.lab.test", "--username", asked.username]
        for name, (host, port) in places.items():
            words += ["--address", f"{name}={host}:{port}"]
        path = running.folder / "new.toml"
        words += ["--ca-bundle", str(asked.ca_path), "--to", str(path)]
        said = CliRunner(env=running.environment).invoke(app, words)
        text = f"{said.stdout}{path.read_text(encoding='utf-8')}"
        return shortened(steady(text).replace(f"{running.folder}/", ""))


def trust() -> str:
    """Look at a certificate where nobody can say yes."""
    with lab("one-node") as running:
        return told(running, "trust", "imp1.lab.test", "--yes")


def login() -> str:
    """Store a password on a terminal, in a keyring of its own."""
    with lab("one-node") as running:
        words = [sys.executable, "-m", "auditor", "login", "-c", str(running.config)]
        surroundings = {
            **os.environ,
            "PYTHON_KEYRING_BACKEND": "tests.cli.file_keyring.FileKeyring",
            "PYTHONPATH": str(README.parent),
            "TERM": "dumb",
            "TEST_KEYRING": str(running.folder / "keyring.json"),
        }
        _, screen = on_terminal(words, surroundings, {"Password of": running.simulator.password})
        return "\n".join(line.rstrip() for line in screen.splitlines())


def simulate() -> str:
    """Serve a cluster until Ctrl-C."""
    words = [sys.executable, "-m", "auditor", "simulate", "one-node"]
    said = ""
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as serving:
        for line in serving.stdout or ():
            said += line
            if "Ctrl-C" in line:
                serving.send_signal(signal.SIGINT)
    return re.sub(r"(/[\w.-]+)*/auditor-simulate-[\w-]+/", "", steady(said))


OUTPUTS: Mapping[str, Callable[[], str]] = {
    "audit": audit,
    "doctor": doctor,
    "failover-check": failover,
    "precheck": precheck,
    "diff": diff,
    "examples": lambda: plain("examples"),
    "explain": lambda: plain("explain", "AXL-02"),
    "history": history,
    "init": init,
    "login": login,
    "nagios": nagios,
    "rules": lambda: shortened(plain("rules")),
    "schema": lambda: shortened(plain("schema")),
    "simulate": simulate,
    "snapshot": snapshot,
    "trust": trust,
}
"""What makes the real output of a command; every cluster here is simulated."""


if __name__ == "__main__":
    README.write_text(regenerate(README.read_text(encoding="utf-8")), encoding="utf-8")
