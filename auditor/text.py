"""How text that was typed or came from elsewhere is shown within one line."""

_MAX_EXCERPT_LENGTH = 60


def escape_unprintable(text: str) -> str:
    """Return text in one line, with what does not print written as an escape."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def shorten_text(text: str) -> str:
    """Return a name from the file, cut so that it cannot drown the sentence around it."""
    return text if len(text) <= _MAX_EXCERPT_LENGTH else f"{text[:_MAX_EXCERPT_LENGTH]}..."


def printable_excerpt(text: str) -> str:
    """Return text that fits on one line of an error, whatever stands in the file."""
    return escape_unprintable(shorten_text(text))
