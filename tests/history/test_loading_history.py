"""The history of a run that loads while clusters are asked: nothing is lost by that."""

import sqlite3
from pathlib import Path

import pytest

from auditor.errors import ConfigError, OutputError
from auditor.history import loading
from auditor.history.loading import open_run_history
from auditor.history.opening import open_history
from auditor.history.sqlite_file import is_ready
from auditor.history.store import HistoryStore


@pytest.fixture(name="file")
def _file(tmp_path: Path) -> Path:
    """Return a history that has been used before."""
    file = tmp_path / "history.sqlite3"
    open_history(f"sqlite:///{file}")
    return file


def test_a_file_that_was_used_before_is_ready(file: Path) -> None:
    assert is_ready(file)
    history = open_run_history(f"sqlite:///{file}")
    assert history
    assert history.shown == f"sqlite:///{file}"
    assert history.recorded_topology("lab") is None
    assert history.changing_services("lab") == {}


@pytest.mark.parametrize("content", [None, b"", b"no database"])
def test_a_file_that_is_none_is_opened_before_clusters_are_asked(
    tmp_path: Path, content: bytes | None
) -> None:
    """It is created, or refused with its reason."""
    file = tmp_path / "history.sqlite3"
    if content is not None:
        file.write_bytes(content)
    assert not is_ready(file)
    if content == b"no database":
        with pytest.raises(ConfigError, match="not a database"):
            open_run_history(f"sqlite:///{file}")
    else:
        assert isinstance(open_run_history(f"sqlite:///{file}"), HistoryStore)


def test_an_older_schema_is_not_ready(file: Path) -> None:
    """Nor one of a newer program, which the full look names."""
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE auditor_schema SET version_num = '0001'")
    connection.close()
    assert not is_ready(file)


def test_a_locked_file_is_not_ready(file: Path) -> None:
    """It is not waited for here: the full look knows how long."""
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert not is_ready(file)
    other.close()
    assert is_ready(file)


def test_one_that_fails_after_all_costs_no_report(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By then the clusters have been asked."""

    def fail(_url: str | None) -> HistoryStore:
        raise ConfigError(["history: the disk is gone"])

    monkeypatch.setattr(loading, "open_store", fail)
    history = open_run_history(f"sqlite:///{file}")
    assert history
    with pytest.raises(OutputError, match="the disk is gone"):
        _ = history.shown
    with pytest.raises(ConfigError):
        history.changing_services("lab")


def test_off_is_none() -> None:
    assert open_run_history("OFF") is None
