"""A wire that answers from kept evidence: nothing is sent, and no network is needed.

Reads kept evidence back, and refuses what is not as it was written.
"""

import json
import threading
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from auditor.credentials import Credentials, Secret
from auditor.errors import ConfigError, Interrupted, NotAsked, Reason
from auditor.failures import Problem
from auditor.models.facts import Reach
from auditor.soap.evidence.files import (
    EVIDENCE_SCHEMA_VERSION,
    INDEX_FILE,
    RUN_FILE,
    BeginEntry,
    EndEntry,
    ExchangeEntry,
    IndexEntry,
    RecordedRun,
    StoredFile,
    StoredReply,
    TcpEntry,
    TimeEntry,
    decode_entry,
    read_stored_file,
    request_digest,
    sha256_hex,
)
from auditor.soap.messages import (
    Endpoint,
    HandshakeResult,
    RequestLimits,
    SoapRequest,
    SoapResponse,
    TcpResult,
)

_EVIDENCE_KIND = "auditor-evidence"


@dataclass(frozen=True, slots=True)
class EvidenceRecord:
    """One run as it was kept; every file was found to be what was written.

    `about` is what its program said of it. `whole`: the run ended by itself; otherwise it was
    interrupted, and `finished_at` is the time of the last thing that it did. `times` are what its
    clock showed.
    """

    folder: Path
    about: Mapping[str, Any]
    version: str
    started_at: datetime
    finished_at: datetime
    whole: bool
    exchanges: tuple[ExchangeEntry, ...]
    tests: tuple[TcpEntry, ...]
    times: tuple[datetime, ...]

    @property
    def hidden(self) -> int:
        """Return how many replies held a secret, so that they are not as they came."""
        return sum(1 for exchange in self.exchanges if exchange.hidden)

    def body(self, kept: StoredFile) -> bytes:
        """Return what a file holds; raises ConfigError if it changed in the meantime."""
        return read_stored_file(self.folder, kept)


def load_evidence(folder: Path) -> EvidenceRecord:
    """Read a folder of evidence.

    Raises:
        ConfigError: there is none, it is of another schema version, or it was edited; says which.
    """
    run, digest = _load_recorded_run(folder)
    entries = tuple(_load_index_entries(folder, digest))
    exchanges = tuple(entry for entry in entries if isinstance(entry, ExchangeEntry))
    for kept in (*run.files, *_stored_files(exchanges)):
        read_stored_file(folder, kept)
    times = [moment for entry in entries if (moment := _entry_time(entry)) is not None]
    return EvidenceRecord(
        folder=folder,
        about=run.about,
        version=run.tool.version,
        started_at=run.started_at,
        finished_at=max((run.started_at, *times)),
        whole=isinstance(entries[-1], EndEntry),
        exchanges=exchanges,
        tests=tuple(entry for entry in entries if isinstance(entry, TcpEntry)),
        times=tuple(entry.at for entry in entries if isinstance(entry, TimeEntry)),
    )


def _load_recorded_run(folder: Path) -> tuple[RecordedRun, str]:
    """Return what `run.json` says, and its digest."""
    path = folder / RUN_FILE
    data = _read_required_file(path)
    try:
        told = json.loads(data)
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict) or told.get("kind") != _EVIDENCE_KIND:
        raise ConfigError([f"{path}: is no evidence; `auditor audit --evidence` keeps it."])
    version = told.get("schema_version")
    if version != EVIDENCE_SCHEMA_VERSION:
        text = f"{path}: has schema version {version}, and this auditor reads"
        raise ConfigError([f"{text} {EVIDENCE_SCHEMA_VERSION}."])
    try:
        return RecordedRun.model_validate_json(data), sha256_hex(data)
    except ValueError as exc:
        raise ConfigError([f"{path}: was edited after it was written: keys do not fit."]) from exc


