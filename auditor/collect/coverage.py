"""Sends requests to one server and records the coverage, so that no failure is lost."""

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Generic, Protocol, Self, TypeVar

from auditor.errors import Bug, ExchangeError, NotAsked, Reason
from auditor.failures import Failure
from auditor.models.coverage import Coverage, Outcome, Source
from auditor.problems import Problem
from auditor.soap.client import Client

log = logging.getLogger(__name__)

T = TypeVar("T")

REASONS_OF_ONE_REQUEST = (Reason.SOAP_FAULT, Reason.BAD_REPLY, Reason.BUG)
"""Failures that say nothing of other requests to the same source."""


@dataclass(frozen=True, slots=True)
class RequestResult(Generic[T]):
    """A value, or the error in its place."""

    value: T | None
    error: ExchangeError | None = None


@dataclass(frozen=True, slots=True)
class RequestStats:
    """The number of requests to a server, and the microseconds that they took."""

    requests: int = 0
    elapsed_us: int = 0

    @classmethod
    def of(cls, client: Client) -> Self:
        """Return the statistics of a client so far."""
        return cls(client.requests_sent, client.elapsed_us)

    def __sub__(self, earlier: Self) -> "RequestStats":
        return RequestStats(self.requests - earlier.requests, self.elapsed_us - earlier.elapsed_us)

    @property
    def elapsed_ms(self) -> int:
        """Return the time in milliseconds."""
        return round(self.elapsed_us / 1000)


NO_REQUESTS = RequestStats()


class RequestGuard(Protocol):
    """Runs a request; turns a fault of this program into an ExchangeError of reason `bug`."""

    def __call__(self, request: Callable[[], T]) -> T:
        """Return what the request returns, or raise an ExchangeError."""
        ...


