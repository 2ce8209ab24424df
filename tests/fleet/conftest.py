"""One scheduler with TLS for the tests of a module; each brings its own workers."""

from collections.abc import Iterator

import pytest

from tests.fleet.parts import Fleet, start_fleet, write_certificates


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """Run a scheduler with TLS."""
    folder = tmp_path_factory.mktemp("fleet")
    with start_fleet(folder, write_certificates(folder)) as running:
        yield running
