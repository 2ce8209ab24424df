"""A network that answers from evidence: nothing is sent, and no network is needed."""

import hashlib
import json
import threading
from collections import Counter, defaultdict, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from auditor.credentials import Credentials
from auditor.errors import ConfigError, Interrupted, NotAsked, Reason
from auditor.models.settings import Reach
from auditor.problems import Problem
from auditor.soap.evidence.files import (
    ENTRY_ADAPTER,
    EVIDENCE_KIND,
    EVIDENCE_SCHEMA_VERSION,
    INDEX_FILE,
    RUN_ADAPTER,
    RUN_FILE,
    EndEntry,
    ExchangeEntry,
    IndexEntry,
    RecordedRun,
    StoredFile,
    TcpEntry,
    TimeEntry,
    read_stored_file,
    request_digest,
)
from auditor.soap.messages import (
    Endpoint,
    HandshakeResult,
    RequestLimits,
    SoapRequest,
    SoapResponse,
    TcpResult,
)


@dataclass(frozen=True, slots=True)
class EvidenceRecord:
    """One run as it was recorded; no file of it is damaged.

    `is_complete`: the run ended by itself; otherwise it was interrupted.
    """

    folder: Path
    run: RecordedRun
    entries: tuple[IndexEntry, ...]
    is_complete: bool

    @property
    def exchanges(self) -> tuple[ExchangeEntry, ...]:
        """Return the exchanges in the order in which they ended."""
        return tuple(entry for entry in self.entries if isinstance(entry, ExchangeEntry))

    @property
    def finished_at(self) -> datetime:
        """Return when the run ended: the time of the last thing that it did."""
        # Threads write their lines in any order, so the last line need not be the latest.
        times = (_entry_time(entry) for entry in self.entries)
        return max((self.run.started_at, *(time for time in times if time is not None)))

    @property
    def redacted_replies(self) -> int:
        """Return how many replies held a secret, so that they are not as they came."""
        return sum(1 for exchange in self.exchanges if exchange.hidden)


def load_evidence(folder: Path) -> EvidenceRecord:
    """Read a folder of evidence.

    Raises:
        ConfigError: there is none, it is of another schema version, or it is damaged; says which.
    """
    run_data = _read_required_file(folder / RUN_FILE)
    run = _parse_run(folder / RUN_FILE, run_data)
    index_data = _read_required_file(folder / INDEX_FILE)
    entries = tuple(_parse_index(folder / INDEX_FILE, index_data))
    last = entries[-1] if entries else None
    # A run that was killed has no end, and so no digest: its evidence is read as far as it goes.
    if isinstance(last, EndEntry):
        *lines, _, _ = index_data.split(b"\n")
        before = b"".join(line + b"\n" for line in lines)
        if hashlib.sha256(run_data + before).hexdigest() != last.sha256:
            raise ConfigError(
                [f"{folder}: {RUN_FILE} or {INDEX_FILE} is damaged: their digest does not fit."]
            )
    record = EvidenceRecord(folder, run, entries, isinstance(last, EndEntry))
    # All of them now: damage must show before the first verdict, and not half-way.
    for stored in (*run.files, *_stored_files(record.exchanges)):
        read_stored_file(folder, stored)
    return record


def _parse_run(path: Path, data: bytes) -> RecordedRun:
    try:
        content = json.loads(data)
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict) or content.get("kind") != EVIDENCE_KIND:
        raise ConfigError([f"{path}: is no evidence; `auditor audit --evidence` writes it."])
    version = content.get("schema_version")
    # Before the keys: another format must be named as such, and not as damage.
    if version != EVIDENCE_SCHEMA_VERSION:
        raise ConfigError(
            [
                f"{path}: has schema version {version}, and this auditor reads "
                f"{EVIDENCE_SCHEMA_VERSION}."
            ]
        )
    try:
        # Strict, because only this program writes it: a number in quotes is damage.
        return RUN_ADAPTER.validate_json(data, strict=True)
    except ValueError as exc:
        raise ConfigError([f"{path}: is damaged: its keys do not fit."]) from exc


