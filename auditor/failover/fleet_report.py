"""The groups of several clusters: a table, worst first, then those that need something."""

from collections.abc import Iterator

from rich.console import Console

from auditor.failover import wording
from auditor.failover.actions import choose_part_action
from auditor.failover.console_lines import WARNING_MARK, print_line, print_verdict_line
from auditor.failover.group_check import GroupCheck
from auditor.failover.model import CheckPart, FailoverCheck
from auditor.failover.node_checks import SERVICE_CHECK_TYPES, NodeCheck
from auditor.failover.readiness import FailoverReadiness
from auditor.failover.summary import summarize_part
from auditor.models.exit_codes import ExitCode
from auditor.models.findings import Verdict
from auditor.report.columns import Column, build_table
from auditor.report.console import safe_text
from auditor.report.matrix_services import short_service_name
from auditor.report.wording import VERDICT_MARKS, VERDICT_STYLES

_VERDICTS = {
    ExitCode.COMPLIANT: Verdict.PASS,
    ExitCode.DRIFT: Verdict.DRIFT,
    ExitCode.INCOMPLETE: Verdict.UNKNOWN,
}
"""The verdict whose mark and colour a part of the check takes, unless it has a warning."""


def print_group_table(
    console: Console, check: FailoverCheck, readiness: FailoverReadiness | None
) -> None:
    """Print a line for each group, and for what is in none; narrow terminals have fewer columns.

    With `readiness`, a group that would lose something in a failover is not called normal.
    """
    parts = check.parts_worst_first
    cells = [_state_cells(check, part, readiness) for part in parts]
    columns = (
        Column("cluster", tuple(check.cluster_of(part) for part in parts)),
        Column("group", tuple(map(_part_name, parts))),
        Column(
            "state",
            tuple(state for state, _, _ in cells),
            tuple(style for _, style, _ in cells),
        ),
        Column("do", tuple(brief for _, _, brief in cells)),
        Column("sessions", tuple(map(_sessions_cell, parts)), is_number=True),
    )
    console.print()
    console.print(build_table(columns, console.width))


_READINESS_LABELS = {Verdict.DRIFT: "not ready", Verdict.UNKNOWN: "readiness unknown"}


def _state_cells(
    check: FailoverCheck, part: CheckPart, readiness: FailoverReadiness | None
) -> tuple[str, str, str]:
    """Return the state of a part, its style, and what to do in brief."""
    mark, style = _mark_of(check, part)
    label = summarize_part(check, part).label
    brief = choose_part_action(part, check).brief
    # What is wrong now comes before what a failover would lose.
    is_good = check.exit_code_of(part) is ExitCode.COMPLIANT
    if readiness is not None and isinstance(part, GroupCheck) and is_good:
        verdict, action = readiness.verdict_of(part), readiness.action_of(part)
        if verdict in _READINESS_LABELS and action is not None:
            mark, style = VERDICT_MARKS[verdict], VERDICT_STYLES[verdict]
            label, brief = _READINESS_LABELS[verdict], action.brief
    return f"{mark} {label}", style, brief


def _part_name(part: CheckPart) -> str:
    if isinstance(part, NodeCheck):
        return part.node
    return part.name if isinstance(part, GroupCheck) else "?"


def _sessions_cell(part: CheckPart) -> str:
    if not isinstance(part, GroupCheck):
        return "-"
    return "?" if part.sessions.now is None else f"{part.sessions.now:,}"


def print_parts(
    console: Console, check: FailoverCheck, part_in_first_lines: CheckPart | None
) -> None:
    """Print what needs something, worst first: its state, what to do, and what is wrong.

    Of `part_in_first_lines` the page has the state and what to do already.
    """
    for part in check.parts_worst_first:
        lines = list(_check_lines(part)) if isinstance(part, GroupCheck) else []
        if not choose_part_action(part, check).is_needed or (
            part is part_in_first_lines and not lines
        ):
            continue
        console.print()
        if part is part_in_first_lines:
            name = f"{check.cluster_of(part)}, {_part_name(part)}, in detail"
            console.print(safe_text(f"{_mark_of(check, part)[0]} {name}", "bold"))
        else:
            _print_part(console, check, part)
        for verdict, text in lines:
            print_verdict_line(console, verdict, text)
    for cluster in check.clusters:
        for text in wording.origin_texts(cluster):
            console.print()
            console.print(safe_text(text))


def _print_part(console: Console, check: FailoverCheck, part: CheckPart) -> None:
    mark, _ = _mark_of(check, part)
    style = "bold red" if check.exit_code_of(part) is ExitCode.DRIFT else "bold"
    console.print(safe_text(f"{mark} {summarize_part(check, part)}", style))
    print_line(console, choose_part_action(part, check).render(check.cluster_of(part)), "bold")


def _mark_of(check: FailoverCheck, part: CheckPart) -> tuple[str, str]:
    """Return the mark and the style of a part."""
    verdict = _VERDICTS[check.exit_code_of(part)]
    # The exit code may ignore it; a tick would hide it.
    if verdict is Verdict.PASS and isinstance(part, GroupCheck) and part.has_warning:
        return WARNING_MARK, "yellow"
    return VERDICT_MARKS[verdict], VERDICT_STYLES[verdict]


def _check_lines(group: GroupCheck) -> Iterator[tuple[Verdict, str]]:
    """Yield what differs and what is unknown, services in the same state on a node in one line.

    Nothing where the summary has named the one check already.
    """
    if len(group.checks_with(Verdict.DRIFT, Verdict.UNKNOWN)) == 1 and not group.failures:
        return
    alike: dict[tuple[str, Verdict, str], list[NodeCheck]] = {}
    for check in sorted(
        group.checks_with(Verdict.DRIFT, Verdict.UNKNOWN), key=lambda check: check.start_position
    ):
        key = check.node, check.verdict, wording.node_check_label(check)
        alike.setdefault(key, []).append(check)
    for (node, verdict, label), checks in alike.items():
        texts = dict.fromkeys(map(wording.node_check_text, checks))
        if len(texts) == 1 or any(check.type not in SERVICE_CHECK_TYPES for check in checks):
            yield from ((verdict, text) for text in texts)
            continue
        services = ", ".join(short_service_name(check.service) for check in checks)
        yield verdict, f"{label.capitalize()} on {node}: {services}."
