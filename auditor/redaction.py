"""Hides secrets in text and bytes, in the spellings in which servers and programs repeat them.

Searched for each secret, in any case of letters: the secret itself, with any of its characters
escaped as in XML and HTML, in URLs, or in JSON; and base64 of the whole secret. Not searched:
hexadecimal, base64 of a longer text that has the secret in it, and spellings that mix text
encodings, because no program that answers a request is known to write a password so.
"""

import base64
import functools
import html
import json
import re
from collections.abc import Iterable

from auditor.errors import REDACTED

_NAMED_ENTITIES = {"&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "apos"}
# Ordinary text ends with three characters of a secret by chance.
_MIN_BEGINNING_LENGTH = 4


class Redactor:
    """Replaces secrets by `***`; never changes, so that threads may share it.

    `names` are hidden only where they are not part of a longer word, such as a user name.
    """

    def __init__(self, secrets: Iterable[str] = (), names: Iterable[str] = ()) -> None:
        """Take secrets of any length; empty ones are ignored."""
        # The longest first: `user:password` goes as a whole before `password` alone.
        self._secrets = tuple(sorted({s for s in secrets if s}, key=len, reverse=True))
        self._names = tuple(sorted({n for n in names if n}))
        patterns = [_secret_pattern(secret) for secret in self._secrets]
        # A host may be called after its user: `admin` stays in admin.example.test.
        patterns += [rf"(?<![\w.@-]){_text_pattern(n)}(?!\.?[\w-])" for n in self._names]
        self._patterns = patterns

    def with_secrets(self, secrets: Iterable[str]) -> "Redactor":
        """Return a redactor that hides these secrets too; itself, where it already does."""
        more = set(secrets) - {"", *self._secrets}
        return Redactor((*self._secrets, *more), self._names) if more else self

    def has_secret(self, text: str) -> bool:
        """Return whether a secret is in a text."""
        return self._pattern is not None and self._pattern.search(text) is not None

    def redact_text(self, text: str) -> str:
        """Return text without secrets."""
        return self._substitute(text)[0]

    def redact_bytes(self, data: bytes) -> tuple[bytes, int]:
        """Return data without secrets, and how many were hidden."""
        # UTF-16 and UTF-32 show by their first bytes, in XML as in JSON.
        for encoding, errors in (
            (json.detect_encoding(data), "strict"),
            # Gives bytes that are no UTF-8 back as they were.
            ("utf-8", "surrogateescape"),
        ):
            try:
                text = data.decode(encoding, errors)
            except UnicodeDecodeError:
                continue
            text, count = self._substitute(text)
            return (text.encode(encoding, errors), count) if count else (data, 0)
        return data, 0

    def redact_beginning(self, data: bytes) -> tuple[bytes, int]:
        """Do the same for a reply that broke off: the beginning of a secret at its end goes too."""
        data, count = self.redact_bytes(data)
        for secret in self._secrets:
            for spelling in (secret, html.escape(secret), _base64(secret)):
                for length in range(len(spelling) - 1, _MIN_BEGINNING_LENGTH - 1, -1):
                    if data.endswith(start := spelling[:length].encode()):
                        return data.removesuffix(start) + REDACTED.encode(), count + 1
        return data, count

    @functools.cached_property
    def _pattern(self) -> re.Pattern[str] | None:
        # Compiled when first needed: it takes longer than to read a reply.
        return re.compile("|".join(self._patterns), re.IGNORECASE) if self._patterns else None

    def _substitute(self, text: str) -> tuple[str, int]:
        return (text, 0) if self._pattern is None else self._pattern.subn(REDACTED, text)


def _base64(secret: str) -> str:
    return base64.b64encode(secret.encode("utf-8", "surrogatepass")).decode()


@functools.lru_cache(maxsize=256)
def _secret_pattern(secret: str) -> str:
    """Return the pattern of a secret and of its base64, the variant for URLs included."""
    encoded = "".join(
        sign if sign.isalnum() else f"(?:{_character_pattern(sign)}|{'-' if sign == '+' else '_'})"
        for sign in _base64(secret).rstrip("=")
    )
    return f"{encoded}{_character_pattern('=')}*|{_text_pattern(secret)}"


def _text_pattern(text: str) -> str:
    """Return the pattern of a text; white space of any length and kind counts as the same."""
    space = rf"(?:[\s+]|{_character_pattern(' ')}|{_character_pattern(chr(0xA0))})+"
    parts = re.findall(r"\s+|\S", text)
    return "".join(space if part.isspace() else _character_pattern(part) for part in parts)


def _character_pattern(character: str) -> str:
    """Return the pattern of a character, plain or escaped, an escaped escape included."""
    number = ord(character)
    spellings = [
        rf"&(?:amp;)*#0*{number};",
        rf"&(?:amp;)*#x0*{number:x};",
        _json_pattern(character),
    ]
    if character in _NAMED_ENTITIES:
        spellings.append(rf"&(?:amp;)*{_NAMED_ENTITIES[character]};")
    if character in "\"'\\/":
        spellings.append(rf"\\+{re.escape(character)}")
    for encoding in ("utf-8", "latin-1", "cp1252"):
        data = character.encode(encoding, "ignore")
        if data:
            spellings.append("".join(f"%(?:25)*{byte:02x}" for byte in data))
            # As bytes of that encoding in a reply that was read as UTF-8.
            spellings.append(re.escape(data.decode("utf-8", "surrogateescape")))
    spellings.append(re.escape(character))
    return f"(?:{'|'.join(dict.fromkeys(spellings))})"


def _json_pattern(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(rf"\\+u{units[start : start + 4]}" for start in range(0, len(units), 4))
