"""What is hidden in a server's answer, and what must stay as it came."""

import pytest
from lxml import etree

from auditor.credentials import Credentials, Secret
from auditor.soap.endpoint import Endpoint
from auditor.soap.hiding import Veil

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
    Veil(Credentials("audit-ro", Secret(password)), THERE).hide(answer, cookies)
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
