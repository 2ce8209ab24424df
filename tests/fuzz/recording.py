"""Genuine replies of the simulator, kept in memory, and a network that answers from them."""

import tempfile
from collections import defaultdict
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from auditor.audit import audit_clusters
from auditor.config.loader import load_configuration
from auditor.config.settings import ClusterSettings
from auditor.credentials import Credentials, Secret
from auditor.errors import NotAsked
from auditor.models.cluster_report import ClusterReport
from auditor.models.settings import Reach
from auditor.problems import Problem
from auditor.run import RunContext, RunOptions
from auditor.simulator import Simulator
from auditor.simulator.service import ManualClock
from auditor.soap.messages import (
    Endpoint,
    HandshakeResult,
    RequestLimits,
    SoapRequest,
    SoapResponse,
    TcpResult,
)
from auditor.soap.network import LiveNetwork, ServerSession

PUBLISHER, SUBSCRIBER = "imp1.lab.test", "imp2.lab.test"
# Every feature is on somewhere, so that rows of every kind are judged; and the directory service
# and the federation run on one node only, so that rows that must not run are judged too.
_FEATURES = {
    "bulk_administration": True,
    "chat": True,
    "permanent_chat": True,
    "xmpp_clients": True,
    "web_clients": True,
    "third_party_ldap_search": True,
    "third_party_ldap_search_configured": True,
    "sip_federation": [SUBSCRIBER],
    "xmpp_federation": [PUBLISHER],
    "xmpp_federation_enabled_on": [PUBLISHER],
    "compliance": [PUBLISHER],
    "intercluster": True,
    "intercluster_synced_from": ["Default"],
}
_PAIR: Mapping[str, Any] = {
    "group": [{"name": "Default", "nodes": [PUBLISHER, SUBSCRIBER]}],
    "deployment": _FEATURES,
    "external_database": [{"name": "db", "used_by": ["permanent_chat", "compliance"]}],
    "intercluster_peer": [{"address": "imp-b1.peer.test"}],
}
SCENARIOS: tuple[Mapping[str, Any], ...] = (
    {"cluster": {"name": "compliant"}, **_PAIR},
    # What is stopped or on the wrong node here must not become a pass.
    {
        "cluster": {"name": "drifted"},
        **_PAIR,
        "group": [
            {"name": "Default", "nodes": [PUBLISHER, SUBSCRIBER], "ha": ["normal", "failed"]}
        ],
        "node": [
            {
                "name": SUBSCRIBER,
                "activated": ["Cisco Serviceability Reporter"],
                "stopped": ["Cisco SIP Proxy", "Cisco XCP Router", "A Cisco DB"],
            }
        ],
    },
)
_OPTIONS = RunOptions()
_NOON = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Exchange:
    """One recorded request and its reply; `key` is what equal requests have in common."""

    server: str
    operation: str
    key: tuple[str, bytes]
    reply: SoapResponse


@dataclass(frozen=True)
class Recording:
    """One audit of a simulated cluster: its settings, and each exchange in order.

    `spare` are the exchanges of an audit whose union of statements was refused: those that come
    after one that cannot be read.
    """

    settings: ClusterSettings
    login: Credentials
    exchanges: tuple[Exchange, ...]
    spare: tuple[Exchange, ...] = ()

    def audit(self, replaced: Mapping[int, SoapResponse] | None = None) -> ClusterReport:
        """Audit from memory, with the replies at these positions replaced."""
        network = MemoryNetwork(self.exchanges, replaced or {}, self.spare)
        context = RunContext(network, 1, "fuzz", lambda: _NOON, lambda _cluster, _server: None)
        (cluster,) = audit_clusters(
            [self.settings], {self.settings.name: self.login}, _OPTIONS, context
        ).clusters
        return cluster


