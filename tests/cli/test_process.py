"""The program as the shell runs it: interrupts, pipes, closed streams, encodings, terminals."""

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.cli.terminal import interruptible, on_terminal
from tests.lab import CUCM, PAIR, SUB, Lab

Start = Callable[..., Lab]

SECONDS = 20.0
"""What an interrupted program may take to end on the slowest machine; it waits for a minute."""

STUCK_LOOK_UP = """
import socket, threading
real = socket.getaddrinfo
def look_up(host, *rest, **named):
    if host == "slow.name.test" and not named.get("flags"):
        print("looking up", flush=True)
        threading.Event().wait()
    return real(host, *rest, **named)
socket.getaddrinfo = look_up
from auditor.__main__ import main
main()
"""
"""The program on a machine whose name server never answers."""


def test_nothing_slow_is_loaded_before_ctrl_c_is_handled() -> None:
    script = "import sys; known = set(sys.modules); import auditor.__main__; "
    loaded = subprocess.run(
        [sys.executable, "-c", script + "print(*sorted(set(sys.modules) - known))"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert set(loaded.split()) - {"gc"} == {"auditor", "auditor.__main__"}


def _program(lab: Lab, *words: str) -> list[str]:
    return [sys.executable, "-m", "auditor", "audit", "-c", str(lab.config), *words]


def _environment(lab: Lab, **more: str) -> dict[str, str]:
    return {**os.environ, **lab.environment, **more}


def _until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "it never came to that"
        select.select([], [], [], 0.02)


def _interrupt(process: "subprocess.Popen[str]") -> tuple[int, str, str, float]:
    """Press Ctrl-C; return the exit code, what was said, and the seconds that it took."""
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    try:
        out, err = process.communicate(timeout=30)
    finally:
        process.kill()
    return process.returncode, out, err, time.monotonic() - began


@pytest.mark.parametrize(("fault", "node"), [("hang", SUB), ("slow-drip", SUB), ("hang", CUCM)])
def test_ctrl_c_ends_a_hanging_audit_at_once_and_leaves_no_file(
    lab: Start, tmp_path: Path, fault: str, node: str
) -> None:
    """130 long before the minute that the node's answer may take."""
    running = lab({**PAIR, "fault": [{"fault": fault, "node": node}]})
    running.defaults = {"timeout_s": 60}
    folder = tmp_path / "out"
    folder.mkdir()
    words = ["-o", "terminal", "-o", f"json:{folder}/report.json"]
    process = subprocess.Popen(
        _program(running, *words),
        env=_environment(running),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=interruptible,
    )
    _until(lambda: any(r.fault == fault for r in running.simulator.requests))
    code, out, err, took = _interrupt(process)
    assert (code, out) == (130, "")
    assert took < SECONDS
    assert err.count("\n") == 1
    assert "nterrupted" in err
    assert list(folder.iterdir()) == []


def test_ctrl_c_ends_an_audit_that_waits_for_a_name_server(lab: Start) -> None:
    """Nothing can cut off a look-up; the program does not wait for it."""
    running = lab({**PAIR, "config": {"addresses": {SUB: "slow.name.test"}}})
    running.defaults = {"timeout_s": 60}
    process = subprocess.Popen(
        [sys.executable, "-c", STUCK_LOOK_UP, *_program(running)[3:]],
        env=_environment(running),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=interruptible,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "looking up\n"
    code, out, err, took = _interrupt(process)
    assert (code, out) == (130, "")
    assert took < SECONDS
    assert "Traceback" not in err


def test_no_title_of_a_process_holds_the_password(lab: Start, tmp_path: Path) -> None:
    """Everybody on the machine can read the arguments of a process; its own user its settings."""
    running = lab({**PAIR, "fault": [{"fault": "hang", "node": SUB}]})
    secret = tmp_path / "secret"
    secret.write_text(running.simulator.password)
    running.defaults = {"timeout_s": 60, "password_command": f"cat {secret}"}
    environment = {k: v for k, v in _environment(running).items() if k != "AUDITOR_PASSWORD"}
    process = subprocess.Popen(
        _program(running),
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=interruptible,
    )
    _until(lambda: any(r.fault == "hang" for r in running.simulator.requests))
    shown = b"".join(
        Path(f"/proc/{process.pid}/{name}").read_bytes() for name in ("cmdline", "environ", "comm")
    )
    code, out, err, _ = _interrupt(process)
    assert code == 130, err
    assert b"auditor" in shown
    assert running.simulator.password not in shown.decode() + out + err


def test_ctrl_c_at_the_password_prompt_asks_nothing(lab: Start) -> None:
    """Whoever does not know the password wants out, without a trace."""
    running = lab(PAIR)
    environment = {k: v for k, v in _environment(running).items() if k != "AUDITOR_PASSWORD"}
    code, screen = on_terminal(_program(running), environment, {"assword": "\x03"})
    assert code == 130, screen
    assert "Traceback" not in screen
    assert running.simulator.requests == []


def test_a_password_typed_at_the_prompt_is_not_shown(lab: Start) -> None:
    """The terminal's echo is off, and the audit runs."""
    running = lab(PAIR)
    environment = {k: v for k, v in _environment(running).items() if k != "AUDITOR_PASSWORD"}
    code, screen = on_terminal(
        _program(running), environment, {"assword": running.simulator.password}
    )
    assert code == 0, screen
    assert running.simulator.password not in screen
    assert running.simulator.password[4:] not in screen


@pytest.mark.parametrize(
    ("more", "coloured"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)],
    ids=["terminal", "no-color", "dumb"],
)
def test_a_terminal_gets_colour_unless_it_declines(
    lab: Start, more: Mapping[str, str], coloured: bool
) -> None:
    """The report, that is; what draws progress is gone before it."""
    running = lab(PAIR)
    environment = {**_environment(running), "TERM": "xterm-256color", **more}
    code, screen = on_terminal(_program(running), environment, {})
    assert code == 0, screen
    report = screen[screen.index("Cluster ") :]
    assert ("\x1b[3" in report or "\x1b[1" in report) is coloured


def _shell(lab: Lab, line: str, **more: str) -> "subprocess.CompletedProcess[str]":
    """Run a line of bash in which $AUDIT is the program."""
    command = " ".join(_program(lab))
    return subprocess.run(
        ["/bin/bash", "-c", line],
        env=_environment(lab, AUDIT=command, **more),
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("reader", ["head -1", "true"])
@pytest.mark.parametrize("output", ["terminal", "json"])
def test_a_reader_that_leaves_early_is_no_fault(lab: Start, reader: str, output: str) -> None:
    """The exit code is still that of the audit."""
    running = lab("demo")
    ended = _shell(running, f"$AUDIT -o {output} | {reader}; exit ${{PIPESTATUS[0]}}")
    assert ended.returncode == 3
    assert ended.stderr == ""


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_do_not_change_the_verdict(lab: Start, closed: str) -> None:
    """Some schedulers start programs so."""
    ended = _shell(lab(PAIR), f"$AUDIT {closed}")
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr == ""
    assert ("COMPLIANT" in ended.stdout) is (">&-" not in closed.replace("2>&-", ""))


def test_a_full_disk_behind_standard_output_is_reported(lab: Start) -> None:
    """The report is lost; the line says where the audit stood."""
    ended = _shell(lab("demo"), "$AUDIT >/dev/full")
    assert ended.returncode == 1
    assert ended.stderr.splitlines() == [
        "auditor: standard output: cannot be written (No space left on device).",
        "auditor: The audit itself ended with exit code 3.",
    ]


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_any_encoding_of_standard_output_works(lab: Start, encoding: str) -> None:
    """A pass never gets the mark of what could not be told."""
    ended = _shell(lab("demo"), "$AUDIT", PYTHONIOENCODING=encoding)
    assert ended.returncode == 3, ended.stderr
    assert "CRITICAL AXL-02 Cisco AXL Web Service: stopped" in ended.stdout
    legend = next(line for line in ended.stdout.splitlines() if "as recommended" in line)
    marks = ("✓", "✗") if encoding == "utf-8" else ("+", "x")
    assert legend.startswith(f"{marks[0]} as recommended   {marks[1]} CAPITALS: drift   ? or ")


def test_a_run_that_only_writes_files_prints_its_result_on_a_terminal(
    lab: Start, tmp_path: Path
) -> None:
    """An exit code is easily overlooked; a timer has no terminal, and --quiet is for those."""
    running = lab("demo")
    command = [*_program(running), "-o", f"json:{tmp_path}/report.json"]
    code, screen = on_terminal(command, _environment(running), {})
    assert code == 3
    assert "campus: drift. 7 causes (2 critical" in screen
    assert screen.rstrip().splitlines()[-1].startswith("Exit code 3: ")
    code, screen = on_terminal([*command, "--quiet"], _environment(running), {})
    assert "differences" not in screen


@pytest.mark.parametrize(
    ("more", "coloured"),
    [({}, False), ({"FORCE_COLOR": "1"}, True), ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False)],
    ids=["pipe", "force-color", "no-color"],
)
def test_a_pipe_gets_colour_only_where_it_is_asked_for_and_no_progress(
    lab: Start, more: Mapping[str, str], coloured: bool
) -> None:
    ended = _shell(lab("demo"), "$AUDIT", **more)
    assert ("\x1b[" in ended.stdout) is coloured
    assert ended.stderr == ""


def test_a_pipe_is_as_wide_as_columns_says(lab: Start) -> None:
    """Without COLUMNS it has 100, so that what is kept of two runs can be compared."""
    running = lab("demo")
    for more, width in (({}, 100), ({"COLUMNS": "140"}, 140)):
        lines = _shell(running, "$AUDIT", **more).stdout.splitlines()
        assert max(map(len, lines)) == width


def test_a_fault_of_the_program_itself_is_one_line_and_code_1(lab: Start) -> None:
    """The trace is for those who ask for it."""
    running = lab(PAIR)
    broken = (
        "import auditor.report.formats as o; o.render_report_pieces = lambda *_, **__: 1 / 0\n"
        "from auditor.__main__ import main; main()"
    )
    words = [sys.executable, "-c", broken]
    for verbose in ([], ["--verbose"]):
        ended = subprocess.run(
            [*words, *verbose, *_program(running)[3:]],
            env=_environment(running),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert ended.returncode == 1
        assert "bug in auditor (ZeroDivisionError" in ended.stderr
        assert ("Traceback" in ended.stderr) is bool(verbose)
        assert ended.stdout == ""
