"""`auditor failover-check`: how the redundancy groups stand after a failover, or before one."""

import shutil
import sys
import textwrap
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from auditor.cli import options
from auditor.cli.app import app

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from auditor.report.output import Target


class Accepted(StrEnum):
    """What else may count as good."""

    FAILED_OVER = "failed-over"


@app.command("failover-check")
def failover_check(
    clusters: options.Clusters = None,
    *,
    group: Annotated[
        list[str] | None,
        typer.Option(
            envvar="AUDITOR_GROUP",
            callback=options.pieces,
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
        Accepted | None,
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
            callback=options.pieces,
            help="terminal or json, to standard output or to a file. May be repeated. "
            "Default: terminal.",
            show_default=False,
        ),
    ] = None,
    as_json: options.AsJson = False,
    config: options.Config = None,
    insecure: options.Insecure = False,
    evidence: options.Evidence = None,
    evidence_hide_user: options.EvidenceHideUser = False,
) -> None:
    """Tell how each redundancy group stands, and the one thing to do now.

    Exit codes: 0 normal with AXL answering wherever it must, 3 failed over, broken or AXL missing,
    4 unknown or still moving.
    """
    from auditor import snapshots
    from auditor.audit import Options
    from auditor.cli.running import keep, logins, warn_insecure, world
    from auditor.config.loader import load, locate
    from auditor.failover import check, duration, jsonout, page
    from auditor.failover.request import Request
    from auditor.recommendations.model import PACKS, load_packs
    from auditor.report.output import check_writable

    targets = _targets(output or [], as_json=as_json)
    request = Request(
        rows={row.id: row for row in load_packs()},
        groups=tuple(group or ()),
        wait=None if wait is None else duration.parsed(wait, readiness=readiness),
        since=None if since is None else snapshots.read(since),
        accept_failed_over=accept is Accepted.FAILED_OVER,
        insecure=insecure,
    )
    configuration = load(locate(config))
    chosen = configuration.select(clusters or [])
    check_writable(targets)
    keeping = keep(evidence, "failover-check", PACKS, hide_users=evidence_hide_user)
    if insecure:
        warn_insecure()
    accounts = logins(chosen)
    asked = Options((), insecure=insecure)
    recorder = keeping.recorder(configuration, asked, accounts) if keeping else None
    with world(configuration.workers, quiet=wait is not None, recorder=recorder) as around:
        if readiness:
            ready = check.run_readiness(chosen, accounts, request, around)
        else:
            found = check.run(chosen, accounts, request, around, _keep)
    if readiness:
        _tell(
            targets,
            lambda **screen: page.render_readiness(ready, **screen),
            lambda: jsonout.render_readiness(ready),
        )
        if recorder:
            recorder.check()
        raise typer.Exit(ready.exit_code)
    _tell(
        targets,
        lambda **screen: page.render(found, **screen),
        lambda: jsonout.render(found),
    )
    if recorder:
        recorder.check()
    raise typer.Exit(found.exit_code)


def _keep(line: str) -> None:
    """Show a line of progress, on a terminal only."""
    if sys.stderr.isatty():
        columns = shutil.get_terminal_size().columns
        typer.echo(textwrap.fill(line, max(columns, 40), break_on_hyphens=False), err=True)


def _targets(values: list[str], *, as_json: bool) -> "Sequence[Target]":
    """Return where to write; `--json` stands for `--output json`.

    Raises:
        ConfigError: a format that this command does not write, or two on standard output.
    """
    from auditor.errors import ConfigError
    from auditor.report.output import Format, parse_targets

    targets = parse_targets([*values, *(["json"] if as_json else [])])
    other = [t.format for t in targets if t.format not in (Format.TERMINAL, Format.JSON)]
    if other:
        raise ConfigError([f"--output {other[0]}: failover-check writes terminal and json."])
    return targets


def _tell(
    targets: "Sequence[Target]", draw: "Callable[..., str]", dump: "Callable[[], str]"
) -> None:
    """Write the answer in every form that was asked for."""
    from auditor.cli.telling import PIPE_WIDTH, colour, say, width
    from auditor.report.output import Format, write

    for target in targets:
        if target.path is not None:
            plain = target.format is not Format.JSON
            write(target.path, draw(width=PIPE_WIDTH, colour=False) if plain else dump())
        elif target.format is Format.JSON:
            say(dump())
        else:
            say(draw(width=width(), colour=colour(), fold=sys.stdout.isatty()))
