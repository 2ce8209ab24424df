"""`auditor snapshot` and `auditor diff`: what a change window did."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from auditor.cli.app import app
from auditor.cli.options import (
    AsJsonOption,
    ClustersArgument,
    ConfigOption,
    EvidenceHideUserOption,
    EvidenceOption,
    InsecureOption,
    PackOption,
)

if TYPE_CHECKING:
    from auditor.models.report import Report
    from auditor.soap.evidence.recorder import Recorder

LIVE_KEYWORD = "live"
"""In place of a file: ask the clusters now."""


@app.command()
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
    """Keep what live clusters look like now, to compare with later.

    The exit code is that of an audit with `--history off`, the waivers of the file applied; the
    snapshot is written whatever it is, unless nothing at all could be read.
    """
    from auditor.files import require_new_file
    from auditor.recommendations.packs import BUILT_IN_PACKS

    require_new_file("--to", to)
    asking = _SnapshotRequest(
        "snapshot",
        config,
        tuple(pack or BUILT_IN_PACKS),
        insecure=insecure,
        evidence=evidence,
        hide_user=evidence_hide_user,
    )
    report, content, recorder = _take_snapshot(clusters or [], asking)
    _write_snapshot(report, content, to)
    if recorder:
        recorder.check()
    raise typer.Exit(report.exit_code)


def _write_snapshot(report: "Report", content: Mapping[str, Any], to: Path) -> None:
    """Write a snapshot and say what it lacks; one of nothing would look like a success."""
    from auditor.cli.output import print_text
    from auditor.files import write_file
    from auditor.snapshots import (
        first_failure_detail,
        missing_data_sentences,
        reason_nothing_read,
        serialize_snapshot,
    )

    if all(reason_nothing_read(cluster.coverage) for cluster in report.clusters):
        for cluster in report.clusters:
            why = (
                first_failure_detail(cluster.coverage)
                or f"{reason_nothing_read(cluster.coverage)}."
            )
            text = f"nothing of {cluster.name} could be read, so {to} was not written: {why}"
            typer.echo(f"auditor: {text}", err=True)
        return
    write_file(to, serialize_snapshot(content))
    names = ", ".join(cluster.name for cluster in report.clusters)
    code = int(report.exit_code)
    told = f"An audit with --history off would end with exit code {code}."
    lacks = [line for cluster in report.clusters for line in missing_data_sentences(cluster)]
    print_text("\n".join((f"Snapshot of {names} written to {to}. {told}", *lacks, "")))


@app.command()
def diff(
    before: Annotated[Path, typer.Argument(help="Snapshot from before.")],
    after: Annotated[str, typer.Argument(help="Snapshot from after, or the word live.")],
    *,
    config: ConfigOption = None,
    expect: Annotated[
        Path | None,
        typer.Option(
            envvar="AUDITOR_EXPECT",
            help="What was announced: the file that `auditor precheck` wrote.",
            show_default=False,
        ),
    ] = None,
    as_json: AsJsonOption = False,
    insecure: InsecureOption = False,
    pack: PackOption = None,
    evidence: EvidenceOption = None,
    evidence_hide_user: EvidenceHideUserOption = False,
) -> None:
    """Tell what changed between two snapshots, or since one.

    The live cluster is judged by the packs of the snapshot.

    Exit codes: 0 nothing unexpected, 3 unexpected, 4 newly unknown or not compared.
    """
    from auditor.change.diff.model import NO_EXPECTATION
    from auditor.change.diff.report import render_comparison_json, render_comparison_text
    from auditor.change.diff.snapshots import compare_snapshots, require_expected_cluster
    from auditor.change.expectation import read_expectation
    from auditor.cli.output import print_text, terminal_width
    from auditor.snapshots import read_snapshot_file

    expectation = read_expectation(expect) if expect else NO_EXPECTATION
    was = read_snapshot_file(before)
    if expect:
        require_expected_cluster(was, expectation)
    if after == LIVE_KEYWORD:
        run = was["report"]["run"]
        _refuse_other_packs(run["packs"], pack)
        asking = _SnapshotRequest(
            "diff",
            config,
            tuple(run["packs"]),
            insecure=insecure,
            evidence=evidence,
            hide_user=evidence_hide_user,
        )
        names = [cluster["name"] for cluster in was["report"]["clusters"]]
        _, now, recorder = _take_snapshot(names, asking)
    else:
        _refuse_needless_evidence(evidence)
        now, recorder = read_snapshot_file(_snapshot_path(after)), None
    comparison = compare_snapshots(was, now, expectation, is_live=after == LIVE_KEYWORD)
    columns = terminal_width() if sys.stdout.isatty() else None
    text = (
        render_comparison_json(comparison)
        if as_json
        else render_comparison_text(comparison, width=columns)
    )
    print_text(text)
    if recorder:
        recorder.check()
    raise typer.Exit(comparison.exit_code)


def _snapshot_path(name: str) -> Path:
    """Return the file of a snapshot; raises ConfigError where it was rather `live` misspelt."""
    from auditor.errors import ConfigError
    from auditor.text import did_you_mean

    path = Path(name)
    hint = did_you_mean(name, [LIVE_KEYWORD])
    if hint and not path.exists():
        raise ConfigError([f"{name}: cannot be read: No such file or directory{hint}"])
    return path


def _refuse_other_packs(kept: Sequence[str], asked: Sequence[str] | None) -> None:
    from auditor.errors import ConfigError

    if asked and set(asked) != set(kept):
        words = ", ".join(kept)
        raise ConfigError([f"--pack: the snapshot is judged by {words}; leave the option out."])


def _refuse_needless_evidence(evidence: Path | None) -> None:
    from auditor.errors import ConfigError

    if evidence is not None:
        text = "--evidence has nothing to keep, because two files are compared: leave it out."
        raise ConfigError([text])


@dataclass(frozen=True, slots=True)
class _SnapshotRequest:
    """How a snapshot of live clusters is to be taken."""

    command: str
    config: Path | None
    packs: tuple[str, ...]
    insecure: bool
    evidence: Path | None
    hide_user: bool


def _take_snapshot(
    names: list[str], asking: _SnapshotRequest
) -> "tuple[Report, Mapping[str, Any], Recorder | None]":
    """Ask the clusters; return the report, a snapshot of them, and what kept the exchanges."""
    from auditor.audit import RunOptions, build_report, survey_clusters
    from auditor.cli.session import (
        get_credentials,
        load_run_waivers,
        open_run_context,
        prepare_evidence,
        warn_insecure,
    )
    from auditor.collect.scope import SNAPSHOT_TOPICS, SurveyScope
    from auditor.config.loader import find_config_file, load_configuration
    from auditor.recommendations.packs import load_packs
    from auditor.snapshots import build_snapshot

    recommendations = load_packs(asking.packs)
    configuration = load_configuration(find_config_file(asking.config))
    chosen = configuration.select(names)
    agreed = load_run_waivers(configuration, chosen, None)
    keeping = prepare_evidence(
        asking.evidence, asking.command, asking.packs, hide_users=asking.hide_user
    )
    if asking.insecure:
        warn_insecure()
    settings = RunOptions(
        recommendations,
        insecure=asking.insecure,
        mode="snapshot",
        scope=SurveyScope(SNAPSHOT_TOPICS),
        waivers=agreed,
    )
    accounts = get_credentials(chosen)
    recorder = keeping.recorder(configuration, settings, accounts) if keeping else None
    with open_run_context(configuration.workers, recorder=recorder) as around:
        started = around.clock()
        facts = survey_clusters(chosen, accounts, settings, around)
        report = build_report(chosen, facts, settings, around, started)
    return report, build_snapshot(report, facts), recorder
