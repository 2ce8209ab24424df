"""Strict tables of the operator's TOML files, and a sentence for every mistake in one.

The sentences name the key and a near one; the caller puts the file and the table before them.
"""

import re
from collections.abc import Callable, Iterable, Mapping

from pydantic import BaseModel, ConfigDict
from pydantic_core import ErrorDetails

from auditor.text import did_you_mean, printable_excerpt

_EXPECTED_SHAPES: Mapping[str, str] = {
    "string_type": "a text",
    "string_too_short": "a text that is not empty",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "too_short": "a list that is not empty",
    "dict_type": "a table",
    "model_type": "a table",
}
"""What each error of pydantic expects, in the words of TOML."""


class StrictTable(BaseModel):
    """A table that takes its own keys and no others."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def table_keys(table: type[BaseModel]) -> list[str]:
    """Return the keys that a table takes, as a file spells them."""
    return [field.alias or name for name, field in table.model_fields.items()]


def mistake_path(mistake: ErrorDetails) -> list[str]:
    """Return the keys and positions that lead to a mistake."""
    return [str(part) for part in mistake["loc"] if part != "[key]"]


def describe_mistake(
    mistake: ErrorDetails, path: list[str], keys: Iterable[str], pattern: Callable[[str], str]
) -> str:
    """Return what is wrong at a path; an empty path is the table itself.

    `keys` are those of the table that holds the last of the path; `pattern` puts a regular
    expression in words.
    """
    key = f"`{printable_excerpt('.'.join(path))}`" if path else "it"
    match mistake["type"]:
        case "extra_forbidden":
            return f"there is no key {key}{did_you_mean(path[-1], keys)}"
        case "missing":
            return f"the key {key} is missing"
        case "enum":
            expected = re.findall("'([^']*)'", str(mistake["ctx"]["expected"]))
            word = str(mistake["input"])
            hint = did_you_mean(word, expected) or f"; it is one of {', '.join(expected)}"
            return f"{key} cannot be `{printable_excerpt(word)}`{hint}"
        case "string_pattern_mismatch":
            return f"{key} must be {pattern(mistake['ctx']['pattern'])}"
        case kind:
            return f"{key} must be {_EXPECTED_SHAPES.get(kind, 'something else')}"
