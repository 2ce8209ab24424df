"""`auditor nagios`: the audit as a plugin of Nagios, Icinga, Checkmk and their kin."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Annotated, Any

import typer
from typer.exceptions import TyperException

from auditor.audit import audit_clusters
from auditor.cli.app import app, usage_message
from auditor.cli.help_layout import HelpCommand
from auditor.cli.options import (
    ClustersArgument,
    ConfigOption,
    InsecureOption,
    PackOption,
    SettleOption,
    WaiversOption,
    allow_unknown_option,
    fail_on_option,
)
from auditor.cli.output import print_text
from auditor.cli.session import command_session, load_run_waivers
from auditor.config.loader import find_config_file, load_configuration
from auditor.errors import AuditorError
from auditor.models.findings import Severity
from auditor.recommendations.pack_names import BUILT_IN_PACKS
from auditor.report.nagios import PluginState, format_plugin_line, render_plugin_line
from auditor.run import RunOptions


@contextmanager
def _report_errors_as_unknown() -> Iterator[None]:
    """Turn an error into one line and UNKNOWN.

    To a monitoring system, the exit code 2 of a usage error would be CRITICAL, and the 1 of a
    crash a WARNING.
    """
    try:
        yield
    except TyperException as error:
        print_text(format_plugin_line(PluginState.UNKNOWN, usage_message(error)))
        raise typer.Exit(PluginState.UNKNOWN) from error
    except AuditorError as error:
        print_text(format_plugin_line(PluginState.UNKNOWN, str(error)))
        raise typer.Exit(PluginState.UNKNOWN) from error
    except (KeyboardInterrupt, typer.Abort) as error:
        print_text(format_plugin_line(PluginState.UNKNOWN, "interrupted"))
        raise typer.Exit(PluginState.UNKNOWN) from error


class NagiosCommand(HelpCommand):
    """A command that always ends with a plugin's line and status."""

    def make_context(self, *words: Any, **more: Any) -> Any:  # noqa: ANN401 - typer's own types
        """Read the options."""
        with _report_errors_as_unknown():
            return super().make_context(*words, **more)

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - typer's own types
        """Run the command."""
        sys.excepthook = _exit_unknown
        with _report_errors_as_unknown():
            return super().invoke(ctx)


def _exit_unknown(
    kind: type[BaseException], error: BaseException, _trace: TracebackType | None
) -> None:
    """End with UNKNOWN after a bug; the interpreter by itself would end with 1."""
    print_text(
        format_plugin_line(
            PluginState.UNKNOWN, f"this is a bug in auditor ({kind.__name__}: {error})"
        )
    )
    os._exit(PluginState.UNKNOWN)


@app.command("nagios", cls=NagiosCommand)
def nagios(
    clusters: ClustersArgument = None,
    *,
    config: ConfigOption = None,
    fail_on: Annotated[
        Severity | None, fail_on_option("is WARNING (1), or CRITICAL (2) from high")
    ] = None,
    allow_unknown: Annotated[bool, allow_unknown_option("OK (0) instead of UNKNOWN (3)")] = False,
    insecure: InsecureOption = False,
    pack: PackOption = None,
    settle: SettleOption = None,
    waivers: WaiversOption = None,
) -> None:
    """Audit live clusters as a monitoring plugin: one line, figures, and 0, 1, 2 or 3.

    CRITICAL (2): drift of severity critical or high. WARNING (1): lesser drift at or above the
    threshold. UNKNOWN (3): no drift, but something is unknown. OK (0): compliant and complete.
    """
    configuration = load_configuration(find_config_file(config))
    chosen = configuration.select(clusters or [])
    options = RunOptions(
        tuple(pack or BUILT_IN_PACKS),
        fail_on,
        insecure=insecure,
        allow_unknown=allow_unknown,
        reread_after_s=settle,
        waivers=load_run_waivers(configuration, chosen, waivers),
    )
    # Without evidence: a plugin runs far too often to leave a folder each time.
    with command_session(configuration, chosen, options) as session:
        report = audit_clusters(chosen, session.logins, options, session.context)
    line, state = render_plugin_line(report)
    print_text(line)
    raise typer.Exit(state)
