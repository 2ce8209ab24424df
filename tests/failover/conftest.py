"""Starts nights: simulators whose clock a test moves."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.failover.watching import PAIR, Night, simulated


@pytest.fixture
def night(tmp_path: Path) -> Iterator[Callable[..., Night]]:
    """Return what starts a night with one pair, or with the scenarios given."""
    with ExitStack() as running:

        def begin(*scenarios: dict[str, Any]) -> Night:
            made = simulated(tmp_path, scenarios or (PAIR,))
            return Night([running.enter_context(s) for s in made], tmp_path)

        yield begin
