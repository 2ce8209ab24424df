"""The database of the history: transactions, waiting for other writers, errors as ours.

No connection outlives a transaction, so none is held open while a cluster is being asked.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, NoSuchModuleError
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from auditor.errors import AuditorError, ConfigError
from auditor.extras import Extra, missing_extra_text
from auditor.history.url import DatabaseLocation
from auditor.redaction import Redactor
from auditor.text import escape_unprintable, shorten_text

LOCK_TIMEOUT_S: float = 10
"""How long a run waits for another program that holds the database."""

# By itself the driver waits for minutes where a firewall drops packets.
_CONNECT_TIMEOUT = "connect_timeout"
_SHORTEST_CONNECT_TIMEOUT_S = 2  # of PostgreSQL's own
_MAX_DRIVER_ERROR_LENGTH = 300
# The two drivers share no error for this, so it is known by SQLite's and PostgreSQL's words.
_BUSY_MESSAGES = ("database is locked", "lock timeout")
# Under this mode readers go on, and only other writers wait.
_WRITER_LOCK = "LOCK TABLE auditor_run IN EXCLUSIVE MODE"
_WRITE_OPTION = "auditor_writes"


def history_error(line: str) -> ConfigError:
    """Return the error of a history that cannot be used."""
    return ConfigError([line])


@dataclass(slots=True)
class LockWait:
    """How long the next transaction waits for other programs: not again after one that failed."""

    left_s: float = field(default_factory=lambda: LOCK_TIMEOUT_S)

    @property
    def left_ms(self) -> int:
        """Return the milliseconds left, at least 1: to PostgreSQL 0 means to wait for ever."""
        return max(1, round(self.left_s * 1000))


@dataclass(frozen=True, slots=True)
class HistoryDatabase:
    """A database; errors of its driver are raised as errors of ours."""

    engine: Engine = field(repr=False)  # its repr shows the options of the URL
    address: DatabaseLocation
    lock_wait: LockWait

    @contextmanager
    def reading(
        self, failed: Callable[[str], AuditorError] = history_error
    ) -> Iterator[Connection]:
        """Open a transaction that sees the same state of the database throughout.

        `failed` makes the error from its sentence.
        """
        with self._translated(failed), self.engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                # The default would show a run that ends between two queries to the second one
                # alone.
                connection.execution_options(isolation_level="REPEATABLE READ")
            with connection.begin():
                self._limit_lock_waits(connection)
                yield connection

    @contextmanager
    def writing(
        self, failed: Callable[[str], AuditorError] = history_error, lock: str = _WRITER_LOCK
    ) -> Iterator[Connection]:
        """Open a transaction that excludes other writers.

        It is written as a whole or, after an exception or a crash, not at all. `lock` is the
        statement that PostgreSQL runs first.
        """
        with self._translated(failed), self.engine.connect() as connection:
            connection.execution_options(**{_WRITE_OPTION: True})
            with connection.begin():
                self._limit_lock_waits(connection)
                if connection.dialect.name == "postgresql":
                    connection.execute(text(lock))
                yield connection

    def _limit_lock_waits(self, connection: Connection) -> None:
        # SQLite is told when it connects. On PostgreSQL readers wait too, for a VACUUM FULL say.
        if connection.dialect.name == "postgresql":
            connection.execute(text(f"SET LOCAL lock_timeout = {self.lock_wait.left_ms}"))

    @contextmanager
    def _translated(self, failed: Callable[[str], AuditorError]) -> Iterator[None]:
        """Raise errors of the driver as ours, without their cause: drivers repeat their input."""
        try:
            yield
        except DBAPIError as fault:
            # What follows tries once, without waiting: a run must not wait for each of its steps.
            self.lock_wait.left_s = 0
            raise failed(self._sentence(fault)) from None
        else:
            self.lock_wait.left_s = LOCK_TIMEOUT_S

    def _sentence(self, fault: DBAPIError) -> str:
        redactor = Redactor(self.address.secrets)
        line = redactor.redact_text(" ".join(str(fault.orig).split()))
        line = shorten_text(line, _MAX_DRIVER_ERROR_LENGTH)
        return escape_unprintable(f"history {self.address.shown}: {line}; {_database_advice(line)}")


def _database_advice(line: str) -> str:
    if any(message in line for message in _BUSY_MESSAGES):
        return "another program holds it: wait for that and run again"
    return "fix that, name another database with --history, or run with --history off"


def connect_database(address: DatabaseLocation) -> HistoryDatabase:
    """Return the database of an address; nothing is opened yet.

    Raises:
        ConfigError: the extra for PostgreSQL is not installed.
    """
    lock_wait = LockWait()
    try:
        engine = create_engine(
            address.url, poolclass=NullPool, connect_args=_connect_arguments(address)
        )
    except (ImportError, NoSuchModuleError):
        raise history_error(
            missing_extra_text("history: PostgreSQL needs", Extra.POSTGRESQL)
        ) from None
    if address.file:
        _prepare_sqlite(engine, lock_wait)
    elif _CONNECT_TIMEOUT not in address.url.query:
        _limit_connecting(engine, lock_wait)
    return HistoryDatabase(engine, address, lock_wait)


def _connect_arguments(address: DatabaseLocation) -> dict[str, str | None]:
    if address.file:
        # No isolation level: Python then leaves it to us when a transaction begins.
        return {"isolation_level": None}
    return {} if "application_name" in address.url.query else {"application_name": "auditor"}


def _limit_connecting(engine: Engine, lock_wait: LockWait) -> None:
    """Let each connection to PostgreSQL take as long as the run still waits."""

    def limit(_dialect: object, _entry: object, _words: object, arguments: dict[str, Any]) -> None:
        arguments[_CONNECT_TIMEOUT] = max(_SHORTEST_CONNECT_TIMEOUT_S, round(lock_wait.left_s))

    event.listen(engine, "do_connect", limit)


def _prepare_sqlite(engine: Engine, lock_wait: LockWait) -> None:
    def configure(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        # SQLite ignores foreign keys unless each connection asks for them.
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute(f"PRAGMA busy_timeout = {lock_wait.left_ms}")

    def begin(connection: Connection) -> None:
        # A writer takes the lock at once: two readers cannot both become writers.
        writes = connection.get_execution_options().get(_WRITE_OPTION)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    event.listen(engine, "connect", configure)
    event.listen(engine, "begin", begin)
