"""Which services can be restarted: not every one at all, and none where it is not activated."""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from pydantic import TypeAdapter

from auditor.change.what_if import RequestedChange, find_changed_node
from auditor.models.facts import ClusterFacts
from auditor.models.nodes import NodeFacts
from auditor.text import join_names


@dataclass(frozen=True, slots=True)
class RestartLimit:
    """A service that Cisco Unified Serviceability does not restart, and what does `instead`."""

    name: str
    instead: str
    source: str


@cache
def load_restart_limits() -> Mapping[str, RestartLimit]:
    """Return the services that Serviceability does not restart, by canonical name."""
    text = (files("auditor.change") / "restarts.toml").read_text(encoding="utf-8")
    limits = TypeAdapter(list[RestartLimit]).validate_python(tomllib.loads(text)["service"])
    return {limit.name: limit for limit in limits}


def cannot_restart(service: str) -> str | None:
    """Return why no node lets a service be restarted, None if that is possible."""
    limit = load_restart_limits().get(service)
    if limit is None:
        return None
    why = f"{service} cannot be restarted from Cisco Unified Serviceability: {limit.instead}"
    return f"{why} ({limit.source})."


def find_restart_problems(facts: ClusterFacts, changes: Iterable[RequestedChange]) -> Iterator[str]:
    """Yield the restarts that their nodes cannot do; a node that was not read may do any."""
    for change in changes:
        node = find_changed_node(facts, change)
        if not change.restarts or not node.services or can_restart(node, change.service):
            continue
        state = node.services.get(change.service)
        why = "it is not activated there" if state else "Control Center does not list it there"
        places = [n.name for n in facts.nodes if can_restart(n, change.service)]
        hint = f"It can be restarted on {join_names(places)}." if places else "No node has it."
        if state and not places:
            hint = "It is activated on no node; use --activate."
        yield f"{change.service} cannot be restarted on {node.name}: {why}. {hint}"


def can_restart(node: NodeFacts, service: str) -> bool:
    """Return whether a node lists a service that is, or may be, activated."""
    state = node.services.get(service)
    return state is not None and state.activated is not False
