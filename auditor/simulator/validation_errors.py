"""What is wrong with a scenario or a change, a sentence a mistake, with what was perhaps meant."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

ModelClass = type[BaseModel]
_MAX_SHOWN_LENGTH = 60
_MAX_LISTED_CHOICES = 12
_TITLE_KEYS = ("name", "address", "fault")
_CONTAINER_TYPES = (list, dict)
_TYPE_WORDS: Mapping[object, str] = {
    bool: "true or false",
    str: "a text",
    int: "a number",
    float: "a number",
    dict: "a table",
}


def validation_messages(error: ValidationError, model: ModelClass, data: object) -> list[str]:
    """Return what the data has wrong, in the order of its tables, each mistake once."""
    messages = (
        _validation_message(mistake, model, data) for mistake in error.errors(include_url=False)
    )
    return list(dict.fromkeys(messages))


def choice_hint(word: str, choices: Iterable[str]) -> str:
    """Return the end of a sentence: the choice that comes near, else those that there are."""
    names = list(choices)
    near = difflib.get_close_matches(word.casefold(), {c.casefold(): c for c in names}, n=1)
    if near:
        return f"; did you mean `{next(c for c in names if c.casefold() == near[0])}`?"
    return f"; there are: {', '.join(names)}." if 0 < len(names) <= _MAX_LISTED_CHOICES else "."


def shorten_value(value: object) -> str:
    """Return what somebody wrote so that it fits on one line, whatever it is."""
    text = str(value)
    short = text if len(text) <= _MAX_SHOWN_LENGTH else f"{text[:_MAX_SHOWN_LENGTH]}..."
    return "".join(sign if sign.isprintable() else "?" for sign in short)


def _validation_message(mistake: ErrorDetails, model: ModelClass, data: object) -> str:
    titles: list[str] = []
    key, table = _locate_mistake(mistake["loc"], model, data, titles)
    place = "".join(f"{shorten_value(title)}: " for title in titles)
    return place + _describe_mistake(mistake, key, table)


def _locate_mistake(
    loc: Sequence[str | int], model: ModelClass, data: object, titles: list[str]
) -> tuple[str | None, ModelClass]:
    """Return the key that is wrong (None: the table itself) and its table; fill the titles."""
    parts = list(loc)
    while parts:
        key = str(parts.pop(0))
        holds = model.model_fields[key].annotation if key in model.model_fields else None
        inner = _nested_model(holds)
        if inner is None or not parts:
            return key, model
        data = data.get(key) if isinstance(data, Mapping) else None
        titles.append(key)
        if get_origin(holds) in _CONTAINER_TYPES:
            part = parts.pop(0)
            data = _container_member(data, part)
            titles[-1] += f" {_entry_title(data, part)}"
        model = inner
    return None, model


def _nested_model(annotation: object) -> ModelClass | None:
    """Return the table that a key holds, once or in a list or map; None for other keys."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in _CONTAINER_TYPES:
        return _nested_model(get_args(annotation)[-1])
    return None


def _container_member(data: object, part: str | int) -> object:
    """Return a member of a list or map; a change may leave the list around its one entry out."""
    if isinstance(data, list) and isinstance(part, int):
        return data[part]
    return data.get(part) if isinstance(data, Mapping) and part in data else data


def _entry_title(entry: object, part: str | int) -> str:
    """Return what an entry is called, else its position, counted from 1."""
    if isinstance(part, str):
        return f'"{part}"'
    names = (
        [entry[key] for key in _TITLE_KEYS if key in entry] if isinstance(entry, Mapping) else []
    )
    return f'"{names[0]}"' if names and isinstance(names[0], str) else str(part + 1)


def _describe_mistake(mistake: ErrorDetails, key: str | None, table: ModelClass) -> str:
    kind, context = mistake["type"], mistake.get("ctx", {})
    if kind == "value_error":
        return f"{context['error']}"
    if key is None:
        return "must be a table."
    if kind == "extra_forbidden":
        return f"there is no key `{shorten_value(key)}`{choice_hint(key, table.model_fields)}"
    if kind == "missing":
        return f"the key `{key}` is missing."
    if kind == "enum":
        wrong = mistake["input"]
        hint = choice_hint(str(wrong), _enum_choices(table.model_fields[key].annotation))
        return f"`{key}` cannot be `{shorten_value(wrong)}`{hint}"
    return f"`{key}` must be {_describe_annotation(table.model_fields[key].annotation)}."


def _enum_choices(annotation: object) -> list[str]:
    """Return the values of the enumerations that a key takes."""
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return [str(member.value) for member in annotation]
    return [choice for inner in get_args(annotation) for choice in _enum_choices(inner)]


def _describe_annotation(annotation: object) -> str:
    """Return in words what a key takes."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _describe_annotation(inner[0])
    if origin in (Union, UnionType):
        return " or ".join(
            dict.fromkeys(_describe_annotation(arg) for arg in inner if arg is not NoneType)
        )
    if origin is Literal:
        return " or ".join(f"`{choice}`" for choice in inner)
    if origin is list:
        return "a list" if _nested_model(annotation) is None else "tables in double brackets"
    if _nested_model(annotation) is not None:
        return "a table"
    return _TYPE_WORDS.get(origin or annotation, "something else")
