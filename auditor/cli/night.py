"""`auditor demo --failover`: one night of a pair that is failed over and falls back."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from auditor.audit import World
    from auditor.config.settings import ClusterSettings
    from auditor.credentials import Credentials
    from auditor.failover.findings import Check
    from auditor.simulator import Simulator

STEP_S = 4.0
"""How long each step of the scenes takes."""

WAIT = timedelta(minutes=2)
END = "This was a demonstration on a simulated cluster; it ends with exit code 0.\n"


@dataclass(frozen=True, slots=True)
class Night:
    """A simulated pair, and what asking it takes; `say` shows a text."""

    simulator: "Simulator"
    clusters: "Sequence[ClusterSettings]"
    logins: "Mapping[str, Credentials]"
    world: "World"
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
        waited = self._check(before, WAIT)
        self.say("\n")
        self._page(waited)
        self._play("fallback")
        self._tell("The fallback begins", self._check(before))
        for _ in range(3):
            self.world.wire.pause(STEP_S)
        self.say("\n== A moment later\n\n")
        self._page(self._check(before))
        self.say(f"\n{END}")

    def _play(self, scene: str) -> None:
        (group,) = self.simulator.scenario.group
        self.simulator.change({"play": {"group": group.name, "scene": scene, "step_s": STEP_S}})

    def _check(
        self, since: Mapping[str, Any] | None = None, wait: timedelta | None = None
    ) -> "Check":
        from auditor.failover import check
        from auditor.failover.request import Request
        from auditor.recommendations.model import load_packs

        rows = {row.id: row for row in load_packs()}
        request = Request(rows, since=since, wait=wait)
        return check.run(
            self.clusters, self.logins, request, self.world, lambda line: self.say(f"{line}\n")
        )

    def _tell(self, title: str, found: "Check") -> None:
        from auditor.failover import action, verdict

        told = f"{verdict.of_all(found)}\n{action.of_all(found)}\n"
        self.say(f"\n== {title}\n\n{told}Exit code {int(found.exit_code)}.\n")

    def _page(self, found: "Check") -> None:
        from auditor.failover import page

        self.say(page.render(found, width=self.width, colour=self.colour))

    def _snapshot(self) -> Mapping[str, Any]:
        from auditor.audit import Options, report_on, survey
        from auditor.change.snapshot import document
        from auditor.collect.topics import SNAPSHOT, Errand
        from auditor.recommendations.model import load_packs

        options = Options(load_packs(), mode="snapshot", errand=Errand(SNAPSHOT))
        started = self.world.clock()
        facts = survey(self.clusters, self.logins, options, self.world)
        report = report_on(self.clusters, facts, options, self.world, started)
        return document(report, facts)
