"""Findings about the profile itself: where what is declared and what is seen disagree."""

from collections.abc import Iterable
from dataclasses import replace

from auditor.cluster import ClusterFacts, Setting
from auditor.facts import Evidence, NodeFacts, Origin, Role, RunState
from auditor.findings import Kind, Verdict
from auditor.recommendations.conditions import covers, deciding, holds, release_within
from auditor.recommendations.draft import Draft
from auditor.recommendations.model import Recommendation, Watch
from auditor.recommendations.scopes import within
from auditor.recommendations.truth import ALWAYS, Truth, either
from auditor.recommendations.view import Seen, View, look
from auditor.recommendations.vocabulary import DEPLOYMENT_KEYS

PREFIX = "deployment."
"""How the key of [cluster.deployment] is named among all keys of the file."""

_SYNCED_FROM = f"{PREFIX}intercluster_synced_from"

_RELEASES = {
    f"{PREFIX}intercluster_cup86": ("9.0", "10.0"),
    f"{PREFIX}managed_file_transfer": ("11.0", None),
}
"""What only some releases can have."""

_NAMES_GROUPS = ("high_availability", "intercluster_synced_from", "redundancy_group")


def keys(facts: ClusterFacts) -> tuple[str, ...]:
    """Return every key that is a subject: the deployment keys, and those that name something."""
    known = [f"{PREFIX}{key}" for key in DEPLOYMENT_KEYS]
    return (*known, *sorted(facts.named.keys() - set(known)))


def installed(facts: ClusterFacts) -> tuple[NodeFacts, ...]:
    """Return the nodes that are there."""
    return tuple(node for node in facts.nodes if not node.planned)


def agrees(facts: ClusterFacts, key: str) -> Draft:
    """Judge whether a declared key agrees with what was observed or discovered (PROFILE-01)."""
    expected = f"`{key}` agrees with what the cluster shows."
    tellings = facts.settings.get(key.removeprefix(PREFIX), ()) if key.startswith(PREFIX) else ()
    declared = next((told for told in tellings if told.origin is Origin.DECLARED), None)
    if declared is None:
        return _nothing(expected, f"Nobody declared `{key}`.")
    others = [told for told in tellings if told.origin is not Origin.DECLARED]
    fits = _fits_release(facts, key, declared)
    if not others and fits is ALWAYS:
        return _nothing(expected, f"Nothing was seen that `{key}` could be compared with.")
    evidence = tuple(
        Evidence(told.origin, told.source, f"`{key}` is {_shown(told)}.")
        for told in (declared, *others)
    )
    draft = _compared(facts, key, declared, others, fits)
    return replace(draft, expected=expected, evidence=evidence)


def _compared(
    facts: ClusterFacts, key: str, declared: Setting, others: list[Setting], fits: Truth
) -> Draft:
    observed = f"`{key}` is declared {_shown(declared)}."
    wrong = [told for told in others if not _agree(facts, key, declared, told)]
    because = f"It is {wrong[0].origin} to be {_shown(wrong[0])}." if wrong else fits.sentence
    if wrong or fits.value is False:
        return Draft(Verdict.DRIFT, "", observed, because, Kind.PROFILE_CONFLICT)
    if fits.value is None:
        return Draft(Verdict.UNKNOWN, "", observed, because, hint=fits.hint)
    return Draft(Verdict.PASS, "", observed, "Nothing that was seen speaks against it.")


def _fits_release(facts: ClusterFacts, key: str, told: Setting) -> Truth:
    """Tell whether the release can have what is declared; ALWAYS where releases say nothing."""
    bounds = _RELEASES.get(key)
    return release_within(facts.release, *bounds) if bounds and told.on else ALWAYS


def _nothing(expected: str, because: str) -> Draft:
    return Draft(Verdict.NOT_APPLICABLE, expected, because, because)


