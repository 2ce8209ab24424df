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

DELIVERY_TIMEOUT_S = 30.0
"""How long all addresses together may take."""

_OWN_VARIABLE_PREFIX = "AUDITOR_"
"""How our variables begin; some hold passwords."""

_WORKER_COMMAND = [sys.executable, "-P", "-m", "auditor.notify.worker"]


@dataclass(frozen=True, slots=True)
class Recipient:
    """One address by its position in what the user wrote; the address itself is never shown."""

    number: int
    url: str = field(repr=False)


def parse_recipients(urls: Sequence[str]) -> tuple[Recipient, ...]:
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
    wrong = [
        one
        for one, why in _run_notify_workers(known, {"check": True})
        if why is _DeliveryFailure.REFUSED
    ]
    if wrong:
        raise ConfigError(
            f"--notify, address {one.number}: it names no service that Apprise knows, or lacks a "
            "part of what that service needs; its documentation shows how to write it."
            for one in wrong
        )
    return known


def send_notification(to: Sequence[Recipient], title: str, body: str) -> tuple[str, ...]:
    """Tell everybody at once, and return a sentence for each address that was not reached."""
    lost = _run_notify_workers(to, {"title": title, "body": body})
    return tuple(f"notification {one.number} {_DELIVERY_FAILURE_TEXTS[why]}" for one, why in lost)


class _DeliveryFailure(Enum):
    """Why a courier achieved nothing, as far as anybody knows."""

    REFUSED = auto()
    LATE = auto()


_DELIVERY_FAILURE_TEXTS = {
    _DeliveryFailure.REFUSED: "was not delivered; test the address by hand.",
    _DeliveryFailure.LATE: (
        "was given up, because nobody took it in time; it may have arrived all the same."
    ),
}


def _run_notify_workers(
    to: Sequence[Recipient], errand: dict[str, object]
) -> list[tuple[Recipient, _DeliveryFailure]]:
    """Send out a courier to each address; return those who came back with nothing, or not."""
    deadline = time.monotonic() + DELIVERY_TIMEOUT_S
    out = [(one, _start_notify_worker(one, errand)) for one in to]
    try:
        came = [(one, _wait_for_notify_worker(process, deadline)) for one, process in out]
        return [(one, lost) for one, lost in came if lost]
    finally:
        for _, process in out:
            process.kill()
            process.wait()


def _start_notify_worker(one: Recipient, errand: dict[str, object]) -> "subprocess.Popen[bytes]":
    process = subprocess.Popen(  # noqa: S603 - our own program
        _WORKER_COMMAND,
        env={k: v for k, v in os.environ.items() if not k.startswith(_OWN_VARIABLE_PREFIX)},
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


def _wait_for_notify_worker(
    process: "subprocess.Popen[bytes]", deadline: float
) -> _DeliveryFailure | None:
    try:
        code = process.wait(max(deadline - time.monotonic(), 0))
    except subprocess.TimeoutExpired:
        return _DeliveryFailure.LATE
    return _DeliveryFailure.REFUSED if code else None
