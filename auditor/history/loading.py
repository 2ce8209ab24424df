"""The history of a run, whose library loads while the clusters are asked: a third of a start."""

from collections.abc import Mapping
from concurrent.futures import Future
from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING, Protocol

from auditor.errors import ConfigError, OutputError
from auditor.history.sqlite_file import find_sqlite_file, is_ready
from auditor.models.nodes import RecordedTopology, RunState

if TYPE_CHECKING:  # this is what loads late
    from auditor.history.store import HistoryStore
    from auditor.models.history import ClusterHistory
    from auditor.models.report import Report


_HISTORY_OFF = "off"


def is_history_off(url: str | None) -> bool:
    """Return whether the word `off` is given in place of a database URL."""
    return url is not None and url.strip().casefold() == _HISTORY_OFF


class RunHistory(Protocol):
    """What a run needs of a history; `HistoryStore` describes each method."""

    @property
    def shown(self) -> str:
        """Return the database's URL without password or options."""

    def record(self, report: "Report") -> None:
        """Write a run."""

    def past(self, report: "Report") -> "dict[str, ClusterHistory]":
        """Return what history adds to a report."""

    def changing_services(
        self, cluster: str, publisher: str | None = None
    ) -> Mapping[tuple[str, str], RunState]:
        """Return the services that the last run found Starting or Stopping."""

    def recorded_topology(
        self, cluster: str, publisher: str | None = None
    ) -> RecordedTopology | None:
        """Return the nodes of a cluster as CUCM last listed them."""


def open_run_history(url: str | None) -> RunHistory | None:
    """Return the history of a run, None where it is off; then no database library is loaded.

    A SQLite file that is ready is opened later, see `open_beside_run`. Every other database is
    opened now, before any cluster is asked: it may have to be created or migrated, or cannot be
    used.

    Raises:
        ConfigError: no run can be recorded there.
    """
    if is_history_off(url):
        return None
    file = find_sqlite_file(url)
    return _LateHistory(url) if file and is_ready(file) else open_store(url)


def open_store(url: str | None) -> "HistoryStore":
    """Open a history that is on, and load the database library for it."""
    from auditor.history.opening import open_history

    store = open_history(url)
    assert store is not None  # noqa: S101 - only `off` gives none
    return store


def open_beside_run(history: RunHistory | None) -> None:
    """Open a history that is not open yet, and compile its queries.

    An error is raised where the history is used.
    """
    if isinstance(history, _LateHistory):
        with suppress(ConfigError):
            history.open().prepare()


class _LateHistory:
    """A history that is opened by the first who needs it; all others wait until it is."""

    def __init__(self, url: str | None) -> None:
        self._url = url
        self._lock = Lock()
        self._opened: Future[HistoryStore] = Future()

    def open(self) -> "HistoryStore":
        with self._lock:
            if not self._opened.done():
                try:
                    self._opened.set_result(open_store(self._url))
                except ConfigError as error:
                    self._opened.set_exception(error)
        return self._opened.result()

    @property
    def shown(self) -> str:
        return self._store_of_report().shown

    def record(self, report: "Report") -> None:
        self._store_of_report().record(report)

    def past(self, report: "Report") -> "dict[str, ClusterHistory]":
        return self._store_of_report().past(report)

    def changing_services(
        self, cluster: str, publisher: str | None = None
    ) -> Mapping[tuple[str, str], RunState]:
        return self.open().changing_services(cluster, publisher)

    def recorded_topology(
        self, cluster: str, publisher: str | None = None
    ) -> RecordedTopology | None:
        return self.open().recorded_topology(cluster, publisher)

    def _store_of_report(self) -> "HistoryStore":
        try:
            return self.open()
        except ConfigError as error:
            # The clusters have been asked, so their report must not be lost.
            raise OutputError("\n".join(error.problems)) from error
