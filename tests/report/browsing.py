"""What tests of pages in a browser share: the browser, widths, and looks for faults of layout."""

import shutil
from collections.abc import Callable

import pytest
from playwright.sync_api import Page

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
BROWSER = next((path for name in _NAMES if (path := shutil.which(name))), None)
QUIETLY = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""Options without which a browser asks the network, or needs what a container lacks."""

needs_browser = pytest.mark.skipif(
    BROWSER is None, reason=f"no browser: none of {', '.join(_NAMES)} is installed"
)

WIDTHS = (400, 900, 1600)
Show = Callable[..., Page]
"""Opens a report as a page; a width, dark or without scripts."""


CUT = """() => [...document.querySelectorAll("body *")].filter(element => {
  if (element.closest(".vh, .scroll, option, svg")) return false;
  const box = element.getBoundingClientRect();
  const hides = getComputedStyle(element).overflowX !== "visible";
  return box.width && (box.right > innerWidth + 1 || box.left < -1 && !element.matches(".skip")
    || hides && element.scrollWidth > element.clientWidth + 1);
}).map(element => element.outerHTML.slice(0, 120))"""
"""Elements that stick out or hide part of themselves; what scrolls on its own does neither."""


OVERLAPS = """() => {
  const shown = [...document.querySelectorAll("main *, footer *")].filter(element =>
    element.checkVisibility() && !element.closest(".vh, .scroll > *, svg, select, .filter") &&
    [...element.childNodes].some(child => child.nodeType === 3 && child.data.trim()));
  const boxes = shown.map(element => element.getBoundingClientRect());
  const pairs = [];
  for (let one = 0; one < shown.length; one++)
    for (let other = one + 1; other < shown.length; other++) {
      const [a, b] = [boxes[one], boxes[other]];
      const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      const inline = [shown[one], shown[other]].some(
        element => getComputedStyle(element).display.startsWith("inline"));
      if (wide > 1 && high > 2 && !inline && !shown[one].contains(shown[other]))
        pairs.push([shown[one].outerHTML.slice(0, 80), shown[other].outerHTML.slice(0, 80)]);
    }
  return pairs;
}"""
"""Blocks of text that lie on one another."""


BROKEN = """() => [...document.querySelectorAll("th, td")].flatMap(cell => {
  const walker = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
  const broken = [];
  for (let node = walker.nextNode(); node; node = walker.nextNode())
    for (const word of node.data.matchAll(/[^\\s-]+/g)) {
      const range = document.createRange();
      range.setStart(node, word.index);
      range.setEnd(node, word.index + word[0].length);
      if (range.getClientRects().length > 1) broken.push(word[0]);
    }
  return broken;
})"""
"""Words in tables that are broken in the middle, not at a hyphen."""


def measure_width(page: Page, width: int) -> int:
    """Return how wide the page is in a window of a width."""
    page.set_viewport_size({"width": width, "height": 900})
    wide: int = page.evaluate("document.documentElement.scrollWidth")
    return wide


def shown_heads(page: Page) -> list[str]:
    """Return the headings of the blocks that the filter shows."""
    heads = page.locator("article.block:visible h4").all_text_contents()
    return [" ".join(head.split()) for head in heads]
