"""The facts of a cluster as a change would make them.

The facts judged as they are and as a change would make them, by the profile old and new.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from auditor.change.diff.model import ExpectedFinding
from auditor.collect.services import NOT_ACTIVATED_REASON_CODE
from auditor.models.facts import ClusterFacts, NodeFacts, RunState, ServiceState
from auditor.models.findings import Finding, FindingSubject, SubjectKind, Verdict
from auditor.recommendations.engine import judge_facts
from auditor.recommendations.packs import Recommendation, load_packs
from auditor.recommendations.vocabulary import Expectation


@dataclass(frozen=True, slots=True)
class RequestedChange:
    """One service on one node that is to be activated and started, or deactivated."""

    node: str
    service: str
    activate: bool


def find_changed_node(facts: ClusterFacts, change: RequestedChange) -> NodeFacts:
    """Return the node of a change, which must be one of the cluster."""
    return next(node for node in facts.nodes if node.name == change.node)


def apply_changes(
    facts: ClusterFacts, changes: Sequence[RequestedChange], *, started: bool
) -> ClusterFacts:
    """Return the facts after the changes; `started` False: activated, but not running yet."""
    nodes = tuple(_apply_changes_to_node(node, changes, started=started) for node in facts.nodes)
    return replace(facts, nodes=nodes)


def _apply_changes_to_node(
    node: NodeFacts, changes: Sequence[RequestedChange], *, started: bool
) -> NodeFacts:
    services = dict(node.services)
    for change in changes:
        if change.node == node.name and services:
            services[change.service] = _changed_service_state(change, started=started)
    return replace(node, services=services)


def _changed_service_state(change: RequestedChange, *, started: bool) -> ServiceState:
    if not change.activate:
        return ServiceState(
            change.service,
            deployable=True,
            activated=False,
            state=RunState.STOPPED,
            reason_code=NOT_ACTIVATED_REASON_CODE,
        )
    state = RunState.STARTED if started else RunState.STOPPED
    return ServiceState(change.service, deployable=True, activated=True, state=state)


_BLOCKING_VERDICTS = (Verdict.DRIFT, Verdict.UNKNOWN)
_EXPECTATIONS_AFTER_START = frozenset({Expectation.STAYS_UP, Expectation.ANSWERS})
"""What can be seen only once the service really runs."""

_GROUP_EXPECTATIONS = frozenset({Expectation.PAIR_HEALTHY, Expectation.GROUPED})
"""What is looked at before every change, whatever pack the change is judged by."""


@dataclass(frozen=True, slots=True)
class WhatIfFindings:
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
        return (after for before, after in self.pairs() if _becomes_blocking(before, after))

    def asked_besides(self) -> Iterator[Finding]:
        """Yield what the tested profile makes differ or unknown, the change made."""
        broken = {finding.id for finding in self.broken()}
        for before, after in self._side_by_side(self.filed_now, self.then):
            if after.id not in broken and _becomes_blocking(before, after):
                yield after

    def temporary(self) -> Iterator[ExpectedFinding]:
        """Yield what the change makes differ or unknown only until the profile has the features."""
        settled = {finding.id for finding in self.then if finding.verdict not in _BLOCKING_VERDICTS}
        for before, after in self._side_by_side(self.filed_now, self.filed_then):
            if after.id in settled and _becomes_blocking(before, after):
                yield ExpectedFinding(after.id, after.verdict, after.kind, after.observed)

    def _side_by_side(
        self, one: Iterable[Finding], other: Iterable[Finding]
    ) -> Iterator[tuple[Finding, Finding]]:
        before = {finding.id: finding for finding in one}
        for after in other:
            row = self.rows[after.recommendation]
            if after.id in before and row.expects not in _EXPECTATIONS_AFTER_START:
                yield before[after.id], after


def judge_change(
    facts: ClusterFacts,
    filed: ClusterFacts,
    changes: Sequence[RequestedChange],
    recommendations: Sequence[Recommendation],
) -> WhatIfFindings:
    """Judge a change; `filed` are the facts with the profile of the file."""
    rows = (*recommendations, *_missing_group_rows(recommendations))
    now, then = (
        judge_facts(rows, facts),
        judge_facts(rows, apply_changes(facts, changes, started=True)),
    )
    same = filed == facts
    return WhatIfFindings(
        rows={row.id: row for row in rows},
        now=now,
        then=then,
        before_start=judge_facts(rows, apply_changes(facts, changes, started=False)),
        filed_now=now if same else judge_facts(rows, filed),
        filed_then=then if same else judge_facts(rows, apply_changes(filed, changes, started=True)),
    )


def _missing_group_rows(recommendations: Sequence[Recommendation]) -> list[Recommendation]:
    """Return the rows on redundancy groups that are not among the given ones."""
    if {row.expects for row in recommendations} >= _GROUP_EXPECTATIONS:
        return []
    ids = {row.id for row in recommendations}
    return [row for row in load_packs() if row.expects in _GROUP_EXPECTATIONS and row.id not in ids]


def _becomes_blocking(before: Finding, after: Finding) -> bool:
    if before.verdict is Verdict.UNKNOWN:
        return after.verdict is Verdict.DRIFT
    return before.verdict not in _BLOCKING_VERDICTS and after.verdict in _BLOCKING_VERDICTS


def findings_for_change(change: RequestedChange, findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings on the service of a change, on its node."""
    subject = FindingSubject(SubjectKind.NODE, change.node)
    return [f for f in findings if f.subject == subject and f.service == change.service]
