"""`auditor history`: earlier audits, and how old their findings are."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from auditor.cli.app import app
from auditor.cli.completion import complete_clusters
from auditor.cli.options import ConfigOption, HistoryOption
from auditor.cli.output import print_plain_text, print_text
from auditor.cli.terminal import supports_colour, terminal_width
from auditor.config.loader import find_config_file, load_configuration
from auditor.errors import ConfigError
from auditor.files import find_write_obstacle, write_file
from auditor.history.store import HistoryStore, open_history
from auditor.report.csv_report import render_history_csv, render_history_json
from auditor.report.history_page import render_changes_since, render_finding_ages, render_past_runs
from auditor.text import count_noun, utc_timestamp

# A hundred years: many more would lead to a date before the first that Python has.
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
            help="Show what is new, worse, still there and resolved since a run (the beginning of "
            "its id is enough) or a date, such as 2026-03-01 or 2026-03-01T06:00 (UTC).",
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
            help="Delete runs that are older. The last run of each cluster stays, and so does the "
            "age of each finding.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Show recorded runs, how old each finding is, and what is new or resolved.

    No cluster is asked. With one cluster on record, or with --cluster, its findings are listed.
    """
    modes = {"--since": since, "--export": export, "--prune": prune}
    chosen = [name for name, value in modes.items() if value is not None]
    if len(chosen) > 1:
        raise ConfigError([f"{' and '.join(chosen)} cannot go together; give one of them."])
    store = _open_recorded_history(config, history, writes=prune is not None)
    if prune is not None:
        _prune_history(store, prune)
    elif export is not None:
        _export_history(store, cluster, export)
    elif since is not None:
        _print_changes_since(store, cluster, since)
    else:
        _print_runs(store, cluster, limit)


def _open_recorded_history(config: Path | None, url: str | None, *, writes: bool) -> HistoryStore:
    """Open the history of the option, else of the configuration if there is one, else the user's.

    Raises:
        ConfigError: it is off, or cannot be used.
    """
    if url is None:
        path = config
        # The user's own history needs no configuration file.
        with suppress(ConfigError):
            path = find_config_file(config)
        url = load_configuration(path).history if path else None
    store = open_history(url, writes=writes)
    if store is None:
        raise ConfigError(["the history is off: name a database with --history"])
    return store


def _print_runs(store: HistoryStore, cluster: str | None, limit: int) -> None:
    print_text(
        render_past_runs(
            store.runs(cluster, limit=limit), width=terminal_width(), colour=supports_colour()
        )
    )
    names = (cluster,) if cluster else store.clusters()
    if len(names) > 1:
        print_plain_text(
            f"\nTo list findings, name a cluster with --cluster: {', '.join(names)}.\n"
        )
    elif names:
        rows = store.latest_findings(names[0])
        page = render_finding_ages(
            names[0], rows, _current_timestamp(), width=terminal_width(), colour=supports_colour()
        )
        print_text(f"\n{page}")


def _print_changes_since(store: HistoryStore, cluster: str | None, since: str) -> None:
    names = (cluster,) if cluster else store.clusters()
    changes = [store.changes(name, since) for name in names]
    pages = [
        render_changes_since(
            change, _current_timestamp(), width=terminal_width(), colour=supports_colour()
        )
        for change in changes
    ]
    print_text("\n".join(pages) or "No run is recorded.\n")


def _export_history(store: HistoryStore, cluster: str | None, target: str) -> None:
    word, colon, place = target.partition(":")
    form = word.lower()
    if form not in ("json", "csv") or (colon and not place.strip()):
        raise ConfigError([f"--export {target}: write json or csv, or json:PATH or csv:PATH."])
    path = Path(place).expanduser() if place not in ("", "-") else None
    problem = find_write_obstacle(path) if path else None
    if problem:
        raise ConfigError([f"--export {target}: {problem}"])
    rows = store.export(cluster)
    text = render_history_json(rows) if form == "json" else render_history_csv(rows)
    if path:
        write_file(path, text)
    else:
        print_text(text)


def _prune_history(store: HistoryStore, days: int) -> None:
    deleted = store.prune(timedelta(days=days), current_time())
    print_text(f"{count_noun(deleted, 'run')} older than {count_noun(days, 'day')} deleted.\n")


def current_time() -> datetime:
    """Return the time of this machine, in UTC."""
    return datetime.now(UTC)


def _current_timestamp() -> str:
    return utc_timestamp(current_time())
