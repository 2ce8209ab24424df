"""Judges the profile: keys that contradict the cluster, and unknown names (PROFILE-01, -02)."""

from collections.abc import Iterable
from dataclasses import replace

from auditor.models.deployment import DEPLOYMENT_KEY_PREFIX, DEPLOYMENT_KEYS
from auditor.models.evidence import Evidence, Origin
from auditor.models.facts import ClusterFacts
from auditor.models.findings import FindingKind, Verdict
from auditor.models.forms import Form
from auditor.models.nodes import Role
from auditor.models.settings import Agreement, KeyComparison, Setting
from auditor.models.statements import Statement, join_statements, make_statement
from auditor.recommendations.features import setting_covers_node, switch_text
from auditor.recommendations.groups import GROUP_HINT
from auditor.recommendations.logic import ALWAYS_TRUE, Evaluation
from auditor.recommendations.releases import evaluate_release_range
from auditor.recommendations.view import Judgement, not_applicable_judgement

_SYNCED_FROM_KEY = f"{DEPLOYMENT_KEY_PREFIX}intercluster_synced_from"

_KEY_RELEASES = {
    f"{DEPLOYMENT_KEY_PREFIX}intercluster_cup86": ("9.0", "10.0"),
    # AXL knows Cisco XCP File Transfer Manager from schema version 11.0.
    f"{DEPLOYMENT_KEY_PREFIX}managed_file_transfer": ("11.0", None),
}
"""Features that only some releases have."""

_GROUP_NAMING_KEYS = ("high_availability", "intercluster_synced_from", "redundancy_group")


def profile_keys(facts: ClusterFacts) -> tuple[str, ...]:
    """Return every key that is a subject.

    These are the deployment keys, those that name something, and those that were compared.
    """
    deployment = [f"{DEPLOYMENT_KEY_PREFIX}{key}" for key in DEPLOYMENT_KEYS]
    return (*deployment, *sorted((facts.named.keys() | facts.compared.keys()) - set(deployment)))


def sort_names(names: Iterable[str]) -> tuple[str, ...]:
    """Return names in one order, whatever order they came in."""
    return tuple(sorted(names, key=str.casefold))


def judge_declared_key(facts: ClusterFacts, key: str) -> Judgement:
    """Judge whether a declared key agrees with what was observed or discovered (PROFILE-01)."""
    expected = make_statement(Form.KEY_MATCHES, key=key)
    if key in facts.compared:
        return _judge_comparison(key, expected, facts.compared[key])
    settings = (
        facts.settings.get(key.removeprefix(DEPLOYMENT_KEY_PREFIX), ())
        if key.startswith(DEPLOYMENT_KEY_PREFIX)
        else ()
    )
    declared = next((s for s in settings if s.origin is Origin.DECLARED), None)
    if declared is None:
        return not_applicable_judgement(expected, make_statement(Form.KEY_NOT_DECLARED, key=key))
    # Not compared by trust: that sources differ is the finding, whichever is right.
    others = [setting for setting in settings if setting.origin is not Origin.DECLARED]
    release = _evaluate_key_release(facts, key, declared)
    if not others and release is ALWAYS_TRUE:
        reason = make_statement(Form.NOTHING_TO_COMPARE, key=key)
        return not_applicable_judgement(expected, reason)
    evidence = tuple(
        Evidence(
            setting.origin, setting.source, _setting_statement(Form.KEY_VALUE, setting, key=key)
        )
        for setting in (declared, *others)
    )
    observed = _setting_statement(Form.KEY_DECLARED, declared, key=key)
    judgement = Judgement(Verdict.PASS, expected, observed, evidence=evidence)
    different = [s for s in others if not _settings_agree(facts, key, declared, s)]
    if different or release.value is False:
        because = (
            _setting_statement(Form.KEY_READ_OTHERWISE, different[0], origin=different[0].origin)
            if different
            else release.because
        )
        conflict = FindingKind.PROFILE_CONFLICT
        return replace(judgement, verdict=Verdict.DRIFT, because=because, kind=conflict)
    if release.value is None:
        return replace(
            judgement, verdict=Verdict.UNKNOWN, because=release.because, hints=release.hints
        )
    return replace(judgement, because=make_statement(Form.NOTHING_CONTRADICTS))


def _judge_comparison(key: str, expected: Statement, comparison: KeyComparison) -> Judgement:
    """Judge a key that is no feature by its comparison with the cluster."""
    judgement = Judgement(
        Verdict.PASS, expected, make_statement(Form.KEY_MATCHES, key=key), comparison.because
    )
    match comparison.agreement:
        case Agreement.AGREES:
            return judgement
        case Agreement.DIFFERS:
            return replace(
                judgement,
                verdict=Verdict.DRIFT,
                observed=make_statement(Form.KEY_DIFFERS, key=key),
                kind=FindingKind.PROFILE_CONFLICT,
                evidence=comparison.evidence,
            )
        case Agreement.UNREADABLE:
            return replace(
                judgement,
                verdict=Verdict.UNKNOWN,
                observed=make_statement(Form.UNKNOWN_WHETHER, what=judgement.observed),
                hints=(GROUP_HINT,),
            )
        case Agreement.NOT_COMPARABLE:
            return not_applicable_judgement(expected, comparison.because)


