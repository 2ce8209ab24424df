"""Links findings to those that explain them: pure, and after waivers, which excuse a cause."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from auditor.models.facts import NodeFacts
from auditor.models.findings import Finding, SubjectKind, Verdict
from auditor.models.statements import Form, make_statement
from auditor.recommendations.cause_rules import CauseRule, load_cause_rules
from auditor.recommendations.logic import unique

_SubjectKey: TypeAlias = tuple[SubjectKind, str]
_DriftIndex: TypeAlias = Mapping[tuple[str, _SubjectKey], Finding]


def link_causes(
    findings: Sequence[Finding],
    nodes: Iterable[NodeFacts],
    rules: Sequence[CauseRule] | None = None,
) -> tuple[Finding, ...]:
    """Return the findings of one cluster, each drift with the ids of all that explain it.

    `caused_by` is in the order of the rules, so that the first is the one to act on, and the remedy
    begins with it. `rules` None: those of causes.toml.
    """
    drifts = {
        (finding.recommendation, _subject_key(finding)): finding
        for finding in findings
        if finding.verdict is Verdict.DRIFT
    }
    groups = {node.name.casefold(): node.redundancy_group for node in nodes}
    rules_by_row: dict[str, list[CauseRule]] = {}
    for rule in load_cause_rules() if rules is None else rules:
        for row in rule.rows:
            rules_by_row.setdefault(row, []).append(rule)
    return tuple(
        _add_causes(finding, tuple(_find_causes(finding, drifts, rules_by_row, groups)))
        for finding in findings
    )


def _add_causes(finding: Finding, causes: Sequence[Finding]) -> Finding:
    """Return a finding with its causes, which its remedy puts before the act of its own."""
    if not causes:
        return replace(finding, caused_by=())
    rows = unique(cause.recommendation for cause in causes)
    first = make_statement(Form.FIX_CAUSE_FIRST, recommendations=rows)
    # Found again in the findings of an earlier call.
    own = tuple(s for s in finding.remedy if s.form is not Form.FIX_CAUSE_FIRST)
    return replace(finding, caused_by=tuple(cause.id for cause in causes), remedy=(first, *own))


def _find_causes(
    finding: Finding,
    drifts: _DriftIndex,
    rules_by_row: Mapping[str, Sequence[CauseRule]],
    groups: Mapping[str, str | None],
) -> Iterator[Finding]:
    """Yield the drift that explains a drift, each once."""
    if finding.verdict is not Verdict.DRIFT:
        return
    rows = dict.fromkeys(
        row
        for rule in rules_by_row.get(finding.recommendation, ())
        if not rule.kinds or finding.kind in rule.kinds
        for row in rule.by
    )
    for row in rows:
        for subject in _enclosing_subjects(finding, groups):
            cause = drifts.get((row, subject))
            if cause is not None:
                yield cause


def _enclosing_subjects(
    finding: Finding, groups: Mapping[str, str | None]
) -> Iterator[_SubjectKey]:
    """Yield the subject of a finding, its redundancy group, and its cluster."""
    kind, name = _subject_key(finding)
    yield kind, name
    group = groups.get(name) if kind is SubjectKind.NODE else None
    if group is not None:
        yield SubjectKind.GROUP, group.casefold()
    if kind is not SubjectKind.CLUSTER:
        yield SubjectKind.CLUSTER, finding.cluster.casefold()


def _subject_key(finding: Finding) -> _SubjectKey:
    return finding.subject.kind, finding.subject.name.casefold()
