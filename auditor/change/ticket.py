"""A decision as a document for a change record: Markdown to paste into a ticket, or to print.

A no-go leads with its reasons and lists no steps, so that nobody takes them for approved.
"""

from collections.abc import Iterable, Iterator, Sequence

from auditor import __version__
from auditor.change.change_check import ChangeCheck, PrecheckResult, PrecheckTopic
from auditor.change.check_report import check_remedy, check_text
from auditor.change.decision import Decision
from auditor.change.decision_wording import (
    NO_STEPS_REASON,
    RESULT_MARKS,
    RESULT_WORDS,
    confirmed_precheck_command,
    decision_reason,
    step_context,
)
from auditor.change.step_report import StepContext, limit_text, step_texts
from auditor.change.steps import ChangeStep, StepKind
from auditor.command_lines import command_line
from auditor.models.evidence import Evidence
from auditor.recommendations.packs import Citation, load_packs
from auditor.report.markdown_text import (
    FORM_FIELD,
    SIGNATURE,
    escape_markdown,
    format_code,
    format_table,
    join_lines,
)
from auditor.report.sentences import render_sentence, render_source
from auditor.text import count_noun, format_moment, join_names

_OPENINGS = {
    PrecheckResult.GO: "**Every check supports the change.** It was checked at the time below:"
    " check again right before the change.",
    PrecheckResult.UNDECIDED: "**Not approved yet.** Nothing is against the change, but something"
    " is open. Settle what is unknown, and sign the confirmations.",
    PrecheckResult.NO_GO: "**Do not make this change.** It is not approved.",
}
_STEP_HEADINGS = {
    PrecheckResult.GO: "Steps",
    PrecheckResult.UNDECIDED: "Steps: a draft until nothing is open",
}
_UNREAD_OPENING = "**Not approved.** Nothing could be judged."
_UNREAD = "Nothing could be judged. Let the cluster answer, then run the precheck again."

_REASONS = (PrecheckTopic.PLACEMENT, PrecheckTopic.FIXES, PrecheckTopic.FEATURE)
_PREREQUISITES = (
    PrecheckTopic.NOW,
    PrecheckTopic.PREREQUISITE,
    PrecheckTopic.REPLICATION,
    PrecheckTopic.GROUP,
)
_INTERRUPTIONS = (PrecheckTopic.INTERRUPTS, PrecheckTopic.BREAKS)


def render_decision_markdown(decision: Decision) -> str:
    """Return the document; no name of a server or file in it is read as markup."""
    return join_lines(_document_lines(decision))


def _document_lines(decision: Decision) -> Iterator[str]:
    yield f"# {RESULT_WORDS[decision.result].upper()}: {escape_markdown(_title(decision))}"
    yield ""
    yield _OPENINGS[decision.result] if decision.changes else _UNREAD_OPENING
    yield ""
    yield from _open_check_lines(decision)
    yield from _section("What changes", _summary_table(decision))
    yield from _section("Why", _reason_lines(decision))
    yield from _section("Prerequisites, and what shows them", _prerequisite_table(decision))
    yield from _section("Interruptions and sessions", _interruption_lines(decision))
    yield from _plan_lines(decision)
    if confirmations := list(_confirmation_lines(decision)):
        yield from _section("Confirmations", confirmations)
    yield from _section("Check and verify", _command_table(decision))
    yield f"auditor {__version__}. The check asked the cluster and changed nothing on it."


def _section(heading: str, lines: Iterable[str]) -> Iterator[str]:
    yield ""
    yield f"## {heading}"
    yield ""
    yield from lines
    yield ""


def _title(decision: Decision) -> str:
    changes = decision.named_changes
    if len(changes) == 1:
        (change,) = changes
        return f"{change.action} {change.service} on {change.node}"
    return f"{count_noun(len(changes), 'service change')} on cluster {decision.cluster}"


