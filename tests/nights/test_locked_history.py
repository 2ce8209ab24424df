"""A history that another program holds in the middle of a run: one wait in all, nothing silent."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
import pytest

from auditor.cli.session import recall_from_history
from auditor.errors import AuditorError
from auditor.history import database
from auditor.history.store import HistoryStore
from tests.history.conftest import history, postgresql_url, server, url
from tests.history.runs import DRIFT, judged

__all__ = ["history", "postgresql_url", "server", "url"]

STEPS = 20
WAIT_S = 0.5


@contextmanager
def held(url: str) -> Iterator[None]:
    """Hold a history so that nobody else can read it."""
    if url.startswith("sqlite"):
        holder = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
        holder.execute("BEGIN EXCLUSIVE")
        yield
        holder.close()
    else:
        with psycopg.connect(url) as other:
            other.execute("LOCK TABLE auditor_run, auditor_topology IN ACCESS EXCLUSIVE MODE")
            yield
            other.rollback()


def failures(steps: list[Callable[[], object]]) -> list[str]:
    """Return what each step said; the last one may also end well."""
    told = []
    for step in steps:
        with pytest.raises(AuditorError) as failed:
            step()
        told.append(str(failed.value))
    return told


def test_all_steps_of_a_run_wait_once(
    history: HistoryStore, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tonight = judged(2, {"SIP-01": DRIFT})
    history.record(judged(1, {"SIP-01": DRIFT}))
    monkeypatch.setattr(history.database.lock_wait, "left_s", WAIT_S)
    with held(url):
        began = time.monotonic()
        told = failures(
            [
                *(lambda: history.recorded_topology("lab") for _ in range(STEPS)),
                lambda: history.past(tonight),
                lambda: history.record(tonight),
            ]
        )
        took = time.monotonic() - began
    assert WAIT_S * 0.9 < took < WAIT_S * STEPS / 2
    assert all("another program holds it: wait for that and run again" in line for line in told)
    assert told[-1].startswith("This run is not recorded: ")
    history.record(tonight)
    assert len(history.runs()) == 2, "what is free again is used again"


def test_all_clusters_without_a_cucm_wait_once(
    history: HistoryStore, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    history.record(judged(1, {"SIP-01": DRIFT}))
    monkeypatch.setattr(database, "LOCK_TIMEOUT_S", WAIT_S)
    recall = recall_from_history(url)
    with held(url):
        began = time.monotonic()
        told = failures([lambda: recall("lab", "cucm-pub.lab.test") for _ in range(STEPS)])
        took = time.monotonic() - began
    assert took < WAIT_S * STEPS / 2
    assert len(set(told)) == 1
