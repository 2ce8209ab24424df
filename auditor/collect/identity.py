"""Whether two nodes are one machine that answered twice."""

from collections.abc import Mapping, Sequence
from itertools import combinations

from auditor.collect.node import NodeAnswers, contradicted
from auditor.facts import RunState, ServiceState

ALIKE = 0.9
"""Share of the started services with one start time from which two answers are one machine's.

Not all of them: a service may restart between the two answers, and one that keeps restarting
does. Two machines that booted at the same moment share far fewer.
"""


def without_doubles(answers: Sequence[NodeAnswers]) -> tuple[NodeAnswers, ...]:
    """Empty every node whose start times agree with another's for the started services.

    Start times are told to the second and no two machines share all of them, so both answers
    are worthless: nobody can say which node gave them (contract, section 8).
    """
    twins: dict[str, str] = {}
    for one, other in combinations(answers, 2):
        if _same_machine(one.services, other.services):
            twins.setdefault(one.member.name, other.member.name)
            twins.setdefault(other.member.name, one.member.name)
    return tuple(
        _emptied(a, twins[a.member.name]) if a.member.name in twins else a for a in answers
    )


def _same_machine(one: Mapping[str, ServiceState], other: Mapping[str, ServiceState]) -> bool:
    times, others = _start_times(one), _start_times(other)
    alike = len(times.items() & others.items())
    return bool(times) and alike >= ALIKE * len(times.keys() | others.keys())


def _start_times(services: Mapping[str, ServiceState]) -> dict[str, str]:
    return {
        name: s.started_at
        for name, s in services.items()
        if s.state is RunState.STARTED and s.started_at
    }


def _emptied(answers: NodeAnswers, twin: str) -> NodeAnswers:
    return contradicted(
        answers,
        f"{answers.member.name} and {twin} gave the same start times for their services: "
        "one machine answered for both. Check `addresses`, and NAT or load balancers on the way.",
    )
