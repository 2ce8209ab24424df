"""What every test runs without: the account, proxy and home of the person who runs it."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from auditor.simulator import Simulator
from tests.lab import Lab, scenario

_INHERITED = (
    "AUDITOR_",
    "COLUMNS",
    "NO_COLOR",
    "FORCE_COLOR",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "NETRC",
)


# A loaded machine is slow, not wrong; and a landing must not hang on the luck of a draw.
settings.register_profile("house", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("house")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the switch that writes golden files anew instead of comparing with them."""
    parser.addoption("--update-golden", action="store_true", help="rewrite the golden files")


@pytest.fixture
def compare_golden(request: pytest.FixtureRequest) -> Callable[[Path, str], None]:
    """Return what compares a text with a golden file; with `--update-golden` it writes the file."""

    def compare(path: Path, text: str) -> None:
        if request.config.getoption("--update-golden"):
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8")

    return compare


@pytest.fixture(autouse=True)
def _own_surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Give each test an empty home and an environment without proxies, accounts or colours."""
    for name in list(os.environ):
        if name.startswith(_INHERITED) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    # A slow machine may take longer to load what carries a notification.
    monkeypatch.setattr("auditor.notify.send.DELIVERY_TIMEOUT_S", 600.0)
    # No test may find, or leave, a password in the keyring of whoever runs it.
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Callable[..., Lab]]:
    """Return what starts a simulated cluster: `lab("healthy")`, or `lab({...scenario...})`."""
    with ExitStack() as running:

        def start(source: str | Mapping[str, Any]) -> Lab:
            folder = tmp_path / "lab"
            folder.mkdir()
            content = scenario(source) if isinstance(source, str) else source
            return Lab(running.enter_context(Simulator(content, folder)), folder)

        yield start
