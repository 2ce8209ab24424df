"""SOAP clients for the servers of a cluster, made from its settings."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from auditor.collect.coverage import RequestGuard
from auditor.collect.progress import SurveyProgress, WaitBegan, WaitEnded
from auditor.collect.scope import AUDIT_SCOPE, SurveyScope
from auditor.collect.services import RecheckPolicy
from auditor.config.settings import ClusterSettings, ServerAddress
from auditor.credentials import Credentials
from auditor.models.nodes import TopologyRecall, recall_nothing
from auditor.soap.budget import WaitBudget, longest_wait_s
from auditor.soap.client import Client
from auditor.soap.messages import Endpoint, RequestLimits
from auditor.soap.network import Network
from auditor.soap.redaction import RedactionWarnings

if TYPE_CHECKING:
    from auditor.collect.discovery.probes import Probe

ProbeSource = Callable[[], "tuple[Probe, ...]"]
"""Returns the probes, which load when they are first asked for."""


def no_probes() -> "tuple[Probe, ...]":
    """Return none: the source of a survey that asks no database."""
    return ()


def build_endpoint(
    settings: ClusterSettings,
    name: str,
    address: ServerAddress,
    nodes: Iterable[str],
    *,
    insecure: bool = False,
) -> Endpoint:
    """Return one server of a cluster; `nodes` are the names of its nodes, as far as known.

    A wrong address can lead to a CUCM server as well as to another node.
    """
    own = settings.full_name(name)
    others = frozenset(map(settings.full_name, nodes)) | settings.cucm_names
    return Endpoint(
        name=name,
        host=address.host,
        port=address.port,
        verify_name=address.verify_name,
        pins=settings.pins.get(own, ()),
        ca_bundle=settings.ca_bundle,
        legacy_tls=settings.legacy_tls,
        insecure=insecure,
        proxy=settings.proxy,
        other_names=others - {own},
        configured_names=settings.server_names,
    )


def build_request_limits(settings: ClusterSettings) -> RequestLimits:
    """Return the time-out and the pauses before repeats for the servers of a cluster."""
    return RequestLimits(timeout_s=settings.timeout_s, backoff_s=settings.backoff_s)


@dataclass(frozen=True)  # without slots, for the cached property
class SurveyContext:
    """What all servers of a cluster share: the account, the network, and what to ask.

    `reread_after_s`: read all services a second time after so many seconds; None: only where it
    is due. `probes` returns those for the publisher's database. `warnings` is shared by all
    clusters of the run. `recall_topology` is called where neither CUCM nor the file has the nodes.
    """

    login: Credentials
    network: Network
    guard: RequestGuard
    progress: SurveyProgress
    insecure: bool = False
    reread_after_s: float | None = None
    probes: ProbeSource = no_probes
    scope: SurveyScope = AUDIT_SCOPE
    warnings: RedactionWarnings = field(default_factory=RedactionWarnings)
    recall_topology: TopologyRecall = recall_nothing

    def recheck_policy(self, settle_s: float) -> RecheckPolicy:
        """Return when services are read twice; `settle_s` is the pause unless one was given."""
        pause_s = settle_s if self.reread_after_s is None else self.reread_after_s
        # A failover check is in a hurry, and reads again by itself while services still change.
        return RecheckPolicy(
            pause_s, always=self.reread_after_s is not None, never=self.scope.hurries
        )

    @cached_property
    def _probed_texts(self) -> frozenset[str]:
        return frozenset[str]().union(*(probe.public_texts for probe in self.probes()))

    @contextmanager
    def waiting(self, settings: ClusterSettings, server: str, pause_s: float = 0) -> Iterator[None]:
        """Tell that a server is waited for; `pause_s` may come on top of its requests."""
        most_s = longest_wait_s(settings.timeout_s) + pause_s
        self.progress(settings.name, WaitBegan(server, most_s))
        try:
            yield
        finally:
            self.progress(settings.name, WaitEnded(server))

    def client(
        self,
        settings: ClusterSettings,
        name: str,
        address: ServerAddress,
        *,
        nodes: Iterable[str],
        axl_first: str | None = None,
        timed_out_before: bool = False,
        is_probed: bool = True,
    ) -> Client:
        """Return a client of one server; it connects with its first request.

        `timed_out_before`: it is given the rest of its time only, see `WaitBudget`. `is_probed`:
        the probes may be sent to it, so their words are public there.
        """
        endpoint = build_endpoint(settings, name, address, nodes, insecure=self.insecure)
        if is_probed:
            # Replies hold these words whatever the password is, so redaction leaves them alone.
            names = endpoint.configured_names | self._probed_texts
            endpoint = replace(endpoint, configured_names=names)
        return Client(
            endpoint,
            self.login,
            build_request_limits(settings),
            self.network,
            axl_version=settings.axl_version,
            axl_first=axl_first,
            warnings=self.warnings,
            budget=WaitBudget(settings.timeout_s, timed_out_before=timed_out_before),
        )
