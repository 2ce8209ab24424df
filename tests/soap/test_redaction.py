"""A secret is found in each spelling that a server may use, and nothing else is touched."""

import base64

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from lxml import etree

from auditor.redaction import Redactor, compile_secret
from tests.soap.spellings import SPELLINGS

PASSWORD = "s3cr3t  & <\"more'> \u00e4\u20ac\U0001f511/+="


printable = st.characters(min_codepoint=0x20, exclude_categories=("Cs", "Cc", "Zs"))
# A star would join the stars that stand for a secret, and look like the beginning of another.
secrets = st.text(printable, min_size=4, max_size=24).map(lambda text: text.replace("*", "-"))
apart = st.text(st.characters(min_codepoint=0x430, max_codepoint=0x44F), max_size=9)
"""Letters that neither a secret below nor any spelling of one has."""


def _redactor(secret: str) -> Redactor:
    return Redactor([secret, f"audit-ro:{secret}"])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-32"])
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_secret_is_hidden_in_every_spelling(spelling: str, encoding: str) -> None:
    data = f"<a>{SPELLINGS[spelling](PASSWORD)}</a>".encode(encoding)
    hidden, count = _redactor(PASSWORD).redact_bytes(data)
    assert hidden == "<a>***</a>".encode(encoding)
    assert count == 1


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252"])
def test_a_secret_is_hidden_in_a_page_that_is_not_utf_8(encoding: str) -> None:
    data = "<p>gr\u00fc\u00dfe, M\u00fcller</p>".encode(encoding)
    assert Redactor(["M\u00fcller"]).redact_bytes(data) == (
        "<p>gr\u00fc\u00dfe, ***</p>".encode(encoding),
        1,
    )


def test_a_secret_is_hidden_as_xml_writers_escape_it() -> None:
    element = etree.Element("a", was=PASSWORD)
    element.text = PASSWORD
    hidden, count = _redactor(PASSWORD).redact_bytes(etree.tostring(element))
    assert (hidden, count) == (b'<a was="***">***</a>', 2)


@settings(max_examples=25)
@given(secret=secrets, spelling=st.sampled_from(sorted(SPELLINGS)), before=apart, after=apart)
def test_any_secret_is_hidden_and_the_text_around_it_stays(
    secret: str, spelling: str, before: str, after: str
) -> None:
    secret = "".join(sign for sign in secret if not 0x430 <= ord(sign) <= 0x44F) or "s3cr3t"
    assume(spelling != "upper case" or secret.upper().lower() == secret.lower())
    text = f"{before}{SPELLINGS[spelling](secret)}{after}"
    assert _redactor(secret).redact_text(text) == f"{before}***{after}"


@settings(max_examples=25)
@given(secret=secrets, mixed=st.lists(st.sampled_from(["plain", "percent, all of it", "html"])))
def test_a_secret_with_every_character_escaped_is_hidden(secret: str, mixed: list[str]) -> None:
    chosen = [*mixed, *["hexadecimal references"] * len(secret)]
    said = "".join(SPELLINGS[way](sign) for way, sign in zip(chosen, secret, strict=False))
    assert _redactor(secret).redact_text(f"<a>{said}</a>") == "<a>***</a>"


@settings(max_examples=25)
@given(data=st.binary(max_size=400), secret=secrets)
def test_any_bytes_can_be_redacted(data: bytes, secret: str) -> None:
    hidden, count = _redactor(secret).redact_bytes(data)
    assert (hidden == data) == (count == 0)
    assert secret.encode() not in hidden


@settings(max_examples=25)
@given(secret=secrets, cut=st.integers(4), spelling=st.sampled_from(["plain", "base64", "html"]))
def test_the_beginning_of_a_secret_where_data_broke_off_is_hidden(
    secret: str, cut: int, spelling: str
) -> None:
    said = SPELLINGS[spelling](secret).rstrip("=")
    assume(len(said) > 3)
    begun = said[: 4 + cut % (len(said) - 3)]
    hidden, count = _redactor(secret).redact_beginning(f"\u0436{begun}".encode())
    assert hidden == "\u0436***".encode()
    assert count == 1


def test_without_a_secret_nothing_changes() -> None:
    data = b"<ns1:ServiceName>Cisco AXL Web Service</ns1:ServiceName>" * 50
    assert _redactor(PASSWORD).redact_bytes(data) == (data, 0)
    assert Redactor(["", ""]).redact_bytes(data) == (data, 0)


def test_a_cookie_received_later_is_hidden_too() -> None:
    redactor = _redactor(PASSWORD).with_secrets(["C0FFEE/5E55=10"])
    encoded = base64.b64encode(b"C0FFEE/5E55=10").decode()
    text = f"{PASSWORD} C0FFEE/5E55=10 C0FFEE%2F5E55%3D10 {encoded}"
    assert redactor.redact_text(text) == "*** *** *** ***"


@pytest.mark.parametrize("secret", ["pass phrase", ' "x', "\\\\'' z", "a+ b"])
@pytest.mark.parametrize("run", [" ", "\\", "+", "'", '"', "&amp;", "&#0", "%25", "\\u{0", "a "])
def test_a_server_cannot_make_a_search_last(secret: str, run: str) -> None:
    """A text that nearly has a secret in it is read once, however long it is."""
    text = f"{secret[:-1]}{run * 20_000}!"
    assert _redactor(secret).redact_text(text) == text


def test_a_name_is_hidden_only_as_a_whole_word() -> None:
    redactor = Redactor(["s3cr3t"], ["lab"])
    text = "user lab, LAB. (lab) lab:s3cr3t 'lab' lab.example.test imp.lab a-lab lab-2 labs"
    assert redactor.redact_text(text) == (
        "user ***, ***. (***) ***:*** '***' lab.example.test imp.lab a-lab lab-2 labs"
    )


@pytest.mark.parametrize("said", ["\u0130\u017f\u212a-12", "\u0131\u017fk-12", "ISK-12"])
def test_a_letter_outside_ascii_counts_as_another_case_where_re_says_so(said: str) -> None:
    assert Redactor(["isk-12"]).redact_text(f"<{said}>") == "<***>"


@settings(max_examples=25)
@given(secret=secrets, spelling=st.sampled_from(sorted(SPELLINGS)))
def test_the_cheap_test_misses_no_secret(secret: str, spelling: str) -> None:
    """It is asked of a whole reply, so its text stands there as XML spells it."""
    element = etree.Element("a", was=SPELLINGS[spelling](secret))
    text = etree.tostring(element, encoding="unicode")
    assert _redactor(secret).may_find_secret(text) or not _redactor(secret).has_secret(text)


def test_a_reply_without_secret_costs_no_pattern() -> None:
    """Each session has its own cookie, and its pattern takes longer than to read a reply."""
    redactor = _redactor("a-secret-of-this-test").with_secrets(["0123456789ABCDEF"])
    made = compile_secret.cache_info().misses
    assert not redactor.may_find_secret("<Name>\\\\imp1\\Cisco XCP Router\\Sessions</Name>")
    assert redactor.redact_text("Cisco XCP Router") == "Cisco XCP Router"
    assert compile_secret.cache_info().misses == made
