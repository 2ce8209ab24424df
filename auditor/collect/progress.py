"""What is told while clusters are asked: which servers there are, and which is waited for."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ServersListed:
    """Servers of the cluster that will be asked."""

    servers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WaitBegan:
    """A server is being asked, which takes at most so many seconds."""

    server: str
    most_s: float


@dataclass(frozen=True, slots=True)
class WaitEnded:
    """A server has answered, or is given up."""

    server: str


ProgressStep = ServersListed | WaitBegan | WaitEnded
SurveyProgress = Callable[[str, ProgressStep], None]
"""Called with the cluster, from any thread."""
