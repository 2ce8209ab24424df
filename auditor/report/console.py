"""The paper that terminal reports are written on: a rich console whose text can do no harm."""

import io
import unicodedata
from collections.abc import Callable

from rich.console import Console
from rich.text import Text

_MAX_PRINTABLE_LENGTH = 2000
_MIN_CONSOLE_WIDTH = 40
_MAX_COMBINING_MARKS = 4
_UNSAFE_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def printable(text: str) -> str:
    """Return text on one line that no terminal obeys.

    Names and reasons come from servers and files. Blanks of any kind become one space; control,
    escape, direction and invisible characters become visible `\\x1b` forms; a fifth combining mark
    in a row and what goes beyond 2000 characters are dropped, the latter with a word.
    """
    if len(text) <= _MAX_PRINTABLE_LENGTH and text.isascii() and text.isprintable():
        return " ".join(text.split())
    head, beyond = text[:_MAX_PRINTABLE_LENGTH], len(text) - _MAX_PRINTABLE_LENGTH
    shown: list[str] = []
    marks = 0
    for character in " ".join(head.split()):
        kind = unicodedata.category(character)
        marks = marks + 1 if kind in ("Mn", "Me") else 0
        if marks <= _MAX_COMBINING_MARKS:
            shown.append(_escape_character(character) if kind in _UNSAFE_CATEGORIES else character)
    return "".join(shown) + (f"… ({beyond} more characters)" if beyond > 0 else "")


def _escape_character(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")


def safe_text(text: str, style: str = "") -> Text:
    """Return harmless text for rich, which then reads no markup and no emoji codes in it."""
    return Text(printable(text), style=style, overflow="fold")


def render_console(draw: Callable[[Console], None], *, width: int, colour: bool) -> str:
    """Return what `draw` prints on a page of so many columns (at least 40), line ends trimmed.

    Nothing of the environment counts: no TERM, COLUMNS or NO_COLOR; `colour` alone decides.
    """
    page = io.StringIO()
    console = Console(
        file=page,
        width=max(width, _MIN_CONSOLE_WIDTH),
        color_system="standard" if colour else None,
        force_terminal=colour,
        force_jupyter=False,
        legacy_windows=False,
        markup=False,
        emoji=False,
        highlight=False,
        _environ={},
    )
    draw(console)
    return "".join(f"{line.rstrip()}\n" for line in page.getvalue().split("\n")[:-1])
