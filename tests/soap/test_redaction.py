"""A secret is found however it is written, and nothing else is touched."""

import base64
import html
import json
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from auditor.soap.redaction import Redactor

PASSWORD = "s3cr3t  & <\"more'> \u00e4\u20ac\U0001f511/+="

WAYS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "percent": quote,
    "percent, all of it": lambda text: "".join(f"%{byte:02x}" for byte in text.encode()),
    "percent of percent": lambda text: quote(quote(text, safe=""), safe=""),
    "form": quote_plus,
    "xml": html.escape,
    "xml, text only": lambda text: html.escape(text, quote=False),
    "xml twice": lambda text: html.escape(html.escape(text)),
    "decimal references": lambda text: "".join(f"&#{ord(sign):04};" for sign in text),
    "hexadecimal references": lambda text: "".join(f"&#x{ord(sign):X};" for sign in text),
    "json": lambda text: json.dumps(text)[1:-1],
    "json, twice": lambda text: json.dumps(json.dumps(text))[3:-3],
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 for addresses": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
    "base64, %-coded": lambda text: quote(base64.b64encode(text.encode()).decode(), safe=""),
    "base64 of a pair": lambda text: base64.b64encode(f"audit-ro:{text}".encode()).decode(),
    "hexadecimal": lambda text: text.encode().hex(),
    "hexadecimal, upper case": lambda text: text.encode().hex().upper(),
}
CODECS = ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")

printable = st.characters(min_codepoint=0x20, exclude_categories=("Cs", "Cc", "Zs"))
secrets = st.text(printable, min_size=4, max_size=24).filter(lambda text: set(text) != {"*"})
apart = st.text(st.characters(min_codepoint=0x430, max_codepoint=0x44F), max_size=9)
"""Letters that neither a secret below nor any way of writing one has."""


def _redactor(secret: str) -> Redactor:
    return Redactor([secret, f"audit-ro:{secret}"])


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("way", WAYS)
def test_a_secret_is_hidden_in_every_way_of_writing_it(way: str, codec: str) -> None:
    said = WAYS[way](PASSWORD)
    told = f"<a>{said}</a>".encode(codec)
    hidden, count = _redactor(PASSWORD).data(told)
    assert hidden == "<a>***</a>".encode(codec)
    assert count == 1


@settings(max_examples=25)
@given(secret=secrets, way=st.sampled_from(sorted(WAYS)), before=apart, after=apart)
def test_any_secret_is_hidden_and_what_stands_around_it_stays(
    secret: str, way: str, before: str, after: str
) -> None:
    secret = "".join(sign for sign in secret if not 0x430 <= ord(sign) <= 0x44F) or "s3cr3t"
    said = WAYS[way](secret)
    hidden = _redactor(secret).text(f"{before}{said}{after}")
    assert hidden == f"{before}***{after}"


@settings(max_examples=25)
@given(secret=secrets, mixed=st.lists(st.sampled_from(["plain", "percent, all of it", "xml"])))
def test_a_secret_of_which_every_sign_is_written_otherwise_is_hidden(
    secret: str, mixed: list[str]
) -> None:
    ways = [*mixed, *["hexadecimal references"] * len(secret)]
    said = "".join(WAYS[way](sign) for way, sign in zip(ways, secret, strict=False))
    assert _redactor(secret).text(f"<a>{said}</a>") == "<a>***</a>"


@settings(max_examples=25)
@given(secret=secrets, before=st.binary(max_size=5), after=st.binary(max_size=5))
def test_a_secret_inside_of_longer_base64_is_not_left_whole(
    secret: str, before: bytes, after: bytes
) -> None:
    assume(len(secret.encode()) >= 6)
    said = base64.b64encode(before + secret.encode() + after)
    hidden, count = _redactor(secret).data(said)
    assert count
    assert len(hidden) <= len(said) - 4 * len(secret.encode()) / 3 + 3 + 3


@settings(max_examples=25)
@given(data=st.binary(max_size=400), secret=secrets)
def test_any_bytes_can_be_redacted(data: bytes, secret: str) -> None:
    hidden, count = _redactor(secret).data(data)
    assert (hidden == data) == (count == 0)
    assert secret.encode() not in hidden


@settings(max_examples=25)
@given(secret=secrets, cut=st.integers(1), way=st.sampled_from(["plain", "base64", "xml"]))
def test_the_beginning_of_a_secret_where_data_broke_off_is_hidden(
    secret: str, cut: int, way: str
) -> None:
    said = WAYS[way](secret)
    begun = said[: 1 + cut % len(said)]
    hidden, count = _redactor(secret).beginning(f"\u0436{begun}".encode())
    assume(not begun.startswith("&") or ";" in begun)
    assert hidden.rstrip(b"=") == "\u0436***".encode()  # the padding of base64 tells nothing
    assert count == 1


def test_without_a_secret_nothing_changes() -> None:
    told = b"<ns1:ServiceName>Cisco AXL Web Service</ns1:ServiceName>" * 50
    assert _redactor(PASSWORD).data(told) == (told, 0)
    assert Redactor(["", ""]).data(told) == (told, 0)


def test_a_cookie_learnt_later_is_hidden_too() -> None:
    knowing = _redactor(PASSWORD).knowing(["C0FFEE/5E55=10"])
    encoded = base64.b64encode(b"C0FFEE/5E55=10").decode()
    told = f"{PASSWORD} C0FFEE/5E55=10 C0FFEE%2F5E55%3D10 {encoded}"
    assert knowing.text(told) == "*** *** *** ***"


def test_a_name_is_hidden_only_where_it_stands_alone() -> None:
    redactor = Redactor(["s3cr3t"], ["lab"])
    told = "user lab, LAB. (lab) lab:s3cr3t 'lab' lab.example.test imp.lab a-lab lab-2 labs"
    assert redactor.text(told) == (
        "user ***, ***. (***) ***:*** '***' lab.example.test imp.lab a-lab lab-2 labs"
    )
