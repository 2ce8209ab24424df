"""The message of a notification: what changed since the last run, in a few lines."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from auditor.models.counts import ChangeCategory, categorise_change, count_changes
from auditor.models.exit_codes import EXIT_CODE_MEANINGS
from auditor.models.findings import ClusterReport
from auditor.models.history import FindingChange
from auditor.models.report import Report
from auditor.report.change_causes import CauseChange, fold_changes
from auditor.report.summary import (
    CHANGE_WORDS,
    ReachabilityChange,
    cause_note,
    reachability_changes,
    reachability_line,
)
from auditor.report.wording import KIND_TEXTS
from auditor.text import count_noun, join_names, printable, shorten_text

MAX_NOTIFICATION_LINES = 20
"""Number of changes that a message names; the report has them all."""

_MAX_LINE_LENGTH = 300
"""Characters of a line; chat and mail services refuse messages of many kilobytes."""

_NOTIFIED_CATEGORIES = (ChangeCategory.NEW, ChangeCategory.WORSE, ChangeCategory.RESOLVED)


@dataclass(frozen=True, slots=True)
class Notification:
    """A title of one line, and a body of a few; plain text."""

    title: str
    body: str


def _changes_to_notify(report: Report, cluster: ClusterReport) -> Iterator[FindingChange]:
    """Yield drift at or above the threshold that is new, worse or resolved since the last run.

    Waived and explained differences and unknown checks are left out: `reachability_changes` has
    the nodes and clusters that can no longer be read. The first run of a cluster has no changes.
    """
    past = report.past.get(cluster.name)
    for change in past.changes if past else ():
        is_news = categorise_change(change) in _NOTIFIED_CATEGORIES
        if is_news and change.finding.severity.reaches(cluster.fail_on):
            yield change


def _causes_to_notify(report: Report) -> Iterator[CauseChange]:
    for cluster in report.clusters:
        changes = tuple(_changes_to_notify(report, cluster))
        yield from fold_changes(changes, cluster.nodes)


def compose_notification(report: Report) -> Notification | None:
    """Return the message for a report, None if nothing changed.

    It names recommendations, services and nodes; never a reply, an address or a URL.
    """
    findings = sorted(
        _causes_to_notify(report),
        key=lambda entry: _NOTIFIED_CATEGORIES.index(categorise_change(entry.change)),
    )
    reachability = sorted(reachability_changes(report), key=lambda change: change.back)
    changes = [
        # First: a node that can no longer be read hides what its findings would show.
        *(printable(reachability_line(change)) for change in reachability),
        *map(_notification_line, findings),
    ]
    if not changes:
        return None
    lines = [shorten_text(line, _MAX_LINE_LENGTH) for line in changes[:MAX_NOTIFICATION_LINES]]
    if len(changes) > MAX_NOTIFICATION_LINES:
        lines.append(f"and {len(changes) - MAX_NOTIFICATION_LINES} more, in the report")
    code = report.exit_code
    lines += ["", f"Exit code {int(code)}: {EXIT_CODE_MEANINGS[code]}. Run {report.run.id}."]
    return Notification(
        shorten_text(
            _notification_title(findings, reachability),
            _MAX_LINE_LENGTH,
        ),
        "\n".join(lines),
    )


def _notification_title(
    findings: Sequence[CauseChange], reachability: Sequence[ReachabilityChange]
) -> str:
    causes = count_changes(entry.change for entry in findings)
    differences = count_changes(c for entry in findings for c in (entry.change, *entry.effects))
    back = sum(change.back for change in reachability)
    numbers = {"unread": len(reachability) - back, "back": back}
    tally = [
        f"{differences[category]} {CHANGE_WORDS[category]}"
        + cause_note(differences[category], causes[category])
        for category in _NOTIFIED_CATEGORIES
        if differences[category]
    ]
    tally += [f"{number} {word}" for word, number in numbers.items() if number]
    clusters = dict.fromkeys(
        [
            *(change.cluster for change in reachability),
            *(entry.change.finding.cluster for entry in findings),
        ]
    )
    return f"auditor: {', '.join(tally)} on {join_names(map(printable, clusters), limit=3)}"


def _notification_line(entry: CauseChange) -> str:
    change, finding = entry.change, entry.change.finding
    service = f" {finding.service}" if finding.service else ""
    what = f": {KIND_TEXTS[finding.kind]}" if finding.kind else ""
    place = f"on {finding.subject.name} ({finding.cluster})"
    word = CHANGE_WORDS[categorise_change(change)]
    also = f", and {count_noun(len(entry.effects), 'effect')} of it" if entry.effects else ""
    return printable(
        f"{word}: {finding.severity} {finding.recommendation}{service} {place}{what}{also}"
    )
