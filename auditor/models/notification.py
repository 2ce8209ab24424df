"""What is sent when something changed: a title, a few lines, and how serious it is."""

from dataclasses import dataclass
from enum import StrEnum


class NotificationType(StrEnum):
    """How serious a message is, gravest first; the values are those of Apprise.

    Services show it as a colour or a sign, and some decide by it whom to wake.
    """

    FAILURE = "failure"
    WARNING = "warning"
    SUCCESS = "success"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Notification:
    """A title of one line, and a body of a few, the worst thing first; plain text."""

    title: str
    body: str
    type: NotificationType
