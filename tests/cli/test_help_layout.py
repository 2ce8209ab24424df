"""The help of every command, in narrow and wide terminals: no word lost, none broken, no gaps."""

import inspect
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from typer.main import get_group
from typer.testing import CliRunner

from auditor.cli.app import COMMAND_MODULES, app, load_command

WIDTHS = (60, 80, 100, 160)


def _help(*words: str, **environment: str) -> str:
    result = CliRunner(env=environment).invoke(app, [*words, "--help"], prog_name="auditor")
    assert result.exit_code == 0, result.output
    return result.stdout


def _texts(name: str) -> Iterator[str]:
    """Yield every paragraph that the command and its options declare, in one line each."""
    command: Any = load_command(name) if name else get_group(app)
    help_texts = inspect.cleandoc(command.help).split("\n\n")
    for text in [*help_texts, *(p.help for p in command.params)]:
        yield " ".join(text.split())


@pytest.mark.parametrize("name", ["", *COMMAND_MODULES])
def test_help_fits_any_width_and_loses_no_word(name: str) -> None:
    """A text with a word that is broken, or gone, does not stand in the help in one piece."""
    for width in WIDTHS:
        shown = _help(*name.split(), COLUMNS=str(width))
        assert max(map(len, shown.splitlines())) <= width
        in_one_line = " ".join(shown.split())
        for text in _texts(name):
            assert text in in_one_line


def _goes_on(line: str, following: str) -> bool:
    """Return whether a line goes on with the sentence of the line before."""
    indent = len(following) - len(following.lstrip())
    begins_at = {match.end() for match in re.finditer(r"^ *|(?<=\S)  +", line)}
    is_next_row = following.startswith(("  -", "      -")) or indent == len("  ")
    return bool(line and following) and indent in begins_at and not is_next_row


@pytest.mark.parametrize("name", COMMAND_MODULES)
def test_no_line_of_help_ends_while_the_next_word_has_room(name: str) -> None:
    """But for the notes behind a text, which stay in one piece."""
    for width in WIDTHS:
        shown = _help(name, COLUMNS=str(width))
        pairs = [pair for pair in pairwise(shown.splitlines()) if _goes_on(*pair)]
        for line, following in pairs:
            if "]" not in following:
                assert len(f"{line} {following.split()[0]}") > width, (line, following)


def test_help_says_what_a_value_is_as_people_call_it() -> None:
    """Not `<list[str]>`, `<bool>` or `0<=x<=3600`, which are words of the programming language."""
    for name in COMMAND_MODULES:
        shown = _help(name, COLUMNS="100")
        assert not re.search(r"<|list\[|\b(str|bool|int|float)\b|x>=", shown), name


def test_help_in_a_pipe_has_a_fixed_width_and_no_colour() -> None:
    shown = _help("audit")
    assert 90 < max(map(len, shown.splitlines())) <= 100
    assert "\x1b" not in shown


@pytest.mark.parametrize(
    ("environment", "colour"),
    [
        ({"FORCE_COLOR": "1"}, True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        ({"NO_COLOR": "1"}, False),
    ],
    ids=str,
)
def test_help_takes_colour_from_the_environment(environment: dict[str, str], colour: bool) -> None:
    result = CliRunner(env=environment).invoke(app, ["audit", "--help"], color=False)
    assert ("\x1b[1m" in result.stdout) is colour
    assert re.sub(r"\x1b\[\d+m", "", result.stdout) == _help("audit").replace("auditor", "root", 1)


def test_a_required_option_and_a_range_are_marked_in_words() -> None:
    assert "[env var: AUDITOR_CUCM; required]" in _help("init")
    assert "[env var: AUDITOR_SETTLE; 0 to 3600]" in _help("audit")
    assert _help("explain").startswith("Usage: auditor explain [OPTIONS] ID\n")
