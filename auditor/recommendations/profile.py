"""The profile itself as a subject: its keys, and what every judgement on them shares.

Whether what hangs on a feature that is declared absent is off (PROFILE-03).

Whether what is declared agrees with what was observed or discovered (PROFILE-01).

Whether the cluster has what the file names (PROFILE-02).
"""

from dataclasses import replace

from auditor.models.deployment import DEPLOYMENT_KEYS
from auditor.models.facts import (
    Agreement,
    ClusterFacts,
    Evidence,
    KeyComparison,
    NodeFacts,
    Origin,
    Role,
    RunState,
    Setting,
)
from auditor.models.findings import FindingKind, Verdict
from auditor.recommendations.conditions import (
    effective_setting,
    evaluate_condition,
    evaluate_release_range,
    evaluate_scope,
    setting_covers_node,
)
from auditor.recommendations.ha_states import GROUP_HINT
from auditor.recommendations.logic import ALWAYS_TRUE, Evaluation, any_of
from auditor.recommendations.packs import FeatureServices, Recommendation
from auditor.recommendations.view import Judgement, NodeView, ServiceView, view_service
from auditor.text import join_sorted_names

DEPLOYMENT_KEY_PREFIX = "deployment."
"""How the key of [cluster.deployment] is named among all keys of the file."""


def profile_keys(facts: ClusterFacts) -> tuple[str, ...]:
    """Return every key that is a subject.

    The deployment keys, those that name something, and those that were compared with something.
    """
    known = [f"{DEPLOYMENT_KEY_PREFIX}{key}" for key in DEPLOYMENT_KEYS]
    return (*known, *sorted((facts.named.keys() | facts.compared.keys()) - set(known)))


def installed_nodes(facts: ClusterFacts) -> tuple[NodeFacts, ...]:
    """Return the nodes that are there."""
    return tuple(node for node in facts.nodes if not node.planned)


def not_applicable_judgement(expected: str, because: str) -> Judgement:
    """Return that there is nothing to judge."""
    return Judgement(Verdict.NOT_APPLICABLE, expected, because, because)


def judge_absent_feature(
    facts: ClusterFacts, row: Recommendation, key: str, loaded: frozenset[str]
) -> Judgement:
    """Judge whether the services of a feature that is declared absent are off (PROFILE-03).

    `loaded` holds the ids of all rows that are judged: where one of them asks for the service
    whatever the feature, this row yields.
    """
    expected = f"No service runs for the feature that `{key}` declares absent."
    watch = next((w for w in row.watches if f"{DEPLOYMENT_KEY_PREFIX}{w.key}" == key), None)
    if watch is None:
        return not_applicable_judgement(
            expected, f'No service hangs on `{key}` by an "if" of the table.'
        )
    told = effective_setting(facts, watch.key)
    if told is None or told.on or told.origin is Origin.DISCOVERED:
        return not_applicable_judgement(expected, f"`{key}` is not declared absent.")
    yielded = sorted(loaded & set(watch.yields_to))
    if yielded:
        return not_applicable_judgement(
            expected, f"{' and '.join(yielded)} ask for these services in any case."
        )
    return _judge_feature_services(facts, row, watch, expected, told)


def _judge_feature_services(
    facts: ClusterFacts, row: Recommendation, watch: FeatureServices, expected: str, told: Setting
) -> Judgement:
    views = [NodeView(facts, node, row) for node in installed_nodes(facts)]
    if not views:
        text = "No node is known to look at."
        hint = "Make AXL of the CUCM publisher answer, or declare the nodes in [[cluster.node]]."
        return Judgement(Verdict.UNKNOWN, expected, text, text, hint=hint)
    placed = [(view, evaluate_scope(watch.on, view)) for view in views]
    seen = [
        view_service(facts, view.node, service)
        for view, place in placed
        if place.value is not False
        for service in watch.services
    ]
    running = [one for one in seen if one.run is RunState.STARTED]
    open_ones = [one for one in seen if one.run is not RunState.STOPPED and one not in running]
    wanted = _evaluate_other_features(watch, views)
    unplaced = [place for _, place in placed if place.value is None]
    declared = Evidence(told.origin, told.source, f"`{watch.key}` is false.")
    if running and not unplaced and not wanted.value:
        return _judge_running_services(watch, expected, running, wanted, declared)
    if wanted.value:
        because = f"{wanted.sentence.rstrip('.')}, which asks for the service."
        return Judgement(
            Verdict.PASS, expected, because, because, hint=wanted.hint, evidence=wanted.evidence
        )
    draft = _judge_services_off(
        watch, expected, [*open_ones, *(running if unplaced else [])], declared
    )
    if draft.verdict is Verdict.PASS and not facts.topology_observed:
        observed = f"{draft.observed.rstrip('.')} on the nodes that are known."
        because = "The CUCM publisher did not tell all nodes of the cluster."
        hint = "Make AXL of the CUCM publisher answer, then audit again."
        return replace(
            draft, verdict=Verdict.UNKNOWN, observed=observed, because=because, hint=hint
        )
    return draft


