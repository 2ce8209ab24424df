"""Opens the history: makes it, brings its schema up to date, or says why it cannot be used."""

import os
from pathlib import Path

from sqlalchemy import Connection, column, inspect, select, table

from auditor.history.address import Address, locate
from auditor.history.database import Database, connect, unusable
from auditor.history.schema import HEAD, VERSION_TABLE
from auditor.history.store import History

_ONE_MIGRATION = "SELECT pg_advisory_xact_lock(7100316429)"
"""PostgreSQL's lock for a database without tables to lock; the number only has to be ours."""


def open_history(url: str | None, *, writes: bool = True) -> History | None:
    """Return the history at a database URL, None for `off`; without a URL the user's own file.

    With `writes`, what is missing is made, and whether a run can be recorded is tried now, before
    any cluster is asked. Without, a history that is not there is an error, and one that may only
    be read will do.

    Raises:
        ConfigError: no such scheme, no access, locked, or written by a newer auditor.
    """
    address = locate(url)
    if address is None:
        return None
    if address.file:
        _prepare(address.file, address, default=url is None, writes=writes)
    database = connect(address)
    _bring_up(database)
    if writes:
        with database.writing():
            pass
    return History(database)


def _prepare(file: Path, address: Address, *, default: bool, writes: bool) -> None:
    """Make the file that SQLite will fill, readable by its owner only."""
    if not writes:
        if not file.exists():
            raise unusable(
                f"history {address.shown}: nothing is recorded there yet; `auditor audit` does it"
            )
        return
    try:
        if default:
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as fault:
        raise unusable(
            f"history {address.shown}: {fault.strerror}; name another database with --history, "
            "or run with --history off"
        ) from None


def _bring_up(database: Database) -> None:
    """Migrate where the schema is not ours; of many first starts at once, one does it."""
    with database.reading() as connection:
        if _version(connection) == HEAD:
            return
    with database.writing(lock=_ONE_MIGRATION) as connection:
        version = _version(connection)
        if version != HEAD:
            _migrate(connection, version, database.address)


def _version(connection: Connection) -> str | None:
    """Return the schema's revision, None for a database without our tables."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    return connection.execute(
        select(column("version_num")).select_from(table(VERSION_TABLE))
    ).scalar()


def _migrate(connection: Connection, version: str | None, address: Address) -> None:
    # Alembic takes longer to load than all else here, and only a first start needs it.
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", "auditor.history:migrations")
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if version is not None and version not in known:
        raise unusable(
            f"history {address.shown}: a newer auditor wrote it (schema {version}, this one knows "
            f"{HEAD}); nothing was changed. Update auditor, name another database with --history, "
            "or run with --history off"
        )
    command.upgrade(config, "head")
