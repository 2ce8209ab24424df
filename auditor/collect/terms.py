"""On what terms a cluster is asked: with which account, over which wire, and for what."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from auditor.collect import servers
from auditor.collect.asking import Guard
from auditor.collect.probes import Probe
from auditor.collect.services import Watch
from auditor.collect.topics import EVERYTHING, Errand
from auditor.config.settings import ClusterSettings, Dial
from auditor.credentials import Credentials
from auditor.soap.client import Client
from auditor.soap.exchange import Wire
from auditor.soap.hiding import Notice
from auditor.soap.repeated import Repeated
from auditor.soap.replies import ProductInformation

Progress = Callable[[str, str], None]
"""Told the cluster and the server that was just asked."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for every server of a cluster.

    `watch_s`: look at every service twice, that far apart; None: only where a second look is due.
    `probes`: what to ask the publisher's database. `notice` is the run's own.
    """

    login: Credentials
    wire: Wire
    guard: Guard
    progress: Progress
    insecure: bool = False
    watch_s: float | None = None
    probes: tuple[Probe, ...] = ()
    errand: Errand = EVERYTHING
    notice: Notice = field(default_factory=Notice)

    def watch(self, settle_s: float) -> Watch:
        """Return how a node is looked at twice; `settle_s` is the pause if none was asked for."""
        pause_s = settle_s if self.watch_s is None else self.watch_s
        return Watch(pause_s, always=self.watch_s is not None, never=self.errand.hurries)

    def client(
        self,
        settings: ClusterSettings,
        name: str,
        dial: Dial,
        products: Repeated[ProductInformation],
        *,
        others: frozenset[str],
        axl_first: str | None = None,
    ) -> Client:
        """Return a client of one server, which dials nobody yet.

        `products` is shared by the servers of a cluster.
        """
        place = servers.endpoint(settings, name, dial, others, insecure=self.insecure)
        asked = frozenset[str]().union(*(probe.words for probe in self.probes))
        return Client(
            replace(place, told_names=place.told_names | asked),
            self.login,
            servers.limits(settings),
            self.wire,
            axl_version=settings.axl_version,
            axl_first=axl_first,
            products=products,
            notice=self.notice,
        )
