"""The message of a notification: what changed since the last run, in a few lines."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from auditor.models.exit_codes import EXIT_CODE_MEANINGS
from auditor.models.findings import ClusterReport, Verdict
from auditor.models.history import ChangeDirection, FindingChange
from auditor.models.report import Report
from auditor.report.change_causes import CauseChange, fold_changes
from auditor.report.summary import ReachabilityChange, reachability_changes, reachability_line
from auditor.report.wording import KIND_TEXTS
from auditor.text import count_noun, join_names, printable, shorten_text

MAX_NOTIFICATION_LINES = 20
"""Number of changes that a message names; the report has them all."""

_MAX_LINE_LENGTH = 300
"""Characters of a line; chat and mail services refuse messages of many kilobytes."""

_NOTIFIED_DIRECTIONS = {
    ChangeDirection.NEW: "new",
    ChangeDirection.WORSENED: "worse",
    ChangeDirection.RESOLVED: "resolved",
}
_BACK_WORD = "back"


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
        # A resolved finding has passed by now; it is news if it was drift before.
        drift = (
            change.before
            if change.direction is ChangeDirection.RESOLVED
            else change.finding.verdict
        )
        counts = drift is Verdict.DRIFT and change.finding.severity.reaches(cluster.fail_on)
        if change.direction in _NOTIFIED_DIRECTIONS and counts:
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
        key=lambda entry: tuple(_NOTIFIED_DIRECTIONS).index(entry.change.direction),
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
            _notification_title([entry.change for entry in findings], reachability),
            _MAX_LINE_LENGTH,
        ),
        "\n".join(lines),
    )


def _notification_title(
    findings: Sequence[FindingChange], reachability: Sequence[ReachabilityChange]
) -> str:
    words = Counter(_NOTIFIED_DIRECTIONS[change.direction] for change in findings)
    words += Counter(
        _BACK_WORD if change.back else _NOTIFIED_DIRECTIONS[ChangeDirection.WORSENED]
        for change in reachability
    )
    tally = [
        f"{words[word]} {word}"
        for word in (*_NOTIFIED_DIRECTIONS.values(), _BACK_WORD)
        if words[word]
    ]
    clusters = dict.fromkeys(
        [
            *(change.cluster for change in reachability),
            *(change.finding.cluster for change in findings),
        ]
    )
    return f"auditor: {', '.join(tally)} on {join_names(map(printable, clusters), limit=3)}"


def _notification_line(entry: CauseChange) -> str:
    change, finding = entry.change, entry.change.finding
    service = f" {finding.service}" if finding.service else ""
    what = f": {KIND_TEXTS[finding.kind]}" if finding.kind else ""
    place = f"on {finding.subject.name} ({finding.cluster})"
    word = _NOTIFIED_DIRECTIONS[change.direction]
    also = f", and {count_noun(len(entry.effects), 'effect')} of it" if entry.effects else ""
    return printable(
        f"{word}: {finding.severity} {finding.recommendation}{service} {place}{what}{also}"
    )
