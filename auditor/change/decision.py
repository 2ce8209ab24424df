"""What a check before a change comes to: points, and the answer that they add up to."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from auditor.change.diff.model import (
    ChangeExpectation,
    ExpectedChange,
    ExpectedFinding,
    ExpectedSetting,
)
from auditor.change.what_if import RequestedChange
from auditor.models.facts import Evidence
from auditor.models.findings import ExitCode, Finding, Severity, Verdict


class PrecheckResult(StrEnum):
    """What one point of the check says of the change."""

    GO = "go"
    NO_GO = "no-go"
    CANNOT_TELL = "cannot tell"
    NOTE = "note"


class PrecheckTopic(StrEnum):
    """What a point is about, in the order in which an engineer reads them."""

    NOW = "the service now"
    PREREQUISITE = "prerequisites"
    TABLE = "what Cisco's table says of it here"
    BREAKS = "what the change would break"
    FEATURE = "what the feature asks for besides"
    SATISFIES = "what the change would mend"
    GROUP = "the redundancy group now"
    CONFIRM = "configuration that no interface shows"


RESULTS_BY_VERDICT = {
    Verdict.PASS: PrecheckResult.GO,
    Verdict.NOT_APPLICABLE: PrecheckResult.GO,
    Verdict.EXPLAINED: PrecheckResult.GO,
    Verdict.WAIVED: PrecheckResult.GO,
    Verdict.UNKNOWN: PrecheckResult.CANNOT_TELL,
    Verdict.DRIFT: PrecheckResult.NO_GO,
}


RESULT_EXIT_CODES = {
    PrecheckResult.GO: ExitCode.COMPLIANT,
    PrecheckResult.NO_GO: ExitCode.DRIFT,
    PrecheckResult.CANNOT_TELL: ExitCode.INCOMPLETE,
}
"""The exit code of each result; a note has none."""


@dataclass(frozen=True, slots=True)
class ChangeCheck:
    """One thing looked at; `remedy` is what to do about it, if anything.

    `text` begins with the sentence `short`; a point without one is a single sentence, and weighs as
    much as the gravest finding.
    """

    topic: PrecheckTopic
    answer: PrecheckResult
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
    that it would make, `temporary` what would differ only until the profile has the tested
    `features`. `unasked` is why the cluster told nothing at all, empty where it did.
    """

    cluster: str
    changes: tuple[RequestedChange, ...]
    points: tuple[ChangeCheck, ...]
    steps: Mapping[str, tuple[str, ...]]
    drift: tuple[str, ...] = ()
    already: tuple[RequestedChange, ...] = ()
    features: tuple[ExpectedSetting, ...] = ()
    temporary: tuple[ExpectedFinding, ...] = ()
    unasked: str = ""

    @property
    def against(self) -> tuple[ChangeCheck, ...]:
        """Return what speaks against the change, gravest first."""
        found = (point for point in self.points if point.answer is PrecheckResult.NO_GO)
        return tuple(sorted(found, key=lambda point: point.severity.rank))

    @property
    def answer(self) -> PrecheckResult:
        """One no-go is a no-go; otherwise one doubt is a doubt."""
        answers = (p.answer for p in self.points if p.answer in RESULT_EXIT_CODES)
        return min(answers, key=lambda a: RESULT_EXIT_CODES[a].rank, default=PrecheckResult.GO)

    @property
    def exit_code(self) -> ExitCode:
        """Return 0 go, 3 no-go, 4 cannot tell (contract, section 6)."""
        return RESULT_EXIT_CODES[self.answer]

    @property
    def idle(self) -> bool:
        """Tell whether there is nothing to change."""
        return bool(self.changes) and set(self.already) == set(self.changes)

    @property
    def expectation(self) -> ChangeExpectation:
        """Return what a later comparison is to expect."""
        return ChangeExpectation(
            cluster=self.cluster,
            services=tuple(ExpectedChange(c.node, c.service, c.activate) for c in self.changes),
            drift=frozenset(self.drift),
            features=self.features,
            temporary=self.temporary,
        )


def check_from_finding(topic: PrecheckTopic, finding: Finding) -> ChangeCheck:
    """Tell a finding on the facts as they are."""
    short = f"{finding.recommendation}: {finding.observed}"
    return ChangeCheck(
        topic,
        RESULTS_BY_VERDICT[finding.verdict],
        finding.subject.name,
        f"{short} {finding.because}",
        finding.remedy,
        finding.evidence,
        short,
        finding.severity,
    )


def check_with_change(
    topic: PrecheckTopic, finding: Finding, condition: str = "With the change"
) -> ChangeCheck:
    """Tell a finding on facts as they would be; nobody observed them, so there is no evidence."""
    point = check_from_finding(topic, finding)
    remedy = point.remedy if finding.verdict is Verdict.UNKNOWN else ""
    text, short = f"{condition}, {point.text}", f"{condition}, {point.short}"
    return replace(point, text=text, short=short, remedy=remedy, evidence=())


def apply_threshold(point: ChangeCheck, finding: Finding, fail_on: Severity) -> ChangeCheck:
    """Let drift below the threshold decide nothing."""
    if finding.verdict is Verdict.DRIFT and not finding.severity.reaches(fail_on):
        text = f"{point.text} It is below the threshold."
        return replace(point, answer=PrecheckResult.NOTE, text=text, remedy="")
    return point
