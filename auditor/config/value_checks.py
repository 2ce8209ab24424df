"""Checks of single values of the configuration file; each raises `InvalidValue`."""

import os
import re
import shlex
from collections.abc import Callable, Collection
from typing import TypeGuard
from urllib.parse import urlsplit

from auditor.config.hosts import is_host, is_ip, split_host_port
from auditor.text import did_you_mean

EXPRESSWAY = "expressway"
_MAX_SECONDS = 3600
# A path of SQLite may hold these signs too, and never a password.
_URL_PASSWORD = re.compile(r"(?!sqlite:)[^:]*://(.*:.*@|.*[?&][^=]*password=)", re.IGNORECASE)


class InvalidValue(ValueError):
    """A value that its key does not take; the text completes a sentence such as "`workers` ..."."""


def type_name(value: object) -> str:
    """Return what kind of value the file holds, in words; never the value, it may be a secret."""
    kinds = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}
    kinds |= {list: "a list", dict: "a table"}
    return kinds.get(type(value), "a date or time")


def validate_text(value: object) -> str:
    """Accept text in one line."""
    if not isinstance(value, str):
        raise InvalidValue(f"must be text, not {type_name(value)}")
    if not value.strip() or value != value.strip() or not value.isprintable():
        raise InvalidValue("must be one line of text, not empty and without blanks around it")
    return value


def is_valid_text(value: object) -> bool:
    """Return whether a key that takes text may have this value."""
    try:
        validate_text(value)
    except InvalidValue:
        return False
    return True


def validate_host(value: object) -> str:
    """Accept a node name: a host name or an IP address."""
    if not is_host(validate_text(value)):
        raise InvalidValue("must be a host name or an IP address, without a port")
    return validate_text(value)


def validate_address(value: object) -> tuple[str, int]:
    """Accept `validate_host` or `host:port`."""
    try:
        return split_host_port(validate_text(value))
    # A ValueError too, but its text is a sentence for the user already.
    except InvalidValue:
        raise
    except ValueError as exc:
        raise InvalidValue(str(exc)) from exc


def validate_domain(value: object) -> str:
    """Accept a domain, to be written behind a host name and a dot."""
    domain = validate_text(value)
    if domain.startswith("."):
        raise InvalidValue("must not begin with a dot; the dot before the domain is added")
    if not is_host(domain) or is_ip(domain):
        raise InvalidValue("must be a domain, such as example.test")
    return domain


def validate_site(value: object) -> str:
    """Accept the name of a site; it becomes part of the name of a resource on a command line."""
    site = validate_text(value)
    if not re.fullmatch(r"[A-Za-z0-9._-]+", site):
        raise InvalidValue(
            "must be one word of letters, digits, dots, hyphens and underscores, such as emea"
        )
    return site


def validate_addresses(value: object) -> tuple[tuple[str, int], ...]:
    """Accept a list of `validate_address`; whether one is there twice is checked elsewhere."""
    if not isinstance(value, list):
        raise InvalidValue(f"must be a list of hosts, not {type_name(value)}")
    return tuple(_validate_listed_host(position, item) for position, item in enumerate(value, 1))


def _validate_listed_host(position: int, value: object) -> tuple[str, int]:
    try:
        return validate_address(value)
    except InvalidValue as exc:
        raise InvalidValue(
            f"item {position} must be a host or host:port, such as cucm-sub.example.test"
        ) from exc


def validate_username(value: object) -> str:
    """Accept an account name that HTTP basic authentication can carry."""
    if ":" in validate_text(value):
        raise InvalidValue("must not hold a colon: HTTP basic authentication cannot send it")
    return validate_text(value)


def split_command(line: str, *, keep_backslashes: bool = os.name == "nt") -> list[str]:
    """Return the words of a command line; on Windows a backslash is a part of a path.

    Raises:
        ValueError: a quote does not close.
    """
    lexer = shlex.shlex(line, posix=True, punctuation_chars=False)
    lexer.whitespace_split = True
    lexer.commenters = ""
    lexer.escape = "" if keep_backslashes else "\\"
    return list(lexer)


def validate_command(value: object) -> str:
    """Accept a command line whose quotes close."""
    try:
        words = split_command(validate_text(value))
    except InvalidValue:
        raise
    except ValueError as exc:
        raise InvalidValue("must be a command whose quotes close") from exc
    if not words or not words[0]:
        raise InvalidValue("must be a command")
    return validate_text(value)


def validate_database_url(value: object) -> str:
    """Accept a database URL without a password; what it names is checked when it is opened."""
    url = validate_text(value)
    if _URL_PASSWORD.match(url):
        raise InvalidValue(
            "must not hold a password: use PGPASSWORD or ~/.pgpass, or set AUDITOR_HISTORY"
        )
    return url


def validate_urls(value: object) -> tuple[str, ...]:
    """Accept a list of URLs; they hold secrets, so no message repeats one."""
    if not isinstance(value, list):
        raise InvalidValue(f"must be a list of URLs, not {type_name(value)}")
    return tuple(
        _validate_item(position, item, validate_text) for position, item in enumerate(value, 1)
    )


def validate_web_address(value: object) -> str:
    """Accept an address of the web without a login; no message repeats it, it may hold one."""
    text = validate_text(value)
    try:
        parts = urlsplit(text)
        # urlsplit takes any port, and looks at it only here.
        is_complete = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        is_complete = False
    if not is_complete or " " in text:
        raise InvalidValue("must be an address such as https://reports.example.test/auditor.html")
    if parts.username is not None:
        raise InvalidValue("must not hold a user name or password: every recipient would read it")
    return text


