"""Judges which versions run: one in a group, one in a cluster, and CUCM's (REL-01 to REL-03)."""

from collections.abc import Sequence
from dataclasses import replace

from auditor.models.coverage import Source
from auditor.models.evidence import Evidence, Origin
from auditor.models.facts import ClusterFacts
from auditor.models.findings import FindingKind, Verdict
from auditor.models.forms import Form
from auditor.models.nodes import Identity, NodeFacts
from auditor.models.releases import (
    common_field_count,
    nodes_by_version,
    release_fields,
    version_number,
)
from auditor.models.statements import Statement, join_statements, make_statement
from auditor.recommendations.discovered import require_confirmation
from auditor.recommendations.groups import GROUP_HINT, find_group
from auditor.recommendations.view import (
    Judgement,
    access_hint,
    explain_no_response,
    not_applicable_judgement,
)

_NODES_HINT = make_statement(Form.READ_NODES)


def judge_group_version(facts: ClusterFacts, name: str) -> Judgement:
    """Judge whether both nodes of a redundancy group run one version (REL-01)."""
    group = find_group(facts, name)
    named = {member.casefold() for member in group.nodes} if group else set()
    # By the group's list as well: a node whose own group is not known may still be its member.
    nodes = tuple(
        node
        for node in facts.installed_nodes
        if node.name.casefold() in named
        or (node.redundancy_group or "").casefold() == name.casefold()
    )
    expected = make_statement(Form.ONE_VERSION_EXPECTED, group=name)
    if named - {node.name.casefold() for node in facts.nodes}:
        return _judge_unlisted(expected, GROUP_HINT)
    if len(nodes) < 2:
        count = make_statement(Form.FEWER_THAN_TWO_NODES, group=name)
        if facts.topology_observed and facts.groups_known:
            return not_applicable_judgement(expected, count)
        return _judge_unlisted(expected, GROUP_HINT)
    judgement = _require_todays_nodes(facts, _compare_versions(facts, nodes, expected), GROUP_HINT)
    if judgement.verdict is Verdict.PASS and not all(node.group_known for node in nodes):
        return _judge_unlisted(expected, GROUP_HINT)
    return judgement


def judge_cluster_version(facts: ClusterFacts) -> Judgement:
    """Judge whether all IM and Presence nodes run one version (REL-02)."""
    nodes = facts.installed_nodes
    expected = make_statement(Form.ONE_VERSION_EXPECTED)
    if len(nodes) < 2 and facts.topology_observed:
        count = make_statement(Form.FEWER_THAN_TWO_NODES)
        return not_applicable_judgement(expected, count)
    if len(nodes) < 2:
        return _judge_unlisted(expected, _NODES_HINT)
    judgement = _require_todays_nodes(facts, _compare_versions(facts, nodes, expected), _NODES_HINT)
    return _require_all_nodes(facts, judgement)


def judge_cucm_release(facts: ClusterFacts) -> Judgement:
    """Judge whether CUCM and all IM and Presence nodes run one release (REL-03)."""
    nodes = facts.installed_nodes
    expected = make_statement(Form.CUCM_RELEASE_EXPECTED)
    if not nodes and facts.topology_observed:
        none = make_statement(Form.NO_NODE_RUNS)
        return not_applicable_judgement(expected, none)
    if not nodes:
        return _judge_unlisted(expected, _NODES_HINT)
    cucm = release_fields(facts.cucm_release or "")
    if facts.cucm_release is None or cucm is None:
        return _judge_unread_cucm(facts, expected)
    releases = {node.name: release_fields(node.release or "") for node in nodes}
    unread = [node for node in nodes if releases[node.name] is None]
    judgement = Judgement(
        Verdict.PASS,
        expected,
        join_statements((_cucm_version(facts.cucm_release), *_version_parts(nodes))),
        make_statement(Form.FIELDS_COMPARED, count=str(common_field_count(cucm[0]))),
        evidence=(_cucm_evidence(facts, facts.cucm_release), *_version_evidence(nodes)),
    )
    if {release for release in releases.values() if release is not None} - {cucm}:
        drift = replace(judgement, verdict=Verdict.DRIFT, kind=FindingKind.RELEASE_DIFFERS)
        return _require_todays_nodes(facts, drift, _NODES_HINT)
    if unread:
        return _leave_unknown(facts, judgement, unread)
    return _require_all_nodes(facts, judgement)


def _compare_versions(
    facts: ClusterFacts, nodes: Sequence[NodeFacts], expected: Statement
) -> Judgement:
    """Compare the whole versions; two that differ are drift, whatever the unread ones are."""
    # Two equal texts that are no version, such as "unknown", prove nothing.
    unread = [node for node in nodes if release_fields(node.release or "") is None]
    versions = nodes_by_version(node for node in nodes if node not in unread)
    judgement = Judgement(
        Verdict.PASS,
        expected,
        join_statements(_version_parts(nodes)),
        make_statement(Form.VERSIONS_COMPARED),
        evidence=_version_evidence(nodes),
    )
    if len(versions) > 1:
        return replace(
            judgement,
            verdict=Verdict.DRIFT,
            kind=FindingKind.RELEASE_DIFFERS,
            because=make_statement(Form.UPGRADE_HALF_DONE),
        )
    return _leave_unknown(facts, judgement, unread) if unread else judgement


