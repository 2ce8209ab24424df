"""Starts simulators whose clock a test moves."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.failover.failover_lab import BUSY_PAIR, FailoverLab, build_simulators


@pytest.fixture
def start_lab(tmp_path: Path) -> Iterator[Callable[..., FailoverLab]]:
    """Return a function that starts a lab with one pair, or with the given scenarios."""
    with ExitStack() as running:

        def start(*scenarios: dict[str, Any]) -> FailoverLab:
            simulators = build_simulators(tmp_path, scenarios or (BUSY_PAIR,))
            return FailoverLab([running.enter_context(s) for s in simulators], tmp_path)

        yield start
