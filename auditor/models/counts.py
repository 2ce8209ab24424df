"""What each number of a report counts. Every format, notification and metric takes it from here.

- A *difference* is a finding whose verdict is drift, of any severity; `--fail-on` decides what a
  difference does to the exit code, never whether it is counted.
- A *cause* is a difference that no other difference explains; its severity is the gravest of all
  that it explains.
- *Unknown*, *explained*, *waived* and *passed* are findings of that verdict. None of them is a
  difference, and a waiver that has expired leaves a difference behind.
- Since an earlier run, each finding that is worth a word has one `ChangeCategory`. `NEW`, `WORSE`
  and `STILL_THERE` add up to the differences of today, and `ACCEPTED` and `STILL_ACCEPTED` to what
  is explained or waived today.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from auditor.models.cluster_report import ClusterReport
from auditor.models.findings import Severity, Verdict
from auditor.models.history import ChangeDirection, FindingChange

_Key = TypeVar("_Key")

ACCEPTED_VERDICTS = frozenset({Verdict.EXPLAINED, Verdict.WAIVED})
"""The verdicts of what would be a difference without the HA state, or without a waiver."""


@dataclass(frozen=True, slots=True)
class ResultCounts:
    """How many findings have each verdict, and how many differences and causes each severity.

    No verdict and no severity is missing.
    """

    by_verdict: Mapping[Verdict, int]
    by_severity: Mapping[Severity, int]
    causes_by_severity: Mapping[Severity, int]

    def __add__(self, other: "ResultCounts") -> "ResultCounts":
        return ResultCounts(
            _add(self.by_verdict, other.by_verdict),
            _add(self.by_severity, other.by_severity),
            _add(self.causes_by_severity, other.causes_by_severity),
        )

    @property
    def causes(self) -> int:
        """Return how many differences no other one explains."""
        return sum(self.causes_by_severity.values())

    @property
    def differences(self) -> int:
        """Return how many subjects drift from a recommendation."""
        return self.by_verdict[Verdict.DRIFT]

    @property
    def unknown(self) -> int:
        """Return how many checks nobody could answer."""
        return self.by_verdict[Verdict.UNKNOWN]

    @property
    def explained(self) -> int:
        """Return how many checks only the HA state keeps from being differences."""
        return self.by_verdict[Verdict.EXPLAINED]

    @property
    def waived(self) -> int:
        """Return how many checks only a waiver keeps from being differences."""
        return self.by_verdict[Verdict.WAIVED]

    @property
    def passed(self) -> int:
        """Return how many checks are as recommended."""
        return self.by_verdict[Verdict.PASS]


def count_results(cluster: ClusterReport) -> ResultCounts:
    """Return the numbers of one cluster."""
    return ResultCounts(
        _tally(Verdict, (finding.verdict for finding in cluster.findings)),
        _tally(Severity, (f.severity for f in cluster.findings if f.verdict is Verdict.DRIFT)),
        _tally(Severity, (cause.severity for cause in cluster.causes)),
    )


def add_results(clusters: Iterable[ClusterReport]) -> ResultCounts:
    """Return the numbers of several clusters together."""
    nothing = ResultCounts(_tally(Verdict, ()), _tally(Severity, ()), _tally(Severity, ()))
    return sum(map(count_results, clusters), nothing)


class ChangeCategory(StrEnum):
    """What became of a finding since an earlier run; the values are tokens of the JSON report.

    `NEW`: a difference that was none when it was last judged, or never was.
    `WORSE`: a difference that was explained or waived then, or of a lower severity.
    `STILL_THERE`: any other difference that was one then.
    `RESOLVED`: as recommended now, a difference then.
    `NOT_ASKED`: a difference then; nothing asks for it now, which does not mean that it was fixed.
    `UNKNOWN`: a difference when it was last judged, unknown or not judged now.
    `UNPROVEN`: as recommended then, unknown now.
    `ACCEPTED`: explained or waived now, neither then.
    `STILL_ACCEPTED`: explained or waived, now and then.
    `NO_LONGER_ACCEPTED`: explained or waived then; now neither that nor a difference.
    """

    NEW = "new"
    WORSE = "worse"
    STILL_THERE = "still_there"
    RESOLVED = "resolved"
    NOT_ASKED = "not_asked"
    UNKNOWN = "unknown"
    UNPROVEN = "unproven"
    ACCEPTED = "accepted"
    STILL_ACCEPTED = "still_accepted"
    NO_LONGER_ACCEPTED = "no_longer_accepted"


_CATEGORIES_OF_DIFFERENCES = {
    ChangeDirection.NEW: ChangeCategory.NEW,
    ChangeDirection.WORSENED: ChangeCategory.WORSE,
    ChangeDirection.PERSISTING: ChangeCategory.STILL_THERE,
    ChangeDirection.RESOLVED: ChangeCategory.RESOLVED,
    ChangeDirection.NOT_APPLICABLE: ChangeCategory.NOT_ASKED,
    ChangeDirection.UNKNOWN: ChangeCategory.UNKNOWN,
}


def categorise_change(change: FindingChange) -> ChangeCategory:
    """Return the one category in which a change is counted."""
    was_accepted = change.before in ACCEPTED_VERDICTS
    if change.finding.verdict in ACCEPTED_VERDICTS:
        return ChangeCategory.STILL_ACCEPTED if was_accepted else ChangeCategory.ACCEPTED
    if was_accepted and change.finding.verdict is not Verdict.DRIFT:
        return ChangeCategory.NO_LONGER_ACCEPTED
    if change.before is Verdict.PASS and change.direction is ChangeDirection.UNKNOWN:
        return ChangeCategory.UNPROVEN
    return _CATEGORIES_OF_DIFFERENCES[change.direction]


def count_changes(changes: Iterable[FindingChange]) -> dict[ChangeCategory, int]:
    """Return how many changes are in each category, zeros included, in the order of the enum.

    Given the causes of changes only, it counts causes.
    """
    return _tally(ChangeCategory, map(categorise_change, changes))


def _tally(keys: Iterable[_Key], values: Iterable[_Key]) -> dict[_Key, int]:
    """Return how often each key is among the values, zeros included, in the order of the keys."""
    counts = Counter(values)
    return {key: counts[key] for key in keys}


def _add(one: Mapping[_Key, int], other: Mapping[_Key, int]) -> dict[_Key, int]:
    return {key: number + other[key] for key, number in one.items()}
