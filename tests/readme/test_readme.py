"""The README and the manual show the program as it is, and the README stays short."""

import re
from pathlib import Path

import pytest

from auditor.cli.app import COMMAND_MODULES
from auditor.cli.docs import read_pages
from auditor.models.exit_codes import ExitCode
from tests.readme.generate import BLOCK, DOCS, PAGES, README, render_part
from tests.readme.outputs import CHECKOUT

TEXTS = {page: page.read_text(encoding="utf-8") for page in PAGES}
PARTS = [(page, match["name"]) for page, text in TEXTS.items() for match in BLOCK.finditer(text)]
COMMANDS = set(COMMAND_MODULES)
LINK = re.compile(r"\]\((?!https?:)(?P<path>[^)#]*)(?:#(?P<anchor>[^)]+))?\)")


def _anchors(page: Path) -> set[str]:
    """Return what links may name behind `#`: the headings, as GitHub spells them."""
    titles = re.findall(r"^#+ (.*)$", TEXTS[page], re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in titles}


@pytest.mark.parametrize(
    ("page", "name"), PARTS, ids=[f"{page.stem}-{name}" for page, name in PARTS]
)
def test_each_generated_part_is_current(page: Path, name: str) -> None:
    """If this fails: `python -m tests.readme.generate`, and read what changed."""
    (match,) = (match for match in BLOCK.finditer(TEXTS[page]) if match["name"] == name)
    assert match[0] == f"{match[1]}{render_part(name)}{match[3]}"


def test_no_page_has_a_part_twice() -> None:
    assert len(set(PARTS)) == len(PARTS)


def test_every_command_has_its_help_in_the_manual() -> None:
    assert {f"help {name}" for name in COMMANDS} <= {name for _, name in PARTS}


def test_every_command_has_a_real_output_in_the_manual() -> None:
    """The output of `demo` is that of the audit."""
    shown = {name.removeprefix("output ") for _, name in PARTS if name.startswith("output ")}
    assert COMMANDS - shown == {"demo"}


def test_the_table_of_commands_names_every_command() -> None:
    assert set(re.findall(r"^\| `auditor (\S+)` \|", TEXTS[README], re.MULTILINE)) == COMMANDS


def test_the_readme_can_be_read_in_ten_minutes() -> None:
    assert README.stat().st_size <= 20_000
    assert len(TEXTS[README].splitlines()) <= 350


def test_the_two_commands_are_on_one_line_each() -> None:
    """A newcomer copies two lines."""
    lines = [
        line.strip()
        for line in TEXTS[README].splitlines()
        if line.startswith("    python3 -m venv .venv")
    ]
    demo, tests = lines
    assert demo.endswith("auditor demo")
    assert "pytest" in tests


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_link_within_the_manual_leads_somewhere(page: Path) -> None:
    for link in LINK.finditer(TEXTS[page]):
        target = (page.parent / link["path"]).resolve() if link["path"] else page
        assert target.exists(), link[0]
        if link["anchor"]:
            assert link["anchor"] in _anchors(target), link[0]


def test_the_readme_links_to_every_page() -> None:
    linked = set(re.findall(r"\]\(auditor/docs/([\w-]+)\.md\)", TEXTS[README]))
    assert linked == set(read_pages()) == {page.stem for page in DOCS.glob("*.md")}


def test_every_path_in_the_architecture_exists() -> None:
    named = re.findall(
        r"`((?:auditor|tests|fixtures|wsdl)/[\w/.]*)`", TEXTS[DOCS / "architecture.md"]
    )
    assert named
    assert [path for path in named if not (CHECKOUT / path).exists()] == []


def test_the_exit_codes_are_the_same_in_the_readme_and_in_the_manual() -> None:
    tables = [
        re.findall(r"^\| (\d+) \| (.*) \|$", TEXTS[page], re.MULTILINE)
        for page in (README, DOCS / "report.md")
    ]
    assert tables[0] == tables[1]
    assert {int(code) for code, _ in tables[0]} == set(ExitCode)
