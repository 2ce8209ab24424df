"""`auditor simulate`: a whole cluster on this machine, to try every command on."""

import signal
import tempfile
import threading
import tomllib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from auditor.cli.app import app
from auditor.cli.completion import complete_scenarios
from auditor.cli.output import print_text
from auditor.errors import ConfigError
from auditor.extras import Extra, missing_extra_text
from auditor.files import find_write_obstacle
from auditor.resources import scenario_folder
from auditor.text import count_noun, did_you_mean, join_names

if TYPE_CHECKING:  # the simulator comes with the extra `lab`
    from auditor.simulator import Simulator

_SIMULATOR_PASSWORD = "lab-password"  # noqa: S105 - of a simulator on this machine alone
"""The fixed password of the local simulator, short enough to be typed."""

_STOP_CHECK_S = 0.5


ScenarioArgument = Annotated[
    str | None,
    typer.Argument(
        help="A shipped scenario by name, or the path of a scenario file. Left out: list them.",
        show_default=False,
        autocompletion=complete_scenarios,
    ),
]

WriteConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--write-config",
        envvar="AUDITOR_WRITE_CONFIG",
        help="Where to write the configuration; the cluster's CA and history go beside it. "
        "Only files that `auditor simulate` wrote are replaced. Default: a temporary folder.",
        show_default=False,
    ),
]

AddressPerNodeOption = Annotated[
    bool,
    typer.Option(
        "--address-per-node",
        envvar="AUDITOR_ADDRESS_PER_NODE",
        help="One loopback address a node, all on port 8443, instead of one port a node.",
    ),
]

DelayOption = Annotated[
    float,
    typer.Option(envvar="AUDITOR_DELAY", min=0, help="Seconds to wait before each answer."),
]


@app.command("simulate")
def simulate(
    scenario: ScenarioArgument = None,
    *,
    write_config: WriteConfigOption = None,
    address_per_node: AddressPerNodeOption = False,
    delay: DelayOption = 0.0,
) -> None:
    """Serve a simulated cluster over HTTPS on loopback until Ctrl-C.

    The shipped scenarios: all-drift, all-drift-9x, all-drift-absent, broken-foundation, demo,
    failed-over, failover, healthy, lost-data-centre, mixed-releases and one-node.
    """
    if scenario is None:
        print_text(render_scenario_list())
        return
    path = find_scenario(scenario)
    if write_config is not None:
        require_writable_config(write_config)
    with (
        tempfile.TemporaryDirectory(
            prefix="auditor-simulate-", ignore_cleanup_errors=True
        ) as folder,
        run_simulator(
            path, Path(folder), address_per_node=address_per_node, delay_s=delay
        ) as simulator,
    ):
        config = write_config or Path(folder) / "auditor.toml"
        # Apart from the user's own history, which holds real clusters.
        past = config.absolute().with_name(f"{config.stem}-history.sqlite3")
        simulator.write_config(config, {"history": f"sqlite:///{past}"})
        ended = install_stop_event()
        print_text(_simulation_instructions(path.stem, simulator, config))
        # Windows handles Ctrl-C only between waits.
        while not ended.wait(_STOP_CHECK_S):
            pass


def _simulation_instructions(scenario: str, simulator: "Simulator", config: Path) -> str:
    # The simulator comes with the extra `lab`.
    from auditor.simulator.shell_lines import change_line

    nodes = list(simulator.nodes)
    subscribers = len(simulator.servers) - len(nodes) - 1
    servers = [count_noun(len(nodes), "node"), "a CUCM publisher"]
    servers += [count_noun(subscribers, "CUCM subscriber")] if subscribers else []
    fault = f'{{"fault": {{"fault": "hang", "node": "{nodes[-1]}"}}}}'
    return (
        f"Simulating {scenario}: {join_names(servers)}.\n"
        f"Audit it with:\n\n    {simulator.command(config)}\n\n"
        f"Change it while it runs, for example make a node hang:\n\n"
        f"    {change_line(fault, simulator.control_url)}\n\n"
        "A GET of that address shows the state, and what else you can change. End with Ctrl-C.\n"
    )


def install_stop_event() -> threading.Event:
    """Return an event that the first Ctrl-C or SIGTERM sets."""
    ended = threading.Event()
    # Not handled, SIGTERM would end the process without removing the temporary folder.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    return ended


def shipped_scenarios() -> dict[str, Path]:
    """Return the file of every shipped scenario, by its name."""
    files = {path.stem: path for path in scenario_folder().glob("*.toml")}
    return dict(sorted(files.items()))


def render_scenario_list() -> str:
    """Return the shipped scenarios, a line each."""
    titles = {
        name: str(tomllib.loads(path.read_text(encoding="utf-8")).get("title", ""))
        for name, path in shipped_scenarios().items()
    }
    widest = max(map(len, titles))
    lines = [f"  {name:<{widest}}  {title}" for name, title in titles.items()]
    return "\n".join(["Serve one with `auditor simulate SCENARIO`:", "", *lines, ""])


def find_scenario(name: str) -> Path:
    """Return the file of a scenario given by name or by path.

    Raises:
        ConfigError: there is none; names those that ship.
    """
    shipped = shipped_scenarios()
    if name in shipped:
        return shipped[name]
    if Path(name).is_file():
        return Path(name)
    hint = did_you_mean(name, shipped) or "."
    raise ConfigError([f"no scenario {name!r}{hint} Give a file, or one of: {', '.join(shipped)}."])


def require_writable_config(config: Path) -> None:
    """Check that the configuration and the CA beside it may be written.

    Raises:
        ConfigError: one cannot be written, or is a file that `auditor simulate` did not write: a
            mistyped name must not cost a configuration.
    """
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
    """Turn a failed import of the simulator into advice to install the extra."""
    try:
        yield
    except ImportError as error:
        raise ConfigError([missing_extra_text("the simulator needs", Extra.LAB)]) from error


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
