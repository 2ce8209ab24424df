"""The SQLite file of a history URL, and whether it is ready, without the database library."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import platformdirs

from auditor.errors import ConfigError
from auditor.files import find_folder_obstacle
from auditor.history.schema_version import HEAD_REVISION, VERSION_QUERY

_URL_CHOICES = (
    "sqlite:///FILE (sqlite:////FILE for an absolute path), postgresql://USER@HOST/DATABASE, or off"
)


def find_sqlite_file(url: str | None) -> Path | None:
    """Return the file of a URL, None for another database; without a URL, the user's own.

    The path is taken literally.

    Raises:
        ConfigError: the URL names no file.
    """
    if url is None:
        return platformdirs.user_data_path("auditor", appauthor=False) / "history.sqlite3"
    scheme, separator, place = url.strip().partition("://")
    if scheme != "sqlite" or not separator:
        return None
    if not place.startswith("/") and place:
        raise url_error("a SQLite URL has three slashes, sqlite:///FILE, or four")
    if "?" in place:
        raise url_error("a SQLite URL takes no options")
    path = place[1:]
    if path in ("", ":memory:") or not path.isprintable():
        raise url_error("a SQLite URL must name a file")
    is_in_home = path.startswith(("~/", f"~{os.sep}"))
    return Path.home() / path[2:] if is_in_home else Path(path)


def is_ready(file: Path) -> bool:
    """Return whether a file has today's schema, and a run could be recorded in it now.

    False says only that the full look of `open_history` is due; that one knows what is wrong.
    """
    # SQLite would wait for a lock here, and create a file that is missing.
    if not file.is_file() or find_folder_obstacle(file.parent):
        return False
    try:
        with closing(sqlite3.connect(file, timeout=0, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            row = connection.execute(VERSION_QUERY).fetchone()
            connection.execute("ROLLBACK")
    except sqlite3.Error:
        return False
    return bool(row == (HEAD_REVISION,))


def url_error(problem: str, hint: str = "") -> ConfigError:
    """Return the error of a URL that names no history; it names the choices."""
    return ConfigError([f"history: {problem}{hint or '.'} Use {_URL_CHOICES}"])
