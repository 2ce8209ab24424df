"""The changes that the command line asks about, held against what exists."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from auditor.change.what_if import RequestedChange
from auditor.errors import ConfigError
from auditor.models.facts import ClusterFacts
from auditor.service_names import (
    FEATURE_SERVICES,
    canonical_name,
    is_deployable_service,
    is_service_name,
)
from auditor.text import did_you_mean


def parse_changes(
    activate: Sequence[str], deactivate: Sequence[str], on: Sequence[str]
) -> tuple[RequestedChange, ...]:
    """Return every change asked for: a `SERVICE@NODE` there, any other on every node of `on`.

    Services have their canonical names, nodes those that were typed.

    Raises:
        ConfigError: no service, an unknown one, one that cannot be activated, one without a node,
            or both at once; or `on` is about no service.
    """
    asked = [(*_parse_service_at_node(word), True) for word in activate]
    asked += [(*_parse_service_at_node(word), False) for word in deactivate]
    problems = [*_argument_problems(asked, on), *(_service_problem(name) for name, _, _ in asked)]
    changes = [
        RequestedChange(place, name, act)
        for name, node, act in asked
        for place in (on if node is None else [node])
    ]
    problems += _contradictory_changes(changes)
    if found := [problem for problem in dict.fromkeys(problems) if problem]:
        raise ConfigError(found)
    return tuple(changes)


def _parse_service_at_node(word: str) -> tuple[str, str | None]:
    """Return a service by canonical name, and the node that is named with it."""
    service, mark, node = word.rpartition("@")
    return (_canonical_service(service), node.strip()) if mark else (_canonical_service(word), None)


def _canonical_service(word: str) -> str:
    """Return the canonical name of a service that may be typed as tables print it."""
    full = f"Cisco {word}"
    return canonical_name(full if is_service_name(full) and not is_service_name(word) else word)


def _argument_problems(
    asked: Sequence[tuple[str, str | None, bool]], on: Sequence[str]
) -> Iterator[str]:
    if not asked:
        yield "name a service with --activate or --deactivate."
    placeless = [name for name, node, _ in asked if node is None]
    if placeless and not on:
        yield f"name the node of {placeless[0]} with --on, or as SERVICE@NODE."
    if asked and on and not placeless:
        yield "--on: every service names its node already; leave the option out."
    for name, node, _ in asked:
        if node == "":
            yield f"{name}@: name the node after the @."


def _contradictory_changes(changes: Sequence[RequestedChange]) -> Iterator[str]:
    first: dict[tuple[str, str], bool] = {}
    for change in changes:
        key = change.node.casefold(), change.service
        if first.setdefault(key, change.activate) is not change.activate:
            yield f"{change.service} is to be activated and deactivated at once on {change.node}."


def _service_problem(name: str) -> str | None:
    if name in FEATURE_SERVICES:
        return None
    if is_deployable_service(name) is False:
        return f"{name} is a network service: it can be started and stopped, not activated."
    hint = did_you_mean(name, FEATURE_SERVICES) or "."
    known = ", ".join(sorted(FEATURE_SERVICES))
    return f"unknown service {name!r}{hint} Those that can be activated: {known}."


def find_unknown_nodes(facts: ClusterFacts, asked: Sequence[RequestedChange]) -> tuple[str, ...]:
    """Return the nodes asked about that are not known, where the cluster did not list its nodes.

    Raises:
        ConfigError: the cluster listed them, and has no such node; names the nearest.
    """
    known = {node.name.casefold(): node.name for node in facts.nodes}
    typed = dict.fromkeys(change.node for change in asked)
    unknown = tuple(name for name in typed if name.casefold() not in known)
    if unknown and facts.topology_observed:
        raise ConfigError(
            _unknown_node_problem(facts.name, name, sorted(known.values())) for name in unknown
        )
    return unknown


def resolve_changes(
    facts: ClusterFacts, asked: Sequence[RequestedChange]
) -> tuple[RequestedChange, ...]:
    """Return each change once, with the names of the cluster's nodes, node after node."""
    known = {node.name.casefold(): node.name for node in facts.nodes}
    named = dict.fromkeys(replace(change, node=known[change.node.casefold()]) for change in asked)
    order = list(dict.fromkeys(change.node for change in named))
    return tuple(sorted(named, key=lambda change: order.index(change.node)))


def _unknown_node_problem(cluster: str, name: str, known: Sequence[str]) -> str:
    short = [full for full in known if full.casefold().startswith(f"{name.casefold()}.")]
    typed = short[0] if len(short) == 1 else name
    hint = did_you_mean(typed, known) or "."
    return f"cluster {cluster} has no node {name!r}{hint} It has {', '.join(known) or 'none'}."