def _evaluate_other_features(watch: FeatureServices, views: list[NodeView]) -> Evaluation:
    """Tell whether another feature asks for the services on any node."""
    if not watch.unless:
        return Evaluation(False)
    return any_of(
        *(evaluate_condition(condition, view) for view in views for condition in watch.unless)
    )


def _join_observations(seen: list[ServiceView]) -> str:
    return f"{' and '.join(one.observed.rstrip('.') for one in seen)}."


def _judge_running_services(
    watch: FeatureServices,
    expected: str,
    running: list[ServiceView],
    wanted: Evaluation,
    declared: Evidence,
) -> Judgement:
    observed = _join_observations(running)
    evidence = (declared, *(piece for one in running for piece in one.evidence))
    if wanted.value is None:
        because = f"{wanted.sentence.rstrip('.')}, which may ask for the service."
        return Judgement(
            Verdict.UNKNOWN, expected, observed, because, hint=wanted.hint, evidence=evidence
        )
    because = f"`{watch.key}` is declared false, and Cisco asks for the service only with it."
    return Judgement(
        Verdict.DRIFT, expected, observed, because, FindingKind.PROFILE_CONFLICT, evidence=evidence
    )


def _judge_services_off(
    watch: FeatureServices, expected: str, open_ones: list[ServiceView], declared: Evidence
) -> Judgement:
    if open_ones:
        observed = _join_observations(open_ones)
        because = open_ones[0].why or "Whether it runs is not settled."
        hint = open_ones[0].hint or "Audit again once the service has settled."
        evidence = (declared, *(piece for one in open_ones for piece in one.evidence))
        return Judgement(Verdict.UNKNOWN, expected, observed, because, hint=hint, evidence=evidence)
    observed = f"{' and '.join(watch.services)} does not run."
    because = f"`{watch.key}` is declared false."
    return Judgement(Verdict.PASS, expected, observed, because, evidence=(declared,))


_SYNCED_FROM_KEY = f"{DEPLOYMENT_KEY_PREFIX}intercluster_synced_from"


_KEY_RELEASES = {
    f"{DEPLOYMENT_KEY_PREFIX}intercluster_cup86": ("9.0", "10.0"),
    f"{DEPLOYMENT_KEY_PREFIX}managed_file_transfer": ("11.0", None),
}
"""What only some releases can have."""


def judge_declared_key(facts: ClusterFacts, key: str) -> Judgement:
    """Judge whether a declared key agrees with what was observed or discovered (PROFILE-01)."""
    expected = f"`{key}` agrees with what the cluster shows."
    if key in facts.compared:
        return _judge_comparison(key, expected, facts.compared[key])
    tellings = (
        facts.settings.get(key.removeprefix(DEPLOYMENT_KEY_PREFIX), ())
        if key.startswith(DEPLOYMENT_KEY_PREFIX)
        else ()
    )
    declared = next((told for told in tellings if told.origin is Origin.DECLARED), None)
    if declared is None:
        return not_applicable_judgement(expected, f"Nobody declared `{key}`.")
    others = [told for told in tellings if told.origin is not Origin.DECLARED]
    fits = _evaluate_key_release(facts, key, declared)
    if not others and fits is ALWAYS_TRUE:
        return not_applicable_judgement(
            expected, f"Nothing was seen that `{key}` could be compared with."
        )
    evidence = tuple(
        Evidence(told.origin, told.source, f"`{key}` is {_setting_text(told)}.")
        for told in (declared, *others)
    )
    draft = _judge_declared_setting(facts, key, declared, others, fits)
    return replace(draft, expected=expected, evidence=evidence)


def _judge_comparison(key: str, expected: str, found: KeyComparison) -> Judgement:
    """Judge a key that is no feature by what came of comparing it."""
    match found.agreement:
        case Agreement.AGREES:
            observed = f"`{key}` is as the cluster has it."
            return Judgement(Verdict.PASS, expected, observed, found.because)
        case Agreement.DIFFERS:
            observed, kind = (
                f"`{key}` says otherwise than the cluster.",
                FindingKind.PROFILE_CONFLICT,
            )
            proof = found.evidence
            return Judgement(Verdict.DRIFT, expected, observed, found.because, kind, evidence=proof)
        case Agreement.UNTOLD:
            observed = f"Whether `{key}` is as the cluster has it is not known."
            return Judgement(Verdict.UNKNOWN, expected, observed, found.because, hint=GROUP_HINT)
        case Agreement.SILENT:
            return not_applicable_judgement(expected, found.because)


