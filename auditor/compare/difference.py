"""One difference between two snapshots, and the code that all of them add up to."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from auditor.findings import ExitCode


class Sort(StrEnum):
    """How a difference is filed, gravest first.

    `unseen`: a whole part could not be read before, so nothing tells whether it changed.
    `readable`: one thing was not known before and is now. `foreseen`: it differs only because the
    profile does not have the tested feature yet.
    """

    UNEXPECTED = "unexpected"
    MISSING = "missing"
    NEW = "new"
    UNAUDITABLE = "unauditable"
    UNSEEN = "unseen"
    RESTART = "restart"
    READABLE = "readable"
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
    """Return 3 for anything that nobody announced, else 4 for what could not be compared."""
    sorts = {difference.sort for difference in differences}
    if sorts & {Sort.UNEXPECTED, Sort.MISSING, Sort.NEW, Sort.RESTART}:
        return ExitCode.DRIFT
    blind = not sorts.isdisjoint({Sort.UNAUDITABLE, Sort.UNSEEN})
    return ExitCode.INCOMPLETE if blind else ExitCode.COMPLIANT
