"""`auditor waive` on the road from a finding to its waiver."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from auditor.cli.app import app
from tests.lab import DRIFTED_PAIR, SUB, Lab

Start = Callable[..., Lab]

LATER = (datetime.now(UTC).date() + timedelta(days=30)).isoformat()
WORDS = ("--reason", "Until change 4711.", "--owner", "uc-team", "--until", LATER)


@pytest.fixture
def drifted(lab: Start) -> Lab:
    """Give a pair with one difference, and a configuration that names a file of waivers."""
    running = lab(DRIFTED_PAIR)
    running.defaults = {
        **running.defaults,
        "waivers": "accepted.toml",
        "history": f"sqlite:///{running.folder}/history.sqlite3",
    }
    (running.folder / "accepted.toml").write_text("# ours\n")
    return running


def test_a_waiver_takes_the_name_of_the_report_and_hides_the_finding(drifted: Lab) -> None:
    assert drifted.run("audit").exit_code == 3
    result = drifted.run("waive", "rpt-02", SUB.partition(".")[0], *WORDS)
    assert result.exit_code == 0, result.output
    shown = " ".join(result.stdout.split())
    assert f"It hides until the end of {LATER} (UTC): LOW RPT-02 on {SUB}" in shown
    assert (drifted.folder / "accepted.toml").read_text().startswith("# ours\n\n[[waiver]]\n")
    assert drifted.run("audit").exit_code == 0


def test_one_that_hides_nothing_says_so(drifted: Lab) -> None:
    drifted.run("audit")
    result = drifted.run("waive", "SIP-01", SUB, *WORDS)
    assert "It hides nothing now" in result.stdout
    assert "was pass in the last run" in " ".join(result.stdout.split())


def test_one_of_an_unknown_says_what_it_does_later(drifted: Lab) -> None:
    drifted.simulator.change({"fault": {"fault": "connection-refused", "node": SUB}})
    drifted.run("audit")
    shown = " ".join(drifted.run("waive", "SIP-01", SUB, *WORDS).stdout.split())
    assert f"while SIP-01 on {SUB} is unknown, as it was in the last run: you cannot" in shown
    assert f"A difference that a later run finds there is hidden until the end of {LATER}" in shown


def test_a_name_that_the_last_run_does_not_have_is_refused(drifted: Lab) -> None:
    drifted.run("audit")
    before = (drifted.folder / "accepted.toml").read_bytes()
    result = drifted.run("waive", "RPT-02", "imp9", *WORDS)
    assert result.exit_code == 2
    assert SUB in result.stderr
    assert (drifted.folder / "accepted.toml").read_bytes() == before


def waive(config: Path, *words: str) -> Result:
    return CliRunner().invoke(app, ["waive", *words, "-c", str(config), "--history", "off"])


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Give a configuration of two clusters that names no file of waivers."""
    path = tmp_path / "auditor.toml"
    clusters = "".join(
        f'''[[cluster]]
name = "{name}"
cucm_publisher = "cucm-{name}.example.com"
[[cluster.node]]
name = "imp1.{name}.example.com"
role = "publisher"
[[cluster.node]]
name = "imp1.{name}.example.net"
role = "subscriber"
'''
        for name in ("east", "west")
    )
    path.write_text(f'[defaults]\nusername = "u"\n{clusters}')
    return path


def test_without_a_named_file_one_is_made_beside_the_configuration(config: Path) -> None:
    result = waive(config, "RPT-02", "imp1.east.example.net", "east", *WORDS)
    assert result.exit_code == 0, result.output
    assert (config.parent / "waivers.toml").is_file()
    assert 'put waivers = "waivers.toml" into its [defaults]' in result.stderr


MISTAKES: dict[str, tuple[tuple[Any, ...], str]] = {
    "which cluster": (("RPT-02", "imp1.east.example.net", *WORDS), "east, west"),
    "which node": (("RPT-02", "imp1", "east", *WORDS), "imp1.east.example.com or imp1.east"),
    "which recommendation": (("RPT-2", "imp1", "east", *WORDS), "did you mean"),
    "which key": (("PROFILE-01", "chta", "east", *WORDS), "`deployment.chat`"),
    "which day": (("RPT-02", "x", "east", *WORDS, "--until", "31.12.2026"), "such as 2026-12-31"),
    "a past day": (("RPT-02", "x", "east", *WORDS, "--until", "2020-01-01"), "is in the past"),
    "a far day": (("RPT-02", "x", "east", *WORDS, "--until", "2226-01-01"), "too far away"),
    "no reason": (("RPT-02", "x", "east", *WORDS, "--reason", " "), "key `reason`"),
}


@pytest.mark.parametrize(("words", "said"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_one_line_and_writes_nothing(
    config: Path, words: tuple[str, ...], said: str
) -> None:
    result = waive(config, *words)
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stderr.count("\n") == 1
    assert not (config.parent / "waivers.toml").exists()
