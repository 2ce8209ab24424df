"""How much is said on standard error: `-v` and `-q`, before a command or after it."""

import logging
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import typer
from typer.core import TyperOption
from typer.main import get_command

from auditor.text import escape_unprintable

_LOG = logging.getLogger("auditor")


@dataclass(slots=True)
class Verbosity:
    """How much the options of this run let it print."""

    quiet: bool = False


_VERBOSITY = Verbosity()


def is_quiet() -> bool:
    """Return whether progress and notes are unwanted."""
    return _VERBOSITY.quiet


def set_verbosity(*, verbose: bool, quiet: bool) -> None:
    """Begin a run: log on standard error, and for our own names only."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(PrintableFormatter("%(asctime)s %(levelname)s %(message)s"))
    # Replaced, not added: a second run in one process, as in tests, would print each line twice.
    _LOG.handlers = [handler]
    _LOG.setLevel(logging.DEBUG if verbose else logging.WARNING)
    _LOG.propagate = False
    _VERBOSITY.quiet = quiet


def _raise_verbosity(requested: bool) -> None:
    if requested:
        _LOG.setLevel(logging.DEBUG)


def keep_quiet(requested: bool) -> bool:
    """Take `-q` of a command; return whether it was given there or before the command."""
    _VERBOSITY.quiet |= requested
    return _VERBOSITY.quiet


class PrintableFormatter(logging.Formatter):
    """Writes a line a record, and the lines of a trace; nothing in them steers a terminal."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's own name
        """Return the line of a record."""
        return escape_unprintable(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:  # noqa: ANN401, N802 - logging's own
        """Return the lines of a trace."""
        return "\n".join(map(escape_unprintable, super().formatException(ei).split("\n")))


def verbose_option(**more: Any) -> Any:  # noqa: ANN401 - typer's own type
    """Return `--verbose`."""
    return typer.Option(
        "--verbose", "-v", envvar="AUDITOR_VERBOSE", help="Log each step on standard error.", **more
    )


def quiet_option(**more: Any) -> Any:  # noqa: ANN401 - typer's own type
    """Return `--quiet`."""
    return typer.Option(
        "--quiet", "-q", envvar="AUDITOR_QUIET", help="Show no progress and no notes.", **more
    )


def _carry_options(
    *,
    _verbose: Annotated[
        bool, verbose_option(callback=_raise_verbosity, expose_value=False)
    ] = False,
    _quiet: Annotated[bool, quiet_option(callback=keep_quiet, expose_value=False)] = False,
) -> None: ...


def add_verbosity_options(params: list[Any]) -> None:
    """Add the two options to those of a command, unless it has its own."""
    carrier = typer.Typer(add_completion=False)
    carrier.command()(_carry_options)
    taken = _option_names(params)
    params += [
        option
        for option in get_command(carrier).params
        if isinstance(option, TyperOption) and not taken & set(option.opts)
    ]


def _option_names(params: Sequence[Any]) -> set[str]:
    return {name for parameter in params for name in parameter.opts}
