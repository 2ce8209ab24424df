"""What people are told without looking: what moved since the last run, in a few lines."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from auditor.models.exit_codes import EXIT_CODE_MEANINGS
from auditor.models.findings import ClusterReport, Verdict
from auditor.models.history import ChangeDirection, FindingChange
from auditor.models.report import Report
from auditor.report.summary import ReachabilityChange, reachability_changes, reachability_line
from auditor.report.wording import KIND_TEXTS
from auditor.text import join_names, printable, shorten_text

MAX_NOTIFICATION_LINES = 20
"""How many differences a message names; the report has them all."""

_MAX_LINE_LENGTH = 300
"""Characters of a line: the services behind the addresses refuse a message of many kilobytes."""

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


def changes_to_notify(report: Report) -> tuple[FindingChange, ...]:
    """Return what is new, worse or resolved since the run before: drift that counts, no other.

    A waived or explained difference is no news, nor is what is below the cluster's threshold, nor
    a check that could not be told: a node or cluster that can no longer be read is, see `sight`.
    Nothing is news in the first run of a cluster.
    """
    return tuple(
        change
        for cluster in report.clusters
        for change in _cluster_changes_to_notify(report, cluster)
    )


def _cluster_changes_to_notify(report: Report, cluster: ClusterReport) -> Iterator[FindingChange]:
    past = report.past.get(cluster.name)
    for change in past.changes if past else ():
        drift = (
            change.before
            if change.direction is ChangeDirection.RESOLVED
            else change.finding.verdict
        )
        counts = drift is Verdict.DRIFT and change.finding.severity.reaches(cluster.fail_on)
        if change.direction in _NOTIFIED_DIRECTIONS and counts:
            yield change


def compose_notification(report: Report) -> Notification | None:
    """Return what to tell of a report, None if nothing moved.

    It names recommendations, services and nodes; never an answer, an address or a URL.
    """
    moved = sorted(
        changes_to_notify(report),
        key=lambda change: tuple(_NOTIFIED_DIRECTIONS).index(change.direction),
    )
    seen = sorted(reachability_changes(report), key=lambda one: one.back)
    told = [*(printable(reachability_line(one)) for one in seen), *map(_notification_line, moved)]
    if not told:
        return None
    lines = [shorten_text(line, _MAX_LINE_LENGTH) for line in told[:MAX_NOTIFICATION_LINES]]
    if len(told) > MAX_NOTIFICATION_LINES:
        lines.append(f"and {len(told) - MAX_NOTIFICATION_LINES} more, in the report")
    code = report.exit_code
    lines += ["", f"Exit code {int(code)}: {EXIT_CODE_MEANINGS[code]}. Run {report.run.id}."]
    return Notification(
        shorten_text(_notification_title(moved, seen), _MAX_LINE_LENGTH),
        "\n".join(lines),
    )


def _notification_title(moved: Sequence[FindingChange], seen: Sequence[ReachabilityChange]) -> str:
    words = Counter(_NOTIFIED_DIRECTIONS[change.direction] for change in moved)
    words += Counter(
        _BACK_WORD if one.back else _NOTIFIED_DIRECTIONS[ChangeDirection.WORSENED] for one in seen
    )
    tally = [
        f"{words[word]} {word}"
        for word in (*_NOTIFIED_DIRECTIONS.values(), _BACK_WORD)
        if words[word]
    ]
    clusters = dict.fromkeys(
        [*(one.cluster for one in seen), *(change.finding.cluster for change in moved)]
    )
    return f"auditor: {', '.join(tally)} on {join_names(map(printable, clusters), limit=3)}"


def _notification_line(change: FindingChange) -> str:
    finding = change.finding
    service = f" {finding.service}" if finding.service else ""
    what = f": {KIND_TEXTS[finding.kind]}" if finding.kind else ""
    place = f"on {finding.subject.name} ({finding.cluster})"
    word = _NOTIFIED_DIRECTIONS[change.direction]
    return printable(f"{word}: {finding.severity} {finding.recommendation}{service} {place}{what}")
