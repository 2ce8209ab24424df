"""The changes that the command line asks about, held against what exists."""

from collections.abc import Iterable, Sequence

from auditor import names
from auditor.change.would_be import Change
from auditor.cluster import ClusterFacts
from auditor.errors import ConfigError


def services(activate: Sequence[str], deactivate: Sequence[str]) -> dict[str, bool]:
    """Return each service by canonical name, True where it is to be activated.

    Raises:
        ConfigError: no service, an unknown one, one that cannot be activated, or both at once.
    """
    problems = [] if activate or deactivate else ["name a service with --activate or --deactivate."]
    asked: dict[str, bool] = {}
    for words, wanted in ((activate, True), (deactivate, False)):
        for word in words:
            name = names.canonical(word)
            problems += _service_problem(name)
            if asked.setdefault(name, wanted) is not wanted:
                problems.append(f"{name} is to be activated and deactivated at once.")
    if problems:
        raise ConfigError(problems)
    return asked


def _service_problem(name: str) -> list[str]:
    if name in names.FEATURE_SERVICES:
        return []
    if names.deployable(name) is False:
        return [f"{name} is a network service: it can be started and stopped, not activated."]
    near = names.nearest(name, names.FEATURE_SERVICES)
    meant = f" Did you mean {near}?" if near else ""
    known = ", ".join(sorted(names.FEATURE_SERVICES))
    return [f"unknown service {name!r}.{meant} Those that can be activated: {known}."]


def changes(
    facts: ClusterFacts, wanted: dict[str, bool], nodes: Iterable[str]
) -> tuple[Change, ...]:
    """Return every service on every node named.

    Raises:
        ConfigError: a node that the cluster does not have; names the nearest.
    """
    known = {node.name.casefold(): node.name for node in facts.nodes}
    nodes = tuple(nodes)
    unknown = [name for name in nodes if name.casefold() not in known]
    if unknown:
        raise ConfigError(
            _node_problem(facts.name, name, sorted(known.values())) for name in unknown
        )
    return tuple(
        Change(name, service, activate)
        for name in dict.fromkeys(known[node.casefold()] for node in nodes)
        for service, activate in wanted.items()
    )


def _node_problem(cluster: str, name: str, known: Sequence[str]) -> str:
    short = [full for full in known if full.casefold().startswith(f"{name.casefold()}.")]
    near = short[0] if len(short) == 1 else names.nearest(name, known)
    meant = f" Did you mean {near}?" if near else ""
    return f"cluster {cluster} has no node {name!r}.{meant} It has {', '.join(known) or 'none'}."
