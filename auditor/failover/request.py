"""What the command line asks of the check."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from auditor.recommendations.model import Recommendation


@dataclass(frozen=True, slots=True)
class Request:
    """What the command line asks for.

    `groups`: these alone; none: all. `wait`: watch until settled, at most so long; None: look once.
    `since` is a snapshot as `auditor.snapshots.read` returns it.
    """

    rows: Mapping[str, Recommendation]
    groups: tuple[str, ...] = ()
    wait: timedelta | None = None
    since: Mapping[str, Any] | None = None
    accept_failed_over: bool = False
    insecure: bool = False
