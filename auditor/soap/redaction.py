"""Hides an account's secrets in what servers send, before anything is made of it.

A password that is shorter than six characters, or part of a word that every reply holds (the name
of a service, of a node, of an XML element), is not looked for: hiding it would cost facts in every
reply, and the places of the stars would reveal it. Of such a password only what HTTP sends
(`user:password`, plain and as base64) is hidden, and a warning says so.
"""

import functools
import logging
import re
import threading
import unicodedata
from collections.abc import Iterable
from dataclasses import replace

from lxml import etree

from auditor.credentials import Credentials
from auditor.failures import Failure
from auditor.redaction import Redactor
from auditor.resources import wsdl_folder
from auditor.service_names import ALL_SPELLINGS
from auditor.soap.messages import Certificate, Endpoint
from auditor.text import shorten_text

log = logging.getLogger(__name__)

_MIN_PASSWORD_LENGTH = 6
_MIN_COOKIE_LENGTH = 8
"""Below it a cookie identifies no session: hiding `en` or `1` would spoil every reply."""

_MAX_QUOTE_LENGTH = 159
"""And a sign that something was left out."""

_COMMON_PHRASES = (
    *ALL_SPELLINGS,
    *("Successful", "Entry not found", "No such service", "Component is not running"),
    *("Service Not Activated", "Not Activated", "Commanded Out of Service"),
    *("Started", "Stopped", "Starting", "Stopping", "Unknown"),
    *("CUCM Voice/Video", "CUCM IM and Presence", "EnterpriseWideData", "DefaultCUPSubCluster"),
    *("Publisher", "Subscriber", "Primary", "Secondary"),
    *("Cisco XCP CM", "ActiveJsmSessions", "CmConnectedSockets", "SRMState", "DB Service Status"),
    *("Number of Replicates Created and State of Replication", "Replicate_State"),
    *("Envelope", "http://schemas.xmlsoap.org/soap/envelope/", "text/xml; charset=utf-8"),
    *("http://www.w3.org/2001/XMLSchema-instance", '<?xml version="1.0" encoding="utf-8"?>'),
)


class RedactionWarnings:
    """Warns once in a run of a server that repeats a secret, and of a password that is not hidden.

    Shared by threads.
    """

    def __init__(self) -> None:
        """Start with no warning given."""
        # Locks that are never released: exactly one thread gets each, and gives the warning.
        self._repeated = threading.Lock()
        self._not_hidden = threading.Lock()

    def secret_repeated(self, server: str) -> None:
        """Name the first server that did so, without the place: it would help to guess."""
        if self._repeated.acquire(blocking=False):
            log.warning(
                "%s sent the password or the session's cookie back; it is shown as ***.", server
            )

    def password_not_hidden(self, username: str) -> None:
        """Name the first account whose password is too short or too common to be hidden."""
        if self._not_hidden.acquire(blocking=False):
            log.warning(
                "The password of %s is very short, or part of a word that every reply holds: where "
                "a server repeats it, it is not hidden. Choose another one.",
                username,
            )


