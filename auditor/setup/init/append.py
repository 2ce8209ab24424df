"""Adds a cluster to an existing configuration file, and leaves the rest as it is."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from auditor.config.loader import build_configuration, load_configuration
from auditor.errors import ConfigError
from auditor.files import find_write_obstacle, write_file
from auditor.toml_lines import BYTE_ORDER_MARK, append_block


@dataclass(frozen=True, slots=True)
class ExistingFile:
    """A configuration file without mistakes; `username` is that of its defaults."""

    path: Path
    tables: Mapping[str, Any]
    username: str | None


def read_file_to_extend(path: Path) -> ExistingFile:
    """Return the file.

    Raises:
        ConfigError: it has mistakes, cannot be written, or takes no cluster at its end.
    """
    configuration = load_configuration(path)
    if problem := find_write_obstacle(path):
        raise ConfigError([f"--to {path}: {problem}"])
    _extend(path, "[[cluster]]\n")
    tables = configuration.tables
    return ExistingFile(path, tables, tables.get("defaults", {}).get("username"))


def append_cluster(path: Path, block: str) -> None:
    """Add a cluster at the end of the file, whole or not at all; what is there stays.

    Raises:
        ConfigError: the file would have mistakes; nothing was changed.
        OutputError: it cannot be written.
    """
    before = load_configuration(path).tables
    edited = _extend(path, block)
    text = edited.removeprefix(BYTE_ORDER_MARK)
    after = tomllib.loads(text)
    # What the loader refuses must not be written, or the next run could not start.
    build_configuration(after, path, text)
    kept = {**after, "cluster": after["cluster"][:-1]}
    assert kept == before  # noqa: S101 - a table at the end changes none before it
    write_file(path, edited)


def _extend(path: Path, block: str) -> str:
    """Return the text of the file with a block at its end, which is TOML.

    Raises:
        ConfigError: it would be no TOML.
    """
    # Not `read_text`, which would turn every CRLF of the file into LF.
    edited = append_block(path.read_bytes().decode("utf-8"), block)
    try:
        tomllib.loads(edited.removeprefix(BYTE_ORDER_MARK))
    except ValueError as error:
        raise ConfigError(
            [
                f"{path}: no cluster can be added at its end, because its clusters are a list "
                "within brackets; write each as a [[cluster]], or use --to with another file."
            ]
        ) from error
    return edited
