"""What Tab offers, as the shell asks for it."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from auditor.recommendations.packs import load_packs

CONFIG = """
[[cluster]]
name = "lab"
cucm_publisher = "cucm-lab.test"
[[cluster.node]]
name = "imp1.lab.test"
redundancy_group = "East"
[cluster.addresses]
"imp2.lab.test" = "127.0.0.2"
"cucm-lab.test" = "127.0.0.3"
[[cluster]]
name = "Lagos west"
[[cluster]]
name = "paris"
"""
PROGRAM = "import sys; sys.argv[0] = 'auditor'; from auditor.__main__ import main; main()"
HEAVY = ("zeep", "requests", "sqlalchemy", "cryptography", "lxml", "aiohttp", "keyring")


def _press_tab(
    line: str, folder: Path, environment: Mapping[str, str] | None = None, program: str = PROGRAM
) -> "subprocess.CompletedProcess[str]":
    """Ask as bash does, the cursor behind the line."""
    words = line.split()
    return subprocess.run(
        [sys.executable, "-c", program],
        env={
            **os.environ,
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "_AUDITOR_COMPLETE": "complete_bash",
            "COMP_WORDS": line,
            "COMP_CWORD": str(len(words) if line.endswith(" ") else len(words) - 1),
            **(environment or {}),
        },
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def _offered(line: str, folder: Path, environment: Mapping[str, str] | None = None) -> list[str]:
    ended = _press_tab(line, folder, environment)
    assert (ended.returncode, ended.stderr) == (0, "")
    return [word for word in ended.stdout.splitlines() if word]


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """Return a working directory with a configuration file."""
    folder = tmp_path / "desk"
    folder.mkdir()
    (folder / "auditor.toml").write_text(CONFIG)
    return folder


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("auditor audit ", ["Lagos west", "lab", "paris"]),
        ("auditor audit la", ["lab", "lagos west"]),
        ("auditor nagios p", ["paris"]),
        ("auditor doctor p", ["paris"]),
        ("auditor login p", ["paris"]),
        ("auditor trust imp1.test p", ["paris"]),
        ("auditor precheck p", ["paris"]),
        ("auditor precheck --on imp", ["imp1.lab.test", "imp2.lab.test"]),
        ("auditor precheck paris --on imp", []),
        ("auditor precheck lab --activate sip", ["sip Federation Connection Manager", "sip Proxy"]),
        ("auditor precheck lab --activate Mes", ["Message Archiver"]),
        ("auditor precheck lab --restart route", ["route Datastore", "router"]),
        ("auditor precheck lab --deactivate cisco-sip", []),
        ("auditor precheck lab --activate Proxy@imp1", ["Proxy@imp1.lab.test"]),
        ("auditor precheck lab --feature comp", ["compliance=", "compliance_third_party="]),
        ("auditor precheck lab --feature intercluster=t", ["intercluster=true"]),
        ("auditor precheck lab --feature chat=i", ["chat=imp1.lab.test", "chat=imp2.lab.test"]),
        ("auditor precheck lab -o ", ["json", "markdown", "terminal"]),
        ("auditor audit -o j", ["json", "junit"]),
        ("auditor failover-check --group e", ["east"]),
        ("auditor trust cucm", ["cucm-lab.test"]),
        ("auditor trust imp2", ["imp2.lab.test"]),
        ("auditor waive axl-02 east", ["east"]),
        ("auditor history p", ["paris"]),
        ("auditor schema d", ["diff", "doctor"]),
        ("auditor docs fail", ["failover"]),
        ("auditor audit --qui", ["--quiet"]),
        ("auditor explain axl-0", ["axl-01", "axl-02", "axl-03", "axl-04", "axl-05"]),
        ("auditor simulate he", ["healthy"]),
        ("auditor examples k", ["kubernetes"]),
        ("auditor doct", ["doctor"]),
    ],
)
def test_words_are_offered_where_they_belong(desk: Path, line: str, offered: list[str]) -> None:
    assert _offered(line, desk) == offered


def test_every_recommendation_is_offered(desk: Path) -> None:
    assert set(_offered("auditor explain ", desk)) == {row.id for row in load_packs()}


def test_the_file_on_the_line_or_in_the_environment_counts(desk: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    other.write_text('[[cluster]]\nname = "oslo"\n')
    assert _offered(f"auditor audit -c {other} ", desk) == ["oslo"]
    assert _offered("auditor audit ", desk, {"AUDITOR_CONFIG": str(other)}) == ["oslo"]


@pytest.mark.parametrize(
    "content",
    [None, "", "no toml [", "cluster = 3", "cluster = [1]", "[[cluster]]\nname = 3", b"\xff\xfe"],
)
def test_a_missing_or_broken_file_completes_nothing_and_prints_no_error(
    tmp_path: Path, content: str | bytes | None
) -> None:
    folder = tmp_path / "desk"
    folder.mkdir()
    if isinstance(content, str):
        (folder / "auditor.toml").write_text(content)
    elif content is not None:
        (folder / "auditor.toml").write_bytes(content)
    assert _offered("auditor audit ", folder) == []


def test_a_folder_in_place_of_the_file_offers_nothing(desk: Path) -> None:
    assert _offered(f"auditor audit -c {desk} ", desk) == []


@pytest.mark.parametrize("line", ["auditor ", "auditor explain ", "auditor simulate "])
def test_completion_loads_no_large_library(desk: Path, line: str) -> None:
    """Whoever presses Tab waits."""
    program = (
        "import atexit, sys\n"
        f"said = lambda: sys.stderr.write(' '.join(m for m in {HEAVY!r} if m in sys.modules))\n"
        f"atexit.register(said)\n{PROGRAM}"
    )
    ended = _press_tab(line, desk, program=program)
    assert ended.stdout
    assert ended.stderr == ""
