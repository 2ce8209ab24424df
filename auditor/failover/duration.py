"""Reads how long to wait, such as `15m`."""

import re
from datetime import timedelta

from auditor.errors import ConfigError

SHORTEST = timedelta(seconds=20)
"""Less than this cannot show that a pair stays as it is."""

_FORM = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?", re.IGNORECASE)


def parsed(text: str, *, readiness: bool = False) -> timedelta:
    """Return a duration of hours, minutes and seconds; a bare number is seconds.

    Raises:
        ConfigError: it has another form, or is too short; or waiting makes no sense.
    """
    if readiness:
        raise ConfigError(["--wait and --readiness exclude each other: readiness is one look."])
    found = _FORM.fullmatch(text.strip())
    if not text.strip() or found is None:
        raise ConfigError([f"--wait {text}: give a duration such as 15m, 90s or 1h30m."])
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    try:
        wait = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    except OverflowError:
        wait = timedelta.max
    if not SHORTEST <= wait <= timedelta(days=1):
        raise ConfigError([f"--wait {text}: give at least 20s, and at most 24h."])
    return wait
