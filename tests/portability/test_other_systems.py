"""The program with what Windows and its consoles have: as near as Linux comes to it."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from typer.testing import CliRunner

from auditor.cli.app import COMMAND_MODULES, app
from auditor.config.value_checks import split_command
from auditor.errors import ConfigError
from auditor.report.formats import ReportFormat, parse_output_targets
from auditor.simulator.shell_lines import audit_line, change_line
from auditor.soap.evidence.files import StoredFile
from tests.lab import DRIFTED_PAIR, Lab
from tests.portability.absent_names import WATCHED_MODULES, absent_modules, absent_names

Start = Callable[..., Lab]

MODULES = sorted(absent_modules("win32") - {"posix", "_posixsubprocess"})
"""Python itself, as it is here, needs the two that are left out."""

NAMES = {module: sorted(absent_names(module, "win32")) for module in WATCHED_MODULES}

WITHOUT_POSIX = f"""
import importlib, sys
# These choose at their loading what suits the system, and it is not the system that is tested.
import asyncio, multiprocessing, platform, random, shutil, subprocess, tempfile, uuid
import platformdirs
for module in {MODULES!r}:
    sys.modules[module] = None
for module, names in {NAMES!r}.items():
    loaded = importlib.import_module(module)
    for name in names:
        if hasattr(loaded, name):
            delattr(loaded, name)
