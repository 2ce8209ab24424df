"""Opens the history: creates the file or the schema, or migrates one of an earlier version."""

import os
from pathlib import Path

from sqlalchemy import Connection, column, inspect, select, table

from auditor.files import find_folder_obstacle
from auditor.history.database import HistoryDatabase, connect_database, history_error
from auditor.history.schema_version import HEAD_REVISION, VERSION_TABLE
from auditor.history.store import HistoryStore
from auditor.history.url import DatabaseLocation, locate_database

_MIGRATION_LOCK = "SELECT pg_advisory_xact_lock(7100316429)"
"""PostgreSQL's lock for a database without tables to lock; the number is arbitrary."""


def open_history(url: str | None, *, writes: bool = True) -> HistoryStore | None:
    """Return the history at a database URL, None for `off`; without a URL the user's own file.

    With `writes`, a missing database is created, and it is tried now, before any cluster is asked,
    whether a run can be recorded. Without, a missing history is an error, and read access is
    enough.

    Raises:
        ConfigError: no such scheme, no access, locked, or written by a newer auditor.
    """
    address = locate_database(url)
    if address is None:
        return None
    if address.file:
        _prepare_sqlite_file(address.file, address, default=url is None, writes=writes)
    database = connect_database(address)
    _upgrade_schema(database)
    if writes:
        with database.writing():
            pass
    return HistoryStore(database)


def _prepare_sqlite_file(
    file: Path, address: DatabaseLocation, *, default: bool, writes: bool
) -> None:
    """Create the file for SQLite, readable by its owner only."""
    if not writes:
        if not file.exists():
            raise history_error(
                f"history {address.shown}: nothing is recorded there yet; `auditor audit` does it"
            )
        return
    try:
        # Only here: a folder that is misspelt in a URL must be an error, not a new folder.
        if default:
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # By itself SQLite makes a file that other users may read.
        os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as fault:
        raise history_error(
            f"history {address.shown}: {fault.strerror}; name another database with --history, "
            "or run with --history off"
        ) from None
    # SQLite keeps a journal beside the file, and would miss it only when a run is recorded.
    obstacle = find_folder_obstacle(file.parent)
    if obstacle:
        raise history_error(f"history {address.shown}: {obstacle} Or run with --history off.")


def _upgrade_schema(database: HistoryDatabase) -> None:
    """Migrate a schema that is not the current one; of several starts at once, one does it."""
    with database.reading() as connection:
        if _read_schema_version(connection) == HEAD_REVISION:
            return
    with database.writing(lock=_MIGRATION_LOCK) as connection:
        # Again under the lock: another start may have migrated meanwhile.
        version = _read_schema_version(connection)
        if version != HEAD_REVISION:
            _run_migrations(connection, version, database.address)


def _read_schema_version(connection: Connection) -> str | None:
    """Return the schema's revision, None for a database without our tables."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    return connection.execute(
        select(column("version_num")).select_from(table(VERSION_TABLE))
    ).scalar()


def _run_migrations(connection: Connection, version: str | None, address: DatabaseLocation) -> None:
    # Alembic takes longer to load than all else here, and only a first start needs it.
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", "auditor.history:migrations")
    scripts = ScriptDirectory.from_config(config).walk_revisions()
    if version is not None and version not in {script.revision for script in scripts}:
        raise history_error(
            f"history {address.shown}: a newer auditor wrote it (schema {version}, this one knows"
            f" {HEAD_REVISION}); nothing was changed. Update auditor, name another database with"
            " --history, or run with --history off"
        )
    command.upgrade(config, "head")
