"""What evidence of a run looks like on disk: a folder per server, numbered files, and an index.

    run.json                what was run, with which options and settings, nothing secret in it
    index.jsonl             one line per exchange, TCP test and reading of the clock, as they ended
    settings/               the operator's own files that the run read
    imp1.example.test/      one server
      001-soapGetServiceStatus.request.xml
      001-soapGetServiceStatus.reply.xml

The index holds the SHA-256 of every file that it names. Its last line, of kind `end`, is there only
when the run ended by itself, and holds the SHA-256 of `run.json` and of all lines before it. The
digests detect accidental damage. They prove nothing against a person who edits the files, because
anybody can compute them again.
"""

import hashlib
import os
import re
import stat
import threading
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, Field, TypeAdapter

from auditor.errors import (
    BadReply,
    ConfigError,
    ExchangeError,
    NotConnected,
    Reason,
    TimedOut,
    TlsFailed,
    TooLarge,
    Unreachable,
    WrongNode,
)
from auditor.files import find_folder_obstacle
from auditor.problems import Problem
from auditor.soap.messages import ConnectionDropped, SoapRequest, SoapResponse, TcpResult

EVIDENCE_KIND = "auditor-evidence"
EVIDENCE_SCHEMA_VERSION = "2.0"
RUN_FILE, INDEX_FILE = "run.json", "index.jsonl"

_MAX_PATH_PARTS = 2
_MAX_FOLDER_NAME_LENGTH = 100
# Even without secrets the files describe a whole cluster and its weak points.
_FOLDER_MODE, _FILE_MODE = 0o700, 0o600
_O_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)  # Windows has no such flag

_ERROR_TYPES: dict[str, type[ExchangeError]] = {
    kind.__name__: kind
    for kind in (
        ConnectionDropped,
        Unreachable,
        NotConnected,
        TimedOut,
        TlsFailed,
        WrongNode,
        BadReply,
        TooLarge,
    )
}
"""What an exchange can fail with before its reply is read; a subclass before its base."""


def _check_file_name(name: str) -> str:
    """Refuse a name that could lead out of the folder."""
    parts = name.split("/")
    # Windows takes a backslash for a slash, and a colon for the end of a drive or of a file's name.
    if len(parts) > _MAX_PATH_PARTS or any(
        part in ("", ".", "..") or set(part) & set("\0\\:") for part in parts
    ):
        raise ValueError("is no name of a file in the folder")
    return name


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file of the folder, with its SHA-256 in hexadecimal."""

    name: Annotated[str, AfterValidator(_check_file_name)]
    sha256: str


def _one_of(names: Collection[str]) -> AfterValidator:
    def check(name: str) -> str:
        if name not in names:
            raise ValueError("is unknown to this version")
        return name

    return AfterValidator(check)


@dataclass(frozen=True, slots=True)
class RecordedRun:
    """What `run.json` holds; `about` is what the program must know to judge again.

    `version` is that of the auditor that recorded it.
    """

    version: str
    started_at: datetime
    users: Literal["kept", "hidden"]
    files: tuple[StoredFile, ...]
    about: dict[str, Any]
    kind: Literal["auditor-evidence"] = "auditor-evidence"
    schema_version: Literal["2.0"] = "2.0"


@dataclass(frozen=True, slots=True)
class StoredFailure:
    """Why an exchange gave no reply.

    `problem` is the name of one of `auditor.problems.Problem`, `values` what its words need;
    `names` are those in a refused certificate, and `certificate_not_after` is that of the error.
    """

    error: Annotated[str, _one_of(_ERROR_TYPES)]
    reason: Reason
    problem: Annotated[str, _one_of(Problem.__members__)]
    server: str
    values: dict[str, str]
    certificate_not_after: datetime | None = None
    names: tuple[str, ...] = ()

    def to_exception(self) -> ExchangeError:
        """Return the error again."""
        error = _ERROR_TYPES[self.error](Problem[self.problem], self.server, names=self.names)
        error.failure = error.failure.with_values(**self.values)
        error.certificate_not_after = self.certificate_not_after
        return error


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeEntry:
    """One request to one server, and its reply or failure.

    `session` counts the sessions with that server. `request_digest` is what equal requests have in
    common. `reply` has no body: `received` is the file of it, or of the beginning of one that broke
    off. `requests` were sent, repeats included. `hidden` secrets were replaced in `received`.
    """

    kind: Literal["exchange"] = "exchange"
    server: str
    host: str
    port: int
    session: int
    operation: str
    request_digest: str
    request: StoredFile
    asked_at: datetime
    requests: int
    elapsed_us: int
    reply: SoapResponse | None
    failure: StoredFailure | None
    received: StoredFile | None
    hidden: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TcpEntry:
    """One test of a TCP connection."""

    kind: Literal["tcp"] = "tcp"
    host: str
    port: int
    tested_at: datetime
    result: TcpResult


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeEntry:
    """A reading of the run's clock."""

    kind: Literal["time"] = "time"
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EndEntry:
    """The last line of a run that ended by itself; `sha256` covers `run.json` and the index."""

    kind: Literal["end"] = "end"
    sha256: str


