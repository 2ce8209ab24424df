"""A pool of threads in which no task waits for another, so that it can never starve."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Condition
from types import TracebackType


class Crew:
    """Runs tasks that may hand in further tasks; ends when none is left.

    `workers` bounds the tasks in flight over everything that is handed in.
    """

    def __init__(self, workers: int) -> None:
        """Start no thread yet."""
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="auditor")
        self._changed = Condition()
        self._open = 0
        self._fault: BaseException | None = None

    def __enter__(self) -> "Crew":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def submit(self, task: Callable[[], None]) -> None:
        """Hand in a task; may be called from within one."""
        with self._changed:
            self._open += 1
        self._pool.submit(task).add_done_callback(self._done)

    def _done(self, future: "Future[None]") -> None:
        fault = None if future.cancelled() else future.exception()
        with self._changed:
            self._open -= 1
            self._fault = self._fault or fault
            self._changed.notify_all()

    def wait(self, timeout_s: float | None = None) -> None:
        """Return when no task is left, or when the time is over.

        Raises:
            BaseException: what a task raised, first come.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._fault is not None or not self._open, timeout_s)
            if self._fault is not None:
                raise self._fault
