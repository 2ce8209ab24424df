"""The second line: the one action to take now. The words are in actions.toml.

The row is chosen by fields of the worst group: its status, the states of its nodes, the types and
states of its checks, the reasons of failures.
"""

from collections.abc import Sequence
from dataclasses import replace

from auditor.errors import Reason
from auditor.failover.action_texts import Action, fill_text, make_action
from auditor.failover.failures import SourceFailure
from auditor.failover.group_check import GroupCheck, GroupStatus
from auditor.failover.model import CheckPart, ClusterCheck, FailoverCheck
from auditor.failover.node_checks import (
    SERVICE_CHECK_TYPES,
    CheckState,
    CheckType,
    Doubt,
    NodeCheck,
)
from auditor.failover.wording import node_check_clause
from auditor.failure_reasons import reason_text
from auditor.failures import FailureWords, failure_advice, failure_place
from auditor.models.coverage import Source
from auditor.models.evidence import Origin
from auditor.models.findings import Verdict
from auditor.models.nodes import REPLICATION_GOOD, HaState
from auditor.report.sentences import render_clause
from auditor.service_names import DATABASE, START_ORDER
from auditor.text import join_names


def choose_action(check: FailoverCheck) -> str:
    """Return the second line: what to do now, and what not to do meanwhile."""
    action = choose_part_action(check.worst, check)
    return action.render(check.cluster_of_worst if check.exit_code else "")


def choose_part_action(part: CheckPart | None, check: FailoverCheck) -> Action:
    """Return what to do about one part of the check, or where there is no group at all."""
    match part:
        case GroupCheck() as group:
            return choose_group_action(group)
        case NodeCheck() as node_check:
            return _choose_node_action(node_check, check)
        case ClusterCheck(failures=[failure, *_]):
            return choose_failure_action(failure, "the groups are known")
    return make_action("groups_unknown")


def _choose_node_action(node_check: NodeCheck, check: FailoverCheck) -> Action:
    """Return the action for a node that is in no group, or whose group is unknown."""
    cluster = next(cluster for cluster in check.clusters if node_check in cluster.ungrouped)
    if node_check.verdict is Verdict.UNKNOWN and cluster.failures:
        return choose_failure_action(cluster.failures[0], "the groups are known")
    return make_action("node_in_no_group", node=node_check.node)


def choose_failure_action(failure: SourceFailure, until: str) -> Action:
    """Return the action that fixes a failed source; `until` is what must be known first."""
    situation = "fix_account" if failure.reason is Reason.CREDENTIALS else "fix_source"
    return make_action(situation, remedy=source_remedy(failure), until=until)


def source_remedy(failure: SourceFailure) -> str:
    """Return what fixes a failed source, as a clause that begins with a verb."""
    server, reason = failure.server, failure.reason
    is_account = reason is Reason.CREDENTIALS and failure.source is not Source.CUCM_AXL
    # Application users of CUCM are synchronised to the IM&P nodes. Where another server took the
    # account, a wrong password is the least likely cause.
    if is_account and failure.accepted_elsewhere:
        return fill_text("check_sync_agent", server=server)
    if failure.source is Source.PERFMON and reason in _REASONS_WITHOUT_STATE:
        return fill_text("read_states")
    words = FailureWords(cluster=failure.cluster)
    advice = failure_advice(failure.failure, words) or reason_text(reason).advice or ""
    place = failure_place(failure.failure, words)
    return fill_text("fix_access", server=server, advice=advice, place=place)


_REASONS_WITHOUT_STATE = (Reason.SOAP_FAULT, Reason.BAD_REPLY, Reason.TOO_LARGE)
"""PerfMon can be reached, but does not return the state."""


def choose_group_action(group: GroupCheck) -> Action:
    """Return the one action for a group."""
    drift = bool(group.checks_with(Verdict.DRIFT))
    # First, because services stop and start by themselves while a pair moves.
    if group.status is GroupStatus.MOVING and not (group.has_outlasted and group.down_nodes):
        situation = "moving_too_long" if group.has_outlasted else "moving"
        return make_action(situation, group=group.name)
    # Before the other node: its return takes long, and meanwhile nobody serves the users.
    if group.outage is not None and group.down_nodes:
        return _outage_action(group.outage, group)
    # Before the services: those of a node that is down cannot be started.
    if group.down_nodes and not _are_all_unreachable(group):
        return _down_nodes_action(group)
    # Before the services: high availability stopped those of an idle node, and starting them by
    # hand would be wrong.
    if _is_idle_without_partner(group):
        if any(node.state is None for node in group.nodes):
            return _read_states_action(group)
        names = join_names(node.name for node in group.nodes)
        return make_action("idle_without_partner", nodes=names)
    if drift and group.first_check is not None:
        action = _drift_action(group.first_check, group)
        is_unproven = any(node.state_source is Origin.DISCOVERED for node in group.nodes)
        if group.status is GroupStatus.UNKNOWN and is_unproven:
            return replace(action, then=fill_text("then_read_states", group=group.name))
        return action
    if _needs_longer_watch(group):
        return make_action("not_yet_stable", group=group.name)
    return _action_by_status(group)


