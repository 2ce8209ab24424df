"""Writes evidence: every exchange of a run, without its secrets, into one folder."""

import hashlib
import os
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from auditor import __version__
from auditor.credentials import Credentials
from auditor.errors import ConfigError, ExchangeError, OutputError
from auditor.redaction import Redactor
from auditor.soap.evidence.files import (
    ENTRY_ADAPTER,
    INDEX_FILE,
    RUN_ADAPTER,
    RUN_FILE,
    EndEntry,
    EvidenceFolder,
    ExchangeEntry,
    IndexEntry,
    RecordedRun,
    StoredFailure,
    TcpEntry,
    TimeEntry,
    request_digest,
    stored_error_name,
)
from auditor.soap.messages import (
    Endpoint,
    RequestLimits,
    SoapRequest,
    SoapResponse,
    TcpResult,
)
from auditor.soap.network import LiveNetwork, ServerSession
from auditor.soap.redaction import (
    account_secrets,
    redact_certificate,
    redact_failure,
    session_cookies,
)
from auditor.text import json_text


@dataclass(frozen=True, slots=True)
class RecordingInfo:
    """What was run: `about` is what a replay must know, `files` are the operator's own.

    A file's name is `FOLDER/NAME`. `hide_users`: the names of the accounts are hidden like their
    passwords. `names` are what the configuration calls servers, groups and places: they stay.
    """

    started_at: datetime
    about: Mapping[str, Any]
    files: Mapping[str, bytes]
    logins: tuple[Credentials, ...]
    hide_users: bool = False
    names: frozenset[str] = frozenset()

    def redactor(self, names: frozenset[str] = frozenset(), *, own_text: bool = False) -> Redactor:
        """Return what hides the accounts; `names` are those of one cluster, see `own_text` there.

        Every account is hidden in the replies of every server: one may have passed it on.
        """
        names |= {name.casefold() for name in self.names}
        secrets = (account_secrets(login, names, own_text=own_text) for login in self.logins)
        users = {login.username for login in self.logins} if self.hide_users else ()
        return Redactor(frozenset[str]().union(*secrets), users)


class Recorder:
    """The writer of one folder of evidence; may be shared by threads.

    A folder that can no longer be written costs the evidence and not the run: nothing more is
    written, and `check` raises.
    """

    def __init__(self, path: Path, info: RecordingInfo) -> None:
        """Take a folder that `prepare_evidence_folder` made, and write what the run is about.

        Raises:
            ConfigError: it cannot be written after all.
        """
        self.path = path
        self.info = info
        self.own_redactor = info.redactor(own_text=True)
        self.folder = EvidenceFolder(path)
        self._lock = threading.Lock()
        self._problem: str | None = None
        self._digest = hashlib.sha256()
        try:
            self._write_run()
            # Unbuffered: a run that is killed leaves every line that it wrote.
            self._index = os.fdopen(self.folder.create_file(INDEX_FILE), "ab", buffering=0)
        except OSError as exc:
            problem = f"it cannot be written ({exc.strerror or exc}). Name another folder."
            raise ConfigError([f"--evidence {path}: {problem}"]) from exc

    def _write_run(self) -> None:
        files = []
        for name, data in self.info.files.items():
            self.folder.subfolder(name.partition("/")[0], "settings")
            files.append(self.folder.write_file(name, self.own_redactor.redact_bytes(data)[0]))
        run = RecordedRun(
            version=__version__,
            started_at=self.info.started_at,
            users="hidden" if self.info.hide_users else "kept",
            files=tuple(files),
            about={
                key: _redact_json(self.own_redactor, value)
                for key, value in self.info.about.items()
            },
        )
        content = RUN_ADAPTER.dump_python(run, mode="json")
        data = json_text(content).encode()
        self.folder.write_file(RUN_FILE, data)
        self._digest.update(data)

    def record(self, make_entry: Callable[[], IndexEntry]) -> None:
        """Write one entry; `make_entry` first writes the files that it names.

        So a line of the index never names a file that is not there, even if the run is killed.
        """
        if self._problem is not None:
            return
        try:
            entry = make_entry()
            with self._lock:
                self._append(entry)
        except OSError as exc:
            self._stop(exc)

    def finish(self, finished_at: datetime) -> None:
        """Mark the evidence as that of a run that ended by itself, and close it."""
        if self._problem is None:
            try:
                with self._lock:
                    # A replay must end at the same time, or its report would give another duration.
                    self._append(TimeEntry(at=finished_at))
                    self._append(EndEntry(sha256=self._digest.hexdigest()))
            except OSError as exc:
                self._stop(exc)
        self.close()

    def close(self) -> None:
        """Close the index; what still comes is not recorded."""
        with self._lock:
            self._index.close()

    def check(self) -> None:
        """Raise `OutputError` if something could not be written."""
        if self._problem is not None:
            raise OutputError(self._problem)

    def _append(self, entry: IndexEntry) -> None:
        # A thread may still get its reply when the run has already ended.
        if self._index.closed:
            return
        line = ENTRY_ADAPTER.dump_json(entry) + b"\n"
        self._digest.update(line)
        while line:  # an unbuffered file may take less than it is given
            line = line[self._index.write(line) or 0 :]

    def _stop(self, error: OSError) -> None:
        self._problem = (
            f"The evidence in {self.path} is not complete: it could not be written "
            f"({error.strerror or error}). Make room, and run again into a new folder."
        )


class RecordingNetwork(LiveNetwork):
    """A live network of which exchanges, TCP tests and the clock are recorded.

    Look-ups and bare handshakes are not: they hold no request and no reply of a server.
    """

    def __init__(self, recorder: Recorder) -> None:
        """Record from here on."""
        super().__init__()
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


def _redact_json(redactor: Redactor, value: object) -> object:
    """Return JSON data without secrets, in its keys too."""
    if isinstance(value, str):
        return redactor.redact_text(value)
    if isinstance(value, Mapping):
        return {
            redactor.redact_text(str(key)): _redact_json(redactor, item)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [_redact_json(redactor, item) for item in value]
    return value
