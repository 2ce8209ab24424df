"""Files of the operator: may a path be written and why not, and writing whole or not at all."""

import contextlib
import os
import platform
import secrets
import stat
import tempfile
import time
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from auditor.errors import ConfigError, OutputError

try:
    import fcntl
except ImportError:  # on Windows, which neither removes nor renames a file that is open
    _HAS_FILE_LOCKS = False
else:
    _HAS_FILE_LOCKS = True

# What clusters said helps an attacker, so nobody else on this machine may read it.
_NEW_FILE_MODE = 0o600
_TEMPORARY_PREFIX, _TEMPORARY_SUFFIX = ".auditor-", ".tmp"
_FOREIGN_FILE_AGE_S = 24 * 3600


def find_write_obstacle(path: Path) -> str | None:
    """Return why a file cannot be written or replaced, and what to do; None if it can.

    The file itself is not touched, and nothing is left behind.
    """
    try:
        final = Path(os.path.realpath(path))
        return _file_obstacle(final) or find_folder_obstacle(final.parent)
    except OSError as exc:
        return f"it cannot be written ({exc.strerror or exc}). Give another path."


def _file_obstacle(path: Path) -> str | None:
    if not path.exists():
        return None
    if path.is_dir():
        return "it is a folder. Give the name of a file in it."
    if not path.is_file():
        # Renaming a file over /dev/null would replace the device for the whole machine.
        return "it is a device or a pipe, not a file. Leave the path out for standard output."
    return None if os.access(path, os.W_OK) else "the file is read-only. Give another path."


def find_folder_obstacle(folder: Path) -> str | None:
    """Return why no file can be made in a folder, and what to do; None if it can."""
    if not folder.exists():
        return f"the folder {folder} does not exist. Create it or give another path."
    if not folder.is_dir():
        return f"{folder} is not a folder. Give another path."
    try:
        # A real file: permission bits do not show a read-only or full file system.
        with tempfile.TemporaryFile(dir=folder):
            return None
    except OSError as exc:
        return f"the folder {folder} is not writable ({exc.strerror or exc}). Give another path."


def require_new_file(option: str, path: Path) -> None:
    """Check, before anything is asked, that a new file can be written.

    Raises:
        ConfigError: something is there already, or it cannot be written; names the option.
    """
    problem = find_write_obstacle(path)
    # A link that leads nowhere counts as well: whatever it is, it is not ours.
    if os.path.lexists(path):
        problem = "it exists already and is not replaced. Give another path, or move it away."
    if problem:
        raise ConfigError([f"{option} {path}: {problem}"])


def write_file(path: Path, text: str | Iterable[str], *, like: Path | None = None) -> None:
    """Write a text, or its pieces, to a file, whole or not at all, in place of an older file.

    A link is followed, so the file that it names is replaced. A file that was there keeps its
    permission bits; a new one takes those of `like`, or else is private to its owner. Raises
    OutputError; on any exception, Ctrl-C included, the old file stays as it was.
    """
    final = Path(os.path.realpath(path))
    try:
        with _temporary_file(final, text, like) as temporary:
            temporary.replace(final)
    except OSError as exc:
        raise OutputError(
            f"{path} cannot be written ({exc.strerror or exc}); an older file there is unchanged. "
            "Make room or give another path, then run again."
        ) from exc


def create_file(path: Path, text: str) -> None:
    """Write a new file, whole or not at all; a file that appeared there meanwhile is left as it is.

    Raises:
        OutputError: it could not be written, or another file is there; nothing was changed.
    """
    try:
        with _temporary_file(path, text) as temporary:
            # A link fails where a rename would replace.
            os.link(temporary, path)
    except FileExistsError:
        raise OutputError(
            f"{path} exists already and is not replaced. Give another path, then run again."
        ) from None
    except OSError as exc:
        raise OutputError(
            f"{path} cannot be written ({exc.strerror or exc}). Give another path, then run again."
        ) from exc


@contextlib.contextmanager
def _temporary_file(
    final: Path, text: str | Iterable[str], like: Path | None = None
) -> Iterator[Path]:
    """Give a file beside the final one, on the disk and with its permissions; remove it after.

    It is locked while it is in use, so one without a lock is of a process that was killed.
    """
    pieces = (text,) if isinstance(text, str) else text
    _remove_stale_files(final.parent)
    # In the same folder, because a rename works only within one file system.
    temporary, number = _create_locked_file(final.parent)
    try:
        with os.fdopen(number, "wb") as file:
            model = final if final.is_file() else like
            if model and model.is_file():
                temporary.chmod(stat.S_IMODE(model.stat().st_mode))
            file.writelines(piece.encode() for piece in pieces)
            file.flush()
            # A rename may reach the disk before the content; a power cut would leave an empty file.
            os.fsync(number)
            if not _HAS_FILE_LOCKS:
                file.close()
            yield temporary
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def _create_locked_file(folder: Path) -> tuple[Path, int]:
    while True:
        path = folder / f"{_host_prefix()}{secrets.token_hex(8)}{_TEMPORARY_SUFFIX}"
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _NEW_FILE_MODE)
        _lock_file(number)
        # Before it was locked, another process may have taken it for a stale one.
        if os.fstat(number).st_nlink:
            return path, number
        os.close(number)


def _host_prefix() -> str:
    return f"{_TEMPORARY_PREFIX}{zlib.crc32(platform.node().encode()):08x}-"


def _lock_file(number: int) -> None:
    # Some network file systems have no locks; there a file of a killed process stays for a day.
    if _HAS_FILE_LOCKS:
        with contextlib.suppress(OSError):
            fcntl.flock(number, fcntl.LOCK_EX)


def _remove_stale_files(folder: Path) -> None:
    """Remove what killed processes of this account left in a folder; it is no error if it stays."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(_TEMPORARY_PREFIX) and entry.name.endswith(_TEMPORARY_SUFFIX):
                with contextlib.suppress(OSError):
                    _remove_if_stale(Path(entry.path))


def _remove_if_stale(path: Path) -> None:
    if not _HAS_FILE_LOCKS:
        if _is_old(path.lstat()):
            path.unlink()
        return
    # Without waiting: whatever has such a name may be a pipe.
    number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        status = os.fstat(number)
        # A lock may not reach other hosts that share the folder, so a day must pass for theirs.
        is_stale = path.name.startswith(_host_prefix()) or _is_old(status)
        if stat.S_ISREG(status.st_mode) and status.st_uid == os.geteuid() and is_stale:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()
    finally:
        os.close(number)


def _is_old(status: os.stat_result) -> bool:
    return time.time() - status.st_mtime > _FOREIGN_FILE_AGE_S
