"""A full disk and a folder that cannot be written: nothing half done, nothing lost in silence."""

import json
import os
import resource
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from auditor.errors import ConfigError
from auditor.history.opening import open_history
from tests.history.runs import DRIFT, judged
from tests.history.test_history_opening import nobody
from tests.lab import DRIFTED_PAIR, Lab

Start = Callable[..., Lab]

LIMIT = 12_000
"""Less than the report, the history and the longest reply are."""


def audit(lab: Lab, *words: str, limit: int = resource.RLIM_INFINITY) -> tuple[int, list[str]]:
    """Run an audit that can write no file beyond a limit; it stands for a full disk."""
    done = subprocess.run(
        [sys.executable, "-m", "auditor", "audit", "-c", str(lab.config), *words],
        env={**os.environ, **lab.environment},
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )
    return done.returncode, done.stderr.splitlines()


def test_a_full_disk_costs_the_reports_of_this_run_and_no_older_one(
    lab: Start, tmp_path: Path
) -> None:
    running, out, url = lab(DRIFTED_PAIR), tmp_path / "out", f"sqlite:///{tmp_path}/h.sqlite3"
    out.mkdir()
    words = ["-o", f"json:{out}/r.json", "--history", url]
    assert audit(running, *words) == (3, [])
    before = (out / "r.json").read_bytes()

    evidence = ["--evidence", str(tmp_path / "evidence")]
    code, lines = audit(running, *words, *evidence, limit=LIMIT)
    assert code == 1
    assert any(line.startswith(f"auditor: {out}/r.json cannot be written") for line in lines)
    assert any(line.startswith("auditor: This run is not recorded: ") for line in lines)
    assert any("evidence" in line for line in lines)
    assert lines[-1] == "auditor: The audit itself ended with exit code 3."
    assert "Traceback" not in "\n".join(lines)

    assert [(path.name, path.read_bytes()) for path in out.iterdir()] == [("r.json", before)]
    with sqlite3.connect(tmp_path / "h.sqlite3") as history:
        assert history.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    history.close()
    assert audit(running, *words) == (3, [])
    assert json.loads((out / "r.json").read_bytes())["run"]["past"]["pair"]["previous_run"]
    store = open_history(url)
    assert store is not None
    assert len(store.runs()) == 2


def test_a_history_in_a_read_only_folder_is_refused_before_anything_is_asked(
    tmp_path: Path,
) -> None:
    """SQLite keeps a journal beside the file, and would fail only at the end of the run."""
    known = open_history(f"sqlite:///{tmp_path}/loads-all-that-it-needs.sqlite3")
    assert known is not None
    known.record(judged(1, {"SIP-01": DRIFT}))
    with nobody() as folder:
        url = f"sqlite:///{folder}/history.sqlite3"
        open_history(url)
        folder.chmod(0o500)
        with pytest.raises(ConfigError, match=r"not writable .* --history off"):
            open_history(url)
        assert open_history(url, writes=False) is not None
        folder.chmod(0o700)
