"""What stands in any answer, whatever the password is: the one rule on what is never hidden.

Hidden, such a word would cost a fact, and tell everybody what the password is. The programs that
see a server's answer and the record of it go by this rule alike, so that a replay is as the run.
"""

import calendar
import functools
import re
from collections.abc import Iterable

from auditor.service_names import ALL_SPELLINGS

_REASON_PHRASES = (
    "Successful",
    "Entry not found",
    "No such service",
    "Component is not running",
    "Service Not Activated",
    "Not Activated",
    "Commanded Out of Service",
)
_STATE_PHRASES = ("Started", "Stopped", "Starting", "Stopping", "Unknown")
_ROLE_PHRASES = (
    "CUCM Voice/Video",
    "CUCM IM and Presence",
    "IM and Presence",
    "EnterpriseWideData",
    "DefaultCUPSubCluster",
    "Publisher",
    "Subscriber",
    "Primary",
    "Secondary",
)
_VALUE_PHRASES = ("true", "false", "t", "f", "yes", "no", "null")
_COUNTER_PHRASES = (
    "Cisco XCP CM",
    "ActiveJsmSessions",
    "CmConnectedSockets",
    "SRMState",
    "DB Service Status",
    "Number of Replicates Created and State of Replication",
    "Number of Replicates Created",
    "Replicate_State",
)
_DATE_PHRASES = (*calendar.day_abbr, *calendar.month_abbr[1:])

COMMON_PHRASES = (
    *ALL_SPELLINGS,
    *_REASON_PHRASES,
    *_STATE_PHRASES,
    *_ROLE_PHRASES,
    *_VALUE_PHRASES,
    *_COUNTER_PHRASES,
    *_DATE_PHRASES,
)

_COMMON_WORDS = frozenset(word for phrase in COMMON_PHRASES for word in re.findall(r"\w+", phrase))
_START_TIME_PATTERN = re.compile(rb"[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}")
_REASON_CODES = frozenset(str(code) for code in range(1000, 1076))
"""The documented reason codes of Control Center, without their sign."""

_WORDLIKE_PATTERN = re.compile(r"[\w.-]+", re.ASCII)
_ESCAPE_BEFORE_MATCH = re.compile(
    rb"(?:%[0-9A-Fa-f]{2}|=[0-9A-F]{2}|\\u[0-9A-Fa-f]{4}|\\[nrtbf])\Z"
)
_XML_NAMESPACE_VALUE = re.compile(
    rb"(?:\bxmlns(?::[\w.-]+)?|\b\w+:(?:type|nil)|<\?.*)\s*=\s*[\"'][^\"']*\Z"
)

_MIN_DISTINCT_LENGTH = 4
"""Signs below which a password cannot be told from text or numbers, if it is part of them."""

_PHRASE_SEARCH_BYTES = 120
"""Bytes on either side in which a phrase that holds a secret is looked for."""

_MIN_OWN_TEXT_LENGTH, _MIN_MIXED_LENGTH, _MIN_LENGTH_WITH_DIGIT = 6, 8, 16