def validate_axl_version_value(value: object) -> str:
    """Accept `auto` or a version; `14` is `14.0`."""
    if not isinstance(value, str) or not re.fullmatch(
        r"auto|[1-9][0-9]?(\.[0-9]{1,2})?", value, re.ASCII
    ):
        raise InvalidValue('must be "auto" or a version in quotes, such as "14.0"')
    return value if "." in value or value == "auto" else f"{value}.0"


def validate_boolean(value: object) -> bool:
    """Accept true or false alone."""
    if isinstance(value, list):
        raise InvalidValue("must be true or false; this key takes no list")
    if not isinstance(value, bool):
        raise InvalidValue(f"must be true or false, not {type_name(value)}")
    return value


def validate_node_names(value: object) -> tuple[str, ...]:
    """Accept a list of node names, none of them twice."""
    return _validate_names(value, validate_host)


def validate_group_names(value: object) -> tuple[str, ...]:
    """Accept a list of redundancy groups (or nodes), none of them twice."""
    return _validate_names(value, validate_text)


def validate_nonempty_node_names(value: object) -> tuple[str, ...]:
    """Accept a list of at least one node."""
    names = validate_node_names(value)
    if not names:
        raise InvalidValue("must name a node; leave the key out for every node")
    return names


def _validate_names(value: object, check: Callable[[object], str]) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise InvalidValue(f"must be a list of names, not {type_name(value)}")
    names = tuple(_validate_item(position, item, check) for position, item in enumerate(value, 1))
    for position, name in enumerate(names):
        if name.lower() in (earlier.lower() for earlier in names[:position]):
            raise InvalidValue(f'names "{name}" twice')
    return names


def _validate_item(position: int, value: object, check: Callable[[object], str]) -> str:
    try:
        return check(value)
    except InvalidValue as exc:
        raise InvalidValue(f"item {position} {exc}") from exc


def validate_feature(value: object) -> bool | tuple[str, ...]:
    """Accept true, false or a list of node names."""
    if not isinstance(value, bool | list):
        raise InvalidValue(f"must be true, false or a list of node names, not {type_name(value)}")
    return value if isinstance(value, bool) else validate_node_names(value)


def validate_federation(value: object) -> bool | str | tuple[str, ...]:
    """Accept a feature's value, or `expressway` for federation through Expressway."""
    if isinstance(value, str) and value != EXPRESSWAY:
        hint = did_you_mean(value, [EXPRESSWAY])
        raise InvalidValue(f'must be true, false, a list of node names or "{EXPRESSWAY}"{hint}')
    return value if isinstance(value, str) else validate_feature(value)


def validate_ha_groups(value: object) -> bool | tuple[str, ...]:
    """Accept true, false or a list of redundancy groups."""
    if not isinstance(value, bool | list):
        raise InvalidValue(f"must be true, false or a list of groups, not {type_name(value)}")
    return value if isinstance(value, bool) else validate_group_names(value)


def choice_validator(*choices: str, apart: Collection[str] = ()) -> Callable[[object], str]:
    """Accept one of a closed list of words.

    The words in `apart` are near one of them but mean something else, so no hint is given.
    """

    def check(value: object) -> str:
        if not isinstance(value, str) or value not in choices:
            misspelt = isinstance(value, str) and value.casefold() not in apart
            hint = did_you_mean(str(value), choices) if misspelt else ""
            raise InvalidValue(f"must be one of {', '.join(choices)}{hint}")
        return value

    return check


def choice_list_validator(*choices: str) -> Callable[[object], tuple[str, ...]]:
    """Accept a list of at least one word of a closed list."""
    check = choice_validator(*choices)

    def check_all(value: object) -> tuple[str, ...]:
        names = _validate_names(value, check)
        if not names:
            raise InvalidValue(f"must name at least one of {', '.join(choices)}")
        return names

    return check_all


def integer_validator(low: int, high: int) -> Callable[[object], int]:
    """Accept a whole number within bounds."""

    def check(value: object) -> int:
        # In Python, true is the whole number 1.
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise InvalidValue(f"must be a whole number from {low} to {high}")
        return value

    return check


def validate_seconds(value: object) -> float:
    """Accept a number of seconds, zero included."""
    if not _is_number(value) or not 0 <= value <= _MAX_SECONDS:
        raise InvalidValue(f"must be a number of seconds from 0 to {_MAX_SECONDS}")
    return float(value)


def validate_timeout(value: object) -> float:
    """Accept a number of seconds, 0.1 or more."""
    # With 0 a socket does not wait at all, so every request would fail.
    if not _is_number(value) or not 0.1 <= value <= _MAX_SECONDS:
        raise InvalidValue(f"must be a number of seconds from 0.1 to {_MAX_SECONDS}")
    return float(value)


def validate_backoff(value: object) -> tuple[float, ...]:
    """Accept a list of up to ten pauses; an empty one means no repeat."""
    if not isinstance(value, list) or len(value) > 10:
        raise InvalidValue("must be a list of at most 10 numbers of seconds")
    return tuple(validate_seconds(item) for item in value)


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def validate_pins(value: object) -> tuple[str, ...]:
    """Accept a SHA-256 fingerprint or a list of them; return each as 64 lower-case digits."""
    if isinstance(value, str):
        return (_validate_pin(value),)
    if not isinstance(value, list) or not value:
        raise InvalidValue("must be a SHA-256 fingerprint, or a list of at least one")
    return tuple(_validate_pin(item) for item in value)


def _validate_pin(value: object) -> str:
    written = validate_text(value).lower()
    digits = written.replace(":", "")
    if not re.fullmatch(r"[0-9a-f]{64}|([0-9a-f]{2}:){31}[0-9a-f]{2}", written):
        sha1 = "; this one is as long as SHA-1" if len(digits) == 40 else ""
        raise InvalidValue(f"a SHA-256 fingerprint is 64 hexadecimal digits{sha1}")
    return digits