def record_cluster(scenario: Mapping[str, Any]) -> Recording:
    """Audit a simulated cluster over HTTPS, and keep every reply."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Simulator(scenario, Path(folder) / "simulator", clock=ManualClock()) as simulator,
    ):
        path = Path(folder) / "auditor.toml"
        simulator.write_config(path, {"settle_s": 0, "backoff_s": [0]})
        settings = load_configuration(path).clusters[0]
        login = Credentials(simulator.username, Secret(simulator.password))
        exchanges = _record_audit(settings, login)
        simulator.change({"fault": {"fault": "union-refused"}})
        return Recording(settings, login, exchanges, _record_audit(settings, login))


def _record_audit(settings: ClusterSettings, login: Credentials) -> tuple[Exchange, ...]:
    with closing(_RecordingNetwork()) as network:
        context = RunContext(network, 1, "fuzz", lambda: _NOON, lambda _cluster, _server: None)
        audit_clusters([settings], {settings.name: login}, _OPTIONS, context)
        return tuple(network.exchanges)


def _key(request: SoapRequest) -> tuple[str, bytes]:
    return f"{request.url} {request.headers.get('SOAPAction', '')}", request.body


class _RecordingNetwork(LiveNetwork):
    def __init__(self) -> None:
        super().__init__()
        self.exchanges: list[Exchange] = []

    def open_session(
        self, endpoint: Endpoint, credentials: Credentials, limits: RequestLimits
    ) -> ServerSession:
        session = super().open_session(endpoint, credentials, limits)
        post = session.post

        def post_and_keep(request: SoapRequest) -> SoapResponse:
            reply = post(request)
            self.exchanges.append(Exchange(endpoint.name, request.operation, _key(request), reply))
            return reply

        session.post = post_and_keep  # type: ignore[method-assign] # the one place in between
        return session


@dataclass
class MemoryNetwork:
    """Answers equal requests in their recorded order, the last one again and again."""

    exchanges: tuple[Exchange, ...]
    replaced: Mapping[int, SoapResponse]
    spare: tuple[Exchange, ...] = ()
    replies: dict[tuple[str, tuple[str, bytes]], list[SoapResponse]] = field(init=False)

    def __post_init__(self) -> None:
        self.replies = defaultdict(list)
        for number, exchange in enumerate(self.exchanges):
            reply = self.replaced.get(number, exchange.reply)
            self.replies[exchange.server, exchange.key].append(reply)
        for exchange in self.spare:
            if (exchange.server, exchange.key) not in self.replies:
                self.replies[exchange.server, exchange.key].append(exchange.reply)

    def open_session(
        self,
        endpoint: Endpoint,
        credentials: Credentials,  # noqa: ARG002 - nothing is sent
        limits: RequestLimits,  # noqa: ARG002 - nothing takes any time
    ) -> "MemorySession":
        return MemorySession(self, endpoint.name)

    def try_tcp(self, *_: object) -> TcpResult:
        return TcpResult(Reach.REACHED, "reached")

    def resolve_name(self, *_: object) -> tuple[str, ...]:
        return ("127.0.0.1",)

    def fetch_certificate(self, endpoint: Endpoint, *_: object) -> HandshakeResult:
        raise NotAsked(Problem.UNSPECIFIED, endpoint.name)

    def now(self) -> datetime:
        return _NOON

    def pause(self, seconds: float) -> None:
        pass

    def wait_for_background_work(self) -> None:
        """Do nothing: there is none."""

    def interrupt(self) -> None:
        pass

    def close(self) -> None:
        pass


@dataclass
class MemorySession:
    network: MemoryNetwork
    server: str
    requests_sent: int = 0
    elapsed_us: int = 0
    cookies: tuple[str, ...] = ()

    def post(self, request: SoapRequest) -> SoapResponse:
        self.requests_sent += 1
        replies = self.network.replies.get((self.server, _key(request)))
        if not replies:
            raise NotAsked(Problem.UNSPECIFIED, self.server)
        return replies.pop(0) if len(replies) > 1 else replies[0]

    def close(self) -> None:
        pass
