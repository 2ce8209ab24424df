"""The day that waivers are counted by."""

from datetime import UTC, date, datetime


def current_day() -> date:
    """Return today in UTC, as an audit counts the days of a waiver."""
    return datetime.now(UTC).date()
