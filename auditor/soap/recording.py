"""A wire that hands everything on to another one, and to a recorder what came of it."""

import re
import threading
from collections import Counter
from dataclasses import asdict
from datetime import datetime

from auditor.credentials import Credentials
from auditor.errors import ExchangeError
from auditor.soap import evidence
from auditor.soap.endpoint import Endpoint, Limits
from auditor.soap.evidence import Exchange, Failure, Kept, Papers, Reply, Tcp, Time
from auditor.soap.exchange import Line, Shown, Wire
from auditor.soap.hiding import SessionRedactor
from auditor.soap.messages import Answer, Certificate, Question, TcpResult
from auditor.soap.recorder import Recorder
from auditor.soap.redaction import Redactor

_ENVELOPE = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?<(?:[\w.-]+:)?Envelope[\s>]")
"""How XML begins that a client reads; of any other, tags may be what a server says."""


class RecordingWire:
    """Any wire, recorded."""

    def __init__(self, wire: Wire, recorder: Recorder) -> None:
        """Record what passes from here on."""
        self._wire = wire
        self._recorder = recorder
        self._lock = threading.Lock()
        self._lines: Counter[tuple[str, str]] = Counter()

    def line(self, endpoint: Endpoint, credentials: Credentials, limits: Limits) -> Line:
        """Return a session that is recorded."""
        line = self._wire.line(endpoint, credentials, limits)
        with self._lock:
            self._lines[endpoint.name, endpoint.origin] += 1
            count = self._lines[endpoint.name, endpoint.origin]
        return RecordingLine(line, endpoint, count, self._wire, self._recorder)

    def tcp(self, host: str, port: int, timeout_s: float) -> TcpResult:
        """Try a connection, and record what came of it."""
        tested_at = self._wire.now()
        result = self._wire.tcp(host, port, timeout_s)
        text = self._recorder.redactor.ours().text(result.text)
        self._recorder.keep(
            lambda: Tcp(
                host=host,
                port=port,
                tested_at=tested_at,
                reach=result.reach,
                text=text,
                elapsed_ms=result.elapsed_ms,
                reason=result.reason,
            )
        )
        return result

    def look_up(self, host: str, timeout_s: float) -> tuple[str, ...]:
        """Look a name up, unrecorded: nothing is asked of a server of the cluster."""
        return self._wire.look_up(host, timeout_s)

    def certificate(self, endpoint: Endpoint, timeout_s: float) -> Shown:
        """Shake hands and hang up, unrecorded: there is neither request nor reply to keep."""
        return self._wire.certificate(endpoint, timeout_s)

    def now(self) -> datetime:
        """Return the time, in UTC, and record it."""
        at = self._wire.now()
        self._recorder.keep(lambda: Time(at=at))
        return at

    def pause(self, seconds: float) -> None:
        """Wait."""
        self._wire.pause(seconds)

    def interrupt(self) -> None:
        """End everything under way."""
        self._wire.interrupt()

    def close(self) -> None:
        """Let go of everything."""
        self._wire.close()


class RecordingLine:
    """A session that is recorded; the `count`-th with its server."""

    def __init__(
        self, line: Line, endpoint: Endpoint, count: int, wire: Wire, recorder: Recorder
    ) -> None:
        """Record what passes from here on."""
        self._line = line
        self._endpoint = endpoint
        self._count = count
        self._wire = wire
        self._recorder = recorder
        self._turn = threading.Lock()
        self._hiding = SessionRedactor(recorder.redactor, endpoint)

    @property
    def sent(self) -> int:
        """Return how many requests went out."""
        return self._line.sent

    @property
    def elapsed_us(self) -> int:
        """Return the microseconds that all exchanges took together."""
        return self._line.elapsed_us

    @property
    def secrets(self) -> tuple[str, ...]:
        """Return the session's cookies."""
        return self._line.secrets

    def close(self) -> None:
        """End the session."""
        self._line.close()

    def post(self, question: Question) -> Answer:
        """Send one question, and record it with its answer or its error."""
        with self._turn:
            asked_at, sent, elapsed = self._wire.now(), self._line.sent, self._line.elapsed_us
            outcome: Answer | ExchangeError
            try:
                outcome = self._line.post(question)
            except ExchangeError as error:
                outcome = error
            cost = self._line.sent - sent, self._line.elapsed_us - elapsed
            self._recorder.keep(lambda: self._kept(question, asked_at, cost, outcome))
        if isinstance(outcome, ExchangeError):
            raise outcome
        return outcome

    def _kept(
        self,
        question: Question,
        asked_at: datetime,
        cost: tuple[int, int],
        outcome: Answer | ExchangeError,
    ) -> Exchange:
        """Write the files of an exchange, and return its entry."""
        redactor = self._hiding.knowing(self._line.secrets)
        place = self._recorder.place(self._endpoint.name, self._endpoint.origin)
        body, _ = redactor.ours().data(question.body, markup=True)
        received, ending, hidden = _received(outcome, redactor)
        bodies = [("request.xml", body), (ending, received)]
        if isinstance(outcome, ExchangeError) and not received:
            bodies.pop()
        request, *reply = self._recorder.put(place, question.operation, bodies)
        requests, elapsed_us = cost
        return Exchange(
            server=self._endpoint.name,
            host=self._endpoint.host,
            port=self._endpoint.port,
            line=self._count,
            operation=question.operation,
            question=evidence.question_digest(question, body),
            request=request,
            asked_at=asked_at,
            requests=requests,
            elapsed_us=elapsed_us,
            reply=_reply(outcome, redactor, *reply) if isinstance(outcome, Answer) else None,
            failure=_failure(outcome, redactor, *reply)
            if isinstance(outcome, ExchangeError)
            else None,
            hidden=hidden,
        )


def _received(outcome: Answer | ExchangeError, redactor: Redactor) -> tuple[bytes, str, int]:
    """Return what came back, how the name of its file ends, and how many secrets were in it."""
    if isinstance(outcome, ExchangeError):
        data, hidden = redactor.beginning(outcome.received)
        return data, "reply-part.txt", hidden
    markup = "xml" in outcome.content_type and _ENVELOPE.match(outcome.body) is not None
    data, hidden = redactor.data(outcome.body, markup=markup)
    return data, "reply.xml" if "xml" in outcome.content_type else "reply.txt", hidden


def _reply(answer: Answer, redactor: Redactor, body: Kept) -> Reply:
    return Reply(
        status=answer.status,
        content_type=redactor.text(answer.content_type),
        received_at=answer.received_at,
        identity=answer.identity,
        certificate=None if answer.certificate is None else _papers(answer.certificate, redactor),
        body=body,
    )


def _papers(certificate: Certificate, redactor: Redactor) -> Papers:
    redactor = redactor.ours()
    told = asdict(certificate)
    told["names"] = tuple(redactor.text(name) for name in certificate.names)
    told["common_name"] = redactor.text(certificate.common_name)
    told["issuer"] = redactor.text(certificate.issuer)
    return Papers(**told)


def _failure(error: ExchangeError, redactor: Redactor, received: Kept | None = None) -> Failure:
    return Failure(
        error=evidence.named_error(error),
        reason=error.reason,
        detail=redactor.ours().text(error.detail),
        advice=redactor.ours().text(error.advice),
        received=received,
    )
