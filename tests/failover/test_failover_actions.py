"""The rows of actions.toml: each has an action, is used, and has names that can be filled in."""

import re
from collections.abc import Mapping
from importlib.resources import files
from string import Formatter

import pytest

from auditor.failover.action_texts import load_action_texts

ACTIONS = {name: rows for name, rows in load_action_texts().items() if name != "texts"}


def _read_code(*modules: str) -> str:
    package = files("auditor.failover")
    return "".join((package / f"{module}.py").read_text() for module in modules)


@pytest.mark.parametrize("name", ACTIONS)
def test_an_action_says_what_to_do_and_what_not_to_do_without_a_full_stop(name: str) -> None:
    assert set(ACTIONS[name]) - {"brief"} in ({"do"}, {"do", "do_not"})
    assert not any(text.endswith(".") for text in ACTIONS[name].values())


def test_an_action_for_a_part_of_the_check_fits_into_a_cell() -> None:
    for name in set(re.findall(r'make_action\("(\w+)"', _read_code("actions", "check_actions"))):
        assert 0 < len(ACTIONS[name]["brief"]) < 20


@pytest.mark.parametrize("name", ACTIONS)
def test_an_action_is_used(name: str) -> None:
    assert f'"{name}"' in _read_code("actions", "check_actions", "impacts", "readiness")


def test_no_action_is_missing() -> None:
    code = _read_code("actions", "check_actions")
    assert set(re.findall(r'(?:make_action|fill_text)\("(\w+)"', code)) <= set(ACTIONS)


@pytest.mark.parametrize("rows", ACTIONS.values(), ids=ACTIONS)
def test_a_placeholder_in_capitals_is_a_known_text(rows: Mapping[str, str]) -> None:
    texts = {*load_action_texts()["texts"], "AXL", "DATABASE", "RECOVERY_MANAGER"}
    names = {name for text in rows.values() for _, name, _, _ in Formatter().parse(text) if name}
    assert {name for name in names if name.isupper()} <= texts
