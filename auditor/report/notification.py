"""What people are told without looking: what moved since the last run, in a few lines."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from auditor.findings import MEANINGS, ClusterReport, Verdict
from auditor.past import Change, Direction
from auditor.report import sight
from auditor.report.screen import printable
from auditor.report.wording import KINDS, listed
from auditor.runs import Report

MOST_LINES = 20
"""How many differences a message names; the report has them all."""

_LONGEST = 300
"""Characters of a line: the services behind the addresses refuse a message of many kilobytes."""

_WORDS = {Direction.NEW: "new", Direction.WORSENED: "worse", Direction.RESOLVED: "resolved"}
_BACK = "back"


@dataclass(frozen=True, slots=True)
class Message:
    """A title of one line, and a body of a few; plain text."""

    title: str
    body: str


def news(report: Report) -> tuple[Change, ...]:
    """Return what is new, worse or resolved since the run before: drift that counts, no other.

    A waived or explained difference is no news, nor is what is below the cluster's threshold, nor
    a check that could not be told: a node or cluster that can no longer be read is, see `sight`.
    Nothing is news in the first run of a cluster.
    """
    return tuple(change for cluster in report.clusters for change in _of(report, cluster))


def _of(report: Report, cluster: ClusterReport) -> Iterator[Change]:
    past = report.past.get(cluster.name)
    for change in past.changes if past else ():
        drift = change.before if change.direction is Direction.RESOLVED else change.finding.verdict
        counts = drift is Verdict.DRIFT and change.finding.severity.reaches(cluster.fail_on)
        if change.direction in _WORDS and counts:
            yield change


def compose(report: Report) -> Message | None:
    """Return what to tell of a report, None if nothing moved.

    It names recommendations, services and nodes; never an answer, an address or a URL.
    """
    moved = sorted(news(report), key=lambda change: tuple(_WORDS).index(change.direction))
    seen = sorted(sight.sights(report), key=lambda one: one.back)
    told = [*(printable(sight.line(one)) for one in seen), *map(_line, moved)]
    if not told:
        return None
    lines = [_cut(line) for line in told[:MOST_LINES]]
    if len(told) > MOST_LINES:
        lines.append(f"and {len(told) - MOST_LINES} more, in the report")
    code = report.exit_code
    lines += ["", f"Exit code {int(code)}: {MEANINGS[code]}. Run {report.run.id}."]
    return Message(_cut(_title(moved, seen)), "\n".join(lines))


def _cut(line: str) -> str:
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"


def _title(moved: Sequence[Change], seen: Sequence[sight.Sight]) -> str:
    words = Counter(_WORDS[change.direction] for change in moved)
    words += Counter(_BACK if one.back else _WORDS[Direction.WORSENED] for one in seen)
    tally = [f"{words[word]} {word}" for word in (*_WORDS.values(), _BACK) if words[word]]
    clusters = dict.fromkeys(
        [*(one.cluster for one in seen), *(change.finding.cluster for change in moved)]
    )
    return f"auditor: {', '.join(tally)} on {listed(map(printable, clusters))}"


def _line(change: Change) -> str:
    finding = change.finding
    service = f" {finding.service}" if finding.service else ""
    what = f": {KINDS[finding.kind]}" if finding.kind else ""
    place = f"on {finding.subject.name} ({finding.cluster})"
    word = _WORDS[change.direction]
    return printable(f"{word}: {finding.severity} {finding.recommendation}{service} {place}{what}")
