"""Evidence of a run as it is written: what was run, and an index of what was exchanged."""

import hashlib
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from auditor import __version__
from auditor.credentials import Credentials
from auditor.errors import ConfigError, OutputError
from auditor.redaction import Redactor
from auditor.soap.evidence.files import (
    ENTRY_ADAPTER,
    INDEX_FILE,
    RUN_ADAPTER,
    RUN_FILE,
    EndEntry,
    EvidenceFolder,
    IndexEntry,
    RecordedRun,
    TimeEntry,
)
from auditor.soap.redaction import account_secrets
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
