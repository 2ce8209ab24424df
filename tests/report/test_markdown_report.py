"""The Markdown report: whole pages, and names that stay names in every reader."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from auditor import __version__
from auditor.models.report import Report
from auditor.report import markdown
from auditor.report.code_marks import CODE_PATTERN
from auditor.report.markdown_text import escape_markdown, format_code
from auditor.text import printable
from tests.report import samples, shapes

GOLDEN = Path(__file__).parent / "golden"
READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
OURS = {"text", "code_inline", "strong_open", "strong_close", "softbreak"}


def inline(text: str) -> Iterator[Token]:
    for token in READER.parse(text):
        yield from token.children or ()


def shown_text(text: str) -> str:
    """Return what a reader sees of a text."""
    return "".join(token.content for token in inline(text))


def as_read(text: str) -> str:
    """Return what a reader should see: code without the marks around it."""
    return CODE_PATTERN.sub(r"\1", printable(text))


@pytest.mark.parametrize("shape", shapes.GOLDEN)
def test_whole_page(shape: str, compare_golden: Callable[[Path, str], None]) -> None:
    text = markdown.render(shapes.sample(shape)).replace(
        f"auditor {__version__}", "auditor VERSION"
    )
    compare_golden(GOLDEN / f"{shape}.md", text)


@pytest.mark.parametrize("shape", [*shapes.SHAPES, "largest"])
def test_no_report_holds_a_link_an_image_or_html(shape: str) -> None:
    page = markdown.render(shapes.sample(shape))
    assert {token.type for token in inline(page)} <= OURS
    assert not [token for token in READER.parse(page) if token.type == "html_block"]


ATTACKS = (
    "<script>alert(1)</script>",
    "[text](https://evil.example)",
    "![x](https://evil.example/x.png)",
    "a | b |",
    "`code` ``",
    "**bold** _it_ ~~gone~~",
    "# heading",
    "- item",
    "1. item",
    "a\n\n---\n\nb",
    "&lt;b&gt;",
    "https://evil.example @admin :tada: #12",
    "\\",
    "a\\|b",
    "|---|",
    "`a|b`",
)


@pytest.mark.parametrize("attack", ATTACKS)
def test_hostile_text_is_rendered_literally(attack: str) -> None:
    assert shown_text(f"- observed: {escape_markdown(attack)}") == f"observed: {as_read(attack)}"


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_hostile_name_stays_in_its_cell(attack: str) -> None:
    report = Report(samples.RUN, (samples.mixed_cluster(attack),))
    tokens = READER.parse(markdown.render(report))
    assert sum(token.type == "td_open" for token in tokens) == 12
    assert sum(token.type == "heading_open" for token in tokens) == 6


@given(st.text())
@example("`")
@example("\\`")
@example("`a` `b`")
@example("@ `a`:b:")
@example("(`a`)")
@example("x (`a`). `b")
def test_any_text_is_rendered_literally(text: str) -> None:
    assert shown_text(f"x {escape_markdown(text)} x") == f"x {as_read(text)} x"
    assert {token.type for token in inline(f"x {escape_markdown(text)}")} <= OURS


@pytest.mark.parametrize(
    "start", ["- a", "+ a", "# a", "> a", "1. a", "2) a", "===", "---", "    a"]
)
@given(rest=st.text())
def test_any_text_that_begins_a_line_is_a_paragraph(start: str, rest: str) -> None:
    page = escape_markdown(start + rest)
    assert [token.type for token in READER.parse(page)][:1] == ["paragraph_open"]
    assert shown_text(page) == as_read(start + rest)


@given(st.text(min_size=1))
@example("`")
@example("|`|")
@example("a\\|b")
@example("| ` |")
def test_any_name_is_code_in_one_cell(text: str) -> None:
    shown = printable(text)
    page = f"| a | b |\n| --- | --- |\n| {format_code(text)} | c |\n"
    name, last = [t.children or [] for t in READER.parse(page) if t.type == "inline"][2:]
    assert [token.content for token in last] == ["c"]
    assert "".join(token.content for token in name) == shown.strip()
    assert all(t.type == "code_inline" or not t.content.strip("| ") for t in name)


def test_a_key_or_command_in_a_sentence_is_code() -> None:
    text = "`chat` is true (`utils ha status` tells); `a|b`, x`y` and `z`s are text."
    assert escape_markdown(text) == (
        "`chat` is true (`utils ha status` tells); \\`a&#124;b\\`, x\\`y\\` and \\`z\\`s are text."
    )


@pytest.mark.parametrize("word", ["@admin", "https://x.example", "www.x.example", ":tada:", "#12"])
def test_addresses_are_code_and_no_links(word: str) -> None:
    assert f"`{word}`" in escape_markdown(f"see {word} now")


def test_history_adds_changes_and_ages() -> None:
    page = markdown.render(samples.remembered())
    moved = "1 difference is new, 1 still there, 1 resolved. 1 earlier difference"
    assert f"Since the run of 2026-02-28T02:00:00Z: {moved} is unknown now.\n" in page
    assert "  - since: 3 days, 4 runs (first seen 2026-02-26T02:00:00Z)" in page


def test_an_insecure_run_is_named_first() -> None:
    report = replace(samples.compliant(), run=replace(samples.RUN, insecure=True))
    assert markdown.render(report).index("--insecure") < markdown.render(report).index("Exit code")
