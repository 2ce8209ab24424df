"""Files that a command writes once: none that is there already is ever replaced."""

import os
from pathlib import Path


def refuse_taken(option: str, path: Path, what: str) -> None:
    """Make sure, before anything is asked, that a new file can be written; `what` it will be.

    Raises:
        ConfigError: something is there already, or it cannot be written; names the option.
    """
    from auditor.errors import ConfigError
    from auditor.report.output import obstacle

    if os.path.lexists(path):
        text = f"is there already; {what} never replaces a file. Give another path, or move it away"
        raise ConfigError([f"{option} {path}: {text}."])
    if problem := obstacle(path):
        raise ConfigError([f"{option} {path}: {problem}"])
