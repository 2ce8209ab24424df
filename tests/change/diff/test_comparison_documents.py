"""A comparison as Markdown and as a page: whole documents, and names that stay names."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lxml import html
from markdown_it import MarkdownIt

from auditor import __version__
from auditor.change.diff.document import render_comparison_markdown
from auditor.change.diff.page import render_comparison_page
from tests.change.diff.comparisons import COMPARISONS, unexpected

GOLDEN = Path(__file__).parent / "golden"
READER = MarkdownIt("commonmark").enable("table")
HOSTILE = (
    "<script>alert(1)</script>",
    "a | b",
    "[x](https://evil.example)",
    "`code` ``",
    '" onmouseover="alert(1)',
    "# heading\n\n- [ ] item",
)


@pytest.mark.parametrize("name", COMPARISONS)
def test_whole_markdown(name: str, compare_golden: Callable[[Path, str], None]) -> None:
    text = render_comparison_markdown(COMPARISONS[name]())
    compare_golden(GOLDEN / f"{name}.md", text.replace(f"auditor {__version__}", "auditor VERSION"))


@pytest.mark.parametrize("name", COMPARISONS)
def test_whole_page(name: str, compare_golden: Callable[[Path, str], None]) -> None:
    page = render_comparison_page(COMPARISONS[name]())
    text = page.replace(f"auditor {__version__}", "auditor VERSION")
    # The report's own golden pages hold the style.
    text = re.sub(r"<style>.*?</style>", "<style>...</style>", text, flags=re.DOTALL)
    text = re.sub(r"sha256-[^&]*", "sha256-...", text)
    compare_golden(GOLDEN / f"{name}.html", text)


def test_every_difference_is_in_both_documents() -> None:
    """A shorter view would hide what differs."""
    comparison = unexpected()
    markdown = render_comparison_markdown(comparison)
    inline = [t for t in READER.parse(markdown) if t.type == "inline"]
    read = "\n".join("".join(child.content for child in t.children or ()) for t in inline)
    shown: Any = html.fromstring(render_comparison_page(comparison))
    page = " ".join(shown.text_content().split())
    for difference in comparison.differences:
        text = difference.text.replace("`", "")
        assert text in page
        assert text in read.replace("&#124;", "|")


def test_what_follows_is_nested_under_its_event() -> None:
    """Readers of Markdown show it as a list in a list."""
    depths = {}
    depth = 0
    for token in READER.parse(render_comparison_markdown(unexpected())):
        depth += {"list_item_open": 1, "list_item_close": -1}.get(token.type, 0)
        if token.type == "inline":
            depths[token.content] = depth
    assert {d for text, d in depths.items() if text.startswith("so ")} == {2}
    assert {d for text, d in depths.items() if "was started, is stopped. (worse)" in text} == {1}


@pytest.mark.parametrize("name", COMPARISONS)
def test_confirmations_have_a_place_for_name_and_time(name: str) -> None:
    """What is not as expected needs an explanation as well."""
    text = render_comparison_markdown(COMPARISONS[name]())
    boxes = [line for line in text.splitlines() if line.startswith("- [ ] ")]
    assert all(line.endswith("Name: __________ Time: __________") for line in boxes)
    assert len(boxes) == (1 if name == "as-expected" else 2)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_text(name: str) -> None:
    """In both documents, as cluster and as node."""
    comparison = unexpected(name, name)
    tokens = READER.parse(render_comparison_markdown(comparison))
    children = {child.type for token in tokens for child in token.children or ()}
    assert children <= {"text", "code_inline", "strong_open", "strong_close"}
    assert not [token for token in tokens if token.type == "html_block"]
    plain = READER.parse(render_comparison_markdown(unexpected()))
    assert [t.type for t in tokens if t.block] == [t.type for t in plain if t.block]
    page = html.fromstring(render_comparison_page(comparison))
    assert not page.xpath("//script | //*[@onmouseover] | //img | //a[not(@class='skip')]")
