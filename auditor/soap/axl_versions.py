"""Which AXL versions there are, and which one two sides have in common."""

import re
from collections.abc import Iterable

from auditor.errors import ConfigError

# Source: the "AXL versioning" page of Cisco DevNet; 8.0 is what IM&P nodes ask each other in.
KNOWN = (
    "8.0", "8.5", "9.0", "9.1", "10.0", "10.5", "11.0", "11.5", "12.0", "12.5", "14.0", "15.0",
)  # fmt: skip
NEWEST = KNOWN[-1]
ROLES_SINCE = 10.0
"""The first version in which a node has a role, and IM and Presence nodes exist."""


def best_common(offered: Iterable[str]) -> str | None:
    """Return the newest version that the server offers and we know; "14" is "14.0"."""
    whole = {version if "." in version else f"{version}.0" for version in offered}
    return next((version for version in reversed(KNOWN) if version in whole), None)


def checked(version: str) -> str:
    """Return a configured version as given; raises `ConfigError` if it is none."""
    if not re.fullmatch(r"[0-9]{1,2}\.[0-9]{1,2}", version):
        raise ConfigError([f'axl_version {version!r}: write "auto" or a version such as "14.0"'])
    return version
