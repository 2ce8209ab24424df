"""The facts judged as they are and as a change would make them, by the profile old and new."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from auditor.change.would_be import Change, would_be
from auditor.cluster import ClusterFacts
from auditor.compare.announced import Foreseen
from auditor.findings import Finding, Subject, SubjectKind, Verdict
from auditor.recommendations.engine import judge
from auditor.recommendations.model import Recommendation, load_packs
from auditor.recommendations.vocabulary import Expectation

_GRAVE = (Verdict.DRIFT, Verdict.UNKNOWN)
_ONLY_AFTERWARDS = frozenset({Expectation.STAYS_UP, Expectation.ANSWERS})
"""What can be seen only once the service really runs."""

_OF_THE_GROUP = frozenset({Expectation.PAIR_HEALTHY, Expectation.GROUPED})
"""What is looked at before every change, whatever pack the change is judged by."""


@dataclass(frozen=True, slots=True)
class Judged:
    """The findings now, with the change made, and with it made but not yet started.

    These go by the profile as it will be; `filed_now` and `filed_then` by that of the file.
    """

    rows: Mapping[str, Recommendation]
    now: tuple[Finding, ...]
    then: tuple[Finding, ...]
    before_start: tuple[Finding, ...]
    filed_now: tuple[Finding, ...]
    filed_then: tuple[Finding, ...]

    def pairs(self) -> Iterator[tuple[Finding, Finding]]:
        """Yield each finding now with what the change would make of it."""
        return self._side_by_side(self.now, self.then)

    def broken(self) -> Iterator[Finding]:
        """Yield what is well or not asked now, and would differ or be unknown with the change."""
        return (after for before, after in self.pairs() if _worse(before, after))

    def asked_besides(self) -> Iterator[Finding]:
        """Yield what the tested profile makes differ or unknown, the change made."""
        broken = {finding.id for finding in self.broken()}
        for before, after in self._side_by_side(self.filed_now, self.then):
            if after.id not in broken and _worse(before, after):
                yield after

    def foreseen(self) -> Iterator[Foreseen]:
        """Yield what the change makes differ or unknown only until the profile has the features."""
        settled = {finding.id for finding in self.then if finding.verdict not in _GRAVE}
        for before, after in self._side_by_side(self.filed_now, self.filed_then):
            if after.id in settled and _worse(before, after):
                kind = None if after.kind is None else str(after.kind)
                yield Foreseen(after.id, str(after.verdict), kind, after.observed)

    def _side_by_side(
        self, one: Iterable[Finding], other: Iterable[Finding]
    ) -> Iterator[tuple[Finding, Finding]]:
        before = {finding.id: finding for finding in one}
        for after in other:
            row = self.rows[after.recommendation]
            if after.id in before and row.expects not in _ONLY_AFTERWARDS:
                yield before[after.id], after


def judged(
    facts: ClusterFacts,
    filed: ClusterFacts,
    changes: Sequence[Change],
    recommendations: Sequence[Recommendation],
) -> Judged:
    """Judge a change; `filed` are the facts with the profile of the file."""
    rows = (*recommendations, *_missing(recommendations))
    now, then = judge(rows, facts), judge(rows, would_be(facts, changes, started=True))
    same = filed == facts
    return Judged(
        rows={row.id: row for row in rows},
        now=now,
        then=then,
        before_start=judge(rows, would_be(facts, changes, started=False)),
        filed_now=now if same else judge(rows, filed),
        filed_then=then if same else judge(rows, would_be(filed, changes, started=True)),
    )


def _missing(recommendations: Sequence[Recommendation]) -> list[Recommendation]:
    """Return the rows on redundancy groups that are not among the given ones."""
    if {row.expects for row in recommendations} >= _OF_THE_GROUP:
        return []
    ids = {row.id for row in recommendations}
    return [row for row in load_packs() if row.expects in _OF_THE_GROUP and row.id not in ids]


def _worse(before: Finding, after: Finding) -> bool:
    if before.verdict is Verdict.UNKNOWN:
        return after.verdict is Verdict.DRIFT
    return before.verdict not in _GRAVE and after.verdict in _GRAVE


def of(change: Change, findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings on the service of a change, on its node."""
    subject = Subject(SubjectKind.NODE, change.node)
    return [f for f in findings if f.subject == subject and f.service == change.service]
