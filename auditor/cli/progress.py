"""What is shown while clusters are asked: a line on a terminal, one every ten seconds of a wait."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field

from rich.console import Console
from rich.status import Status
from rich.text import Text

from auditor.collect.progress import ProgressStep, ServersListed, SurveyProgress, WaitBegan
from auditor.text import count_noun, printable

SECONDS_BETWEEN_LINES = 10.0
"""How often a wait says that it is under way, where no terminal shows it."""

_Server = tuple[str, str]
"""Name of the cluster, name of the server."""


@dataclass(slots=True)
class ProgressBoard:
    """Which servers are done and which are waited for, as the threads of a survey tell it.

    `clock` gives seconds. `last_line` is the last line that the command itself printed.
    """

    clock: Callable[[], float] = time.monotonic
    last_line: str = ""
    _done: dict[_Server, bool] = field(default_factory=dict)
    _waits: dict[_Server, tuple[float, float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, cluster: str, step: ProgressStep) -> None:
        """Take one step of a survey."""
        with self._lock:
            if isinstance(step, ServersListed):
                self._done |= {(cluster, server): False for server in step.servers}
                return
            server = (cluster, step.server)
            has_begun = isinstance(step, WaitBegan)
            self._done[server] = not has_begun
            # Taken out first: a wait that begins again must come last.
            self._waits.pop(server, None)
            if isinstance(step, WaitBegan):
                self._waits[server] = (self.clock(), step.most_s)

    def line(self) -> str:
        """Return how many servers are done, and which has been waited for the longest."""
        with self._lock:
            done = f"{sum(self._done.values())} of {count_noun(len(self._done), 'server')}"
            oldest = next(iter(self._waits.items()), None)
        if oldest is None:
            return f"{done} asked"
        (cluster, server), (since, most_s) = oldest
        seconds = min(self.clock() - since, most_s)
        return printable(
            f"{done} asked; {server} ({cluster}): {seconds:.0f} of at most {most_s:.0f} s"
        )

    def waiting_line(self, began: float) -> str:
        """Return a line of a wait that began at that time of the clock."""
        minutes, seconds = divmod(round(self.clock() - began), 60)
        last = f"; last reading: {self.last_line}" if self.last_line else ""
        return f"{minutes:3}:{seconds:02}  {self.line()}{last}"

    def __rich__(self) -> Text:
        """Return the line as it is now: a terminal draws it several times a second."""
        return Text(self.line())


@dataclass(frozen=True, slots=True)
class ProgressDisplay:
    """Where a command tells how far it is: `note` for a survey, `print_line` for the command."""

    note: SurveyProgress
    print_line: Callable[[str], None]


NO_PROGRESS = ProgressDisplay(lambda _cluster, _step: None, lambda _line: None)
"""Of a command that shows nothing on its way."""


@contextmanager
def show_progress(*, quiet: bool = False, waits: bool = False) -> Iterator[ProgressDisplay]:
    """Show on standard error how far a command is; on a terminal only, unless it `waits`."""
    board = ProgressBoard()

    def keep_line(line: str) -> None:
        board.last_line = " ".join(line.split())

    if not quiet and sys.stderr.isatty():
        console = Console(stderr=True, highlight=False)
        with Status(board, console=console):
            yield ProgressDisplay(board.note, lambda line: console.print(Text(line)))
        return
    with print_while_waiting(board) if waits and not quiet else nullcontext():
        yield ProgressDisplay(board.note, keep_line)


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
