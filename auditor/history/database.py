"""The database of the history: transactions, waiting for other writers, errors as ours.

No connection outlives a transaction, so none is held open while a cluster is being asked.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, NoSuchModuleError
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from auditor.errors import AuditorError, ConfigError
from auditor.history.url import DatabaseLocation
from auditor.redaction import Redactor
from auditor.text import escape_unprintable, shorten_text

LOCK_TIMEOUT_S = 30
"""How long a transaction waits for another writer."""

# By itself the driver waits for minutes where a firewall drops packets.
_POSTGRESQL_CONNECT_TIMEOUT_S = 10
_MAX_DRIVER_ERROR_LENGTH = 300
# The two drivers share no error for this, so it is known by SQLite's and PostgreSQL's words.
_BUSY_MESSAGES = ("database is locked", "lock timeout")
# Under this mode readers go on, and only other writers wait.
_WRITER_LOCK = "LOCK TABLE auditor_run IN EXCLUSIVE MODE"
_WRITE_OPTION = "auditor_writes"


def history_error(line: str) -> ConfigError:
    """Return the error of a history that cannot be used."""
    return ConfigError([line])


@dataclass(frozen=True, slots=True)
class HistoryDatabase:
    """A database; errors of its driver are raised as errors of ours."""

    engine: Engine = field(repr=False)  # its repr shows the options of the URL
    address: DatabaseLocation

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
                if connection.dialect.name == "postgresql":
                    connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT_S}s'"))
                    connection.execute(text(lock))
                yield connection

    @contextmanager
    def _translated(self, failed: Callable[[str], AuditorError]) -> Iterator[None]:
        """Raise errors of the driver as ours, without their cause: drivers repeat their input."""
        try:
            yield
        except DBAPIError as fault:
            raise failed(self._sentence(fault)) from None

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
        ConfigError: the driver for PostgreSQL is not installed.
    """
    try:
        engine = create_engine(
            address.url, poolclass=NullPool, connect_args=_connect_arguments(address)
        )
    except (ImportError, NoSuchModuleError):
        raise history_error(
            "history: PostgreSQL needs a driver: pip install 'auditor[postgresql]'"
        ) from None
    if address.file:
        event.listen(engine, "connect", _enable_foreign_keys)
        event.listen(engine, "begin", _begin_transaction)
    return HistoryDatabase(engine, address)


def _connect_arguments(address: DatabaseLocation) -> dict[str, str | int | None]:
    if address.file:
        # No isolation level: Python then leaves it to us when a transaction begins.
        return {"timeout": LOCK_TIMEOUT_S, "isolation_level": None}
    usual: dict[str, str | int | None] = {
        "connect_timeout": _POSTGRESQL_CONNECT_TIMEOUT_S,
        "application_name": "auditor",
    }
    return {key: value for key, value in usual.items() if key not in address.url.query}


def _enable_foreign_keys(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    # SQLite ignores foreign keys unless each connection asks for them.
    connection.cursor().execute("PRAGMA foreign_keys = ON")


def _begin_transaction(connection: Connection) -> None:
    """Begin on SQLite. A writer takes the lock at once: two readers cannot both become writers."""
    writes = connection.get_execution_options().get(_WRITE_OPTION)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
