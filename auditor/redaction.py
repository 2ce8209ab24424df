"""Hides secrets in text and bytes, in the spellings in which servers and programs repeat them.

Searched for each secret, in any case of letters: the secret itself, with any of its characters
escaped as in XML and HTML, in URLs, in JSON and other programs' strings, in the name of a
certificate, or doubled as quotes are; JSON within XML too; and base64 of the whole secret. Not
searched: hexadecimal, base64 of a longer text that has the secret in it, and spellings that mix
text encodings, because no program that answers a request is known to write a password so.
"""

import base64
import functools
import html
import json
import re
from collections.abc import Callable, Iterable, Iterator
from html.entities import codepoint2name

from auditor.errors import REDACTED

_NAMED_ENTITIES = {"'": "apos", **{chr(number): name for number, name in codepoint2name.items()}}
_MAX_ESCAPES = 8
_FEW, _SOME = f"{{0,{_MAX_ESCAPES}}}", f"{{1,{_MAX_ESCAPES}}}"
"""How many backslashes an escape may have: each escape of an escape doubles them."""
# Ordinary text ends with three characters of a secret by chance.
_MIN_BEGINNING_LENGTH = 4


class Redactor:
    """Replaces secrets by `***`; never changes, so that threads may share it.

    `names` are hidden only where they are not part of a longer word, such as a user name.
    """

    def __init__(self, secrets: Iterable[str] = (), names: Iterable[str] = ()) -> None:
        """Take secrets of any length; blank ones are ignored."""
        # The longest first: `user:password` goes as a whole before `password` alone.
        self._secrets = tuple(sorted({s for s in secrets if s.strip()}, key=len, reverse=True))
        self._names = tuple(sorted({n for n in names if n.strip()}))

    def with_secrets(self, secrets: Iterable[str]) -> "Redactor":
        """Return a redactor that hides these secrets too; itself, where it already does."""
        more = set(secrets) - {"", *self._secrets}
        return Redactor((*self._secrets, *more), self._names) if more else self

    def may_find_secret(self, text: str) -> bool:
        """Return whether a text, or one that it is an XML or JSON spelling of, may hold a secret.

        Much cheaper than to look. False is certain.
        """
        return next(self._candidates(text), None) is not None

    def has_secret(self, text: str) -> bool:
        """Return whether a secret is in a text."""
        return any(pattern.search(text) for pattern in self._patterns_for(text))

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

    def _substitute(self, text: str) -> tuple[str, int]:
        count = 0
        for pattern in self._patterns_for(text):
            text, more = pattern.subn(REDACTED, text)
            count += more
        return text, count

    def _patterns_for(self, text: str) -> Iterator[re.Pattern[str]]:
        """Yield the patterns of the secrets and names that may be in a text.

        To compile one takes longer than to read a reply, and hardly any reply repeats a secret.
        """
        return (make_pattern(value) for make_pattern, value in self._candidates(text))

    def _candidates(self, text: str) -> Iterator[tuple[Callable[[str], re.Pattern[str]], str]]:
        if not (self._secrets or self._names):
            return
        plain = _plain_text(text)
        for make_pattern, values in (
            (compile_secret, self._secrets),
            (_name_pattern, self._names),
        ):
            for value in values:
                if plain is None or any(
                    all(word in plain for word in words) for words in _words_by_spelling(value)
                ):
                    yield make_pattern, value


_ESCAPE = re.compile(r"&(?:amp;)*#|%(?:25)*[3-7][0-9a-f]|\\(?:u[0-9a-f{]|x[0-9a-f])", re.IGNORECASE)
"""What may stand for a letter or digit of ASCII: none of them has a name in XML or HTML."""

_OTHER_CASES = str.maketrans({0x130: "i", 0x131: "i", 0x17F: "s", 0x212A: "k"})
"""The letters outside ASCII that `re` takes for another case of one inside."""


def _plain_text(text: str) -> str | None:
    """Return a text in lower case; None if any of its letters and digits may be escaped."""
    if _ESCAPE.search(text):
        return None
    return (text if text.isascii() else text.translate(_OTHER_CASES)).lower()


