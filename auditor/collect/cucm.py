"""The CUCM of a cluster: its publisher, and its subscribers while the publisher is unreachable."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from types import TracebackType
from typing import Self, TypeVar

from auditor.collect.clients import SurveyContext
from auditor.collect.coverage import CoverageLog, RequestResult
from auditor.config.settings import ClusterSettings, CucmServer
from auditor.errors import ExchangeError, Reason
from auditor.models.coverage import Coverage, Outcome, Source
from auditor.models.facts import ClusterFacts
from auditor.problems import Problem
from auditor.soap.client import Client

_REASONS_OF_NO_REPLY = frozenset(
    {Reason.UNREACHABLE, Reason.TIMED_OUT, Reason.TLS, Reason.WRONG_NODE, Reason.UNAVAILABLE}
)
"""Failures after which a subscriber is asked instead.

None of them refuses the password. All servers of a cluster share its accounts, so a password that
one refused would only bring the account nearer to its lock on the next one.
"""

S = TypeVar("S")
T = TypeVar("T")


class CucmReader:
    """Asks the servers in turn until one replies, and stays with that one."""

    def __init__(
        self, settings: ClusterSettings, context: SurveyContext, earlier: ClusterFacts | None
    ) -> None:
        """Open nothing yet; after an earlier survey, begin with the server that replied then."""
        self._settings = settings
        self._context = context
        servers = settings.cucm_servers
        replied = [server for server in servers if earlier and _has_replied(server, earlier)]
        # The position, so that a subscriber that replied is not followed by the dead publisher.
        first = servers.index(replied[0]) if replied else 0
        self._waiting = list(servers[first + 1 :])
        self._logs = [self._open_log(servers[first])]

    def _open_log(self, server: CucmServer) -> CoverageLog:
        nodes = self._settings.node_names
        client = self._context.client(
            self._settings, server.name, server.address, nodes=nodes, is_probed=False
        )
        return CoverageLog(server.name, client, self._context.guard)

    @property
    def server(self) -> str:
        """Return the name of the server that is asked now."""
        return self._log.node

    @property
    def client(self) -> Client:
        """Return the client of the server that is asked now."""
        return self._log.client

    @property
    def _log(self) -> CoverageLog:
        return self._logs[-1]

    @property
    def coverage(self) -> tuple[Coverage, ...]:
        """Return the entries of every server, in the order in which they were asked."""
        return tuple(entry for log in self._logs for entry in log.coverage)

    @property
    def has_failed(self) -> bool:
        """Return whether the last server that was asked failed."""
        return self._log.has_failed(Source.CUCM_AXL)

    @property
    def publisher_certificate_not_after(self) -> datetime | None:
        """Return when the certificate of the publisher ends; None: it showed none."""
        publisher = self._settings.cucm_name
        ends = (log.client.certificate_not_after for log in self._logs if log.node == publisher)
        return next(ends, None)

    @property
    def has_another(self) -> bool:
        """Return whether there is a server that was not asked yet."""
        return bool(self._waiting)

    @property
    def may_answer(self) -> bool:
        """Return whether another request to the last server may be answered."""
        return self._log.may_answer(Source.CUCM_AXL)

    def ask(self, request: Callable[[Client], T]) -> RequestResult[T]:
        """Send a request; after no reply, send it to the next server.

        The error is that of the last server that was asked.
        """
        *_, result = ask_in_turn(self._open_in_turn(), lambda _: self.ask_server(request))
        return result

    def _open_in_turn(self) -> Iterator[CoverageLog]:
        """Yield the server that is asked now, then each that waits, once it is opened."""
        yield self._log
        while self._waiting:
            self.client.close()
            self._logs.append(self._open_log(self._waiting.pop(0)))
            yield self._log

    def ask_server(self, request: Callable[[Client], T]) -> RequestResult[T]:
        """Send a request to the server that is asked now, and to no other."""
        client = self.client
        with self._context.waiting(self._settings, self._log.node):
            return self._log.ask(Source.CUCM_AXL, lambda: request(client))

    def record(self, error: ExchangeError) -> None:
        """Record that a reply of the server that was asked last lacks a part."""
        self._log.record(Source.CUCM_AXL, error)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self.client.close()


def ask_in_turn(
    servers: Iterable[S], ask: Callable[[S], RequestResult[T]]
) -> Iterator[RequestResult[T]]:
    """Yield the result of each CUCM server until one replied, or refused the request."""
    for server in servers:
        result = ask(server)
        yield result
        if result.error is None or not is_no_reply(result.error):
            return


def is_no_reply(error: ExchangeError) -> bool:
    """Return whether another CUCM server may be asked: this one did not refuse the account."""
    is_slow = error.failure.problem is Problem.TIME_SPENT
    return is_slow or error.reason in _REASONS_OF_NO_REPLY


def _has_replied(server: CucmServer, facts: ClusterFacts) -> bool:
    return any(
        entry.source is Source.CUCM_AXL
        and entry.outcome is Outcome.COLLECTED
        and entry.node == server.name
        for entry in facts.coverage
    )
