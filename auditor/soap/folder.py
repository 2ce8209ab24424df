"""The folder that evidence is kept in: for its owner alone, and written once."""

import os
import re
import stat
import tempfile
import threading
from pathlib import Path

from auditor.errors import ConfigError
from auditor.soap.evidence import Kept, sha256

_FOLDER_MODE, _FILE_MODE = 0o700, 0o600
_LONGEST_NAME = 100


def prepare(folder: Path) -> None:
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
        # A real file: permission bits say nothing of a read-only or full file system.
        with tempfile.TemporaryFile(dir=folder):
            pass
    except FileExistsError:
        problem = "it is a file. Name a folder that does not exist yet."
    except FileNotFoundError:
        problem = f"{folder.parent} does not exist. Create it, or name another folder."
    except OSError as exc:
        problem = f"it cannot be written ({exc.strerror or exc}). Name another folder."
    else:
        return
    raise ConfigError([f"--evidence {folder}: {problem}"])


class Folder:
    """Writes files that did not exist, each under a name of its own; may be shared by threads."""

    def __init__(self, path: Path) -> None:
        """Take a folder that was prepared."""
        self.path = path
        self._lock = threading.Lock()
        self._taken: dict[str, object] = {}
        self._numbers: dict[str, int] = {}

    def subfolder(self, name: str, owner: object) -> str:
        """Return the folder of an owner, named as much like `name` as a file system allows."""
        plain = re.sub(r"[^A-Za-z0-9._-]", "_", name).lstrip(".")[:_LONGEST_NAME] or "_"
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

    def put(self, name: str, data: bytes) -> Kept:
        """Write a whole new file; raises OSError."""
        with os.fdopen(self.create(name), "wb") as file:
            file.write(data)
        return Kept(name=name, sha256=sha256(data))

    def create(self, name: str) -> int:
        """Return the descriptor of a new file, to append to; raises OSError."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_NOFOLLOW
        return os.open(self.path / name, flags, _FILE_MODE)


def read(folder: Path, kept: Kept) -> bytes:
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
    if sha256(data) != kept.sha256:
        raise ConfigError([f"{path}: was edited after it was kept: its digest does not fit."])
    return data