importlib.reload(tempfile)  # it has looked for flags that are gone now
sys.argv[0] = "auditor"
from auditor.__main__ import main
main()
"""


def _run(
    *words: str, lab: Lab | None = None, program: str = "", **environment: str
) -> "subprocess.CompletedProcess[bytes]":
    start = ["-c", program] if program else ["-m", "auditor"]
    return subprocess.run(
        [sys.executable, *start, *words],
        env={**os.environ, **(lab.environment if lab else {}), **environment},
        capture_output=True,
        check=False,
        timeout=60,
    )


def _steady(output: bytes) -> str:
    text = re.sub(r"20\d\d-\d\d-\d\dT[\d:]+Z", "TIME", output.decode())
    return re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "ID", text)


def test_an_audit_is_the_same_without_anything_that_only_posix_has(
    lab: Start, tmp_path: Path
) -> None:
    """It writes files, keeps evidence and a history, and replaces an older file."""
    running = lab(DRIFTED_PAIR)
    config = str(running.config)
    outputs = []
    for name, program in (("usual", ""), ("bare", WITHOUT_POSIX)):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "report.json").write_text("older")
        words = ["audit", "-c", config, "-o", f"json:{folder}/report.json", "-o", "terminal"]
        words += ["--evidence", f"{folder}/evidence", "--history", f"sqlite:///{folder}/h.sqlite3"]
        ended = _run(*words, lab=running, program=program)
        assert (ended.returncode, ended.stderr) == (3, b"")
        assert json.loads((folder / "report.json").read_text())["clusters"]
        assert {path.name for path in folder.iterdir()} == {
            "report.json",
            "evidence",
            "h.sqlite3",
        }
        outputs.append(_steady(ended.stdout))
        replayed = _run("audit", "--replay", f"{folder}/evidence", program=program)
        assert replayed.returncode == 3, replayed.stderr
    assert outputs[0] == outputs[1]


def test_a_stale_file_without_locks_is_removed_after_a_day(lab: Start, tmp_path: Path) -> None:
    """A younger one may be in use by another process, which no lock shows."""
    running = lab(DRIFTED_PAIR)
    young, old = tmp_path / ".auditor-young.tmp", tmp_path / ".auditor-old.tmp"
    for path in (young, old):
        path.write_text("")
    os.utime(old, (0, 0))
    words = ("audit", "-c", str(running.config), "-o", f"json:{tmp_path}/r.json")
    ended = _run(*words, "--history", "off", lab=running, program=WITHOUT_POSIX)
    assert ended.returncode == 3, ended.stderr
    assert young.exists()
    assert not old.exists()


def _commands(lab: Lab, folder: Path) -> Mapping[str, list[str]]:
    """Return a run of every command that ends by itself."""
    config = ["-c", str(lab.config)]
    snapshot = str(folder / "before.json")
    return {
        **{f"help {name}": [name, "--help"] for name in COMMAND_MODULES},
        **{f"audit {f}": ["audit", *config, "-o", f, "--history", "off"] for f in ReportFormat},
        "audit": ["audit", *config, "--history", f"sqlite:///{folder}/h.sqlite3"],
        "docs": ["docs"],
        "docs change": ["docs", "change"],
        "doctor": ["doctor", *config],
        "examples": ["examples", "cron"],
        "explain": ["explain", "AXL-02"],
        "failover-check": ["failover-check", *config, "--history", "off"],
        "history": ["history", *config, "--history", f"sqlite:///{folder}/h.sqlite3"],
        "nagios": ["nagios", *config],
        "precheck": ["precheck", *config, "--restart", "Cisco XCP Router@imp1.lab.test"],
        "rules": ["rules"],
        "schema": ["schema"],
        "snapshot": ["snapshot", *config, "--to", snapshot],
        "diff": ["diff", snapshot, "live", *config],
        "simulate": ["simulate"],
        "version": ["--version"],
    }


@pytest.mark.parametrize("encoding", ["cp1252", "cp437"])
def test_every_command_prints_on_a_console_of_another_encoding(
    lab: Start, tmp_path: Path, encoding: str
) -> None:
    """Python raises an error for what such a console has no character for."""
    running = lab({**DRIFTED_PAIR, "cluster": {"name": "Zürich ✓"}})
    runner = CliRunner(charset=encoding, env=running.environment)
    for name, words in _commands(running, tmp_path).items():
        ended = runner.invoke(app, words)
        assert ended.exit_code in ((1,) if name == "nagios" else (0, 3, 4)), (name, ended.output)
        assert not isinstance(ended.exception, UnicodeError), name
        assert ended.stdout_bytes.decode(encoding).strip(), name


def test_a_path_of_windows_is_a_path() -> None:
    r"""`html:C:\x.html` is the format and a path; `C:\x.html` alone has no format."""
    (target,) = parse_output_targets([r"html:C:\reports\x.html"])
    assert (target.format, str(target.path)) == (ReportFormat.HTML, r"C:\reports\x.html")
    with pytest.raises(ConfigError, match="unknown format 'C'"):
        parse_output_targets([r"C:\reports\x.html"])


def test_a_command_for_the_password_keeps_the_backslashes_of_windows() -> None:
    line = r'"C:\Program Files\pass.exe" show cucm'
    assert split_command(line, keep_backslashes=True) == [
        r"C:\Program Files\pass.exe",
        "show",
        "cucm",
    ]
    assert split_command(r"pass\ word '#1' a\"b", keep_backslashes=False) == [
        "pass word",
        "#1",
        'a"b',
    ]


def test_the_simulator_prints_lines_for_powershell() -> None:
    line = audit_line("it's $HOME", Path("C:/a b.toml"), powershell=True)
    assert line == "$env:AUDITOR_PASSWORD = 'it''s $HOME'; auditor audit --config 'C:/a b.toml'"
    assert change_line('{"clear": {}}', "http://x", powershell=True).endswith(
        "-Body '{\"clear\": {}}' http://x"
    )


@pytest.mark.parametrize("name", [r"..\x", r"a\..\..\x", "C:x", "a/b:stream", "../x"])
def test_no_stored_name_leads_out_of_the_evidence_on_any_system(name: str) -> None:
    from pydantic import TypeAdapter, ValidationError

    with pytest.raises(ValidationError, match="no name of a file in the folder"):
        TypeAdapter(StoredFile).validate_python({"name": name, "sha256": ""})