def _are_all_unreachable(group: GroupCheck) -> bool:
    """Return whether no node answers: then this machine may have no way to them."""
    return all(node.is_unreachable for node in group.nodes) and len(group.nodes) > 1


def _down_nodes_action(group: GroupCheck) -> Action:
    down = [node.name for node in group.down_nodes]
    left = [node.name for node in group.nodes if node.name not in down]
    names = {"down": join_names(down), "left": join_names(left), "group": group.name}
    # A partner that took over, or a node that is down by its own word, is proof. An unreachable
    # node alone may only mean that this machine has no way to it.
    if group.serving:
        return make_action("nodes_down_partner_serves", **names)
    if any(node.state is HaState.DOWN for node in group.nodes):
        return make_action("nodes_down_partner_left" if left else "nodes_down", **names)
    failures = (node.failure for node in group.down_nodes)
    names["access"] = next(source_remedy(failure) for failure in failures if failure)
    without_ha = group.is_switched_on is False or len(group.nodes) < 2
    return make_action(
        "nodes_unreachable_without_ha" if without_ha else "nodes_unreachable", **names
    )


def _outage_action(outage: NodeCheck, group: GroupCheck) -> Action:
    """Return how to fix the only node that can serve users, and then the other one."""
    is_down = bool(group.serving) or any(node.state is HaState.DOWN for node in group.nodes)
    down = join_names(node.name for node in group.down_nodes)
    then = fill_text("then_bring_back" if is_down else "then_find_out", down=down)
    return replace(_drift_action(outage, group), then=then)


def _is_idle_without_partner(group: GroupCheck) -> bool:
    """Return whether a node is idle and no partner in backup mode serves its users."""
    is_unclear = group.status in (GroupStatus.UNKNOWN, GroupStatus.BROKEN) and not group.serving
    return is_unclear and any(node.state is HaState.IDLE for node in group.nodes)


def _needs_longer_watch(group: GroupCheck) -> bool:
    """Return whether a good state was seen, but not for long enough."""
    good = (GroupStatus.NORMAL, GroupStatus.FAILED_OVER, GroupStatus.NO_FAILOVER)
    return group.status in good and group.is_unstable and not group.checks_with(Verdict.UNKNOWN)


def _action_by_status(group: GroupCheck) -> Action:
    states = [node.state for node in group.nodes]
    match group.status:
        case GroupStatus.FAILED_OVER:
            return _fall_back_action(group)
        case GroupStatus.SWITCHED_OFF if group.first_check is None and not group.bad_replication:
            return _turn_on_action(group)
        case GroupStatus.BROKEN if None not in states:
            return _recover_action(group)
        case GroupStatus.UNKNOWN if all(state is HaState.UNKNOWN for state in states):
            return make_action("states_unknown_to_nodes", group=group.name)
        case GroupStatus.BROKEN | GroupStatus.UNKNOWN:
            return _read_states_action(group)
    return _action_for_good_states(group)


def _turn_on_action(group: GroupCheck) -> Action:
    """Return how to turn high availability on: replication has to be good, versions the same."""
    conditions = []
    if any(node.replication != REPLICATION_GOOD for node in group.nodes):
        conditions.append(
            "database replication is 2 on every node (`utils dbreplication runtimestate`)"
        )
    if group.versions is not None:
        conditions.append("both nodes run one version (REL-01)")
    condition = f" once {join_names(conditions)}" if conditions else ""
    # Without a declaration, it may be off on purpose.
    is_meant_on = group.verdict is Verdict.DRIFT
    situation = "switched_off" if is_meant_on else "switched_off_undeclared"
    return make_action(situation, group=group.name, condition=condition)


def _recover_action(group: GroupCheck) -> Action:
    """Return how a pair recovers whose states are both known."""
    # Recover is for failed mode. Here the services are started, and the users return by a fallback
    # by hand (configuration guide 15, HA chapter).
    down = [n.name for n in group.nodes if n.state is HaState.FAILED_OVER_SERVICES_DOWN]
    if down:
        return make_action("services_down_after_failover", nodes=join_names(down))
    return make_action("failed", group=group.name)


def _fall_back_action(group: GroupCheck) -> Action:
    unknown = group.first_check
    failure = group.failure_behind(unknown) if unknown else None
    return make_action(
        "fall_back",
        first=f"{source_remedy(failure)}, and check again; then " if failure else "",
        left=join_names(node.name for node in group.not_serving),
        serving=join_names(group.serving),
    )


def _read_states_action(group: GroupCheck) -> Action:
    are_observed = all(
        node.state and node.state_source is not Origin.DISCOVERED for node in group.nodes
    )
    # Every state was read, so access to a source is not the problem: the pair itself is.
    if are_observed and any(node.state is not HaState.NORMAL for node in group.nodes):
        unknown = [node.name for node in group.nodes if node.state is HaState.UNKNOWN]
        if unknown:
            return make_action("state_unknown_to_node", nodes=join_names(unknown))
        return make_action("undocumented_pair", group=group.name)
    if group.failures:
        return choose_failure_action(group.failures[0], "the states are known")
    return make_action("states_unread", group=group.name)


