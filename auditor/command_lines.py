"""The commands that a report tells its reader to run: quoted, and with the file that was read.

A command that was given `--config` would read another file, or none, if what it prints left the
option out: the next line that somebody pastes could ask another cluster. So it is with the
scheduler of a fleet, without which an audit would ask from here, where no password is.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from auditor.text import quote_argument

# Of the process and not of a thread: what a worker thread words is printed by the same command.
_named_files: list[Path] = []
_named_fleets: list[tuple[tuple[str, ...], bool]] = []


@contextmanager
def name_config_file(path: Path) -> Iterator[None]:
    """Put this file into every command that is printed meanwhile."""
    _named_files.append(path)
    try:
        yield
    finally:
        _named_files.pop()


def config_words() -> tuple[str, ...]:
    """Return the option that names the file, nothing where the next command finds it as well."""
    return ("-c", _named_files[-1].as_posix()) if _named_files else ()


@contextmanager
def name_fleet(*words: str, is_elsewhere: bool) -> Iterator[None]:
    """Put these options of a fleet into every audit that is printed meanwhile."""
    _named_fleets.append((words, is_elsewhere))
    try:
        yield
    finally:
        _named_fleets.pop()


def is_asked_elsewhere() -> bool:
    """Return whether what is printed is of an audit for which other machines ask."""
    return bool(_named_fleets) and _named_fleets[-1][1]


def config_option() -> str:
    """Return `config_words` as they stand in a sentence, with a blank before them."""
    return "".join(f" {quote_argument(word)}" for word in config_words())


def command_line(command: str, *words: str) -> str:
    """Return a command of this program with its words, for any shell."""
    fleet = _named_fleets[-1][0] if _named_fleets and command == "audit" else ()
    return " ".join(map(quote_argument, ("auditor", command, *config_words(), *fleet, *words)))
