"""Lengths of time in words."""

from datetime import datetime, timedelta

from auditor.text import count_noun

_MINUTE = timedelta(minutes=1)
_UNITS = (("day", timedelta(days=1)), ("hour", timedelta(hours=1)), ("minute", _MINUTE))


def duration_text(seconds: float) -> str:
    """Return whole days, hours or minutes; zero if the clock was set back."""
    length = max(timedelta(seconds=seconds), timedelta())
    unit, size = next((u for u in _UNITS if length >= u[1]), _UNITS[-1])
    return count_noun(length // size, unit)


def elapsed_text(since: str, now: str) -> str:
    """Return how long ago a moment was; both are ISO 8601."""
    elapsed = datetime.fromisoformat(now) - datetime.fromisoformat(since)
    return duration_text(elapsed.total_seconds())
