"""Takes away what may not decide a verdict: values only discovered, replies of a wrong machine."""

from dataclasses import replace

from auditor.models.evidence import Origin
from auditor.models.facts import ClusterFacts
from auditor.models.findings import Verdict
from auditor.models.forms import Form
from auditor.models.nodes import HaReading, Identity, NodeFacts, Role
from auditor.models.settings import Setting
from auditor.models.statements import make_statement
from auditor.recommendations.view import Judgement


def drop_contradicted_facts(facts: ClusterFacts) -> ClusterFacts:
    """Return the facts without the replies of a machine that is not the node it answered for."""
    return replace(facts, nodes=tuple(_drop_contradicted_node_facts(node) for node in facts.nodes))


def _drop_contradicted_node_facts(node: NodeFacts) -> NodeFacts:
    if node.identity is not Identity.CONTRADICTED:
        return node
    # Role and group stay: they come from the topology, not from the replies of the node.
    return replace(
        node,
        services={},
        ha_state=None,
        axl=None,
        release=None,
        has_strange_product=False,
        replication=None,
        certificate_not_after=None,
    )


def drop_discovered_facts(facts: ClusterFacts) -> ClusterFacts:
    """Return the facts as they would be if nothing had been discovered.

    A verdict that is compliant with all facts and not with these depends on discovery alone.
    Nodes and groups that were only discovered stay, because they are subjects. In a list of an
    earlier run each node's place was only discovered, in a group or in none.
    """
    discovered = {g.name.casefold() for g in facts.groups if g.origin is Origin.DISCOVERED}
    if facts.topology_recorded_at is not None:
        discovered |= {(node.redundancy_group or "").casefold() for node in facts.nodes}
    return replace(
        facts,
        nodes=tuple(_drop_discovered_node_facts(node, discovered) for node in facts.nodes),
        groups=tuple(
            replace(group, ha_enabled=None) if group.switch_discovered else group
            for group in facts.groups
        ),
        settings={
            key: confirmed
            for key, settings in facts.settings.items()
            if (confirmed := _drop_discovered_settings(settings))
        },
        databases=tuple(d for d in facts.databases if d.origin is not Origin.DISCOVERED),
    )


def _drop_discovered_settings(settings: tuple[Setting, ...]) -> tuple[Setting, ...]:
    return tuple(setting for setting in settings if setting.origin is not Origin.DISCOVERED)


def _drop_discovered_node_facts(node: NodeFacts, discovered: set[str]) -> NodeFacts:
    confirmed = (node.redundancy_group or "").casefold() not in discovered
    return replace(
        node,
        role=Role.UNKNOWN if node.role_origin is Origin.DISCOVERED else node.role,
        redundancy_group=node.redundancy_group if confirmed else None,
        group_known=node.group_known and confirmed,
        ha_state=_drop_discovered_reading(node.ha_state),
    )


def _drop_discovered_reading(reading: HaReading | None) -> HaReading | None:
    return None if reading is None or reading.origin is Origin.DISCOVERED else reading


_VERDICTS_WITHOUT_ACTION = frozenset({Verdict.PASS, Verdict.NOT_APPLICABLE, Verdict.EXPLAINED})
"""Verdicts that need no action: what was only discovered never reaches one by itself."""


def verdicts_to_confirm(facts: ClusterFacts) -> frozenset[Verdict]:
    """Return the verdicts that must hold without what was only discovered."""
    # Against a list of nodes that is not today's, a difference may be none any more.
    is_dated = facts.topology_recorded_at is not None
    return _VERDICTS_WITHOUT_ACTION | ({Verdict.DRIFT} if is_dated else frozenset())


def require_confirmation(
    judgement: Judgement, confirmed: Judgement, facts: ClusterFacts
) -> Judgement:
    """Turn a verdict that depends on a discovered value into unknown."""
    if confirmed.verdict is judgement.verdict:
        return judgement
    form, hint = Form.NOT_CONFIRMED, Form.DECLARE_DISCOVERED
    if facts.topology_recorded_at is not None:
        form, hint = Form.NOT_CONFIRMED_TODAY, Form.READ_CUCM
    return replace(
        judgement,
        verdict=Verdict.UNKNOWN,
        kind=None,
        because=make_statement(form, reason=judgement.because or judgement.observed),
        hints=judgement.hints or confirmed.hints or (make_statement(hint),),
    )
