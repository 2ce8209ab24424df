"""The words for a decision that its text and its document share."""

from collections.abc import Sequence

from auditor.change.change_check import ChangeCheck, PrecheckResult, PrecheckTopic
from auditor.change.check_report import check_summary
from auditor.change.decision import Decision
from auditor.change.step_report import StepContext
from auditor.text import printable

RESULT_MARKS = {
    PrecheckResult.GO: "✓",
    PrecheckResult.NO_GO: "✗",
    PrecheckResult.UNDECIDED: "?",
    PrecheckResult.NOTE: "·",
}
RESULT_WORDS = {
    PrecheckResult.GO: "go",
    PrecheckResult.NO_GO: "no-go",
    PrecheckResult.UNDECIDED: "undecided",
    PrecheckResult.NOTE: "note",
}
TOPIC_HEADINGS = {
    PrecheckTopic.NOW: "The service now",
    PrecheckTopic.PREREQUISITE: "Prerequisites",
    PrecheckTopic.REPLICATION: "Database replication",
    PrecheckTopic.PLACEMENT: "What the recommendations say about it here",
    PrecheckTopic.INTERRUPTS: "What the change interrupts",
    PrecheckTopic.BREAKS: "What the change would break",
    PrecheckTopic.FEATURE: "What else the feature needs",
    PrecheckTopic.FIXES: "What the change would fix",
    PrecheckTopic.GROUP: "The redundancy group now",
    PrecheckTopic.CONFIRM: "Configuration that no interface shows",
}

STEP_HEADINGS = {
    PrecheckResult.GO: "Steps",
    PrecheckResult.NO_GO: "No steps: this change is not approved",
    PrecheckResult.UNDECIDED: "Steps, once nothing is undecided",
}
ROLLBACK_HINT = "The roll-back is in the document of the change: add `-o markdown:ticket.md`."
NO_STEPS_REASON = "Fix every no-go, then run the precheck again: it lists the steps of a go."


def step_context(decision: Decision) -> StepContext:
    """Return what the texts of the steps need of a decision."""
    return StepContext(decision.cluster, decision.sessions)


def decision_headline(decision: Decision) -> str:
    """Return the result and its reason."""
    return f"{RESULT_WORDS[decision.result].upper()}: {decision_reason(decision)}"


def decision_reason(decision: Decision) -> str:
    """Return why the result is as it is: the most severe reason, and how many there are."""
    if decision.result is PrecheckResult.GO:
        return "every check supports the change."
    if decision.result is PrecheckResult.NO_GO:
        return _worst_reason(decision.objections, "against the change")
    if decision.unread_reason:
        return f"the cluster could not be asked ({printable(decision.unread_reason)})."
    return _worst_reason(decision.open_checks, "undecided")


def _worst_reason(checks: Sequence[ChangeCheck], what: str) -> str:
    worst, *others = checks
    text = f"{printable(worst.about)}: {printable(check_summary(worst))}"
    more = f"{len(others)} more checks are" if len(others) > 1 else "1 more check is"
    return f"{text} {more} {what}." if others else text
