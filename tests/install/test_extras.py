"""Advice on a missing extra is the command of the installer that made this environment."""

import sys
from pathlib import Path

import pytest

from auditor.extras import ADD_EXTRA_COMMANDS, Extra, missing_extra_text


@pytest.mark.parametrize(
    ("mark", "command"),
    [
        ("pipx_metadata.json", 'pipx inject auditor "auditor[lab]"'),
        ("uv-receipt.toml", f'uv pip install --python "{sys.executable}" "auditor[lab]"'),
        ("pyvenv.cfg", f'"{sys.executable}" -m pip install "auditor[lab]"'),
    ],
)
def test_the_advice_fits_the_installer(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, mark: str, command: str
) -> None:
    (tmp_path / mark).touch()
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    assert missing_extra_text("the simulator needs", Extra.LAB) == (
        f"the simulator needs the extra `lab`. Add it: {command}"
    )


def test_the_manual_has_the_same_commands() -> None:
    page = (Path(__file__).parents[2] / "auditor/docs/first-steps.md").read_text("utf-8")
    for template in ADD_EXTRA_COMMANDS.values():
        assert template.format(extra="lab", python="PYTHON") in page