def _open_check_lines(decision: Decision) -> Iterator[str]:
    """Yield what stands in the way, each with what to do about it."""
    unknown = [c for c in decision.checks if c.result is PrecheckResult.UNDECIDED]
    if decision.objections:
        yield from _section("Why not", map(_check_item, decision.objections))
    # What only an engineer can look up has its place under the confirmations.
    rest = [c for c in unknown if c.topic is not PrecheckTopic.CONFIRM]
    if rest:
        yield from _section("Still unknown", map(_check_item, rest))


def _check_item(check: ChangeCheck) -> str:
    remedy = check_remedy(check)
    to_do = f" **To do:** {escape_markdown(remedy)}" if remedy else ""
    return f"- {format_code(check.about)}: {escape_markdown(check_text(check))}{to_do}"


def _summary_table(decision: Decision) -> Iterator[str]:
    changes = [
        f"{change.action} {escape_markdown(change.service)} on {format_code(change.node)}"
        f"{' (it is already)' if change in decision.already_made else ''}"
        for change in decision.named_changes
    ]
    features = [format_code(f"{s.key} = {s.tested}") for s in decision.features]
    result = f"{RESULT_MARKS[decision.result]} **{RESULT_WORDS[decision.result]}**"
    rows = [
        ("Decision", f"{result}: {escape_markdown(decision_reason(decision))}"),
        ("Cluster", format_code(decision.cluster)),
        *(("Change", change) for change in changes),
        *(("Profile with", feature) for feature in features),
        ("Nodes", join_names(format_code(node) for node in _changed_nodes(decision))),
        ("Checked", f"{format_moment(decision.checked_at)}, by auditor {__version__}"),
        ("Change number", ""),
        ("Window (begin, end)", ""),
    ]
    return format_table(("Item", "Value"), rows)


def _changed_nodes(decision: Decision) -> tuple[str, ...]:
    """Return the nodes that the change names, then those on which something stops as well."""
    named = (change.node for change in decision.named_changes)
    return tuple(dict.fromkeys((*named, *(stop.node for stop in decision.stops))))


def _reason_lines(decision: Decision) -> Iterator[str]:
    checks = [c for c in decision.checks if c.topic in _REASONS]
    for check in checks:
        head = f"{RESULT_MARKS[check.result]} {format_code(check.about)}"
        text = escape_markdown(check_text(check))
        matters = check.finding.consequence if check.finding else ""
        yield f"- {head}: {text}{f' {escape_markdown(matters)}' if matters else ''}{_cite(check)}"
    if not checks and decision.changes:
        yield "- No recommendation is the reason for this change."
    yield f"- Reason of the requester: {FORM_FIELD}"


def _cite(check: ChangeCheck) -> str:
    """Return where Cisco says what a check is judged by."""
    findings = (check.finding,) if check.finding else check.findings
    ids = {finding.recommendation for finding in findings}
    sources = dict.fromkeys(_describe(row.source) for row in load_packs() if row.id in ids)
    return f" ({escape_markdown('; '.join(sources))})" if sources else ""


def _describe(source: Citation) -> str:
    return f"{source.document}, {source.section}"


def _prerequisite_table(decision: Decision) -> Iterator[str]:
    rows = [
        (
            f"{RESULT_MARKS[check.result]} {RESULT_WORDS[check.result]}",
            format_code(check.about),
            escape_markdown(check_text(check)),
            " ".join(_evidence_text(piece, decision) for piece in check.evidence),
        )
        for topic in _PREREQUISITES
        for check in decision.checks
        if check.topic is topic
    ]
    return format_table(("Result", "Subject", "What was found", "Read where and when"), rows)


def _evidence_text(evidence: Evidence, decision: Decision) -> str:
    """Return what was read, where, and when; what the operator declares was not read."""
    source = escape_markdown(render_source(evidence))
    text = escape_markdown(render_sentence(evidence.statement))
    moment = decision.moment_of(evidence)
    when = f" at {format_moment(moment)}" if moment else ""
    return f"{source} ({evidence.origin}{when}): {text}"


