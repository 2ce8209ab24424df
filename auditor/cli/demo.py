"""`auditor demo`: a simulated cluster on this machine, audited.

`auditor demo --failover`: a pair that is failed over and falls back.
"""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from auditor.audit import audit_clusters, survey_clusters
from auditor.cli.app import app
from auditor.cli.output import print_text, raise_output_problems, write_reports
from auditor.cli.session import open_run_context
from auditor.cli.simulation import find_scenario, run_simulator
from auditor.cli.terminal import supports_colour, terminal_width
from auditor.collect.scope import SNAPSHOT_TOPICS, SurveyScope
from auditor.config.loader import load_configuration
from auditor.config.settings import ClusterSettings, Configuration
from auditor.credentials import Credentials, Secret
from auditor.failover.actions import choose_action
from auditor.failover.check import FailoverCheckOptions, run_failover_check
from auditor.failover.model import FailoverCheck
from auditor.failover.report import render_failover_text
from auditor.failover.summary import summarize_check
from auditor.judging import build_report
from auditor.models.exit_codes import EXIT_CODE_MEANINGS
from auditor.recommendations.packs import load_packs
from auditor.report.formats import parse_output_targets
from auditor.run import RunContext, RunOptions
from auditor.snapshots import Snapshot, build_snapshot, parse_snapshot

if TYPE_CHECKING:  # the simulator comes with the extra `lab`
    from auditor.simulator import Simulator


@app.command("demo")
def demo(
    *,
    failover: Annotated[
        bool,
        typer.Option(
            "--failover",
            envvar="AUDITOR_FAILOVER",
            help="Show instead how a pair fails over and falls back; takes under a minute.",
        ),
    ] = False,
) -> None:
    """Audit a simulated cluster that drifted, over HTTPS, and show the report.

    Everything stays on this machine. The exit code is 0 when the demonstration ran; the last lines
    name the code that the audit itself would have returned.
    """
    if failover:
        _run_failover_demo()
        return
    with _simulated_cluster("demo") as (_, configuration, logins):
        options = RunOptions()
        # Without a history: an invented run has no place beside those of real clusters.
        with open_run_context(configuration.workers) as context:
            report = audit_clusters(configuration.clusters, logins, options, context)
    raise_output_problems(report, write_reports(report, parse_output_targets([])))
    code = report.exit_code
    print_text(
        f"\n{DEMO_CLOSING_LINE}"
        f"`auditor audit` would have ended with {int(code)}: {EXIT_CODE_MEANINGS[code]}.\n"
        "`auditor simulate demo` serves the same cluster, to try every command on.\n"
    )


def _run_failover_demo() -> None:
    with (
        _simulated_cluster("failover") as (simulator, configuration, logins),
        # Steps are printed as they come, and a progress line would be drawn over them.
        open_run_context(configuration.workers) as context,
    ):
        FailoverDemo(
            simulator,
            configuration.clusters,
            logins,
            context,
            print_text,
            width=terminal_width(),
            colour=supports_colour(),
        ).show()


@contextmanager
def _simulated_cluster(
    scenario: str,
) -> "Iterator[tuple[Simulator, Configuration, Mapping[str, Credentials]]]":
    """Run a scenario, and give its configuration and the accounts that open it."""
    with (
        tempfile.TemporaryDirectory(prefix="auditor-demo-", ignore_cleanup_errors=True) as folder,
        run_simulator(find_scenario(scenario), Path(folder)) as simulator,
    ):
        configuration = load_configuration(simulator.write_config(Path(folder) / "auditor.toml"))
        # The simulator's own account, whatever password the environment holds for real clusters.
        login = Credentials(simulator.username, Secret(simulator.password))
        yield simulator, configuration, {c.name: login for c in configuration.clusters}


SEQUENCE_STEP_S = 4.0
"""How long each step of a sequence takes."""

DEMO_WAIT = timedelta(minutes=2)
DEMO_CLOSING_LINE = "This was a demonstration on a simulated cluster; it ends with exit code 0.\n"


@dataclass(frozen=True, slots=True)
class FailoverDemo:
    """A simulated pair, and what asking it takes; `say` prints a text."""

    simulator: "Simulator"
    clusters: "Sequence[ClusterSettings]"
    logins: "Mapping[str, Credentials]"
    context: RunContext
    say: Callable[[str], None]
    width: int
    colour: bool

    def show(self) -> None:
        """Show a failover and the fallback, from before to normal."""
        before = self._snapshot()
        self._print_step("Before: `auditor snapshot` keeps the number of sessions", self._check())
        self._play("failover")
        self._print_step("The pair is failed over by hand: `auditor failover-check`", self._check())
        self.say("\n== The same with --wait 2m, which looks again until the pair is stable\n\n")
        waited = self._check(before, DEMO_WAIT)
        self.say("\n")
        self._print_report(waited)
        self._play("fallback")
        self._print_step("The fallback begins", self._check(before))
        # Longer than the fallback takes, so that all sessions are back.
        for _ in range(3):
            self.context.network.pause(SEQUENCE_STEP_S)
        self.say("\n== A moment later\n\n")
        self._print_report(self._check(before))
        self.say(f"\n{DEMO_CLOSING_LINE}")

    def _play(self, sequence: str) -> None:
        (group,) = self.simulator.scenario.group
        self.simulator.change(
            {"play": {"group": group.name, "sequence": sequence, "step_s": SEQUENCE_STEP_S}}
        )

    def _check(
        self, since: Snapshot | None = None, wait: timedelta | None = None
    ) -> "FailoverCheck":
        rows = {row.id: row for row in load_packs()}
        request = FailoverCheckOptions(rows, since=since, wait=wait)
        return run_failover_check(
            self.clusters, self.logins, request, self.context, lambda line: self.say(f"{line}\n")
        )

    def _print_step(self, title: str, check: "FailoverCheck") -> None:
        text = f"{summarize_check(check)}\n{choose_action(check)}\n"
        self.say(f"\n== {title}\n\n{text}Exit code {int(check.exit_code)}.\n")

    def _print_report(self, check: "FailoverCheck") -> None:
        self.say(render_failover_text(check, width=self.width, colour=self.colour))

    def _snapshot(self) -> Snapshot:
        options = RunOptions(mode="snapshot", scope=SurveyScope(SNAPSHOT_TOPICS))
        started = self.context.clock()
        facts = survey_clusters(self.clusters, self.logins, options, self.context)
        report = build_report(self.clusters, facts, options, self.context, started)
        return parse_snapshot(build_snapshot(report, facts), "demo")
