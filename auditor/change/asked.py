"""The changes that the command line asks about, held against what exists."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from auditor import names
from auditor.change.would_be import Change
from auditor.cluster import ClusterFacts
from auditor.errors import ConfigError


def wanted(
    activate: Sequence[str], deactivate: Sequence[str], on: Sequence[str]
) -> tuple[Change, ...]:
    """Return every change asked for: a `SERVICE@NODE` there, any other on every node of `on`.

    Services have their canonical names, nodes those that were typed.

    Raises:
        ConfigError: no service, an unknown one, one that cannot be activated, one without a node,
            or both at once; or `on` is about no service.
    """
    asked = [(*_parted(word), True) for word in activate]
    asked += [(*_parted(word), False) for word in deactivate]
    problems = [*_incomplete(asked, on), *(_service_problem(name) for name, _, _ in asked)]
    changes = [
        Change(place, name, act)
        for name, node, act in asked
        for place in (on if node is None else [node])
    ]
    problems += _contradictions(changes)
    if found := [problem for problem in dict.fromkeys(problems) if problem]:
        raise ConfigError(found)
    return tuple(changes)


def _parted(word: str) -> tuple[str, str | None]:
    """Return a service by canonical name, and the node that is named with it."""
    service, mark, node = word.rpartition("@")
    return (_spelled(service), node.strip()) if mark else (_spelled(word), None)


def _spelled(word: str) -> str:
    """Return the canonical name of a service that may be typed as tables print it."""
    full = f"Cisco {word}"
    return names.canonical(full if names.is_known(full) and not names.is_known(word) else word)


def _incomplete(asked: Sequence[tuple[str, str | None, bool]], on: Sequence[str]) -> Iterator[str]:
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


def _contradictions(changes: Sequence[Change]) -> Iterator[str]:
    first: dict[tuple[str, str], bool] = {}
    for change in changes:
        key = change.node.casefold(), change.service
        if first.setdefault(key, change.activate) is not change.activate:
            yield f"{change.service} is to be activated and deactivated at once on {change.node}."


def _service_problem(name: str) -> str | None:
    if name in names.FEATURE_SERVICES:
        return None
    if names.deployable(name) is False:
        return f"{name} is a network service: it can be started and stopped, not activated."
    near = names.nearest(name, names.FEATURE_SERVICES)
    meant = f" Did you mean {near}?" if near else ""
    known = ", ".join(sorted(names.FEATURE_SERVICES))
    return f"unknown service {name!r}.{meant} Those that can be activated: {known}."


def strangers(facts: ClusterFacts, asked: Sequence[Change]) -> tuple[str, ...]:
    """Return the nodes asked about that are not known, where the cluster did not list its nodes.

    Raises:
        ConfigError: the cluster listed them, and has no such node; names the nearest.
    """
    known = {node.name.casefold(): node.name for node in facts.nodes}
    typed = dict.fromkeys(change.node for change in asked)
    unknown = tuple(name for name in typed if name.casefold() not in known)
    if unknown and facts.topology_observed:
        raise ConfigError(
            _node_problem(facts.name, name, sorted(known.values())) for name in unknown
        )
    return unknown


def changes(facts: ClusterFacts, asked: Sequence[Change]) -> tuple[Change, ...]:
    """Return each change once, with the names of the cluster's nodes, node after node."""
    known = {node.name.casefold(): node.name for node in facts.nodes}
    named = dict.fromkeys(replace(change, node=known[change.node.casefold()]) for change in asked)
    order = list(dict.fromkeys(change.node for change in named))
    return tuple(sorted(named, key=lambda change: order.index(change.node)))


def _node_problem(cluster: str, name: str, known: Sequence[str]) -> str:
    short = [full for full in known if full.casefold().startswith(f"{name.casefold()}.")]
    near = short[0] if len(short) == 1 else names.nearest(name, known)
    meant = f" Did you mean {near}?" if near else ""
    return f"cluster {cluster} has no node {name!r}.{meant} It has {', '.join(known) or 'none'}."
