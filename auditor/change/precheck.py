"""Go or no-go before a change: the engine judges the facts as they would be. Asks nobody."""

from collections.abc import Iterator, Sequence

from auditor.change import holes, placing, readiness, standing, tested
from auditor.change.advice import advice
from auditor.change.decision import Answer, Decision, Point, Topic, supposed, weighed
from auditor.change.judged import Judged, judged
from auditor.change.would_be import Change
from auditor.cluster import ClusterFacts
from auditor.facts import Source
from auditor.findings import Severity, Verdict
from auditor.recommendations.firm import believable
from auditor.recommendations.model import Recommendation


def decide(
    facts: ClusterFacts,
    changes: Sequence[Change],
    recommendations: Sequence[Recommendation],
    *,
    fail_on: Severity,
    confirmed: bool,
    filed: ClusterFacts | None = None,
) -> Decision:
    """Judge a change on the facts of its cluster; nodes and services must be the cluster's own.

    `confirmed`: the engineer says that the configuration which no interface shows is done.
    `filed`: the facts with the profile of the file, where `facts` are with one to be tested.
    """
    facts = believable(facts)
    filed = facts if filed is None else believable(filed)
    found = judged(facts, filed, changes, recommendations)
    features = tested.features(facts, filed)
    breaks = tuple(_breaks(found, fail_on))
    about = tuple(p for change in changes for p in _about(change, facts, found, changes, breaks))
    points = (
        *about,
        *(point for point in breaks if not _told(point, about)),
        *tested.points(found, changes, features, fail_on),
        *_mended(found),
        *standing.points(facts, changes, found),
        *(point for change in changes for point in _confirm(change, confirmed=confirmed)),
    )
    return Decision(
        cluster=facts.name,
        changes=tuple(changes),
        points=points,
        steps={c.service: advice()[c.service].steps for c in changes if _advised(c)},
        drift=tuple(sorted(f.id for f in found.broken() if f.verdict is Verdict.DRIFT)),
        already=tuple(c for c in changes if readiness.as_asked(c, facts)),
        features=features,
        foreseen=tuple(found.foreseen()),
    )


def unread(facts: ClusterFacts, strangers: Sequence[str]) -> Decision:
    """Return the decision where not all nodes could be read; `strangers` are those of the change.

    Nothing is judged then, for half of an answer is none.
    """
    points = [_stranger(facts, name) for name in strangers] if facts.nodes else [_blind(facts)]
    unasked = "" if facts.nodes else holes.unasked(facts.coverage)
    return Decision(facts.name, (), tuple(points), {}, unasked=unasked)


def _blind(facts: ClusterFacts) -> Point:
    why = " ".join(entry.detail for entry in facts.coverage if entry.detail)
    text = f"The nodes of {facts.name} could not be read. {why}".strip()
    return Point(Topic.NOW, Answer.CANNOT_TELL, facts.name, text)


def _stranger(facts: ClusterFacts, name: str) -> Point:
    told = (e.detail for e in facts.coverage if e.source is Source.CUCM_AXL and e.detail)
    why = "The file does not declare it, and CUCM did not list all nodes of the cluster."
    remedy = (
        f"Make the CUCM publisher answer, or declare {name} as [[cluster.node]]; then check again."
    )
    return Point(Topic.NOW, Answer.CANNOT_TELL, name, " ".join((why, *told)), remedy)


def _about(
    change: Change,
    facts: ClusterFacts,
    found: Judged,
    changes: Sequence[Change],
    breaks: Sequence[Point],
) -> Iterator[Point]:
    """Yield how the service stands and belongs here; what turning it off breaks is told there."""
    yield from readiness.points(change, facts, found, changes)
    for point in placing.points(change, facts, found):
        if change.activate or not _told(point, breaks):
            yield point


def _told(point: Point, others: Sequence[Point]) -> bool:
    """Tell whether other points say the same, word for word and with the same answer."""
    same = point.answer, point.about, point.text
    return any(same == (other.answer, other.about, other.text) for other in others)


def _breaks(found: Judged, fail_on: Severity) -> Iterator[Point]:
    for finding in found.broken():
        yield weighed(supposed(Topic.BREAKS, finding), finding, fail_on)


def _mended(found: Judged) -> Iterator[Point]:
    """Yield what differs today, by the profile of the file too, and would not with the change."""
    today = {finding.id for finding in found.filed_now if finding.verdict is Verdict.DRIFT}
    for before, after in found.pairs():
        mends = before.verdict is Verdict.DRIFT and after.verdict is Verdict.PASS
        if mends and after.id in today:
            text = f"{after.recommendation}: would no longer differ."
            yield Point(Topic.SATISFIES, Answer.GO, after.subject.name, text)


def _advised(change: Change) -> bool:
    return change.activate and change.service in advice()


def _confirm(change: Change, *, confirmed: bool) -> Iterator[Point]:
    answer = Answer.GO if confirmed else Answer.CANNOT_TELL
    for text in advice()[change.service].confirm if _advised(change) else ():
        done = "Confirmed by the engineer: " if confirmed else ""
        remedy = "" if confirmed else "Look, and say --confirm once all of these are done."
        yield Point(Topic.CONFIRM, answer, change.node, f"CAU-01: {done}{text}", remedy)
