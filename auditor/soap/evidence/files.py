"""What kept evidence looks like: a folder a server, numbered files, and an index that links all.

    run.json                what was run, with which options and settings, nothing secret in it
    index.jsonl             one line an exchange, in the order in which they ended
    settings/               the operator's own files that the run read
    imp1.example.test/      one server
      001-soapGetServiceStatus.request.xml
      001-soapGetServiceStatus.reply.xml

Each line of the index carries the digest of the line before it and of the files that it names, the
first one that of `run.json`, so that nothing can be edited without notice. A last line of kind
`end` is there only when the run ended by itself.


The folder that evidence is kept in: for its owner alone, and written once.
"""

import hashlib
import json
import os
import re
import stat
import threading
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter

from auditor.errors import (
    BadReply,
    ConfigError,
    ExchangeError,
    Reason,
    TimedOut,
    TlsFailed,
    TooLarge,
    Unreachable,
    WrongNode,
)
from auditor.failures import Problem
from auditor.files import find_folder_obstacle
from auditor.models.facts import Identity, Reach
from auditor.soap.messages import Certificate, ConnectionDropped, SoapRequest

EVIDENCE_SCHEMA_VERSION = "1.0"
RUN_FILE, INDEX_FILE = "run.json", "index.jsonl"

ErrorName = Literal[
    "LostConnection",
    "Unreachable",
    "TimedOut",
    "TlsFailed",
    "WrongNode",
    "BadReply",
    "TooLarge",
]
_ERROR_NAMES: dict[type[ExchangeError], ErrorName] = {
    ConnectionDropped: "LostConnection",
    Unreachable: "Unreachable",
    TimedOut: "TimedOut",
    TlsFailed: "TlsFailed",
    WrongNode: "WrongNode",
    BadReply: "BadReply",
    TooLarge: "TooLarge",
}
"""What an exchange can fail with before its reply is read."""


def _check_file_name(name: str) -> str:
    """Refuse a name that could lead out of the folder."""
    parts = name.split("/")
    if len(parts) > _MAX_PATH_PARTS or any(
        part in ("", ".", "..") or "\0" in part for part in parts
    ):
        raise ValueError("is no name of a file in the folder")
    return name


_MAX_PATH_PARTS = 2
_FileName = Annotated[str, AfterValidator(_check_file_name)]
_Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


def _check_problem(name: str) -> str:
    if name not in Problem.__members__:
        raise ValueError("is no problem that this version knows")
    return name


_ProblemName = Annotated[str, AfterValidator(_check_problem)]


