"""What stands where in the matrix: columns are nodes by redundancy group, rows are services."""

from collections.abc import Iterable, Sequence

from auditor import names
from auditor.facts import NodeFacts, Role, RunState, ServiceState
from auditor.findings import ClusterReport, Verdict

_SECTIONS = (
    ("Administration", (names.AXL, names.BULK_PROVISIONING, names.REPORTER)),
    (
        "Presence and sync",
        (
            names.SIP_PROXY,
            names.PRESENCE_ENGINE,
            names.SYNC_AGENT,
            names.ROUTER,
            names.INTERCLUSTER_SYNC,
        ),
    ),
    (
        "Clients and chat",
        (
            names.CONNECTION,
            names.AUTHENTICATION,
            names.WEB_CONNECTION,
            names.DIRECTORY,
            names.TEXT_CONFERENCE,
        ),
    ),
    ("Federation", (names.SIP_FEDERATION, names.XMPP_FEDERATION)),
    ("Compliance and files", (names.MESSAGE_ARCHIVER, names.FILE_TRANSFER)),
)
"""Services that belong together, in the order in which a reader looks for them."""


def groups(nodes: Iterable[NodeFacts]) -> list[tuple[str | None, list[NodeFacts]]]:
    """Return the nodes by redundancy group, publisher's group and publisher first.

    Nodes without a group come last, each alone under None.
    """
    found: dict[str, list[NodeFacts]] = {}
    for node in sorted(nodes, key=lambda n: (n.role is not Role.PUBLISHER, n.name.lower())):
        found.setdefault(node.redundancy_group or "", []).append(node)
    alone = found.pop("", [])
    return [*found.items(), *((None, [node]) for node in alone)]


def domain(cluster: ClusterReport) -> str | None:
    """Return the domain that the column heads leave out, None if they show names in full."""
    every = [node.name for node in cluster.nodes]
    label = labels(every)
    return every[0].partition(".")[2] if every and label[every[0]] != every[0] else None


def labels(every: Sequence[str]) -> dict[str, str]:
    """Return the column head of each node: its host name if all nodes share one domain."""
    domains = {name.partition(".")[2].lower() for name in every}
    if len(domains) == 1 and not any(name.rpartition(".")[2].isdigit() for name in every):
        return {name: name.partition(".")[0] for name in every}
    return {name: name for name in every}


def sections(cluster: ClusterReport) -> list[tuple[str, tuple[str, ...]]]:
    """Return the services to show: those that are judged, and others that do not run."""
    if not any(node.services for node in cluster.nodes):
        return []
    shown = {
        f.service
        for f in cluster.findings
        if f.service
        and (
            f.verdict is not Verdict.NOT_APPLICABLE
            or any(f.service in node.services for node in cluster.nodes)
        )
    }
    placed = {service for _, services in _SECTIONS for service in services}
    others = {
        service.name
        for node in cluster.nodes
        for service in node.services.values()
        if service.name not in shown and _is_down(service)
    }
    found = [(title, tuple(s for s in services if s in shown)) for title, services in _SECTIONS]
    found.append(("Judged besides", tuple(sorted(shown - placed))))
    found.append(("Others not running", tuple(sorted(others))))
    return [(title, services) for title, services in found if services]


def _is_down(service: ServiceState) -> bool:
    """Tell whether a service that nobody judges is worth a line: it should run and does not."""
    return service.activated is not False and service.state is not RunState.STARTED


def short(service: str) -> str:
    """Return the name of a service without its maker's."""
    return service.removeprefix("Cisco ")
