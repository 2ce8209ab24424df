"""One difference between two snapshots, and the code that all of them add up to."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from auditor.findings import ExitCode, Severity


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


SURPRISES = (Sort.NEW, Sort.UNEXPECTED, Sort.MISSING, Sort.RESTART)
"""What nobody announced, or was announced and not done; what says most of it first."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference, in a sentence; `about` is the node, group or cluster it is on.

    What is no finding has no severity of its own, and counts as much as the gravest.
    """

    sort: Sort
    about: str
    text: str
    severity: Severity = Severity.CRITICAL


def exit_code(differences: Iterable[Difference]) -> ExitCode:
    """Return 3 for anything that nobody announced, else 4 for what could not be compared."""
    sorts = {difference.sort for difference in differences}
    if not sorts.isdisjoint(SURPRISES):
        return ExitCode.DRIFT
    blind = not sorts.isdisjoint({Sort.UNAUDITABLE, Sort.UNSEEN})
    return ExitCode.INCOMPLETE if blind else ExitCode.COMPLIANT
