"""Sends a notification to every address, each in a process of its own.

The library of a service may print, log, hang or crash with the address in its text, and the address
holds a token. From a process of its own nothing is printed, and it ends in time.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from enum import Enum, auto
from importlib.util import find_spec

from auditor.errors import ConfigError
from auditor.extras import Extra, missing_extra_text
from auditor.models.notification import Notification

DELIVERY_TIMEOUT_S = 30.0
"""How long all addresses together may take."""

_OWN_VARIABLE_PREFIX = "AUDITOR_"
"""Our own variables are not passed on; some hold passwords."""

# -P: without it `-m` imports from the working directory first, where any file may lie.
_WORKER_COMMAND = [sys.executable, "-P", "-m", "auditor.notify.worker"]


@dataclass(frozen=True, slots=True)
class Recipient:
    """One address; messages name it by its number, because the address itself is secret."""

    number: int
    url: str = field(repr=False)


def parse_recipients(urls: Sequence[str]) -> tuple[Recipient, ...]:
    """Return the addresses; nothing is sent.

    One that could not be checked in time is returned too: sending it will show whether it is valid.

    Raises:
        ConfigError: the extra is not installed, or an address names no service.
    """
    if not urls:
        return ()
    # Looked for, not imported: only the worker needs it, and loading it takes long.
    if find_spec("apprise") is None:
        raise ConfigError([missing_extra_text("notifications need", Extra.NOTIFY)])
    recipients = tuple(Recipient(number, url) for number, url in enumerate(urls, 1))
    failures = _run_notify_workers(recipients, {"check": True})
    invalid = [recipient for recipient, why in failures if why is _DeliveryFailure.REFUSED]
    if invalid:
        raise ConfigError(
            f"--notify, address {recipient.number}: Apprise knows no such service, or a part of the"
            " address is missing; the documentation of Apprise shows how to write it."
            for recipient in invalid
        )
    return recipients


def send_notification(
    recipients: Sequence[Recipient], notification: Notification
) -> tuple[str, ...]:
    """Send to all addresses at once, and return a sentence for each that was not reached."""
    failures = _run_notify_workers(recipients, asdict(notification))
    return tuple(f"notification {r.number} {_DELIVERY_FAILURE_TEXTS[why]}" for r, why in failures)


class _DeliveryFailure(Enum):
    """Why a message was not delivered, as far as is known."""

    REFUSED = auto()
    LATE = auto()


_DELIVERY_FAILURE_TEXTS = {
    _DeliveryFailure.REFUSED: "was not delivered; test the address by hand.",
    _DeliveryFailure.LATE: ("timed out; it may have arrived nevertheless."),
}


def _run_notify_workers(
    recipients: Sequence[Recipient], job: dict[str, object]
) -> list[tuple[Recipient, _DeliveryFailure]]:
    """Run one process for each address, all at once; return those that failed, and why."""
    deadline = time.monotonic() + DELIVERY_TIMEOUT_S
    workers = [(recipient, _start_notify_worker(recipient, job)) for recipient in recipients]
    try:
        results = [
            (recipient, _wait_for_notify_worker(process, deadline))
            for recipient, process in workers
        ]
        return [(recipient, failure) for recipient, failure in results if failure]
    finally:
        # After Ctrl-C too, no process may be left that holds an address.
        for _, process in workers:
            process.kill()
            process.wait()


def _start_notify_worker(recipient: Recipient, job: dict[str, object]) -> "subprocess.Popen[bytes]":
    process = subprocess.Popen(  # noqa: S603 - our own program
        _WORKER_COMMAND,
        env={k: v for k, v in os.environ.items() if not k.startswith(_OWN_VARIABLE_PREFIX)},
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    # A process that crashed before it read breaks the pipe; its exit code reports the failure.
    with suppress(OSError):
        if process.stdin:
            with process.stdin as pipe:
                # By a pipe, because every user of the machine can read the arguments of a process.
                pipe.write(json.dumps(job | {"url": recipient.url}).encode())
    return process


def _wait_for_notify_worker(
    process: "subprocess.Popen[bytes]", deadline: float
) -> _DeliveryFailure | None:
    try:
        code = process.wait(max(deadline - time.monotonic(), 0))
    except subprocess.TimeoutExpired:
        return _DeliveryFailure.LATE
    return _DeliveryFailure.REFUSED if code else None
