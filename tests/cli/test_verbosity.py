"""`-v`, `-q` and `-h`, before a command and after it."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from auditor.cli.app import COMMAND_MODULES, app
from tests.lab import DRIFTED_PAIR, PAIR, Lab

Start = Callable[..., Lab]


def _run(lab: Lab, before: Sequence[str], *words: str) -> Result:
    line = [*before, words[0], "-c", str(lab.config), *words[1:]]
    return CliRunner(env=lab.environment).invoke(app, line)


@pytest.mark.parametrize("command", COMMAND_MODULES)
def test_every_command_takes_the_three(command: str) -> None:
    short, long = (
        CliRunner().invoke(app, ["-v", "-q", command, "-v", "-q", word])
        for word in ("-h", "--help")
    )
    assert short.exit_code == 0, short.output
    assert short.output == long.output
    for option in ("-v, --verbose", "-q, --quiet", "-h, --help"):
        assert option in short.output


@pytest.mark.parametrize("word", ["-v", "--verbose"])
def test_the_log_may_be_asked_for_on_either_side(lab: Start, word: str) -> None:
    """And only by the run that asks for it."""
    running = lab(PAIR)
    assert " INFO " in _run(running, [word], "failover-check").stderr
    assert " INFO " in _run(running, [], "failover-check", word).stderr
    assert _run(running, [], "failover-check").stderr == ""


@pytest.mark.parametrize("words", [(["-q"], []), ([], ["-q"])], ids=["before", "after"])
def test_a_quiet_audit_is_the_same_on_either_side(
    lab: Start, words: tuple[list[str], list[str]]
) -> None:
    """Compliant and nothing new: not a word."""
    running = lab(PAIR)
    before, after = words
    _run(running, [], "audit")
    assert _run(running, before, "audit", *after).output == ""
    assert _run(running, [], "audit").output != ""


@pytest.mark.parametrize("words", [(["-q"], []), ([], ["-q"])], ids=["before", "after"])
def test_quiet_keeps_results_and_warnings_and_drops_notes(
    lab: Start, tmp_path: Path, words: tuple[list[str], list[str]]
) -> None:
    running = lab(PAIR)
    before, after = words
    change = ("--restart", "Cisco SIP Proxy@imp1.lab.test", "--confirm", "--insecure")
    path = tmp_path / "expected.json"
    note = f"Expectation written to {path}."
    result = _run(running, before, "precheck", *change, *after, "--expectation", str(path))
    assert path.exists()
    assert result.stdout.startswith("GO")
    assert "--insecure" in result.stderr
    assert note not in result.stderr
    path.unlink()
    loud = _run(running, [], "precheck", *change, "--expectation", str(path))
    assert note in loud.stderr


def test_quiet_may_be_set_in_the_environment(lab: Start) -> None:
    running = lab(DRIFTED_PAIR)
    words = ["audit", "-c", str(running.config), "--fail-on", "critical"]
    quiet = running.environment | {"AUDITOR_QUIET": "1"}
    assert CliRunner(env=running.environment).invoke(app, words).stdout
    assert CliRunner(env=quiet).invoke(app, words).stdout == ""
