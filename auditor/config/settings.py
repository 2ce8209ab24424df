"""Settings of a valid configuration file, as frozen plain data."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from auditor.config.hosts import SOAP_PORT, complete_host, is_ip, join_host_port
from auditor.errors import ConfigError
from auditor.models.findings import Severity
from auditor.models.nodes import Role
from auditor.models.settings import ExternalDatabase, Setting
from auditor.text import did_you_mean


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """How to reach a server: where to connect, and which name its certificate must prove.

    `host` has no brackets; `shown` is `host:port` for URLs and messages.
    """

    host: str
    port: int
    verify_name: str
    shown: str


@dataclass(frozen=True, slots=True)
class CucmServer:
    """A CUCM server of a cluster, by its name in the file."""

    name: str
    address: ServerAddress


@dataclass(frozen=True, slots=True)
class DeclaredNode:
    """A `[[cluster.node]]`, for clusters whose CUCM cannot list the nodes."""

    name: str
    role: Role
    redundancy_group: str | None


@dataclass(frozen=True, slots=True)
class ClusterSettings:
    """One `[[cluster]]` with the defaults filled in; names keep the spelling of the file.

    `cucm_name` is the host of `cucm_publisher` as written: the name that its pin and its entry in
    `addresses` go by. `cucm_subscribers` are asked in turn while the publisher cannot be reached.
    `domain` completes names without a dot. `addresses` and `pins` are keyed by `full_name`; a pin
    is 64 lower-case hexadecimal digits. `workers` limits the nodes of this cluster that are asked
    at once.
    `settings` holds every declared deployment key, `named` the nodes and groups that each key
    names. `peered_from` holds (cluster, peer address) of the other clusters in the file: any of
    these addresses may turn out to be a node of this one. `probes` is the operator's own file of
    database probes, `waivers` the one of accepted differences. `certificate_days` is for how many
    more days certificates are to be valid. `site` is where the workers of a fleet ask it from.
    """

    name: str
    cucm_name: str
    cucm_publisher: ServerAddress
    username: str
    password_command: str | None
    workers: int
    timeout_s: float
    settle_s: float
    backoff_s: tuple[float, ...]
    fail_on: Severity
    certificate_days: int
    proxy: bool
    ca_bundle: Path | None
    axl_version: str
    legacy_tls: bool
    high_availability: bool | frozenset[str] | None
    planned_nodes: tuple[str, ...]
    addresses: Mapping[str, tuple[str, int]]
    pins: Mapping[str, tuple[str, ...]]
    nodes: tuple[DeclaredNode, ...]
    settings: Mapping[str, tuple[Setting, ...]]
    databases: tuple[ExternalDatabase, ...]
    peers: tuple[str, ...]
    peered_from: tuple[tuple[str, str], ...]
    named: Mapping[str, tuple[str, ...]]
    probes: Path | None = None
    waivers: Path | None = None
    cucm_subscribers: tuple[CucmServer, ...] = ()
    domain: str | None = None
    site: str | None = None

    @property
    def cucm_servers(self) -> tuple[CucmServer, ...]:
        """Return the CUCM servers in the order in which they are asked, the publisher first."""
        return (CucmServer(self.cucm_name, self.cucm_publisher), *self.cucm_subscribers)

    @property
    def cucm_names(self) -> frozenset[str]:
        """Return the full names of the CUCM servers, in lower case."""
        return frozenset(self.full_name(server.name) for server in self.cucm_servers)

    @property
    def node_names(self) -> frozenset[str]:
        """Return the full names of the nodes that the file names anywhere, in lower case."""
        declared = (node.name for node in self.nodes)
        named = {*declared, *self.planned_nodes, *self.addresses, *self.pins}
        return frozenset(map(self.full_name, named)) - self.cucm_names

    @property
    def server_names(self) -> frozenset[str]:
        """Return every name of a server, group or database in the file: redaction keeps these."""
        switched = self.high_availability
        return frozenset(
            {
                self.name,
                *(server.name for server in self.cucm_servers),
                *(server.address.host for server in self.cucm_servers),
                *self.node_names,
                *(node.redundancy_group for node in self.nodes if node.redundancy_group),
                *(switched if isinstance(switched, frozenset) else ()),
                *(host for host, _ in self.addresses.values()),
                *(name for database in self.databases for name in (database.name, database.host)),
                *self.peers,
                *(name for names in self.named.values() for name in names),
            }
        )

    def address_of(self, node_name: str) -> ServerAddress:
        """Return how to reach a node: its entry in `addresses`, else its name at port 8443."""
        return resolve_address(node_name, (node_name, SOAP_PORT), self.addresses, self.domain)

    def full_name(self, name: str) -> str:
        """Return a name in lower case, with the domain behind it if it has no dot."""
        return complete_host(name.casefold(), self.domain)

    def with_listed_names(self, listed: Iterable[str]) -> "ClusterSettings":
        """Return the settings with each node under the name that the cluster lists it by.

        Only a node that the file names with the domain, and the cluster without, or the other way
        round, has another name then.
        """
        if self.domain is None:
            return self
        by_full_name = {self.full_name(name): name for name in listed}

        def rename(name: str) -> str:
            listed_name = by_full_name.get(self.full_name(name), name)
            # Another case is the same name, and reports show that of the file.
            return name if listed_name.casefold() == name.casefold() else listed_name

        return replace(
            self,
            planned_nodes=tuple(map(rename, self.planned_nodes)),
            nodes=tuple(replace(node, name=rename(node.name)) for node in self.nodes),
            settings={
                key: tuple(replace(s, nodes=_rename_all(s.nodes, rename)) for s in declared)
                for key, declared in self.settings.items()
            },
            databases=tuple(
                replace(database, nodes=_rename_all(database.nodes, rename))
                for database in self.databases
            ),
            named={key: tuple(map(rename, names)) for key, names in self.named.items()},
        )


def _rename_all(
    names: frozenset[str] | None, rename: Callable[[str], str]
) -> frozenset[str] | None:
    return None if names is None else frozenset(map(rename, names))


def resolve_address(
    name: str,
    usual: tuple[str, int],
    addresses: Mapping[str, tuple[str, int]],
    domain: str | None = None,
) -> ServerAddress:
    """Return how to reach a name; an override that is a host name is also the name to verify."""
    full_name = complete_host(name, domain)
    override = addresses.get(full_name.lower())
    host, port = override or usual
    host = complete_host(host, domain)
    # Certificates seldom hold the address of a NAT or a tunnel, so there the name must be proven.
    proves = host if override and not is_ip(host) else full_name
    return ServerAddress(host, port, proves, join_host_port(host, port))


def password_variable_name(cluster: str) -> str:
    """Return the environment variable that may hold the password of a cluster."""
    # Shells take no other characters in the name of a variable.
    return "AUDITOR_PASSWORD_" + re.sub(r"[^A-Z0-9]", "_", cluster.upper())


@dataclass(frozen=True, slots=True)
class Configuration:
    """The whole file. `workers` limits the nodes that are asked at once, over all clusters.

    `history` is the URL of the database of earlier runs; `notify` are the URLs that receive
    notifications, and hold secrets; `report_url` is where their readers find the report.
    `tables` is the parsed file, secrets included.
    """

    path: Path
    workers: int
    clusters: tuple[ClusterSettings, ...]
    history: str | None = None
    notify: tuple[str, ...] = field(default=(), repr=False)
    report_url: str | None = None
    tables: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def select(self, names: Iterable[str]) -> tuple[ClusterSettings, ...]:
        """Return the named clusters in the order of the file, all of them if none is named.

        Case is ignored. Raises ConfigError for every name that the file does not have.
        """
        requested = dict.fromkeys(names)
        by_name = {cluster.name.casefold(): cluster for cluster in self.clusters}
        unknown = [name for name in requested if name.casefold() not in by_name]
        if unknown:
            raise ConfigError(self._no_such_cluster(name) for name in unknown)
        selected = {name.casefold() for name in requested} or set(by_name)
        return tuple(cluster for key, cluster in by_name.items() if key in selected)

    def _no_such_cluster(self, name: str) -> str:
        names = [cluster.name for cluster in self.clusters]
        hint = did_you_mean(name, names)
        return f'{self.path}: no cluster "{name}"; the file has {", ".join(names)}{hint}'
