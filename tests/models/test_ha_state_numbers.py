"""The numbers that PerfMon uses for a state of high availability."""

import pytest

from auditor.models.nodes import HaState


@pytest.mark.parametrize(
    ("number", "state"),
    [(0, HaState.UNKNOWN), (3, HaState.NORMAL), (12, HaState.DOWN), (13, None), (-1, None)],
)
def test_an_undocumented_counter_value_is_no_state(number: int, state: HaState | None) -> None:
    assert HaState.from_number(number) is state
