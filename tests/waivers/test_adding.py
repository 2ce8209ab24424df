"""A waiver that is added changes nothing else in its file."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.errors import ConfigError
from auditor.waivers.add import add_waiver, check_end
from auditor.waivers.load import WaiverRule, load_waiver_file, parse_waivers

IDS = ("RPT-02", "SIP-01")
RULE = WaiverRule("RPT-02", "lab", "imp2", "why", "me", date(2026, 12, 31), place="")

FILES = {
    "empty": b"",
    "comments": b"# ours\n\n# until the upgrade\n",
    "windows": b"# ours\r\n",
    "byte order mark": b"\xef\xbb\xbf# ours\n",
    "no end of line": b"# ours",
    "another waiver": b"""[[waiver]]   # first
expires = 2026-12-31
recommendation='SIP-01'
cluster="lab"
subject="imp1"
reason = "a"
owner="b" # theirs""",
}


@pytest.mark.parametrize("before", FILES.values(), ids=FILES)
def test_every_earlier_byte_stays(tmp_path: Path, before: bytes) -> None:
    path = tmp_path / "waivers.toml"
    path.write_bytes(before)
    added = add_waiver(path, RULE, IDS)
    after = path.read_bytes()
    assert after.startswith(before)
    assert (b"\r\n" in before) == (b"\r\n" in after)
    assert load_waiver_file(path, IDS)[-1] == added
    assert added.scope == RULE.scope


def test_a_file_that_is_not_there_is_made(tmp_path: Path) -> None:
    assert add_waiver(tmp_path / "new.toml", RULE, IDS).place == "new.toml, waiver 1"


@pytest.mark.parametrize(
    "before",
    ["[[waiver]]\nowner = 3\n", "waiver = []\n", "not toml", "waiver = 1\n"],
)
def test_a_file_that_cannot_take_it_stays_as_it_is(tmp_path: Path, before: str) -> None:
    path = tmp_path / "waivers.toml"
    path.write_text(before)
    with pytest.raises(ConfigError, match=r"waivers\.toml"):
        add_waiver(path, RULE, IDS)
    assert path.read_text() == before


def test_the_same_finding_is_not_waived_twice(tmp_path: Path) -> None:
    path = tmp_path / "waivers.toml"
    add_waiver(path, RULE, IDS)
    before = path.read_bytes()
    with pytest.raises(ConfigError, match="waived there already, until 2026-12-31 by me"):
        add_waiver(path, RULE, IDS)
    assert path.read_bytes() == before


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20))
def test_what_is_written_is_what_is_read(text: str) -> None:
    """Or the loader refuses it."""
    from auditor.waivers.add import render_waiver

    rule = WaiverRule("RPT-02", "lab", text, text, text, date(2026, 12, 31), place="")
    try:
        (read,) = parse_waivers(render_waiver(rule), Path("w"), IDS)
    except ConfigError:
        return
    assert (read.subject, read.reason, read.owner) == (text, text, text)


@pytest.mark.parametrize("end", ["2026-02-28", "2028-12-31"])
def test_an_end_in_the_past_or_far_away_is_refused(end: str) -> None:
    with pytest.raises(ConfigError, match="--until"):
        check_end(date.fromisoformat(end), date(2026, 3, 1))
