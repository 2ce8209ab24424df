"""A wire that answers from kept evidence: nothing is sent, and no network is needed."""

import threading
from collections import defaultdict, deque
from datetime import datetime

from auditor.cluster import Reach
from auditor.credentials import Credentials, Secret
from auditor.errors import Interrupted, NotAsked, Reason
from auditor.soap import evidence
from auditor.soap.endpoint import Endpoint, Limits
from auditor.soap.evidence import Exchange, Reply, Tcp
from auditor.soap.messages import Answer, Question, Shown, TcpResult
from auditor.soap.record import Record

_Place = tuple[str, str, int, int]
"""Name, host and port of a server, and which session with it."""


def nobody(username: str, source: str = "") -> Credentials:
    """Return an account for a replay: it has no password, for the record holds none to hide.

    `source` names what the password of the run came from, as the advice after a refusal does.
    """
    return Credentials(username, Secret(""), source)


class ReplayWire:
    """Answers each question as it was answered, and one asked twice in the order of its answers.

    What the record does not hold fails with `NotAsked`: it is a gap, and never a pass.
    """

    def __init__(self, record: Record) -> None:
        """Take a record that was loaded, which is to say, verified."""
        self._record = record
        self._lock = threading.Lock()
        self._lines: dict[tuple[str, str, int], int] = defaultdict(int)
        self._tapes: dict[_Place, dict[str, deque[Exchange]]] = defaultdict(
            lambda: defaultdict(deque)
        )
        self._tests: dict[tuple[str, int], deque[Tcp]] = defaultdict(deque)
        self._times = deque(record.times)
        self._interrupted = False
        for one in record.exchanges:
            self._tapes[one.server, one.host, one.port, one.line][one.question].append(one)
        for test in record.tests:
            self._tests[test.host, test.port].append(test)

    def line(
        self,
        endpoint: Endpoint,
        credentials: Credentials,  # noqa: ARG002 - nobody is asked for it
        limits: Limits,  # noqa: ARG002 - nothing takes any time
    ) -> "ReplayLine":
        """Return the next session with a server, as it was."""
        server = endpoint.name, endpoint.host, endpoint.port
        with self._lock:
            self._lines[server] += 1
            return ReplayLine(self, endpoint, self._tapes[*server, self._lines[server]])

    def tcp(self, host: str, port: int, timeout_s: float) -> TcpResult:  # noqa: ARG002 - as above
        """Return what the test came to."""
        self.check()
        with self._lock:
            tests = self._tests[host, port]
            test = tests.popleft() if tests else None
        if test is None:
            text = f"The evidence holds no test of {host}:{port}."
            return TcpResult(Reach.UNKNOWN, text, reason=Reason.NOT_ASKED)
        return TcpResult(test.reach, test.text, test.elapsed_ms, test.reason)

    def look_up(self, host: str, timeout_s: float) -> tuple[str, ...]:  # noqa: ARG002 - as above
        """Raise `NotAsked`: evidence holds no look-ups, and no audit needs one."""
        raise self.missing(host, "a look-up")

    def certificate(self, endpoint: Endpoint, timeout_s: float) -> Shown:  # noqa: ARG002 - as above
        """Raise `NotAsked`: evidence holds no bare handshakes, and no audit needs one."""
        raise self.missing(endpoint.name, "a handshake")

    def now(self) -> datetime:
        """Return what the clock showed then, and the end of the run after that."""
        with self._lock:
            return self._times.popleft() if self._times else self._record.finished_at

    def pause(self, seconds: float) -> None:  # noqa: ARG002 - nothing takes any time
        """Go on at once."""
        self.check()

    def interrupt(self) -> None:
        """Answer nothing more."""
        self._interrupted = True

    def close(self) -> None:
        """Let go of nothing: nothing is open."""

    def check(self) -> None:
        """Raise `Interrupted` if the run is being ended."""
        if self._interrupted:
            raise Interrupted("Interrupted during a replay.")

    def answer(self, reply: Reply) -> Answer:
        """Return a reply anew; raises ConfigError if its file changed in the meantime."""
        papers = reply.certificate
        return Answer(
            status=reply.status,
            content_type=reply.content_type,
            body=self._record.body(reply.body),
            received_at=reply.received_at,
            identity=reply.identity,
            certificate=None if papers is None else papers.certificate(),
        )

    def missing(self, server: str, question: str) -> NotAsked:
        """Return the error for a question that the record holds no answer to."""
        ends = "" if self._record.whole else ", which ends early,"
        return NotAsked(
            f"The evidence{ends} holds no answer of {server} to {question}.",
            f"Audit live, or replay with the version that kept it ({self._record.version}).",
        )


class ReplayLine:
    """One session with one server, from the record."""

    def __init__(
        self, wire: ReplayWire, endpoint: Endpoint, tape: dict[str, deque[Exchange]]
    ) -> None:
        """Start before the first question."""
        self._wire = wire
        self._endpoint = endpoint
        self._tape = tape
        self._lock = threading.Lock()
        self._sent = 0
        self._elapsed_us = 0

    @property
    def sent(self) -> int:
        """Return how many requests went out then."""
        return self._sent

    @property
    def elapsed_us(self) -> int:
        """Return the microseconds that these exchanges took then."""
        return self._elapsed_us

    @property
    def secrets(self) -> tuple[str, ...]:
        """Return nothing: none is in the record."""
        return ()

    def post(self, question: Question) -> Answer:
        """Answer as it was answered; raises the error that came of it then, or `NotAsked`."""
        self._wire.check()
        with self._lock:
            answers = self._tape.get(evidence.question_digest(question, question.body))
            if not answers:
                raise self._wire.missing(self._endpoint.name, question.operation)
            exchange = answers.popleft()
            self._sent += exchange.requests
            self._elapsed_us += exchange.elapsed_us
        if exchange.reply is not None:
            return self._wire.answer(exchange.reply)
        if exchange.failure is not None:
            raise exchange.failure.exception()
        raise self._wire.missing(self._endpoint.name, question.operation)

    def close(self) -> None:
        """End the session."""
