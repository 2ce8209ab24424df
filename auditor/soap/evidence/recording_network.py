"""A network whose exchanges, TCP tests and clock are recorded as evidence, without secrets."""

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from auditor.credentials import Credentials
from auditor.errors import ExchangeError
from auditor.soap.evidence.files import (
    ExchangeEntry,
    StoredFailure,
    TcpEntry,
    TimeEntry,
    request_digest,
    stored_error_name,
)
from auditor.soap.evidence.recorder import Recorder
from auditor.soap.messages import Endpoint, RequestLimits, SoapRequest, SoapResponse, TcpResult
from auditor.soap.network import LiveNetwork, ServerSession
from auditor.soap.redaction import redact_certificate, redact_failure, session_cookies


class RecordingNetwork(LiveNetwork):
    """A live network of which exchanges, TCP tests and the clock are recorded.

    Look-ups and bare handshakes are not: they hold no request and no reply of a server.
    """

    def __init__(
        self, recorder: Recorder, background_work: Callable[[], object] | None = None
    ) -> None:
        """Record from here on; `background_work` is as in `LiveNetwork`."""
        super().__init__(background_work)
        self._recorder = recorder
        self._counting = threading.Lock()
        self._session_counts: Counter[tuple[str, str]] = Counter()

    def open_session(
        self, endpoint: Endpoint, credentials: Credentials, limits: RequestLimits
    ) -> ServerSession:
        """Return a session that is recorded."""
        session = super().open_session(endpoint, credentials, limits)
        with self._counting:
            # A replay answers session by session: two of them may get different replies to equal
            # requests, and run side by side.
            self._session_counts[endpoint.name, endpoint.origin] += 1
            number = self._session_counts[endpoint.name, endpoint.origin]
        # Not `self.now`: a replay would give these readings to other callers.
        return RecordingSession(session, endpoint, number, super().now, self._recorder)

    def try_tcp(self, host: str, port: int, timeout_s: float) -> TcpResult:
        """Try a connection, and record the result."""
        tested_at = super().now()
        result = super().try_tcp(host, port, timeout_s)
        stored = replace(result, text=self._recorder.own_redactor.redact_text(result.text))
        self._recorder.record(
            lambda: TcpEntry(host=host, port=port, tested_at=tested_at, result=stored)
        )
        return result

    def finish(self) -> None:
        """Mark the evidence as that of a run that ended by itself."""
        self._recorder.finish(super().now())

    def now(self) -> datetime:
        """Return the time, in UTC, and record it."""
        at = super().now()
        self._recorder.record(lambda: TimeEntry(at=at))
        return at


class RecordingSession:
    """A session that is recorded; the `number`-th with its server."""

    def __init__(
        self,
        session: ServerSession,
        endpoint: Endpoint,
        number: int,
        clock: Callable[[], datetime],
        recorder: Recorder,
    ) -> None:
        """Record from here on."""
        self._session = session
        self._endpoint = endpoint
        self._number = number
        self._clock = clock
        self._recorder = recorder
        self._lock = threading.Lock()
        self._redactor = recorder.info.redactor(endpoint.public_names)
        self._own_redactor = recorder.info.redactor(endpoint.public_names, own_text=True)

    @property
    def requests_sent(self) -> int:
        """Return how many requests went out."""
        return self._session.requests_sent

    @property
    def elapsed_us(self) -> int:
        """Return the microseconds that all exchanges took together."""
        return self._session.elapsed_us

    @property
    def cookies(self) -> tuple[str, ...]:
        """Return the session's cookies."""
        return self._session.cookies

    def close(self) -> None:
        """End the session."""
        self._session.close()

    def post(self, request: SoapRequest) -> SoapResponse:
        """Send one request, and record it with its reply or its error."""
        # One exchange at a time, or the counts of two would mix.
        with self._lock:
            asked_at = self._clock()
            requests, elapsed_us = self.requests_sent, self.elapsed_us
            outcome: SoapResponse | ExchangeError
            try:
                outcome = self._session.post(request)
            # `Interrupted` is not recorded: it says nothing about the server.
            except ExchangeError as error:
                outcome = error
            requests, elapsed_us = self.requests_sent - requests, self.elapsed_us - elapsed_us
            self._recorder.record(
                lambda: self._write_exchange(request, outcome, asked_at, requests, elapsed_us)
            )
        if isinstance(outcome, ExchangeError):
            raise outcome
        return outcome

    def _write_exchange(
        self,
        request: SoapRequest,
        outcome: SoapResponse | ExchangeError,
        asked_at: datetime,
        requests: int,
        elapsed_us: int,
    ) -> ExchangeEntry:
        """Write the files of an exchange, and return its entry."""
        # A server may repeat a cookie that the session no longer has, so none is forgotten.
        cookies = session_cookies(self.cookies, self._endpoint.public_names)
        self._redactor = self._redactor.with_secrets(cookies)
        self._own_redactor = self._own_redactor.with_secrets(cookies)
        folder = self._recorder.folder
        place = folder.subfolder(self._endpoint.name, (self._endpoint.name, self._endpoint.origin))
        stem = f"{place}/{folder.next_number(place):03}-{request.operation}"
        # With the rules for our own text: if a password that is a common word were hidden in the
        # request, its digest would change and no replay would find it.
        body, _ = self._own_redactor.redact_bytes(request.body)
        data, hidden, ending = self._redact_received(outcome)
        is_reply = isinstance(outcome, SoapResponse)
        return ExchangeEntry(
            server=self._endpoint.name,
            host=self._endpoint.host,
            port=self._endpoint.port,
            session=self._number,
            operation=request.operation,
            request_digest=request_digest(request, body),
            request=folder.write_file(f"{stem}.request.xml", body),
            asked_at=asked_at,
            requests=requests,
            elapsed_us=elapsed_us,
            reply=self._stored_reply(outcome) if isinstance(outcome, SoapResponse) else None,
            failure=self._stored_failure(outcome) if isinstance(outcome, ExchangeError) else None,
            received=folder.write_file(f"{stem}.{ending}", data) if is_reply or data else None,
            hidden=hidden,
        )

    def _redact_received(self, outcome: SoapResponse | ExchangeError) -> tuple[bytes, int, str]:
        """Return what came back without secrets, their number, and how its file's name ends."""
        if isinstance(outcome, ExchangeError):
            return *self._redactor.redact_beginning(outcome.received), "reply-part.txt"
        ending = "reply.xml" if "xml" in outcome.content_type else "reply.txt"
        return *self._redactor.redact_bytes(outcome.body), ending

    def _stored_reply(self, response: SoapResponse) -> SoapResponse:
        certificate = response.certificate
        if certificate is not None:
            certificate = redact_certificate(certificate, self._own_redactor)
        content_type = self._redactor.redact_text(response.content_type)
        return replace(response, body=b"", content_type=content_type, certificate=certificate)

    def _stored_failure(self, error: ExchangeError) -> StoredFailure:
        failure = redact_failure(error.failure, self._own_redactor)
        return StoredFailure(
            error=stored_error_name(error),
            reason=error.reason,
            problem=failure.problem.name,
            server=self._own_redactor.redact_text(failure.server),
            values=dict(failure.values),
            certificate_not_after=error.certificate_not_after,
            names=failure.names,
        )
