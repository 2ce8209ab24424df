"""Puts the file where nothing stands yet: never over another file, and whole or not at all."""

import contextlib
import os
import secrets
import tempfile
from pathlib import Path

from auditor.errors import ConfigError, OutputError

_NEW_FILE_MODE = 0o644


def check_can_create(path: Path) -> None:
    """Make sure, before anything is asked, that the file can be written; raises ConfigError."""
    problem = _reason_not_creatable(path)
    if problem:
        raise ConfigError([f"--to {path}: {problem}"])


def _reason_not_creatable(path: Path) -> str:
    folder = path.parent
    if os.path.lexists(path):
        return "it exists already and is left as it is; give another path, or move it away"
    if not folder.is_dir():
        return f"the folder {folder} does not exist; create it or give another path"
    try:
        # A real file: permission bits say nothing of a read-only or full file system.
        with tempfile.TemporaryFile(dir=folder):
            return ""
    except OSError as exc:
        return f"the folder {folder} is not writable ({exc.strerror or exc}); give another path"


def create_file(path: Path, text: str) -> None:
    """Write the file; one that came to stand there meanwhile is left as it is.

    Raises:
        OutputError: it could not be written, or another file stands there; nothing was changed.
    """
    spare = path.with_name(f".auditor-{secrets.token_hex(8)}.tmp")
    try:
        number = os.open(spare, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _NEW_FILE_MODE)
        with os.fdopen(number, "wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(number)
        # A link fails where a rename would replace.
        os.link(spare, path)
    except FileExistsError:
        raise OutputError(
            f"{path} exists already and is left as it is; give another --to and ask again."
        ) from None
    except OSError as exc:
        raise OutputError(
            f"{path} cannot be written ({exc.strerror or exc}); give another --to."
        ) from exc
    finally:
        with contextlib.suppress(OSError):
            spare.unlink(missing_ok=True)
