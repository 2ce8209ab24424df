"""The waiver file: what it may say, and the whole text that the author of a bad one reads."""

from datetime import date
from pathlib import Path

import pytest

from auditor.errors import ConfigError
from auditor.waivers.load import WaiverRule, load_waiver_file, parse_waivers

CASES = Path(__file__).parent / "cases"
KNOWN = ("SIP-01", "XMPPFED-02", "AXL-01")
NAME = Path("somewhere/waivers.toml")
GOOD = """
[[waiver]]
recommendation = "XMPPFED-02"
cluster = "lab"
subject = "imp-sub.example.test"
reason = "Moves with change 4711."
owner = "uc-team"
expires = 2026-12-31
"""


def test_a_block_becomes_a_rule_with_its_place() -> None:
    second = GOOD.replace("XMPPFED-02", "SIP-01")
    assert parse_waivers(GOOD + second, NAME, KNOWN)[1] == WaiverRule(
        recommendation="SIP-01",
        cluster="lab",
        subject="imp-sub.example.test",
        reason="Moves with change 4711.",
        owner="uc-team",
        expires=date(2026, 12, 31),
        place="waivers.toml, waiver 2",
    )


def test_an_empty_file_waives_nothing() -> None:
    assert parse_waivers("# none yet\n", NAME, KNOWN) == ()


@pytest.mark.parametrize("case", sorted(CASES.glob("*.toml")), ids=lambda path: path.stem)
def test_every_mistake_is_reported_at_once(case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(CASES)
    with pytest.raises(ConfigError) as refused:
        load_waiver_file(Path(case.name), KNOWN)
    assert f"{refused.value}\n" == case.with_suffix(".txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("key", ["recommendation", "cluster", "subject", "reason", "owner"])
def test_a_waiver_without_one_of_its_keys_is_refused(key: str) -> None:
    content = "\n".join(line for line in GOOD.splitlines() if not line.startswith(key))
    with pytest.raises(ConfigError, match=f"waiver 1: key `{key}`: missing$"):
        parse_waivers(content, NAME, KNOWN)


def test_a_waiver_without_an_end_is_refused_with_an_example() -> None:
    content = GOOD.replace("expires = 2026-12-31", "")
    with pytest.raises(ConfigError, match=r"`expires`: missing; .* expires = 2026-12-31"):
        parse_waivers(content, NAME, KNOWN)


@pytest.mark.parametrize("day", ["2026-02-31", "2026-13-01", "31.12.2026", "2026-02-31T00:00:00"])
def test_a_day_that_does_not_exist_is_reported_with_its_waiver_and_key(day: str) -> None:
    content = GOOD + GOOD.replace("XMPPFED-02", "SIP-01").replace("2026-12-31", f"{day}  # soon")
    with pytest.raises(ConfigError) as refused:
        parse_waivers(content, NAME, KNOWN)
    assert str(refused.value) == (
        f"somewhere/waivers.toml: waiver 2: key `expires`: {day} is not a date; write one such as "
        "expires = 2026-12-31, without quotes and without a time"
    )


def test_another_mistake_of_toml_is_reported_with_its_line() -> None:
    with pytest.raises(ConfigError, match=r"is not TOML: .*line 4"):
        parse_waivers(GOOD.replace('"lab"', "lab"), NAME, KNOWN)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.toml: cannot be read: No such file"):
        load_waiver_file(tmp_path / "nowhere.toml", KNOWN)


def test_a_file_that_is_not_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "waivers.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="is not UTF-8 text"):
        load_waiver_file(tmp_path / "waivers.toml", KNOWN)


def test_a_byte_order_mark_is_ignored(tmp_path: Path) -> None:
    (tmp_path / "waivers.toml").write_text(GOOD, encoding="utf-8-sig")
    assert len(load_waiver_file(tmp_path / "waivers.toml", KNOWN)) == 1


def test_endless_nesting_is_a_mistake() -> None:
    with pytest.raises(ConfigError, match="nested too deeply"):
        parse_waivers("a = " + "[" * 100_000, NAME, KNOWN)


def test_content_of_the_file_cannot_break_the_line_that_reports_it() -> None:
    content = GOOD.replace("XMPPFED-02", "\\u001b[31m\\nAXL")
    with pytest.raises(ConfigError) as refused:
        parse_waivers(content, NAME, KNOWN)
    assert all(line.isprintable() for line in refused.value.problems)