@dataclass(slots=True)
class CoverageLog:
    """The coverage of one server, recorded while it is asked.

    After an error that settles (wrong account, wrong certificate, another node, no connection in
    time) further requests are skipped. `closed_by` is that error. `gives_way`: until the server has
    answered something, a time-out skips the others too, until `resume`.
    """

    node: str
    client: Client
    guard: RequestGuard
    entries: dict[Source, Coverage] = field(default_factory=dict)
    closed_by: ExchangeError | None = None
    gives_way: bool = False
    is_put_aside: bool = False
    _results: deque[RequestResult[Any]] = field(default_factory=deque)

    def ask(self, source: Source, request: Callable[[], T]) -> RequestResult[T]:
        """Send a request; record its outcome, its number of requests and its time."""
        if self._results and not self.gives_way:
            return self._results.popleft()
        if self.closed_by is not None:
            return RequestResult(None, self._skip_after_failure(source, self.closed_by))
        before = RequestStats.of(self.client)
        result = self._run(request)
        self.record(source, result.error, RequestStats.of(self.client) - before)
        if self.gives_way:
            self._results.append(result)
            if result.error is not None and result.error.reason is Reason.TIMED_OUT:
                self._put_aside(result.error)
        return result

    def _put_aside(self, error: ExchangeError) -> None:
        has_answered = any(e.outcome is Outcome.COLLECTED for e in self.entries.values())
        if self.closed_by is None and not has_answered:
            self.is_put_aside, self.closed_by = True, error

    def resume(self) -> None:
        """Go on after the time-out: the next `ask`s return what they came to, and ask nothing."""
        self.gives_way = self.is_put_aside = False
        self.closed_by = None

    def ask_optional(self, source: Source, request: Callable[[], T]) -> RequestResult[T]:
        """Send a further request to a source; a failure is no gap, but its requests count."""
        if self.closed_by is not None:
            return RequestResult(None, self._skipped_error(self.closed_by))
        before = RequestStats.of(self.client)
        result = self._run(request)
        # In a narrow scope it may be all that this source is asked; its requests must still count.
        if source not in self.entries:
            self.entries[source] = Coverage(source, self.node, Outcome.COLLECTED)
        if isinstance(result.error, Bug):
            # A fault of auditor is a gap even for optional data: the reply could have mattered.
            self.record(source, result.error)
        elif result.error is not None and result.error.settles:
            self.closed_by = result.error
        self.add_stats(source, RequestStats.of(self.client) - before)
        return result

    def _skipped_error(self, failed: ExchangeError) -> NotAsked:
        return NotAsked(Problem.AFTER_FAILURE, self.node, earlier=failed.failure)

    def _skip_after_failure(self, source: Source, failed: ExchangeError) -> NotAsked:
        error = self._skipped_error(failed)
        skipped = Outcome.SKIPPED
        self._add(Coverage(source, self.node, skipped, error.reason, failure=error.failure))
        return error

    def _run(self, request: Callable[[], T]) -> RequestResult[T]:
        try:
            return RequestResult(self.guard(request))
        except ExchangeError as error:
            return RequestResult(None, error)

    def record(
        self, source: Source, error: ExchangeError | None, stats: RequestStats = NO_REQUESTS
    ) -> None:
        """Record that a source was asked, and the error if there was one."""
        # Here and not in `ask`: a later request of one step can be refused too, and the other
        # sources must not be asked with the same password then.
        if error is not None and error.settles:
            self.closed_by = error
        outcome = Outcome.COLLECTED if error is None else Outcome.FAILED
        entry = Coverage(
            source,
            self.node,
            outcome,
            reason=None if error is None else error.reason,
            requests=stats.requests,
            elapsed_ms=stats.elapsed_ms,
            failure=None if error is None else self._located(error.failure, source),
        )
        self._add(entry)

    def _located(self, failure: Failure, source: Source) -> Failure:
        """Return the failure with the server and the product that were asked."""
        server = failure.server or self.node
        return replace(failure, server=server, is_cucm=source is Source.CUCM_AXL)

    def skip(self, source: Source, note: str) -> None:
        """Record that a source did not have to be asked, and why."""
        self._add(Coverage(source, self.node, Outcome.SKIPPED, note=note))

    def _add(self, entry: Coverage) -> None:
        """Keep one entry for each source: the first failure stays, the counts add up."""
        earlier = self.entries.get(entry.source)
        if earlier is not None:
            entry = replace(
                # A later success on the same source does not fill the gap that the failure left.
                earlier if earlier.outcome is Outcome.FAILED else entry,
                requests=earlier.requests + entry.requests,
                elapsed_ms=earlier.elapsed_ms + entry.elapsed_ms,
            )
        self.entries[entry.source] = entry
        log.info(
            "%s of %s: %s%s, %d requests in %d ms",
            entry.source,
            entry.node,
            entry.outcome,
            f" ({entry.reason}: {entry.detail})" if entry.reason else "",
            entry.requests,
            entry.elapsed_ms,
        )

    def add_stats(self, source: Source, stats: RequestStats) -> None:
        """Add requests to those of a source, without a change of its outcome."""
        entry = self.entries[source]
        self.entries[source] = replace(
            entry,
            requests=entry.requests + stats.requests,
            elapsed_ms=entry.elapsed_ms + stats.elapsed_ms,
        )

    def may_answer(self, source: Source) -> bool:
        """Return whether a source did not fail, or only in a way that concerns one request."""
        # A time-out, a refusal or a missing role would meet the next request as well.
        entry = self.entries.get(source)
        return entry is None or entry.reason in (None, *REASONS_OF_ONE_REQUEST)

    def has_failed(self, source: Source) -> bool:
        """Return whether a source was asked and failed."""
        entry = self.entries.get(source)
        return entry is not None and entry.outcome is Outcome.FAILED

    @property
    def coverage(self) -> tuple[Coverage, ...]:
        """Return the entries, in the order in which the sources were asked."""
        return tuple(self.entries.values())
