"""What the recommendations say of a service on its node, once the change is made."""

from collections.abc import Iterator, Sequence

from auditor.change.decision import Answer, Point, Topic, supposed
from auditor.change.judged import Judged, of
from auditor.change.would_be import Change
from auditor.cluster import ClusterFacts
from auditor.findings import Finding, Verdict
from auditor.recommendations.conditions import holds
from auditor.recommendations.truth import Truth, either
from auditor.recommendations.view import View
from auditor.recommendations.vocabulary import Expectation

_PLACING = frozenset({Expectation.RUNNING, Expectation.NOT_ACTIVATED, Expectation.OPTIONAL})


def points(change: Change, facts: ClusterFacts, judged: Judged) -> Iterator[Point]:
    """Yield what the rows that place the service say of it here, with the change made."""
    rows = [f for f in of(change, judged.then) if judged.rows[f.recommendation].expects in _PLACING]
    asking = [f for f in rows if f.verdict is not Verdict.NOT_APPLICABLE]
    for finding in asking:
        yield supposed(Topic.TABLE, finding)
    if not rows:
        yield _unheard(change)
    elif not asking:
        yield _unasked(change, rows, _other_use(change, facts, judged))


def _unheard(change: Change) -> Point:
    """Say that nothing which was judged speaks of the service at all."""
    text = f"None of the recommendations that were judged speaks of {change.service}."
    remedy = "Leave out --pack, then check again."
    return Point(Topic.TABLE, Answer.CANNOT_TELL, change.node, text, remedy)


def _unasked(change: Change, rows: Sequence[Finding], other: Truth) -> Point:
    """Say that nothing asks for the service here: fine to turn off, no reason to turn on."""
    reasons = " ".join(f"{f.recommendation}: {f.because}" for f in rows)
    text = f"No recommendation asks for {change.service} on this node. {reasons}"
    if change.activate:
        remedy = "If the feature is to come, say so with --feature KEY=VALUE."
        return Point(Topic.TABLE, Answer.NO_GO, change.node, text, remedy)
    if other.value is False:
        return Point(Topic.TABLE, Answer.NOTE, change.node, text)
    text += f" But {other.clause}, and that may need the service too."
    remedy = other.hint or "Make sure that nothing here uses it; no recommendation settles that."
    return Point(Topic.TABLE, Answer.CANNOT_TELL, change.node, text, remedy)


def _other_use(change: Change, facts: ClusterFacts, judged: Judged) -> Truth:
    """Tell whether another feature uses the service on any node (PROFILE-03 spares these)."""
    uses = [
        holds(condition, View(facts, node, row))
        for row in judged.rows.values()
        for watch in row.watches
        if change.service in watch.services
        for condition in watch.unless
        for node in facts.nodes
        if not node.planned
    ]
    return either(*uses) if uses else Truth(False)
