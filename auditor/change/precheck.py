"""Go or no-go before a change: the engine judges the facts as they would be. Asks nobody."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from auditor.change.advice import advice
from auditor.change.would_be import Change, would_be
from auditor.cluster import ClusterFacts
from auditor.compare.announced import Expected
from auditor.facts import Evidence, NodeFacts, RunState
from auditor.findings import ExitCode, Finding, Severity, Subject, SubjectKind, Verdict
from auditor.names import PRESENCE_ENGINE
from auditor.recommendations.engine import judge
from auditor.recommendations.model import Recommendation
from auditor.recommendations.vocabulary import Expectation


class Answer(StrEnum):
    """What one point of the check says of the change."""

    GO = "go"
    NO_GO = "no-go"
    CANNOT_TELL = "cannot tell"
    NOTE = "note"


class Topic(StrEnum):
    """What a point is about, in the order in which an engineer reads them."""

    NOW = "the service now"
    PREREQUISITE = "prerequisites"
    TABLE = "what Cisco's table says of it here"
    BREAKS = "what the change would break"
    SATISFIES = "what the change would mend"
    GROUP = "the redundancy group now"
    CONFIRM = "configuration that no interface shows"


@dataclass(frozen=True, slots=True)
class Point:
    """One thing looked at; `text` is a sentence, `remedy` what to do about it, if anything."""

    topic: Topic
    answer: Answer
    about: str
    text: str
    remedy: str = ""
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """Everything said of a change. `drift` are fingerprints of the drift that it would make."""

    cluster: str
    changes: tuple[Change, ...]
    points: tuple[Point, ...]
    steps: Mapping[str, tuple[str, ...]]
    drift: tuple[str, ...]

    @property
    def answer(self) -> Answer:
        """One no-go is a no-go; otherwise one doubt is a doubt."""
        answers = {point.answer for point in self.points}
        for answer in (Answer.NO_GO, Answer.CANNOT_TELL):
            if answer in answers:
                return answer
        return Answer.GO

    @property
    def exit_code(self) -> ExitCode:
        """Return 0 go, 3 no-go, 4 cannot tell (contract, section 6)."""
        return {
            Answer.GO: ExitCode.COMPLIANT,
            Answer.NO_GO: ExitCode.DRIFT,
            Answer.CANNOT_TELL: ExitCode.INCOMPLETE,
        }[self.answer]

    @property
    def announced(self) -> tuple[Expected, ...]:
        """Return the change as a later comparison expects it."""
        return tuple(Expected(c.node, c.service, c.activate) for c in self.changes)


_PREREQUISITES = frozenset(
    {
        Expectation.DATABASE_CONFIGURED,
        Expectation.DATABASE_REACHABLE,
        Expectation.XMPP_FEDERATION_ON,
        Expectation.LDAP_SEARCH_CONFIGURED,
        Expectation.FILE_SERVER_AND_DATABASE,
    }
)
_PLACING = frozenset({Expectation.RUNNING, Expectation.NOT_ACTIVATED, Expectation.OPTIONAL})
_ONLY_AFTERWARDS = frozenset({Expectation.STAYS_UP, Expectation.ANSWERS})
"""What can be seen only once the service really runs."""

_VERDICTS = {
    Verdict.PASS: Answer.GO,
    Verdict.NOT_APPLICABLE: Answer.GO,
    Verdict.EXPLAINED: Answer.GO,
    Verdict.WAIVED: Answer.GO,
    Verdict.UNKNOWN: Answer.CANNOT_TELL,
    Verdict.DRIFT: Answer.NO_GO,
}


@dataclass(frozen=True, slots=True)
class _Judged:
    """The findings now, with the change made, and with it made but not yet started."""

    rows: Mapping[str, Recommendation]
    now: tuple[Finding, ...]
    then: tuple[Finding, ...]
    before_start: tuple[Finding, ...]


def decide(
    facts: ClusterFacts,
    changes: Sequence[Change],
    recommendations: Sequence[Recommendation],
    *,
    fail_on: Severity,
    confirmed: bool,
) -> Decision:
    """Judge a change on the facts of its cluster; nodes and services must be the cluster's own.

    `confirmed`: the engineer says that the configuration which no interface shows is done.
    """
    judged = _Judged(
        rows={row.id: row for row in recommendations},
        now=judge(recommendations, facts),
        then=judge(recommendations, would_be(facts, changes, started=True)),
        before_start=judge(recommendations, would_be(facts, changes, started=False)),
    )
    breaks = tuple(_broken(judged))
    points = [
        *(point for change in changes for point in _about(change, facts, judged, changes)),
        *(_break(finding, fail_on) for finding in breaks),
        *_satisfied(judged),
        *_group(facts, changes, judged),
        *(point for change in changes for point in _confirm(change, confirmed=confirmed)),
    ]
    return Decision(
        cluster=facts.name,
        changes=tuple(changes),
        points=tuple(points),
        steps={c.service: advice()[c.service].steps for c in changes if _advised(c)},
        drift=tuple(sorted(f.id for f in breaks if f.verdict is Verdict.DRIFT)),
    )


def _advised(change: Change) -> bool:
    return change.activate and change.service in advice()


def _about(
    change: Change, facts: ClusterFacts, judged: _Judged, changes: Sequence[Change]
) -> Iterator[Point]:
    node = next(n for n in facts.nodes if n.name == change.node)
    yield _now(change, node)
    if change.activate:
        yield from _prerequisites(change, judged)
        yield from _needs(change, node, changes)
    yield from _placing(change, judged)


def _now(change: Change, node: NodeFacts) -> Point:
    state = node.services.get(change.service)
    if state is None or state.state is RunState.UNKNOWN:
        text = f"The state of {change.service} is not known."
        remedy = f"Make Control Center of {node.name} answer, then check again."
        return Point(Topic.NOW, Answer.CANNOT_TELL, node.name, text, remedy)
    words = {True: "activated", False: "not activated", None: "activated or not, nobody tells"}
    text = f"{change.service} is {words[state.activated]}, and {state.state}."
    if state.activated is change.activate:
        text += " There is nothing to change."
    return Point(Topic.NOW, Answer.GO, node.name, text)


def _on(change: Change, findings: Iterable[Finding]) -> list[Finding]:
    subject = Subject(SubjectKind.NODE, change.node)
    return [f for f in findings if f.subject == subject and f.service == change.service]


def _prerequisites(change: Change, judged: _Judged) -> Iterator[Point]:
    found = [
        f
        for f in _on(change, judged.before_start)
        if judged.rows[f.recommendation].expects in _PREREQUISITES
    ]
    if change.service == PRESENCE_ENGINE:
        subject = Subject(SubjectKind.NODE, change.node)
        found += [
            f
            for f in judged.now
            if judged.rows[f.recommendation].expects is Expectation.GROUPED and f.subject == subject
        ]
    for finding in found:
        if finding.verdict is not Verdict.NOT_APPLICABLE:
            yield _point(Topic.PREREQUISITE, finding)


def _needs(change: Change, node: NodeFacts, changes: Sequence[Change]) -> Iterator[Point]:
    coming = {c.service for c in changes if c.activate and c.node == change.node}
    for name in advice()[change.service].needs if _advised(change) else ():
        state = node.services.get(name)
        if name in coming:
            text = f"{name} is turned on by the same change; it comes first."
            yield Point(Topic.PREREQUISITE, Answer.GO, node.name, text)
        elif state is None or state.state is RunState.UNKNOWN:
            text = f"{change.service} needs {name}, whose state is not known."
            yield Point(Topic.PREREQUISITE, Answer.CANNOT_TELL, node.name, text)
        elif state.state is not RunState.STARTED:
            text = f"{change.service} needs {name}, which is {state.state}."
            remedy = f"Start {name} on {node.name} first."
            yield Point(Topic.PREREQUISITE, Answer.NO_GO, node.name, text, remedy)
        else:
            yield Point(Topic.PREREQUISITE, Answer.GO, node.name, f"{name} runs, as needed.")


def _placing(change: Change, judged: _Judged) -> Iterator[Point]:
    """Say what the rows that place the service say of it here, once the change is made."""
    rows = [
        f for f in _on(change, judged.then) if judged.rows[f.recommendation].expects in _PLACING
    ]
    asking = [f for f in rows if f.verdict is not Verdict.NOT_APPLICABLE]
    for finding in asking:
        yield _would(Topic.TABLE, finding)
    if not asking:
        yield _unasked(change, rows)


def _unasked(change: Change, rows: Sequence[Finding]) -> Point:
    """Say that nothing asks for the service here: fine to turn off, no reason to turn on."""
    reasons = " ".join(f"{f.recommendation}: {f.because}" for f in rows)
    text = f"No recommendation asks for {change.service} on this node. {reasons}".strip()
    if not (change.activate and rows):
        return Point(Topic.TABLE, Answer.NOTE, change.node, text)
    remedy = "If the feature is to come, say so with --feature KEY=VALUE."
    return Point(Topic.TABLE, Answer.NO_GO, change.node, text, remedy)


def _point(topic: Topic, finding: Finding) -> Point:
    text = f"{finding.recommendation}: {finding.observed} {finding.because}"
    answer = _VERDICTS[finding.verdict]
    about = finding.subject.name
    return Point(topic, answer, about, text, finding.remedy, finding.evidence)


def _would(topic: Topic, finding: Finding) -> Point:
    """Tell a finding on facts as they would be; nobody observed them, so there is no evidence."""
    point = _point(topic, finding)
    remedy = point.remedy if finding.verdict is Verdict.UNKNOWN else ""
    return replace(point, text=f"With the change, {point.text}", remedy=remedy, evidence=())


def _pairs(judged: _Judged) -> Iterator[tuple[Finding, Finding]]:
    before = {f.id: f for f in judged.now}
    for after in judged.then:
        row = judged.rows[after.recommendation]
        if after.id in before and row.expects not in _ONLY_AFTERWARDS:
            yield before[after.id], after


def _broken(judged: _Judged) -> Iterator[Finding]:
    """Yield what is well or not asked now, and would differ or be unknown with the change."""
    grave = (Verdict.DRIFT, Verdict.UNKNOWN)
    for before, after in _pairs(judged):
        worse = before.verdict is Verdict.UNKNOWN and after.verdict is Verdict.DRIFT
        if worse or (before.verdict not in grave and after.verdict in grave):
            yield after


def _break(finding: Finding, fail_on: Severity) -> Point:
    point = _would(Topic.BREAKS, finding)
    if finding.verdict is Verdict.DRIFT and not finding.severity.reaches(fail_on):
        return replace(point, answer=Answer.NOTE, text=f"{point.text} It is below the threshold.")
    return point


def _satisfied(judged: _Judged) -> Iterator[Point]:
    for before, after in _pairs(judged):
        if before.verdict is Verdict.DRIFT and after.verdict is Verdict.PASS:
            text = f"{after.recommendation}: would no longer differ."
            yield Point(Topic.SATISFIES, Answer.GO, after.subject.name, text)


def _group(facts: ClusterFacts, changes: Sequence[Change], judged: _Judged) -> Iterator[Point]:
    """Say how the groups of the changed nodes stand: their HA state, and what drifted already."""
    changed = {change.node for change in changes}
    named = dict.fromkeys(n.redundancy_group for n in facts.nodes if n.name in changed)
    members = {n.name for n in facts.nodes if n.redundancy_group in named} | changed
    mended = {after.id for before, after in _pairs(judged) if after.verdict is Verdict.PASS}
    for finding in judged.now:
        row = judged.rows[finding.recommendation]
        if row.expects is Expectation.PAIR_HEALTHY and finding.subject.name in named:
            yield _pair(finding, facts)
        elif (
            finding.verdict is Verdict.DRIFT
            and finding.subject.name in members
            and finding.id not in mended
        ):
            text = f"{finding.recommendation} [{finding.severity}] differs without the change: "
            yield Point(Topic.GROUP, Answer.NOTE, finding.subject.name, text + finding.observed)


def _pair(finding: Finding, facts: ClusterFacts) -> Point:
    """Say how a pair stands; with its switch off, no change of a service can provoke a failover."""
    point = _point(Topic.GROUP, finding)
    switch = {group.name: group.ha_enabled for group in facts.groups}[finding.subject.name]
    return replace(point, answer=Answer.NOTE) if switch is False else point


def _confirm(change: Change, *, confirmed: bool) -> Iterator[Point]:
    answer = Answer.GO if confirmed else Answer.CANNOT_TELL
    for text in advice()[change.service].confirm if _advised(change) else ():
        done = "Confirmed by the engineer: " if confirmed else ""
        remedy = "" if confirmed else "Look, and say --confirm once all of these are done."
        yield Point(Topic.CONFIRM, answer, change.node, f"CAU-01: {done}{text}", remedy)
