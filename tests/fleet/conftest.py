"""One scheduler with TLS for the tests of a module, which bring their own workers; a cluster."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.fleet.audits import HANGING
from tests.fleet.parts import Fleet, start_fleet, write_certificates
from tests.lab import QUICK, Lab


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """Run a scheduler with TLS."""
    folder = tmp_path_factory.mktemp("fleet")
    with start_fleet(folder, write_certificates(folder)) as running:
        yield running


@pytest.fixture
def plain(tmp_path: Path) -> Iterator[Fleet]:
    """Run a scheduler of its own, without TLS on loopback."""
    with start_fleet(tmp_path, {}) as running:
        yield running


@pytest.fixture
def hanging(lab: Callable[..., Lab]) -> Lab:
    """Start a cluster whose CUCM hangs for longer than a test lasts."""
    running = lab(HANGING)
    running.defaults = {**QUICK, "timeout_s": 600}
    return running
