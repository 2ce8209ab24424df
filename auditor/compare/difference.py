"""One difference between two snapshots, how it is filed, and the exit code of all of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from auditor.findings import ExitCode


class Sort(StrEnum):
    """How a difference is filed."""

    UNEXPECTED = "unexpected"
    MISSING = "missing"
    NEW = "new"
    UNAUDITABLE = "unauditable"
    RESTART = "restart"
    EXPECTED = "expected"
    FIXED = "fixed"
    PERSISTING = "persisting"


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference, in a sentence; `about` is the node, group or cluster it is on."""

    sort: Sort
    about: str
    text: str


def exit_code(differences: Iterable[Difference]) -> ExitCode:
    """Return 3 for anything that nobody announced, else 4 for what can no longer be told."""
    sorts = {difference.sort for difference in differences}
    if sorts & {Sort.UNEXPECTED, Sort.MISSING, Sort.NEW, Sort.RESTART}:
        return ExitCode.DRIFT
    return ExitCode.INCOMPLETE if Sort.UNAUDITABLE in sorts else ExitCode.COMPLIANT
