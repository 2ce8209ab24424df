"""How text that was typed or came from elsewhere is shown within one line."""

_LONGEST = 60


def visible(text: str) -> str:
    """Return text in one line, with what does not print written as an escape."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def short(text: str) -> str:
    """Return a name from the file, cut so that it cannot drown the sentence around it."""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def shown(text: str) -> str:
    """Return text that fits on one line of an error, whatever stands in the file."""
    return visible(short(text))