def _agree(facts: ClusterFacts, key: str, declared: Setting, told: Setting) -> bool:
    """Tell whether two tellings of a key can both be true."""
    if not told.placed:
        return declared.on and not declared.expressway
    if key == _SYNCED_FROM:
        return _synced(facts, told) <= _synced(facts, declared)
    return _meaning(facts, told) == _meaning(facts, declared)


def _synced(facts: ClusterFacts, told: Setting) -> frozenset[str]:
    """Return the groups (and nodes of unknown group) that a list of groups and nodes adds.

    What one peer is seen to sync from need not be all, and the publisher's group always counts.
    """
    groups = {
        node.name.casefold(): (node.redundancy_group or node.name).casefold()
        for node in facts.nodes
    }
    named = {name.casefold() for name in told.nodes or ()}
    publishers = {n.name.casefold() for n in facts.nodes if n.role is Role.PUBLISHER}
    implied = {groups[name] for name in publishers}
    return frozenset(groups.get(name, name) for name in named) | implied


def _meaning(facts: ClusterFacts, told: Setting) -> tuple[bool, frozenset[str]]:
    """Return what two tellings must share: Expressway, and the nodes that they hold for."""
    nodes = {node.name for node in installed(facts) if covers(told, node)}
    return told.expressway, frozenset(nodes) if told.on else frozenset()


def _shown(told: Setting) -> str:
    if told.expressway:
        return '"expressway"'
    if told.nodes is None or not told.on:
        return "true" if told.on else "false"
    return f"true for {_listed(told.nodes)}"


def _listed(words: Iterable[str]) -> str:
    return ", ".join(sorted(words, key=str.casefold))


def names_exist(facts: ClusterFacts, key: str) -> Draft:
    """Judge whether the cluster has every node, group and address of a key (PROFILE-02)."""
    expected = f"Every name in `{key}` is a node or group of the cluster."
    named = facts.named.get(key, ())
    if not named:
        return _nothing(expected, f"`{key}` names no node and no group.")
    evidence = (Evidence(Origin.DECLARED, key, f"It names {_listed(named)}."),)
    strange = [name for name in named if name.casefold() not in _known(facts)]
    groups_missing = not facts.groups_known and any(word in key for word in _NAMES_GROUPS)
    if not facts.topology_observed or (strange and groups_missing):
        observed = f"What the cluster has of {_listed(named)} is not known."
        because = "The CUCM publisher did not tell the nodes and groups of the cluster."
        hint = "Make AXL of the CUCM publisher answer, then audit again."
        return Draft(Verdict.UNKNOWN, expected, observed, because, hint=hint, evidence=evidence)
    disputed = facts.disputed.get(key, ())
    if not (strange or disputed):
        observed = f"The cluster has {_listed(named)}."
        return Draft(Verdict.PASS, expected, observed, observed, evidence=evidence)
    missing = (f"The cluster has no {_listed(strange)}",) if strange else ()
    observed = f"{'; '.join((*missing, *disputed))}."
    because = "A name that the cluster does not have leaves its key without effect."
    if not strange:
        because = "What CUCM lists counts, and the file says otherwise."
    return Draft(
        Verdict.DRIFT, expected, observed, because, Kind.PROFILE_CONFLICT, evidence=evidence
    )


def _known(facts: ClusterFacts) -> set[str]:
    """Return what the cluster has; a group that it did not tell itself proves no name right."""
    nodes = {word for node in facts.nodes for word in (node.name, node.address)}
    groups = {group.name for group in facts.groups} if facts.groups_known else set()
    return {word.casefold() for word in nodes | groups}


def absent_is_off(
    facts: ClusterFacts, row: Recommendation, key: str, loaded: frozenset[str]
) -> Draft:
    """Judge whether the services of a feature that is declared absent are off (PROFILE-03).

    `loaded` holds the ids of all rows that are judged: where one of them asks for the service
    whatever the feature, this row yields.
    """
    expected = f"No service runs for the feature that `{key}` declares absent."
    watch = next((w for w in row.watches if f"{PREFIX}{w.key}" == key), None)
    if watch is None:
        return _nothing(expected, f'No service hangs on `{key}` by an "if" of the table.')
    told = deciding(facts, watch.key)
    if told is None or told.on or told.origin is Origin.DISCOVERED:
        return _nothing(expected, f"`{key}` is not declared absent.")
    yielded = sorted(loaded & set(watch.yields_to))
    if yielded:
        return _nothing(expected, f"{' and '.join(yielded)} ask for these services in any case.")
    return _watched(facts, row, watch, expected, told)


