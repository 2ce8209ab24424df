"""The expectation file: `auditor precheck` writes it, and `auditor diff --expect` reads it."""

from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from auditor.change.diff.expected import ChangeExpectation
from auditor.errors import ConfigError

DEFAULT_EXPECTATION = "expected.json"
"""The file that printed commands name where none was given."""

_EXPECTATION = TypeAdapter(ChangeExpectation)


def serialize_expectation(expectation: ChangeExpectation) -> str:
    """Return what a change is expected to do, as it is written to a file."""
    # By alias: files that exist have `foreseen` as a key.
    return _EXPECTATION.dump_json(expectation, indent=1, by_alias=True).decode() + "\n"


def read_expectation(path: Path) -> ChangeExpectation:
    """Return what a change is expected to do.

    Raises:
        ConfigError: the file is unreadable, or not as `auditor precheck` writes it.
    """
    try:
        return _EXPECTATION.validate_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError([f"{path}: cannot be read: {error}."]) from error
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "the file"
        text = f"{path}: is not an expectation file of this version: {key}: {first['msg']}."
        raise ConfigError([text]) from error
