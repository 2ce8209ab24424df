"""What is wrong with a scenario or a change, a sentence a mistake, with what was perhaps meant."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from types import NoneType, UnionType
from typing import Annotated, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

Model = type[BaseModel]
_LONGEST = 60
_MANY = 12
_TITLES = ("name", "address", "fault")
_SEVERAL = (list, dict)
_WORDS: Mapping[object, str] = {
    bool: "true or false",
    str: "a text",
    int: "a number",
    float: "a number",
    dict: "a table",
}


def sentences(error: ValidationError, model: Model, data: object) -> list[str]:
    """Return what the data has wrong, in the order of its tables, each mistake once."""
    told = (_sentence(mistake, model, data) for mistake in error.errors(include_url=False))
    return list(dict.fromkeys(told))


def meant(word: str, choices: Iterable[str]) -> str:
    """Return the end of a sentence: the choice that comes near, else those that there are."""
    known = list(choices)
    near = difflib.get_close_matches(word.casefold(), {c.casefold(): c for c in known}, n=1)
    if near:
        return f"; did you mean `{next(c for c in known if c.casefold() == near[0])}`?"
    return f"; there are: {', '.join(known)}." if 0 < len(known) <= _MANY else "."


def shown(value: object) -> str:
    """Return what somebody wrote so that it fits on one line, whatever it is."""
    text = str(value)
    short = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
    return "".join(sign if sign.isprintable() else "?" for sign in short)


def _sentence(mistake: ErrorDetails, model: Model, data: object) -> str:
    titles: list[str] = []
    key, table = _descend(mistake["loc"], model, data, titles)
    place = "".join(f"{shown(title)}: " for title in titles)
    return place + _what(mistake, key, table)


def _descend(
    loc: Sequence[str | int], model: Model, data: object, titles: list[str]
) -> tuple[str | None, Model]:
    """Return the key that is wrong (None: the table itself) and its table; fill the titles."""
    parts = list(loc)
    while parts:
        key = str(parts.pop(0))
        holds = model.model_fields[key].annotation if key in model.model_fields else None
        inner = _table_of(holds)
        if inner is None or not parts:
            return key, model
        data = data.get(key) if isinstance(data, Mapping) else None
        titles.append(key)
        if get_origin(holds) in _SEVERAL:
            part = parts.pop(0)
            data = _entry(data, part)
            titles[-1] += f" {_title(data, part)}"
        model = inner
    return None, model


def _table_of(annotation: object) -> Model | None:
    """Return the table that a key holds, once or in a list or map; None for other keys."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in _SEVERAL:
        return _table_of(get_args(annotation)[-1])
    return None


def _entry(data: object, part: str | int) -> object:
    """Return a member of a list or map; a change may leave the list around its one entry out."""
    if isinstance(data, list) and isinstance(part, int):
        return data[part]
    return data.get(part) if isinstance(data, Mapping) and part in data else data


def _title(entry: object, part: str | int) -> str:
    """Return what an entry is called, else where it stands, counted from 1."""
    if isinstance(part, str):
        return f'"{part}"'
    names = [entry[key] for key in _TITLES if key in entry] if isinstance(entry, Mapping) else []
    return f'"{names[0]}"' if names and isinstance(names[0], str) else str(part + 1)


def _what(mistake: ErrorDetails, key: str | None, table: Model) -> str:
    kind, context = mistake["type"], mistake.get("ctx", {})
    if kind == "value_error":
        return f"{context['error']}"
    if key is None:
        return "must be a table."
    if kind == "extra_forbidden":
        return f"there is no key `{shown(key)}`{meant(key, table.model_fields)}"
    if kind == "missing":
        return f"the key `{key}` is missing."
    if kind == "enum":
        choices = context["expected"].replace(" or ", ", ").replace("'", "").split(", ")
        return (
            f"`{key}` cannot be `{shown(mistake['input'])}`{meant(str(mistake['input']), choices)}"
        )
    return f"`{key}` must be {_shape(table.model_fields[key].annotation)}."


def _shape(annotation: object) -> str:
    """Return in words what a key takes."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _shape(inner[0])
    if origin in (Union, UnionType):
        return " or ".join(dict.fromkeys(_shape(arg) for arg in inner if arg is not NoneType))
    if origin is Literal:
        return " or ".join(f"`{choice}`" for choice in inner)
    if origin is list:
        return "a list" if _table_of(annotation) is None else "tables in double brackets"
    if _table_of(annotation) is not None:
        return "a table"
    return _WORDS.get(origin or annotation, "something else")
