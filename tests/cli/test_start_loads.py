"""A command loads only the libraries that it works with: loading is most of what a start takes."""

import os
import subprocess
import sys
from collections.abc import Callable

from tests.lab import Lab

Start = Callable[..., Lab]

LIBRARIES = ("pydantic", "zeep", "requests", "cryptography", "sqlalchemy", "alembic", "jinja2")

PROGRAM = f"""
import atexit, sys
sys.argv[0] = "auditor"
said = lambda: sys.stderr.write(" ".join(m for m in {LIBRARIES!r} if m in sys.modules))
atexit.register(said)
from auditor.__main__ import main
main()
"""


def _loaded(*words: str, lab: Lab | None = None) -> set[str]:
    environment = {**os.environ, **(lab.environment if lab else {})}
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM, *words],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return set(ended.stderr.split())


def test_the_version_is_there_without_any_of_them() -> None:
    assert _loaded("--version") == set()


def test_without_a_history_no_database_is_loaded(lab: Start) -> None:
    running = lab("healthy")
    words = ("audit", "-c", str(running.config), "--quiet", "-o", "json", "--history")
    assert _loaded(*words, "off", lab=running).isdisjoint({"sqlalchemy", "alembic"})
    kept = f"sqlite:///{running.folder}/h.sqlite3"
    assert "sqlalchemy" in _loaded(*words, kept, lab=running)
