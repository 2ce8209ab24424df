"""Lays out `--help` in plain lines that follow the width of the terminal.

Typer's own layouts keep the line breaks of docstrings, read brackets as markup and cut long names.
"""

import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup

from auditor.cli.terminal import supports_colour, terminal_width
from auditor.text import wrap_text

_INDENT, _TEXT_INDENT, _GAP = "  ", " " * 10, 2
_MAX_LABEL_WIDTH = 34
_MIN_TEXT_WIDTH = 40
"""Where less is left beside the labels, the text stands below them."""
_NO_SHORT_NAME = " " * len("-x, ")
_VALUE_NAMES = {"path": "PATH", "str": "TEXT", "int": "NUMBER", "float": "NUMBER"}
_NOTES = re.compile(r" +(\[[^\[\]]*\])$")
"""What typer adds to the text of an option: its variable, its default, its range."""
_NO_BREAK = "\N{NO-BREAK SPACE}"

_AnyCommand: TypeAlias = TyperCommand | TyperGroup
_Emphasis: TypeAlias = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class HelpRow:
    """An argument, option or command, and what it does."""

    label: str
    text: str


class HelpCommand(TyperCommand):
    """A command whose help follows the width of the terminal."""

    def format_help(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401 - typer's own types
        """Write the help."""
        write_help(self, ctx, formatter)


def write_help(command: _AnyCommand, ctx: Any, formatter: Any) -> None:  # noqa: ANN401 - as above
    """Write the help of a command, or of the group of all commands, to typer's formatter."""
    # Typer itself would take the colours out of a pipe, whatever FORCE_COLOR says.
    ctx.color = supports_colour()
    formatter.write(render_help(command, ctx, terminal_width(), colour=ctx.color))


def render_help(command: _AnyCommand, ctx: Any, width: int, *, colour: bool) -> str:  # noqa: ANN401 - as above
    """Return the help for a terminal of `width` columns; only a word that is longer runs over."""
    emphasise = _bold if colour else str
    sections = _sections(command, ctx)
    labels = [row.label for rows in sections.values() for row in rows]
    label_width = min(max(map(len, labels), default=0), _MAX_LABEL_WIDTH)
    blocks = [_usage_lines(command, ctx, width), *_paragraphs(command.help, width)]
    for title, rows in sections.items():
        lines = [line for row in rows for line in _row_lines(row, label_width, width, emphasise)]
        blocks.append([emphasise(f"{title}:"), *lines])
    blocks += _paragraphs(command.epilog, width)
    return "\n\n".join("\n".join(lines) for lines in blocks)


def _bold(text: str) -> str:
    return typer.style(text, bold=True)


def _usage_lines(command: _AnyCommand, ctx: Any, width: int) -> list[str]:  # noqa: ANN401 - as above
    pieces = [f"Usage: {ctx.command_path}", "[OPTIONS]"]
    pieces += [_argument_label(p) for p in command.params if isinstance(p, TyperArgument)]
    if isinstance(command, TyperGroup):
        pieces.append("COMMAND [ARGS]...")
    return wrap_text(" ".join(pieces), width, indent=_TEXT_INDENT)


def _argument_label(argument: TyperArgument) -> str:
    name = argument.metavar or argument.name.upper()
    shown = name if argument.required else f"[{name}]"
    return shown if argument.nargs == 1 else f"{shown}..."


def _paragraphs(text: str | None, width: int) -> list[list[str]]:
    paragraphs = re.split(r"\n\s*\n", inspect.cleandoc(text or ""))
    return [wrap_text(" ".join(part.split()), width) for part in paragraphs if part.strip()]


def _sections(command: _AnyCommand, ctx: Any) -> dict[str, list[HelpRow]]:  # noqa: ANN401 - as above
    """Return the rows under the title of their panel, in the order in which they are declared."""
    sections: dict[str, list[HelpRow]] = {}
    for parameter in command.get_params(ctx):
        record = parameter.get_help_record(ctx)  # none of what is hidden
        if record is not None:
            if isinstance(parameter, TyperArgument):
                title, label = "Arguments", _argument_label(parameter)
            else:
                title, label = "Options", _option_label(parameter, ctx)
            title = getattr(parameter, "rich_help_panel", None) or title
            sections.setdefault(title, []).append(HelpRow(label, _join_notes(record[1])))
    if isinstance(command, TyperGroup):
        for name in command.list_commands(ctx):
            listed = command.commands[name]
            title = getattr(listed, "rich_help_panel", None) or "Commands"
            sections.setdefault(title, []).append(HelpRow(name, listed.help or ""))
    return sections


def _option_label(option: Any, ctx: Any) -> str:  # noqa: ANN401 - typer's own types
    names = sorted(option.opts, key=len)
    before = "" if len(names[0]) == len("-x") else _NO_SHORT_NAME
    label = before + " / ".join([", ".join(names), *option.secondary_opts])
    if option.is_flag or option.count:
        return label
    # Such as `<path>` or `<list[str]>`: what a value is, not how Python holds it.
    kind = re.sub(r"^<(?:list\[)?|\]?>$| range", "", option.display_type(ctx))
    return f"{label} {option.metavar or _VALUE_NAMES.get(kind, kind)}"


def _join_notes(text: str) -> str:
    """Return the text of an option with notes that say what they mean and break only at `;`."""
    text = re.sub(r"(\d[^\s;]*)<=x<=(\d[^;\]]*)", r"\1 to \2", text)
    text = re.sub(r"\bx>=(\d[^;\]]*)", r"\1 or more", text)
    return _NOTES.sub(lambda notes: " " + _join_words(notes[1]), text)


def _join_words(notes: str) -> str:
    return notes.replace(" ", _NO_BREAK).replace(f";{_NO_BREAK}", "; ")


def _row_lines(row: HelpRow, label_width: int, width: int, emphasise: _Emphasis) -> Iterator[str]:
    """Yield a label and its text beside it, or below it where there is no room."""
    column = len(_INDENT) + label_width + _GAP
    is_beside = width - column >= _MIN_TEXT_WIDTH
    indent = " " * column if is_beside else _TEXT_INDENT
    wrapped = wrap_text(row.text, width, first_indent=indent, indent=indent)
    lines = [line.replace(_NO_BREAK, " ") for line in wrapped]
    label = f"{_INDENT}{emphasise(row.label)}"
    if is_beside and len(row.label) <= label_width and lines:
        yield f"{label}{' ' * (label_width - len(row.label))}{lines[0][column - _GAP :]}"
        yield from lines[1:]
    else:
        yield label
        yield from lines
