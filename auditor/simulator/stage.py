"""What is still to happen in a running simulator, in the order of the clock."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from auditor.simulator.scenes import Change, Step


@dataclass(slots=True)
class Stage:
    """Steps to come, each with its moment on the clock."""

    waiting: list[tuple[float, Change]] = field(default_factory=list)

    def put(self, steps: Iterable[Step], now: float) -> None:
        """Let steps follow from now on; those already waiting stay."""
        self.waiting += [(now + step.after_s, step.change) for step in steps]
        self.waiting.sort(key=lambda entry: entry[0])

    def due(self, now: float) -> Change | None:
        """Return the next change whose moment has come, and forget it."""
        if self.waiting and self.waiting[0][0] <= now:
            return self.waiting.pop(0)[1]
        return None

    def until_next(self, now: float) -> float | None:
        """Return the seconds to the next step, None when there is none."""
        return max(0.0, self.waiting[0][0] - now) if self.waiting else None
