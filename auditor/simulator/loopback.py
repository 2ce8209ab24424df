"""Where everything of the simulator listens: this machine alone."""

LOOPBACK = "127.0.0.1"

Address = tuple[str, int]
"""Host and port."""
