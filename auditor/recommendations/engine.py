"""Judges facts by recommendations: pure, and exactly one finding for each row and subject."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from auditor.cluster import ClusterFacts
from auditor.facts import Evidence, Origin
from auditor.findings import Finding, Severity, Subject, SubjectKind, Verdict, order
from auditor.recommendations import absence, agreement, availability, naming, profile
from auditor.recommendations.conditions import holds, release_within
from auditor.recommendations.draft import Draft
from auditor.recommendations.expectations import judge_node
from auditor.recommendations.firm import believable, firm
from auditor.recommendations.model import Recommendation
from auditor.recommendations.scopes import routing, within
from auditor.recommendations.truth import ALWAYS, Truth, both, either, hints, spares
from auditor.recommendations.view import View
from auditor.recommendations.vocabulary import Condition, Expectation, Mode

_QUIET = frozenset({Verdict.PASS, Verdict.NOT_APPLICABLE, Verdict.EXPLAINED})
"""Verdicts that ask for nothing: what was only discovered never reaches one by itself."""


@dataclass(frozen=True, slots=True)
class _Court:
    """The facts, the ids of the rows judged, and the facts without what was only discovered.

    `firm` is None where nothing was only discovered.
    """

    facts: ClusterFacts
    firm: ClusterFacts | None
    loaded: frozenset[str]


def judge(recommendations: Sequence[Recommendation], facts: ClusterFacts) -> tuple[Finding, ...]:
    """Return one finding for every row of an audit and every subject of its kind, in order.

    Rows that only count before a change (CAU-01) give none.
    """
    rows = [row for row in recommendations if row.mode is Mode.AUDIT]
    facts = believable(facts)
    without = firm(facts)
    loaded = frozenset(row.id for row in rows)
    court = _Court(facts, None if without == facts else without, loaded)
    found = (_finding(court, row, name) for row in rows for name in _subjects(row, facts))
    return tuple(sorted(found, key=order))


def _subjects(row: Recommendation, facts: ClusterFacts) -> Iterator[str]:
    match row.subject:
        case SubjectKind.NODE:
            yield from (node.name for node in facts.nodes)
        case SubjectKind.GROUP:
            yield from (group.name for group in facts.groups)
        case SubjectKind.KEY:
            yield from profile.keys(facts)
        case SubjectKind.CLUSTER:
            yield facts.name


def _finding(court: _Court, row: Recommendation, name: str) -> Finding:
    draft = _draft(court, row, court.facts, name)
    if court.firm and draft.verdict in _QUIET and row.expects is not Expectation.PROFILE_AGREES:
        draft = _confirmed(draft, _draft(court, row, court.firm, name))
    drift = draft.verdict is Verdict.DRIFT
    return Finding(
        cluster=court.facts.name,
        recommendation=row.id,
        service=row.service,
        subject=Subject(row.subject, name),
        verdict=draft.verdict,
        severity=_severity(row, court.facts, name),
        expected=draft.expected,
        observed=draft.observed,
        because=draft.because,
        kind=draft.kind,
        consequence=row.consequence if drift else "",
        remedy=_remedy(row, draft, name),
        evidence=draft.evidence,
    )


def _confirmed(draft: Draft, without: Draft) -> Draft:
    """Turn a verdict that only a discovered value brought about into unknown."""
    if without.verdict is draft.verdict:
        return draft
    because = f"{draft.because.rstrip('.')}, but that hangs on what was only discovered."
    hint = draft.hint or without.hint or "Declare in the profile what was only discovered."
    return replace(draft, verdict=Verdict.UNKNOWN, kind=None, because=because, hint=hint)


def _remedy(row: Recommendation, draft: Draft, name: str) -> str:
    if draft.verdict is Verdict.UNKNOWN:
        return draft.hint
    remedy = row.remedy.get(draft.kind) if draft.kind else None
    if draft.verdict is not Verdict.DRIFT or remedy is None:
        return ""
    place = f" on {name}" if row.subject is SubjectKind.NODE else ""
    command = f"; or run `{remedy.cli}`{place}" if remedy.cli else ""
    return f"In {remedy.page}, {remedy.action}{command}."


def _severity(row: Recommendation, facts: ClusterFacts, name: str) -> Severity:
    for node in facts.nodes if row.severity_when else ():
        if row.subject is not SubjectKind.NODE or node.name == name:
            view = View(facts, node, row)
            for condition, severity in row.severity_when.items():
                if holds(condition, view).value:
                    return severity
    return row.severity


def _draft(court: _Court, row: Recommendation, facts: ClusterFacts, name: str) -> Draft:
    match row.expects:
        case Expectation.PAIR_HEALTHY:
            return availability.pair_healthy(facts, name)
        case Expectation.PROFILE_AGREES:
            return agreement.agrees(facts, name)
        case Expectation.PROFILE_NAMES_EXIST:
            return naming.names_exist(facts, name)
        case Expectation.ABSENT_FEATURE_IS_OFF:
            return absence.absent_is_off(facts, row, name, court.loaded)
    node = next(node for node in facts.nodes if node.name == name)
    return _node_draft(View(facts, node, row))


def _node_draft(view: View) -> Draft:
    if view.node.planned:
        evidence = Evidence(Origin.DECLARED, "planned_nodes", f"It names {view.node.name}.")
        return _spared(
            view,
            Truth(
                False, f"node {view.node.name} is declared in planned_nodes", evidence=(evidence,)
            ),
        )
    truth = applicability(view)
    if truth.value is False:
        return _spared(view, truth)
    if truth.value is None:
        return _undecided(view, truth)
    draft = judge_node(view)
    return replace(
        draft,
        because=draft.because or truth.sentence or _plain(view),
        hint=hints(draft.hint, truth.hint),
        evidence=tuple(dict.fromkeys((*truth.evidence, *draft.evidence))),
    )


def applicability(view: View) -> Truth:
    """Tell whether a row is to be judged on a node."""
    row = view.row
    asked = both(holds(row.applies, view), within(row.on, view))
    if row.or_activated:
        asked = either(asked, holds(Condition.SERVICE_ACTIVATED, view))
    unless = ALWAYS if row.unless is None else spares(holds(row.unless, view))
    spared = ALWAYS if row.routing_nodes else spares(routing(view))
    return both(_gate(view), asked, unless, spared)


def _gate(view: View) -> Truth:
    row = view.row
    if row.releases_from is None and row.releases_below is None:
        return ALWAYS
    return release_within(view.facts.release, row.releases_from, row.releases_below)


def _spared(view: View, truth: Truth) -> Draft:
    return Draft(
        Verdict.NOT_APPLICABLE,
        f"Nothing: {view.row.id} does not apply to {view.node.name}.",
        _observed(view),
        truth.sentence,
        hint=truth.hint,
        evidence=truth.evidence,
    )


def _undecided(view: View, truth: Truth) -> Draft:
    return Draft(
        Verdict.UNKNOWN,
        f"{view.row.title}, if {view.row.id} applies to {view.node.name}.",
        _observed(view),
        truth.sentence,
        hint=truth.hint,
        evidence=tuple(dict.fromkeys((*truth.evidence, *view.service.evidence)))
        if view.row.service
        else truth.evidence,
    )


def _observed(view: View) -> str:
    if view.node.planned or not view.row.service:
        return f"Nothing was looked at on {view.node.name}."
    return view.service.observed


def _plain(view: View) -> str:
    return f"{view.row.id} holds for every node of every cluster."
