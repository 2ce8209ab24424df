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


@dataclass(frozen=True, slots=True)
class ClusterSent:
    """The cluster is to be asked by a worker of a fleet, which reports nothing on its way."""


@dataclass(frozen=True, slots=True)
class ClusterDone:
    """The worker's answer is here, or none is awaited any more."""


@dataclass(frozen=True, slots=True)
class WorkerAwaited:
    """No worker serves the site of the cluster, empty for any; it has so many seconds to come."""

    site: str
    most_s: float


@dataclass(frozen=True, slots=True)
class WorkerCame:
    """A worker serves the site of the cluster again."""


@dataclass(frozen=True, slots=True)
class SchedulerAwaited:
    """The scheduler of a fleet is being connected to; `address` None if it is started here."""

    address: str | None


@dataclass(frozen=True, slots=True)
class WorkersSilent:
    """The hosts of workers that were not heard of for so many seconds; none if all were."""

    hosts: tuple[str, ...]
    seconds: float = 0.0


ClusterStep = ClusterSent | ClusterDone | WorkerAwaited | WorkerCame
FleetStep = ClusterStep | SchedulerAwaited | WorkersSilent
ProgressStep = ServersListed | WaitBegan | WaitEnded | FleetStep
SurveyProgress = Callable[[str, ProgressStep], None]
"""Called with the cluster, empty for what is about the fleet itself, from any thread."""