def _read_required_file(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        problem = f"there is no {path.name} in it; name a folder that --evidence wrote"
    except OSError as exc:
        problem = f"{path.name} cannot be read ({exc.strerror or exc})"
    raise ConfigError([f"--replay {path.parent}: {problem}."])


def _load_index_entries(folder: Path, run: str) -> Iterator[IndexEntry]:
    """Yield what the index holds; a last line that was not written whole does not count."""
    path = folder / INDEX_FILE
    lines = _read_required_file(path).split(b"\n")[:-1]
    link, ended = "", False
    for number, line in enumerate(lines, 1):
        try:
            entry, link = decode_entry(line, link)
        except ValueError as exc:
            raise _edited_line_error(path, number) from exc
        first = number == 1
        if ended or isinstance(entry, BeginEntry) is not first:
            raise _edited_line_error(path, number)
        if isinstance(entry, BeginEntry) and entry.run != run:
            problem = "was edited after it was written: its digest does not fit"
            raise ConfigError([f"{folder / RUN_FILE}: {problem}."])
        ended = isinstance(entry, EndEntry)
        yield entry
    if not lines:
        raise ConfigError([f"{path}: is empty: the run ended before it asked anything."])


def _edited_line_error(path: Path, number: int) -> ConfigError:
    problem = f"line {number} was edited after it was written: its digest does not fit"
    return ConfigError([f"{path}: {problem}."])


def _stored_files(exchanges: Iterable[ExchangeEntry]) -> Iterator[StoredFile]:
    for exchange in exchanges:
        yield exchange.request
        if exchange.reply is not None:
            yield exchange.reply.body
        if exchange.failure is not None and exchange.failure.received is not None:
            yield exchange.failure.received


def _entry_time(entry: IndexEntry) -> datetime | None:
    match entry:
        case EndEntry():
            return entry.finished_at
        case TimeEntry():
            return entry.at
        case TcpEntry():
            return entry.tested_at
        case ExchangeEntry():
            return entry.reply.received_at if entry.reply else entry.asked_at
        case _:
            return None


_SessionKey = tuple[str, str, int, int]
"""Name, host and port of a server, and which session with it."""


def credentials_without_password(username: str, source: str = "") -> Credentials:
    """Return an account for a replay: it has no password, for the record holds none to hide.

    `source` names what the password of the run came from, as the advice after a refusal does.
    """
    return Credentials(username, Secret(""), source)


class ReplayNetwork:
    """Answers each question as it was answered, and one asked twice in the order of its answers.

    What the record does not hold fails with `NotAsked`: it is a gap, and never a pass.
    """

    def __init__(self, record: EvidenceRecord) -> None:
        """Take a record that was loaded, which is to say, verified."""
        self._record = record
        self._lock = threading.Lock()
        self._lines: dict[tuple[str, str, int], int] = defaultdict(int)
        self._tapes: dict[_SessionKey, dict[str, deque[ExchangeEntry]]] = defaultdict(
            lambda: defaultdict(deque)
        )
        self._tests: dict[tuple[str, int], deque[TcpEntry]] = defaultdict(deque)
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
        limits: RequestLimits,  # noqa: ARG002 - nothing takes any time
    ) -> "ReplaySession":
        """Return the next session with a server, as it was."""
        server = endpoint.name, endpoint.host, endpoint.port
        with self._lock:
            self._lines[server] += 1
            return ReplaySession(self, endpoint, self._tapes[*server, self._lines[server]])

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

    def certificate(self, endpoint: Endpoint, timeout_s: float) -> HandshakeResult:  # noqa: ARG002 - as above
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

    def answer(self, reply: StoredReply) -> SoapResponse:
        """Return a reply anew; raises ConfigError if its file changed in the meantime."""
        papers = reply.certificate
        return SoapResponse(
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
            Problem.NOT_RECORDED,
            server,
            ends=ends,
            question=question,
            version=self._record.version,
        )


class ReplaySession:
    """One session with one server, from the record."""

    def __init__(
        self, wire: ReplayNetwork, endpoint: Endpoint, tape: dict[str, deque[ExchangeEntry]]
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

    def post(self, question: SoapRequest) -> SoapResponse:
        """Answer as it was answered; raises the error that came of it then, or `NotAsked`."""
        self._wire.check()
        with self._lock:
            answers = self._tape.get(request_digest(question, question.body))
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
