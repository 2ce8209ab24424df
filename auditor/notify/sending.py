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
    """Return the addresses, all of them understood; nothing is sent.

    Raises:
        ConfigError: the extra is not installed, or some address names no service.
    """
    if not urls:
        return ()
    if find_spec("apprise") is None:
        raise ConfigError(["notifications need an extra: pip install 'auditor[notify]'"])
    known = tuple(Recipient(number, url) for number, url in enumerate(urls, 1))
    lost = _couriers(known, {"check": True}, PATIENCE_S)
    if lost:
        raise ConfigError(
            f"--notify, address {one.number}: it names no service that Apprise knows, or lacks a "
            "part of what that service needs; its documentation shows how to write it."
            for one in lost
        )
    return known


def send(
    to: Sequence[Recipient], title: str, body: str, *, patience_s: float = PATIENCE_S
) -> tuple[str, ...]:
    """Tell everybody at once, and return a sentence for each address that was not reached."""
    lost = _couriers(to, {"title": title, "body": body}, patience_s)
    return tuple(
        f"notification {one.number} was not delivered; test the address by hand." for one in lost
    )


def _couriers(
    to: Sequence[Recipient], errand: dict[str, object], patience_s: float
) -> list[Recipient]:
    """Send out a courier to each address; return those who came back with nothing, or not."""
    deadline = time.monotonic() + patience_s
    out = [(one, _courier(one, errand)) for one in to]
    try:
        return [one for one, process in out if not _back(process, deadline)]
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


def _back(process: "subprocess.Popen[bytes]", deadline: float) -> bool:
    try:
        return process.wait(max(deadline - time.monotonic(), 0)) == 0
    except subprocess.TimeoutExpired:
        return False
