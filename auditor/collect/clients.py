"""On what terms a cluster is asked: with which account, over which wire, and for what.

From settings to servers: where one is reached, whom it must prove to be, with what patience.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from auditor.collect.coverage import RequestGuard
from auditor.collect.discovery.probes import Probe
from auditor.collect.scope import AUDIT_SCOPE, SurveyScope
from auditor.collect.services import RecheckPolicy
from auditor.config.settings import ClusterSettings, ServerAddress
from auditor.credentials import Credentials
from auditor.soap.client import Client
from auditor.soap.messages import Endpoint, RequestLimits
from auditor.soap.network import Network
from auditor.soap.response_redactor import EchoWarning


def build_endpoint(
    settings: ClusterSettings,
    name: str,
    dial: ServerAddress,
    others: frozenset[str],
    *,
    insecure: bool = False,
) -> Endpoint:
    """Return one server of a cluster; `others` are the names of its other nodes, lower case."""
    return Endpoint(
        name=name,
        host=dial.host,
        port=dial.port,
        verify_name=dial.verify_name,
        pins=settings.pins.get(name.casefold(), ()),
        ca_bundle=settings.ca_bundle,
        legacy_tls=settings.legacy_tls,
        insecure=insecure,
        proxy=settings.proxy,
        other_names=others,
        told_names=settings.server_names,
    )


def build_request_limits(settings: ClusterSettings) -> RequestLimits:
    """Return how much patience a server of the cluster gets."""
    return RequestLimits(timeout_s=settings.timeout_s, backoff_s=settings.backoff_s)


SurveyProgress = Callable[[str, str], None]
"""Told the cluster and the server that was just asked."""


@dataclass(frozen=True, slots=True)
class SurveyContext:
    """What holds for every server of a cluster.

    `watch_s`: look at every service twice, that far apart; None: only where a second look is due.
    `probes`: what to ask the publisher's database. `notice` is the run's own.
    """

    login: Credentials
    network: Network
    guard: RequestGuard
    progress: SurveyProgress
    insecure: bool = False
    watch_s: float | None = None
    probes: tuple[Probe, ...] = ()
    scope: SurveyScope = AUDIT_SCOPE
    notice: EchoWarning = field(default_factory=EchoWarning)

    def recheck_policy(self, settle_s: float) -> RecheckPolicy:
        """Return how a node is looked at twice; `settle_s` is the pause if none was asked for."""
        pause_s = settle_s if self.watch_s is None else self.watch_s
        return RecheckPolicy(pause_s, always=self.watch_s is not None, never=self.scope.hurries)

    def client(
        self,
        settings: ClusterSettings,
        name: str,
        dial: ServerAddress,
        *,
        others: frozenset[str],
        axl_first: str | None = None,
    ) -> Client:
        """Return a client of one server, which dials nobody yet."""
        place = build_endpoint(settings, name, dial, others, insecure=self.insecure)
        asked = frozenset[str]().union(*(probe.known_texts for probe in self.probes))
        return Client(
            replace(place, told_names=place.told_names | asked),
            self.login,
            build_request_limits(settings),
            self.network,
            axl_version=settings.axl_version,
            axl_first=axl_first,
            notice=self.notice,
        )