@functools.lru_cache(maxsize=256)
def _words_by_spelling(secret: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the words that a plain text holds if it repeats a secret, as it is or as base64.

    Words of letters and digits of ASCII, the longest first: every other character has several
    spellings. A secret may have none, and then may be in every text.
    """
    return _find_words(secret), _find_words(_base64(secret))


def _find_words(text: str) -> tuple[str, ...]:
    # Lower case only now: that of a letter outside ASCII may hold one inside.
    words = {word.lower() for word in re.findall(r"[A-Za-z0-9]+", text)}
    return tuple(sorted(words, key=len, reverse=True))


def _base64(secret: str) -> str:
    return base64.b64encode(secret.encode("utf-8", "surrogatepass")).decode()


@functools.lru_cache(maxsize=256)
def compile_secret(secret: str) -> re.Pattern[str]:
    """Return the pattern of a secret and of its base64, the variant for URLs included."""
    encoded = "".join(
        sign if sign.isalnum() else f"(?:{_character_pattern(sign)}|{'-' if sign == '+' else '_'})"
        for sign in _base64(secret).rstrip("=")
    )
    whole = f"{encoded}{_character_pattern('=')}*|{_text_pattern(secret)}"
    return re.compile(whole, re.IGNORECASE)


@functools.lru_cache(maxsize=256)
def _name_pattern(name: str) -> re.Pattern[str]:
    # A host may be called after its user: `admin` stays in admin.example.test.
    return re.compile(rf"(?<![\w.@-]){_text_pattern(name)}(?!\.?[\w-])", re.IGNORECASE)


def _text_pattern(text: str) -> str:
    """Return the pattern of a text; white space of any length and kind counts as the same.

    A server may send megabytes of blanks or backslashes, so no run has two readings, and none
    begins a search at each of its characters.
    """
    parts = re.finditer(r"""\s+|(["'\\])\1*|\S""", text.strip())
    return "".join(_part_pattern(part.group()) for part in parts)


def _part_pattern(part: str) -> str:
    """Return the pattern of a character, or of a run of blanks, quotes or backslashes."""
    character, length = part[0], len(part)
    if character.isspace():
        return rf"(?:\\{_FEW}[\s+\udca0]|{_escaped_pattern(' ')}|{_escaped_pattern(chr(0xA0))})+"
    if character == "\\":
        run = length * _MAX_ESCAPES
        return rf"(?:\\|{_escaped_pattern(character)}){{{length},{run}}}"
    pattern = _character_pattern(character)
    # SQL and CSV write a quote twice.
    return rf"{pattern}{{{length},{length * 2}}}" if character in "\"'" else pattern


def _character_pattern(character: str) -> str:
    """Return the pattern of a character in either case or misread, plain or escaped."""
    # An escape of `A` is not one of `a` in another case, and `ß` is `SS` in capitals.
    forms = dict.fromkeys(
        (character, character.lower(), character.upper(), *_misread_forms(character))
    )
    plain = "|".join(map(re.escape, forms))
    escaped = "|".join("".join(map(_escaped_pattern, form)) for form in forms)
    # Strings of programs and the names in certificates have a backslash before any other sign,
    # and a JSON text within XML has it before an entity.
    before = "" if character.isalnum() else rf"\\{_FEW}"
    return f"(?:{before}(?:{plain}|{escaped}))"


def _escaped_pattern(character: str) -> str:
    """Return the pattern of a character's escapes, an escaped escape included."""
    number, entity = ord(character), _NAMED_ENTITIES.get(character)
    name = f"|{entity}" if entity else ""
    patterns = [
        rf"&(?:amp;)*(?:#0*{number}|#x0*{number:x}{name});",
        _json_pattern(character),
        rf"\\{_SOME}(?:x{number:02x}|u\{{0*{number:x}\}}|U0*{number:x})",
    ]
    encoded = (character.encode(encoding, "ignore") for encoding in ("utf-8", "latin-1", "cp1252"))
    patterns += ["".join(f"%(?:25)*{byte:02x}" for byte in data) for data in encoded if data]
    # The look ahead saves most of the time that a search takes.
    return rf"(?=[&%\\])(?:{'|'.join(dict.fromkeys(patterns))})"


def _misread_forms(character: str) -> Iterable[str]:
    """Return what a character becomes by a mistake in the encoding."""
    if character.isascii():
        return ()
    sent = character.encode("utf-8", "surrogatepass")
    forms = {"?", "\ufffd"}
    for encoding in ("latin-1", "cp1252"):
        # The reply is read as UTF-8, and its server read the password as something else.
        forms.add(character.encode(encoding, "ignore").decode("utf-8", "surrogateescape"))
        forms.add(sent.decode(encoding, "replace"))
    return sorted(forms - {""})


def _json_pattern(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(rf"\\{_SOME}u{units[start : start + 4]}" for start in range(0, len(units), 4))
