"""Writes evidence: every exchange of a run, without its secrets, into one folder.

A wire that hands everything on to another one, and to a recorder what came of it.
"""

import json
import os
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from auditor import __version__
from auditor.credentials import Credentials
from auditor.errors import ConfigError, ExchangeError, OutputError
from auditor.soap.evidence.files import (
    INDEX_FILE,
    RUN_FILE,
    BeginEntry,
    EndEntry,
    EvidenceFolder,
    ExchangeEntry,
    IndexEntry,
    RecordedRun,
    RecordingTool,
    StoredCertificate,
    StoredFailure,
    StoredFile,
    StoredReply,
    TcpEntry,
    TimeEntry,
    encode_entry,
    request_digest,
    stored_error_name,
)
from auditor.soap.messages import (
    Certificate,
    Endpoint,
    HandshakeResult,
    RequestLimits,
    SoapRequest,
    SoapResponse,
    TcpResult,
)
from auditor.soap.network import Network, ServerSession
from auditor.soap.redaction import Redactor
from auditor.soap.redaction_exceptions import RedactionExceptions
from auditor.soap.response_redactor import SessionRedactor


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

    def redactor(self) -> Redactor:
        """Return what hides the accounts."""
        passwords = {login.password.reveal() for login in self.logins}
        pairs = {f"{login.username}:{login.password.reveal()}" for login in self.logins}
        users = {login.username for login in self.logins} if self.hide_users else set()
        return Redactor(passwords | pairs, users).among(RedactionExceptions(self.names))


class Recorder:
    """The writer of one folder of evidence; may be shared by threads.

    A folder that can no longer be written costs the evidence and not the run: nothing more is
    kept, and `check` says so.
    """

    def __init__(self, path: Path, subject: RecordingInfo) -> None:
        """Take a folder that `folder.prepare` found fit, and write what the run is about.

        Raises:
            ConfigError: it cannot be written after all.
        """
        self.path = path
        self.redactor = subject.redactor()
        self._folder = EvidenceFolder(path)
        self._lock = threading.Lock()
        self._trouble: str | None = None
        self._link = ""
        try:
            run = self._put_run(subject)
            self._index = os.fdopen(self._folder.create(INDEX_FILE), "ab", buffering=0)
            self._append(BeginEntry(run=run.sha256))
        except OSError as exc:
            problem = f"it cannot be written ({exc.strerror or exc}). Name another folder."
            raise ConfigError([f"--evidence {path}: {problem}"]) from exc

    def _put_run(self, subject: RecordingInfo) -> StoredFile:
        ours = self.redactor.ours()
        files = []
        for name, data in subject.files.items():
            self._folder.subfolder(name.partition("/")[0], "settings")
            files.append(self._folder.put(name, ours.data(data)[0]))
        run = RecordedRun(
            tool=RecordingTool(version=__version__),
            started_at=subject.started_at,
            users="hidden" if subject.hide_users else "kept",
            files=tuple(files),
            about={key: _redact_json(ours, told) for key, told in subject.about.items()},
        )
        text = json.dumps(run.model_dump(mode="json"), indent=2, sort_keys=True) + "\n"
        return self._folder.put(RUN_FILE, text.encode())

    def place(self, server: str, origin: str) -> str:
        """Return the folder of a server."""
        return self._folder.subfolder(server, (server, origin))

    def put(
        self, place: str, operation: str, bodies: Iterable[tuple[str, bytes]]
    ) -> list[StoredFile]:
        """Write the files of one exchange under one number; raises OSError.

        `bodies` are the ends of the files' names with what is in them, already without secrets.
        """
        stem = f"{place}/{self._folder.number(place):03}-{operation}"
        return [self._folder.put(f"{stem}.{end}", data) for end, data in bodies]

    def keep(self, make: Callable[[], IndexEntry]) -> None:
        """Write one entry, with the files that making it puts into the folder."""
        if self._trouble is not None:
            return
        try:
            entry = make()
            with self._lock:
                if not self._index.closed:
                    self._append(entry)
        except OSError as exc:
            self._trouble = (
                f"The evidence in {self.path} is not complete: it could not be written "
                f"({exc.strerror or exc}). Make room, and run again into a new folder."
            )

    def _append(self, entry: IndexEntry) -> None:
        line, self._link = encode_entry(entry, self._link)
        while line:
            line = line[self._index.write(line) or 0 :]

    def finish(self, finished_at: datetime) -> None:
        """Mark the evidence as that of a run that ended by itself, and close it."""
        self.keep(lambda: EndEntry(finished_at=finished_at))
        self.close()

    def close(self) -> None:
        """Let go of the index; whoever still asks is no longer recorded."""
        with self._lock:
            self._index.close()

    def check(self) -> None:
        """Raise `OutputError` if something could not be kept."""
        if self._trouble is not None:
            raise OutputError(self._trouble)


def _redact_json(redactor: Redactor, value: object) -> object:
    """Return JSON data without secrets, in its keys too."""
    if isinstance(value, str):
        return redactor.text(value)
    if isinstance(value, Mapping):
        return {
            redactor.text(str(key)): _redact_json(redactor, item) for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [_redact_json(redactor, item) for item in value]
    return value


_ENVELOPE_START = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?<(?:[\w.-]+:)?Envelope[\s>]"
)
"""How XML begins that a client reads; of any other, tags may be what a server says."""


