"""The clusters that `auditor simulate` and `auditor demo` bring to life."""

import tomllib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from auditor.errors import ConfigError
from auditor.resources import scenario_folder
from auditor.text import did_you_mean

if TYPE_CHECKING:
    from auditor.simulator import Simulator

_SIMULATOR_PASSWORD = "lab-password"  # noqa: S105 - of a simulator on this machine alone
"""The fixed password of the local simulator, short enough to be typed."""


def shipped_scenarios() -> dict[str, Path]:
    """Return the file of every scenario that ships, by its name."""
    found = {path.stem: path for path in scenario_folder().glob("*.toml")}
    return dict(sorted(found.items()))


def render_scenario_list() -> str:
    """Return the scenarios that ship, a line each."""
    titles = {
        name: str(tomllib.loads(path.read_text(encoding="utf-8")).get("title", ""))
        for name, path in shipped_scenarios().items()
    }
    widest = max(map(len, titles))
    lines = [f"  {name:<{widest}}  {title}" for name, title in titles.items()]
    return "\n".join(["Serve one with `auditor simulate SCENARIO`:", "", *lines, ""])


def find_scenario(wanted: str) -> Path:
    """Return the file of a scenario given by name or by path.

    Raises:
        ConfigError: there is none; names those that ship.
    """
    known = shipped_scenarios()
    if wanted in known:
        return known[wanted]
    if Path(wanted).is_file():
        return Path(wanted)
    hint = did_you_mean(wanted, known) or "."
    raise ConfigError([f"no scenario {wanted!r}{hint} Give a file, or one of: {', '.join(known)}."])


def require_writable_config(config: Path) -> None:
    """Keep other people's files: a name typed wrong must not cost anybody a configuration.

    Raises:
        ConfigError: the configuration or the CA beside it cannot be written, or is somebody's own.
    """
    from auditor.files import find_write_obstacle

    with _require_lab_extra():
        from auditor.simulator import ca_bundle_path, is_overwritable
    for path in (config, ca_bundle_path(config)):
        problem = find_write_obstacle(path)
        if problem is None and not is_overwritable(path):
            problem = (
                "that file was not written by `auditor simulate`. Give another path, or move it "
                "away."
            )
        if problem:
            raise ConfigError([f"--write-config {path}: {problem}"])


@contextmanager
def _require_lab_extra() -> Iterator[None]:
    try:
        yield
    except ImportError as error:
        missing = f"the simulator needs {error.name}: install auditor with its extra `lab`."
        raise ConfigError([missing]) from error


@contextmanager
def run_simulator(
    scenario: Path, folder: Path, *, address_per_node: bool = False, delay_s: float = 0.0
) -> "Iterator[Simulator]":
    """Run a simulated cluster, with its certificates in `folder`.

    Raises:
        ConfigError: the extra is missing, the scenario is wrong, or an address is taken.
    """
    with _require_lab_extra():
        from auditor.simulator import ScenarioError, Simulator
    try:
        simulator = Simulator(
            scenario,
            folder,
            address_per_node=address_per_node,
            delay_s=delay_s,
            password=_SIMULATOR_PASSWORD,
        ).start()
    except ScenarioError as error:
        raise ConfigError(error.problems) from error
    except OSError as error:
        taken = f"the simulator cannot listen on loopback: {error.strerror or error}."
        raise ConfigError([f"{taken} Does another one run?"]) from error
    with closing(simulator):
        yield simulator
