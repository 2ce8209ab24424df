"""Statements: what a finding says, as a form and named values; `report.sentences` renders them.

Nothing here is English. Two statements are alike if form and values are; no caller compares or
cuts a sentence.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from auditor.models.forms import Form

StatementValue: TypeAlias = "str | Statement | tuple[str | Statement, ...]"
"""What a statement may hold: a name or token, another statement, or several of both."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A form and its values, sorted by name.

    The value `detail` is special: a sentence of another source, or a statement, that follows the
    sentence and is no part of its clause.
    """

    form: Form
    # Tuples, because alike statements are found by their hashes.
    values: "tuple[tuple[str, str | Statement | tuple[str | Statement, ...]], ...]" = ()

    def get(self, name: str) -> StatementValue:
        """Return a value, an empty text where there is none."""
        return dict(self.values).get(name, "")

    @property
    def parts(self) -> "tuple[Statement, ...]":
        """Return the statements that this one joins; itself if it joins none."""
        return tuple(self.nested()) if self.form is Form.ALL_OF else (self,)

    def nested(self) -> "Iterator[Statement]":
        """Yield the statements among the values."""
        for _, value in self.values:
            items = value if isinstance(value, tuple) else (value,)
            yield from (item for item in items if isinstance(item, Statement))

    def contains(self, other: "Statement") -> bool:
        """Return whether another statement is this one, or among its values at any depth."""
        return self == other or any(statement.contains(other) for statement in self.nested())

    def without(self, *names: str) -> "Statement":
        """Return the statement without the values of these names, at any depth."""
        remaining = tuple(
            (name, _map_items(value, lambda item: _without(item, names)))
            for name, value in self.values
            if name not in names
        )
        return Statement(self.form, remaining)

    def about_any(self, kind: str, subject: str) -> "Statement":
        """Return the same statement about any subject of a kind in place of the named one."""
        values = tuple(
            (name, _map_items(value, lambda item: _generalize(item, kind, subject)))
            for name, value in self.values
        )
        return Statement(self.form, values)


def make_statement(form: Form, **values: StatementValue) -> Statement:
    """Return a statement; tokens become plain text, and empty values are left out."""
    # Sorted and without empty values: alike statements are equal however they were made.
    # A run makes a hundred thousand of them, so plain text takes the short way.
    plain = [
        (name, value if type(value) is str else _plain_value(value))
        for name, value in sorted(values.items())
        if value
    ]
    return Statement(form, tuple(plain))


def join_statements(statements: Iterable[Statement]) -> Statement:
    """Return several statements as one that holds them all, each once."""
    parts = tuple(dict.fromkeys(part for statement in statements for part in statement.parts))
    return parts[0] if len(parts) == 1 else make_statement(Form.ALL_OF, parts=parts)


def add_detail(statement: Statement, detail: Statement | None) -> Statement:
    """Return a statement followed by another one, which explains it."""
    if detail is None:
        return statement
    return make_statement(statement.form, **dict(statement.values), detail=detail)


StatementItem: TypeAlias = "str | Statement"


def _map_items(
    value: StatementValue, change: Callable[[StatementItem], StatementItem]
) -> StatementValue:
    return tuple(map(change, value)) if isinstance(value, tuple) else change(value)


def _without(item: StatementItem, names: tuple[str, ...]) -> StatementItem:
    return item.without(*names) if isinstance(item, Statement) else item


def _generalize(item: StatementItem, kind: str, subject: str) -> StatementItem:
    if isinstance(item, Statement):
        return item.about_any(kind, subject)
    return make_statement(Form.GENERIC_SUBJECT, kind=kind) if item == subject else item


def _plain_value(value: StatementValue) -> StatementValue:
    if isinstance(value, tuple):
        return tuple(item if isinstance(item, Statement) else str(item) for item in value)
    return value if isinstance(value, Statement) else str(value)
