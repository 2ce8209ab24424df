"""The command tree, the options of every command, and the one place that turns errors to codes.

Only the module of the command that runs is imported: loading is most of what a start takes.
"""

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.exceptions import TyperException
from typer.main import get_command_from_info

from auditor import __version__
from auditor.cli.help_layout import HelpCommand, write_help
from auditor.cli.messages import print_error
from auditor.cli.verbosity import (
    add_verbosity_options,
    quiet_option,
    set_verbosity,
    verbose_option,
)
from auditor.errors import AuditorError, ConfigError, Interrupted, OutputError
from auditor.models.exit_codes import ExitCode

COMMAND_MODULES: Mapping[str, tuple[str, str]] = {
    "audit": ("audit", "Audit live clusters against Cisco's recommendations."),
    "check": ("check", "Check configuration, waivers and probes without asking anything."),
    "demo": ("demo", "Audit a simulated cluster that drifted, and show the report."),
    "simulate": ("simulation", "Serve a simulated cluster over HTTPS on loopback until Ctrl-C."),
    "docs": ("docs", "Print a page of the manual, such as configuration or troubleshooting."),
    "doctor": (
        "doctor",
        "Check the set-up of clusters step by step, and say what to change where.",
    ),
    "examples": ("examples", "Print a ready example for timers, pipelines or monitoring."),
    "failover-check": ("failover", "Report the state of each redundancy group, and what to do."),
    "history": ("history", "Show recorded runs, the age of each finding, and what changed."),
    "init": ("init", "Write a configuration file from what a live cluster shows."),
    "login": ("login", "Store a cluster's password in the system's keyring."),
    "nagios": ("nagios", "Audit live clusters as a monitoring plugin."),
    "precheck": ("precheck", "Report go or no-go before services are turned on or off."),
    "rules": ("rules", "List every recommendation."),
    "explain": ("rules", "Explain one recommendation."),
    "schema": ("rules", "Print the JSON Schema of a command's JSON."),
    "snapshot": ("snapshot", "Keep the state of live clusters, to compare with later."),
    "diff": ("snapshot", "Show what changed between two snapshots, or since one."),
    "trust": ("trust", "Show a server's certificate, and record its fingerprint."),
    "waive": ("waive", "Accept a difference until a date."),
}
"""The module of each command, and its line in the list of commands."""


def _exit_code_for(error: AuditorError) -> ExitCode:
    if isinstance(error, Interrupted):
        return ExitCode.INTERRUPTED
    # What could not be written is no mistake in the command line, which 2 would mean.
    return ExitCode.BUG if isinstance(error, OutputError) else ExitCode.USAGE


def usage_message(error: TyperException) -> str:
    """Return in one line what is wrong with a command line."""
    # Typer hands pydantic's text on as it is; the reason without this prefix is in no field.
    return " ".join(error.format_message().replace("Value error, ", "").split())


def _print_usage_error(error: TyperException) -> typer.Exit:
    """Print what is wrong with a command line, and where it is explained."""
    line = usage_message(error)
    stop = "" if line.endswith((".", "?")) else "."
    where = getattr(getattr(error, "ctx", None), "command_path", "auditor")
    print_error(f"{line}{stop} `{where} --help` explains.")
    return typer.Exit(ExitCode.USAGE)


def _print_interruption() -> typer.Exit:
    print_error("interrupted.")
    return typer.Exit(ExitCode.INTERRUPTED)


def _error_lines(error: AuditorError) -> Sequence[str]:
    # A name of the operator's may have a line break, which must not end the line of a mistake.
    return error.problems if isinstance(error, ConfigError) else str(error).split("\n")


class CommandGroup(TyperGroup):
    """The group of all commands; errors become one line each and an exit code."""

    def __init__(self, **options: Any) -> None:
        """List every command by its line alone: help and completion need no more."""
        super().__init__(**options)
        self.commands = {
            name: HelpCommand(name, help=summary) for name, (_, summary) in COMMAND_MODULES.items()
        }

    def format_help(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401 - typer's own types
        """Write the help."""
        write_help(self, ctx, formatter)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401 - typer's own
        """Return the command that the words name, imported now."""
        name, listed, rest = super().resolve_command(ctx, args)
        return name, load_command(name) if name and listed else listed, rest

    def make_context(self, *words: Any, **options: Any) -> Any:  # noqa: ANN401 - typer's own types
        """Read the options before the command."""
        try:
            return super().make_context(*words, **options)
        except TyperException as error:
            raise _print_usage_error(error) from error
        except KeyboardInterrupt as error:
            # Typer would end without a word.
            raise _print_interruption() from error

    def parse_args(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401 - typer's own types
        """Read the words; without any, show the help."""
        if not args and not ctx.resilient_parsing:
            typer.echo(ctx.get_help(), color=ctx.color)
            raise typer.Exit(ExitCode.USAGE)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - the context's class moved between releases
        """Run a command; print what went wrong on standard error."""
        try:
            return super().invoke(ctx)
        except TyperException as error:
            raise _print_usage_error(error) from error
        except AuditorError as error:
            for line in _error_lines(error):
                print_error(line)
            raise typer.Exit(_exit_code_for(error)) from error
        except (KeyboardInterrupt, typer.Abort) as error:
            raise _print_interruption() from error


app = typer.Typer(
    cls=CommandGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    # Typer's hook prints a trace where ours prints one line.
    pretty_exceptions_enable=False,
    help="Report where the services of a live Cisco IM and Presence cluster differ from Cisco's "
    "service activation recommendations, and why that matters. Nothing is ever changed.",
    epilog="Exit codes: 0 compliant and complete, 1 auditor failed, 2 usage, 3 drift, "
    "4 incomplete, 5 nothing could be audited, 130 interrupted.",
)


def load_command(name: str) -> TyperCommand:
    """Import the module of a command, which registers it with the app, and return the command."""
    module, _ = COMMAND_MODULES[name]
    import_module(f"auditor.cli.{module}")
    (info,) = (info for info in app.registered_commands if info.name == name)
    if info.cls in (None, TyperCommand):
        info.cls = HelpCommand
    command = get_command_from_info(
        info,
        pretty_exceptions_short=app.pretty_exceptions_short,
        rich_markup_mode=app.rich_markup_mode,
    )
    assert isinstance(command, TyperCommand)  # noqa: S101 - the only class that typer makes
    add_verbosity_options(command.params)
    return command


def _show_version(requested: bool) -> None:
    if requested:
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
    verbose: Annotated[bool, verbose_option()] = False,
    quiet: Annotated[bool, quiet_option()] = False,
) -> None:
    """Take the options that every command has."""
    del version
    set_verbosity(verbose=verbose, quiet=quiet)
