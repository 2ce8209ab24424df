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
"""

import hashlib
import json
from datetime import datetime
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter

from auditor import errors
from auditor.cluster import Reach
from auditor.errors import ExchangeError, Reason
from auditor.facts import Identity
from auditor.soap.messages import Certificate, LostConnection, Question

SCHEMA_VERSION = "1.0"
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
_ERRORS: dict[type[ExchangeError], ErrorName] = {
    LostConnection: "LostConnection",
    errors.Unreachable: "Unreachable",
    errors.TimedOut: "TimedOut",
    errors.TlsFailed: "TlsFailed",
    errors.WrongNode: "WrongNode",
    errors.BadReply: "BadReply",
    errors.TooLarge: "TooLarge",
}
"""What an exchange can fail with before its reply is read."""


def _inside(name: str) -> str:
    """Refuse a name that could lead out of the folder."""
    parts = name.split("/")
    if len(parts) > _DEEPEST or any(part in ("", ".", "..") or "\0" in part for part in parts):
        raise ValueError("is no name of a file in the folder")
    return name


_DEEPEST = 2
_Name = Annotated[str, AfterValidator(_inside)]
_Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Kept(_Part):
    """A file of the folder, with its SHA-256."""

    name: _Name
    sha256: _Digest


class Tool(_Part):
    """The program that kept the evidence."""

    name: Literal["auditor"] = "auditor"
    version: str


class Run(_Part):
    """What `run.json` holds; `about` is what the program must know to judge anew."""

    kind: Literal["auditor-evidence"] = "auditor-evidence"
    schema_version: Literal["1.0"] = "1.0"
    tool: Tool
    started_at: datetime
    users: Literal["kept", "hidden"]
    files: tuple[Kept, ...]
    about: dict[str, Any]


class Papers(_Part):
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


class Reply(_Part):
    """A reply as it came, its body in a file."""

    status: int
    content_type: str
    received_at: datetime
    identity: Identity
    certificate: Papers | None
    body: Kept


class Failure(_Part):
    """An exchange that gave no reply; `received` is the beginning of one that broke off."""

    error: ErrorName
    reason: Reason
    detail: str
    advice: str
    received: Kept | None = None

    def exception(self) -> ExchangeError:
        """Return the error anew."""
        kind = next(kind for kind, name in _ERRORS.items() if name == self.error)
        return kind(self.detail, self.advice)


class Begin(_Part):
    """The first line: the SHA-256 of `run.json`."""

    kind: Literal["begin"] = "begin"
    run: _Digest


class Exchange(_Part):
    """One question to one server, and what came of it.

    `line` counts the sessions with that server, `hidden` the secrets replaced in the reply.
    """

    kind: Literal["exchange"] = "exchange"
    server: str
    host: str
    port: int
    line: int
    operation: str
    question: _Digest
    request: Kept
    asked_at: datetime
    requests: int
    elapsed_us: int
    reply: Reply | None = None
    failure: Failure | None = None
    hidden: int = 0


class Tcp(_Part):
    """One test of a TCP connection."""

    kind: Literal["tcp"] = "tcp"
    host: str
    port: int
    tested_at: datetime
    reach: Reach
    text: str
    elapsed_ms: int
    reason: Reason


class Time(_Part):
    """A reading of the run's clock."""

    kind: Literal["time"] = "time"
    at: datetime


class End(_Part):
    """The last line of a run that ended by itself."""

    kind: Literal["end"] = "end"
    finished_at: datetime


Entry: TypeAlias = Begin | Exchange | Tcp | Time | End
_entries: TypeAdapter[Entry] = TypeAdapter(Annotated[Entry, Field(discriminator="kind")])


def sha256(data: bytes) -> str:
    """Return a digest in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def named_error(error: ExchangeError) -> ErrorName:
    """Return the name by which an error is kept: its own, or that of the nearest one known."""
    return next(_ERRORS[kind] for kind in type(error).__mro__ if kind in _ERRORS)


def question_digest(question: Question, body: bytes) -> str:
    """Return what equal questions to one server have in common; `body` is the one that is kept."""
    action = question.headers.get("SOAPAction", "")
    return sha256(b"\n".join((question.url.encode(), action.encode(), body)))


def line_of(entry: Entry, before: str) -> tuple[bytes, str]:
    """Return a line of the index, and its digest; `before` is that of the line before it."""
    content = entry.model_dump(mode="json")
    link = _link(content, before)
    return json.dumps({"entry": content, "link": link}, sort_keys=True).encode() + b"\n", link


def entry_of(line: bytes, before: str) -> tuple[Entry, str]:
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
    if told["link"] != _link(told["entry"], before):
        raise ValueError("its digest does not fit")
    return _entries.validate_json(json.dumps(told["entry"])), told["link"]


def _link(content: object, before: str) -> str:
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return sha256(f"{before}\n{canonical}".encode())
