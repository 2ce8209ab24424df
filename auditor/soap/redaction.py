"""Hides secrets in what servers sent, in whatever way a server may have written them down."""

import base64
import functools
import re
from collections.abc import Callable, Iterable, Iterator

from auditor.errors import REDACTED
from auditor.soap.redaction_exceptions import RedactionExceptions

_WIDE_ENCODINGS = ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")
_NAMED_ENTITIES = {"&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "apos", "\xa0": "nbsp"}
_MIN_BASE64_CORE = 6
"""Signs of base64 below which a find inside of longer base64 would be chance."""

_MAX_PREFIX_LENGTH, _MAX_BYTES_PER_CHARACTER = 100, 24
"""How much of a secret is looked for where data broke off, and bytes that a sign may take."""

MatchExemption = Callable[[re.Match[bytes]], bool]
"""Tells whether a find is left as it is."""

LiteralEncoder = Callable[[str], bytes]
"""Turns literal text into a pattern."""

PatternBuilder = Callable[[str, LiteralEncoder], bytes]
"""Turns a secret into the pattern of its signs."""


class Redactor:
    """Replaces every secret by `***`; frozen, so that threads may share it.

    Each sign of a secret is found as itself, %-coded, as an XML or JSON escape, mixed as they
    come and escaped twice; the whole as base64 and hexadecimal too, all of it in UTF-8, UTF-16
    and UTF-32. `words` are hidden where they stand alone, in any case of letters. What stands in
    any answer is hidden too, until `among` tells what that is.
    """

    def __init__(self, secrets: Iterable[str] = (), words: Iterable[str] = ()) -> None:
        """Take secrets of any length; empty ones are ignored."""
        longest_first = sorted({s for s in secrets if s}, key=len, reverse=True)
        self._secrets = tuple(_SecretPatterns(text, _text_pattern) for text in longest_first)
        self._words = tuple(_NamePattern(text) for text in sorted({w for w in words if w}))
        self._ordinary: RedactionExceptions | None = None

    def among(self, ordinary: RedactionExceptions) -> "Redactor":
        """Return one that leaves what is ordinary as it is."""
        return self._like(self._secrets, ordinary)

    def ours(self) -> "Redactor":
        """Return one for what no server wrote: this program's sentences, the operator's files."""
        return self._like(self._secrets, (self._ordinary or RedactionExceptions()).ours())

    def _like(
        self, secrets: tuple["_SecretPatterns", ...], ordinary: RedactionExceptions | None
    ) -> "Redactor":
        other = Redactor()
        other._secrets, other._words, other._ordinary = secrets, self._words, ordinary
        return other

    def knowing(self, tokens: Iterable[str]) -> "Redactor":
        """Return one that hides these besides, whose letters and digits nobody escapes."""
        new = tuple(_SecretPatterns(text, _base64_pattern) for text in tokens if text)
        return self._like((*new, *self._secrets), self._ordinary)

    def data(self, data: bytes, *, markup: bool = False) -> tuple[bytes, int]:
        """Return bytes without secrets, and how many were hidden.

        `markup`: they are XML, whose tags are not looked at where a secret may be their name.
        """
        count = 0
        for secret in self._secrets:
            data, found = secret.replaced(data, self._ordinary, markup=markup)
            count += found
        for word in self._words:
            data, found = word.replaced(data)
            count += found
        return data, count

    def beginning(self, data: bytes) -> tuple[bytes, int]:
        """Do the same for what broke off: the beginning of a secret at its end is hidden too."""
        data, count = self.data(data)
        places = [place for s in self._secrets if (place := s.begins(data)) is not None]
        if not places:
            return data, count
        return data[: min(places)] + REDACTED.encode(), count + 1

    def text(self, text: str) -> str:
        """Return text without secrets."""
        return self.data(text.encode("utf-8", "replace"))[0].decode("utf-8", "replace")


class _NamePattern:
    """A name, to be hidden where it is not part of a longer one."""

    def __init__(self, name: str) -> None:
        plain = _text_pattern(name, _escape_utf8)
        self._pattern = re.compile(rb"(?<![\w.@-])" + plain + rb"(?!\.?[\w-])", re.IGNORECASE)

    def replaced(self, data: bytes) -> tuple[bytes, int]:
        return self._pattern.subn(REDACTED.encode(), data)


class _SecretPatterns:
    """One secret, and all the ways in which it may be written."""

    def __init__(self, secret: str, spell: PatternBuilder) -> None:
        self._secret = secret
        self._spell = spell

    @functools.cached_property
    def _ways(self) -> list[re.Pattern[bytes]]:
        """Made when first needed, like all that follow: it takes longer than reading a reply."""
        return [re.compile(pattern) for pattern in self._patterns(_escape_utf8)]

    @functools.cached_property
    def _wide_ways(self) -> list[tuple[re.Pattern[bytes], bytes]]:
        return [
            (re.compile(pattern), REDACTED.encode(codec))
            for codec in _WIDE_ENCODINGS
            for pattern in self._patterns(functools.partial(_escape_literal, codec))
        ]

    @functools.cached_property
    def _beginnings(self) -> list[re.Pattern[bytes]]:
        encoded = base64.b64encode(self._secret.encode("utf-8", "surrogatepass")).decode()
        return [
            re.compile(_prefix_pattern(text[:_MAX_PREFIX_LENGTH]))
            for text in (self._secret, encoded)
        ]

    def _patterns(self, encode: LiteralEncoder) -> Iterator[bytes]:
        """Yield the longest way of writing first."""
        data = self._secret.encode("utf-8", "surrogatepass")
        yield _any_case_pattern(data.hex(), encode)
        yield b"|".join(
            _base64_pattern(text, encode) for text in dict.fromkeys(_base64_forms(data))
        )
        yield self._spell(self._secret, encode)

    def replaced(
        self, data: bytes, ordinary: RedactionExceptions | None, *, markup: bool
    ) -> tuple[bytes, int]:
        count = 0
        if b"\0" in data:
            for pattern, mark in self._wide_ways:
                data, found = pattern.subn(mark, data)
                count += found
        for pattern, spares in zip(self._ways, self._tests(ordinary, markup=markup), strict=True):
            data, found = _redact_matches(pattern, data, spares)
            count += found
        return data, count

    def _tests(
        self, ordinary: RedactionExceptions | None, *, markup: bool
    ) -> tuple[MatchExemption, MatchExemption, MatchExemption]:
        """Return what tells of each way of writing whether a find of it is ordinary."""
        if ordinary is None:
            return (lambda _: False,) * 3
        encoded = functools.partial(ordinary.spares_encoded, self._secret)
        return encoded, encoded, functools.partial(ordinary.spares, self._secret, markup=markup)

    def begins(self, data: bytes) -> int | None:
        """Return where the longest beginning of the secret starts that the data ends with."""
        tail = max(0, len(data) - _MAX_PREFIX_LENGTH * _MAX_BYTES_PER_CHARACTER)
        found = [match.start() for p in self._beginnings if (match := p.search(data, tail))]
        return min(found, default=None)


def _redact_matches(
    pattern: re.Pattern[bytes], data: bytes, spares: MatchExemption
) -> tuple[bytes, int]:
    """Return data in which every find is hidden that is not ordinary, and how many were."""
    hidden = 0

    def instead(match: re.Match[bytes]) -> bytes:
        nonlocal hidden
        if spares(match):
            return match.group()
        hidden += 1
        return REDACTED.encode()

    return pattern.sub(instead, data), hidden


def _escape_literal(codec: str, text: str) -> bytes:
    return re.escape(text.encode(codec, "surrogatepass"))


def _escape_utf8(text: str) -> bytes:
    return _escape_literal("utf-8", text)


def _prefix_pattern(text: str) -> bytes:
    """Return the pattern of any beginning of a text at the end of data."""
    pattern = b""
    for sign in reversed(text):
        pattern = _character_pattern(sign, _escape_utf8) + (
            b"(?:" + pattern + b")?" if pattern else b""
        )
    return pattern + rb"(?:[%&=\\][#\w;]{0,12})?\Z"  # it may have broken off within an escape


def _base64_forms(data: bytes) -> Iterator[str]:
    """Yield base64 of the data, and what all longer base64 holds that has it within."""
    for encoded in (base64.b64encode(data), base64.urlsafe_b64encode(data)):
        yield encoded.decode()
        yield encoded.decode().rstrip("=")
    for before in range(3):
        whole = base64.b64encode(b"\0" * before + data).decode().rstrip("=")
        skipped = -(-before * 8 // 6)
        partly = 1 if (before + len(data)) % 3 else 0
        core = whole[skipped : len(whole) - partly]
        if len(core) >= _MIN_BASE64_CORE:
            yield core
            yield core.replace("+", "-").replace("/", "_")


def _base64_pattern(text: str, encode: LiteralEncoder) -> bytes:
    """Return the pattern of base64: nobody escapes its letters and digits."""
    return b"".join(encode(s) if s.isalnum() else _character_pattern(s, encode) for s in text)


def _text_pattern(text: str, encode: LiteralEncoder) -> bytes:
    return b"".join(_character_pattern(sign, encode) for sign in text)


def _character_pattern(sign: str, encode: LiteralEncoder) -> bytes:
    """Return the pattern of one sign, however it is written; the plain one is the shortest."""
    ways = [
        *_percent_codes(sign, encode),
        *_xml_references(sign, encode),
        *_json_escapes(sign, encode),
        encode(sign),
    ]
    if ord(sign) > 0x7F:
        ways += [re.escape(sign.encode(c)) for c in ("latin-1", "cp1252") if _is_encodable(sign, c)]
    if sign == " ":
        ways += [encode(other) for other in ("+", "\t", "\r", "\n", "\xa0")]
    return b"(?:" + b"|".join(dict.fromkeys(ways)) + b")"


def _percent_codes(sign: str, encode: LiteralEncoder) -> Iterator[bytes]:
    """Yield %-coding, also of %-coding, and the like of it in mail."""
    data = sign.encode("utf-8", "surrogatepass")
    percent = encode("%") + b"(?:" + encode("25") + b")*"
    yield b"".join(percent + _any_case_pattern(f"{byte:02x}", encode) for byte in data)
    yield b"".join(encode("=") + _any_case_pattern(f"{byte:02x}", encode) for byte in data)


def _xml_references(sign: str, encode: LiteralEncoder) -> Iterator[bytes]:
    """Yield the references that XML and HTML know for a sign, also to references."""
    start = encode("&") + b"(?:" + encode("amp;") + b")*"
    nil = b"(?:" + encode("0") + b")*"
    number, end = ord(sign), encode(";")
    yield start + encode("#") + nil + encode(str(number)) + end
    mark = b"(?:" + encode("x") + b"|" + encode("X") + b")"
    yield start + encode("#") + mark + nil + _any_case_pattern(f"{number:x}", encode) + end
    if sign in _NAMED_ENTITIES:
        yield start + encode(_NAMED_ENTITIES[sign]) + end


def _json_escapes(sign: str, encode: LiteralEncoder) -> Iterator[bytes]:
    """Yield the escapes of JSON and its kin."""
    slash = b"(?:" + encode("\\") + b")+"
    units = sign.encode("utf-16-be", "surrogatepass").hex()
    quads = [units[start : start + 4] for start in range(0, len(units), 4)]
    yield b"".join(slash + encode("u") + _any_case_pattern(quad, encode) for quad in quads)
    if ord(sign) <= 0xFF:
        yield slash + encode("x") + _any_case_pattern(f"{ord(sign):02x}", encode)
    if sign in "\"'\\/":
        yield slash + encode(sign)


def _any_case_pattern(digits: str, encode: LiteralEncoder) -> bytes:
    return b"(?i:" + encode(digits) + b")"


def _is_encodable(sign: str, codec: str) -> bool:
    try:
        return bool(sign.encode(codec))
    except UnicodeEncodeError:
        return False
