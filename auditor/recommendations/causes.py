"""Links findings to those that explain them: pure, and after waivers, which excuse a cause."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Generic, Protocol, TypeAlias, TypeVar

from auditor.models.findings import (
    Finding,
    FindingKind,
    FindingSubject,
    SubjectKind,
    Verdict,
)
from auditor.models.forms import Form
from auditor.models.nodes import NodeFacts
from auditor.models.statements import make_statement
from auditor.recommendations.cause_rules import CauseRule, load_cause_rules
from auditor.recommendations.logic import unique
from auditor.service_names import START_ORDER, start_position

_SubjectKey: TypeAlias = tuple[SubjectKind, str]


class Explainable(Protocol):
    """What the rules look at: a finding, of this run or as history keeps it."""

    @property
    def id(self) -> str:
        """Return its fingerprint."""

    @property
    def cluster(self) -> str:
        """Return the name of its cluster."""

    @property
    def recommendation(self) -> str:
        """Return the id of its recommendation."""

    @property
    def subject(self) -> FindingSubject:
        """Return what it is about."""

    @property
    def kind(self) -> FindingKind | None:
        """Return its kind; None, once it is resolved, may have been any."""


T = TypeVar("T", bound=Explainable)


def link_causes(
    findings: Sequence[Finding],
    nodes: Iterable[NodeFacts],
    rules: Sequence[CauseRule] | None = None,
) -> tuple[Finding, ...]:
    """Return the findings of one cluster, each drift with the ids of all that explain it.

    `caused_by` is in the order of the rules, so that the first is the one to act on, and the remedy
    begins with it, after what Cisco starts earlier on the node. `rules` None: those of causes.toml.
    """
    drifts = [finding for finding in findings if finding.verdict is Verdict.DRIFT]
    causes = find_causes(drifts, nodes, rules)
    order = _StartOrder(drifts)
    met = {
        (finding.recommendation, _subject_key(finding))
        for finding in findings
        if finding.verdict in (Verdict.PASS, Verdict.NOT_APPLICABLE)
    }
    return tuple(
        _drop_met_condition(
            _add_causes(finding, causes.get(finding.id, ()), order.rows_before(finding)), met
        )
        # Most findings by far are neither drift nor have anything to do.
        if finding.verdict is Verdict.DRIFT or finding.remedy or finding.caused_by
        else finding
        for finding in findings
    )


def find_causes(
    drifts: Sequence[T],
    nodes: Iterable[NodeFacts],
    rules: Sequence[CauseRule] | None = None,
) -> dict[str, tuple[T, ...]]:
    """Return which drifts of one cluster explain which, by id, in the order of the rules."""
    places = _Places(drifts, nodes)
    rules_by_row: dict[str, list[CauseRule]] = {}
    for rule in load_cause_rules() if rules is None else rules:
        for row in rule.rows:
            rules_by_row.setdefault(row, []).append(rule)
    return {
        drift.id: tuple(
            {
                cause.id: cause
                for rule in rules_by_row.get(drift.recommendation, ())
                if not rule.kinds or drift.kind is None or drift.kind in rule.kinds
                for cause in places.causes_by(rule, drift)
            }.values()
        )
        for drift in drifts
    }


class _Places(Generic[T]):
    """The drifts of one cluster by row and subject, and which subjects explain which."""

    def __init__(self, drifts: Sequence[T], nodes: Iterable[NodeFacts]) -> None:
        self._drifts = drifts
        self._drift_by_row_and_subject = {
            (drift.recommendation, _subject_key(drift)): drift for drift in drifts
        }
        self._groups = {node.name.casefold(): node.redundancy_group for node in nodes}

    def causes_by(self, rule: CauseRule, effect: T) -> Iterator[T]:
        """Yield what explains a drift by a rule, in the order of the rule."""
        for row in rule.by:
            for subject in self._enclosing_subjects(effect):
                if (row, subject) in self._drift_by_row_and_subject:
                    yield self._drift_by_row_and_subject[row, subject]
            if rule.by_any_group and effect.subject.kind is SubjectKind.CLUSTER:
                yield from (
                    drift
                    for drift in self._drifts
                    if drift.recommendation == row and drift.subject.kind is SubjectKind.GROUP
                )

    def _enclosing_subjects(self, effect: T) -> Iterator[_SubjectKey]:
        """Yield the subject of a drift, its redundancy group, and its cluster."""
        kind, name = _subject_key(effect)
        yield kind, name
        group = self._groups.get(name) if kind is SubjectKind.NODE else None
        if group is not None:
            yield SubjectKind.GROUP, group.casefold()
        if kind is not SubjectKind.CLUSTER:
            yield SubjectKind.CLUSTER, effect.cluster.casefold()


class _StartOrder:
    """The drifts of services that Cisco starts in an order, by the node that they are on."""

    def __init__(self, drifts: Iterable[Finding]) -> None:
        self._by_node: dict[_SubjectKey, list[Finding]] = {}
        for drift in drifts:
            if drift.service in START_ORDER:
                self._by_node.setdefault(_subject_key(drift), []).append(drift)
        for on_node in self._by_node.values():
            on_node.sort(key=lambda drift: start_position(drift.service))

    def rows_before(self, finding: Finding) -> tuple[str, ...]:
        """Return the rows of what starts before the service of a drift, on the same node."""
        on_node = self._by_node.get(_subject_key(finding), [])
        if finding not in on_node:
            return ()
        own = start_position(finding.service)
        return unique(d.recommendation for d in on_node if start_position(d.service) < own)


def _add_causes(finding: Finding, causes: Sequence[Finding], earlier: Sequence[str]) -> Finding:
    """Return a finding with its causes, which its remedy puts before the act of its own.

    `earlier` are rows that explain nothing, but are acted on before it.
    """
    rows = unique((*earlier, *(cause.recommendation for cause in causes)))
    first = (make_statement(Form.FIX_CAUSE_FIRST, recommendations=rows),) if rows else ()
    # Found again in the findings of an earlier call.
    own = tuple(s for s in finding.remedy if s.form is not Form.FIX_CAUSE_FIRST)
    return replace(finding, caused_by=tuple(cause.id for cause in causes), remedy=(*first, *own))


def _drop_met_condition(finding: Finding, met: Collection[tuple[str, _SubjectKey]]) -> Finding:
    """Return a finding whose remedy names a prerequisite only where it is lacking or unknown."""
    subject = _subject_key(finding)
    remedy = tuple(
        s.without("once") if (str(s.get("needs")), subject) in met else s for s in finding.remedy
    )
    return finding if remedy == finding.remedy else replace(finding, remedy=remedy)


def _subject_key(finding: Explainable) -> _SubjectKey:
    return finding.subject.kind, finding.subject.name.casefold()
