"""The README is the manual, so what it shows of the program is held to the program."""

import pytest
from typer.main import get_group

from auditor.cli import app
from tests.readme.generate import BLOCK, README, part

TEXT = README.read_text(encoding="utf-8")
PARTS = {match["name"]: match for match in BLOCK.finditer(TEXT)}


@pytest.mark.parametrize("name", sorted(PARTS))
def test_each_generated_part_is_current(name: str) -> None:
    """If this fails: `python -m tests.readme.generate`, and read what changed."""
    match = PARTS[name]
    assert match[0] == f"{match[1]}{part(name)}{match[3]}"


def test_every_command_has_its_help_in_the_manual() -> None:
    """A command that the manual leaves out is a command that nobody finds."""
    commands = get_group(app).commands
    assert {f"help {name}" for name in commands} <= set(PARTS)


def test_the_two_commands_stand_on_one_line_each() -> None:
    """A newcomer copies two lines."""
    lines = [line.strip() for line in TEXT.splitlines() if line.startswith("    python3 -m venv")]
    demo, tests = lines
    assert demo.endswith("auditor demo")
    assert "pytest" in tests
