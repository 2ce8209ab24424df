"""Words that every part of the program puts together."""

import pytest

from auditor.text import (
    count_noun,
    did_you_mean,
    escape_unprintable,
    is_or_are,
    join_names,
    join_sorted_names,
    nearest_choice,
    printable_excerpt,
    quote_argument,
    shorten_text,
)


@pytest.mark.parametrize(
    ("names", "text"),
    [
        ((), "none"),
        (("a",), "a"),
        (("a", "b"), "a and b"),
        (("a", "b", "c"), "a, b and c"),
        (("a", "b", "c", "d"), "a, b, c and 1 more"),
        (("a", "b", "c", "d", "e"), "a, b, c and 2 more"),
    ],
)
def test_names_are_joined_as_in_a_sentence(names: tuple[str, ...], text: str) -> None:
    assert join_names(names, limit=3) == text


def test_all_names_are_listed_without_a_limit() -> None:
    assert join_names("abcde") == "a, b, c, d and e"
    assert join_names("ab", word="or") == "a or b"
    assert join_sorted_names(("b", "A", "c")) == "A, b and c"


def test_counts_have_their_noun_and_verb() -> None:
    assert [count_noun(number, "node") for number in (0, 1, 2)] == ["0 nodes", "1 node", "2 nodes"]
    assert [is_or_are(number) for number in (0, 1, 2)] == ["are", "is", "are"]


def test_a_text_within_the_limit_is_left_alone() -> None:
    assert shorten_text("x" * 60) == "x" * 60
    assert shorten_text("x" * 61) == "x" * 60 + "…"
    assert shorten_text("abc", 2) == "ab…"


def test_what_does_not_print_becomes_an_escape() -> None:
    assert escape_unprintable("a  b\n\x1b[0m\u202e") == "a  b\\n\\x1b[0m\\u202e"
    assert printable_excerpt("\x1b" + "x" * 60) == "\\x1b" + "x" * 59 + "…"


def test_the_nearest_choice_is_offered_whatever_its_case() -> None:
    assert nearest_choice("chats", ["chat", "compliance"]) == "chat"
    assert nearest_choice("LAB", ["lab", "prod"]) == "lab"
    assert nearest_choice("zzz", ["chat", "compliance"]) is None
    assert nearest_choice("anything", []) is None


def test_a_near_choice_ends_the_sentence() -> None:
    assert did_you_mean("chats", ["chat", "compliance"]) == "; did you mean `chat`?"
    assert did_you_mean("zzz", ["chat", "compliance"]) == ""


@pytest.mark.parametrize(
    ("name", "argument"),
    [
        ("lab", "lab"),
        ("zürich-1", "zürich-1"),
        ("Hello World", '"Hello World"'),
        ("a;reboot", "'a;reboot'"),
        ("$HOME", "'$HOME'"),
        ("a\nb", '"a b"'),
        ("", "''"),
    ],
)
def test_an_argument_is_quoted_for_the_shells_of_unix_and_windows(name: str, argument: str) -> None:
    """The prompt of Windows knows double quotes alone."""
    assert quote_argument(name) == argument
