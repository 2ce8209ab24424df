"""Which node is the publisher: as CUCM lists it, as the file declares it, or as the nodes say."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from auditor.collect.node import NodeResult, match_primary_node
from auditor.config.settings import DeclaredNode
from auditor.models.evidence import Origin
from auditor.models.forms import Form
from auditor.models.nodes import NodeFacts, Role
from auditor.models.statements import Statement, make_statement


def clear_doubtful_roles(nodes: Iterable[NodeFacts]) -> tuple[NodeFacts, ...]:
    """Return the nodes with their roles only if exactly one of them is the publisher.

    With none, or with two, the publisher's recommendations would be judged on no node or on the
    wrong one, so the roles in doubt become unknown.
    """
    nodes = tuple(nodes)
    publishers = sum(node.role is Role.PUBLISHER for node in nodes)
    if publishers == 1:
        return nodes
    doubtful = Role.PUBLISHER if publishers else Role.SUBSCRIBER
    return tuple(
        replace(node, role=Role.UNKNOWN) if node.role is doubtful else node for node in nodes
    )


def fill_declared_roles(
    nodes: Iterable[NodeFacts], declared: Sequence[DeclaredNode]
) -> tuple[NodeFacts, ...]:
    """Return the nodes with the roles of AXL, with those of the file where AXL's are in doubt."""
    cleared = clear_doubtful_roles(nodes)
    if any(node.role is Role.PUBLISHER for node in cleared):
        return cleared
    roles = {node.name.casefold(): node.role for node in declared}
    publishers = [
        node.name
        for node in cleared
        if node.role is Role.UNKNOWN and roles.get(node.name.casefold()) is Role.PUBLISHER
    ]
    if len(publishers) != 1:
        return cleared
    return _name_publisher(cleared, publishers[0], Origin.DECLARED)


def fill_discovered_roles(results: Sequence[NodeResult]) -> list[NodeResult]:
    """Return the results with roles where neither CUCM nor the file has a publisher.

    It is the primary node of the product information, which no document of Cisco explains for IM
    and Presence: these roles are only discovered.
    """
    nodes = tuple(result.node for result in results)
    primary = find_primary_node(results)
    is_settled = any(node.role is Role.PUBLISHER for node in nodes)
    roles = {node.name: node.role for node in nodes}
    # A node that CUCM lists as a subscriber beside two publishers is none of the two.
    if primary is None or is_settled or roles[primary] is not Role.UNKNOWN:
        return list(results)
    filled = _name_publisher(nodes, primary, Origin.DISCOVERED)
    return [replace(result, node=node) for result, node in zip(results, filled, strict=True)]


def _name_publisher(
    nodes: Iterable[NodeFacts], publisher: str, origin: Origin
) -> tuple[NodeFacts, ...]:
    """Return the nodes with one as the publisher, and the others of unknown role as subscribers."""
    return tuple(
        node
        if node.role is not Role.UNKNOWN
        # A cluster has one publisher, so every other node is a subscriber.
        else replace(
            node,
            role=Role.PUBLISHER if node.name == publisher else Role.SUBSCRIBER,
            role_origin=origin,
        )
        for node in nodes
    )


def find_primary_node(results: Sequence[NodeResult]) -> str | None:
    """Return the node that every reply names as primary; None if it is no node or they differ."""
    nodes = [result.node for result in results]
    named = {match_primary_node(r.primary_node, nodes) for r in results if r.primary_node}
    return named.pop() if len(named) == 1 else None


def dispute_declared_roles(
    declared: Sequence[DeclaredNode], results: Sequence[NodeResult]
) -> tuple[Statement, ...]:
    """Return how a declared publisher differs from the primary node of the product information.

    Only where the declared role counts: one that CUCM lists outranks both.
    """
    publishers = [
        result.node
        for result in results
        if result.node.role is Role.PUBLISHER and result.node.role_origin is Origin.DECLARED
    ]
    primary = find_primary_node(results)
    if not (declared and publishers) or primary in (None, publishers[0].name):
        return ()
    return (
        make_statement(Form.PRIMARY_NODE_DIFFERS, node=publishers[0].name, primary=primary or ""),
    )