def _read_required_file(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        problem = f"there is no {path.name} in it; name a folder that --evidence wrote"
    except OSError as exc:
        problem = f"{path.name} cannot be read ({exc.strerror or exc})"
    raise ConfigError([f"--replay {path.parent}: {problem}."])


def _parse_index(path: Path, data: bytes) -> Iterator[IndexEntry]:
    """Yield the entries of the index; a last line that was not written whole does not count."""
    has_ended = False
    for number, line in enumerate(data.split(b"\n")[:-1], 1):
        try:
            entry = ENTRY_ADAPTER.validate_json(line, strict=True)
        except ValueError as exc:
            raise ConfigError([f"{path}: line {number} is damaged."]) from exc
        if has_ended:
            raise ConfigError([f"{path}: line {number} comes after the end of the run."])
        has_ended = isinstance(entry, EndEntry)
        yield entry


def _stored_files(exchanges: tuple[ExchangeEntry, ...]) -> Iterator[StoredFile]:
    for exchange in exchanges:
        yield exchange.request
        if exchange.received is not None:
            yield exchange.received


def _entry_time(entry: IndexEntry) -> datetime | None:
    match entry:
        case EndEntry():
            return None
        case TimeEntry():
            return entry.at
        case TcpEntry():
            return entry.tested_at
        case ExchangeEntry():
            return entry.reply.received_at if entry.reply else entry.asked_at


class ReplayNetwork:
    """Answers each request as it was answered, equal ones in the order of their replies.

    What the evidence does not hold fails with `NotAsked`: it counts as unknown, never as a pass.
    """

    def __init__(self, record: EvidenceRecord) -> None:
        """Take a record that was loaded, so that it is undamaged."""
        self._record = record
        self._lock = threading.Lock()
        self._session_counts: Counter[tuple[str, str, int]] = Counter()
        self._sessions: dict[tuple[str, str, int, int], dict[str, deque[ExchangeEntry]]] = (
            defaultdict(lambda: defaultdict(deque))
        )
        self._tests: dict[tuple[str, int], deque[TcpEntry]] = defaultdict(deque)
        self._times: deque[datetime] = deque()
        self._is_interrupted = False
        for entry in record.entries:
            match entry:
                case ExchangeEntry():
                    key = entry.server, entry.host, entry.port, entry.session
                    self._sessions[key][entry.request_digest].append(entry)
                case TcpEntry():
                    self._tests[entry.host, entry.port].append(entry)
                case TimeEntry():
                    self._times.append(entry.at)

    def open_session(
        self,
        endpoint: Endpoint,
        credentials: Credentials,  # noqa: ARG002 - nothing is sent
        limits: RequestLimits,  # noqa: ARG002 - nothing takes any time
    ) -> "ReplaySession":
        """Return the next session with a server, as it was."""
        server = endpoint.name, endpoint.host, endpoint.port
        with self._lock:
            self._session_counts[server] += 1
            exchanges = self._sessions[*server, self._session_counts[server]]
        return ReplaySession(self, endpoint.name, exchanges)

    def try_tcp(self, host: str, port: int, timeout_s: float) -> TcpResult:  # noqa: ARG002 - as above
        """Return the result of the next recorded test."""
        self.check()
        with self._lock:
            tests = self._tests[host, port]
            test = tests.popleft() if tests else None
        if test is None:
            text = f"The evidence holds no test of {host}:{port}."
            return TcpResult(Reach.UNKNOWN, text, reason=Reason.NOT_ASKED)
        return test.result

    def resolve_name(self, host: str, timeout_s: float) -> tuple[str, ...]:  # noqa: ARG002 - as above
        """Raise `NotAsked`: evidence holds no look-ups, and no audit needs one."""
        raise self.missing_error(host, "a look-up")

    def fetch_certificate(self, endpoint: Endpoint, timeout_s: float) -> HandshakeResult:  # noqa: ARG002 - as above
        """Raise `NotAsked`: evidence holds no bare handshakes, and no audit needs one."""
        raise self.missing_error(endpoint.name, "a handshake")

    def now(self) -> datetime:
        """Return the next recorded time, and after the last one the end of the run."""
        with self._lock:
            return self._times.popleft() if self._times else self._record.finished_at

    def pause(self, seconds: float) -> None:  # noqa: ARG002 - nothing takes any time
        """Go on at once."""
        self.check()

    def wait_for_background_work(self) -> None:
        """Do nothing: there is none."""

    def interrupt(self) -> None:
        """Answer nothing more."""
        self._is_interrupted = True

    def close(self) -> None:
        """Do nothing: nothing is open."""

    def check(self) -> None:
        """Raise `Interrupted` if the run is being ended."""
        if self._is_interrupted:
            raise Interrupted("Interrupted during a replay.")

    def read_file(self, stored: StoredFile) -> bytes:
        """Return what a file holds; raises ConfigError if it changed in the meantime."""
        return read_stored_file(self._record.folder, stored)

    def missing_error(self, server: str, operation: str) -> NotAsked:
        """Return the error for a request that the evidence holds no reply to."""
        ends = "" if self._record.is_complete else ", which ends early,"
        version = self._record.run.version
        return NotAsked(
            Problem.NOT_RECORDED,
            server,
            ends=ends,
            question=operation,
            version=version,
        )


class ReplaySession:
    """One session with one server, from the evidence."""

    def __init__(
        self,
        network: ReplayNetwork,
        server: str,
        exchanges: Mapping[str, deque[ExchangeEntry]],
    ) -> None:
        """Start before the first request; `exchanges` are keyed by the digest of the request."""
        self._network = network
        self._server = server
        self._exchanges = exchanges
        self._lock = threading.Lock()
        self._requests_sent = 0
        self._elapsed_us = 0

    @property
    def requests_sent(self) -> int:
        """Return how many requests went out then."""
        return self._requests_sent

    @property
    def elapsed_us(self) -> int:
        """Return the microseconds that these exchanges took then."""
        return self._elapsed_us

    @property
    def cookies(self) -> tuple[str, ...]:
        """Return nothing: none is in the evidence."""
        return ()

    def post(self, request: SoapRequest) -> SoapResponse:
        """Answer as it was answered; raises the error that came of it then, or `NotAsked`."""
        self._network.check()
        with self._lock:
            exchanges = self._exchanges.get(request_digest(request, request.body))
            if not exchanges:
                raise self._network.missing_error(self._server, request.operation)
            exchange = exchanges.popleft()
            self._requests_sent += exchange.requests
            self._elapsed_us += exchange.elapsed_us
        if exchange.failure is not None:
            raise exchange.failure.to_exception()
        if exchange.reply is None or exchange.received is None:
            raise self._network.missing_error(self._server, request.operation)
        return replace(exchange.reply, body=self._network.read_file(exchange.received))

    def close(self) -> None:
        """Do nothing: nothing is open."""
