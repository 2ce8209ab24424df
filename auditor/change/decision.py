"""What a check before a change comes to: points, and the answer that they add up to."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from auditor.change.would_be import Change
from auditor.compare.announced import Expected, Feature, Foreseen
from auditor.facts import Evidence
from auditor.findings import ExitCode, Finding, Severity, Verdict


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
    FEATURE = "what the feature asks for besides"
    SATISFIES = "what the change would mend"
    GROUP = "the redundancy group now"
    CONFIRM = "configuration that no interface shows"


VERDICTS = {
    Verdict.PASS: Answer.GO,
    Verdict.NOT_APPLICABLE: Answer.GO,
    Verdict.EXPLAINED: Answer.GO,
    Verdict.WAIVED: Answer.GO,
    Verdict.UNKNOWN: Answer.CANNOT_TELL,
    Verdict.DRIFT: Answer.NO_GO,
}


@dataclass(frozen=True, slots=True)
class Point:
    """One thing looked at; `remedy` is what to do about it, if anything.

    `text` begins with the sentence `short`; a point without one is a single sentence, and weighs as
    much as the gravest finding.
    """

    topic: Topic
    answer: Answer
    about: str
    text: str
    remedy: str = ""
    evidence: tuple[Evidence, ...] = ()
    short: str = ""
    severity: Severity = Severity.CRITICAL


@dataclass(frozen=True, slots=True)
class Decision:
    """Everything said of a change.

    `already` are the changes that are so without being made. `drift` are fingerprints of the drift
    that it would make, `foreseen` what would differ only until the profile has the tested
    `features`. `unasked` is why the cluster told nothing at all, empty where it did.
    """

    cluster: str
    changes: tuple[Change, ...]
    points: tuple[Point, ...]
    steps: Mapping[str, tuple[str, ...]]
    drift: tuple[str, ...] = ()
    already: tuple[Change, ...] = ()
    features: tuple[Feature, ...] = ()
    foreseen: tuple[Foreseen, ...] = ()
    unasked: str = ""

    @property
    def against(self) -> tuple[Point, ...]:
        """Return what speaks against the change, gravest first."""
        found = (point for point in self.points if point.answer is Answer.NO_GO)
        return tuple(sorted(found, key=lambda point: point.severity.rank))

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
    def idle(self) -> bool:
        """Tell whether there is nothing to change."""
        return bool(self.changes) and set(self.already) == set(self.changes)

    @property
    def announced(self) -> tuple[Expected, ...]:
        """Return the change as a later comparison expects it."""
        return tuple(Expected(c.node, c.service, c.activate) for c in self.changes)


def seen(topic: Topic, finding: Finding) -> Point:
    """Tell a finding on the facts as they are."""
    short = f"{finding.recommendation}: {finding.observed}"
    return Point(
        topic,
        VERDICTS[finding.verdict],
        finding.subject.name,
        f"{short} {finding.because}",
        finding.remedy,
        finding.evidence,
        short,
        finding.severity,
    )


def supposed(topic: Topic, finding: Finding, condition: str = "With the change") -> Point:
    """Tell a finding on facts as they would be; nobody observed them, so there is no evidence."""
    point = seen(topic, finding)
    remedy = point.remedy if finding.verdict is Verdict.UNKNOWN else ""
    text, short = f"{condition}, {point.text}", f"{condition}, {point.short}"
    return replace(point, text=text, short=short, remedy=remedy, evidence=())


def weighed(point: Point, finding: Finding, fail_on: Severity) -> Point:
    """Let drift below the threshold decide nothing."""
    if finding.verdict is Verdict.DRIFT and not finding.severity.reaches(fail_on):
        text = f"{point.text} It is below the threshold."
        return replace(point, answer=Answer.NOTE, text=text, remedy="")
    return point
