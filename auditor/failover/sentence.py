"""One sentence on how a redundancy group stands."""

import re
from collections.abc import Sequence

from auditor.facts import HaState, Origin
from auditor.failover import states
from auditor.failover.findings import GroupCheck, Standing
from auditor.failover.order import first
from auditor.failover.seen import Aspect, Point
from auditor.failover.states import listed
from auditor.findings import Verdict
from auditor.report.certificate import without_digest

_STOP = re.compile(r"\.\s(?![^()]*\))")
"""A full stop in no brackets, with more behind it."""


def of_group(group: GroupCheck) -> str:
    """Return one sentence on how a group stands."""
    return f"{_head(group)}{_replication(group)}{_sessions(group)}."


def _head(group: GroupCheck) -> str:
    if group.outlasted:
        told = states.of_pair(group)
        return f"Broken: {group.name} was still moving when the wait was over ({told})"
    match group.standing:
        case Standing.FAILED_OVER:
            return _failed_over(group)
        case Standing.BROKEN:
            return f"{_broken(group)}{_also(group)}"
        case Standing.MOVING:
            return f"Still moving: in {group.name} {states.of_pair(group)}"
        case Standing.UNKNOWN:
            return f"Cannot tell how {group.name} stands: {_unknown(group)}"
        case Standing.SWITCHED_OFF:
            off = (
                f"High availability of {group.name} is off, so nobody takes over when a node fails"
            )
            return f"{off}{_also(group)}"
        case Standing.NO_FAILOVER:
            return f"{_no_failover(group)}{_but(group)}"
    return _normal(group)


def _unknown(group: GroupCheck) -> str:
    """Return what is known: the states, or why healthy ones are not enough."""
    if any(node.state != HaState.NORMAL for node in group.nodes):
        return states.of_pair(group)
    guessed = [node.name for node in group.nodes if node.state_source == Origin.DISCOVERED]
    if guessed:
        return f"{listed(guessed)} told a normal state by its database alone, which proves nothing"
    return clause(group.because)


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
    return f"{word} and stable" if group.settled.stable else f"{word}, not yet stable"


def _no_failover(group: GroupCheck) -> str:
    if len(group.nodes) < 2:
        return f"{group.name} has one node, so no failover is possible"
    if group.switch is None:
        return f"High availability of {group.name} is declared off; the switch could not be read"
    return f"High availability of {group.name} is off, as the file declares"


def _failed_over(group: GroupCheck) -> str:
    serving = [node.name for node in group.nodes if node.state == HaState.BACKUP]
    left = [node.name for node in group.nodes if node.state != HaState.BACKUP]
    word = _settled(group, "Failed over, not sound" if group.of(Verdict.DRIFT) else "Failed over")
    return (
        f"{word}: {listed(serving)} serves the users of {listed(left)}{_doubt(group)}{_but(group)}"
    )


def _doubt(group: GroupCheck) -> str:
    """Return what keeps a failover from being certain, empty if nothing does."""
    if any(node.state_source == Origin.DISCOVERED for node in group.nodes):
        return ", as the database alone tells"
    return "" if group.firm else ", and whether high availability is on is not certain"


def _broken(group: GroupCheck) -> str:
    told = {node.state for node in group.nodes}
    serving = [node.name for node in group.nodes if node.state == HaState.BACKUP]
    left = [node for node in group.nodes if node.state != HaState.BACKUP]
    if HaState.FAILED in told or not serving or not left:
        return f"Broken: in {group.name} {states.of_pair(group)}"
    (gone,) = left[:1]
    if gone.state == HaState.FAILED_OVER_SERVICES_DOWN:
        why = f"critical services of {gone.name} are down"
    elif gone.state == HaState.DOWN:
        why = f"{gone.name} is down"
    else:
        why = states.of_node(gone)
    return f"Failed over and broken: {serving[0]} serves the users of {gone.name}, and {why}"


def _but(group: GroupCheck) -> str:
    """Return what of the points stands against the states, or that AXL answers where it must."""
    wrong = group.of(Verdict.DRIFT)
    if wrong:
        return f", but {clause(first(wrong).text)}{_more(wrong)}"
    unknown = group.of(Verdict.UNKNOWN)
    if unknown:
        return _not_known(group, unknown)
    return f", and AXL answers on {listed(answering(group))}" if answering(group) else ""


def _also(group: GroupCheck) -> str:
    """Return what is wrong besides states that are bad enough, because the action may be on it."""
    wrong = group.of(Verdict.DRIFT)
    return f"; {clause(first(wrong).text)}{_more(wrong)}" if wrong else ""


def _not_known(group: GroupCheck, unknown: Sequence[Point]) -> str:
    obstacle = group.obstacle_to(first(unknown))
    if obstacle is not None:
        return f", but not all is known: {clause(obstacle.text)}"
    return f", but {clause(first(unknown).text)}{_more(unknown)}"


def _more(points: Sequence[Point]) -> str:
    return f" (and {len(points) - 1} more)" if len(points) > 1 else ""


def answering(group: GroupCheck) -> tuple[str, ...]:
    """Return the nodes whose AXL answered."""
    return tuple(p.node for p in group.of(Verdict.PASS) if p.aspect is Aspect.AXL)


def clause(text: str) -> str:
    """Return the first sentence of a text as a clause inside another."""
    told = _STOP.split(without_digest(text), 1)[0].rstrip(".")
    small = told.startswith(("The ", "No ", "Whether "))
    return told[:1].lower() + told[1:] if small else told


def _replication(group: GroupCheck) -> str:
    bad = group.bad_replication
    return f"; database replication of {listed(bad)} is bad" if bad else ""


def _sessions(group: GroupCheck) -> str:
    told = group.sessions
    if told.now is None or told.before is None:
        return ""
    if told.now >= told.before:
        return f"; {told.now:,} sessions, {told.before:,} in the snapshot"
    settled = group.standing is not Standing.MOVING
    word = ", but" if told.short and settled else ";"
    return f"{word} {told.now:,} of {told.before:,} sessions are back"