def _action_for_good_states(group: GroupCheck) -> Action:
    """Return the action for a group whose states need none, and whose services do not differ."""
    if group.first_check is not None:
        failure = group.failure_behind(group.first_check)
        if failure is not None:
            return choose_failure_action(failure, "that is known")
        return _unknown_check_action(group.first_check)
    if group.bad_replication:
        return make_action("bad_replication", nodes=join_names(group.bad_replication))
    if group.sessions.is_short:
        return make_action("sessions_missing", group=group.name)
    if group.versions is not None:
        return make_action("nothing_but_versions", group=group.name)
    return make_action("nothing")


_SITUATION_BY_DOUBT = {
    Doubt.REQUIREMENT: "requirement_unknown",
    Doubt.IDLE_NODE: "idle_service",
}
_SITUATION_BY_STATE = {
    CheckState.STARTING: "service_changing",
    CheckState.STOPPING: "service_changing",
    CheckState.UNKNOWN: "service_unknown",
}


def _unknown_check_action(check: NodeCheck) -> Action:
    """Return how to find out what a check left unknown."""
    situation = None
    if check.type in SERVICE_CHECK_TYPES:
        situation = _SITUATION_BY_STATE.get(check.state)
        situation = _SITUATION_BY_DOUBT.get(check.doubt, situation) if check.doubt else situation
    return make_action(
        situation or "check_unknown",
        service=check.service,
        node=check.node,
        state=str(check.state),
        clause=node_check_clause(check),
        hint=join_names(map(render_clause, check.remedies)),
    )


def _drift_action(first: NodeCheck, group: GroupCheck) -> Action:
    """Return how to fix the most urgent check, and what is like it on its node."""
    if first.type is CheckType.AXL:
        return _axl_action(first)
    if first.type not in SERVICE_CHECK_TYPES:
        return make_action("node_in_no_group", node=first.node)
    if first.state is CheckState.RESTARTING:
        return make_action("service_restarting", service=first.service, node=first.node)
    if first.missing is not None:
        remedy = "; ".join(map(render_clause, first.remedies))
        # Some remedies end with the start, and with what it costs.
        has_start = any(statement.get("then") for statement in first.remedies)
        return make_action(
            "provide" if has_start else "provide_and_start",
            remedy=remedy,
            service=first.service,
            node=first.node,
        )
    if first.doubt is Doubt.ACTIVATION:
        return make_action("activate_and_start", service=first.service, node=first.node)
    return _start_action(first, _startable_checks(first, group), group)


def _startable_checks(first: NodeCheck, group: GroupCheck) -> Sequence[NodeCheck]:
    """Return the checks of services that are to be started with the first, in order."""
    of_node = [
        check
        for check in group.checks_with(Verdict.DRIFT)
        if check.node == first.node
        and check.type in SERVICE_CHECK_TYPES
        and (check.state, check.missing, check.doubt) == (first.state, None, None)
    ]
    return sorted(of_node, key=lambda check: check.start_position)


def _start_action(first: NodeCheck, checks: Sequence[NodeCheck], group: GroupCheck) -> Action:
    services = [check.service for check in checks]
    names = {
        "services": join_names(services, limit=_MAX_SERVICES),
        "node": first.node,
        "group": group.name,
        "run": "they run" if len(services) > 1 else "it runs",
        "in_order": _order_clause(len(services), group.name),
    }
    # A service that is not activated cannot be started (TAC document 217304).
    if first.state is CheckState.NOT_ACTIVATED:
        return make_action("activate_services", **names)
    if first.service in START_ORDER:
        # A pair that has failed over cannot do so again, and a partner in backup mode needs it on.
        may_fail_over = group.is_switched_on is True and not group.serving
        needs_ha_off = may_fail_over and any(check.needs_ha_off for check in checks)
        situation = "start_in_order_without_ha" if needs_ha_off else "start_in_order"
        bad = group.bad_replication
        return make_action(
            situation,
            way=_way_to_start(services),
            bad_replication=f" (it is bad on {join_names(bad)})" if bad else "",
            **names,
        )
    are_xcp = all(service.startswith("Cisco XCP") for service in services)
    return make_action("start_xcp_services" if are_xcp else "start_services", **names)


def _way_to_start(services: Sequence[str]) -> str:
    """Return where services are started; no administration page starts the database."""
    if DATABASE not in services:
        return fill_text("way_to_start")
    return fill_text(
        "way_to_start_database_and_more" if len(services) > 1 else "way_to_start_database"
    )


def _order_clause(number: int, group: str) -> str:
    if number < 2:
        return ""
    # By its name: with `--readiness`, lists in another order stand before it.
    return ", in this order" if number <= _MAX_SERVICES else f", in the order listed under {group}"


_MAX_SERVICES = 4
"""How many services a line names; the table below has the rest."""


def _axl_action(check: NodeCheck) -> Action:
    """Return how to make AXL answer."""
    situations = {CheckState.NOT_ACTIVATED: "activate_axl", CheckState.STOPPED: "start_axl"}
    return make_action(situations.get(check.state, "restart_axl"), node=check.node)
