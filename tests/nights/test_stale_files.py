"""What a killed process leaves beside its output goes with the next write; nothing else does."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from auditor.files import create_file, write_file

KILLED_WHILE_WRITING = """
import os, signal, sys
from pathlib import Path
from auditor.files import write_file

def half():
    yield "the first half"
    os.kill(os.getpid(), signal.SIGKILL)

write_file(Path(sys.argv[1]), half())
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "reports"
    folder.mkdir()
    return folder


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def leave_stale_file(folder: Path) -> Path:
    command = [sys.executable, "-c", KILLED_WHILE_WRITING, str(folder / "report.json")]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    (stale,) = folder.iterdir()
    assert stale.name.startswith(".auditor-")
    return stale


@pytest.mark.parametrize("write", [write_file, create_file])
def test_the_next_write_removes_what_a_kill_left(
    folder: Path, write: Callable[[Path, str], None]
) -> None:
    leave_stale_file(folder)
    write(folder / "report.json", "whole")
    assert names(folder) == ["report.json"]


def test_a_file_that_is_being_written_stays(folder: Path) -> None:
    def meanwhile() -> Iterator[str]:
        yield "first, "
        write_file(folder / "other.json", "other")
        yield "last"

    write_file(folder / "report.json", meanwhile())
    assert (folder / "report.json").read_text() == "first, last"
    assert names(folder) == ["other.json", "report.json"]


def test_writers_at_once_leave_each_other_alone(folder: Path) -> None:
    def write(number: int) -> None:
        for _ in range(20):
            write_file(folder / f"{number}.json", "whole")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    assert names(folder) == [f"{number}.json" for number in range(8)]


def test_a_file_that_is_taken_away_before_it_is_locked_is_made_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.open
    taken: list[Path] = []

    def open_and_lose(path: Path, *rest: int) -> int:
        number = real(path, *rest)
        if not taken:
            taken.append(path)
            path.unlink()
        return number

    monkeypatch.setattr("auditor.files.os.open", open_and_lose)
    write_file(folder / "report.json", "whole")
    assert taken
    assert (folder / "report.json").read_text() == "whole"


@pytest.mark.parametrize(("age_h", "left"), [(1, True), (25, False)])
def test_a_file_of_another_host_stays_for_a_day(folder: Path, age_h: int, left: bool) -> None:
    """Its lock may not be seen here."""
    stale = leave_stale_file(folder)
    foreign = stale.rename(folder / ".auditor-00000000-1234.tmp")
    changed = foreign.stat().st_mtime - age_h * 3600
    os.utime(foreign, (changed, changed))
    write_file(folder / "report.json", "whole")
    assert foreign.exists() is left


def test_what_only_has_such_a_name_stays(folder: Path) -> None:
    """A pipe would block whoever opens it, and a link may lead to anything."""
    own = leave_stale_file(folder).name
    (folder / own).unlink()
    os.mkfifo(folder / own.replace(".tmp", "1.tmp"))
    (folder / own.replace(".tmp", "2.tmp")).symlink_to(folder / "precious")
    (folder / own.replace(".tmp", "3.tmp")).mkdir()
    (folder / "precious").write_text("kept")
    before = names(folder)
    write_file(folder / "report.json", "whole")
    assert names(folder) == sorted([*before, "report.json"])