IndexEntry: TypeAlias = ExchangeEntry | TcpEntry | TimeEntry | EndEntry

RUN_ADAPTER: TypeAdapter[RecordedRun] = TypeAdapter(RecordedRun)
ENTRY_ADAPTER: TypeAdapter[IndexEntry] = TypeAdapter(
    Annotated[IndexEntry, Field(discriminator="kind")]
)


def sha256_hex(data: bytes) -> str:
    """Return a digest in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def stored_error_name(error: ExchangeError) -> str:
    """Return the name by which an error is stored: the most specific one that it is of."""
    return next(name for name, kind in _ERROR_TYPES.items() if isinstance(error, kind))


def request_digest(request: SoapRequest, body: bytes) -> str:
    """Return what equal requests to one server have in common; `body` is the stored one."""
    # The body is not enough: a request that is repeated without its action has the same one.
    action = request.headers.get("SOAPAction", "")
    return sha256_hex(b"\n".join((request.url.encode(), action.encode(), body)))


def prepare_evidence_folder(folder: Path) -> None:
    """Make the folder, or take an empty one, so that only its owner can read it.

    Raises:
        ConfigError: something is in it already, or it cannot be written.
    """
    try:
        folder.mkdir(mode=_FOLDER_MODE, exist_ok=True)
        # Numbers begin at 1 in every run, so the files of two runs would collide.
        if any(folder.iterdir()):
            raise ConfigError(
                [f"--evidence {folder}: the folder is not empty. Name a new one for every run."]
            )
        # An empty folder that was there before keeps its own mode otherwise.
        folder.chmod(_FOLDER_MODE)
        problem = find_folder_obstacle(folder)
    except FileExistsError:
        problem = "it is a file. Name a folder that does not exist yet."
    except FileNotFoundError:
        problem = f"{folder.parent} does not exist. Create it, or name another folder."
    except OSError as exc:
        problem = f"it cannot be written ({exc.strerror or exc}). Name another folder."
    if problem:
        raise ConfigError([f"--evidence {folder}: {problem}"])


class EvidenceFolder:
    """Writes files that did not exist, each under a name of its own; may be shared by threads."""

    def __init__(self, path: Path) -> None:
        """Take a folder that was prepared."""
        self.path = path
        self._lock = threading.Lock()
        self._owners: dict[str, object] = {}
        self._numbers: dict[str, int] = {}

    def subfolder(self, name: str, owner: object) -> str:
        """Return the folder of an owner, named as much like `name` as a file system allows."""
        # No dot at the start: a name must neither lead to the parent nor hide its folder.
        plain = re.sub(r"[^A-Za-z0-9._-]", "_", name).lstrip(".")[:_MAX_FOLDER_NAME_LENGTH] or "_"
        with self._lock:
            chosen, count = plain, 1
            # Some file systems ignore case.
            while self._owners.setdefault(chosen.casefold(), owner) != owner:
                count += 1
                chosen = f"{plain}-{count}"
        (self.path / chosen).mkdir(mode=_FOLDER_MODE, exist_ok=True)
        return chosen

    def next_number(self, subfolder: str) -> int:
        """Return the next number in a folder, from 1."""
        with self._lock:
            self._numbers[subfolder] = self._numbers.get(subfolder, 0) + 1
            return self._numbers[subfolder]

    def write_file(self, name: str, data: bytes) -> StoredFile:
        """Write a whole new file; raises OSError."""
        with os.fdopen(self.create_file(name), "wb") as file:
            file.write(data)
        return StoredFile(name, sha256_hex(data))

    def create_file(self, name: str) -> int:
        """Return the descriptor of a new file, to append to; raises OSError."""
        # Never into a file, or through a link, that another program has put there.
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | _O_NOFOLLOW
        return os.open(self.path / name, flags, _FILE_MODE)


def read_stored_file(folder: Path, stored: StoredFile) -> bytes:
    """Return a file as it was stored.

    Raises:
        ConfigError: it is gone, unreadable, no plain file, or not as it was written.
    """
    path = folder / stored.name
    try:
        # A link could lead out of the folder, and reading a pipe might never end.
        if not stat.S_ISREG(path.lstat().st_mode):
            raise ConfigError([f"{path}: is no plain file, so it is not what was written."])
        data = path.read_bytes()
    except OSError as exc:
        raise ConfigError([f"{path}: cannot be read ({exc.strerror or exc})."]) from exc
    if sha256_hex(data) != stored.sha256:
        raise ConfigError([f"{path}: is damaged or was changed: its digest does not fit."])
    return data
