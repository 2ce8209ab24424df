"""The profile itself as a subject: its keys, and what every judgement on them shares."""

from collections.abc import Iterable

from auditor.cluster import ClusterFacts
from auditor.facts import NodeFacts
from auditor.findings import Verdict
from auditor.recommendations.draft import Draft
from auditor.recommendations.vocabulary import DEPLOYMENT_KEYS

PREFIX = "deployment."
"""How the key of [cluster.deployment] is named among all keys of the file."""


def keys(facts: ClusterFacts) -> tuple[str, ...]:
    """Return every key that is a subject.

    The deployment keys, those that name something, and those that were compared with something.
    """
    known = [f"{PREFIX}{key}" for key in DEPLOYMENT_KEYS]
    return (*known, *sorted((facts.named.keys() | facts.compared.keys()) - set(known)))


def installed(facts: ClusterFacts) -> tuple[NodeFacts, ...]:
    """Return the nodes that are there."""
    return tuple(node for node in facts.nodes if not node.planned)


def nothing(expected: str, because: str) -> Draft:
    """Return that there is nothing to judge."""
    return Draft(Verdict.NOT_APPLICABLE, expected, because, because)


def listed(words: Iterable[str]) -> str:
    """Return words in one order, whatever the order they came in."""
    return ", ".join(sorted(words, key=str.casefold))