def _version_parts(nodes: Sequence[NodeFacts]) -> tuple[Statement, ...]:
    return tuple(
        make_statement(Form.VERSION_RUNS, nodes=names, version=version)
        for version, names in nodes_by_version(nodes).items()
    )


def _version_evidence(nodes: Sequence[NodeFacts]) -> tuple[Evidence, ...]:
    return tuple(
        Evidence(
            Origin.OBSERVED,
            make_statement(Form.CONTROL_CENTER_OF, node=node.name),
            make_statement(
                Form.VERSION_RUNS, nodes=(node.name,), version=version_number(node.release)
            ),
        )
        for node in nodes
        if node.release
    )


def _cucm_version(release: str) -> Statement:
    return make_statement(Form.CUCM_RUNS, version=version_number(release))


def _cucm_evidence(facts: ClusterFacts, release: str) -> Evidence:
    source = make_statement(Form.AXL_OF, node=facts.cucm_publisher or "CUCM")
    return Evidence(Origin.OBSERVED, source, _cucm_version(release))


def _leave_unknown(
    facts: ClusterFacts, judgement: Judgement, unread: Sequence[NodeFacts]
) -> Judgement:
    """Return unknown, because the version of some nodes was not read."""
    return replace(
        judgement,
        verdict=Verdict.UNKNOWN,
        observed=make_statement(Form.UNKNOWN_WHETHER, what=judgement.expected),
        because=join_statements(_explain_unread(facts, node) for node in unread),
        hints=tuple(dict.fromkeys(_unread_hint(facts, node) for node in unread)),
    )


def _explain_unread(facts: ClusterFacts, node: NodeFacts) -> Statement:
    if node.identity is Identity.CONTRADICTED:
        return make_statement(Form.WRONG_NODE, node=node.name)
    if node.release:
        return make_statement(Form.VERSION_UNREADABLE, node=node.name, version=node.release)
    if facts.gap(node.name, Source.CONTROL_CENTER) is None:
        return make_statement(Form.VERSION_NOT_REPORTED, node=node.name)
    return explain_no_response(facts, node, Source.CONTROL_CENTER)


def _unread_hint(facts: ClusterFacts, node: NodeFacts) -> Statement:
    if node.identity is Identity.CONTRADICTED:
        return make_statement(Form.CHECK_ADDRESS, node=node.name)
    access = access_hint(facts, node, Source.CONTROL_CENTER)
    if access is not None:
        return access
    # A node that was not read at all is one thing to do, with everything else that it left open.
    form = Form.READ_VERSION if node.services else Form.BRING_BACK
    return make_statement(form, node=node.name)


def _judge_unlisted(expected: Statement, hint: Statement) -> Judgement:
    """Return unknown where CUCM did not list the nodes that are to be compared."""
    return Judgement(
        Verdict.UNKNOWN,
        expected,
        make_statement(Form.UNKNOWN_WHETHER, what=expected),
        make_statement(Form.TOPOLOGY_NOT_READ),
        hints=(hint,),
    )


def _require_todays_nodes(facts: ClusterFacts, judgement: Judgement, hint: Statement) -> Judgement:
    """Turn drift into unknown where a node of an earlier run may have left the cluster since."""
    if judgement.verdict is not Verdict.DRIFT or facts.topology_recorded_at is None:
        return judgement
    return require_confirmation(judgement, _judge_unlisted(judgement.expected, hint), facts)


def _require_all_nodes(facts: ClusterFacts, judgement: Judgement) -> Judgement:
    """Turn a pass into unknown where there may be nodes that nobody listed."""
    if judgement.verdict is not Verdict.PASS or facts.topology_observed:
        return judgement
    return replace(
        judgement,
        verdict=Verdict.UNKNOWN,
        because=make_statement(Form.NODES_NOT_LISTED),
        hints=(_NODES_HINT,),
    )


def _judge_unread_cucm(facts: ClusterFacts, expected: Statement) -> Judgement:
    # Only the publisher's version counts, also where a subscriber listed the nodes.
    server = facts.cucm_publisher or "CUCM"
    gap = facts.gap(server, Source.CUCM_AXL)
    if facts.cucm_release is not None:
        because = make_statement(Form.VERSION_UNREADABLE, node=server, version=facts.cucm_release)
    elif gap is None:
        because = make_statement(Form.CUCM_VERSION_NOT_READ)
    else:
        because = make_statement(
            Form.SOURCE_FAILED,
            source=Source.CUCM_AXL,
            node=server,
            reason=gap.reason or "",
            detail=gap.detail,
        )
    return Judgement(
        Verdict.UNKNOWN,
        expected,
        make_statement(Form.UNKNOWN_WHETHER, what=expected),
        because,
        hints=(make_statement(Form.READ_CUCM_VERSION),),
    )
