"""How a fact is known (its origin), and a fact that supports a finding (evidence)."""

from dataclasses import dataclass
from enum import StrEnum

from auditor.models.statements import Statement


class Origin(StrEnum):
    """How a fact is known, the most trusted first."""

    OBSERVED = "observed"
    DECLARED = "declared"
    DISCOVERED = "discovered"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One fact that supports a finding, without durations, with its origin and source.

    `source` is a text where it is the name of a file, an option or a table.
    """

    origin: Origin
    source: str | Statement
    statement: Statement
