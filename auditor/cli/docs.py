"""`auditor docs`: the manual, page by page."""

import re
import sys
from importlib.resources import files
from typing import Annotated, ClassVar

import typer
from rich.console import Console, ConsoleOptions, RenderResult
from rich.markdown import CodeBlock, Markdown, MarkdownElement, TableElement
from rich.table import Table
from rich.text import Text

from auditor.cli.app import app
from auditor.cli.completion import complete_topics
from auditor.cli.output import print_text
from auditor.cli.terminal import supports_colour, terminal_width
from auditor.errors import ConfigError
from auditor.report.console import fit_table, render_console
from auditor.text import did_you_mean, name_list_lines

# Parts of the pages are generated between these marks, which mean nothing to a reader.
_GENERATOR_MARK = re.compile(r"^<!-- (?:begin: .*|end) -->\n", re.MULTILINE)


@app.command("docs")
def docs(
    topic: Annotated[
        str | None,
        typer.Argument(
            help="The page to print. Left out: list the pages.",
            show_default=False,
            autocompletion=complete_topics,
        ),
    ] = None,
) -> None:
    """Print a page of the manual, such as configuration or troubleshooting.

    On a terminal it is laid out. In a pipe or a file it is Markdown.
    """
    pages = read_pages()
    if topic is None:
        print_text(_render_topic_list(pages))
        return
    topic = topic.lower()
    if topic not in pages:
        hint = did_you_mean(topic, pages) or "."
        raise ConfigError([f"no page {topic!r}{hint} There are {', '.join(pages)}."])
    text = _GENERATOR_MARK.sub("", pages[topic])
    print_text(lay_out_page(text) if sys.stdout.isatty() else text)


def read_pages() -> dict[str, str]:
    """Return the Markdown of every page by its topic."""
    pages = {
        entry.name.removesuffix(".md"): entry.read_text(encoding="utf-8")
        for entry in (files("auditor") / "docs").iterdir()
        if entry.name.endswith(".md")
    }
    return dict(sorted(pages.items()))


def page_title(text: str) -> str:
    """Return what a page is about: the part of its heading behind the colon."""
    return text.partition("\n")[0].partition(": ")[2]


class _WholeWordTable(TableElement):
    """A table of a page, in which no word is broken or cut."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for table in super().__rich_console__(console, options):
            if isinstance(table, Table):
                width = fit_table(table, console, options.max_width)
                yield from console.render(table, options.update(width=width))


class _CodeLines(CodeBlock):
    """Lines of code, none of them broken, so that they can be pasted."""

    def __rich_console__(self, _console: Console, _options: ConsoleOptions) -> RenderResult:
        lines = str(self.text).rstrip().split("\n")
        yield Text("\n".join(f"    {line}" for line in lines), overflow="ignore", no_wrap=True)


class _ManualPage(Markdown):
    elements: ClassVar[dict[str, type[MarkdownElement]]] = {
        **Markdown.elements,
        "table_open": _WholeWordTable,
        "fence": _CodeLines,
        "code_block": _CodeLines,
    }


def lay_out_page(text: str) -> str:
    """Return a page as a terminal of this width shows it."""
    return render_console(
        # Not every terminal can follow a hidden link, so its target is printed.
        lambda console: console.print(_ManualPage(text, hyperlinks=False)),
        width=terminal_width(),
        colour=supports_colour(),
    )


def _render_topic_list(pages: dict[str, str]) -> str:
    titles = {topic: page_title(text) for topic, text in pages.items()}
    lines = name_list_lines(titles, terminal_width())
    return "\n".join(["Print one with `auditor docs TOPIC`:", "", *lines, ""])
