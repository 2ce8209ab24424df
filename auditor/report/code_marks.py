"""Finds code in a sentence: a command or key between backticks."""

import re

CODE_PATTERN = re.compile(
    r"(?:(?<!\S)|(?<=\s\())"
    r"`([^`\\|\s](?:[^`\\|]*[^`\\|\s])?)`"
    r"(?=[.,;:)]*(?:\s|$))"
)
"""Code inside a sentence; a word next to it may not become code too, or the marks would join."""


def split_code(text: str) -> list[str]:
    """Return text and code in turn, beginning with text; code is without its backticks."""
    return CODE_PATTERN.split(text)