def _judge_declared_setting(
    facts: ClusterFacts, key: str, declared: Setting, others: list[Setting], fits: Evaluation
) -> Judgement:
    observed = f"`{key}` is declared {_setting_text(declared)}."
    wrong = [told for told in others if not _settings_agree(facts, key, declared, told)]
    because = (
        f"It is {wrong[0].origin} to be {_setting_text(wrong[0])}." if wrong else fits.sentence
    )
    if wrong or fits.value is False:
        return Judgement(Verdict.DRIFT, "", observed, because, FindingKind.PROFILE_CONFLICT)
    if fits.value is None:
        return Judgement(Verdict.UNKNOWN, "", observed, because, hint=fits.hint)
    return Judgement(Verdict.PASS, "", observed, "Nothing that was seen speaks against it.")


def _evaluate_key_release(facts: ClusterFacts, key: str, told: Setting) -> Evaluation:
    """Tell whether the release can have what is declared; ALWAYS where releases say nothing."""
    bounds = _KEY_RELEASES.get(key)
    return evaluate_release_range(facts.release, *bounds) if bounds and told.on else ALWAYS_TRUE


def _settings_agree(facts: ClusterFacts, key: str, declared: Setting, told: Setting) -> bool:
    """Tell whether two tellings of a key can both be true."""
    if not told.placed:
        return declared.on and not declared.expressway
    if key == _SYNCED_FROM_KEY:
        return _synced_groups(facts, told) <= _synced_groups(facts, declared)
    return _setting_coverage(facts, told) == _setting_coverage(facts, declared)


def _synced_groups(facts: ClusterFacts, told: Setting) -> frozenset[str]:
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


def _setting_coverage(facts: ClusterFacts, told: Setting) -> tuple[bool, frozenset[str]]:
    """Return what two tellings must share: Expressway, and the nodes that they hold for."""
    nodes = {node.name for node in installed_nodes(facts) if setting_covers_node(told, node)}
    return told.expressway, frozenset(nodes) if told.on else frozenset()


def _setting_text(told: Setting) -> str:
    if told.expressway:
        return '"expressway"'
    if told.nodes is None or not told.on:
        return "true" if told.on else "false"
    return f"true for {join_sorted_names(told.nodes)}"


_GROUP_NAMING_KEYS = ("high_availability", "intercluster_synced_from", "redundancy_group")


def judge_declared_names(facts: ClusterFacts, key: str) -> Judgement:
    """Judge whether the cluster has every node, group and address of a key (PROFILE-02)."""
    expected = f"Every name in `{key}` is a node or group of the cluster."
    named = facts.named.get(key, ())
    if not named:
        return not_applicable_judgement(expected, f"`{key}` names no node and no group.")
    evidence = (Evidence(Origin.DECLARED, key, f"It names {join_sorted_names(named)}."),)
    strange = [name for name in named if name.casefold() not in _existing_names(facts)]
    groups_missing = not facts.groups_known and any(word in key for word in _GROUP_NAMING_KEYS)
    if not facts.topology_observed or (strange and groups_missing):
        observed = f"What the cluster has of {join_sorted_names(named)} is not known."
        because = "The CUCM publisher did not tell the nodes and groups of the cluster."
        hint = "Make AXL of the CUCM publisher answer, then audit again."
        return Judgement(Verdict.UNKNOWN, expected, observed, because, hint=hint, evidence=evidence)
    disputed = facts.disputed.get(key, ())
    if not (strange or disputed):
        observed = f"The cluster has {join_sorted_names(named)}."
        return Judgement(Verdict.PASS, expected, observed, observed, evidence=evidence)
    missing = (f"The cluster has no {join_sorted_names(strange)}",) if strange else ()
    observed = f"{'; '.join((*missing, *disputed))}."
    because = "A name that the cluster does not have leaves its key without effect."
    if not strange:
        because = "What was seen counts, and the file says otherwise."
    return Judgement(
        Verdict.DRIFT, expected, observed, because, FindingKind.PROFILE_CONFLICT, evidence=evidence
    )


def _existing_names(facts: ClusterFacts) -> set[str]:
    """Return what the cluster has; a group that it did not tell itself proves no name right."""
    nodes = {word for node in facts.nodes for word in (node.name, node.address)}
    groups = {group.name for group in facts.groups} if facts.groups_known else set()
    return {word.casefold() for word in nodes | groups}
