"""What a single key of the configuration file may hold; each check raises `Refused`."""

import re
import shlex
from collections.abc import Callable, Collection
from typing import TypeGuard

from auditor.config import hosts
from auditor.names import nearest

EXPRESSWAY = "expressway"
_MOST_S = 3600
_URL_PASSWORD = re.compile(r"(?!sqlite:)[^:]*://(.*:.*@|.*[?&][^=]*password=)", re.IGNORECASE)


class Refused(ValueError):
    """A value is not what its key may hold; the text is the rest of the sentence for the user."""


def found(value: object) -> str:
    """Say in a word what kind of value the file holds, never the value."""
    kinds = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}
    kinds |= {list: "a list", dict: "a table"}
    return kinds.get(type(value), "a date or time")


def text(value: object) -> str:
    """Accept text in one line."""
    if not isinstance(value, str):
        raise Refused(f"must be text, not {found(value)}")
    if not value.strip() or value != value.strip() or not value.isprintable():
        raise Refused("must be one line of text, not empty and without blanks around it")
    return value


def host(value: object) -> str:
    """Accept a node name: a host name or an IP address."""
    if not hosts.is_host(text(value)):
        raise Refused("must be a host name or an IP address, without a port")
    return text(value)


def address(value: object) -> tuple[str, int]:
    """Accept `host` or `host:port`."""
    try:
        return hosts.split(text(value))
    except Refused:
        raise
    except ValueError as exc:
        raise Refused(str(exc)) from exc


def username(value: object) -> str:
    """Accept an account name that HTTP basic authentication can carry."""
    if ":" in text(value):
        raise Refused("must not hold a colon: HTTP basic authentication cannot send it")
    return text(value)


def command(value: object) -> str:
    """Accept a command line whose quotes close."""
    try:
        words = shlex.split(text(value))
    except Refused:
        raise
    except ValueError as exc:
        raise Refused("must be a command whose quotes close") from exc
    if not words or not words[0]:
        raise Refused("must be a command")
    return text(value)


def database(value: object) -> str:
    """Accept a database URL without a password; what it names is checked when it is opened."""
    told = text(value)
    if _URL_PASSWORD.match(told):
        raise Refused(
            "must not hold a password: let PGPASSWORD or ~/.pgpass tell it, or set AUDITOR_HISTORY"
        )
    return told


def urls(value: object) -> tuple[str, ...]:
    """Accept a list of URLs, none of which a message may ever repeat."""
    if not isinstance(value, list):
        raise Refused(f"must be a list of URLs, not {found(value)}")
    return tuple(_item(position, item, text) for position, item in enumerate(value, 1))


def axl_version(value: object) -> str:
    """Accept `auto` or a version; `14` is `14.0`."""
    if not isinstance(value, str) or not re.fullmatch(
        r"auto|[1-9][0-9]?(\.[0-9]{1,2})?", value, re.ASCII
    ):
        raise Refused('must be "auto" or a version in quotes, such as "14.0"')
    return value if "." in value or value == "auto" else f"{value}.0"


def switch(value: object) -> bool:
    """Accept true or false alone."""
    if isinstance(value, list):
        raise Refused("must be true or false; this key takes no list")
    if not isinstance(value, bool):
        raise Refused(f"must be true or false, not {found(value)}")
    return value


def node_names(value: object) -> tuple[str, ...]:
    """Accept a list of node names, none of them twice."""
    return _names(value, host)


def group_names(value: object) -> tuple[str, ...]:
    """Accept a list of redundancy groups (or nodes), none of them twice."""
    return _names(value, text)


def some_node_names(value: object) -> tuple[str, ...]:
    """Accept a list of at least one node."""
    names = node_names(value)
    if not names:
        raise Refused("must name a node; leave the key out for every node")
    return names


def _names(value: object, check: Callable[[object], str]) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise Refused(f"must be a list of names, not {found(value)}")
    names = tuple(_item(position, item, check) for position, item in enumerate(value, 1))
    for position, name in enumerate(names):
        if name.lower() in (earlier.lower() for earlier in names[:position]):
            raise Refused(f'names "{name}" twice')
    return names


