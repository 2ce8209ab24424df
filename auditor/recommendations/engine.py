"""Judges facts by recommendations: pure, and exactly one finding for each row and subject.

Facts reduced to what may be believed, and to what does not hang on discovery.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from auditor.models.facts import (
    ClusterFacts,
    Evidence,
    HaReading,
    Identity,
    NodeFacts,
    Origin,
    Setting,
)
from auditor.models.findings import (
    Finding,
    FindingSubject,
    Severity,
    SubjectKind,
    Verdict,
    finding_sort_key,
)
from auditor.recommendations.conditions import (
    evaluate_condition,
    evaluate_release_range,
    evaluate_routing_node,
    evaluate_scope,
)
from auditor.recommendations.ha import judge_pair
from auditor.recommendations.logic import (
    ALWAYS_TRUE,
    Evaluation,
    all_of,
    any_of,
    join_hints,
    negate_exception,
)
from auditor.recommendations.packs import Recommendation
from auditor.recommendations.profile import (
    judge_absent_feature,
    judge_declared_key,
    judge_declared_names,
    profile_keys,
)
from auditor.recommendations.services import judge_node
from auditor.recommendations.view import Judgement, NodeView
from auditor.recommendations.vocabulary import Condition, Expectation, JudgingMode


def drop_contradicted_facts(facts: ClusterFacts) -> ClusterFacts:
    """Return the facts without anything that another machine answered in a node's place."""
    return replace(facts, nodes=tuple(_drop_contradicted_node_facts(node) for node in facts.nodes))


def _drop_contradicted_node_facts(node: NodeFacts) -> NodeFacts:
    if node.identity is not Identity.CONTRADICTED:
        return node
    return replace(node, services={}, ha_state=None, axl=None, release=None)


def drop_discovered_facts(facts: ClusterFacts) -> ClusterFacts:
    """Return the facts as they would be if nothing had been discovered.

    A verdict that is compliant with all facts and not with these hangs on discovery alone.

    Subjects stay: nodes and groups that were only discovered are still there to be judged.
    """
    guessed = {g.name.casefold() for g in facts.groups if g.origin is Origin.DISCOVERED}
    return replace(
        facts,
        nodes=tuple(_drop_discovered_node_facts(node, guessed) for node in facts.nodes),
        groups=tuple(
            replace(group, ha_enabled=None) if group.switch_discovered else group
            for group in facts.groups
        ),
        settings={
            key: kept
            for key, told in facts.settings.items()
            if (kept := _drop_discovered_settings(told))
        },
        databases=tuple(d for d in facts.databases if d.origin is not Origin.DISCOVERED),
    )


def _drop_discovered_settings(tellings: tuple[Setting, ...]) -> tuple[Setting, ...]:
    return tuple(told for told in tellings if told.origin is not Origin.DISCOVERED)


def _drop_discovered_node_facts(node: NodeFacts, guessed: set[str]) -> NodeFacts:
    grouped = (node.redundancy_group or "").casefold() not in guessed
    return replace(
        node,
        redundancy_group=node.redundancy_group if grouped else None,
        group_known=node.group_known and grouped,
        ha_state=_drop_discovered_reading(node.ha_state),
    )


def _drop_discovered_reading(reading: HaReading | None) -> HaReading | None:
    return None if reading is None or reading.origin is Origin.DISCOVERED else reading


_VERDICTS_WITHOUT_ACTION = frozenset({Verdict.PASS, Verdict.NOT_APPLICABLE, Verdict.EXPLAINED})
"""Verdicts that ask for nothing: what was only discovered never reaches one by itself."""


@dataclass(frozen=True, slots=True)
class _JudgeContext:
    """The facts, the ids of the rows judged, and the facts without what was only discovered.

    `drop_discovered_facts` is None where nothing was only discovered.
    """

    facts: ClusterFacts
    firm: ClusterFacts | None
    loaded: frozenset[str]


def judge_facts(
    recommendations: Sequence[Recommendation], facts: ClusterFacts
) -> tuple[Finding, ...]:
    """Return one finding for every row of an audit and every subject of its kind, in order.

    Rows that only count before a change (CAU-01) give none.
    """
    rows = [row for row in recommendations if row.mode is JudgingMode.AUDIT]
    facts = drop_contradicted_facts(facts)
    without = drop_discovered_facts(facts)
    loaded = frozenset(row.id for row in rows)
    court = _JudgeContext(facts, None if without == facts else without, loaded)
    found = (
        _judge_subject(court, row, name) for row in rows for name in _subject_names(row, facts)
    )
    return tuple(sorted(found, key=finding_sort_key))


def _subject_names(row: Recommendation, facts: ClusterFacts) -> Iterator[str]:
    match row.subject:
        case SubjectKind.NODE:
            yield from (node.name for node in facts.nodes)
        case SubjectKind.GROUP:
            yield from (group.name for group in facts.groups)
        case SubjectKind.KEY:
            yield from profile_keys(facts)
        case SubjectKind.CLUSTER:
            yield facts.name


