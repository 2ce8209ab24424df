"""What is shown while clusters are asked: a line on a terminal, one every ten seconds of a wait."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from auditor.collect.progress import (
    ClusterDone,
    FleetStep,
    ProgressStep,
    SchedulerAwaited,
    ServersListed,
    SurveyProgress,
    WaitBegan,
    WorkerAwaited,
    WorkersSilent,
)
from auditor.text import count_noun, join_names, printable

if TYPE_CHECKING:
    from rich.text import Text

SECONDS_BETWEEN_LINES = 10.0
"""How often a wait says that it is under way, where no terminal shows it."""

_Server = tuple[str, str]
"""Name of the cluster, name of the server."""


@dataclass(slots=True)
class ProgressBoard:
    """Which servers are done and which are waited for, as the threads of a survey tell it.

    `clock` gives seconds. `counted` is what is done or not: servers, or clusters where workers of a
    fleet ask them. `last_line` is the last line that the command itself printed. A command
    that waits for redundancy groups does so for `wait_s`, from its first line on.
    """

    clock: Callable[[], float] = time.monotonic
    last_line: str = ""
    counted: str = "server"
    wait_s: float | None = None
    _wait_began: float | None = None
    _scheduler: tuple[str, float] | None = None
    _silent: WorkersSilent = field(default_factory=lambda: WorkersSilent(()))
    _done: dict[_Server, bool] = field(default_factory=dict)
    _waits: dict[_Server, tuple[float, float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, cluster: str, step: ProgressStep) -> None:
        """Take one step of a survey."""
        with self._lock:
            if isinstance(step, ServersListed):
                self._done |= {(cluster, server): False for server in step.servers}
                return
            if isinstance(step, FleetStep):
                self._note_fleet(cluster, step)
                return
            server = (cluster, step.server)
            has_begun = isinstance(step, WaitBegan)
            self._done[server] = not has_begun
            # Taken out first: a wait that begins again must come last.
            self._waits.pop(server, None)
            if isinstance(step, WaitBegan):
                self._waits[server] = (self.clock(), step.most_s)

    def _note_fleet(self, cluster: str, step: FleetStep) -> None:
        if isinstance(step, WorkersSilent):
            self._silent = step
            return
        if isinstance(step, SchedulerAwaited):
            doing = "starting a scheduler and workers on this machine"
            if step.address:
                doing = f"connecting to the scheduler {step.address}"
            self._scheduler = (doing, self.clock())
            return
        self._scheduler = None
        self.counted = "cluster"
        self._done[cluster, ""] = isinstance(step, ClusterDone)
        self._waits = {who: wait for who, wait in self._waits.items() if who[0] != cluster}
        if isinstance(step, WorkerAwaited):
            wanted = f"no worker of site {step.site}" if step.site else "no worker"
            self._waits[cluster, wanted] = (self.clock(), step.most_s)

    def keep_line(self, line: str) -> None:
        """Take a line that the command printed."""
        self.last_line = " ".join(line.split())
        if self._wait_began is None:
            self._wait_began = self.clock()

    def line(self) -> str:
        """Return what is left of a wait, and which server has been waited for the longest."""
        left = self._time_left()
        return f"{left}; {self._servers_text()}" if left else self._servers_text()

    def _time_left(self) -> str:
        if self.wait_s is None or self._wait_began is None:
            return ""
        left = max(0.0, self.wait_s - (self.clock() - self._wait_began))
        limit = format_seconds(self.wait_s)
        return f"{format_seconds(left)} left of at most {limit} for the groups to be stable"

    def _servers_text(self) -> str:
        with self._lock:
            done = f"{sum(self._done.values())} of {count_noun(len(self._done), self.counted)}"
            oldest = next(iter(self._waits.items()), None)
            scheduler, silent = self._scheduler, self._silent
        if scheduler is not None:
            doing, since = scheduler
            return printable(f"{doing}: {self.clock() - since:.0f} s")
        if oldest is None and silent.hosts:
            hosts = join_names(silent.hosts, 2)
            return printable(f"{done} asked; worker on {hosts} silent for {silent.seconds:.0f} s")
        if oldest is None:
            return f"{done} asked"
        (cluster, server), (since, most_s) = oldest
        seconds = min(self.clock() - since, most_s)
        return printable(
            f"{done} asked; {server} ({cluster}): {seconds:.0f} of at most {most_s:.0f} s"
        )

    def waiting_line(self, began: float) -> str:
        """Return a line of a command that began at that time of the clock."""
        last = f"; last reading: {self.last_line}" if self.last_line else ""
        return f"{format_seconds(self.clock() - began):>6}  {self.line()}{last}"

    def __rich__(self) -> "Text":
        """Return the line as it is now: a terminal draws it several times a second."""
        from rich.text import Text

        return Text(self.line())


def format_seconds(seconds: float) -> str:
    """Return minutes and seconds, such as `1:05`."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02}"


@dataclass(frozen=True, slots=True)
class ProgressDisplay:
    """Where a command tells how far it is: `note` for a survey, `print_line` for the command."""

    note: SurveyProgress
    print_line: Callable[[str], None]


NO_PROGRESS = ProgressDisplay(lambda _cluster, _step: None, lambda _line: None)
"""Of a command that shows nothing on its way."""


@contextmanager
def show_progress(
    *, quiet: bool = False, wait: timedelta | None = None
) -> Iterator[ProgressDisplay]:
    """Show on standard error how far a command is; on a terminal only, unless it is to wait."""
    board = ProgressBoard(wait_s=wait.total_seconds() if wait else None)
    if not quiet and sys.stderr.isatty():
        # A run that draws nothing asks its clusters sooner without this.
        from rich.console import Console
        from rich.status import Status
        from rich.text import Text

        console = Console(stderr=True, highlight=False)

        def print_line(line: str) -> None:
            board.keep_line(line)
            console.print(Text(line))

        with Status(board, console=console):
            yield ProgressDisplay(board.note, print_line)
        return
    with print_while_waiting(board) if wait and not quiet else nullcontext():
        yield ProgressDisplay(board.note, board.keep_line)


@contextmanager
def print_while_waiting(
    board: ProgressBoard, every_s: float = SECONDS_BETWEEN_LINES
) -> Iterator[None]:
    """Print a line of the board to standard error again and again until the end of the block."""
    ended = threading.Event()
    began = board.clock()

    def print_lines() -> None:
        while not ended.wait(every_s):
            try:
                sys.stderr.write(board.waiting_line(began) + "\n")
                sys.stderr.flush()
            except (OSError, ValueError):  # the reader of the pipe is gone
                return

    # A daemon: a pipe that nobody reads must not keep the program from ending.
    thread = threading.Thread(target=print_lines, name="progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(1)
