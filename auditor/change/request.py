"""The changes that the command line names, checked against the services and nodes that exist."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from auditor.change.node_names import explain_mismatch
from auditor.change.restarts import cannot_restart, find_restart_problems
from auditor.change.what_if import ChangeAction, RequestedChange
from auditor.config.hosts import match_names
from auditor.errors import ConfigError
from auditor.models.facts import ClusterFacts
from auditor.service_names import (
    CONTROL_CENTER_SERVICES,
    FEATURE_SERVICES,
    find_service,
    is_deployable_service,
    suggest_services,
)
from auditor.text import did_you_mean, join_names


class _ServiceArgument(NamedTuple):
    """A value of --activate, --deactivate or --restart; `node` is None if it names no node."""

    service: str
    node: str | None
    action: ChangeAction


def parse_changes(
    services: Mapping[ChangeAction, Sequence[str]], on: Sequence[str]
) -> tuple[RequestedChange, ...]:
    """Return every change: a `SERVICE@NODE` on that node, any other service on every node of `on`.

    `services` are the values of the option of each action. Services have their canonical names,
    nodes the names that were typed.

    Raises:
        ConfigError: no service is named, one is unknown or cannot be changed in this way, one has
            no node or two actions at once; or `on` is not needed.
    """
    arguments = [
        _parse_argument(text, action) for action, texts in services.items() for text in texts
    ]
    changes = [
        RequestedChange(node, argument.service, argument.action)
        for argument in arguments
        for node in (on if argument.node is None else [argument.node])
    ]
    problems = [
        *_argument_problems(arguments, on),
        *(_service_problem(argument) for argument in arguments),
        *_contradictory_changes(changes),
    ]
    # A service that is named for several nodes has the same problem for each.
    if unique := [problem for problem in dict.fromkeys(problems) if problem]:
        raise ConfigError(unique)
    return tuple(changes)


def _parse_argument(text: str, action: ChangeAction) -> _ServiceArgument:
    # An empty node is kept apart from none: `SERVICE@` is a slip, `SERVICE` needs --on.
    service, mark, node = text.rpartition("@")
    name, place = (service, node.strip()) if mark else (text, None)
    return _ServiceArgument(find_service(name) or " ".join(name.split()), place, action)


def _argument_problems(arguments: Sequence[_ServiceArgument], on: Sequence[str]) -> Iterator[str]:
    if not arguments:
        yield "name a service with --activate, --deactivate or --restart."
        return
    without_node = [argument.service for argument in arguments if argument.node is None]
    if without_node and not on:
        yield f"name the node of {without_node[0]} with --on, or as SERVICE@NODE."
    if on and not without_node:
        yield "--on: every service names its node already; leave the option out."
    for argument in arguments:
        if argument.node == "":
            yield f"{argument.service}@: name the node after the @."


_PARTICIPLES = {
    ChangeAction.ACTIVATE: "activated",
    ChangeAction.DEACTIVATE: "deactivated",
    ChangeAction.RESTART: "restarted",
}


def _contradictory_changes(changes: Sequence[RequestedChange]) -> Iterator[str]:
    first: dict[tuple[str, str], ChangeAction] = {}
    for change in changes:
        action = first.setdefault((change.node.casefold(), change.service), change.action)
        if action is not change.action:
            both = f"{_PARTICIPLES[action]} and {_PARTICIPLES[change.action]}"
            yield f"{change.service} is to be {both} at once on {change.node}."


def _service_problem(argument: _ServiceArgument) -> str | None:
    name = argument.service
    if argument.action is ChangeAction.RESTART and name in CONTROL_CENTER_SERVICES:
        return cannot_restart(name)
    if name in FEATURE_SERVICES:
        return None
    if argument.action is not ChangeAction.RESTART and is_deployable_service(name) is False:
        return (
            f"{name} is a network service: it can be started and stopped, not activated."
            " Use --restart to restart it."
        )
    candidates = suggest_services(name)
    if len(candidates) > 1:
        return f"{name!r} may be {join_names(candidates, word='or')}: give the whole name."
    likely = candidates[0] if candidates else name
    choices = ", ".join(sorted(FEATURE_SERVICES))
    if argument.action is ChangeAction.RESTART:
        hint = did_you_mean(likely, CONTROL_CENTER_SERVICES) or "."
        those = f"Those that can be restarted: {choices}, and the network services."
        return f"unknown service {name!r}{hint} {those}"
    hint = did_you_mean(likely, FEATURE_SERVICES) or "."
    return f"unknown service {name!r}{hint} Those that can be activated: {choices}."


def find_unknown_nodes(facts: ClusterFacts, changes: Sequence[RequestedChange]) -> tuple[str, ...]:
    """Return the nodes that are not known, if CUCM did not list the nodes of the cluster.

    Raises:
        ConfigError: CUCM listed them, and there is no such node; or a first label is that of
            several. Names the candidates.
    """
    names = sorted(node.name for node in facts.nodes)
    matches = {typed: match_names(typed, names) for typed in dict.fromkeys(c.node for c in changes)}
    unknown = tuple(typed for typed, found in matches.items() if not found)
    # Only CUCM's list proves that a name is wrong; without it the node may well exist.
    refused = [
        typed
        for typed, found in matches.items()
        if len(found) > 1 or (not found and facts.topology_observed)
    ]
    if refused:
        raise ConfigError(explain_mismatch(typed, facts.name, "node", names) for typed in refused)
    return unknown


def resolve_changes(
    facts: ClusterFacts, changes: Sequence[RequestedChange]
) -> tuple[RequestedChange, ...]:
    """Return each change once, with the names of the cluster's nodes, node after node.

    Raises:
        ConfigError: a service is to be restarted on a node that does not have it, or where it is
            not activated; names the nodes where it can be restarted. Or two names of one node
            ask for two actions at once.
    """
    names = [node.name for node in facts.nodes]
    resolved = tuple(dict.fromkeys(replace(c, node=match_names(c.node, names)[0]) for c in changes))
    problems = [*_contradictory_changes(resolved), *find_restart_problems(facts, resolved)]
    if problems:
        raise ConfigError(problems)
    order = list(dict.fromkeys(change.node for change in resolved))
    return tuple(sorted(resolved, key=lambda change: order.index(change.node)))
