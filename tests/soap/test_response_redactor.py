"""What is hidden in a server's reply, and what must stay as it came."""

import base64

import pytest
from lxml import etree

from auditor.credentials import Credentials, Secret
from auditor.soap.messages import Endpoint
from auditor.soap.redaction import RedactionWarnings, ResponseRedactor

PASSWORD = "Kj7#mQ2!vX9p"
THERE = Endpoint(
    "imp1.lab.test",
    "192.0.2.7",
    8443,
    "imp1.lab.test",
    other_names=frozenset({"imp2.lab.test", "cucm-pub.lab.test"}),
)


def after_redaction(text: str, *cookies: str, password: str = PASSWORD) -> str:
    """Return the text that the program gets to see."""
    reply = etree.Element("reply")
    reply.text = text
    ResponseRedactor(Credentials("audit-ro", Secret(password)), THERE).hide(reply, cookies)
    return reply.text


@pytest.mark.parametrize(
    "cookie",
    ["imp1.lab.test", "imp2.lab.test", "IMP2.LAB.TEST", "cucm-pub.lab.test", "cucm-pub"],
)
def test_a_cookie_that_is_the_name_of_a_server_hides_no_name(cookie: str) -> None:
    """A load balancer marks a session so; whose counters came must stay to be seen."""
    counter = rf"\\{cookie}\Cisco Server Recovery Manager\SRMState"
    assert after_redaction(counter, cookie) == counter


def test_a_cookie_that_is_no_name_is_hidden() -> None:
    assert (
        after_redaction("session C0FFEE5E5510C0FFEE ended", "C0FFEE5E5510C0FFEE")
        == "session *** ended"
    )


def test_a_cookie_that_was_replaced_is_still_hidden() -> None:
    redactor = ResponseRedactor(Credentials("audit-ro", Secret(PASSWORD)), THERE)
    first, second = "C0FFEE5E5510C0FFEE", "BADC0DE5E5510BADC0DE"
    redactor.quote("", [first])
    assert redactor.quote(f"{first} is now {second}", [second]) == "*** is now ***"


REASON = "Commanded Out of Service"


@pytest.mark.parametrize(
    ("password", "text"),
    [
        ("Cisco", "Cisco XCP Something New"),
        ("Started", "Started"),
        ("SIP Proxy", "Cisco  SIP  Proxy"),
        ("Service", REASON),
        ("Out of", REASON),
        ("imp", "imp9.lab.test"),
        ("lab.test", "imp9.lab.test"),
        ("imp2.lab.test", r"\\imp2.lab.test\Cisco Server Recovery Manager\SRMState"),
        ("SRMState", r"\\imp2.lab.test\Cisco Server Recovery Manager\SRMState"),
        ("192.0.2.7", "192.0.2.7"),
        ("12", "12.5.1.10000-22"),
        ("1068", "-1068"),
        ("2026", "Mon Mar  2 04:00:00 2026"),
        ("t", "t"),
        ("ServiceInfoList", "ServiceInfoList"),
    ],
)
def test_a_password_in_every_reply_is_not_hidden_and_causes_a_warning(
    password: str, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert after_redaction(text, password=password) == text
    (message,) = caplog.messages
    assert message.startswith("The password of audit-ro is very short, or part of a word that")
    assert password.casefold() not in message.casefold().split()


@pytest.mark.parametrize("password", [PASSWORD, "hunter2", "Summer2026", "letmein", "pass phrase"])
@pytest.mark.parametrize(
    "text",
    [
        "{}",
        f"{REASON} {{}}",
        f"{REASON}: {{}}.",
        "Started {}",
        "login audit-ro:{}",
        "password={}&more",
        "tried '{}', refused",
        "...{}...",
        "<{}>",
        "https://audit-ro:{}@imp1.lab.test/",
        "a%20{}%20b",
        r"line\n{}\nline",
        "xx{}yy",
    ],
)
def test_a_password_that_a_server_repeats_is_hidden(
    password: str, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    for spelling in (password, password.upper()):
        shown = after_redaction(text.format(spelling), password=password)
        assert spelling not in shown
        assert "***" in shown
    assert set(caplog.messages) == {
        "imp1.lab.test sent the password or the session's cookie back; it is shown as ***."
    }


@pytest.mark.parametrize("password", ["hunter2", "Cisco", "12345", "t"])
def test_the_account_pair_is_hidden_for_any_password(password: str) -> None:
    pair = f"audit-ro:{password}"
    encoded = base64.b64encode(pair.encode()).decode()
    assert after_redaction(f"Basic {encoded} ({pair})", password=password) == "Basic *** (***)"


def test_attributes_and_the_text_between_elements_are_redacted_too() -> None:
    reply = etree.fromstring(f'<a was="{PASSWORD}"><b/>{PASSWORD}</a>')
    ResponseRedactor(Credentials("audit-ro", Secret(PASSWORD)), THERE).hide(reply, ())
    assert etree.tostring(reply) == b'<a was="***"><b/>***</a>'


def test_only_the_first_server_that_repeats_a_secret_is_named_in_a_run(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Without the place: a missing word would show what it was."""
    warnings = RedactionWarnings()
    for _ in range(2):
        reply = etree.fromstring(f"<a>{REASON} {PASSWORD}</a>")
        ResponseRedactor(Credentials("audit-ro", Secret(PASSWORD)), THERE, warnings).hide(reply, ())
    assert caplog.messages == [
        "imp1.lab.test sent the password or the session's cookie back; it is shown as ***."
    ]