def _watched(
    facts: ClusterFacts, row: Recommendation, watch: Watch, expected: str, told: Setting
) -> Draft:
    views = [View(facts, node, row) for node in installed(facts)]
    if not views:
        text = "No node is known to look at."
        hint = "Make AXL of the CUCM publisher answer, or declare the nodes in [[cluster.node]]."
        return Draft(Verdict.UNKNOWN, expected, text, text, hint=hint)
    placed = [(view, within(watch.on, view)) for view in views]
    seen = [
        look(facts, view.node, service)
        for view, place in placed
        if place.value is not False
        for service in watch.services
    ]
    running = [one for one in seen if one.run is RunState.STARTED]
    open_ones = [one for one in seen if one.run is not RunState.STOPPED and one not in running]
    wanted = _wanted(watch, views)
    unplaced = [place for _, place in placed if place.value is None]
    declared = Evidence(told.origin, told.source, f"`{watch.key}` is false.")
    if running and not unplaced and not wanted.value:
        return _runs(watch, expected, running, wanted, declared)
    if wanted.value:
        because = f"{wanted.sentence.rstrip('.')}, which asks for the service."
        return Draft(
            Verdict.PASS, expected, because, because, hint=wanted.hint, evidence=wanted.evidence
        )
    draft = _quiet(watch, expected, [*open_ones, *(running if unplaced else [])], declared)
    if draft.verdict is Verdict.PASS and not facts.topology_observed:
        observed = f"{draft.observed.rstrip('.')} on the nodes that are known."
        because = "The CUCM publisher did not tell all nodes of the cluster."
        hint = "Make AXL of the CUCM publisher answer, then audit again."
        return replace(
            draft, verdict=Verdict.UNKNOWN, observed=observed, because=because, hint=hint
        )
    return draft


def _wanted(watch: Watch, views: list[View]) -> Truth:
    """Tell whether another feature asks for the services on any node."""
    if not watch.unless:
        return Truth(False)
    return either(*(holds(condition, view) for view in views for condition in watch.unless))


def _sentence(seen: list[Seen]) -> str:
    return f"{' and '.join(one.observed.rstrip('.') for one in seen)}."


def _runs(
    watch: Watch, expected: str, running: list[Seen], wanted: Truth, declared: Evidence
) -> Draft:
    observed = _sentence(running)
    evidence = (declared, *(piece for one in running for piece in one.evidence))
    if wanted.value is None:
        because = f"{wanted.sentence.rstrip('.')}, which may ask for the service."
        return Draft(
            Verdict.UNKNOWN, expected, observed, because, hint=wanted.hint, evidence=evidence
        )
    because = f"`{watch.key}` is declared false, and Cisco asks for the service only with it."
    return Draft(
        Verdict.DRIFT, expected, observed, because, Kind.PROFILE_CONFLICT, evidence=evidence
    )


def _quiet(watch: Watch, expected: str, open_ones: list[Seen], declared: Evidence) -> Draft:
    if open_ones:
        observed = _sentence(open_ones)
        because = open_ones[0].why or "Whether it runs is not settled."
        hint = open_ones[0].hint or "Audit again once the service has settled."
        evidence = (declared, *(piece for one in open_ones for piece in one.evidence))
        return Draft(Verdict.UNKNOWN, expected, observed, because, hint=hint, evidence=evidence)
    observed = f"{' and '.join(watch.services)} does not run."
    because = f"`{watch.key}` is declared false."
    return Draft(Verdict.PASS, expected, observed, because, evidence=(declared,))
