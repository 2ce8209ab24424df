"""A printed command does what it says where it is pasted, with the file that was read."""

import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from auditor.cli.app import app
from auditor.command_lines import command_line, config_option, is_asked_elsewhere
from tests.lab import PAIR, SUB, Lab

Start = Callable[..., Lab]
FILE = "our file.toml"
_COMMAND = re.compile(r"`auditor ([^`]+)`|: auditor (.+)")
RESTART = ("--restart", f"Cisco SIP Proxy@{SUB}")


def printed_commands(text: str) -> list[list[str]]:
    """Return the commands that a text tells to run, each as words after `auditor`."""
    found = [shlex.split(one or other) for one, other in _COMMAND.findall(text)]
    return [words for words in found if words[1:] and words[0] != "explain"]


@pytest.fixture
def run(lab: Start, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Return what runs a command in a folder whose configuration has a name of its own."""
    running = lab(PAIR)
    running.config.rename(running.folder / FILE)
    monkeypatch.chdir(running.folder)
    monkeypatch.setattr("auditor.cli.output.terminal_width", lambda: 400)
    return lambda *words: CliRunner(env=running.environment).invoke(app, list(words))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("check",), {"doctor"}),
        (("precheck", *RESTART, "--confirm"), {"precheck", "snapshot", "diff", "failover-check"}),
        (
            ("precheck", *RESTART, "--confirm", "-o", "markdown"),
            {"precheck", "snapshot", "diff", "failover-check", "audit"},
        ),
    ],
    ids=lambda value: "_".join(value) if isinstance(value, tuple) else "",
)
def test_each_printed_command_runs_as_it_is(
    words: tuple[str, ...], expected: set[str], run: Callable[..., Result]
) -> None:
    """It names the file, which no folder of this user would lead it to."""
    commands = printed_commands(run(*words, "-c", FILE).stdout)
    assert {command for command, *_ in commands} == expected
    order = ("precheck", "doctor", "snapshot", "diff", "failover-check", "audit")
    for command in sorted(commands, key=lambda command: order.index(command[0])):
        assert command[1:3] == ["-c", FILE]
        for path in ("before.json", "expected.json"):
            if command[0] in ("snapshot", "precheck") and path in command:
                Path(path).unlink(missing_ok=True)
        result = run(*command)
        assert result.exit_code in (0, 3, 4), (command, result.output)


@pytest.mark.parametrize(
    "words",
    [
        ("audit",),
        ("audit", "--full"),
        ("failover-check",),
        ("audit", "--report-url", "not a link"),
        ("audit", "--no-such-option"),
        ("audit", "--scheduler", "tcp://127.0.0.1:9"),
    ],
)
def test_the_file_is_forgotten_after_the_command(
    words: tuple[str, ...], run: Callable[..., Result]
) -> None:
    """Nothing of a command is in what the same process prints later."""
    kept = run(words[0], "-c", FILE, *words[1:])
    assert (config_option(), is_asked_elsewhere()) == ("", False), kept
    assert command_line("audit", "my lab") == 'auditor audit "my lab"'


def test_a_variable_names_the_file_for_the_next_command_too(
    run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The printed command is short where it finds the file as this one did."""
    monkeypatch.setenv("AUDITOR_CONFIG", FILE)
    assert "`auditor doctor`" in " ".join(run("check").stdout.split())


def test_the_comparison_expects_the_file_that_was_written(run: Callable[..., Result]) -> None:
    """Whatever the name given to `--expectation`, no other is printed or asked for."""
    stdout = run("precheck", *RESTART, "-c", FILE, "--expectation", "exp 3.json").stdout
    assert Path("exp 3.json").is_file()
    assert "expected.json" not in stdout
    assert "it is in `exp 3.json`" in stdout
    flat = " ".join(stdout.split())
    assert '--expect "exp 3.json"' in flat
    assert "--expectation" not in flat


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("--confirm",), 0),
        (("--confirm", "--insecure"), 0),
        (("--pack", "guides"), 4),
        (("--confirm", "--pack", "table", "--pack", "guides", "--fail-on", "critical"), 0),
        ((), 4),
    ],
)
def test_the_printed_precheck_decides_as_the_one_that_printed_it(
    options: tuple[str, ...], code: int, run: Callable[..., Result]
) -> None:
    """Whoever follows the first step after a go is not told that something is undecided."""
    first = run("precheck", *RESTART, *options, "-c", FILE)
    (command,) = (words for words in printed_commands(first.stdout) if words[0] == "precheck")
    assert (first.exit_code, set(options) - set(command)) == (code, set())
    again = run(*command)
    assert again.exit_code == code
    assert again.stdout.splitlines()[0] == first.stdout.splitlines()[0]
    assert Path("expected.json").is_file()


def test_a_ticket_that_is_written_is_named(run: Callable[..., Result]) -> None:
    """Who asked for the document is not told to ask for it."""
    outputs = ("-o", "terminal", "-o", "markdown:t.md")
    stdout = run("precheck", *RESTART, "-c", FILE, *outputs).stdout
    assert "The roll-back is in t.md." in stdout
    assert "-o markdown" not in stdout
    assert "add `-o markdown:ticket.md`" in run("precheck", *RESTART, "-c", FILE).stdout
