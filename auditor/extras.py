"""The optional parts of the package, and the command that adds one to this installation."""

import sys
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path


class Extra(StrEnum):
    """An optional part, as the package names it."""

    LAB = "lab"
    KEYRING = "keyring"
    NOTIFY = "notify"
    POSTGRESQL = "postgresql"
    FLEET = "fleet"


# Double quotes, because a Windows console hands single ones on. Of a package that is there already,
# each of these installs only what the extra lacks.
ADD_EXTRA_COMMANDS: Mapping[str, str] = {
    "pipx": 'pipx inject auditor "auditor[{extra}]"',
    "uv": 'uv pip install --python "{python}" "auditor[{extra}]"',
    "pip": '"{python}" -m pip install "auditor[{extra}]"',
}
"""How each installer adds an extra to an auditor that it installed."""

_INSTALLER_MARKS = {"pipx_metadata.json": "pipx", "uv-receipt.toml": "uv"}
"""The file that an installer keeps in each environment that it makes for a command."""


def missing_extra_text(subject: str, extra: Extra) -> str:
    """Return that an extra is missing, and how to add it; `subject` is as `the keyring needs`."""
    return f"{subject} the extra `{extra}`. Add it: {_add_extra_command(extra)}"


def _add_extra_command(extra: Extra) -> str:
    marks = (name for mark, name in _INSTALLER_MARKS.items() if Path(sys.prefix, mark).is_file())
    return ADD_EXTRA_COMMANDS[next(marks, "pip")].format(extra=extra, python=sys.executable)
