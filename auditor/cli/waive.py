"""`auditor waive`: accepts a difference until a date."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from auditor.cli.app import app
from auditor.cli.completion import complete_recommendations, complete_subjects
from auditor.cli.messages import print_note
from auditor.cli.options import ConfigOption, HistoryOption, OneClusterArgument
from auditor.cli.output import print_plain_text
from auditor.cli.session import select_one_cluster
from auditor.cli.terminal import terminal_width
from auditor.config.settings import ClusterSettings
from auditor.errors import ConfigError
from auditor.history.loading import is_history_off
from auditor.models.history import HistoricalFinding
from auditor.recommendations.packs import find_recommendation, load_packs
from auditor.setup.waiver import effect_text, resolve_subject
from auditor.text import wrap_text
from auditor.waivers.add import add_waiver, check_end, render_waiver
from auditor.waivers.days import current_day
from auditor.waivers.load import WaiverRule

DEFAULT_WAIVER_FILE = "waivers.toml"


RecommendationArgument = Annotated[
    str,
    typer.Argument(
        metavar="RECOMMENDATION",
        help="The recommendation, such as RPT-02.",
        autocompletion=complete_recommendations,
    ),
]

SubjectArgument = Annotated[
    str,
    typer.Argument(
        metavar="SUBJECT",
        help="The node, group, cluster or key that differs, as reports name it. The first "
        "label of a node is enough.",
        autocompletion=complete_subjects,
    ),
]

ReasonOption = Annotated[
    str, typer.Option(envvar="AUDITOR_REASON", help="Why the difference is accepted.")
]

OwnerOption = Annotated[
    str, typer.Option(envvar="AUDITOR_OWNER", help="Who looks after it, and removes it.")
]

UntilOption = Annotated[
    str,
    typer.Option(
        envvar="AUDITOR_UNTIL",
        metavar="DATE",
        help="The last day on which it holds, such as 2026-12-31.",
    ),
]

ToOption = Annotated[
    Path | None,
    typer.Option(
        "--to",
        envvar="AUDITOR_TO",
        metavar="FILE",
        help="File to add it to. Default: the one that the configuration names in `waivers`, "
        "else waivers.toml beside the configuration.",
        show_default=False,
    ),
]


@app.command("waive")
def waive(
    recommendation: RecommendationArgument,
    subject: SubjectArgument,
    cluster: OneClusterArgument = None,
    *,
    reason: ReasonOption,
    owner: OwnerOption,
    until: UntilOption,
    to: ToOption = None,
    config: ConfigOption = None,
    history: HistoryOption = None,
) -> None:
    """Accept a difference until a date: add a waiver to the file of waivers.

    Nothing is asked of the cluster. The last recorded run shows what the waiver will hide. The
    rest of the file stays as it is.
    """
    rows = {row.id: row for row in load_packs()}
    row = find_recommendation(recommendation, rows)
    end = _parse_end(until)
    configuration, settings = select_one_cluster(config, cluster)
    url = configuration.history if history is None else history
    recorded = _recorded_findings(url, settings.name, row.id)
    rule = WaiverRule(
        row.id,
        settings.name,
        resolve_subject(row, subject, settings, recorded),
        reason,
        owner,
        end,
        place="",
    )
    beside = configuration.path.parent / DEFAULT_WAIVER_FILE
    path = to.expanduser() if to else settings.waivers or beside
    added = add_waiver(path, rule, rows.keys())
    effect = "\n".join(wrap_text(effect_text(added, recorded), terminal_width()))
    print_plain_text(f"Added to {path}:\n\n{render_waiver(added)}\n{effect}\n")
    if settings.waivers is None or path.absolute() != settings.waivers:
        print_note(_naming_note(path, settings, configuration.path))


def _parse_end(until: str) -> date:
    try:
        end = date.fromisoformat(until)
    except ValueError as error:
        raise ConfigError([f"--until {until}: write a date such as 2026-12-31."]) from error
    check_end(end, current_day())
    return end


def _recorded_findings(
    url: str | None, cluster: str, recommendation: str
) -> tuple[HistoricalFinding, ...]:
    """Return the findings of a recommendation in the last recorded run; none without a history."""
    if is_history_off(url):
        return ()
    # Late: SQLAlchemy is a third of a start.
    from auditor.history.opening import open_history

    try:
        store = open_history(url, writes=False)
        findings = store.latest_findings(cluster) if store else ()
    except ConfigError:
        # No run of this cluster is recorded: the names of the file have to do.
        return ()
    return tuple(f for f in findings if f.recommendation == recommendation)


def _naming_note(path: Path, settings: ClusterSettings, config: Path) -> str:
    folder = config.parent.absolute()
    whole = path.absolute()
    name = whole.relative_to(folder) if whole.is_relative_to(folder) else whole
    other = f" in place of {settings.waivers}" if settings.waivers else ""
    return (
        f'auditor: {config} does not name this file: put waivers = "{name.as_posix()}" into its '
        f'[defaults] or into cluster "{settings.name}"{other}, or audit with --waivers {path}.'
    )
