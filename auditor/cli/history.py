"""`auditor history`: what earlier audits found, and since when."""

from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from auditor.cli.app import app
from auditor.cli.completion import complete_clusters
from auditor.cli.options import ConfigOption, HistoryOption
from auditor.errors import ConfigError

if TYPE_CHECKING:
    from auditor.history.store import HistoryStore

_MAX_PRUNE_DAYS = 36_500


@app.command("history")
def history(
    *,
    config: ConfigOption = None,
    history: HistoryOption = None,
    cluster: Annotated[
        str | None,
        typer.Option(
            envvar="AUDITOR_CLUSTER",
            help="Only this cluster. Default: all on record.",
            autocompletion=complete_clusters,
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
            max=_MAX_PRUNE_DAYS,
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
    record = _open_recorded_history(config, history, writes=prune is not None)
    if prune is not None:
        _prune_history(record, prune)
    elif export is not None:
        _export_history(record, cluster, export)
    elif since is not None:
        _print_changes_since(record, cluster, since)
    else:
        _print_runs(record, cluster, limit)


def _open_recorded_history(config: Path | None, url: str | None, *, writes: bool) -> "HistoryStore":
    """Open the history of the option, else of the configuration if there is one, else the user's.

    Raises:
        ConfigError: it is off, or cannot be used.
    """
    from auditor.config.loader import find_config_file, load_configuration
    from auditor.history.store import open_history

    if url is None:
        path = config
        with suppress(ConfigError):
            path = find_config_file(config)
        url = load_configuration(path).history if path else None
    record = open_history(url, writes=writes)
    if record is None:
        raise ConfigError(["the history is off: name a database with --history"])
    return record


def _print_runs(record: "HistoryStore", cluster: str | None, limit: int) -> None:
    from auditor.cli.output import print_text, supports_colour, terminal_width
    from auditor.report.history_page import render_finding_ages, render_past_runs

    print_text(
        render_past_runs(
            record.runs(cluster, limit=limit), width=terminal_width(), colour=supports_colour()
        )
    )
    names = (cluster,) if cluster else record.clusters()
    if len(names) > 1:
        print_text(f"\nSince when findings stand: --cluster with one of {', '.join(names)}.\n")
    elif names:
        rows = record.latest_findings(names[0])
        page = render_finding_ages(
            names[0], rows, _current_timestamp(), width=terminal_width(), colour=supports_colour()
        )
        print_text(f"\n{page}")


def _print_changes_since(record: "HistoryStore", cluster: str | None, since: str) -> None:
    from auditor.cli.output import print_text, supports_colour, terminal_width
    from auditor.report.history_page import render_changes_since

    names = (cluster,) if cluster else record.clusters()
    told = [record.changes(name, since) for name in names]
    pages = [
        render_changes_since(
            one, _current_timestamp(), width=terminal_width(), colour=supports_colour()
        )
        for one in told
    ]
    print_text("\n".join(pages) or "No run is recorded.\n")


def _export_history(record: "HistoryStore", cluster: str | None, target: str) -> None:
    from auditor.cli.output import print_text
    from auditor.files import find_write_obstacle, write_file
    from auditor.report.csv_report import render_history_csv, render_history_json

    word, colon, place = target.partition(":")
    form = word.lower()
    if form not in ("json", "csv") or (colon and not place.strip()):
        raise ConfigError([f"--export {target}: write json or csv, or json:PATH or csv:PATH."])
    path = Path(place).expanduser() if place not in ("", "-") else None
    problem = find_write_obstacle(path) if path else None
    if problem:
        raise ConfigError([f"--export {target}: {problem}"])
    rows = record.export(cluster)
    text = render_history_json(rows) if form == "json" else render_history_csv(rows)
    if path:
        write_file(path, text)
    else:
        print_text(text)


def _prune_history(record: "HistoryStore", days: int) -> None:
    from auditor.cli.output import print_text
    from auditor.cli.session import current_time
    from auditor.text import count_noun

    gone = record.prune(timedelta(days=days), current_time())
    print_text(f"{count_noun(gone, 'run')} older than {count_noun(days, 'day')} forgotten.\n")


def _current_timestamp() -> str:
    from auditor.cli.session import current_time
    from auditor.text import utc_timestamp

    return utc_timestamp(current_time())
