"""What is hidden in a server's answer, and what must stay as it came."""

import base64

import pytest
from lxml import etree

from auditor.credentials import Credentials, Secret
from auditor.soap.messages import Endpoint
from auditor.soap.response_redactor import EchoWarning, ResponseRedactor

PASSWORD = "Kj7#mQ2!vX9p"
THERE = Endpoint(
    "imp1.lab.test",
    "192.0.2.7",
    8443,
    "imp1.lab.test",
    other_names=frozenset({"imp2.lab.test", "cucm-pub.lab.test"}),
)


def seen(text: str, *cookies: str, password: str = PASSWORD) -> str:
    """Return what the program sees of an element's text."""
    answer = etree.Element("answer")
    answer.text = text
    ResponseRedactor(Credentials("audit-ro", Secret(password)), THERE).hide(answer, cookies)
    return answer.text


@pytest.mark.parametrize(
    "cookie",
    ["imp1.lab.test", "imp2.lab.test", "IMP2.LAB.TEST", "cucm-pub.lab.test", "cucm-pub"],
)
def test_a_cookie_that_is_the_name_of_a_server_hides_no_name(cookie: str) -> None:
    """A load balancer marks a session so; whose counters came must stay to be seen."""
    counter = rf"\\{cookie}\Cisco Server Recovery Manager\SRMState"
    assert seen(counter, cookie) == counter


def test_a_cookie_that_is_no_name_is_hidden() -> None:
    assert seen("session C0FFEE5E5510C0FFEE ended", "C0FFEE5E5510C0FFEE") == "session *** ended"


REASON = "Commanded Out of Service"


@pytest.mark.parametrize(
    ("password", "text"),
    [
        ("Cisco", "Cisco XCP Something New"),
        ("Started", "Started"),
        ("SIP Proxy", "Cisco  SIP  Proxy"),
        ("Service", REASON),
        ("Out of", REASON),
        ("of", REASON),
        ("imp", "imp9.lab.test"),
        ("lab.test", "imp9.lab.test"),
        ("imp2.lab.test", r"\\imp2.lab.test\Cisco Server Recovery Manager\SRMState"),
        ("imp2", r"\\imp2\Cisco Server Recovery Manager\SRMState"),
        ("SRMState", r"\\imp2.lab.test\Cisco Server Recovery Manager\SRMState"),
        ("192.0.2.7", "192.0.2.7"),
        ("12", "12"),
        ("12", "12.5.1.10000-22"),
        ("5.1", "12.5.1.10000-22"),
        ("1068", "-1068"),
        ("2026", "Mon Mar  2 04:00:00 2026"),
        ("t", "t"),
    ],
)
def test_what_stands_in_any_answer_stays_whatever_the_password_is(password: str, text: str) -> None:
    assert seen(text, password=password) == text


@pytest.mark.parametrize("password", [PASSWORD, "hunter2", "cisco", "Summer2026", "letmein"])
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
    ],
)
def test_a_password_that_a_server_repeats_as_a_word_is_hidden(password: str, text: str) -> None:
    told = seen(text.format(password), password=password)
    assert password not in told
    assert "***" in told


@pytest.mark.parametrize("password", [PASSWORD, "Summer2026", "S3cretOfTheLab99", "pass phrase"])
def test_a_password_that_is_nobodys_word_is_hidden_inside_of_longer_ones_too(
    password: str,
) -> None:
    assert seen(f"xx{password}yy", password=password) == "xx***yy"


@pytest.mark.parametrize("password", ["hunter2", "Cisco", "12345"])
def test_the_encoded_account_is_hidden_whatever_the_password_is(password: str) -> None:
    pair = base64.b64encode(f"audit-ro:{password}".encode()).decode()
    assert seen(f"Basic {pair}", password=password) == "Basic ***"


def test_only_one_server_is_told_of_in_a_run(caplog: pytest.LogCaptureFixture) -> None:
    """Without the place: where a word is missing tells what it was."""
    notice = EchoWarning()
    for _ in range(2):
        answer = etree.fromstring(f"<a>{REASON} {PASSWORD}</a>")
        ResponseRedactor(Credentials("audit-ro", Secret(PASSWORD)), THERE, notice).hide(answer, ())
    assert caplog.messages == [
        "imp1.lab.test sent the password or the session's cookie back; it is shown as ***."
    ]
