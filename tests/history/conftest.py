"""The databases that history is tested on: SQLite, and a real PostgreSQL server."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from auditor.history.opening import open_history
from auditor.history.store import HistoryStore
from tests.history import postgresql

_numbers = itertools.count()


@pytest.fixture(scope="session")
def server() -> Iterator[postgresql.Server]:
    folder = postgresql.binaries()
    if folder is None:
        pytest.skip(postgresql.ABSENT)
    with postgresql.running(folder) as server:
        yield server


@pytest.fixture
def postgresql_url(server: postgresql.Server) -> str:
    """Return the URL of an empty corner of the server: a schema is made faster than a database."""
    name = f"history_{next(_numbers)}"
    with psycopg.connect(server.url()) as connection:
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(name)))
    return f"{server.url()}?options=-csearch_path%3D{name}"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of an empty database of either kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/history.sqlite3"
    address: str = request.getfixturevalue("postgresql_url")
    return address


@pytest.fixture
def history(url: str) -> HistoryStore:
    opened = open_history(url)
    assert opened is not None
    return opened
