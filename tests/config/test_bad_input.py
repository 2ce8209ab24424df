"""A configuration file with mistakes: the whole text that its author gets to read."""

from pathlib import Path

import pytest

from auditor.config.loader import load_configuration
from auditor.errors import ConfigError

CASES = Path(__file__).parent / "cases"


@pytest.mark.parametrize("case", sorted(CASES.glob("*.toml")), ids=lambda path: path.stem)
def test_every_mistake_is_reported_at_once(case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(CASES)

    with pytest.raises(ConfigError) as refused:
        load_configuration(Path(case.name))
    told = f"{refused.value}\n".replace(str(CASES), "FOLDER")
    assert told == case.with_suffix(".txt").read_text(encoding="utf-8")
