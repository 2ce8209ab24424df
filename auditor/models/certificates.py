"""How long certificates are still valid: one rule for findings, metrics and check-ups."""

from datetime import datetime

DEFAULT_CERTIFICATE_DAYS = 30
"""For how many more days a certificate is to be valid if the file does not say."""

URGENT_CERTIFICATE_DAYS = 7
"""Below so many days the difference is of severity high."""


def certificate_days_left(not_after: datetime, moment: datetime) -> int:
    """Return the whole days from a moment to the end of a certificate; negative after it."""
    return (not_after - moment).days