class RedactionExceptions:
    """What is known to stand in the answers of one cluster's servers; frozen.

    `names` are those of its servers and groups, and the addresses. `ours`: it is about what this
    program or its operator wrote, in which words and short texts are no secret.
    """

    def __init__(self, names_: Iterable[str] = (), *, ours: bool = False) -> None:
        """Take names in any case."""
        self._names = frozenset(name.casefold() for name in names_ if name)
        self._is_ours = ours

    def ours(self) -> "RedactionExceptions":
        """Return the rule for what was not written by a server."""
        return RedactionExceptions(self._names, ours=True)

    def spares(self, secret: str, match: re.Match[bytes], *, markup: bool) -> bool:
        """Tell whether a find of a secret, however it is written, tells nobody anything.

        `markup`: the data is XML as it came, and its tags are not what a server says.
        """
        if self._is_ours and (len(secret) < _MIN_OWN_TEXT_LENGTH or not _has_digit_or_sign(secret)):
            return True
        if _is_wordlike_secret(secret):
            found = match.group().decode(errors="replace")
            if (found == secret and _is_common_word(secret)) or _is_part_of_word(match):
                return True
            if _lies_within_pattern(_START_TIME_PATTERN, match) or (
                markup and _is_xml_markup(match)
            ):
                return True
        return any(_lies_within_pattern(phrase, match) for phrase in self._phrases(secret))

    def spares_encoded(self, secret: str, match: re.Match[bytes]) -> bool:
        """Tell the same of a find of base64 or hexadecimal."""
        if self._is_ours and len(secret) < _MIN_OWN_TEXT_LENGTH:
            return True
        return len(secret) < _MIN_DISTINCT_LENGTH and (
            _is_part_of_word(match) or match.group().isdigit()
        )

    def _phrases(self, secret: str) -> Iterable[re.Pattern[bytes]]:
        folded = secret.casefold()
        ours = (_phrase_pattern(name) for name in sorted(self._names) if folded in name)
        return (*_common_phrase_patterns(folded), *ours)


def _is_wordlike_secret(secret: str) -> bool:
    """Tell whether a secret may well be part of a name or number: no long mixture of signs."""
    if not _WORDLIKE_PATTERN.fullmatch(secret):
        return False
    digit = any(sign.isdigit() for sign in secret)
    mixed = digit and any(s.islower() for s in secret) and any(s.isupper() for s in secret)
    return not (mixed and len(secret) >= _MIN_MIXED_LENGTH) and not (
        digit and len(secret) >= _MIN_LENGTH_WITH_DIGIT
    )


def _has_digit_or_sign(secret: str) -> bool:
    return not re.fullmatch(r"[A-Za-z_.-]+", secret)


def _is_common_word(secret: str) -> bool:
    number = secret.lstrip("-")
    short = number.isdigit() and len(number) < _MIN_DISTINCT_LENGTH
    return short or number in _REASON_CODES or secret in _COMMON_WORDS


def _is_part_of_word(match: re.Match[bytes]) -> bool:
    """Tell whether a find is part of a longer word, name or number."""
    before, after = _bytes_around_match(match)
    if re.match(rb"\w|[.-]\w", after):
        return True
    return bool(re.search(rb"(?:\w|\w[.-])\Z", before)) and not _ESCAPE_BEFORE_MATCH.search(before)


def _bytes_around_match(match: re.Match[bytes]) -> tuple[bytes, bytes]:
    start, end = match.span()
    return match.string[max(0, start - 8) : start], match.string[end : end + 2]


def _lies_within_pattern(pattern: re.Pattern[bytes], match: re.Match[bytes]) -> bool:
    start, end = match.span()
    near = pattern.finditer(
        match.string, max(0, start - _PHRASE_SEARCH_BYTES), end + _PHRASE_SEARCH_BYTES
    )
    return any(found.start() <= start and end <= found.end() for found in near)


def _is_xml_markup(match: re.Match[bytes]) -> bool:
    """Tell whether a find is in the name of an element or attribute, a namespace or a type."""
    data, start = match.string, match.start()
    opened = data.rfind(b"<", 0, start)
    if opened <= data.rfind(b">", 0, start) or data[opened + 1 : opened + 2] == b"!":
        return False
    tag = data[opened:start]
    quoted = tag.count(b'"') % 2 or tag.count(b"'") % 2
    return not quoted or _XML_NAMESPACE_VALUE.search(tag) is not None


@functools.lru_cache(maxsize=256)
def _common_phrase_patterns(secret: str) -> tuple[re.Pattern[bytes], ...]:
    return tuple(
        _phrase_pattern(phrase) for phrase in COMMON_PHRASES if secret in phrase.casefold()
    )


@functools.lru_cache(maxsize=1024)
def _phrase_pattern(phrase: str) -> re.Pattern[bytes]:
    words = rb"\s+".join(re.escape(word.encode()) for word in phrase.split())
    return re.compile(rb"(?<!\w)" + words + rb"(?!\w)", re.IGNORECASE)
