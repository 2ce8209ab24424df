"""Reads kept evidence back, and refuses what is not as it was written."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from auditor.errors import ConfigError
from auditor.soap import evidence
from auditor.soap.evidence import Begin, End, Entry, Exchange, Kept, Run, Tcp, Time
from auditor.soap.folder import read

_KIND = "auditor-evidence"


@dataclass(frozen=True, slots=True)
class Record:
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
    exchanges: tuple[Exchange, ...]
    tests: tuple[Tcp, ...]
    times: tuple[datetime, ...]

    @property
    def hidden(self) -> int:
        """Return how many replies held a secret, so that they are not as they came."""
        return sum(1 for exchange in self.exchanges if exchange.hidden)

    def body(self, kept: Kept) -> bytes:
        """Return what a file holds; raises ConfigError if it changed in the meantime."""
        return read(self.folder, kept)


def load(folder: Path) -> Record:
    """Read a folder of evidence.

    Raises:
        ConfigError: there is none, it is of another schema version, or it was edited; says which.
    """
    run, digest = _run(folder)
    entries = tuple(_entries(folder, digest))
    exchanges = tuple(entry for entry in entries if isinstance(entry, Exchange))
    for kept in (*run.files, *_files(exchanges)):
        read(folder, kept)
    times = [moment for entry in entries if (moment := _moment(entry)) is not None]
    return Record(
        folder=folder,
        about=run.about,
        version=run.tool.version,
        started_at=run.started_at,
        finished_at=max((run.started_at, *times)),
        whole=isinstance(entries[-1], End),
        exchanges=exchanges,
        tests=tuple(entry for entry in entries if isinstance(entry, Tcp)),
        times=tuple(entry.at for entry in entries if isinstance(entry, Time)),
    )


def _run(folder: Path) -> tuple[Run, str]:
    """Return what `run.json` says, and its digest."""
    path = folder / evidence.RUN_FILE
    data = _bytes(path)
    try:
        told = json.loads(data)
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict) or told.get("kind") != _KIND:
        raise ConfigError([f"{path}: is no evidence; `auditor audit --evidence` keeps it."])
    version = told.get("schema_version")
    if version != evidence.SCHEMA_VERSION:
        text = f"{path}: has schema version {version}, and this auditor reads"
        raise ConfigError([f"{text} {evidence.SCHEMA_VERSION}."])
    try:
        return Run.model_validate_json(data), evidence.sha256(data)
    except ValueError as exc:
        raise ConfigError([f"{path}: was edited after it was written: keys do not fit."]) from exc


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        problem = f"there is no {path.name} in it; name a folder that --evidence wrote"
    except OSError as exc:
        problem = f"{path.name} cannot be read ({exc.strerror or exc})"
    raise ConfigError([f"--replay {path.parent}: {problem}."])


def _entries(folder: Path, run: str) -> Iterator[Entry]:
    """Yield what the index holds; a last line that was not written whole does not count."""
    path = folder / evidence.INDEX_FILE
    lines = _bytes(path).split(b"\n")[:-1]
    link, ended = "", False
    for number, line in enumerate(lines, 1):
        try:
            entry, link = evidence.entry_of(line, link)
        except ValueError as exc:
            raise _edited(path, number) from exc
        first = number == 1
        if ended or isinstance(entry, Begin) is not first:
            raise _edited(path, number)
        if isinstance(entry, Begin) and entry.run != run:
            problem = "was edited after it was written: its digest does not fit"
            raise ConfigError([f"{folder / evidence.RUN_FILE}: {problem}."])
        ended = isinstance(entry, End)
        yield entry
    if not lines:
        raise ConfigError([f"{path}: is empty: the run ended before it asked anything."])


def _edited(path: Path, number: int) -> ConfigError:
    problem = f"line {number} was edited after it was written: its digest does not fit"
    return ConfigError([f"{path}: {problem}."])


def _files(exchanges: Iterable[Exchange]) -> Iterator[Kept]:
    for exchange in exchanges:
        yield exchange.request
        if exchange.reply is not None:
            yield exchange.reply.body
        if exchange.failure is not None and exchange.failure.received is not None:
            yield exchange.failure.received


def _moment(entry: Entry) -> datetime | None:
    match entry:
        case End():
            return entry.finished_at
        case Time():
            return entry.at
        case Tcp():
            return entry.tested_at
        case Exchange():
            return entry.reply.received_at if entry.reply else entry.asked_at
        case _:
            return None
