"""Writes evidence: every exchange of a run, without its secrets, into one folder."""

import json
import os
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from auditor import __version__
from auditor.credentials import Credentials
from auditor.errors import ConfigError, OutputError
from auditor.soap import evidence
from auditor.soap.evidence import Begin, End, Entry, Kept, Run, Tool
from auditor.soap.folder import Folder
from auditor.soap.ordinary import Ordinary
from auditor.soap.redaction import Redactor


@dataclass(frozen=True, slots=True)
class Subject:
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
        return Redactor(passwords | pairs, users).among(Ordinary(self.names))


class Recorder:
    """The writer of one folder of evidence; may be shared by threads.

    A folder that can no longer be written costs the evidence and not the run: nothing more is
    kept, and `check` says so.
    """

    def __init__(self, path: Path, subject: Subject) -> None:
        """Take a folder that `folder.prepare` found fit, and write what the run is about.

        Raises:
            ConfigError: it cannot be written after all.
        """
        self.path = path
        self.redactor = subject.redactor()
        self._folder = Folder(path)
        self._lock = threading.Lock()
        self._trouble: str | None = None
        self._link = ""
        try:
            run = self._put_run(subject)
            self._index = os.fdopen(self._folder.create(evidence.INDEX_FILE), "ab", buffering=0)
            self._append(Begin(run=run.sha256))
        except OSError as exc:
            problem = f"it cannot be written ({exc.strerror or exc}). Name another folder."
            raise ConfigError([f"--evidence {path}: {problem}"]) from exc

    def _put_run(self, subject: Subject) -> Kept:
        ours = self.redactor.ours()
        files = []
        for name, data in subject.files.items():
            self._folder.subfolder(name.partition("/")[0], "settings")
            files.append(self._folder.put(name, ours.data(data)[0]))
        run = Run(
            tool=Tool(version=__version__),
            started_at=subject.started_at,
            users="hidden" if subject.hide_users else "kept",
            files=tuple(files),
            about={key: _without(ours, told) for key, told in subject.about.items()},
        )
        text = json.dumps(run.model_dump(mode="json"), indent=2, sort_keys=True) + "\n"
        return self._folder.put(evidence.RUN_FILE, text.encode())

    def place(self, server: str, origin: str) -> str:
        """Return the folder of a server."""
        return self._folder.subfolder(server, (server, origin))

    def put(self, place: str, operation: str, bodies: Iterable[tuple[str, bytes]]) -> list[Kept]:
        """Write the files of one exchange under one number; raises OSError.

        `bodies` are the ends of the files' names with what is in them, already without secrets.
        """
        stem = f"{place}/{self._folder.number(place):03}-{operation}"
        return [self._folder.put(f"{stem}.{end}", data) for end, data in bodies]

    def keep(self, make: Callable[[], Entry]) -> None:
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

    def _append(self, entry: Entry) -> None:
        line, self._link = evidence.line_of(entry, self._link)
        while line:
            line = line[self._index.write(line) or 0 :]

    def finish(self, finished_at: datetime) -> None:
        """Mark the evidence as that of a run that ended by itself, and close it."""
        self.keep(lambda: End(finished_at=finished_at))
        self.close()

    def close(self) -> None:
        """Let go of the index; whoever still asks is no longer recorded."""
        with self._lock:
            self._index.close()

    def check(self) -> None:
        """Raise `OutputError` if something could not be kept."""
        if self._trouble is not None:
            raise OutputError(self._trouble)


def _without(redactor: Redactor, value: object) -> object:
    """Return JSON data without secrets, in its keys too."""
    if isinstance(value, str):
        return redactor.text(value)
    if isinstance(value, Mapping):
        return {redactor.text(str(key)): _without(redactor, item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without(redactor, item) for item in value]
    return value
