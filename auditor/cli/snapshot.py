"""`auditor snapshot` and `auditor diff`: what a change did to the clusters."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from auditor import snapshots
from auditor.audit import survey_clusters
from auditor.change.diff.document import render_comparison_markdown
from auditor.change.diff.expected import NO_EXPECTATION
from auditor.change.diff.report import render_comparison_json, render_comparison_text
from auditor.change.diff.snapshots import (
    SnapshotComparison,
    compare_snapshots,
    require_expected_cluster,
)
from auditor.change.expectation import read_expectation
from auditor.cli.app import app
from auditor.cli.completion import complete_clusters, word_completion
from auditor.cli.messages import print_error
from auditor.cli.options import (
    ClustersArgument,
    ConfigOption,
    EvidenceHideUserOption,
    EvidenceOption,
    InsecureOption,
    PackOption,
    output_option,
)
from auditor.cli.output import DocumentRenderer, print_plain_text, write_documents
from auditor.cli.session import CommandSession, EvidenceRequest, command_session, load_run_waivers
from auditor.cli.terminal import terminal_width
from auditor.collect.scope import SNAPSHOT_TOPICS, SurveyScope
from auditor.config.loader import find_config_file, load_configuration
from auditor.errors import ConfigError
from auditor.files import require_new_file, write_file
from auditor.judging import build_report
from auditor.models.report import Report
from auditor.recommendations.pack_names import BUILT_IN_PACKS
from auditor.report.formats import ReportFormat, check_targets_writable, parse_output_targets
from auditor.run import RunOptions
from auditor.text import did_you_mean, wrap_text

LIVE_KEYWORD = "live"
"""In place of a file: ask the clusters now."""


@app.command("snapshot")
def snapshot(
    clusters: ClustersArgument = None,
    *,
    config: ConfigOption = None,
    to: Annotated[
        Path,
        typer.Option("--to", envvar="AUDITOR_TO", help="File to write the snapshot to."),
    ],
    insecure: InsecureOption = False,
    pack: PackOption = None,
    evidence: EvidenceOption = None,
    evidence_hide_user: EvidenceHideUserOption = False,
) -> None:
    """Keep the state of live clusters, to compare with later.

    The exit code is that of an audit with `--history off`, the waivers of the file applied. The
    snapshot is written whatever the code is, unless nothing at all could be read.
    """
    require_new_file("--to", to)
    packs = tuple(pack or BUILT_IN_PACKS)
    request = EvidenceRequest("snapshot", evidence, packs, evidence_hide_user)
    report, content, session = _take_snapshot(config, clusters or [], request, insecure=insecure)
    _write_snapshot(report, content, to)
    session.check_evidence()
    raise typer.Exit(report.exit_code)


def _write_snapshot(report: Report, content: Mapping[str, Any], to: Path) -> None:
    """Write a snapshot and print what it lacks; one of nothing would look like a success."""
    if all(snapshots.reason_nothing_read(cluster.coverage) for cluster in report.clusters):
        for cluster in report.clusters:
            why = (
                snapshots.first_failure_detail(cluster.coverage)
                or f"{snapshots.reason_nothing_read(cluster.coverage)}."
            )
            text = f"nothing of {cluster.name} could be read, so {to} was not written: {why}"
            print_error(text)
        return
    write_file(to, snapshots.serialize_snapshot(content))
    names = ", ".join(cluster.name for cluster in report.clusters)
    code = f"An audit with --history off would end with exit code {int(report.exit_code)}."
    missing = [
        line for cluster in report.clusters for line in snapshots.missing_data_sentences(cluster)
    ]
    lines = (f"Snapshot of {names} written to {to}. {code}", *missing)
    wrapped = (part for line in lines for part in wrap_text(line, terminal_width()))
    print_plain_text("\n".join((*wrapped, "")))


@app.command("diff")
def diff(
    before: Annotated[Path, typer.Argument(help="Snapshot from before.")],
    after: Annotated[
        str,
        typer.Argument(
            help="Snapshot from after, or the word live.",
            autocompletion=word_completion((LIVE_KEYWORD,)),
        ),
    ],
    clusters: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="CLUSTER",
            help="Clusters of the snapshots to compare. Default: all.",
            autocompletion=complete_clusters,
            show_default=False,
        ),
    ] = None,
    *,
    config: ConfigOption = None,
    expect: Annotated[
        Path | None,
        typer.Option(
            envvar="AUDITOR_EXPECT",
            help="Expected differences: the file that `auditor precheck` wrote.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[list[str] | None, output_option("diff")] = None,
    insecure: InsecureOption = False,
    pack: PackOption = None,
    evidence: EvidenceOption = None,
    evidence_hide_user: EvidenceHideUserOption = False,
) -> None:
    """Show what changed between two snapshots, or since one.

    A live cluster is judged by the packs of the snapshot.

    Exit codes: 0 nothing unexpected, 3 unexpected, 4 newly unknown or not compared.
    """
    targets = parse_output_targets(output or [], "diff")
    expectation = read_expectation(expect) if expect else NO_EXPECTATION
    earlier = snapshots.read_snapshot(before).select(clusters or ())
    if expect:
        require_expected_cluster(earlier, expectation)
    check_targets_writable(targets)
    session: CommandSession | None = None
    if after == LIVE_KEYWORD:
        _refuse_other_packs(earlier.report.run.packs, pack)
        request = EvidenceRequest("diff", evidence, earlier.report.run.packs, evidence_hide_user)
        later, session = _take_later_snapshot(earlier, config, request, insecure=insecure)
    else:
        _refuse_needless_evidence(evidence)
        later = snapshots.read_snapshot(_snapshot_path(after)).select(clusters or ())
    comparison = compare_snapshots(earlier, later, expectation, is_live=after == LIVE_KEYWORD)
    write_documents(targets, _comparison_renderers(comparison))
    if session:
        session.check_evidence()
    raise typer.Exit(comparison.exit_code)


def _take_later_snapshot(
    earlier: snapshots.Snapshot, config: Path | None, request: EvidenceRequest, *, insecure: bool
) -> tuple[snapshots.Snapshot, CommandSession]:
    """Return the clusters of a snapshot as they are now."""
    names = [cluster.name for cluster in earlier.report.clusters]
    _, content, session = _take_snapshot(config, names, request, insecure=insecure)
    return snapshots.parse_snapshot(content, LIVE_KEYWORD), session


def _comparison_renderers(
    comparison: SnapshotComparison,
) -> Mapping[ReportFormat, DocumentRenderer]:
    return {
        # In a pipe each difference is one line, for what reads it line by line.
        ReportFormat.TERMINAL: lambda layout: render_comparison_text(
            comparison, width=layout.width if layout.is_terminal else None
        ),
        ReportFormat.JSON: lambda _: render_comparison_json(comparison),
        ReportFormat.MARKDOWN: lambda _: render_comparison_markdown(comparison),
        ReportFormat.HTML: lambda _: _render_page(comparison),
    }


def _render_page(comparison: SnapshotComparison) -> str:
    # Late: most comparisons are read on a terminal, and do without the template engine.
    from auditor.change.diff.page import render_comparison_page

    return render_comparison_page(comparison)


def _snapshot_path(name: str) -> Path:
    """Return the file of a snapshot; raises ConfigError where it was rather `live` misspelt."""
    path = Path(name)
    hint = did_you_mean(name, [LIVE_KEYWORD])
    if hint and not path.exists():
        raise ConfigError([f"{name}: cannot be read: No such file or directory{hint}"])
    return path


def _refuse_other_packs(recorded: Sequence[str], chosen: Sequence[str] | None) -> None:
    # Another pack would make findings come and go though nothing changed on the cluster.
    if chosen and set(chosen) != set(recorded):
        words = ", ".join(recorded)
        raise ConfigError([f"--pack: the snapshot is judged by {words}; leave the option out."])


def _refuse_needless_evidence(evidence: Path | None) -> None:
    if evidence is not None:
        text = "--evidence has nothing to keep, because two files are compared: leave it out."
        raise ConfigError([text])


def _take_snapshot(
    config: Path | None, names: Sequence[str], request: EvidenceRequest, *, insecure: bool
) -> tuple[Report, Mapping[str, Any], CommandSession]:
    """Ask the clusters; return the report, a snapshot of them, and the session."""
    configuration = load_configuration(find_config_file(config))
    chosen = configuration.select(names)
    options = RunOptions(
        request.packs,
        insecure=insecure,
        mode="snapshot",
        scope=SurveyScope(SNAPSHOT_TOPICS),
        waivers=load_run_waivers(configuration, chosen, None),
    )
    with command_session(configuration, chosen, options, evidence=request) as session:
        started = session.context.clock()
        facts = survey_clusters(chosen, session.logins, options, session.context)
        report = build_report(chosen, facts, options, session.context, started)
    return report, snapshots.build_snapshot(report, facts), session
