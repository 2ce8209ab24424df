"""The facts of a cluster as a change would make them, and what the engine finds on them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from auditor.change.diff.expected import ExpectedFinding
from auditor.collect.service_rows import NOT_ACTIVATED_REASON_CODE
from auditor.models.facts import ClusterFacts
from auditor.models.findings import Finding, FindingSubject, SubjectKind, Verdict
from auditor.models.nodes import NodeFacts, RunState, ServiceState
from auditor.recommendations.causes import link_causes
from auditor.recommendations.engine import judge_facts
from auditor.recommendations.pack_names import BUILT_IN_PACKS
from auditor.recommendations.packs import Recommendation, load_packs
from auditor.recommendations.vocabulary import Expectation

_BLOCKING_VERDICTS = (Verdict.DRIFT, Verdict.UNKNOWN)

_EXPECTATIONS_AFTER_START = frozenset({Expectation.STAYS_UP, Expectation.ANSWERS})
"""What can be judged only once the service really runs."""

_ALWAYS_JUDGED = frozenset(
    {Expectation.PAIR_HEALTHY, Expectation.GROUPED, Expectation.REPLICATION_GOOD}
)
"""What is judged before every change, whatever pack the change is judged by."""


class ChangeAction(StrEnum):
    """What is to be done to a service; `ACTIVATE` starts it as well."""

    ACTIVATE = "activate"
    DEACTIVATE = "deactivate"
    RESTART = "restart"


@dataclass(frozen=True, slots=True)
class RequestedChange:
    """One service on one node, and what is to be done to it."""

    node: str
    service: str
    action: ChangeAction

    @property
    def activates(self) -> bool:
        """Return whether the service is to be activated and started."""
        return self.action is ChangeAction.ACTIVATE

    @property
    def restarts(self) -> bool:
        """Return whether the service is to be restarted."""
        return self.action is ChangeAction.RESTART

    @property
    def deactivates(self) -> bool:
        """Return whether the service is to be deactivated."""
        return self.action is ChangeAction.DEACTIVATE


def find_changed_node(facts: ClusterFacts, change: RequestedChange) -> NodeFacts:
    """Return the node of a change, which must be one of the cluster."""
    return next(node for node in facts.nodes if node.name == change.node)


def is_already_made(change: RequestedChange, facts: ClusterFacts) -> bool:
    """Return whether the service is activated and runs, or is not activated, as requested."""
    # A restart is never made already.
    if change.restarts:
        return False
    state = find_changed_node(facts, change).services.get(change.service)
    # Not enough to be activated: one that is stopped still needs a start in Control Center.
    if state is None or state.activated is not change.activates:
        return False
    return state.state is RunState.STARTED or not change.activates


def apply_changes(
    facts: ClusterFacts, changes: Sequence[RequestedChange], *, started: bool
) -> ClusterFacts:
    """Return the facts after the changes; `started` False: before what they start runs."""
    nodes = tuple(_apply_changes_to_node(node, changes, started=started) for node in facts.nodes)
    return replace(facts, nodes=nodes)


def _apply_changes_to_node(
    node: NodeFacts, changes: Sequence[RequestedChange], *, started: bool
) -> NodeFacts:
    services = dict(node.services)
    for change in changes:
        # A node that was not read stays unread: one known service would make it look read.
        if change.node == node.name and services:
            state = services.get(change.service)
            services[change.service] = _changed_service_state(change, state, started=started)
    return replace(node, services=services)


def _changed_service_state(
    change: RequestedChange, before: ServiceState | None, *, started: bool
) -> ServiceState:
    # Built anew, not replaced: uptime, restarts and reason are those of the service as it was. An
    # old uptime would prove that a service stays up which has not even started, and an old reason
    # would explain a state that does not exist.
    if change.restarts:
        deployable, activated = (before.deployable, before.activated) if before else (None, None)
        state = RunState.STARTED if started else RunState.STOPPED
        return ServiceState(change.service, deployable, activated, state)
    if change.deactivates:
        return ServiceState(
            change.service,
            deployable=True,
            activated=False,
            state=RunState.STOPPED,
            # As Control Center reports it, so that the text is the one that a later audit has.
            reason_code=NOT_ACTIVATED_REASON_CODE,
        )
    state = RunState.STARTED if started else RunState.STOPPED
    return ServiceState(change.service, deployable=True, activated=True, state=state)


@dataclass(frozen=True, slots=True)
class WhatIfFindings:
    """The findings on the facts as they are, and as the change would make them.

    `current`, `changed` and `not_started` (activated, or stopped for a restart, but not running
    yet) are judged by the tested profile, `filed_current` and `filed_changed` by that of the file.
    `rows` are the recommendations by id. `complete` is what `current` would be with all built-in
    rows, `complete_rows`, and so leaves nothing out of what a group needs.
    """

    rows: Mapping[str, Recommendation]
    current: tuple[Finding, ...]
    changed: tuple[Finding, ...]
    not_started: tuple[Finding, ...]
    filed_current: tuple[Finding, ...]
    filed_changed: tuple[Finding, ...]
    complete_rows: Mapping[str, Recommendation]
    complete: tuple[Finding, ...]

    def pairs(self) -> Iterator[tuple[Finding, Finding]]:
        """Yield each current finding with the same one after the change."""
        return self._pair_by_id(self.current, self.changed)

    def broken(self) -> Iterator[Finding]:
        """Yield the findings that the change makes drift or unknown."""
        return (after for before, after in self.pairs() if _becomes_blocking(before, after))

    def caused_by_profile(self) -> Iterator[Finding]:
        """Yield the findings that the tested profile makes drift or unknown, after the change."""
        broken = {finding.id for finding in self.broken()}
        for before, after in self._pair_by_id(self.filed_current, self.changed):
            if after.id not in broken and _becomes_blocking(before, after):
                yield after

    def temporary(self) -> Iterator[ExpectedFinding]:
        """Yield what the change makes drift or unknown until the file has the tested profile."""
        # What blocks with the tested profile too does not end when the file is updated.
        settled = {f.id for f in self.changed if f.verdict not in _BLOCKING_VERDICTS}
        for before, after in self._pair_by_id(self.filed_current, self.filed_changed):
            if after.id in settled and _becomes_blocking(before, after):
                yield ExpectedFinding(after.id, after.verdict, after.kind, after.observed)

    def _pair_by_id(
        self, first: Iterable[Finding], second: Iterable[Finding]
    ) -> Iterator[tuple[Finding, Finding]]:
        before = {finding.id: finding for finding in first}
        for after in second:
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
    rows = (*recommendations, *_missing_rows(recommendations))
    # Whole packs: those that `_missing_rows` adds to are not.
    is_complete = {row.pack for row in recommendations}.issuperset(BUILT_IN_PACKS)
    complete_rows = rows if is_complete else (*rows, *_remaining_rows(rows))
    current = _judge(rows, facts)
    changed = _judge(rows, apply_changes(facts, changes, started=True))
    # Most changes test no feature, and the same facts need not be judged twice.
    is_same_profile = filed == facts
    return WhatIfFindings(
        rows={row.id: row for row in rows},
        current=current,
        changed=changed,
        not_started=_judge(rows, apply_changes(facts, changes, started=False)),
        filed_current=current if is_same_profile else _judge(rows, filed),
        filed_changed=(
            changed
            if is_same_profile
            else _judge(rows, apply_changes(filed, changes, started=True))
        ),
        complete_rows={row.id: row for row in complete_rows},
        complete=current if is_complete else _judge(complete_rows, facts),
    )


def _judge(rows: Sequence[Recommendation], facts: ClusterFacts) -> tuple[Finding, ...]:
    """Return the findings of an audit, each drift with those that explain it."""
    return link_causes(judge_facts(rows, facts), facts.nodes)


def _remaining_rows(rows: Sequence[Recommendation]) -> Iterator[Recommendation]:
    """Yield the built-in recommendations that are not among the given ones."""
    ids = {row.id for row in rows}
    return (row for row in load_packs() if row.id not in ids)


def _missing_rows(recommendations: Sequence[Recommendation]) -> list[Recommendation]:
    """Return the recommendations that are always judged and are not among the given ones."""
    if {row.expects for row in recommendations} >= _ALWAYS_JUDGED:
        return []
    return [row for row in _remaining_rows(recommendations) if row.expects in _ALWAYS_JUDGED]


def _becomes_blocking(before: Finding, after: Finding) -> bool:
    """Return whether a finding becomes drift, or becomes unknown after it was known."""
    # Unknown before and after is not the work of the change.
    if before.verdict is Verdict.UNKNOWN:
        return after.verdict is Verdict.DRIFT
    return before.verdict not in _BLOCKING_VERDICTS and after.verdict in _BLOCKING_VERDICTS


def findings_for_change(change: RequestedChange, findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings on the service of a change, on its node."""
    subject = FindingSubject(SubjectKind.NODE, change.node)
    return [f for f in findings if f.subject == subject and f.service == change.service]
