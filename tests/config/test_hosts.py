"""Hosts and ports as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.config.hosts import join_host_port, split_host_port


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("imp-a", ("imp-a", 8443)),
        ("IMP_a.example.test:1", ("IMP_a.example.test", 1)),
        ("10.0.0.1", ("10.0.0.1", 8443)),
        ("10.0.0.1:65535", ("10.0.0.1", 65535)),
        ("::1", ("::1", 8443)),
        ("[2001:db8::7]", ("2001:db8::7", 8443)),
        ("[2001:db8::7]:443", ("2001:db8::7", 443)),
        ("3com.example", ("3com.example", 8443)),
    ],
)
def test_a_host_may_carry_a_port(text: str, place: tuple[str, int]) -> None:
    assert split_host_port(text) == place


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":8443",
        "imp-a:",
        "imp-a:0",
        "imp-a:65536",
        "imp-a:+1",
        "imp-a:\u0661",
        "imp a",
        "imp-a\n",
        "-imp",
        "imp-",
        "imp..test",
        "imp.test.",
        "https://imp-a",
        "user@imp-a",
        "imp-a/axl",
        "imp-a?x",
        "imp-a#x",
        "10.1.1.300",
        "2130706433",
        "0x7f.1",
        "[imp-a]",
        "[::1",
        "[::1]x",
        "[::1]:",
        "::1:8443:zz",
        "fe80::1%eth0",
        "m\u00fcnchen.example",
        "a" * 64,
        ".".join(["a" * 60] * 5),
    ],
)
def test_what_cannot_be_dialled_or_would_change_a_url_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"host:port|from 1 to 65535"):
        split_host_port(text)


@given(st.ip_addresses() | st.from_regex(r"[a-z][a-z0-9]{0,9}(\.[a-z]{2,5})?", fullmatch=True))
def test_what_was_joined_can_be_split_again(host: object) -> None:
    assert split_host_port(join_host_port(str(host), 9443)) == (str(host), 9443)
