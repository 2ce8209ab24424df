"""The rules on causes as data: which rows of the packs explain which others, from causes.toml.

The rules name rows of every built-in pack. Where a pack is not judged, its rows have no findings,
and what is left of a rule holds.
"""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Annotated

from pydantic import Field, TypeAdapter

from auditor.models.findings import FindingKind
from auditor.recommendations.packs import Citation, PackTable, PackText, RecommendationId

RowIds = Annotated[tuple[RecommendationId, ...], Field(min_length=1)]


class CauseRule(PackTable):
    """Findings of `rows` are explained by the drift of each row in `by`, in the order to act.

    `kinds` empty: whatever their kind. `by_any_group`: a finding on the cluster is explained by
    those on any of its groups.
    """

    rows: RowIds
    by: RowIds
    kinds: tuple[FindingKind, ...] = ()
    by_any_group: bool = False
    because: PackText
    source: Citation


_RULES = TypeAdapter(tuple[CauseRule, ...])


@cache
def load_cause_rules() -> tuple[CauseRule, ...]:
    """Return the rules in the order of their blocks."""
    return parse_cause_rules((files(__package__) / "causes.toml").read_text("utf-8"))


def parse_cause_rules(text: str) -> tuple[CauseRule, ...]:
    """Return the rules of a file.

    Raises:
        ValidationError, TOMLDecodeError, KeyError: the text is no file of rules.
    """
    return _RULES.validate_python(tomllib.loads(text)["rule"])
