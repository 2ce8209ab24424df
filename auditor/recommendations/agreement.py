"""Whether what is declared agrees with what was observed or discovered (PROFILE-01)."""

from dataclasses import replace

from auditor.cluster import Agreement, ClusterFacts, Comparison, Setting
from auditor.facts import Evidence, Origin, Role
from auditor.findings import Kind, Verdict
from auditor.recommendations.conditions import covers, release_within
from auditor.recommendations.draft import Draft
from auditor.recommendations.ha import GROUP_HINT
from auditor.recommendations.profile import PREFIX, installed, listed, nothing
from auditor.recommendations.truth import ALWAYS, Truth

_SYNCED_FROM = f"{PREFIX}intercluster_synced_from"


_RELEASES = {
    f"{PREFIX}intercluster_cup86": ("9.0", "10.0"),
    f"{PREFIX}managed_file_transfer": ("11.0", None),
}
"""What only some releases can have."""


def agrees(facts: ClusterFacts, key: str) -> Draft:
    """Judge whether a declared key agrees with what was observed or discovered (PROFILE-01)."""
    expected = f"`{key}` agrees with what the cluster shows."
    if key in facts.compared:
        return _standing(key, expected, facts.compared[key])
    tellings = facts.settings.get(key.removeprefix(PREFIX), ()) if key.startswith(PREFIX) else ()
    declared = next((told for told in tellings if told.origin is Origin.DECLARED), None)
    if declared is None:
        return nothing(expected, f"Nobody declared `{key}`.")
    others = [told for told in tellings if told.origin is not Origin.DECLARED]
    fits = _fits_release(facts, key, declared)
    if not others and fits is ALWAYS:
        return nothing(expected, f"Nothing was seen that `{key}` could be compared with.")
    evidence = tuple(
        Evidence(told.origin, told.source, f"`{key}` is {_shown(told)}.")
        for told in (declared, *others)
    )
    draft = _compared(facts, key, declared, others, fits)
    return replace(draft, expected=expected, evidence=evidence)


def _standing(key: str, expected: str, found: Comparison) -> Draft:
    """Judge a key that is no feature by what came of comparing it."""
    match found.agreement:
        case Agreement.AGREES:
            observed = f"`{key}` is as the cluster has it."
            return Draft(Verdict.PASS, expected, observed, found.because)
        case Agreement.DIFFERS:
            observed, kind = f"`{key}` says otherwise than the cluster.", Kind.PROFILE_CONFLICT
            proof = found.evidence
            return Draft(Verdict.DRIFT, expected, observed, found.because, kind, evidence=proof)
        case Agreement.UNTOLD:
            observed = f"Whether `{key}` is as the cluster has it is not known."
            return Draft(Verdict.UNKNOWN, expected, observed, found.because, hint=GROUP_HINT)
        case Agreement.SILENT:
            return nothing(expected, found.because)


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
    return f"true for {listed(told.nodes)}"
