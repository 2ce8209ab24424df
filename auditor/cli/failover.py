"""`auditor failover-check`: the state of the redundancy groups after a failover, or before one."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from auditor.cli.app import app
from auditor.cli.completion import complete_groups
from auditor.cli.options import (
    ClustersArgument,
    ConfigOption,
    EvidenceHideUserOption,
    EvidenceOption,
    FullOption,
    HistoryOption,
    InsecureOption,
    output_option,
    split_env_list,
)
from auditor.cli.output import DocumentRenderer, Layout, write_documents
from auditor.cli.session import (
    CommandSession,
    EvidenceRequest,
    command_session,
    recall_from_history,
)
from auditor.config.loader import find_config_file, load_configuration
from auditor.config.settings import ClusterSettings
from auditor.failover.check import FailoverCheckOptions, run_failover_check, run_readiness_check
from auditor.failover.json_report import render_failover_json, render_readiness_json
from auditor.failover.report import render_failover_text, render_readiness_text
from auditor.failover.watch import parse_wait
from auditor.models.exit_codes import ExitCode
from auditor.recommendations.packs import load_packs
from auditor.report.formats import (
    ReportFormat,
    check_targets_writable,
    parse_output_targets,
)
from auditor.run import RunOptions
from auditor.snapshots import read_snapshot


class AcceptedState(StrEnum):
    """States that `--accept` lets count as good."""

    FAILED_OVER = "failed-over"


CHECK_PANEL = "What is checked"

GroupOption = Annotated[
    list[str] | None,
    typer.Option(
        "--group",
        envvar="AUDITOR_GROUP",
        callback=split_env_list,
        help="Check this redundancy group only, and ask no node outside it. May be repeated.",
        autocompletion=complete_groups,
        show_default=False,
        rich_help_panel=CHECK_PANEL,
    ),
]
WaitOption = Annotated[
    str | None,
    typer.Option(
        "--wait",
        envvar="AUDITOR_WAIT",
        metavar="DURATION",
        help="Check again until every pair is stable, at most this long, such as 15m or 90s. "
        "Stable: the same states twice, 20 s apart. Default: check once.",
        show_default=False,
        rich_help_panel=CHECK_PANEL,
    ),
]
ReadinessOption = Annotated[
    bool,
    typer.Option(
        "--readiness",
        envvar="AUDITOR_READINESS",
        help="Before a failover: report what it would lose, and why.",
        rich_help_panel=CHECK_PANEL,
    ),
]
AcceptOption = Annotated[
    AcceptedState | None,
    typer.Option(
        "--accept",
        envvar="AUDITOR_ACCEPT",
        case_sensitive=False,
        help="Let a stable pair that is failed over count as good.",
        show_default=False,
        rich_help_panel=CHECK_PANEL,
    ),
]
SinceOption = Annotated[
    Path | None,
    typer.Option(
        "--since",
        # Not AUDITOR_SINCE, which names a run of the history.
        envvar="AUDITOR_FAILOVER_SINCE",
        metavar="SNAPSHOT",
        help="Compare the number of user sessions with this file of `auditor snapshot`.",
        show_default=False,
        rich_help_panel=CHECK_PANEL,
    ),
]


@app.command("failover-check")
def failover_check(
    clusters: ClustersArgument = None,
    *,
    group: GroupOption = None,
    wait: WaitOption = None,
    readiness: ReadinessOption = False,
    accept: AcceptOption = None,
    since: SinceOption = None,
    output: Annotated[list[str] | None, output_option("failover-check")] = None,
    full: FullOption = False,
    config: ConfigOption = None,
    insecure: InsecureOption = False,
    history: HistoryOption = None,
    evidence: EvidenceOption = None,
    evidence_hide_user: EvidenceHideUserOption = False,
) -> None:
    """Report the state of each redundancy group, and the one thing to do now.

    Exit codes: 0 normal with AXL answering wherever it must, 3 failed over, broken or AXL missing,
    4 unknown or not yet stable.
    """
    targets = parse_output_targets(output or [], "failover-check")
    request = FailoverCheckOptions(
        rows={row.id: row for row in load_packs()},
        groups=tuple(group or ()),
        wait=None if wait is None else parse_wait(wait, readiness=readiness),
        since=None if since is None else read_snapshot(since),
        accept_failed_over=accept is AcceptedState.FAILED_OVER,
        insecure=insecure,
        asked_clusters=tuple(clusters or ()),
    )
    configuration = load_configuration(find_config_file(config))
    chosen = configuration.select(clusters or [])
    check_targets_writable(targets)
    recall = recall_from_history(configuration.history if history is None else history)
    with command_session(
        configuration,
        chosen,
        RunOptions((), insecure=insecure),
        evidence=EvidenceRequest("failover-check", evidence, hide_users=evidence_hide_user),
        recall_topology=recall,
        wait=request.wait,
    ) as session:
        renderers, code = (
            _check_readiness(chosen, request, session, full=full)
            if readiness
            else _check_failover(chosen, request, session, full=full)
        )
    write_documents(targets, renderers)
    session.check_evidence()
    raise typer.Exit(code)


def _check_failover(
    clusters: Sequence[ClusterSettings],
    request: FailoverCheckOptions,
    session: CommandSession,
    *,
    full: bool,
) -> tuple[Mapping[ReportFormat, DocumentRenderer], ExitCode]:
    check = run_failover_check(
        clusters, session.logins, request, session.context, session.print_line
    )
    return {
        ReportFormat.TERMINAL: lambda layout: render_failover_text(
            check, full=full, **_layout_options(layout)
        ),
        ReportFormat.JSON: lambda _: render_failover_json(check),
    }, check.exit_code


def _check_readiness(
    clusters: Sequence[ClusterSettings],
    request: FailoverCheckOptions,
    session: CommandSession,
    *,
    full: bool,
) -> tuple[Mapping[ReportFormat, DocumentRenderer], ExitCode]:
    readiness = run_readiness_check(clusters, session.logins, request, session.context)
    return {
        ReportFormat.TERMINAL: lambda layout: render_readiness_text(
            readiness, full=full, **_layout_options(layout)
        ),
        ReportFormat.JSON: lambda _: render_readiness_json(readiness),
    }, readiness.exit_code


def _layout_options(layout: Layout) -> dict[str, Any]:
    # In a pipe each line stays whole, for what reads it line by line.
    return {"width": layout.width, "colour": layout.colour, "fold": layout.is_terminal}
