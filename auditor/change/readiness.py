"""The service of a change: how it stands, what it needs first, and who needs it."""

from collections.abc import Iterator, Sequence

from auditor.change.advice import advice
from auditor.change.decision import Answer, Point, Topic, seen
from auditor.change.judged import Judged, of
from auditor.change.would_be import Change, node_of
from auditor.cluster import ClusterFacts
from auditor.facts import NodeFacts, RunState, Source
from auditor.findings import Finding, Subject, SubjectKind, Verdict
from auditor.names import PRESENCE_ENGINE
from auditor.recommendations.view import silence
from auditor.recommendations.vocabulary import Expectation

_PREREQUISITES = frozenset(
    {
        Expectation.DATABASE_CONFIGURED,
        Expectation.DATABASE_REACHABLE,
        Expectation.XMPP_FEDERATION_ON,
        Expectation.LDAP_SEARCH_CONFIGURED,
        Expectation.FILE_SERVER_AND_DATABASE,
    }
)
_MOVING = (RunState.STARTING, RunState.STOPPING)


def points(
    change: Change, facts: ClusterFacts, judged: Judged, changes: Sequence[Change]
) -> Iterator[Point]:
    """Yield how the service of a change stands, and what must be so before it is made."""
    node = node_of(facts, change)
    yield _now(change, facts, node)
    if change.activate:
        yield from _prerequisites(change, judged)
        yield from _needs(change, node, changes)
    else:
        yield from _needed(change, node, changes)


def as_asked(change: Change, facts: ClusterFacts) -> bool:
    """Tell whether the service is activated, or not, as the change would have it."""
    state = node_of(facts, change).services.get(change.service)
    return state is not None and state.activated is change.activate


def _now(change: Change, facts: ClusterFacts, node: NodeFacts) -> Point:
    state = node.services.get(change.service)
    if state is None or state.state is RunState.UNKNOWN:
        return _unknown(change, facts, node)
    words = {True: "activated", False: "not activated", None: "activated or not, nobody tells"}
    text = f"{change.service} is {words[state.activated]}, and {state.state}."
    if state.state in _MOVING:
        remedy = "Wait until it has settled, then check again."
        return Point(Topic.NOW, Answer.CANNOT_TELL, node.name, text, remedy)
    if state.activated is change.activate:
        text += " There is nothing to change."
    return Point(Topic.NOW, Answer.GO, node.name, text)


def _unknown(change: Change, facts: ClusterFacts, node: NodeFacts) -> Point:
    text = f"The state of {change.service} is not known"
    remedy = f"Make Control Center of {node.name} answer, then check again."
    if node.planned:
        text += f": {node.name} is declared in `planned_nodes`, and was not asked"
        remedy = "Take it out of `planned_nodes` once it is installed, then check again."
    elif not node.services:
        text += f": {silence(facts, node, Source.CONTROL_CENTER)}"
    return Point(Topic.NOW, Answer.CANNOT_TELL, node.name, f"{text}.", remedy)


def _prerequisites(change: Change, judged: Judged) -> Iterator[Point]:
    found = [
        f
        for f in of(change, judged.before_start)
        if judged.rows[f.recommendation].expects in _PREREQUISITES
    ]
    if change.service == PRESENCE_ENGINE:
        found += _grouping(change, judged)
    for finding in found:
        if finding.verdict is not Verdict.NOT_APPLICABLE:
            yield seen(Topic.PREREQUISITE, finding)


def _grouping(change: Change, judged: Judged) -> list[Finding]:
    subject = Subject(SubjectKind.NODE, change.node)
    return [
        f
        for f in judged.now
        if judged.rows[f.recommendation].expects is Expectation.GROUPED and f.subject == subject
    ]


def _needs(change: Change, node: NodeFacts, changes: Sequence[Change]) -> Iterator[Point]:
    along = {c.service: c.activate for c in changes if c.node == change.node}
    known = advice().get(change.service)
    for name in known.needs if known else ():
        yield _need(change, node, name, along.get(name))


def _need(change: Change, node: NodeFacts, name: str, along: bool | None) -> Point:
    """Tell whether a service that another needs runs; `along`: what the same change makes of it."""
    state = node.services.get(name)
    if along:
        text = f"{name} is turned on by the same change; it comes first."
        return Point(Topic.PREREQUISITE, Answer.GO, node.name, text)
    if along is False:
        text = f"{change.service} needs {name}, which the same change turns off."
        return Point(Topic.PREREQUISITE, Answer.NO_GO, node.name, text)
    if state is None or state.state is RunState.UNKNOWN:
        text = f"{change.service} needs {name}, whose state is not known."
        return Point(Topic.PREREQUISITE, Answer.CANNOT_TELL, node.name, text)
    if state.state is not RunState.STARTED:
        text = f"{change.service} needs {name}, which is {state.state}."
        remedy = f"Start {name} on {node.name} first."
        return Point(Topic.PREREQUISITE, Answer.NO_GO, node.name, text, remedy)
    return Point(Topic.PREREQUISITE, Answer.GO, node.name, f"{name} runs, as needed.")


def _needed(change: Change, node: NodeFacts, changes: Sequence[Change]) -> Iterator[Point]:
    """Yield the services on the node that cannot do without the one that is to be turned off."""
    leaving = {c.service for c in changes if c.node == change.node and not c.activate}
    for name, one in sorted(advice().items()):
        state = node.services.get(name)
        if change.service not in one.needs or name in leaving or state is None:
            continue
        if state.state is not RunState.STOPPED:
            text = f"{name} is {state.state} here, and needs {change.service}."
            remedy = f"Turn {name} off with the same change, or leave {change.service} on."
            yield Point(Topic.PREREQUISITE, Answer.NO_GO, node.name, text, remedy)
