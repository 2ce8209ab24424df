"""Asks a source and writes down what came of it, so that no answer and no failure is lost."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Generic, Protocol, TypeVar

from auditor.errors import Bug, ExchangeError, NotAsked, Reason
from auditor.facts import Coverage, Outcome, Source
from auditor.soap.client import Client

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """A value, or the error in its place."""

    value: T | None
    error: ExchangeError | None = None


class Guard(Protocol):
    """Runs a question; turns a fault of this program into an ExchangeError of reason `bug`."""

    def __call__(self, question: Callable[[], T]) -> T:
        """Return what the question returns, or raise an ExchangeError."""
        ...


@dataclass(slots=True)
class Ledger:
    """The coverage of one server, written while it is asked.

    After an error that settles (wrong account, wrong certificate, another node, no connection)
    the rest is skipped.
    """

    node: str
    client: Client
    guard: Guard
    entries: dict[Source, Coverage] = field(default_factory=dict)
    closed_by: ExchangeError | None = None

    def ask(self, source: Source, question: Callable[[], T]) -> Answer[T]:
        """Put one question; keep its outcome, its number of requests and its time."""
        if self.closed_by is not None:
            text = f"Not asked, because of this: {self.closed_by.detail}"
            self.skip(source, Reason.NOT_ASKED, text)
            return Answer(None, NotAsked(text, self.closed_by.advice))
        sent, began = self.client.requests_sent, time.monotonic()
        answer = self._put(question)
        took = round((time.monotonic() - began) * 1000)
        self.keep(source, answer.error, self.client.requests_sent - sent, took)
        return answer

    def ask_besides(self, source: Source, question: Callable[[], T]) -> Answer[T]:
        """Put one question more to a source; its failure is no gap, its cost is written down."""
        if self.closed_by is not None:
            return Answer(None, NotAsked(self.closed_by.detail, self.closed_by.advice))
        sent, began = self.client.requests_sent, time.monotonic()
        answer = self._put(question)
        took = round((time.monotonic() - began) * 1000)
        if source not in self.entries:
            self.entries[source] = Coverage(source, self.node, Outcome.COLLECTED)
        if isinstance(answer.error, Bug):
            self.keep(source, answer.error)
        elif answer.error is not None and answer.error.settles:
            self.closed_by = answer.error
        self.add(source, self.client.requests_sent - sent, took)
        return answer

    def _put(self, question: Callable[[], T]) -> Answer[T]:
        try:
            return Answer(self.guard(question))
        except ExchangeError as error:
            return Answer(None, error)

    def keep(
        self, source: Source, error: ExchangeError | None, requests: int = 0, elapsed_ms: int = 0
    ) -> None:
        """Write down that a source was asked, and the error if there was one."""
        if error is not None and error.settles:
            self.closed_by = error
        outcome = Outcome.COLLECTED if error is None else Outcome.FAILED
        reason = None if error is None else error.reason
        text = "" if error is None else str(error)
        self._add(Coverage(source, self.node, outcome, reason, text, requests, elapsed_ms))

    def skip(self, source: Source, reason: Reason | None, detail: str) -> None:
        """Write down that a source was not asked; no reason means that it was not due."""
        self._add(Coverage(source, self.node, Outcome.SKIPPED, reason, detail))

    def _add(self, entry: Coverage) -> None:
        """Keep one entry a source: the first failure stands, the counts add up."""
        known = self.entries.get(entry.source)
        if known is not None:
            told = known if known.outcome is Outcome.FAILED else entry
            entry = replace(
                told,
                requests=known.requests + entry.requests,
                elapsed_ms=known.elapsed_ms + entry.elapsed_ms,
            )
        self.entries[entry.source] = entry

    def add(self, source: Source, requests: int, elapsed_ms: int) -> None:
        """Add to the counts of a source that was asked more than its outcome tells."""
        known = self.entries[source]
        self.entries[source] = replace(
            known, requests=known.requests + requests, elapsed_ms=known.elapsed_ms + elapsed_ms
        )

    def failed(self, source: Source) -> bool:
        """Tell whether a source was asked and gave an error."""
        entry = self.entries.get(source)
        return entry is not None and entry.outcome is Outcome.FAILED

    @property
    def coverage(self) -> tuple[Coverage, ...]:
        """Return what was written down, in the order in which the sources were asked."""
        return tuple(self.entries.values())
