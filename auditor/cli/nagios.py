"""`auditor nagios`: the audit as a plugin of Nagios, Icinga, Checkmk and their kin."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any

import typer
from typer.core import TyperCommand
from typer.exceptions import TyperException

from auditor.cli import options
from auditor.cli.app import app, misuse
from auditor.cli.telling import say
from auditor.errors import AuditorError


@contextmanager
def _in_that_world() -> Iterator[None]:
    """Turn whatever kept the audit from a verdict into one line and UNKNOWN.

    A usage error would end with 2, which is CRITICAL there, and a crash with 1, a WARNING.
    """
    from auditor.report.nagios import State, line

    try:
        yield
    except TyperException as error:
        say(line(State.UNKNOWN, misuse(error)))
        raise typer.Exit(State.UNKNOWN) from error
    except AuditorError as error:
        say(line(State.UNKNOWN, str(error)))
        raise typer.Exit(State.UNKNOWN) from error
    except (KeyboardInterrupt, typer.Abort) as error:
        say(line(State.UNKNOWN, "interrupted"))
        raise typer.Exit(State.UNKNOWN) from error


class Plugin(TyperCommand):
    """A command that always ends as a plugin does."""

    def make_context(self, *words: Any, **more: Any) -> Any:  # noqa: ANN401 - as click has it
        """Read the options."""
        with _in_that_world():
            return super().make_context(*words, **more)

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - as click has it
        """Run the command."""
        sys.excepthook = _end_unknown
        with _in_that_world():
            return super().invoke(ctx)


def _end_unknown(
    kind: type[BaseException], error: BaseException, _trace: TracebackType | None
) -> None:
    """End with UNKNOWN after a bug; the interpreter by itself would end with 1."""
    from auditor.report.nagios import State, line

    say(line(State.UNKNOWN, f"this is a bug in auditor ({kind.__name__}: {error})"))
    os._exit(State.UNKNOWN)


@app.command("nagios", cls=Plugin)
def nagios(
    clusters: options.Clusters = None,
    *,
    config: options.Config = None,
    fail_on: options.FailOn = None,
    allow_unknown: options.AllowUnknown = False,
    insecure: options.Insecure = False,
    pack: options.Pack = None,
    settle: options.Settle = None,
    waivers: options.Waivers = None,
) -> None:
    """Audit live clusters as a monitoring plugin: one line, figures, and 0, 1, 2 or 3.

    CRITICAL (2): drift of severity critical or high. WARNING (1): lesser drift at or above the
    threshold. UNKNOWN (3): no drift, but something could not be told. OK (0): compliant and
    complete.
    """
    from auditor.audit import Options
    from auditor.cli.running import accepted, logins, run, warn_insecure
    from auditor.config.loader import load, locate
    from auditor.recommendations.model import PACKS, load_packs
    from auditor.report.nagios import render

    recommendations = load_packs(pack or PACKS)
    configuration = load(locate(config))
    chosen = configuration.select(clusters or [])
    if insecure:
        warn_insecure()
    settings = Options(
        recommendations,
        fail_on,
        insecure=insecure,
        allow_unknown=allow_unknown,
        watch_s=settle,
        waivers=accepted(configuration, chosen, waivers),
    )
    line, state = render(run(chosen, logins(chosen), settings, workers=configuration.workers))
    say(line)
    raise typer.Exit(state)
