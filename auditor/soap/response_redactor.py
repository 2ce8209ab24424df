"""Hides a session's secrets in what its server sends, before anything is made of it."""

import functools
import logging
import threading
import unicodedata
from collections.abc import Iterable

from lxml import etree

from auditor.credentials import Credentials
from auditor.soap.messages import Endpoint
from auditor.soap.redaction import Redactor
from auditor.soap.redaction_exceptions import RedactionExceptions
from auditor.text import shorten_text

log = logging.getLogger(__name__)

_MIN_COOKIE_LENGTH = 8
"""Signs below which a cookie names no session: hiding `en` or `1` would spoil every reply."""

_MAX_QUOTE_LENGTH = 160


class EchoWarning:
    """Tells once a run that a server sent a secret back; shared by threads."""

    def __init__(self) -> None:
        """Nothing was told yet."""
        self._untold = threading.Lock()

    def give(self, server: str) -> None:
        """Tell it of the first server that did so."""
        if self._untold.acquire(blocking=False):
            log.warning(
                "%s sent the password or the session's cookie back; it is shown as ***.", server
            )


class SessionRedactor:
    """Hides an account, and the cookies of one session as they become known.

    What stands in any answer stays: service names, names of the cluster, states. Hidden, it would
    cost a fact, such as whose counters came, and tell what the password is.
    """

    def __init__(self, account: Redactor, endpoint: Endpoint) -> None:
        """Take what hides the account; no cookie is known yet."""
        self.account = account.among(RedactionExceptions(endpoint.spoken_names))
        self._harmless = endpoint.spoken_names
        self._cookies: tuple[str, ...] = ()
        self._redactor = self.account

    def knowing(self, cookies: Iterable[str]) -> Redactor:
        """Return what hides the cookies too, those besides that the session had before."""
        plain = (cookie.strip('"') for cookie in cookies)
        told = tuple(
            c for c in plain if len(c) >= _MIN_COOKIE_LENGTH and c.casefold() not in self._harmless
        )
        new = tuple(cookie for cookie in told if cookie not in self._cookies)
        if new:
            self._cookies += new
            self._redactor = self._redactor.knowing(new)
        return self._redactor


class ResponseRedactor:
    """What stands between the answers of one server and the program."""

    def __init__(
        self, credentials: Credentials, endpoint: Endpoint, notice: EchoWarning | None = None
    ) -> None:
        """Hide the account's password, and what HTTP sends of it; `notice` is shared by a run."""
        self._name = endpoint.name
        self._notice = notice or EchoWarning()
        account = account_redactor(credentials.username, credentials.password.reveal())
        self._session = SessionRedactor(account, endpoint)
        self._redactor = self._session.account
        self._clean: set[str] = set()

    def hide(self, answer: etree._Element, cookies: Iterable[str]) -> None:
        """Replace every secret in an answer's texts and attributes by `***`."""
        redactor = self._session.knowing(cookies)
        if redactor is not self._redactor:
            self._redactor, self._clean = redactor, set()
        for element in answer.iter():
            element.text = self._covered(element.text)
            element.tail = self._covered(element.tail)
            for key, value in element.items():
                element.set(key, self._covered(str(value)) or "")

    def text(self, text: str, cookies: Iterable[str] = ()) -> str:
        """Return a server's words without secrets, cookies of any length among them."""
        return self._session.account.knowing(cookies).text(text)

    def ours(self, sentence: str, cookies: Iterable[str]) -> str:
        """Return a sentence of this program, which may quote somebody, without secrets."""
        return self._session.account.knowing(cookies).ours().text(sentence)

    def quote(self, text: str, cookies: Iterable[str]) -> str:
        """Make a server's words fit for a message: no secrets, no control characters, short."""
        plain = "".join(
            " " if unicodedata.category(sign).startswith(("C", "Z")) else sign
            for sign in self.text(text, cookies)
        )
        line = self.text(" ".join(plain.split()), cookies)
        return shorten_text(line, _MAX_QUOTE_LENGTH)

    def _covered(self, text: str | None) -> str | None:
        if not text or text in self._clean:
            return text
        covered = self._redactor.text(text)
        if covered == text:
            self._clean.add(text)
            return text
        self._notice.give(self._name)
        return covered


@functools.lru_cache(maxsize=64)
def account_redactor(username: str, password: str) -> Redactor:
    """Return what hides an account, nothing where it has no password.

    Made once for all servers that the account is used on.
    """
    return Redactor((password, f"{username}:{password}") if password else ())
