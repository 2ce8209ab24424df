"""The words for a decision that its text and its document share."""

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from auditor.change.change_check import ChangeCheck, PrecheckResult, PrecheckTopic
from auditor.change.check_report import check_summary
from auditor.change.decision import Decision, DecisionOptions
from auditor.change.expectation import DEFAULT_EXPECTATION
from auditor.change.step_report import StepContext
from auditor.command_lines import command_line
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
_ROLLBACK_HINT = "The roll-back is in the document of the change: add `-o markdown:ticket.md`."
NO_STEPS_REASON = "Fix every no-go, then run the precheck again: it lists the steps of a go."


def rollback_hint(document: Path | None) -> str:
    """Return where the roll-back is; `document` is the file of this run that has it."""
    return f"The roll-back is in {document}." if document else _ROLLBACK_HINT


def step_context(decision: Decision) -> StepContext:
    """Return what the texts of the steps need of a decision."""
    return StepContext(
        decision.cluster,
        decision.sessions,
        decision.expectation_file or DEFAULT_EXPECTATION,
        "" if decision.has_expectation_file else precheck_command(decision, *_to_write(decision)),
    )


def _to_write(decision: Decision) -> tuple[str, ...]:
    """Return the words that let a precheck write the expectation."""
    return ("--expectation", decision.expectation_file or DEFAULT_EXPECTATION)


def confirmed_precheck_command(decision: Decision) -> str:
    """Return the command that checks again, confirmed, without a file that was written before."""
    confirmed = replace(decision, options=replace(decision.options, is_confirmed=True))
    return precheck_command(
        confirmed, *(() if decision.has_expectation_file else _to_write(decision))
    )


def precheck_command(decision: Decision, *options: str) -> str:
    """Return the command that checks the same change again, and decides in the same way."""
    words = [decision.cluster]
    for change in decision.named_changes:
        words += [f"--{change.action}", f"{change.service}@{change.node}"]
    for setting in decision.features:
        words += ["--feature", f"{setting.key}={_feature_value(setting.tested)}"]
    return command_line("precheck", *words, *_option_words(decision.options), *options)


def _option_words(options: DecisionOptions) -> Iterator[str]:
    if options.is_confirmed:
        yield "--confirm"
    if options.fail_on is not None:
        yield from ("--fail-on", options.fail_on)
    for pack in options.packs:
        yield from ("--pack", pack)
    if options.insecure:
        yield "--insecure"


def _feature_value(tested: str) -> str:
    """Return a value of the file as `--feature` takes it: nodes without brackets and quotes."""
    value = tomllib.loads(f"value = {tested}")["value"]
    return ",".join(map(str, value)) if isinstance(value, list) else tested


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
