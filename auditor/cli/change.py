"""`auditor snapshot` and `auditor diff`: what a change window did."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from auditor.cli import options
from auditor.cli.app import app

if TYPE_CHECKING:
    from collections.abc import Mapping

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
) -> None:
    """Keep what live clusters look like now, to compare with later.

    The exit code is the audit's; the snapshot is written whatever it is.
    """
    from auditor.change.snapshot import text_of
    from auditor.cli.telling import say
    from auditor.errors import ConfigError
    from auditor.report.output import Format, Target, check_writable, write

    if to.exists():
        raise ConfigError([f"--to {to}: is there already; a snapshot never replaces a file."])
    check_writable([Target(Format.JSON, to)])
    content = _take(clusters or [], config, pack, insecure=insecure)
    write(to, text_of(content))
    code = content["report"]["summary"]["exit_code"]
    names = ", ".join(cluster["name"] for cluster in content["report"]["clusters"])
    say(f"Snapshot of {names} written to {to}. An audit would end with exit code {code}.\n")
    raise typer.Exit(code)


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
) -> None:
    """Tell what changed between two snapshots, or since one.

    Exit codes: 0 nothing unexpected, 3 unexpected, 4 newly unknown.
    """
    from auditor import snapshots as files
    from auditor.change import difference, expectation
    from auditor.cli.telling import say

    announced = dict([expectation.read(expect)]) if expect else {}
    was = files.read(before)
    if after == LIVE:
        names = [cluster["name"] for cluster in was["report"]["clusters"]]
        now = _take(names, config, pack, insecure=insecure)
    else:
        now = files.read(Path(after))
    comparison = difference.compared(was, now, announced)
    render = difference.render_json if as_json else difference.render_text
    say(render(comparison))
    raise typer.Exit(comparison.exit_code)


def _take(
    names: list[str], config: Path | None, pack: list[str] | None, *, insecure: bool
) -> "Mapping[str, Any]":
    """Ask the clusters and return a snapshot of them."""
    from auditor.audit import Options, report_on, survey
    from auditor.change.snapshot import document
    from auditor.cli.running import logins, warn_insecure, world
    from auditor.collect.topics import SNAPSHOT, Errand
    from auditor.config.loader import load, locate
    from auditor.recommendations.model import PACKS, load_packs

    recommendations = load_packs(pack or PACKS)
    configuration = load(locate(config))
    chosen = configuration.select(names)
    if insecure:
        warn_insecure()
    options_ = Options(recommendations, insecure=insecure, mode="snapshot", errand=Errand(SNAPSHOT))
    accounts = logins(chosen)
    with world(configuration.workers) as around:
        started = around.clock()
        facts = survey(chosen, accounts, options_, around)
        report = report_on(chosen, facts, options_, around, started)
    return document(report, facts)
