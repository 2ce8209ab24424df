"""`auditor simulate` and `auditor demo`: a whole cluster on this machine, to try things on."""

import signal
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from auditor.cli import completing
from auditor.cli.app import app
from auditor.cli.scenarios import find, listing, may_write, simulated
from auditor.cli.telling import say

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
        simulated(find("demo"), Path(folder)) as simulator,
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
        "`auditor simulate demo` serves the same cluster, to try every command on.\n"
    )


def _demo_failover() -> None:
    from auditor.cli.night import Night
    from auditor.cli.running import world
    from auditor.cli.telling import colour, width
    from auditor.config.loader import load
    from auditor.credentials import Credentials, Secret

    with (
        tempfile.TemporaryDirectory(prefix="auditor-demo-") as folder,
        simulated(find("failover"), Path(folder)) as simulator,
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
        str | None,
        typer.Argument(
            help="A shipped scenario by name, or the path of a scenario file. Left out: list them.",
            show_default=False,
            autocompletion=completing.scenarios,
        ),
    ] = None,
    *,
    write_config: Annotated[
        Path | None,
        typer.Option(
            "--write-config",
            envvar="AUDITOR_WRITE_CONFIG",
            help="Where to write the configuration; CA and history of the cluster go beside it. "
            "Only what was written so before is overwritten. Default: a temporary folder.",
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
    """Serve a simulated cluster over HTTPS on loopback until Ctrl-C.

    The scenarios that ship: all-drift, all-drift-9x, all-drift-absent, demo, failed-over, failover,
    healthy and one-node.
    """
    if scenario is None:
        say(listing())
        return
    path = find(scenario)
    if write_config is not None:
        may_write(write_config)
    with (
        tempfile.TemporaryDirectory(prefix="auditor-simulate-") as folder,
        simulated(
            path, Path(folder), address_per_node=address_per_node, delay_s=delay
        ) as simulator,
    ):
        config = write_config or Path(folder) / "auditor.toml"
        past = config.absolute().with_name(f"{config.stem}-history.sqlite3")
        simulator.write_config(config, {"history": f"sqlite:///{past}"})
        ended = at_the_end()
        say(_page(path.stem, simulator, config))
        ended.wait()


def _page(scenario: str, simulator: "Simulator", config: Path) -> str:
    nodes = list(simulator.nodes)
    count = f"{len(nodes)} nodes" if len(nodes) != 1 else "one node"
    fault = f'{{"fault": {{"fault": "hang", "node": "{nodes[-1]}"}}}}'
    return (
        f"Simulating {scenario}: {count} and a CUCM publisher.\n"
        f"Audit it with:\n\n    {simulator.command(config)}\n\n"
        f"Change it while it runs, for example make a node hang:\n\n"
        f"    curl -H 'Content-Type: application/json' -d '{fault}' {simulator.control_url}\n\n"
        "A GET of that address tells the state, and what else it takes. End with Ctrl-C.\n"
    )


def at_the_end() -> threading.Event:
    """Return what is set at the first Ctrl-C or SIGTERM."""
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    return ended
