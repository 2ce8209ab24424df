"""Findings of nodes that are alike share their parts; nothing in them changes by that."""

from collections.abc import Callable, Hashable, Sequence
from enum import StrEnum

from auditor.recommendations.sharing import SharedParts
from tests.lab import Lab

Start = Callable[..., Lab]


class Word(StrEnum):
    """A word of an enumeration, equal to a text."""

    ON = "on"


def is_shared(parts: Sequence[Hashable]) -> bool:
    """Return whether no two parts are equal and not the same."""
    return len({id(part) for part in parts}) == len(set(parts)) < len(parts)


def test_equal_parts_of_findings_are_one_object(lab: Start) -> None:
    findings = lab("healthy").cluster().findings
    assert is_shared([finding.subject for finding in findings])
    assert is_shared([finding.expected for finding in findings])
    assert is_shared([part for finding in findings for part in finding.evidence])


def test_a_word_is_not_exchanged_for_an_equal_text() -> None:
    parts = SharedParts()
    assert type(parts.share("on")) is str
    assert type(parts.share(Word.ON)) is Word
    assert [type(part) for part in parts.share_all((Word.ON, "on"))] == [Word, str]