def _judge_subject(court: _JudgeContext, row: Recommendation, name: str) -> Finding:
    draft = _judge_expectation(court, row, court.facts, name)
    if (
        court.firm
        and draft.verdict in _VERDICTS_WITHOUT_ACTION
        and row.expects is not Expectation.PROFILE_AGREES
    ):
        draft = _require_confirmation(draft, _judge_expectation(court, row, court.firm, name))
    drift = draft.verdict is Verdict.DRIFT
    return Finding(
        cluster=court.facts.name,
        recommendation=row.id,
        service=row.service,
        subject=FindingSubject(row.subject, name),
        verdict=draft.verdict,
        severity=_effective_severity(row, court.facts, name),
        expected=draft.expected,
        observed=draft.observed,
        because=draft.because,
        kind=draft.kind,
        consequence=row.consequence if drift else "",
        remedy=_remedy_text(row, draft, name),
        evidence=draft.evidence,
    )


def _require_confirmation(draft: Judgement, without: Judgement) -> Judgement:
    """Turn a verdict that only a discovered value brought about into unknown."""
    if without.verdict is draft.verdict:
        return draft
    because = f"{draft.because.rstrip('.')}, but that hangs on what was only discovered."
    hint = draft.hint or without.hint or "Declare in the profile what was only discovered."
    return replace(draft, verdict=Verdict.UNKNOWN, kind=None, because=because, hint=hint)


def _remedy_text(row: Recommendation, draft: Judgement, name: str) -> str:
    if draft.verdict is Verdict.UNKNOWN:
        return draft.hint
    remedy = row.remedy.get(draft.kind) if draft.kind else None
    if draft.verdict is not Verdict.DRIFT or remedy is None:
        return ""
    place = f" on {name}" if row.subject is SubjectKind.NODE else ""
    command = f"; or run `{remedy.cli}`{place}" if remedy.cli else ""
    return f"In {remedy.page}, {remedy.action}{command}."


def _effective_severity(row: Recommendation, facts: ClusterFacts, name: str) -> Severity:
    for node in facts.nodes if row.severity_when else ():
        if row.subject is not SubjectKind.NODE or node.name == name:
            view = NodeView(facts, node, row)
            for condition, severity in row.severity_when.items():
                if evaluate_condition(condition, view).value:
                    return severity
    return row.severity


def _judge_expectation(
    court: _JudgeContext, row: Recommendation, facts: ClusterFacts, name: str
) -> Judgement:
    match row.expects:
        case Expectation.PAIR_HEALTHY:
            return judge_pair(facts, name)
        case Expectation.PROFILE_AGREES:
            return judge_declared_key(facts, name)
        case Expectation.PROFILE_NAMES_EXIST:
            return judge_declared_names(facts, name)
        case Expectation.ABSENT_FEATURE_IS_OFF:
            return judge_absent_feature(facts, row, name, court.loaded)
    node = next(node for node in facts.nodes if node.name == name)
    return _judge_row_on_node(NodeView(facts, node, row))


def _judge_row_on_node(view: NodeView) -> Judgement:
    if view.node.planned:
        evidence = Evidence(Origin.DECLARED, "planned_nodes", f"It names {view.node.name}.")
        return _judgement_not_applicable(
            view,
            Evaluation(
                False, f"node {view.node.name} is declared in planned_nodes", evidence=(evidence,)
            ),
        )
    truth = evaluate_applicability(view)
    if truth.value is False:
        return _judgement_not_applicable(view, truth)
    if truth.value is None:
        return _judgement_undecided(view, truth)
    draft = judge_node(view)
    return replace(
        draft,
        because=draft.because or truth.sentence or _default_reason(view),
        hint=join_hints(draft.hint, truth.hint),
        evidence=tuple(dict.fromkeys((*truth.evidence, *draft.evidence))),
    )


def evaluate_applicability(view: NodeView) -> Evaluation:
    """Tell whether a row is to be judged on a node."""
    row = view.row
    asked = all_of(evaluate_condition(row.applies, view), evaluate_scope(row.on, view))
    if row.or_activated:
        asked = any_of(asked, evaluate_condition(Condition.SERVICE_ACTIVATED, view))
    unless = (
        ALWAYS_TRUE
        if row.unless is None
        else negate_exception(evaluate_condition(row.unless, view))
    )
    spared = ALWAYS_TRUE if row.routing_nodes else negate_exception(evaluate_routing_node(view))
    return all_of(_evaluate_release_gate(view), asked, unless, spared)


def _evaluate_release_gate(view: NodeView) -> Evaluation:
    row = view.row
    if row.releases_from is None and row.releases_below is None:
        return ALWAYS_TRUE
    return evaluate_release_range(view.facts.release, row.releases_from, row.releases_below)


def _judgement_not_applicable(view: NodeView, truth: Evaluation) -> Judgement:
    return Judgement(
        Verdict.NOT_APPLICABLE,
        f"Nothing: {view.row.id} does not apply to {view.node.name}.",
        _observed_text(view),
        truth.sentence,
        hint=truth.hint,
        evidence=truth.evidence,
    )


def _judgement_undecided(view: NodeView, truth: Evaluation) -> Judgement:
    return Judgement(
        Verdict.UNKNOWN,
        f"{view.row.title}, if {view.row.id} applies to {view.node.name}.",
        _observed_text(view),
        truth.sentence,
        hint=truth.hint,
        evidence=tuple(dict.fromkeys((*truth.evidence, *view.service.evidence)))
        if view.row.service
        else truth.evidence,
    )


def _observed_text(view: NodeView) -> str:
    if view.node.planned or not view.row.service:
        return f"Nothing was looked at on {view.node.name}."
    return view.service.observed


def _default_reason(view: NodeView) -> str:
    return f"{view.row.id} holds for every node of every cluster."
