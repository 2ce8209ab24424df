"""One sentence on how a redundancy group stands.

The first line: one sentence on how everything stands.
"""

import re
from collections.abc import Iterator, Sequence

from auditor.failover.ha_states import describe_node_state, describe_pair_states
from auditor.failover.model import (
    ClusterCheck,
    FailoverCheck,
    GroupCheck,
    GroupStatus,
    NodeCheck,
    NodeCheckType,
)
from auditor.failover.priority import (
    UngroupedCheck,
    most_urgent_check,
    ungrouped_problems,
    worst_check,
)
from auditor.models.facts import HaState, Origin
from auditor.models.findings import Verdict
from auditor.report.wording import strip_digest
from auditor.text import is_or_are, join_names

_FIRST_SENTENCE_END = re.compile(r"\.\s(?![^()]*\))")
"""A full stop in no brackets, with more behind it."""


def group_summary(group: GroupCheck) -> str:
    """Return one sentence on how a group stands."""
    return f"{_status_clause(group)}{_replication_clause(group)}{_sessions_clause(group)}."


def _status_clause(group: GroupCheck) -> str:
    if group.outlasted:
        told = describe_pair_states(group)
        return f"Broken: {group.name} was still moving when the wait was over ({told})"
    match group.standing:
        case GroupStatus.FAILED_OVER:
            return _failed_over_clause(group)
        case GroupStatus.BROKEN:
            return f"{_broken_clause(group)}{_further_problem_clause(group)}"
        case GroupStatus.MOVING:
            return f"Still moving: in {group.name} {describe_pair_states(group)}"
        case GroupStatus.UNKNOWN:
            return f"Cannot tell how {group.name} stands: {_unknown_status_reason(group)}"
        case GroupStatus.SWITCHED_OFF:
            off = (
                f"High availability of {group.name} is off, so nobody takes over when a node fails"
            )
            return f"{off}{_further_problem_clause(group)}"
        case GroupStatus.NO_FAILOVER:
            return f"{_no_failover_clause(group)}{_node_checks_clause(group)}"
    return _normal_clause(group)


def _unknown_status_reason(group: GroupCheck) -> str:
    """Return what is known: the states, or why healthy ones are not enough."""
    if any(node.state != HaState.NORMAL for node in group.nodes):
        return describe_pair_states(group)
    guessed = [node.name for node in group.nodes if node.state_source == Origin.DISCOVERED]
    if guessed:
        return (
            f"{join_names(guessed)} told a normal state by its database alone, which proves nothing"
        )
    return first_clause(group.because)


def _normal_clause(group: GroupCheck) -> str:
    if group.of(Verdict.DRIFT):
        return f"Not sound: {group.name} is normal by its states{_node_checks_clause(group)}"
    if group.of(Verdict.UNKNOWN):
        return f"Not certain: {group.name} is normal by its states{_node_checks_clause(group)}"
    word = _with_stability(group, "Normal")
    return f"{word}: both nodes of {group.name} serve their own users{_node_checks_clause(group)}"


def _with_stability(group: GroupCheck, word: str) -> str:
    if group.settled is None:
        return word
    return f"{word} and stable" if group.settled.stable else f"{word}, not yet stable"


def _no_failover_clause(group: GroupCheck) -> str:
    if len(group.nodes) < 2:
        return f"{group.name} has one node, so no failover is possible"
    if group.switch is None:
        return f"High availability of {group.name} is declared off; the switch could not be read"
    return f"High availability of {group.name} is off, as the file declares"


def _failed_over_clause(group: GroupCheck) -> str:
    serving = [node.name for node in group.nodes if node.state == HaState.BACKUP]
    left = [node.name for node in group.nodes if node.state != HaState.BACKUP]
    word = _with_stability(
        group, "Failed over, not sound" if group.of(Verdict.DRIFT) else "Failed over"
    )
    return (
        f"{word}: {join_names(serving)} serves the users of"
        f" {join_names(left)}{_failover_uncertainty(group)}{_node_checks_clause(group)}"
    )


def _failover_uncertainty(group: GroupCheck) -> str:
    """Return what keeps a failover from being certain, empty if nothing does."""
    if any(node.state_source == Origin.DISCOVERED for node in group.nodes):
        return ", as the database alone tells"
    return "" if group.firm else ", and whether high availability is on is not certain"


def _broken_clause(group: GroupCheck) -> str:
    told = {node.state for node in group.nodes}
    serving = [node.name for node in group.nodes if node.state == HaState.BACKUP]
    left = [node for node in group.nodes if node.state != HaState.BACKUP]
    if HaState.FAILED in told or not serving or not left:
        return f"Broken: in {group.name} {describe_pair_states(group)}"
    (gone,) = left[:1]
    if gone.state == HaState.FAILED_OVER_SERVICES_DOWN:
        why = f"critical services of {gone.name} are down"
    elif gone.state == HaState.DOWN:
        why = f"{gone.name} is down"
    else:
        why = describe_node_state(gone)
    return f"Failed over and broken: {serving[0]} serves the users of {gone.name}, and {why}"


