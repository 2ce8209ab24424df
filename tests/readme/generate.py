"""Writes what the README and the manual show of the program: help, real outputs, tables.

    python -m tests.readme.generate

Each part is between `<!-- begin: NAME -->` and `<!-- end -->`. A test compares it with the program.
"""

import re

from tests.readme.outputs import BRIEF_OUTPUTS, CHECKOUT, OUTPUTS, read_help
from tests.readme.tables import EXAMPLES, TABLES

README = CHECKOUT / "README.md"
DOCS = CHECKOUT / "auditor" / "docs"
PAGES = (README, *sorted(DOCS.glob("*.md")), EXAMPLES / "README.md")

BLOCK = re.compile(r"(<!-- begin: (?P<name>[^>]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def regenerate(text: str) -> str:
    """Return a page with every generated part as it is now."""
    return BLOCK.sub(lambda m: f"{m[1]}{render_part(m['name'])}{m[3]}", text)


def render_part(name: str) -> str:
    """Return one generated part, in the fences that it needs."""
    kind, _, rest = name.partition(" ")
    if kind == "help":
        return fenced(read_help(rest))
    if kind == "output":
        return fenced(OUTPUTS[rest]())
    if kind == "brief":
        return fenced(BRIEF_OUTPUTS[rest]())
    return TABLES[name]()


def fenced(text: str) -> str:
    """Return a text as a Markdown code block."""
    return f"```text\n{text.rstrip()}\n```\n"


if __name__ == "__main__":
    for page in PAGES:
        page.write_text(regenerate(page.read_text(encoding="utf-8")), encoding="utf-8")
