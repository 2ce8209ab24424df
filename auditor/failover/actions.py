"""The second line: the one action to take now. The words are in actions.toml.

The row is chosen by fields of the worst group: its status, the states of its nodes, the types and
states of its checks, the reasons of failures.
"""

from dataclasses import replace

from auditor.errors import Reason
from auditor.failover.action_texts import Action, fill_text, make_action
from auditor.failover.check_actions import choose_drift_action, choose_unknown_action
from auditor.failover.failures import SourceFailure
from auditor.failover.group_check import GroupCheck, GroupStatus
from auditor.failover.model import CheckPart, ClusterCheck, FailoverCheck
from auditor.failover.node_checks import NodeCheck
from auditor.failure_reasons import reason_text
from auditor.failures import FailureWords, failure_advice, failure_place
from auditor.models.coverage import Source
from auditor.models.evidence import Origin
from auditor.models.findings import Verdict
from auditor.models.nodes import REPLICATION_GOOD, HaState
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
        action = choose_drift_action(group.first_check, group)
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
    return replace(choose_drift_action(outage, group), then=then)


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
        return choose_unknown_action(group.first_check)
    if group.bad_replication:
        return make_action("bad_replication", nodes=join_names(group.bad_replication))
    if group.sessions.is_short:
        return make_action("sessions_missing", group=group.name)
    if group.versions is not None:
        return make_action("nothing_but_versions", group=group.name)
    return make_action("nothing")
