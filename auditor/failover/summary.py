"""The summary: the state of the worst group, or of what is in no group, and of the rest."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from auditor.failover.group_check import GroupCheck, GroupStatus
from auditor.failover.model import CheckPart, ClusterCheck, FailoverCheck
from auditor.failover.node_checks import CheckType, NodeCheck
from auditor.failover.wording import (
    failure_clause,
    missing_groups_clause,
    node_check_clause,
    node_state_clause,
    pair_states_clause,
)
from auditor.models.evidence import Origin
from auditor.models.exit_codes import ExitCode
from auditor.models.findings import Verdict
from auditor.models.nodes import HaState
from auditor.report.sentences import render_clause
from auditor.text import is_or_are, join_names

UNKNOWN = "unknown"
NOT_HEALTHY = "not healthy"
INCOMPLETE = "incomplete"
FAILED_OVER_AND_BROKEN = "failed over and broken"
NODE_DOWN = "node down"
VERSIONS_DIFFER = "versions differ"


@dataclass(frozen=True, slots=True)
class Summary:
    """A label, such as `broken`, and clauses that explain it."""

    label: str
    clauses: tuple[str, ...]

    @property
    def explanation(self) -> str:
        """Return the clauses as the rest of a sentence."""
        return f"{'; '.join(self.clauses)}."

    def __str__(self) -> str:
        """Return the whole line."""
        return f"{self.label[:1].upper()}{self.label[1:]}: {self.explanation}"


def summarize_check(check: FailoverCheck) -> Summary:
    """Return the summary of the whole check."""
    worst = check.worst
    if worst is None:
        return Summary(UNKNOWN, ("there is no redundancy group to check",))
    first = summarize_part(check, worst)
    return Summary(first.label, (*first.clauses, *_other_clauses(check, worst)))


def summarize_part(check: FailoverCheck, part: CheckPart) -> Summary:
    """Return the state of a group, of a node in none, or of a cluster without groups."""
    if isinstance(part, GroupCheck):
        return summarize_group(part, check.title(part))
    return _summarize_other(part, check.cluster_of(part) if len(check.clusters) > 1 else "")


def summarize_group(group: GroupCheck, title: str = "") -> Summary:
    """Return the state of one group; `title` is its name, with its cluster if there are several."""
    label, clause = _label_and_clause(group, title or group.name)
    return Summary(label, (clause + _sessions_clause(group), *_side_clauses(group)))


def _label_and_clause(group: GroupCheck, title: str) -> tuple[str, str]:
    states = f"in {title} {pair_states_clause(group)}"
    # Before the status, which is still "moving" and would only ask to wait.
    if group.has_outlasted:
        moving = f"{title} was still moving when the wait ended ({pair_states_clause(group)})"
        return "broken", f"{moving}{_drift_clause(group) if group.outage else ''}"
    if group.outage is not None and (group.is_unserved or group.serving or group.down_nodes):
        return _summarize_outage(group, group.outage, title)
    match group.status:
        case GroupStatus.FAILED_OVER:
            return _summarize_failed_over(group, title)
        case GroupStatus.BROKEN:
            return _summarize_broken(group, title)
        case GroupStatus.MOVING:
            return "still moving", states
        case GroupStatus.UNKNOWN:
            clause = f"in {title} {_unknown_status_clause(group)}"
            return UNKNOWN, f"{clause}{_drift_clause(group)}"
        case GroupStatus.SWITCHED_OFF:
            return _summarize_switched_off(group, title)
        case GroupStatus.NO_FAILOVER:
            return _summarize_without_failover(group, title)
        case GroupStatus.NORMAL:
            return _summarize_normal(group, title)


def _summarize_outage(group: GroupCheck, outage: NodeCheck, title: str) -> tuple[str, str]:
    """Return what is down on the only node that can serve users, and why no other takes over."""
    why = join_names(node_state_clause(node) for node in group.nodes if node.name != outage.node)
    if not (group.serving or group.down_nodes):
        why = _no_partner_clause(group, title)
    first = f"{_place(group, title)}{_first_and_count(group)}, and {why}"
    # An unreachable partner that nobody took over may still serve its own users.
    is_last = bool(group.serving) or any(node.state is HaState.DOWN for node in group.nodes)
    if group.is_unserved:
        users = title if is_last or len(group.nodes) < 2 else outage.node
        return "users not served", f"{first}, so no user of {users} has presence or IM"
    known = "takes" if is_last else "is known to take"
    return _outage_label(group), f"{first}, so no other node {known} over from {outage.node}"


def _no_partner_clause(group: GroupCheck, title: str) -> str:
    if len(group.nodes) < 2:
        return f"{title} has one node"
    return f"high availability of {title} is off"


def _outage_label(group: GroupCheck) -> str:
    match group.status:
        case GroupStatus.BROKEN:
            return FAILED_OVER_AND_BROKEN if group.is_failed_over_and_broken else "broken"
        case GroupStatus.FAILED_OVER:
            return "failed over, not healthy"
    return NODE_DOWN if group.is_switched_on is False else NOT_HEALTHY


def _summarize_switched_off(group: GroupCheck, title: str) -> tuple[str, str]:
    if group.down_nodes:
        return NODE_DOWN, f"{_down_clause(group, title)}, because its high availability is off"
    off = f"no node of {title} takes over when the other fails"
    first = f"; {_first_and_count(group)}" if group.first_check else ""
    return "high availability is off", f"{off}{first}"


def _summarize_without_failover(group: GroupCheck, title: str) -> tuple[str, str]:
    if group.down_nodes:
        return NODE_DOWN, f"{_down_clause(group, title)}: {_no_failover_clause(group, title)}"
    return "no failover possible", f"{_no_failover_clause(group, title)}{_checks_clause(group)}"


def _down_clause(group: GroupCheck, title: str) -> str:
    down = join_names(node_state_clause(node) for node in group.down_nodes)
    return f"{down}, and no node of {title} takes over"


def _unknown_status_clause(group: GroupCheck) -> str:
    """Return the states, or why two normal states are not enough."""
    if any(node.state is not HaState.NORMAL for node in group.nodes):
        return pair_states_clause(group)
    discovered = [node.name for node in group.nodes if node.state_source is Origin.DISCOVERED]
    if discovered:
        nodes = f"{join_names(discovered)} {is_or_are(len(discovered))}"
        failures = (node.failure for node in group.nodes if node.name in discovered)
        why = next((f": {failure_clause(failure)}" for failure in failures if failure), "")
        return f"only the database says that {nodes} normal, which is no proof{why}"
    if group.absent:
        verb = is_or_are(len(group.absent))
        return f"{join_names(group.absent)} {verb} not among the nodes of the cluster"
    if len(group.nodes) < 2:
        return "only one node is known, because AXL of the CUCM publisher did not list them"
    if group.is_switched_on is None:
        return "both nodes are normal, but it is not known whether high availability is on"
    switch = "on" if group.is_switched_on else "off"
    return f"both nodes are normal, but only the database says that high availability is {switch}"


def _summarize_normal(group: GroupCheck, title: str) -> tuple[str, str]:
    label = INCOMPLETE if group.checks_with(Verdict.UNKNOWN) else ""
    label = NOT_HEALTHY if group.checks_with(Verdict.DRIFT) else label
    if label:
        return label, f"the HA states of {title} are normal{_checks_clause(group)}"
    label = _with_stability(group, "normal")
    # Not "normal" alone: Cisco asks for one version before a failover can be relied on.
    if group.versions is not None:
        label = f"{label}, but {VERSIONS_DIFFER}"
    own = f"both nodes of {title} serve their own users"
    return label, f"{own}{_checks_clause(group)}"


def _with_stability(group: GroupCheck, label: str) -> str:
    if group.stability is None:
        return label
    return f"{label}, not yet stable" if group.is_unstable else f"{label} and stable"


def _no_failover_clause(group: GroupCheck, title: str) -> str:
    if len(group.nodes) < 2:
        return f"{title} has {'one' if group.nodes else 'no'} node"
    if group.is_switched_on is None:
        return f"high availability of {title} is declared off, and its switch was not read"
    return f"high availability of {title} is off, as the file declares"


def _summarize_failed_over(group: GroupCheck, title: str) -> tuple[str, str]:
    label = "failed over, not healthy" if group.checks_with(Verdict.DRIFT) else "failed over"
    users = join_names(node.name for node in group.not_serving)
    clause = f"{_place(group, title)}{join_names(group.serving)} serves the users of {users}"
    if any(node.state_source is Origin.DISCOVERED for node in group.nodes):
        clause = f"{clause} (only the database says so)"
    elif not group.is_observed:
        clause = f"{clause} (it is not known whether high availability is on)"
    return _with_stability(group, label), f"{clause}{_checks_clause(group)}"


def _place(group: GroupCheck, title: str) -> str:
    """Return where a clause is about, empty where the names of its nodes are enough."""
    return "" if title == group.name else f"in {title} "


def _summarize_broken(group: GroupCheck, title: str) -> tuple[str, str]:
    drift = _drift_clause(group)
    if not group.is_failed_over_and_broken:
        return "broken", f"in {title} {pair_states_clause(group)}{drift}"
    failing = group.not_serving[0]
    if failing.state is HaState.FAILED_OVER_SERVICES_DOWN:
        why = f"critical services of {failing.name} are down"
    else:
        why = node_state_clause(failing)
    serves = f"{_place(group, title)}{group.serving[0]} serves the users of {failing.name}"
    return FAILED_OVER_AND_BROKEN, f"{serves}, and {why}{drift}"


def _checks_clause(group: GroupCheck) -> str:
    """Return what the checks add to the states: drift, else what is unknown, else AXL."""
    if group.first_check is None:
        nodes = nodes_with_axl(group)
        return f", and AXL answers on {join_names(nodes)}" if nodes else ""
    failure = group.failure_behind(group.first_check)
    if group.first_check.verdict is Verdict.UNKNOWN and failure is not None:
        return f", but not everything is known: {failure_clause(failure)}"
    return f", but {_first_and_count(group)}"


def _drift_clause(group: GroupCheck) -> str:
    """Return the drift beside a bad state, because the action may be about it."""
    has_drift = group.first_check is not None and group.first_check.verdict is Verdict.DRIFT
    return f"; {_first_and_count(group)}" if has_drift else ""


def _first_and_count(group: GroupCheck) -> str:
    """Return the check that the action is about too, and how many are like it."""
    if group.first_check is None:
        return ""
    others = len(group.checks_with(group.first_check.verdict)) - 1
    return f"{node_check_clause(group.first_check)}{f' (and {others} more)' if others else ''}"


def nodes_with_axl(group: GroupCheck) -> tuple[str, ...]:
    """Return the nodes whose AXL answered."""
    passed = group.checks_with(Verdict.PASS)
    return tuple(check.node for check in passed if check.type is CheckType.AXL)


def _side_clauses(group: GroupCheck) -> Iterator[str]:
    """Yield what the exit code ignores, and the next failover needs."""
    if group.bad_replication:
        yield f"database replication of {join_names(group.bad_replication)} is bad"
    if group.versions is not None:
        yield render_clause(group.versions)


def _sessions_clause(group: GroupCheck) -> str:
    now, before = group.sessions.now, group.sessions.before
    if now is None or before is None:
        return ""
    if now >= before:
        return f"; {now:,} sessions, {before:,} in the snapshot"
    # While a pair moves, its users do too, so missing sessions are no fault yet.
    is_final = group.status is not GroupStatus.MOVING
    joint = ", but" if group.sessions.is_short and is_final else ";"
    return f"{joint} {now:,} of {before:,} sessions are back"


def _summarize_other(problem: ClusterCheck | NodeCheck, cluster: str) -> Summary:
    if isinstance(problem, NodeCheck):
        label = NOT_HEALTHY if problem.verdict is Verdict.DRIFT else INCOMPLETE
        place = f"in cluster {cluster} " if cluster else ""
        return Summary(label, (f"{place}{node_check_clause(problem)}",))
    because = [f", because {failure_clause(failure)}" for failure in problem.failures[:1]]
    return Summary(UNKNOWN, ("".join((missing_groups_clause(problem), *because)),))


def _other_clauses(check: FailoverCheck, first: CheckPart) -> Iterator[str]:
    """Yield clauses on everything but the first problem."""
    groups = [part for part in check.parts_worst_first if isinstance(part, GroupCheck)]
    others = [group for group in groups if group is not first]
    bad = [group for group in others if check.exit_code_of(group) is not ExitCode.COMPLIANT]
    accepted = [check.title(group) for group in check.accepted if group is not first]
    if isinstance(first, GroupCheck) and first in check.accepted:
        # The reader has to learn that the exit code depends on an option.
        has_more = first.sessions.is_short or first.bad_replication
        yield f"--accept failed-over allows {'the failover alone' if has_more else 'that'}"
    if bad:
        # Their names are below.
        yield f"{_other_groups(bad, first)} attention too"
    if accepted:
        too = " too" if isinstance(first, GroupCheck) else ""
        verb = is_or_are(len(accepted))
        yield f"{join_names(accepted)} {verb} failed over{too}, which --accept allows"
    for problem in check.ungrouped_problems:
        if problem is not first:
            yield _other_problem_clause(problem)
    if others and not (bad or accepted):
        yield _as_expected_clause(check, others, follows_group=isinstance(first, GroupCheck))


def _other_groups(groups: Sequence[GroupCheck], first: CheckPart) -> str:
    other = " other" if isinstance(first, GroupCheck) else ""
    one, more = f"one{other} group needs", f"{len(groups)}{other} groups need"
    return one if len(groups) == 1 else more


def _other_problem_clause(problem: ClusterCheck | NodeCheck) -> str:
    if isinstance(problem, NodeCheck):
        return node_check_clause(problem)
    if problem.groups:
        return missing_groups_clause(problem)
    return f"cluster {problem.name} could not be checked"


def _as_expected_clause(
    check: FailoverCheck, groups: Sequence[GroupCheck], *, follows_group: bool
) -> str:
    verb = is_or_are(len(groups))
    if not follows_group:
        return f"{join_names(map(check.title, groups))} {verb} as expected"
    number = "group" if len(groups) == 1 else f"{len(groups)} groups"
    return f"the other {number} {verb} as expected"
