"""One difference between two snapshots, and the code that all of them add up to."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from auditor.findings import ExitCode


class Sort(StrEnum):
    """How a difference is filed, gravest first.

    `foreseen`: it differs only because the profile does not have the tested feature yet.
    """

    UNEXPECTED = "unexpected"
    MISSING = "missing"
    NEW = "new"
    UNAUDITABLE = "unauditable"
    RESTART = "restart"
    FORESEEN = "foreseen"
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