class RecordingNetwork:
    """Any wire, recorded."""

    def __init__(self, wire: Network, recorder: Recorder) -> None:
        """Record what passes from here on."""
        self._wire = wire
        self._recorder = recorder
        self._lock = threading.Lock()
        self._lines: Counter[tuple[str, str]] = Counter()

    def line(
        self, endpoint: Endpoint, credentials: Credentials, limits: RequestLimits
    ) -> ServerSession:
        """Return a session that is recorded."""
        line = self._wire.line(endpoint, credentials, limits)
        with self._lock:
            self._lines[endpoint.name, endpoint.origin] += 1
            count = self._lines[endpoint.name, endpoint.origin]
        return RecordingSession(line, endpoint, count, self._wire, self._recorder)

    def tcp(self, host: str, port: int, timeout_s: float) -> TcpResult:
        """Try a connection, and record what came of it."""
        tested_at = self._wire.now()
        result = self._wire.tcp(host, port, timeout_s)
        text = self._recorder.redactor.ours().text(result.text)
        self._recorder.keep(
            lambda: TcpEntry(
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

    def certificate(self, endpoint: Endpoint, timeout_s: float) -> HandshakeResult:
        """Shake hands and hang up, unrecorded: there is neither request nor reply to keep."""
        return self._wire.certificate(endpoint, timeout_s)

    def now(self) -> datetime:
        """Return the time, in UTC, and record it."""
        at = self._wire.now()
        self._recorder.keep(lambda: TimeEntry(at=at))
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


class RecordingSession:
    """A session that is recorded; the `count`-th with its server."""

    def __init__(
        self, line: ServerSession, endpoint: Endpoint, count: int, wire: Network, recorder: Recorder
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

    def post(self, question: SoapRequest) -> SoapResponse:
        """Send one question, and record it with its answer or its error."""
        with self._turn:
            asked_at, sent, elapsed = self._wire.now(), self._line.sent, self._line.elapsed_us
            outcome: SoapResponse | ExchangeError
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
        question: SoapRequest,
        asked_at: datetime,
        cost: tuple[int, int],
        outcome: SoapResponse | ExchangeError,
    ) -> ExchangeEntry:
        """Write the files of an exchange, and return its entry."""
        redactor = self._hiding.knowing(self._line.secrets)
        place = self._recorder.place(self._endpoint.name, self._endpoint.origin)
        body, _ = redactor.ours().data(question.body, markup=True)
        received, ending, hidden = _redact_received_body(outcome, redactor)
        bodies = [("request.xml", body), (ending, received)]
        if isinstance(outcome, ExchangeError) and not received:
            bodies.pop()
        request, *reply = self._recorder.put(place, question.operation, bodies)
        requests, elapsed_us = cost
        return ExchangeEntry(
            server=self._endpoint.name,
            host=self._endpoint.host,
            port=self._endpoint.port,
            line=self._count,
            operation=question.operation,
            question=request_digest(question, body),
            request=request,
            asked_at=asked_at,
            requests=requests,
            elapsed_us=elapsed_us,
            reply=_to_stored_reply(outcome, redactor, *reply)
            if isinstance(outcome, SoapResponse)
            else None,
            failure=_to_stored_failure(outcome, redactor, *reply)
            if isinstance(outcome, ExchangeError)
            else None,
            hidden=hidden,
        )


def _redact_received_body(
    outcome: SoapResponse | ExchangeError, redactor: Redactor
) -> tuple[bytes, str, int]:
    """Return what came back, how the name of its file ends, and how many secrets were in it."""
    if isinstance(outcome, ExchangeError):
        data, hidden = redactor.beginning(outcome.received)
        return data, "reply-part.txt", hidden
    markup = "xml" in outcome.content_type and _ENVELOPE_START.match(outcome.body) is not None
    data, hidden = redactor.data(outcome.body, markup=markup)
    return data, "reply.xml" if "xml" in outcome.content_type else "reply.txt", hidden


def _to_stored_reply(answer: SoapResponse, redactor: Redactor, body: StoredFile) -> StoredReply:
    return StoredReply(
        status=answer.status,
        content_type=redactor.text(answer.content_type),
        received_at=answer.received_at,
        identity=answer.identity,
        certificate=None
        if answer.certificate is None
        else _to_stored_certificate(answer.certificate, redactor),
        body=body,
    )


def _to_stored_certificate(certificate: Certificate, redactor: Redactor) -> StoredCertificate:
    redactor = redactor.ours()
    told = asdict(certificate)
    told["names"] = tuple(redactor.text(name) for name in certificate.names)
    told["common_name"] = redactor.text(certificate.common_name)
    told["issuer"] = redactor.text(certificate.issuer)
    return StoredCertificate(**told)


def _to_stored_failure(
    error: ExchangeError, redactor: Redactor, received: StoredFile | None = None
) -> StoredFailure:
    failure, redact = error.failure, redactor.ours().text
    return StoredFailure(
        error=stored_error_name(error),
        reason=error.reason,
        problem=failure.problem.name,
        server=redact(failure.server),
        values={name: redact(text) for name, text in failure.values.items()},
        received=received,
    )
