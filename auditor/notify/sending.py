"""Sends a message to those who want to know; each address in a process of its own.

A service's library may print, log, hang or fall over with the address in its text, and the address
holds a token. A process apart can do none of that to us: it says nothing, and it ends in time.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from importlib.util import find_spec

from auditor.errors import ConfigError

PATIENCE_S = 30.0
"""How long all addresses together may take."""

_OWN = "AUDITOR_"
"""How our variables begin; some hold passwords."""

_COURIER = [sys.executable, "-P", "-m", "auditor.notify.courier"]


@dataclass(frozen=True, slots=True)
class Recipient:
    """One address by its position in what the user wrote; the address itself is never shown."""

    number: int
    url: str = field(repr=False)


def recipients(urls: Sequence[str]) -> tuple[Recipient, ...]:
    """Return the addresses; nothing is sent.

    All of them are understood, or could not be tried in time: who sends will see.

    Raises:
        ConfigError: the extra is not installed, or some address names no service.
    """
    if not urls:
        return ()
    if find_spec("apprise") is None:
        raise ConfigError(["notifications need an extra: pip install 'auditor[notify]'"])
    known = tuple(Recipient(number, url) for number, url in enumerate(urls, 1))
    wrong = [one for one, why in _couriers(known, {"check": True}) if why is _Lost.REFUSED]
    if wrong:
        raise ConfigError(
            f"--notify, address {one.number}: it names no service that Apprise knows, or lacks a "
            "part of what that service needs; its documentation shows how to write it."
            for one in wrong
        )
    return known


def send(to: Sequence[Recipient], title: str, body: str) -> tuple[str, ...]:
    """Tell everybody at once, and return a sentence for each address that was not reached."""
    lost = _couriers(to, {"title": title, "body": body})
    return tuple(f"notification {one.number} {_TOLD[why]}" for one, why in lost)


class _Lost(Enum):
    """Why a courier achieved nothing, as far as anybody knows."""

    REFUSED = auto()
    LATE = auto()


_TOLD = {
    _Lost.REFUSED: "was not delivered; test the address by hand.",
    _Lost.LATE: "was given up, because nobody took it in time; it may have arrived all the same.",
}


def _couriers(to: Sequence[Recipient], errand: dict[str, object]) -> list[tuple[Recipient, _Lost]]:
    """Send out a courier to each address; return those who came back with nothing, or not."""
    deadline = time.monotonic() + PATIENCE_S
    out = [(one, _courier(one, errand)) for one in to]
    try:
        came = [(one, _back(process, deadline)) for one, process in out]
        return [(one, lost) for one, lost in came if lost]
    finally:
        for _, process in out:
            process.kill()
            process.wait()


def _courier(one: Recipient, errand: dict[str, object]) -> "subprocess.Popen[bytes]":
    process = subprocess.Popen(  # noqa: S603 - our own program
        _COURIER,
        env={k: v for k, v in os.environ.items() if not k.startswith(_OWN)},
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    # One that fell over before it read breaks the pipe, and its exit code says so.
    with suppress(BrokenPipeError):
        if process.stdin:
            with process.stdin as pipe:
                pipe.write(json.dumps(errand | {"url": one.url}).encode())
    return process


def _back(process: "subprocess.Popen[bytes]", deadline: float) -> _Lost | None:
    try:
        code = process.wait(max(deadline - time.monotonic(), 0))
    except subprocess.TimeoutExpired:
        return _Lost.LATE
    return _Lost.REFUSED if code else None
