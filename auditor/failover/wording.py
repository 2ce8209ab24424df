"""The sentence of verdict on how a group stands, and on how all of them do.

Source: IM&P configuration guide 15, chapter on high availability.
"""

from collections.abc import Iterable, Sequence

from auditor.facts import HaState
from auditor.failover.findings import Aspect, Check, GroupCheck, NodeSeen, Point, Standing
from auditor.failover.points import CRITICAL
from auditor.findings import ExitCode, Verdict

WORDS = {
    None: "unreadable",
    HaState.UNKNOWN: "unknown",
    HaState.INITIALIZING: "initializing",
    HaState.IDLE: "idle",
    HaState.NORMAL: "normal",
    HaState.BACKUP: "running in backup mode",
    HaState.TAKING_OVER: "taking over",
    HaState.TAKING_BACK: "taking back",
    HaState.FAILING_OVER: "failing over",
    HaState.FAILED_OVER: "failed over",
    HaState.FAILED_OVER_SERVICES_DOWN: "failed over with critical services down",
    HaState.FALLING_BACK: "falling back",
    HaState.FAILED: "running in failed mode",
    HaState.DOWN: "down",
}
"""Each HA state as Cisco's pages call it."""


def state(node: NodeSeen) -> str:
    """Return the words for a node's HA state."""
    return WORDS[None if node.state is None else HaState(node.state)]


def listed(words: Iterable[str]) -> str:
    """Return words as a list in a sentence."""
    *rest, last = list(words) or ["none"]
    return f"{', '.join(rest)} and {last}" if rest else last


def worst(check: Check) -> GroupCheck | None:
    """Return the group that the first lines speak of: the first of those that stand worst."""

    def weight(group: GroupCheck) -> tuple[int, ...]:
        code = group.code(accept_failed_over=check.accept_failed_over)
        order = (ExitCode.DRIFT, ExitCode.INCOMPLETE, ExitCode.COMPLIANT)
        broken = group.outlasted or group.standing is Standing.BROKEN
        calm = group.standing in (Standing.NORMAL, Standing.NO_FAILOVER)
        wrong = bool(group.of(Verdict.DRIFT))
        return (order.index(code), not broken, not wrong, calm, not group.sessions.short)

    return min(check.groups, key=weight, default=None)


def verdict(check: Check) -> str:
    """Return the first line: one sentence on how everything stands."""
    group = worst(check)
    gaps = [gap for cluster in check.clusters for gap in cluster.gaps]
    lone = [point for cluster in check.clusters for point in cluster.alone]
    if group is None:
        return f"Cannot tell: {gaps[0] if gaps else _no_group(lone)}"
    sentence = of_group(group)
    if len(check.groups) > 1:
        sentence = f"{sentence[:-1]}; {_rest(check, group)}."
    return sentence


def _no_group(lone: Sequence[Point]) -> str:
    return lone[0].text if lone else "there is no redundancy group to look at."


def _rest(check: Check, group: GroupCheck) -> str:
    others = [other for other in check.groups if other is not group]
    bad = [o for o in others if o.code(accept_failed_over=check.accept_failed_over)]
    accepted = [o.name for o in others if o.standing is Standing.FAILED_OVER]
    if not bad and accepted:
        verb = "is" if len(accepted) == 1 else "are"
        return f"{listed(accepted)} {verb} failed over too, which --accept allows"
    if not bad:
        return f"the other {_count(len(others), 'group')} {_is(len(others))} as expected"
    return f"{listed(o.name for o in bad)} also {'needs' if len(bad) == 1 else 'need'} a look"


def _count(number: int, noun: str) -> str:
    return noun if number == 1 else f"{number} {noun}s"


def _is(number: int) -> str:
    return "is" if number == 1 else "are"


def of_group(group: GroupCheck) -> str:
    """Return one sentence on how a group stands."""
    return f"{_head(group)}{_sessions(group)}."


def _head(group: GroupCheck) -> str:
    if group.outlasted:
        return f"Broken: {group.name} was still moving when the wait was over ({_states(group)})"
    match group.standing:
        case Standing.FAILED_OVER:
            return _failed_over(group)
        case Standing.BROKEN:
            return _broken(group)
        case Standing.MOVING:
            return f"Still moving: in {group.name} {_states(group)}"
        case Standing.UNKNOWN:
            return f"Cannot tell how {group.name} stands: {_unknown(group)}"
        case Standing.SWITCHED_OFF:
            return (
                f"High availability of {group.name} is off, so nobody takes over when a node fails"
            )
        case Standing.NO_FAILOVER:
            return f"{_no_failover(group)}{_but(group)}"
    return _normal(group)


