"""Users' sessions: PerfMon's counters of them, and how many fewer are too few."""

PRESENCE_SESSIONS = "ActiveJsmSessions"
CLIENT_SOCKETS = "CmConnectedSockets"


def are_sessions_missing(before: int, now: int) -> bool:
    """Return whether more than a tenth of the earlier sessions are missing."""
    # Users log off at any time, so a few sessions less are no sign of a fault.
    return now < 0.9 * before