def _interruption_lines(decision: Decision) -> Iterator[str]:
    for check in decision.checks:
        if check.topic in _INTERRUPTIONS:
            # A note's mark is a dot, which would look like a second bullet.
            is_note = check.result is PrecheckResult.NOTE
            mark = "" if is_note else f"{RESULT_MARKS[check.result]} "
            yield f"- {mark}{format_code(check.about)}: {escape_markdown(check_text(check))}"
    if not decision.stops:
        yield "- No service stops on the way." if decision.changes else "- Unknown."
    yield ""
    stopped: dict[str, list[str]] = {}
    for stop in decision.stops:
        stopped.setdefault(stop.node, []).append(stop.service)
    rows = [
        (
            format_code(node),
            "unknown" if count is None else str(count),
            escape_markdown(join_names(stopped[node])) if node in stopped else "nothing",
        )
        for node, count in decision.sessions.items()
    ]
    if rows:
        yield from format_table(
            ("Node", "Users' sessions now", "What the change stops there"), rows
        )


def _plan_lines(decision: Decision) -> Iterator[str]:
    """Yield the steps and the way back; a no-go has neither."""
    if not decision.has_steps_to_follow:
        yield from _section("No steps", [NO_STEPS_REASON if decision.has_no_go else _UNREAD])
        return
    context = step_context(decision)
    heading = _STEP_HEADINGS[decision.result]
    yield from _section(heading, _step_table(decision.steps, context))
    yield from _section("Roll-back", _rollback_lines(decision, context))


def _step_table(steps: Sequence[ChangeStep], context: StepContext) -> Iterator[str]:
    rows = []
    for number, step in enumerate(steps, 1):
        texts = step_texts(step, context)
        command = format_code(texts.cli) if texts.cli else ""
        what = escape_markdown(texts.text)
        rows.append((str(number), what, escape_markdown(texts.page), command, "", ""))
    return format_table(("Step", "What", "Where to click", "Or on the CLI", "Who", "When"), rows)


def _rollback_lines(decision: Decision, context: StepContext) -> Iterator[str]:
    rollback = decision.rollback
    if rollback.steps:
        yield from _step_table(rollback.steps, context)
    else:
        yield "There is nothing to set back."
        yield ""
    if rollback.limits:
        yield "What no step takes back:"
        yield ""
        yield from (f"- {escape_markdown(limit_text(limit))}" for limit in rollback.limits)


def _confirmation_lines(decision: Decision) -> Iterator[str]:
    for check in decision.checks:
        if check.topic is PrecheckTopic.CONFIRM:
            box = "x" if check.result is PrecheckResult.GO else " "
            text = escape_markdown(check_text(check))
            yield f"- [{box}] {format_code(check.about)}: {text} {SIGNATURE}"
    if decision.has_steps_to_follow:
        for text in ("The change is approved.", "The steps are done.", "The result is verified."):
            yield f"- [ ] {text} {SIGNATURE}"


def _normal_groups(decision: Decision) -> str:
    """Return which groups are to be normal at the end."""
    others = decision.groups_left_unhealthy
    except_for = f" except {join_names(map(format_code, others))}, as before" if others else ""
    return f"every group is normal{except_for}"


def _command_table(decision: Decision) -> Iterator[str]:
    cluster = decision.cluster
    expectation = step_context(decision).expectation
    compare = command_line("diff", "before.json", "live", cluster, "--expect", expectation)
    first = "Before" if decision.has_steps_to_follow else "Once this is fixed"
    rows = [(first, confirmed_precheck_command(decision), "exit code 0: go")]
    if decision.has_steps_to_follow:
        is_switched = any(step.kind is StepKind.WAIT for step in decision.steps)
        rows += [
            (
                "Once high availability is off" if is_switched else "Right before",
                command_line("snapshot", cluster, "--to", "before.json"),
                "a new file",
            ),
            ("Afterwards", compare, "exit code 0: nothing unexpected"),
            ("For this record", f"{compare} -o markdown:after.md", "a document to attach"),
            ("At the end", command_line("failover-check", cluster), _normal_groups(decision)),
        ]
    return format_table(
        ("When", "Command", "Expected"),
        ((when, format_code(command), expected) for when, command, expected in rows),
    )