class _EvidenceModel(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class StoredFile(_EvidenceModel):
    """A file of the folder, with its SHA-256."""

    name: _FileName
    sha256: _Sha256


class RecordingTool(_EvidenceModel):
    """The program that kept the evidence."""

    name: Literal["auditor"] = "auditor"
    version: str


class RecordedRun(_EvidenceModel):
    """What `run.json` holds; `about` is what the program must know to judge anew."""

    kind: Literal["auditor-evidence"] = "auditor-evidence"
    schema_version: Literal["1.0"] = "1.0"
    tool: RecordingTool
    started_at: datetime
    users: Literal["kept", "hidden"]
    files: tuple[StoredFile, ...]
    about: dict[str, Any]


class StoredCertificate(_EvidenceModel):
    """The certificate that a server showed; see `auditor.soap.messages.Certificate`."""

    sha256: str
    names: tuple[str, ...]
    common_name: str
    issuer: str
    not_before: datetime
    not_after: datetime
    self_signed: bool

    def certificate(self) -> Certificate:
        """Return it as the program has it."""
        return Certificate(**dict(self))


class StoredReply(_EvidenceModel):
    """A reply as it came, its body in a file."""

    status: int
    content_type: str
    received_at: datetime
    identity: Identity
    certificate: StoredCertificate | None
    body: StoredFile


class StoredFailure(_EvidenceModel):
    """An exchange that gave no reply; `received` is the beginning of one that broke off.

    `problem` is the name of one of `auditor.failures.Problem`, `values` what its words need.
    """

    error: ErrorName
    reason: Reason
    problem: _ProblemName
    server: str
    values: dict[str, str]
    received: StoredFile | None = None

    def exception(self) -> ExchangeError:
        """Return the error anew."""
        kind = next(kind for kind, name in _ERROR_NAMES.items() if name == self.error)
        error = kind(Problem[self.problem], self.server)
        error.failure = error.failure.with_values(**self.values)
        return error


class BeginEntry(_EvidenceModel):
    """The first line: the SHA-256 of `run.json`."""

    kind: Literal["begin"] = "begin"
    run: _Sha256


class ExchangeEntry(_EvidenceModel):
    """One question to one server, and what came of it.

    `line` counts the sessions with that server, `hidden` the secrets replaced in the reply.
    """

    kind: Literal["exchange"] = "exchange"
    server: str
    host: str
    port: int
    line: int
    operation: str
    question: _Sha256
    request: StoredFile
    asked_at: datetime
    requests: int
    elapsed_us: int
    reply: StoredReply | None = None
    failure: StoredFailure | None = None
    hidden: int = 0


class TcpEntry(_EvidenceModel):
    """One test of a TCP connection."""

    kind: Literal["tcp"] = "tcp"
    host: str
    port: int
    tested_at: datetime
    reach: Reach
    text: str
    elapsed_ms: int
    reason: Reason


class TimeEntry(_EvidenceModel):
    """A reading of the run's clock."""

    kind: Literal["time"] = "time"
    at: datetime


class EndEntry(_EvidenceModel):
    """The last line of a run that ended by itself."""

    kind: Literal["end"] = "end"
    finished_at: datetime


IndexEntry: TypeAlias = BeginEntry | ExchangeEntry | TcpEntry | TimeEntry | EndEntry
_entry_adapter: TypeAdapter[IndexEntry] = TypeAdapter(
    Annotated[IndexEntry, Field(discriminator="kind")]
)


def sha256_hex(data: bytes) -> str:
    """Return a digest in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def stored_error_name(error: ExchangeError) -> ErrorName:
    """Return the name by which an error is kept: its own, or that of the nearest one known."""
    return next(_ERROR_NAMES[kind] for kind in type(error).__mro__ if kind in _ERROR_NAMES)


def request_digest(question: SoapRequest, body: bytes) -> str:
    """Return what equal questions to one server have in common; `body` is the one that is kept."""
    action = question.headers.get("SOAPAction", "")
    return sha256_hex(b"\n".join((question.url.encode(), action.encode(), body)))


def encode_entry(entry: IndexEntry, before: str) -> tuple[bytes, str]:
    """Return a line of the index, and its digest; `before` is that of the line before it."""
    content = entry.model_dump(mode="json")
    link = _link_digest(content, before)
    return json.dumps({"entry": content, "link": link}, sort_keys=True).encode() + b"\n", link


def decode_entry(line: bytes, before: str) -> tuple[IndexEntry, str]:
    """Return the entry of a line, and its digest.

    Raises:
        ValueError: it is not what was written, or does not follow the line before it.
    """
    try:
        told: Any = json.loads(line)
    except RecursionError as exc:
        raise ValueError("is nested too deeply") from exc
    if not isinstance(told, dict) or told.keys() != {"entry", "link"}:
        raise ValueError("is no line of an index")
    if told["link"] != _link_digest(told["entry"], before):
        raise ValueError("its digest does not fit")
    return _entry_adapter.validate_json(json.dumps(told["entry"])), told["link"]


def _link_digest(content: object, before: str) -> str:
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return sha256_hex(f"{before}\n{canonical}".encode())


_FOLDER_MODE, _FILE_MODE = 0o700, 0o600
_MAX_FOLDER_NAME_LENGTH = 100


def prepare_evidence_folder(folder: Path) -> None:
    """Make the folder, or take an empty one, so that only its owner can read it.

    Raises:
        ConfigError: something is in it already, or it cannot be written.
    """
    try:
        folder.mkdir(mode=_FOLDER_MODE, exist_ok=True)
        if any(folder.iterdir()):
            raise ConfigError(
                [f"--evidence {folder}: the folder is not empty. Name a new one for every run."]
            )
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
        self._taken: dict[str, object] = {}
        self._numbers: dict[str, int] = {}

    def subfolder(self, name: str, owner: object) -> str:
        """Return the folder of an owner, named as much like `name` as a file system allows."""
        plain = re.sub(r"[^A-Za-z0-9._-]", "_", name).lstrip(".")[:_MAX_FOLDER_NAME_LENGTH] or "_"
        with self._lock:
            chosen, count = plain, 1
            while self._taken.setdefault(chosen.casefold(), owner) != owner:
                count += 1
                chosen = f"{plain}-{count}"
        (self.path / chosen).mkdir(mode=_FOLDER_MODE, exist_ok=True)
        return chosen

    def number(self, subfolder: str) -> int:
        """Return the next number in a folder, from 1."""
        with self._lock:
            self._numbers[subfolder] = self._numbers.get(subfolder, 0) + 1
            return self._numbers[subfolder]

    def put(self, name: str, data: bytes) -> StoredFile:
        """Write a whole new file; raises OSError."""
        with os.fdopen(self.create(name), "wb") as file:
            file.write(data)
        return StoredFile(name=name, sha256=sha256_hex(data))

    def create(self, name: str) -> int:
        """Return the descriptor of a new file, to append to; raises OSError."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_NOFOLLOW
        return os.open(self.path / name, flags, _FILE_MODE)


def read_stored_file(folder: Path, kept: StoredFile) -> bytes:
    """Return a file as it was kept.

    Raises:
        ConfigError: it is gone, unreadable, no plain file, or was edited.
    """
    path = folder / kept.name
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            raise ConfigError([f"{path}: is no plain file, so it is not what was kept."])
        data = path.read_bytes()
    except OSError as exc:
        raise ConfigError([f"{path}: cannot be read ({exc.strerror or exc})."]) from exc
    if sha256_hex(data) != kept.sha256:
        raise ConfigError([f"{path}: was edited after it was kept: its digest does not fit."])
    return data
