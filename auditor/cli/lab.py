"""`auditor simulate` and `auditor demo`: a whole cluster on this machine, to try things on."""

import signal
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from auditor import resources
from auditor.cli import completing
from auditor.cli.app import app
from auditor.cli.telling import say
from auditor.errors import ConfigError
from auditor.names import nearest

if TYPE_CHECKING:
    from auditor.simulator import Simulator


@app.command()
def demo(
    *,
    failover: Annotated[
        bool,
        typer.Option(
            "--failover",
            envvar="AUDITOR_FAILOVER",
            help="Show a pair that is failed over and falls back instead; takes under a minute.",
        ),
    ] = False,
) -> None:
    """Start a simulated cluster that drifted, audit it over HTTPS, and show the report.

    Everything stays on this machine. Ends with 0 when the demonstration ran, and names the code
    that the audit itself would have returned.
    """
    if failover:
        _demo_failover()
        return
    from auditor.audit import Options
    from auditor.cli.running import run
    from auditor.cli.telling import tell
    from auditor.config.loader import load
    from auditor.credentials import Credentials, Secret
    from auditor.findings import MEANINGS
    from auditor.recommendations.model import load_packs
    from auditor.report.output import parse_targets

    with (
        tempfile.TemporaryDirectory(prefix="auditor-demo-") as folder,
        _simulator(find_scenario("demo"), Path(folder), address_per_node=False) as simulator,
    ):
        path = Path(folder) / "auditor.toml"
        simulator.write_config(path)
        configuration = load(path)
        login = Credentials(simulator.username, Secret(simulator.password))
        report = run(
            configuration.clusters,
            {c.name: login for c in configuration.clusters},
            Options(load_packs()),
            workers=configuration.workers,
        )
    tell(report, parse_targets([]))
    code = report.exit_code
    say(
        "\nThis was a demonstration on a simulated cluster; it ends with exit code 0.\n"
        f"`auditor audit` would have ended with {int(code)}: {MEANINGS[code]}.\n"
    )


def _demo_failover() -> None:
    from auditor.cli.night import Night
    from auditor.cli.running import world
    from auditor.cli.telling import colour, width
    from auditor.config.loader import load
    from auditor.credentials import Credentials, Secret

    with (
        tempfile.TemporaryDirectory(prefix="auditor-demo-") as folder,
        _simulator(find_scenario("failover"), Path(folder), address_per_node=False) as simulator,
    ):
        configuration = load(simulator.write_config(Path(folder) / "auditor.toml"))
        login = Credentials(simulator.username, Secret(simulator.password))
        with world(configuration.workers, quiet=True) as around:
            Night(
                simulator,
                configuration.clusters,
                {c.name: login for c in configuration.clusters},
                around,
                say,
                width=width(),
                colour=colour(),
            ).show()


@app.command()
def simulate(
    scenario: Annotated[
        str,
        typer.Argument(
            help="A shipped scenario by name, or the path of a scenario file.",
            autocompletion=completing.scenarios,
        ),
    ],
    *,
    write_config: Annotated[
        Path | None,
        typer.Option(
            "--write-config",
            envvar="AUDITOR_WRITE_CONFIG",
            help="Where to write the configuration; the cluster's CA goes beside it. "
            "Default: a temporary folder.",
            show_default=False,
        ),
    ] = None,
    address_per_node: Annotated[
        bool,
        typer.Option(
            "--address-per-node",
            envvar="AUDITOR_ADDRESS_PER_NODE",
            help="One loopback address a node, all on port 8443, instead of one port a node.",
        ),
    ] = False,
    delay: Annotated[
        float,
        typer.Option(envvar="AUDITOR_DELAY", min=0, help="Seconds that each answer waits."),
    ] = 0.0,
) -> None:
    """Serve a simulated cluster over HTTPS on loopback until Ctrl-C."""
    from auditor.report.output import obstacle

    path = find_scenario(scenario)
    if write_config is not None and (problem := obstacle(write_config)):
        raise ConfigError([f"--write-config {write_config}: {problem}"])
    with (
        tempfile.TemporaryDirectory(prefix="auditor-simulate-") as folder,
        _simulator(
            path, Path(folder), address_per_node=address_per_node, delay_s=delay
        ) as simulator,
    ):
        config = write_config or Path(folder) / "auditor.toml"
        simulator.write_config(config)
        ended = at_the_end()
        nodes = list(simulator.nodes)
        count = f"{len(nodes)} nodes" if len(nodes) != 1 else "one node"
        fault = f'{{"fault": {{"fault": "hang", "node": "{nodes[-1]}"}}}}'
        say(
            f"Simulating {path.stem}: {count} and a CUCM publisher.\n"
            f"Audit it with:\n\n    {simulator.command(config)}\n\n"
            f"Change it while it runs, for example make a node hang:\n\n"
            f"    curl --json '{fault}' {simulator.control_url}\n\nEnd with Ctrl-C.\n"
        )
        ended.wait()


def at_the_end() -> threading.Event:
    """Return what is set at the first Ctrl-C or SIGTERM."""
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    return ended


def find_scenario(wanted: str) -> Path:
    """Return the file of a scenario given by name or by path.

    Raises:
        ConfigError: there is none; names those that ship.
    """
    shipped = {path.stem: path for path in sorted(resources.scenario_folder().glob("*.toml"))}
    if wanted in shipped:
        return shipped[wanted]
    if Path(wanted).is_file():
        return Path(wanted)
    near = nearest(wanted, shipped)
    meant = f" Did you mean {near}?" if near else ""
    raise ConfigError(
        [f"no scenario {wanted!r}.{meant} Give a file, or one of: {', '.join(shipped)}."]
    )


@contextmanager
def _simulator(
    scenario: Path, folder: Path, *, address_per_node: bool, delay_s: float = 0.0
) -> "Iterator[Simulator]":
    """Run a simulated cluster.

    Raises:
        ConfigError: the extra is missing, the scenario is wrong, or an address is taken.
    """
    try:
        from auditor.simulator import ScenarioError, Simulator
    except ImportError as error:
        missing = f"the simulator needs {error.name}: install auditor with its extra `lab`."
        raise ConfigError([missing]) from error
    try:
        simulator = Simulator(
            scenario, folder, address_per_node=address_per_node, delay_s=delay_s
        ).start()
    except ScenarioError as error:
        raise ConfigError([f"the scenario cannot be used: {error}."]) from error
    except OSError as error:
        taken = f"the simulator cannot listen on loopback: {error.strerror or error}."
        raise ConfigError([f"{taken} Does another one run?"]) from error
    with closing(simulator):
        yield simulator
