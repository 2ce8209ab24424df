"""Whether a history is kept at all: known without loading what keeps it."""

HISTORY_OFF = "off"


def is_history_off(url: str | None) -> bool:
    """Tell whether the word `off` stands in place of a database URL."""
    return url is not None and url.strip().casefold() == HISTORY_OFF