def _evaluate_key_release(facts: ClusterFacts, key: str, setting: Setting) -> Evaluation:
    """Return whether the release can have what is declared; ALWAYS_TRUE for any release."""
    bounds = _KEY_RELEASES.get(key)
    return evaluate_release_range(facts.release, *bounds) if bounds and setting.on else ALWAYS_TRUE


def _settings_agree(facts: ClusterFacts, key: str, declared: Setting, other: Setting) -> bool:
    """Return whether two settings of a key can both be true."""
    # The cluster does not show where the feature is on, so any declared place may be right.
    if not other.placed:
        return declared.on and not declared.expressway
    if key == _SYNCED_FROM_KEY:
        return _synced_groups(facts, other) <= _synced_groups(facts, declared)
    return _setting_coverage(facts, declared) == _setting_coverage(facts, other)


def _synced_groups(facts: ClusterFacts, setting: Setting) -> frozenset[str]:
    """Return the groups (and nodes of unknown group) that a list of groups and nodes adds.

    What one peer syncs from need not be all, and the publisher's group always counts.
    """
    groups = {
        node.name.casefold(): (node.redundancy_group or node.name).casefold()
        for node in facts.nodes
    }
    named = {name.casefold() for name in setting.nodes or ()}
    publishers = {n.name.casefold() for n in facts.nodes if n.role is Role.PUBLISHER}
    implied = {groups[name] for name in publishers}
    return frozenset(groups.get(name, name) for name in named) | implied


def _setting_coverage(facts: ClusterFacts, setting: Setting) -> tuple[bool, frozenset[str]]:
    """Return what two settings must share: Expressway, and the nodes that they hold for."""
    # By nodes, not by what is written: `true` and a list of every node mean the same.
    nodes = {node.name for node in facts.installed_nodes if setting_covers_node(setting, node.name)}
    return setting.expressway, frozenset(nodes) if setting.on else frozenset()


def _setting_statement(form: Form, setting: Setting, **values: str) -> Statement:
    named = setting.on and not setting.expressway
    names = sort_names(setting.nodes or ()) if named else ()
    return make_statement(form, value=switch_text(setting), names=names, **values)


def judge_declared_names(facts: ClusterFacts, key: str) -> Judgement:
    """Judge whether the cluster has every node, group and address of a key (PROFILE-02)."""
    expected = make_statement(Form.NAMES_EXIST_EXPECTED, key=key)
    named = sort_names(facts.named.get(key, ()))
    if not named:
        return not_applicable_judgement(expected, make_statement(Form.NAMES_NOTHING, key=key))
    observed = make_statement(Form.CLUSTER_HAS, names=named)
    evidence = (Evidence(Origin.DECLARED, key, make_statement(Form.NAMES, names=named)),)
    judgement = Judgement(Verdict.PASS, expected, observed, observed, evidence=evidence)
    missing = tuple(name for name in named if name.casefold() not in _existing_names(facts))
    # A name that is missing may be that of a group, and these were not read.
    groups_missing = not facts.groups_known and any(part in key for part in _GROUP_NAMING_KEYS)
    if not facts.topology_observed or (missing and groups_missing):
        return replace(
            judgement,
            verdict=Verdict.UNKNOWN,
            observed=make_statement(Form.UNKNOWN_WHETHER, what=observed),
            because=make_statement(Form.TOPOLOGY_NOT_READ),
            hints=(make_statement(Form.READ_CUCM),),
        )
    disputed = facts.disputed.get(key, ())
    if not (missing or disputed):
        return judgement
    lacks = (make_statement(Form.CLUSTER_LACKS, names=missing),) if missing else ()
    return replace(
        judgement,
        verdict=Verdict.DRIFT,
        observed=join_statements((*lacks, *disputed)),
        because=make_statement(Form.NAME_WITHOUT_EFFECT if missing else Form.CLUSTER_COUNTS),
        kind=FindingKind.PROFILE_CONFLICT,
    )


def _existing_names(facts: ClusterFacts) -> set[str]:
    """Return the names in the cluster; groups count only where the cluster listed them itself."""
    nodes = {name for node in facts.nodes for name in (node.name, node.address)}
    # A group that only the file names would confirm itself.
    groups = {group.name for group in facts.groups} if facts.groups_known else set()
    return {name.casefold() for name in nodes | groups}