def _states(group: GroupCheck) -> str:
    return listed(_is_in(node) for node in group.nodes)


def _is_in(node: NodeSeen) -> str:
    if node.state is None:
        return f"{node.name} {'tells no state' if node.answered else 'does not answer'}"
    return f"{node.name} is {state(node)}"


def _unknown(group: GroupCheck) -> str:
    """Return what is known: the states, or why healthy ones are not enough."""
    healthy = all(node.state == HaState.NORMAL for node in group.nodes)
    return _plain(group.because) if healthy else _states(group)


def _normal(group: GroupCheck) -> str:
    if group.of(Verdict.DRIFT):
        return f"Not sound: {group.name} is normal by its states{_but(group)}"
    if group.of(Verdict.UNKNOWN):
        return f"Not certain: {group.name} is normal by its states{_but(group)}"
    word = _settled(group, "Normal")
    return f"{word}: both nodes of {group.name} serve their own users{_but(group)}"


def _settled(group: GroupCheck, word: str) -> str:
    if group.settled is None:
        return word
    return f"{word} and stable" if group.settled.stable else f"{word}, seen once and not yet stable"


def _no_failover(group: GroupCheck) -> str:
    if len(group.nodes) < 2:
        return f"{group.name} has one node, so no failover is possible"
    return f"High availability of {group.name} is off, as the file declares"


def _failed_over(group: GroupCheck) -> str:
    serving = [node.name for node in group.nodes if node.state == HaState.BACKUP]
    left = [node.name for node in group.nodes if node.state != HaState.BACKUP]
    word = _settled(group, "Failed over, not sound" if group.of(Verdict.DRIFT) else "Failed over")
    return f"{word}: {listed(serving)} serves the users of {listed(left)}{_but(group)}"


def _broken(group: GroupCheck) -> str:
    states = {node.state for node in group.nodes}
    serving = [node.name for node in group.nodes if node.state == HaState.BACKUP]
    left = [node for node in group.nodes if node.state != HaState.BACKUP]
    if HaState.FAILED in states or not serving or not left:
        return f"Broken: in {group.name} {_states(group)}"
    (gone,) = left[:1]
    if gone.state == HaState.FAILED_OVER_SERVICES_DOWN:
        why = f"critical services of {gone.name} are down"
    elif gone.state == HaState.DOWN:
        why = f"{gone.name} is down"
    else:
        why = f"{gone.name} does not {'tell its state' if gone.answered else 'answer'}"
    return f"Failed over and broken: {serving[0]} serves the users of {gone.name}, and {why}"


def _plain(text: str) -> str:
    text = text.rstrip(".")
    return text[:1].lower() + text[1:] if text.startswith("The ") else text


def _but(group: GroupCheck) -> str:
    """Return what of the points stands against the states, or that AXL answers where it must."""
    wrong = group.of(Verdict.DRIFT)
    if wrong:
        more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
        return f", but {_clause(first(wrong))}{more}"
    unknown = group.of(Verdict.UNKNOWN)
    if unknown:
        more = f" (and {len(unknown) - 1} more)" if len(unknown) > 1 else ""
        return f", but one thing is not known: {_clause(first(unknown))}{more}"
    return f", and AXL answers on {listed(answering(group))}" if answering(group) else ""


def answering(group: GroupCheck) -> tuple[str, ...]:
    """Return the nodes whose AXL answered."""
    return tuple(p.node for p in group.of(Verdict.PASS) if p.aspect is Aspect.AXL)


def first(points: Sequence[Point]) -> Point:
    """Return the point to speak of: services in the order of their start, then AXL, then rest."""
    return min(points, key=rank)


def rank(point: Point) -> int:
    """Return the place of a point among others: services in the order of their start first."""
    if point.service in CRITICAL:
        return CRITICAL.index(point.service)
    order = (Aspect.AXL, Aspect.KEEPERS, Aspect.OTHERS, Aspect.MEMBER, Aspect.CRITICAL)
    return len(CRITICAL) + order.index(point.aspect)


def _clause(point: Point) -> str:
    return point.text.split(". ")[0].rstrip(".")


def _sessions(group: GroupCheck) -> str:
    told = group.sessions
    if told.now is None or told.before is None:
        return ""
    settled = group.standing is not Standing.MOVING
    word = ", but" if told.short and settled else ";"
    return f"{word} {told.now:,} of {told.before:,} sessions are back"
