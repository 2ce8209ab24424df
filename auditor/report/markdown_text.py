"""The parts of a Markdown document: foreign text that is never markup, code and tables."""

import re
from collections.abc import Iterable, Iterator, Sequence

from auditor.report.code_marks import split_code
from auditor.text import printable

_MARKUP_SIGNS = re.compile(r"([\\`*_\[\]<!~&$])")
_BLOCK_START = re.compile(r"^(\d*)([-+#=>.)])")
"""Characters that begin a list, a heading or a quotation at the start of a line."""

_LINK_PATTERN = re.compile(r"@|://|www\.|:[\w+-]+:|#\d", re.IGNORECASE)
"""What some readers turn into a link, mention or picture; a word with it becomes code."""

_ESCAPED_PIPE = "&#124;"
"""A bar that never ends a table cell."""

FORM_FIELD = "__________"
"""A place to write; alone among blanks, underscores are no markup."""

SIGNATURE = f"Name: {FORM_FIELD} Time: {FORM_FIELD}"


def join_lines(lines: Iterable[str]) -> str:
    """Return a document of its lines, with at most one empty line in a row."""
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n") + "\n"


def escape_markdown(text: str) -> str:
    """Return text on one line in which nothing is markup but `format_code` between blanks."""
    parts = split_code(printable(text))
    line = "".join(
        format_code(part) if odd % 2 else _escape_words(part) for odd, part in enumerate(parts)
    )
    return _BLOCK_START.sub(r"\1\\\2", line)


def _escape_words(text: str) -> str:
    return " ".join(_escape_word(word) for word in text.split(" "))


def _escape_word(word: str) -> str:
    # A backslash does not keep every reader from making a link or a mention; code does.
    if _LINK_PATTERN.search(word):
        return format_code(word)
    return _MARKUP_SIGNS.sub(r"\\\1", word).replace("|", _ESCAPED_PIPE)


def format_code(text: str) -> str:
    """Return a name as code, which no reader interprets; also inside a table."""
    # Between pieces of code, because no entity is read inside code.
    return _ESCAPED_PIPE.join(_fence_code(part) for part in printable(text).split("|"))


def _fence_code(text: str) -> str:
    fence = "`" * (_longest_fence(text) + 1)
    # CommonMark takes one blank away at both ends, and a backtick there would join the fence.
    space = " " if text[:1] in (" ", "`") or text[-1:] in (" ", "`") else ""
    return f"{fence}{space}{text}{space}{fence}" if text.strip() else text


def _longest_fence(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)


def format_code_block(text: str, language: str, indent: str) -> Iterator[str]:
    """Yield the lines of a block of code, which no name in it can end."""
    fence = "`" * max(3, _longest_fence(text) + 1)
    yield f"{indent}{fence}{language}"
    yield from (f"{indent}{line}" for line in text.splitlines())
    yield f"{indent}{fence}"


def format_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of a table; its cells are Markdown already. An empty line ends it."""
    yield _format_row(head)
    yield _format_row(["---"] * len(head))
    yield from map(_format_row, rows)
    yield ""


def _format_row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
