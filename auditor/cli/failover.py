"""`auditor failover-check`: how the redundancy groups stand after a failover, or before one."""

import shutil
import sys
import textwrap
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from auditor.cli.app import app
from auditor.cli.options import (
    AsJsonOption,
    ClustersArgument,
    ConfigOption,
    EvidenceHideUserOption,
    EvidenceOption,
    InsecureOption,
    split_env_list,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from auditor.report.formats import OutputTarget


class AcceptedState(StrEnum):
    """What else may count as good."""

    FAILED_OVER = "failed-over"


@app.command("failover-check")
def failover_check(
    clusters: ClustersArgument = None,
    *,
    group: Annotated[
        list[str] | None,
        typer.Option(
            envvar="AUDITOR_GROUP",
            callback=split_env_list,
            help="Look at this redundancy group only, and ask no node outside it. May be repeated.",
            show_default=False,
        ),
    ] = None,
    wait: Annotated[
        str | None,
        typer.Option(
            envvar="AUDITOR_WAIT",
            metavar="DURATION",
            help="Look again until every pair is settled, such as 15m or 90s: the same pair and "
            "services twice, 20 s apart. Default: look once.",
            show_default=False,
        ),
    ] = None,
    readiness: Annotated[
        bool,
        typer.Option(
            "--readiness",
            envvar="AUDITOR_READINESS",
            help="Before the event: tell what a failover would lose, and why.",
        ),
    ] = False,
    accept: Annotated[
        AcceptedState | None,
        typer.Option(
            envvar="AUDITOR_ACCEPT",
            case_sensitive=False,
            help="Let a stable failed-over pair be good.",
            show_default=False,
        ),
    ] = None,
    since: Annotated[
        Path | None,
        typer.Option(
            envvar="AUDITOR_FAILOVER_SINCE",
            metavar="SNAPSHOT",
            help="Hold users' sessions against this file of `auditor snapshot`.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        list[str] | None,
        typer.Option(
            "--output",
            "-o",
            envvar="AUDITOR_FAILOVER_OUTPUT",
            metavar="FORMAT[:PATH]",
            callback=split_env_list,
            help="terminal or json, to standard output or to a file. May be repeated. "
            "Default: terminal.",
            show_default=False,
        ),
    ] = None,
    as_json: AsJsonOption = False,
    config: ConfigOption = None,
    insecure: InsecureOption = False,
    evidence: EvidenceOption = None,
    evidence_hide_user: EvidenceHideUserOption = False,
) -> None:
    """Tell how each redundancy group stands, and the one thing to do now.

    Exit codes: 0 normal with AXL answering wherever it must, 3 failed over, broken or AXL missing,
    4 unknown or still moving.
    """
    from auditor.audit import RunOptions
    from auditor.cli.session import (
        get_credentials,
        open_run_context,
        prepare_evidence,
        warn_insecure,
    )
    from auditor.config.loader import find_config_file, load_configuration
    from auditor.failover.check import (
        FailoverCheckOptions,
        parse_wait,
        run_failover_check,
        run_readiness_check,
    )
    from auditor.failover.report import (
        render_failover_json,
        render_failover_text,
        render_readiness_json,
        render_readiness_text,
    )
    from auditor.recommendations.packs import BUILT_IN_PACKS, load_packs
    from auditor.report.formats import check_targets_writable
    from auditor.snapshots import read_snapshot_file

    targets = _parse_failover_targets(output or [], as_json=as_json)
    request = FailoverCheckOptions(
        rows={row.id: row for row in load_packs()},
        groups=tuple(group or ()),
        wait=None if wait is None else parse_wait(wait, readiness=readiness),
        since=None if since is None else read_snapshot_file(since),
        accept_failed_over=accept is AcceptedState.FAILED_OVER,
        insecure=insecure,
    )
    configuration = load_configuration(find_config_file(config))
    chosen = configuration.select(clusters or [])
    check_targets_writable(targets)
    keeping = prepare_evidence(
        evidence, "failover-check", BUILT_IN_PACKS, hide_users=evidence_hide_user
    )
    if insecure:
        warn_insecure()
    accounts = get_credentials(chosen)
    asked = RunOptions((), insecure=insecure)
    recorder = keeping.recorder(configuration, asked, accounts) if keeping else None
    with open_run_context(
        configuration.workers, quiet=wait is not None, recorder=recorder
    ) as around:
        if readiness:
            ready = run_readiness_check(chosen, accounts, request, around)
        else:
            found = run_failover_check(chosen, accounts, request, around, _print_progress_line)
    if readiness:
        _write_failover_report(
            targets,
            lambda **screen: render_readiness_text(ready, **screen),
            lambda: render_readiness_json(ready),
        )
        if recorder:
            recorder.check()
        raise typer.Exit(ready.exit_code)
    _write_failover_report(
        targets,
        lambda **screen: render_failover_text(found, **screen),
        lambda: render_failover_json(found),
    )
    if recorder:
        recorder.check()
    raise typer.Exit(found.exit_code)


def _print_progress_line(line: str) -> None:
    """Show a line of progress, on a terminal only."""
    if sys.stderr.isatty():
        columns = shutil.get_terminal_size().columns
        typer.echo(textwrap.fill(line, max(columns, 40), break_on_hyphens=False), err=True)


def _parse_failover_targets(values: list[str], *, as_json: bool) -> "Sequence[OutputTarget]":
    """Return where to write; `--json` stands for `--output json`.

    Raises:
        ConfigError: a format that this command does not write, or two on standard output.
    """
    from auditor.errors import ConfigError
    from auditor.report.formats import ReportFormat, parse_output_targets

    targets = parse_output_targets([*values, *(["json"] if as_json else [])])
    other = [
        t.format for t in targets if t.format not in (ReportFormat.TERMINAL, ReportFormat.JSON)
    ]
    if other:
        raise ConfigError([f"--output {other[0]}: failover-check writes terminal and json."])
    return targets


def _write_failover_report(
    targets: "Sequence[OutputTarget]", draw: "Callable[..., str]", dump: "Callable[[], str]"
) -> None:
    """Write the answer in every form that was asked for."""
    from auditor.cli.output import PIPE_WIDTH, print_text, supports_colour, terminal_width
    from auditor.files import write_file
    from auditor.report.formats import ReportFormat

    for target in targets:
        if target.path is not None:
            plain = target.format is not ReportFormat.JSON
            write_file(target.path, draw(width=PIPE_WIDTH, colour=False) if plain else dump())
        elif target.format is ReportFormat.JSON:
            print_text(dump())
        else:
            print_text(
                draw(width=terminal_width(), colour=supports_colour(), fold=sys.stdout.isatty())
            )