def _item(position: int, value: object, check: Callable[[object], str]) -> str:
    try:
        return check(value)
    except Refused as exc:
        raise Refused(f"item {position} {exc}") from exc


def feature(value: object) -> bool | tuple[str, ...]:
    """Accept true, false or a list of node names."""
    if not isinstance(value, bool | list):
        raise Refused(f"must be true, false or a list of node names, not {found(value)}")
    return value if isinstance(value, bool) else node_names(value)


def federation(value: object) -> bool | str | tuple[str, ...]:
    """Accept what a feature takes, or the word for federation through Expressway."""
    if isinstance(value, str) and value != EXPRESSWAY:
        hint = f"; did you mean `{EXPRESSWAY}`?" if nearest(value, [EXPRESSWAY]) else ""
        raise Refused(f'must be true, false, a list of node names or "{EXPRESSWAY}"{hint}')
    return value if isinstance(value, str) else feature(value)


def meant(value: object) -> bool | tuple[str, ...]:
    """Accept true, false or a list of redundancy groups."""
    if not isinstance(value, bool | list):
        raise Refused(f"must be true, false or a list of groups, not {found(value)}")
    return value if isinstance(value, bool) else group_names(value)


def one_of(*choices: str, apart: Collection[str] = ()) -> Callable[[object], str]:
    """Accept one of a closed list of words; those `apart` only look like one, and mean another."""

    def check(value: object) -> str:
        if not isinstance(value, str) or value not in choices:
            misspelt = isinstance(value, str) and value.casefold() not in apart
            close = nearest(str(value), choices) if misspelt else None
            hint = f"; did you mean `{close}`?" if close else ""
            raise Refused(f"must be one of {', '.join(choices)}{hint}")
        return value

    return check


def some_of(*choices: str) -> Callable[[object], tuple[str, ...]]:
    """Accept a list of at least one word of a closed list."""
    check = one_of(*choices)

    def check_all(value: object) -> tuple[str, ...]:
        names = _names(value, check)
        if not names:
            raise Refused(f"must name at least one of {', '.join(choices)}")
        return names

    return check_all


def whole(low: int, high: int) -> Callable[[object], int]:
    """Accept a whole number within bounds."""

    def check(value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise Refused(f"must be a whole number from {low} to {high}")
        return value

    return check


def seconds(value: object) -> float:
    """Accept a number of seconds, zero included."""
    if not _is_number(value) or not 0 <= value <= _MOST_S:
        raise Refused(f"must be a number of seconds from 0 to {_MOST_S}")
    return float(value)


def deadline(value: object) -> float:
    """Accept a number of seconds in which something can happen."""
    if not _is_number(value) or not 0.1 <= value <= _MOST_S:
        raise Refused(f"must be a number of seconds from 0.1 to {_MOST_S}")
    return float(value)


def pauses(value: object) -> tuple[float, ...]:
    """Accept a list of up to ten pauses; an empty one means no repeat."""
    if not isinstance(value, list) or len(value) > 10:
        raise Refused("must be a list of at most 10 numbers of seconds")
    return tuple(seconds(item) for item in value)


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def pins(value: object) -> tuple[str, ...]:
    """Accept a SHA-256 fingerprint or a list of them; return each as 64 lower-case digits."""
    if isinstance(value, str):
        return (_pin(value),)
    if not isinstance(value, list) or not value:
        raise Refused("must be a SHA-256 fingerprint, or a list of at least one")
    return tuple(_pin(item) for item in value)


def _pin(value: object) -> str:
    written = text(value).lower()
    digits = written.replace(":", "")
    if not re.fullmatch(r"[0-9a-f]{64}|([0-9a-f]{2}:){31}[0-9a-f]{2}", written):
        sha1 = "; this one is as long as SHA-1" if len(digits) == 40 else ""
        raise Refused(f"a SHA-256 fingerprint is 64 hexadecimal digits{sha1}")
    return digits
