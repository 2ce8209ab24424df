"""Which feature services a compliant cluster has activated where, given what it is used for.

This is the simulator's own reading of Cisco's table and guides, written apart from the
recommendations, so that the two can disagree and a test can notice.
"""

from collections.abc import Mapping

from auditor.simulator import catalogue
from auditor.simulator.scenario import Deployment, Scenario, Where, release_of


def activated(scenario: Scenario) -> Mapping[str, frozenset[str]]:
    """Return the nodes that have each feature service activated, by service name."""
    use = scenario.deployment
    every = frozenset(scenario.node_names)
    publisher = frozenset(scenario.node_names[:1])
    full = every - set(use.routing_nodes)
    return {
        catalogue.AXL: every,
        catalogue.BULK: publisher if use.bulk_administration else frozenset(),
        catalogue.REPORTER: publisher,
        catalogue.SIP_PROXY: every,
        catalogue.PRESENCE_ENGINE: full,
        catalogue.CHAT: full if use.permanent_chat else _on(use.chat, full),
        catalogue.WEB: _on(use.web_clients, full),
        catalogue.XMPP: full,
        catalogue.AUTHENTICATION: full,
        catalogue.DIRECTORY: _on(use.third_party_ldap_search, full),
        catalogue.SIP_FEDERATION: _sip_federation(scenario, full),
        catalogue.XMPP_FEDERATION: _xmpp_federation(use, full),
        catalogue.ARCHIVER: _on(use.compliance, full),
        catalogue.FILE_TRANSFER: _on(use.managed_file_transfer, full),
    }


def _on(where: Where, nodes: frozenset[str]) -> frozenset[str]:
    if isinstance(where, bool):
        return nodes if where else frozenset()
    return nodes & set(where)


def _sip_federation(scenario: Scenario, nodes: frozenset[str]) -> frozenset[str]:
    use = scenario.deployment
    old_peer = use.intercluster_cup86 and release_of(scenario.cluster.release)[0] == 9
    if use.partitioned_intradomain_federation or old_peer:
        return nodes
    return _on(use.sip_federation, nodes)


def _xmpp_federation(use: Deployment, nodes: frozenset[str]) -> frozenset[str]:
    if use.xmpp_federation == "expressway":
        return frozenset()
    return _on(use.xmpp_federation, nodes)
