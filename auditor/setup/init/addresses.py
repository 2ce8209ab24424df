"""Proposes `addresses` for nodes whose certificates are issued to other names than CUCM lists."""

from collections import Counter
from collections.abc import Iterable, Mapping

from auditor.config.hosts import first_label, is_host, is_ip
from auditor.models.coverage import Coverage
from auditor.models.facts import ClusterFacts
from auditor.problems import Problem


def propose_addresses(facts: ClusterFacts) -> Mapping[str, str]:
    """Return, by server, the full name in the certificate that was refused for its name alone.

    Only for servers that go by an address or by a name without a domain, and only where one name
    fits. A proposal trusts nothing: whoever takes it has the certificate verified for that name.
    """
    refused: dict[str, tuple[str, ...]] = {}
    for entry in facts.coverage:
        # A server has several entries, and only the first has the certificate.
        refused[entry.node] = refused.get(entry.node) or _certificate_names(entry)
    proposals = {
        server: name
        for server, names in refused.items()
        if "." not in server or is_ip(server)
        if (name := _fitting_name(server, names, [other for other in refused if other != server]))
    }
    # One certificate on several servers proves the cluster, and not which server answers.
    times = Counter(name.casefold() for name in proposals.values())
    return {server: name for server, name in proposals.items() if times[name.casefold()] == 1}


def _certificate_names(entry: Coverage) -> tuple[str, ...]:
    """Return the full names of the host in a certificate that was refused, none for others."""
    failure = entry.failure
    if failure is None or failure.problem is not Problem.OTHER_NAME:
        return ()
    return tuple(
        name for name in failure.names if "." in name and is_host(name) and not is_ip(name)
    )


def _fitting_name(server: str, names: Iterable[str], others: Iterable[str]) -> str | None:
    """Return the name that begins with that of the server, else the only one of no other server."""
    same = [name for name in names if first_label(name) == server.casefold()]
    others = {other.casefold() for other in others}
    free = [name for name in names if not {name.casefold(), first_label(name)} & others]
    fitting = same or free
    return fitting[0] if len(fitting) == 1 else None
