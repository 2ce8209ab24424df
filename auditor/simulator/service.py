"""One service of one node: whether it is activated, whether it runs, since when."""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from auditor.simulator.catalogue import ServiceKind
from auditor.simulator.scenario import ServiceEntry

REASON_CODE_TEXTS = {
    -1: " ",
    -1004: "Entry not found",
    -1010: "No such service",
    -1019: "Component is not running",
    -1068: "Service Not Activated",
    -1069: "Commanded Out of Service",
}
NOT_ACTIVATED_CODE, COMMANDED_OUT_CODE = -1068, -1069
_NODE_CLOCK_START = datetime(2026, 3, 2, 4, 0, 0)


class SimulatorClock:
    """Seconds since the simulator started, and the nodes' wall clock, which is the same always.

    A fixed wall clock makes every start time of a scenario the same text in every run.
    """

    def __init__(self) -> None:
        """Start now."""
        self._zero = time.monotonic()

    def now(self) -> float:
        """Return the seconds since the start."""
        return time.monotonic() - self._zero

    def text(self, moment: float) -> str:
        """Return a moment as the nodes write it, `Mon Mar  2 04:00:00 2026`."""
        return (_NODE_CLOCK_START + timedelta(seconds=round(moment))).ctime()


class ManualClock(SimulatorClock):
    """A clock that moves only by hand."""

    def __init__(self) -> None:
        """Start at zero."""
        super().__init__()
        self._now = 0.0

    def now(self) -> float:
        """Return the seconds that it was moved."""
        return self._now

    def forward(self, seconds: float) -> None:
        """Move it."""
        self._now += seconds


@dataclass(slots=True)
class SimulatedService:
    """One service of one node. `started` is seconds on the clock, None while it does not run."""

    kind: ServiceKind
    status: str
    reason: int | str
    text: str
    started: float | None
    active_in_axl: bool
    restarting: bool = False
    stopped_by_idle: bool = False
    looks: int = 0

    @property
    def runs(self) -> bool:
        """Return whether it is started."""
        return self.status == "Started"

    @property
    def activated(self) -> bool:
        """Return whether it is activated; a network service always is."""
        return self.reason != NOT_ACTIVATED_CODE

    def start(self, moment: float) -> None:
        """Run from a moment on."""
        self.status, self.reason, self.text = "Started", -1, REASON_CODE_TEXTS[-1]
        self.started, self.stopped_by_idle = moment, False
        self.active_in_axl = True

    def stop(self, reason: int = COMMANDED_OUT_CODE) -> None:
        """Stop, with a reason code; -1068 is how a service looks that is not activated."""
        self.status, self.reason = "Stopped", reason
        self.text, self.started = REASON_CODE_TEXTS.get(reason, ""), None
        self.active_in_axl = reason != NOT_ACTIVATED_CODE

    def become(self, entry: ServiceEntry, moment: float) -> None:
        """Show whatever the entry says, sense or not, and leave the rest as it is."""
        if entry.status is not None:
            self.status = entry.status
            self.started = self.started if self.runs else None
        if entry.reason is not None:
            self.reason = entry.reason
            self.text = (
                REASON_CODE_TEXTS.get(entry.reason, "") if isinstance(entry.reason, int) else ""
            )
        if entry.text is not None:
            self.text = entry.text
        if entry.uptime is not None:
            self.started = moment - entry.uptime
        if entry.active_in_axl is not None:
            self.active_in_axl = entry.active_in_axl
        self.restarting = entry.restarting

    def look(self, moment: float) -> None:
        """Be asked: a service that keeps restarting has restarted since the last time."""
        self.looks += 1
        if self.restarting:
            # Long up at the first look and short at the second, as one that restarted in between.
            self.started = moment - (45 if self.looks % 2 else 4)
