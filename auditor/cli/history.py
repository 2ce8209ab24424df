"""`auditor history`: what earlier audits found, and since when."""

from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from auditor.cli import completing, options
from auditor.cli.app import app
from auditor.errors import ConfigError

if TYPE_CHECKING:
    from auditor.history.store import History

_OLDEST_DAYS = 36_500


@app.command("history")
def history(
    *,
    config: options.Config = None,
    history: options.History = None,
    cluster: Annotated[
        str | None,
        typer.Option(
            envvar="AUDITOR_CLUSTER",
            help="Only this cluster. Default: all on record.",
            autocompletion=completing.clusters,
            show_default=False,
        ),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            envvar="AUDITOR_SINCE",
            metavar="RUN|DATE",
            help="Tell what is new, worse, still there and resolved since a run (the beginning of "
            "its id will do) or a date, such as 2026-03-01 or 2026-03-01T06:00 (UTC).",
            show_default=False,
        ),
    ] = None,
    limit: Annotated[
        int,
        typer.Option(envvar="AUDITOR_LIMIT", min=1, help="How many runs to list, latest first."),
    ] = 20,
    export: Annotated[
        str | None,
        typer.Option(
            envvar="AUDITOR_EXPORT",
            metavar="json|csv[:PATH]",
            help="Write the whole record instead, to standard output or to a file.",
            show_default=False,
        ),
    ] = None,
    prune: Annotated[
        int | None,
        typer.Option(
            envvar="AUDITOR_PRUNE",
            metavar="DAYS",
            min=1,
            max=_OLDEST_DAYS,
            help="Forget runs that are older. The last run of each cluster stays, and since when "
            "each finding stands.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Show recorded runs, since when each finding stands, and what is new or resolved.

    No cluster is asked. With one cluster on record, or with --cluster, its findings are listed.
    """
    chosen = [
        name
        for name, told in (("--since", since), ("--export", export), ("--prune", prune))
        if told is not None
    ]
    if len(chosen) > 1:
        raise ConfigError([f"{' and '.join(chosen)} cannot go together; give one of them."])
    record = _open(config, history, writes=prune is not None)
    if prune is not None:
        _prune(record, prune)
    elif export is not None:
        _export(record, cluster, export)
    elif since is not None:
        _changes(record, cluster, since)
    else:
        _runs(record, cluster, limit)


def _open(config: Path | None, url: str | None, *, writes: bool) -> "History":
    """Open the history of the option, else of the configuration if there is one, else the user's.

    Raises:
        ConfigError: it is off, or cannot be used.
    """
    from auditor.config.loader import load, locate
    from auditor.history.opening import open_history

    if url is None:
        path = config
        with suppress(ConfigError):
            path = locate(config)
        url = load(path).history if path else None
    record = open_history(url, writes=writes)
    if record is None:
        raise ConfigError(["the history is off: name a database with --history"])
    return record


def _runs(record: "History", cluster: str | None, limit: int) -> None:
    from auditor.cli.telling import colour, say, width
    from auditor.report.timeline import render_runs, render_standings

    say(render_runs(record.runs(cluster, limit=limit), width=width(), colour=colour()))
    names = (cluster,) if cluster else record.clusters()
    if len(names) > 1:
        say(f"\nSince when findings stand: --cluster with one of {', '.join(names)}.\n")
    elif names:
        rows = record.standings(names[0])
        page = render_standings(names[0], rows, _now(), width=width(), colour=colour())
        say(f"\n{page}")


def _changes(record: "History", cluster: str | None, since: str) -> None:
    from auditor.cli.telling import colour, say, width
    from auditor.report.timeline import render_changes

    names = (cluster,) if cluster else record.clusters()
    told = [record.changes(name, since) for name in names]
    pages = [render_changes(one, _now(), width=width(), colour=colour()) for one in told]
    say("\n".join(pages) or "No run is recorded.\n")


def _export(record: "History", cluster: str | None, target: str) -> None:
    from auditor.cli.telling import say
    from auditor.report import record as forms
    from auditor.report.output import obstacle, write

    word, colon, place = target.partition(":")
    form = word.lower()
    if form not in ("json", "csv") or (colon and not place.strip()):
        raise ConfigError([f"--export {target}: write json or csv, or json:PATH or csv:PATH."])
    path = Path(place).expanduser() if place not in ("", "-") else None
    problem = obstacle(path) if path else None
    if problem:
        raise ConfigError([f"--export {target}: {problem}"])
    rows = record.export(cluster)
    text = forms.render_json(rows) if form == "json" else forms.render_csv(rows)
    if path:
        write(path, text)
    else:
        say(text)


def _prune(record: "History", days: int) -> None:
    from auditor.cli.running import now
    from auditor.cli.telling import say
    from auditor.report.wording import count

    gone = record.prune(timedelta(days=days), now())
    say(f"{count(gone, 'run')} older than {count(days, 'day')} forgotten.\n")


def _now() -> str:
    from auditor.audit import iso
    from auditor.cli.running import now

    return iso(now())
