"""`auditor nagios` as a monitoring system runs it: one line and one of four codes, always."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from auditor.cli.app import app
from tests.lab import Lab

Start = Callable[..., Lab]


def is_one_line(result: Result, state: str) -> bool:
    return result.stdout.startswith(f"IMP {state} - ") and result.stdout.count("\n") == 1


def test_a_healthy_cluster_is_ok(lab: Start) -> None:
    """With the figures that graphs are drawn from."""
    result = lab("healthy").run("nagios")
    assert result.exit_code == 0, result.output
    assert is_one_line(result, "OK")
    assert "nodes_audited=4;;;0;4" in result.stdout


def test_a_drifted_cluster_is_critical(lab: Start) -> None:
    """The demonstration has critical drift."""
    result = lab("demo").run("nagios")
    assert result.exit_code == 2
    assert is_one_line(result, "CRITICAL")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--nonsense"], "--nonsense"),
        (["--fail-on", "worst"], "): 'worst' is not one of 'critical', "),
        (["-c", "missing.toml"], "missing.toml"),
        (["--pack", "nothing"], "nothing"),
        (["--settle", "soon"], "--settle"),
    ],
)
def test_what_kept_it_from_auditing_is_unknown_and_not_critical(
    words: list[str], said: str
) -> None:
    """The usage code of the other commands is CRITICAL to a monitoring system."""
    result = CliRunner().invoke(app, ["nagios", *words])
    assert result.exit_code == 3
    assert is_one_line(result, "UNKNOWN")
    assert said in result.stdout


def test_a_cluster_that_is_not_in_the_file_is_unknown(lab: Start) -> None:
    """And names the known ones."""
    result = lab("healthy").run("nagios", "helthy")
    assert result.exit_code == 3
    assert is_one_line(result, "UNKNOWN")


def test_a_waiver_counts_here_too(lab: Start, tmp_path: Path) -> None:
    """What is accepted must not wake anybody."""
    running = lab("demo")
    told = running.json()["clusters"][0]
    drift = [f for f in told["findings"] if f["verdict"] == "drift"]
    blocks = [
        f"""[[waiver]]
        recommendation = "{one["recommendation"]}"
        cluster = "{told["name"]}"
        subject = "{one["subject"]["name"]}"
        reason = "Known."
        owner = "uc-team"
        expires = 9999-12-31
        """
        for one in drift
    ]
    path = tmp_path / "waivers.toml"
    path.write_text("\n".join(blocks), encoding="utf-8")
    result = running.run("nagios", "--waivers", str(path), "--allow-unknown")
    assert result.exit_code == 0, result.output
    assert f"waived={len(drift)};;;0" in result.stdout


def test_no_password_is_unknown(lab: Start) -> None:
    """A service account's environment is often emptier than one thinks."""
    result = CliRunner().invoke(app, ["nagios", "-c", str(lab("healthy").config)])
    assert result.exit_code == 3
    assert is_one_line(result, "UNKNOWN")


def test_interruption_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    """130 is no code of that world."""

    def interrupt(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("auditor.cli.nagios.find_config_file", interrupt)
    result = CliRunner().invoke(app, ["nagios"])
    assert (result.exit_code, result.stdout) == (3, "IMP UNKNOWN - interrupted\n")


def test_a_bug_is_unknown_and_never_one(tmp_path: Path) -> None:
    """1 would be a WARNING, and 255 no state at all."""
    program = (
        "import sys, auditor.config.loader as loader\n"
        "loader.find_config_file = lambda _: 1 / 0\n"
        "sys.argv = ['auditor', 'nagios']\n"
        "from auditor.__main__ import main\n"
        "main()\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert ended.returncode == 3
    assert ended.stdout == (
        "IMP UNKNOWN - this is a bug in auditor (ZeroDivisionError: division by zero)\n"
    )
