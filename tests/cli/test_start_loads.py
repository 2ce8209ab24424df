"""A command loads only the libraries that it works with: loading is most of what a start takes."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable

from tests.lab import Lab

Start = Callable[..., Lab]

LIBRARIES = (
    *("pydantic", "zeep", "requests", "cryptography", "sqlalchemy", "alembic", "jinja2"),
    "distributed",
)

NOT_BEFORE_THE_FIRST_ANSWER = (
    "sqlalchemy",
    "alembic",
    "jinja2",
    "rich",
    "tenacity",
    "tomlkit",
    "auditor.judging",
    "auditor.models.history",
    "auditor.models.report",
    "auditor.recommendations.engine",
    "auditor.recommendations.packs",
    "auditor.soap.evidence",
    "auditor.waivers",
    "auditor.report.terminal",
)
"""Neither a pipe nor the first request needs any of them."""

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
    assert _loaded(*words, "off", lab=running).isdisjoint({"sqlalchemy", "alembic", "distributed"})
    kept = f"sqlite:///{running.folder}/h.sqlite3"
    assert "sqlalchemy" in _loaded(*words, kept, lab=running)


FIRST_REQUEST = f"""
import os, sys
sys.argv[0] = "auditor"
from auditor.soap.transport import LiveSession
def post(session, request):
    sys.stderr.write(" ".join(m for m in {NOT_BEFORE_THE_FIRST_ANSWER!r} if m in sys.modules))
    sys.stderr.write(" asked")
    sys.stderr.flush()
    os._exit(0)
LiveSession.post = post
from auditor.__main__ import main
main()
"""


def test_the_first_request_waits_for_nothing_that_only_later_steps_need(lab: Start) -> None:
    """With a history that was used before, which is opened while answers are on their way."""
    running = lab("healthy")
    history = f"sqlite:///{running.folder}/h.sqlite3"
    words = ("audit", "-c", str(running.config), "--history", history, "-o", "json")
    assert "sqlalchemy" in _loaded(*words, "--quiet", lab=running)
    environment = {**os.environ, **running.environment}
    ended = subprocess.run(
        [sys.executable, "-c", FIRST_REQUEST, *words],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.stderr.split() == ["asked"]


def test_an_audit_is_judged_once_all_is_loaded(lab: Start) -> None:
    """Ctrl-C in an import that waits for another thread's could hang the program."""
    loaded: list[bool] = []
    released = threading.Event()
    timer = threading.Timer(1, released.set)
    timer.start()
    lab("healthy").audit(background_work=lambda: loaded.append(released.wait(20)))
    assert loaded == [True]
