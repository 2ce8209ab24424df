"""`auditor simulate` and `auditor demo`: a whole cluster on this machine, to try things on.

`auditor demo --failover`: one night of a pair that is failed over and falls back.
"""

import signal
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from auditor.cli.app import app
from auditor.cli.completion import complete_scenarios
from auditor.cli.output import print_text
from auditor.cli.simulation import (
    find_scenario,
    render_scenario_list,
    require_writable_config,
    run_simulator,
)

if TYPE_CHECKING:
    from auditor.audit import RunContext
    from auditor.config.settings import ClusterSettings
    from auditor.credentials import Credentials
    from auditor.failover.model import FailoverCheck
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
        _run_failover_demo()
        return
    from auditor.audit import RunOptions
    from auditor.cli.output import write_reports
    from auditor.cli.session import run_audit
    from auditor.config.loader import load_configuration
    from auditor.credentials import Credentials, Secret
    from auditor.models.findings import EXIT_CODE_MEANINGS
    from auditor.recommendations.packs import load_packs
    from auditor.report.formats import parse_output_targets

    with (
        tempfile.TemporaryDirectory(prefix="auditor-demo-") as folder,
        run_simulator(find_scenario("demo"), Path(folder)) as simulator,
    ):
        path = Path(folder) / "auditor.toml"
        simulator.write_config(path)
        configuration = load_configuration(path)
        login = Credentials(simulator.username, Secret(simulator.password))
        report = run_audit(
            configuration.clusters,
            {c.name: login for c in configuration.clusters},
            RunOptions(load_packs()),
            workers=configuration.workers,
        )
    write_reports(report, parse_output_targets([]))
    code = report.exit_code
    print_text(
        "\nThis was a demonstration on a simulated cluster; it ends with exit code 0.\n"
        f"`auditor audit` would have ended with {int(code)}: {EXIT_CODE_MEANINGS[code]}.\n"
        "`auditor simulate demo` serves the same cluster, to try every command on.\n"
    )


def _run_failover_demo() -> None:
    from auditor.cli.output import supports_colour, terminal_width
    from auditor.cli.session import open_run_context
    from auditor.config.loader import load_configuration
    from auditor.credentials import Credentials, Secret

    with (
        tempfile.TemporaryDirectory(prefix="auditor-demo-") as folder,
        run_simulator(find_scenario("failover"), Path(folder)) as simulator,
    ):
        configuration = load_configuration(simulator.write_config(Path(folder) / "auditor.toml"))
        login = Credentials(simulator.username, Secret(simulator.password))
        with open_run_context(configuration.workers, quiet=True) as around:
            FailoverDemo(
                simulator,
                configuration.clusters,
                {c.name: login for c in configuration.clusters},
                around,
                print_text,
                width=terminal_width(),
                colour=supports_colour(),
            ).show()


@app.command()
def simulate(
    scenario: Annotated[
        str | None,
        typer.Argument(
            help="A shipped scenario by name, or the path of a scenario file. Left out: list them.",
            show_default=False,
            autocompletion=complete_scenarios,
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
        print_text(render_scenario_list())
        return
    path = find_scenario(scenario)
    if write_config is not None:
        require_writable_config(write_config)
    with (
        tempfile.TemporaryDirectory(prefix="auditor-simulate-") as folder,
        run_simulator(
            path, Path(folder), address_per_node=address_per_node, delay_s=delay
        ) as simulator,
    ):
        config = write_config or Path(folder) / "auditor.toml"
        past = config.absolute().with_name(f"{config.stem}-history.sqlite3")
        simulator.write_config(config, {"history": f"sqlite:///{past}"})
        ended = install_stop_event()
        print_text(_simulation_instructions(path.stem, simulator, config))
        ended.wait()


def _simulation_instructions(scenario: str, simulator: "Simulator", config: Path) -> str:
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


def install_stop_event() -> threading.Event:
    """Return what is set at the first Ctrl-C or SIGTERM."""
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    return ended


SEQUENCE_STEP_S = 4.0
"""How long each step of the scenes takes."""

DEMO_WAIT = timedelta(minutes=2)
DEMO_CLOSING_LINE = "This was a demonstration on a simulated cluster; it ends with exit code 0.\n"


@dataclass(frozen=True, slots=True)
class FailoverDemo:
    """A simulated pair, and what asking it takes; `say` shows a text."""

    simulator: "Simulator"
    clusters: "Sequence[ClusterSettings]"
    logins: "Mapping[str, Credentials]"
    world: "RunContext"
    say: Callable[[str], None]
    width: int
    colour: bool

    def show(self) -> None:
        """Show the whole night."""
        before = self._snapshot()
        self._tell("Before: `auditor snapshot` keeps how many sessions there are", self._check())
        self._play("failover")
        self._tell("Somebody fails the pair over by hand: `auditor failover-check`", self._check())
        self.say("\n== The same with --wait 2m, which looks again until the pair is stable\n\n")
        waited = self._check(before, DEMO_WAIT)
        self.say("\n")
        self._page(waited)
        self._play("fallback")
        self._tell("The fallback begins", self._check(before))
        for _ in range(3):
            self.world.network.pause(SEQUENCE_STEP_S)
        self.say("\n== A moment later\n\n")
        self._page(self._check(before))
        self.say(f"\n{DEMO_CLOSING_LINE}")

    def _play(self, scene: str) -> None:
        (group,) = self.simulator.scenario.group
        self.simulator.change(
            {"play": {"group": group.name, "scene": scene, "step_s": SEQUENCE_STEP_S}}
        )

    def _check(
        self, since: Mapping[str, Any] | None = None, wait: timedelta | None = None
    ) -> "FailoverCheck":
        from auditor.failover.check import FailoverCheckOptions, run_failover_check
        from auditor.recommendations.packs import load_packs

        rows = {row.id: row for row in load_packs()}
        request = FailoverCheckOptions(rows, since=since, wait=wait)
        return run_failover_check(
            self.clusters, self.logins, request, self.world, lambda line: self.say(f"{line}\n")
        )

    def _tell(self, title: str, found: "FailoverCheck") -> None:
        from auditor.failover.actions import choose_action
        from auditor.failover.summary import summarize_check

        told = f"{summarize_check(found)}\n{choose_action(found)}\n"
        self.say(f"\n== {title}\n\n{told}Exit code {int(found.exit_code)}.\n")

    def _page(self, found: "FailoverCheck") -> None:
        from auditor.failover.report import render_failover_text

        self.say(render_failover_text(found, width=self.width, colour=self.colour))

    def _snapshot(self) -> Mapping[str, Any]:
        from auditor.audit import RunOptions, build_report, survey_clusters
        from auditor.collect.scope import SNAPSHOT_TOPICS, SurveyScope
        from auditor.recommendations.packs import load_packs
        from auditor.snapshots import build_snapshot

        options = RunOptions(load_packs(), mode="snapshot", scope=SurveyScope(SNAPSHOT_TOPICS))
        started = self.world.clock()
        facts = survey_clusters(self.clusters, self.logins, options, self.world)
        report = build_report(self.clusters, facts, options, self.world, started)
        return build_snapshot(report, facts)
