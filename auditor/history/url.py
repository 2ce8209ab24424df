"""The database URL of the history: checked, and without its secrets for messages."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from auditor.errors import REDACTED
from auditor.history.loading import is_history_off
from auditor.history.sqlite_file import find_sqlite_file, url_error
from auditor.text import did_you_mean, escape_unprintable

_POSTGRESQL_SCHEMES = ("postgresql", "postgresql+psycopg")


@dataclass(frozen=True, slots=True)
class DatabaseLocation:
    """A database; `file` is set for SQLite only. `shown` and the repr hold no password."""

    url: URL
    file: Path | None = None

    @property
    def shown(self) -> str:
        """Return the URL without password and without options, which can hold one too."""
        bare = self.url.difference_update_query(self.url.query)
        return escape_unprintable(bare.render_as_string(hide_password=True))

    @property
    def secrets(self) -> tuple[str, ...]:
        """Return every text of the URL that a message must not repeat."""
        options = (value for key, value in self.url.query.items() if "password" in key.lower())
        words = [word for value in options for word in _option_values(value)]
        return tuple(word for word in (self.url.password, *words) if word)

    def __repr__(self) -> str:
        """Hide what `shown` hides."""
        return f"DatabaseLocation({self.shown!r})"


def _option_values(value: str | tuple[str, ...]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value


def locate_database(url: str | None) -> DatabaseLocation | None:
    """Return the database of a URL, None for `off`; without a URL, the user's own file.

    Raises:
        ConfigError: no history can be kept there; the text names the choices.
    """
    file = find_sqlite_file(url)
    if url is None or file is not None:
        return DatabaseLocation(URL.create("sqlite", database=str(file)), file)
    if is_history_off(url):
        return None
    scheme, separator, _ = url.strip().partition("://")
    if not separator:
        raise url_error(f"{_quote_harmless(scheme)} is not a database URL")
    if scheme not in _POSTGRESQL_SCHEMES:
        hint = did_you_mean(scheme, ("sqlite", *_POSTGRESQL_SCHEMES))
        raise url_error(f"no history can be kept in {_quote_harmless(scheme)}://", hint)
    return DatabaseLocation(_parse_database_url(url).set(drivername="postgresql+psycopg"))


def _quote_harmless(text: str) -> str:
    """Return a text that should have been a URL or a scheme, unless it may hold a password."""
    harmless = text.isprintable() and len(text) <= 40 and not set("@:") & set(text)
    return f'"{text}"' if harmless else REDACTED


def _parse_database_url(url: str) -> URL:
    """Return the parts of a URL; with a second @, part of a password would become the host."""
    if url.count("@") <= 1:
        with suppress(ArgumentError, ValueError):  # the latter: a port that is no number
            return make_url(url.strip())
    # Raised outside the handler: the text of the first error may repeat the URL, password and all.
    raise url_error("this database URL is malformed; write characters such as @ in it %-coded")
