"""Whatever a cluster answers comes back out of the file as it went in."""

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from auditor.report.profile_toml import comment_out, toml_comment, toml_pair, toml_table

WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@given(WORDS, st.booleans() | WORDS | st.lists(WORDS, max_size=3).map(tuple) | st.integers(0, 99))
def test_a_key_and_its_value_are_read_back(key: str, value: bool | str | tuple[str, ...]) -> None:
    read = tomllib.loads(toml_pair(key, value))

    assert read == {key: list(value) if isinstance(value, tuple) else value}


@given(st.lists(WORDS, max_size=3))
def test_a_comment_stays_a_comment(sentences: list[str]) -> None:
    lines = toml_comment(*sentences)

    assert tomllib.loads("\n".join(lines)) == {}
    assert all(line.startswith("#") and len(line) <= 100 for line in lines)


def test_a_table_that_is_commented_is_nothing() -> None:
    block = toml_table("[[cluster.node]]", {"name": "imp1"})

    assert comment_out([block]) == ["# [[cluster.node]]", '# name = "imp1"']
