"""A fingerprint is added to the file, and every other sign of it stays."""

import difflib
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.config.pins import add_pin, parse_fingerprint, render_pin_block
from auditor.errors import ConfigError

NODE = "imp1.lab.test"
PIN = ":".join(["AB"] * 32)
OLD = ":".join(["CD"] * 32)

COMMENTED = """\
# Everything about the lab.
[defaults]
username = "audit-ro"   # the account

[[cluster]]  # the first
name = "lab"
cucm_publisher = "cucm.lab.test"
# legacy_tls = true

# Where they are reached:
[cluster.addresses]
"imp1.lab.test" = '127.0.0.1:18443' # tunnel

# The second one.
[[cluster]]
name = "East"
cucm_publisher = "cucm.east.test"

[cluster.deployment]
chat = true
"""


def _added(before: str, after: str) -> list[str]:
    """Return the lines that came; none may have gone."""
    changes = list(difflib.ndiff(before.splitlines(), after.splitlines()))
    assert not [line for line in changes if line.startswith("- ")]
    return [line[2:] for line in changes if line.startswith("+ ")]


def _pins(text: str, cluster: int = 0) -> object:
    return tomllib.loads(text)["cluster"][cluster]["pins"]


def test_a_new_table_follows_the_keys_of_its_cluster() -> None:
    after = add_pin(COMMENTED, "lab", NODE, PIN)
    assert _added(COMMENTED, after) == ["", "[cluster.pins]", f'"{NODE}" = ["{PIN}"]']
    assert after.index("# legacy_tls") < after.index("[cluster.pins]")
    assert after.index("[cluster.pins]") < after.index("# Where they are reached:")
    assert _pins(after) == {NODE: [PIN]}


def test_the_cluster_is_found_case_apart_and_no_other_is_touched() -> None:
    after = add_pin(COMMENTED, "EAST", NODE, PIN)
    assert sorted(_added(COMMENTED, after)) == ["", f'"{NODE}" = ["{PIN}"]', "[cluster.pins]"]
    assert _pins(after, 1) == {NODE: [PIN]}
    assert "pins" not in tomllib.loads(after)["cluster"][0]


def test_a_further_pin_is_added_to_the_old_one() -> None:
    text = f'[[cluster]]\nname = "lab"\n[cluster.pins]\n"IMP1.lab.test" = ["{OLD}"] # RSA\n'
    after = add_pin(text, "lab", NODE, PIN)
    assert _pins(after) == {"IMP1.lab.test": [OLD, PIN]}
    assert "# RSA" in after


def test_a_single_pin_becomes_a_list() -> None:
    text = f'[[cluster]]\nname = "lab"\n[cluster.pins]\n"{NODE}" = "{OLD}" # RSA\n'
    after = add_pin(text, "lab", NODE, PIN)
    assert _pins(after) == {NODE: [OLD, PIN]}


def test_old_pins_are_replaced_only_when_asked() -> None:
    text = f'[[cluster]]\nname = "lab"\n[cluster.pins]\n"{NODE}" = ["{OLD}"]\nother = ["{OLD}"]\n'
    after = add_pin(text, "lab", NODE, PIN, replace=True)
    assert _pins(after) == {NODE: [PIN], "other": [OLD]}


@pytest.mark.parametrize(
    "text",
    [
        '[[cluster]]\nname = "lab"',
        '[[cluster]]\r\nname = "lab"\r\n\r\n[cluster.deployment]\r\nchat = true\r\n',
        'cluster = [{ name = "lab", cucm_publisher = "c" }] # in one line\n',
        f'[[cluster]]\nname = "lab"\npins."other" = ["{OLD}"]\n',
        f'[[cluster]]\nname = "lab"\npins = {{ other = ["{OLD}"] }}\n',
        '[[cluster]]\nname = "lab"\nplanned_nodes = [\n  "a", # one\n  # two\n]\n',
        '[[ cluster ]]\nname = "lab"\nusername = """\\\n[[cluster]]"""\n[cluster.addresses]\n',
        '[[cluster]]\nname = "lab"\n# [[cluster]]\n# name = "old"\n',
        "[[cluster]]\nname = 'lab'\n[[cluster.node]]\nname = 'a'\n[cluster.pins]\n",
        '\ufeff[[cluster]]\nname = "lab"\n'.removeprefix("\ufeff"),
    ],
)
def test_any_layout_keeps_its_comments_and_its_meaning(text: str) -> None:
    after = add_pin(text, "lab", NODE, PIN)
    expected = tomllib.loads(text)
    expected["cluster"][0].setdefault("pins", {})[NODE] = [PIN]
    assert tomllib.loads(after) == expected
    for line in text.splitlines():
        assert line.partition("#")[2] in after


def test_windows_line_ends_stay() -> None:
    text = '[[cluster]]\r\nname = "lab"\r\n'
    assert "\n" not in add_pin(text, "lab", NODE, PIN).replace("\r\n", "")


@given(
    st.lists(
        st.sampled_from(
            [
                "# a remark",
                "",
                "[cluster.addresses]",
                '"x.test" = "10.0.0.1"',
                "[[cluster.node]]",
                'name = "n"',
                "[cluster.deployment]",
                "chat = true",
                '[[cluster]]\nname = "other"',
            ]
        ),
        max_size=8,
    )
)
def test_whatever_follows_means_what_it_meant(lines: list[str]) -> None:
    text = "\n".join(['[[cluster]]\nname = "lab"', *lines])
    try:
        expected = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    if expected["cluster"][0]["name"] != "lab":
        return
    expected["cluster"][0]["pins"] = {NODE: [PIN]}
    after = add_pin(text, "lab", NODE, PIN)
    assert tomllib.loads(after) == expected
    assert after.count("# a remark") == text.count("# a remark")


def test_the_block_to_paste_is_the_one_that_is_written() -> None:
    assert render_pin_block(NODE, PIN) == f'[cluster.pins]\n"{NODE}" = ["{PIN}"]\n'


@pytest.mark.parametrize(
    "written",
    [PIN, PIN.lower(), PIN.replace(":", ""), f"SHA256:{PIN}", f"sha256 Fingerprint={PIN}"],
)
def test_a_fingerprint_is_read_however_it_is_written(written: str) -> None:
    assert parse_fingerprint(written) == PIN


@pytest.mark.parametrize("written", ["", "AB", "AB:" * 20, "zz" * 32])
def test_what_is_no_fingerprint_is_refused(written: str) -> None:
    with pytest.raises(ConfigError, match=r"SHA-256|one line"):
        parse_fingerprint(written)
