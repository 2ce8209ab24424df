"""`auditor snapshot` and `auditor diff`: what a change window did."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from auditor.cli import options
from auditor.cli.app import app

if TYPE_CHECKING:
    from auditor.runs import Report
    from auditor.soap.recorder import Recorder

LIVE = "live"
"""In place of a file: ask the clusters now."""


@app.command()
def snapshot(
    clusters: options.Clusters = None,
    *,
    config: options.Config = None,
    to: Annotated[
        Path,
        typer.Option("--to", envvar="AUDITOR_TO", help="File to write the snapshot to."),
    ],
    insecure: options.Insecure = False,
    pack: options.Pack = None,
    evidence: options.Evidence = None,
    evidence_hide_user: options.EvidenceHideUser = False,
) -> None:
    """Keep what live clusters look like now, to compare with later.

    The exit code is that of an audit with `--history off`, the waivers of the file applied; the
    snapshot is written whatever it is, unless nothing at all could be read.
    """
    from auditor.cli.placing import refuse_taken
    from auditor.recommendations.model import PACKS

    refuse_taken("--to", to, "a snapshot")
    asking = _Asking(
        "snapshot",
        config,
        tuple(pack or PACKS),
        insecure=insecure,
        evidence=evidence,
        hide_user=evidence_hide_user,
    )
    report, content, recorder = _take(clusters or [], asking)
    _keep(report, content, to)
    if recorder:
        recorder.check()
    raise typer.Exit(report.exit_code)


def _keep(report: "Report", content: Mapping[str, Any], to: Path) -> None:
    """Write a snapshot and say what it lacks; one of nothing would look like a success."""
    from auditor.change import holes
    from auditor.change.snapshot import text_of
    from auditor.cli.telling import say
    from auditor.report.output import write

    if all(holes.unasked(cluster.coverage) for cluster in report.clusters):
        for cluster in report.clusters:
            why = holes.advice(cluster.coverage) or f"{holes.unasked(cluster.coverage)}."
            text = f"nothing of {cluster.name} could be read, so {to} was not written: {why}"
            typer.echo(f"auditor: {text}", err=True)
        return
    write(to, text_of(content))
    names = ", ".join(cluster.name for cluster in report.clusters)
    code = int(report.exit_code)
    told = f"An audit with --history off would end with exit code {code}."
    lacks = [line for cluster in report.clusters for line in holes.lines(cluster)]
    say("\n".join((f"Snapshot of {names} written to {to}. {told}", *lacks, "")))


@app.command()
def diff(
    before: Annotated[Path, typer.Argument(help="Snapshot from before.")],
    after: Annotated[str, typer.Argument(help="Snapshot from after, or the word live.")],
    *,
    config: options.Config = None,
    expect: Annotated[
        Path | None,
        typer.Option(
            envvar="AUDITOR_EXPECT",
            help="What was announced: the file that `auditor precheck` wrote.",
            show_default=False,
        ),
    ] = None,
    as_json: options.AsJson = False,
    insecure: options.Insecure = False,
    pack: options.Pack = None,
    evidence: options.Evidence = None,
    evidence_hide_user: options.EvidenceHideUser = False,
) -> None:
    """Tell what changed between two snapshots, or since one.

    The live cluster is judged by the packs of the snapshot.

    Exit codes: 0 nothing unexpected, 3 unexpected, 4 newly unknown or not compared.
    """
    from auditor import snapshots as files
    from auditor.change import difference, difference_page, expectation
    from auditor.cli.telling import say, width

    announced = dict([expectation.read(expect)]) if expect else {}
    was = files.read(before)
    difference.refuse_stranger(was, announced)
    if after == LIVE:
        run = was["report"]["run"]
        _refuse_other_packs(run["packs"], pack)
        asking = _Asking(
            "diff",
            config,
            tuple(run["packs"]),
            insecure=insecure,
            evidence=evidence,
            hide_user=evidence_hide_user,
        )
        names = [cluster["name"] for cluster in was["report"]["clusters"]]
        _, now, recorder = _take(names, asking)
    else:
        _refuse_idle(evidence)
        now, recorder = files.read(_present(after)), None
    comparison = difference.compared(was, now, announced, live=after == LIVE)
    page = difference_page
    columns = width() if sys.stdout.isatty() else None
    text = page.render_json(comparison) if as_json else page.render_text(comparison, width=columns)
    say(text)
    if recorder:
        recorder.check()
    raise typer.Exit(comparison.exit_code)


def _present(name: str) -> Path:
    """Return the file of a snapshot; raises ConfigError where it was rather `live` misspelt."""
    from auditor.errors import ConfigError
    from auditor.names import nearest

    path = Path(name)
    if nearest(name, [LIVE]) and not path.exists():
        text = f"{name}: cannot be read: No such file or directory."
        raise ConfigError([f"{text} Did you mean `{LIVE}`, the cluster now?"])
    return path


def _refuse_other_packs(kept: Sequence[str], asked: Sequence[str] | None) -> None:
    from auditor.errors import ConfigError

    if asked and set(asked) != set(kept):
        words = ", ".join(kept)
        raise ConfigError([f"--pack: the snapshot is judged by {words}; leave the option out."])


def _refuse_idle(evidence: Path | None) -> None:
    from auditor.errors import ConfigError

    if evidence is not None:
        text = "--evidence has nothing to keep, because two files are compared: leave it out."
        raise ConfigError([text])


@dataclass(frozen=True, slots=True)
class _Asking:
    """How a snapshot of live clusters is to be taken."""

    command: str
    config: Path | None
    packs: tuple[str, ...]
    insecure: bool
    evidence: Path | None
    hide_user: bool


def _take(names: list[str], asking: _Asking) -> "tuple[Report, Mapping[str, Any], Recorder | None]":
    """Ask the clusters; return the report, a snapshot of them, and what kept the exchanges."""
    from auditor.audit import Options, report_on, survey
    from auditor.change.snapshot import document
    from auditor.cli.running import accepted, keep, logins, warn_insecure, world
    from auditor.collect.topics import SNAPSHOT, Errand
    from auditor.config.loader import load, locate
    from auditor.recommendations.model import load_packs

    recommendations = load_packs(asking.packs)
    configuration = load(locate(asking.config))
    chosen = configuration.select(names)
    agreed = accepted(configuration, chosen, None)
    keeping = keep(asking.evidence, asking.command, asking.packs, hide_users=asking.hide_user)
    if asking.insecure:
        warn_insecure()
    settings = Options(
        recommendations,
        insecure=asking.insecure,
        mode="snapshot",
        errand=Errand(SNAPSHOT),
        waivers=agreed,
    )
    accounts = logins(chosen)
    recorder = keeping.recorder(configuration, settings, accounts) if keeping else None
    with world(configuration.workers, recorder=recorder) as around:
        started = around.clock()
        facts = survey(chosen, accounts, settings, around)
        report = report_on(chosen, facts, settings, around, started)
    return report, document(report, facts), recorder
