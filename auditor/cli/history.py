"""`auditor history`: earlier audits, and how old their findings are."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from auditor.cli.app import app
from auditor.cli.completion import complete_clusters
from auditor.cli.options import ConfigOption, HistoryOption, output_option
from auditor.cli.output import Layout, print_text, write_documents
from auditor.config.loader import find_config_file, load_configuration
from auditor.errors import ConfigError
from auditor.history.opening import open_history
from auditor.history.store import HistoryStore
from auditor.models.history import RunChanges
from auditor.report.estate_csv import render_history_csv
from auditor.report.estate_json import render_history_json
from auditor.report.formats import (
    OutputTarget,
    ReportFormat,
    check_targets_writable,
    parse_output_targets,
)
from auditor.report.terminal_estate import (
    render_alarms,
    render_flapping,
    render_open_differences,
    render_outages,
)
from auditor.report.terminal_history import (
    render_changes_since,
    render_finding_ages,
    render_past_runs,
)
from auditor.text import count_noun, escape_unprintable, utc_timestamp, wrap_text

# A hundred years: many more would lead to a date before the first that Python has.
_MAX_PRUNE_DAYS = 36_500

_FORMATS_OF_CHANGES = (ReportFormat.TERMINAL, ReportFormat.JSON)
"""The formats that show what changed since a run."""


ClustersArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="CLUSTER",
        help="Clusters on record. Default: all.",
        autocompletion=complete_clusters,
        show_default=False,
    ),
]

SinceOption = Annotated[
    str | None,
    typer.Option(
        envvar="AUDITOR_SINCE",
        metavar="RUN|DATE",
        help="Show what is new, worse, still there and resolved since a run (the beginning of "
        "its id is enough) or a date, such as 2026-03-01 or 2026-03-01T06:00 (UTC).",
        show_default=False,
    ),
]

LimitOption = Annotated[
    int,
    typer.Option(envvar="AUDITOR_LIMIT", min=1, help="How many runs to list, latest first."),
]

PruneOption = Annotated[
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
]


@app.command("history")
def history(
    clusters: ClustersArgument = None,
    *,
    config: ConfigOption = None,
    history: HistoryOption = None,
    since: SinceOption = None,
    limit: LimitOption = 20,
    output: Annotated[list[str] | None, output_option("history")] = None,
    prune: PruneOption = None,
) -> None:
    """Show recorded runs, how old each finding is, and what is new or resolved.

    No cluster is asked. Findings are listed where one cluster is named, or one is on record.
    JSON and CSV hold all figures and the whole record; with --since, JSON holds the changes too.
    HTML is a page of the estate over time: differences by day, since when each exists, flapping,
    time to fix, waivers, what could not be read, days without a run.
    """
    targets = parse_output_targets(output or [], "history")
    _refuse_clashing_options(since, prune, targets)
    store = _open_recorded_history(config, history, writes=prune is not None)
    names = store.find_clusters(clusters or ())
    if prune is not None:
        _prune_history(store, prune)
        return
    check_targets_writable(targets)
    write_documents(
        targets,
        {
            ReportFormat.TERMINAL: lambda layout: (
                _render_runs(store, names, layout, limit)
                if since is None
                else _render_changes_since(store, names, layout, since)
            ),
            ReportFormat.JSON: lambda _: _render_json(store, names, since),
            ReportFormat.CSV: lambda _: _render_csv(store, names),
            ReportFormat.HTML: lambda _: _render_page(store, names),
        },
    )


def _refuse_clashing_options(
    since: str | None, prune: int | None, targets: Sequence[OutputTarget]
) -> None:
    """Raise ConfigError for options of which each asks for something else."""
    formats = [target.format for target in targets]
    without_changes = [form for form in formats if form not in _FORMATS_OF_CHANGES]
    records = [form for form in formats if form is not ReportFormat.TERMINAL]
    clashing = without_changes if prune is None else records
    asked = [
        *(["--since"] if since is not None else []),
        *([f"--output {clashing[0]}"] if clashing else []),
        *(["--prune"] if prune is not None else []),
    ]
    if len(asked) > 1:
        raise ConfigError([f"{' and '.join(asked)} cannot go together; give one of them."])


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


def _render_runs(store: HistoryStore, clusters: Sequence[str], layout: Layout, limit: int) -> str:
    runs = store.runs(*clusters, limit=limit)
    estate = store.estate(clusters, current_time())
    names = [summary.cluster for summary in estate.clusters]
    # The last run of one cluster is listed whole, and its differences need no second list.
    is_one = len(names) == 1
    width, colour = layout.width, layout.colour
    pages = [
        render_alarms(estate, width=width, colour=colour),
        render_past_runs(runs, width=width, colour=colour),
        _render_last_run(store, names[0], layout) if is_one else "",
        render_open_differences(estate, only_unjudged=is_one, width=width, colour=colour),
        render_flapping(estate, width=width, colour=colour),
        render_outages(estate, width=width, colour=colour),
        _findings_hint(names, layout.width) if len(names) > 1 else "",
    ]
    return "\n".join(filter(None, pages))


def _render_last_run(store: HistoryStore, cluster: str, layout: Layout) -> str:
    rows = store.latest_findings(cluster)
    return render_finding_ages(
        cluster, rows, _current_timestamp(), width=layout.width, colour=layout.colour
    )


def _findings_hint(names: Sequence[str], width: int) -> str:
    text = f"To list all findings of a cluster, name one of {', '.join(names)}."
    return "\n".join([*wrap_text(escape_unprintable(text), width), ""])


def _render_changes_since(
    store: HistoryStore, clusters: Sequence[str], layout: Layout, since: str
) -> str:
    pages = [
        render_changes_since(change, _current_timestamp(), width=layout.width, colour=layout.colour)
        for change in _find_changes(store, clusters, since)
    ]
    return "\n".join(pages) or "No run is recorded.\n"


def _find_changes(store: HistoryStore, clusters: Sequence[str], since: str) -> list[RunChanges]:
    return [store.changes(name, since) for name in clusters or store.clusters()]


def _render_json(store: HistoryStore, clusters: Sequence[str], since: str | None) -> str:
    changes = None if since is None else _find_changes(store, clusters, since)
    estate = store.estate(clusters, current_time())
    return render_history_json(estate, store.export(*clusters), changes)


def _render_csv(store: HistoryStore, clusters: Sequence[str]) -> str:
    return render_history_csv(store.estate(clusters, current_time()), store.export(*clusters))


def _render_page(store: HistoryStore, clusters: Sequence[str]) -> str:
    # The templates take longer to load than all else here.
    from auditor.report.html.estate.render import render_estate_page

    return render_estate_page(store.estate(clusters, current_time()))


def _prune_history(store: HistoryStore, days: int) -> None:
    deleted = store.prune(timedelta(days=days), current_time())
    print_text(f"{count_noun(deleted, 'run')} older than {count_noun(days, 'day')} deleted.\n")


def current_time() -> datetime:
    """Return the time of this machine, in UTC."""
    return datetime.now(UTC)


def _current_timestamp() -> str:
    return utc_timestamp(current_time())
