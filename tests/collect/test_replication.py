"""The state of database replication, from the counters that PerfMon sent."""

from typing import cast

import pytest

from auditor.collect.perfmon import REPLICATION_OBJECT, read_replication
from auditor.errors import BadReply, WrongNode
from auditor.soap.client import Client
from auditor.soap.records import PerfmonCounter
from tests.lab import PUB, SUB

COUNT = PerfmonCounter(rf"\\{PUB}\{REPLICATION_OBJECT}\Number of Replicates Created", 712, 1)


class _Node:
    """Stands in for a client of a node that sends these counters."""

    def __init__(self, *counters: PerfmonCounter) -> None:
        self.counters = counters

    def perfmon_counters(self, *_: str) -> tuple[PerfmonCounter, ...]:
        """Return the counters, whatever is asked."""
        return self.counters


def _state(
    value: int | None, instance: str = "", host: str = PUB, status: int = 1
) -> PerfmonCounter:
    return PerfmonCounter(
        rf"\\{host}\{REPLICATION_OBJECT}{instance}\Replicate_State", value, status
    )


def _read(*counters: PerfmonCounter) -> int:
    return read_replication(cast(Client, _Node(COUNT, *counters)), PUB, frozenset({SUB}))


@pytest.mark.parametrize("instance", ["", "(ReplicateCount)"])
@pytest.mark.parametrize("number", range(5))
def test_each_documented_state_is_read(number: int, instance: str) -> None:
    assert _read(_state(number, instance)) == number


@pytest.mark.parametrize(
    "counters",
    [
        (),
        (_state(None),),
        (_state(2, status=-1),),
        (_state(2, "(A)"), _state(2, "(B)")),
        (_state(2, "(A)"), _state(None, "(B)")),
        (PerfmonCounter(rf"\\{PUB}\Another object\Replicate_State", 2, 1),),
    ],
)
def test_anything_but_one_number_is_not_read(counters: tuple[PerfmonCounter, ...]) -> None:
    with pytest.raises(BadReply, match="no single value of Replicate_State"):
        _read(*counters)


@pytest.mark.parametrize("number", [-1, 5, 22])
def test_a_state_that_no_guide_has_is_not_read(number: int) -> None:
    with pytest.raises(BadReply, match=f"Replicate_State {number}"):
        _read(_state(number))


def test_the_state_of_another_node_is_refused() -> None:
    with pytest.raises(WrongNode):
        _read(_state(2, host=SUB))