def _node_checks_clause(group: GroupCheck) -> str:
    """Return what of the points stands against the states, or that AXL answers where it must."""
    wrong = group.of(Verdict.DRIFT)
    if wrong:
        return f", but {first_clause(most_urgent_check(wrong).text)}{_and_more_suffix(wrong)}"
    unknown = group.of(Verdict.UNKNOWN)
    if unknown:
        return _unknown_checks_clause(group, unknown)
    return (
        f", and AXL answers on {join_names(nodes_with_axl(group))}" if nodes_with_axl(group) else ""
    )


def _further_problem_clause(group: GroupCheck) -> str:
    """Return what is wrong besides states that are bad enough, because the action may be on it."""
    wrong = group.of(Verdict.DRIFT)
    return (
        f"; {first_clause(most_urgent_check(wrong).text)}{_and_more_suffix(wrong)}" if wrong else ""
    )


def _unknown_checks_clause(group: GroupCheck, unknown: Sequence[NodeCheck]) -> str:
    obstacle = group.obstacle_to(most_urgent_check(unknown))
    if obstacle is not None:
        return f", but not all is known: {first_clause(obstacle.text)}"
    return f", but {first_clause(most_urgent_check(unknown).text)}{_and_more_suffix(unknown)}"


def _and_more_suffix(points: Sequence[NodeCheck]) -> str:
    return f" (and {len(points) - 1} more)" if len(points) > 1 else ""


def nodes_with_axl(group: GroupCheck) -> tuple[str, ...]:
    """Return the nodes whose AXL answered."""
    return tuple(p.node for p in group.of(Verdict.PASS) if p.aspect is NodeCheckType.AXL)


def first_clause(text: str) -> str:
    """Return the first sentence of a text as a clause inside another."""
    told = _FIRST_SENTENCE_END.split(strip_digest(text), 1)[0].rstrip(".")
    small = told.startswith(("The ", "No ", "Whether "))
    return told[:1].lower() + told[1:] if small else told


def _replication_clause(group: GroupCheck) -> str:
    bad = group.bad_replication
    return f"; database replication of {join_names(bad)} is bad" if bad else ""


def _sessions_clause(group: GroupCheck) -> str:
    told = group.sessions
    if told.now is None or told.before is None:
        return ""
    if told.now >= told.before:
        return f"; {told.now:,} sessions, {told.before:,} in the snapshot"
    settled = group.standing is not GroupStatus.MOVING
    word = ", but" if told.short and settled else ";"
    return f"{word} {told.now:,} of {told.before:,} sessions are back"


def failover_summary(check: FailoverCheck) -> str:
    """Return the first line: one sentence on how everything stands."""
    first = worst_check(check)
    if first is None:
        return "Cannot tell: there is no redundancy group to look at."
    told = group_summary(first) if isinstance(first, GroupCheck) else _ungrouped_summary(first)
    return f"{'; '.join([told.rstrip('.'), *_other_clauses(check, first)])}."


def _ungrouped_summary(aside: UngroupedCheck) -> str:
    if isinstance(aside, NodeCheck):
        word = "Not sound" if aside.verdict is Verdict.DRIFT else "Not certain"
        return f"{word}: {first_clause(aside.text)}"
    return f"Cannot tell: {first_clause(aside.gaps[0])}{_source_failure_clause(aside)}"


def _source_failure_clause(cluster: ClusterCheck) -> str:
    return f", because {first_clause(cluster.obstacles[0].text)}" if cluster.obstacles else ""


def _other_clauses(check: FailoverCheck, first: GroupCheck | UngroupedCheck) -> Iterator[str]:
    """Yield what else there is to say: other groups, and what stands outside the groups."""
    others = [group for group in check.groups if group is not first]
    bad = [check.title(o) for o in others if o.code(accept_failed_over=check.accept_failed_over)]
    accepted = [check.title(group) for group in check.accepted if group is not first]
    if first in check.accepted and isinstance(first, GroupCheck):
        worse = first.sessions.short or first.bad_replication
        yield f"--accept failed-over allows {'the failover alone' if worse else 'that'}"
    if bad:
        yield f"{join_names(bad)} also {'needs' if len(bad) == 1 else 'need'} a look"
    if accepted:
        too = " too" if isinstance(first, GroupCheck) else ""
        yield (
            f"{join_names(accepted)} {is_or_are(len(accepted))} failed over{too}, which --accept"
            " allows"
        )
    for aside in ungrouped_problems(check):
        if aside is not first:
            yield _ungrouped_clause(aside)
    if others and not (bad or accepted):
        names = [check.title(group) for group in others]
        yield _as_expected_clause(names, besides=isinstance(first, GroupCheck))


def _ungrouped_clause(aside: UngroupedCheck) -> str:
    if isinstance(aside, NodeCheck):
        return first_clause(aside.text)
    if aside.groups:
        return first_clause(aside.gaps[0])
    return f"cluster {aside.name} could not be looked at"


def _as_expected_clause(names: Sequence[str], *, besides: bool) -> str:
    if not besides:
        return f"{join_names(names)} {is_or_are(len(names))} as expected"
    count = "group" if len(names) == 1 else f"{len(names)} groups"
    return f"the other {count} {is_or_are(len(names))} as expected"
