"""Every command line that a page, an example, a remedy or an error shows is one that is taken."""

import ast
import re
import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.exceptions import TyperException
from typer.main import get_command

from auditor.cli.app import app
from auditor.report.formats import COMMAND_FORMATS, parse_output_targets
from tests.readme.outputs import CHECKOUT

PACKAGE = CHECKOUT / "auditor"
PAGES = (CHECKOUT / "README.md", *sorted((PACKAGE / "docs").glob("*.md")))
EXAMPLES = tuple(sorted(path for path in (PACKAGE / "examples").rglob("*") if path.is_file()))
TEXTS = tuple(
    path
    for suffix in ("toml", "py", "json", "html", "jinja")
    for path in sorted(PACKAGE.rglob(f"*.{suffix}"))
    if path not in EXAMPLES
)

ROOT: Any = get_command(app)
NAMES = "|".join(ROOT.commands)
MENTION = re.compile(r"`auditor ([^`]+)`")
LINE = re.compile(r"^(?: {4,}|\$ )auditor (.+)$", re.MULTILINE)
CALL = re.compile(rf"(?<![-\w.!])auditor ((?:{NAMES})\b[^\n`|#\"]*)")
GAP = "lab"
"""What stands for a name that is filled in later."""


def _strings(path: Path) -> Iterator[str]:
    """Yield the texts of a file: of Python the strings, whole, however they are broken."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        yield text
        return
    pieces: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.JoinedStr):
            pieces |= {id(value) for value in node.values}
            yield "".join(str(v.value) if isinstance(v, ast.Constant) else GAP for v in node.values)
        elif (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in pieces
        ):
            yield node.value


def _found(paths: Iterable[Path], pattern: re.Pattern[str]) -> list[Any]:
    """Return each command line once, with the first file that has it."""
    lines: dict[str, str] = {}
    for path in paths:
        for text in _strings(path):
            for line in pattern.findall(text.replace("\\\n", " ")):
                lines.setdefault(line.strip(), path.name)
    return [pytest.param(line, id=f"{name}: {line[:60]}") for line, name in lines.items()]


def _words(line: str) -> list[str]:
    # Braces are filled in when the text is shown; `$ARG1$` by the monitoring system.
    # Empty, or the option with a blank before it.
    line = re.sub(r"\{\{?config\}?\}", " --config auditor.toml", line)
    filled = re.sub(r"\{\{?[^{}]*\}?\}|\$ARG1\$", GAP, line).replace("DAYS", "30")
    return shlex.split(re.split(r" \|\| | > |; ", filled)[0])


def _parse(words: list[str]) -> None:
    """Let the real command tree read the words after `auditor`; nothing runs."""
    before = [word for word in words if word.startswith("-")]
    if before == words:
        assert set(words) <= {name for p in ROOT.params for name in p.opts}
        return
    ctx = ROOT.make_context("auditor", words)
    name, command, rest = ROOT.resolve_command(ctx, [*ctx._protected_args, *ctx.args])
    values = command.make_context(name, rest, parent=ctx).params.get("output")
    if name and name in COMMAND_FORMATS:
        parse_output_targets(values or [], name)


@pytest.mark.parametrize("line", [*_found(PAGES, LINE), *_found(EXAMPLES, CALL)])
def test_a_line_to_type_is_taken(line: str) -> None:
    _parse(_words(line))


@pytest.mark.parametrize("mention", _found((*PAGES, *EXAMPLES, *TEXTS), MENTION))
def test_a_command_that_a_sentence_names_exists(mention: str) -> None:
    """It may leave out what the reader knows: a file, the value of its last option."""
    words = _words(mention)
    if words == [GAP]:
        return
    try:
        _parse(words)
    except TyperException as error:
        is_short = type(error).__name__ == "MissingParameter"
        if not is_short and "requires an argument" not in error.format_message():
            raise


def test_no_old_spelling_is_left() -> None:
    old = re.compile(r"(?<![-\w])--(?:cluster|json|export)(?![-\w])")
    for path in (*PAGES, *EXAMPLES, *TEXTS):
        if path.name != "changelog.md":
            assert not old.search(path.read_text(encoding="utf-8")), path


@pytest.mark.parametrize("words", [["audit", "--cluster", "lab"], ["doctor", "--json"], ["audi"]])
def test_a_wrong_line_would_be_found(words: list[str]) -> None:
    with pytest.raises((TyperException, typer.Exit)):
        _parse(words)