class ResponseRedactor:
    """Hides the secrets of one session with one server in what the server sends."""

    def __init__(
        self,
        credentials: Credentials,
        endpoint: Endpoint,
        warnings: RedactionWarnings | None = None,
    ) -> None:
        """Take the account; `warnings` is shared by the servers of a run."""
        self._server = endpoint.name
        self._names = endpoint.public_names
        self._warnings = warnings or RedactionWarnings()
        self._redactor = Redactor(account_secrets(credentials, self._names))
        self._own_redactor = Redactor(account_secrets(credentials, self._names, own_text=True))
        password = credentials.password.reveal()
        if password and not _is_distinct(password, self._names):
            self._warnings.password_not_hidden(credentials.username)

    def may_hide(self, text: str, cookies: Iterable[str]) -> bool:
        """Return whether there may be something to hide in a reply, by its text; False is sure."""
        return self._learn_cookies(cookies).may_find_secret(text)

    def hide(self, reply: etree._Element, cookies: Iterable[str]) -> str | None:
        """Replace every secret in a reply's texts and attributes by `***`.

        Returns the whole reply as a text if there is surely none, for `may_hide`; None if not.
        """
        redactor = self._learn_cookies(cookies)
        # One cheap test for the common case, of what holds every text and attribute.
        whole = etree.tostring(reply, encoding="unicode")
        if not redactor.may_find_secret(whole):
            return whole
        texts = [text for element in reply.iter() for text in _texts_of(element)]
        # No secret has a NUL in it, so none spans two texts.
        if not redactor.has_secret("\0".join(texts)):
            return None
        self._warnings.secret_repeated(self._server)
        for element in reply.iter():
            element.text = redactor.redact_text(element.text or "") or None
            element.tail = redactor.redact_text(element.tail or "") or None
            for key, value in element.items():
                element.set(key, redactor.redact_text(str(value)))
        return None

    def hide_in_failure(self, failure: Failure) -> Failure:
        """Return a failure that may quote a certificate, without secrets."""
        return redact_failure(failure, self._own_redactor)

    def quote(self, text: str, cookies: Iterable[str]) -> str:
        """Make a server's words fit for a message: no secrets, no control characters, short."""
        redactor = self._learn_cookies(cookies)
        # Redacted first: of a secret that is cut in two, the rest would no longer be found. Control
        # and separator characters could forge a line of the log.
        printable = "".join(
            " " if unicodedata.category(character).startswith(("C", "Z")) else character
            for character in redactor.redact_text(text)
        )
        return shorten_text(" ".join(printable.split()), _MAX_QUOTE_LENGTH)

    def _learn_cookies(self, cookies: Iterable[str]) -> Redactor:
        """Return what hides the account and all cookies so far: an old one may be repeated."""
        self._redactor = self._redactor.with_secrets(session_cookies(cookies, self._names))
        return self._redactor


def account_secrets(
    credentials: Credentials, names: frozenset[str], *, own_text: bool = False
) -> frozenset[str]:
    """Return what is to be hidden of an account, nothing where it has no password.

    `names` are those that the replies hold anyway, in lower case. `own_text`: it is for sentences
    of this program and files of its operator, in which a word without a digit or sign is a word.
    """
    password = credentials.password.reveal()
    if not password:
        return frozenset()
    pair = f"{credentials.username}:{password}"
    # Hidden in our own text, a password such as "presence" would change the settings that a
    # replay judges by.
    is_word = own_text and re.fullmatch(r"[A-Za-z_.-]+", password)
    return frozenset({pair} if is_word or not _is_distinct(password, names) else {pair, password})


def redact_certificate(certificate: Certificate, redactor: Redactor) -> Certificate:
    """Return a certificate without secrets in what its server chose to write there."""
    redact = redactor.redact_text
    return replace(
        certificate,
        names=tuple(map(redact, certificate.names)),
        common_name=redact(certificate.common_name),
        issuer=redact(certificate.issuer),
    )


def redact_failure(failure: Failure, redactor: Redactor) -> Failure:
    """Return a failure without secrets in its values and names, which may quote a certificate."""
    redact = redactor.redact_text
    return replace(
        failure,
        values={name: redact(text) for name, text in failure.values.items()},
        names=tuple(map(redact, failure.names)),
    )


def session_cookies(cookies: Iterable[str], names: frozenset[str]) -> frozenset[str]:
    """Return the cookies that identify a session; a load balancer's may be a server's name."""
    # A server may set a cookie in quotation marks, and repeat it without them.
    plain = (cookie.strip('"') for cookie in cookies)
    return frozenset(c for c in plain if len(c) >= _MIN_COOKIE_LENGTH and c.casefold() not in names)


def _texts_of(element: etree._Element) -> Iterable[str]:
    yield from (text for text in (element.text, element.tail) if text)
    yield from (str(value) for value in element.attrib.values())


def _is_distinct(password: str, names: frozenset[str]) -> bool:
    """Return whether a password can be hidden without hiding what every reply holds."""
    folded = " ".join(password.casefold().split())
    return (
        len(password) >= _MIN_PASSWORD_LENGTH
        and folded not in _common_text()
        and not any(folded in name for name in names)
    )


@functools.cache
def _common_text() -> str:
    """Return what every reply holds, in lower case: known phrases, and the names in our WSDLs."""
    names: set[str] = set()
    for path in wsdl_folder().glob("*.wsdl"):
        text = path.read_text(encoding="utf-8")
        names.update(re.findall(r'(?:name|[tT]argetNamespace)="([^"]*)"', text))
    return "\n".join((*_COMMON_PHRASES, *sorted(names))).casefold()
