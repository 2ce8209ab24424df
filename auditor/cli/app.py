"""The command tree, what holds for every command, and the one place that turns errors to codes."""

import logging
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException

from auditor import __version__
from auditor.errors import AuditorError, Interrupted, OutputError
from auditor.models.findings import ExitCode
from auditor.text import escape_unprintable


def _exit_code_for(error: AuditorError) -> ExitCode:
    if isinstance(error, Interrupted):
        return ExitCode.INTERRUPTED
    return ExitCode.BUG if isinstance(error, OutputError) else ExitCode.USAGE


def usage_message(error: TyperException) -> str:
    """Return in one line what is wrong with a command line."""
    return " ".join(error.format_message().replace("Value error, ", "").split())


def _print_usage_error(error: TyperException) -> typer.Exit:
    """Say what is wrong with a command line, and where it is explained."""
    line = usage_message(error)
    stop = "" if line.endswith((".", "?")) else "."
    where = getattr(getattr(error, "ctx", None), "command_path", "auditor")
    typer.echo(escape_unprintable(f"auditor: {line}{stop} `{where} --help` explains."), err=True)
    return typer.Exit(ExitCode.USAGE)


class CommandGroup(TyperGroup):
    """The group of all commands: what goes wrong becomes one line each and an exit code."""

    def make_context(self, *words: Any, **options: Any) -> Any:  # noqa: ANN401 - typer's own types
        """Read the options before the command; without any word, let typer show the help."""
        try:
            return super().make_context(*words, **options)
        except TyperException as error:
            if not error.format_message():
                raise
            raise _print_usage_error(error) from error

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - the context's class moved between releases
        """Run a command; say what went wrong on standard error."""
        try:
            return super().invoke(ctx)
        except TyperException as error:
            raise _print_usage_error(error) from error
        except AuditorError as error:
            for line in str(error).splitlines():
                typer.echo(f"auditor: {line}", err=True)
            raise typer.Exit(_exit_code_for(error)) from error
        except (KeyboardInterrupt, typer.Abort) as error:
            typer.echo("auditor: interrupted.", err=True)
            raise typer.Exit(ExitCode.INTERRUPTED) from error


app = typer.Typer(
    cls=CommandGroup,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Tell where the services of a live Cisco IM and Presence cluster differ from Cisco's "
    "service activation recommendations, and why that matters. Nothing is ever changed.",
    epilog="Exit codes: 0 compliant and complete, 1 auditor failed, 2 usage, 3 drift, "
    "4 incomplete, 5 nothing could be audited, 130 interrupted.",
)


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"auditor {__version__}")
        raise typer.Exit


@app.callback()
def apply_global_options(
    *,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
    verbose: Annotated[
        bool,
        typer.Option(
            "--verbose", "-v", envvar="AUDITOR_VERBOSE", help="Log each step on standard error."
        ),
    ] = False,
) -> None:
    """Set up what every command stands on: the log, on standard error and for our own names."""
    del version
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    log = logging.getLogger("auditor")
    log.handlers = [handler]
    log.setLevel(logging.DEBUG if verbose else logging.WARNING)
    log.propagate = False
