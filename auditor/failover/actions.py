"""The second line: the one action to take now. The words are in actions.toml.

The row is chosen by fields of the worst group: its status, the states of its nodes, the types and
states of its checks, the reasons of failures.
"""

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from auditor.errors import Reason
from auditor.failover.failures import SourceFailure
from auditor.failover.model import ClusterCheck, FailoverCheck, GroupCheck, GroupStatus
from auditor.failover.node_checks import (
    SERVICE_CHECK_TYPES,
    CheckState,
    CheckType,
    Doubt,
    NodeCheck,
    most_urgent,
)
from auditor.failover.wording import node_check_clause
from auditor.failure_reasons import reason_text
from auditor.failures import FailureWords, failure_advice, failure_place
from auditor.models.facts import HaState, Origin, Source
from auditor.models.findings import Verdict
from auditor.service_names import AXL_WEB_SERVICE, SERVER_RECOVERY_MANAGER, XCP_ROUTER
from auditor.text import join_names


@cache
def load_action_texts() -> Mapping[str, Mapping[str, str]]:
    """Return the tables of actions.toml."""
    text = (files("auditor.failover") / "actions.toml").read_text(encoding="utf-8")
    tables: Mapping[str, Any] = tomllib.loads(text)
    return tables


def fill_action(situation: str, **names: str) -> str:
    """Return the action of a situation as one line; `names` fill its placeholders."""
    action = f"Do: {fill_text(situation, **names)}."
    forbidden = fill_text(situation, "do_not", **names)
    return f"{action} Do not: {forbidden}." if forbidden else action


def fill_text(situation: str, part: str = "do", **names: str) -> str:
    """Return one part of an action as a clause, empty if the situation has no such part."""
    return _fill_template(load_action_texts()[situation].get(part, ""), names)


def _fill_template(template: str, names: Mapping[str, str]) -> str:
    texts = load_action_texts()["texts"]
    services = {"AXL": AXL_WEB_SERVICE, "RECOVERY_MANAGER": SERVER_RECOVERY_MANAGER}
    return template.format(**texts, **services, **names)


def choose_action(check: FailoverCheck) -> str:
    """Return the second line: what to do now, and what not to do meanwhile."""
    match check.worst:
        case GroupCheck() as group:
            return choose_group_action(group)
        case NodeCheck() as node_check:
            return _choose_node_action(node_check, check)
        case ClusterCheck(failures=[failure, *_]):
            return choose_failure_action(failure, "the groups are known")
    return fill_action("groups_unknown")


def _choose_node_action(node_check: NodeCheck, check: FailoverCheck) -> str:
    """Return the action for a node that is in no group, or whose group is unknown."""
    cluster = next(cluster for cluster in check.clusters if node_check in cluster.ungrouped)
    if node_check.verdict is Verdict.UNKNOWN and cluster.failures:
        return choose_failure_action(cluster.failures[0], "the groups are known")
    return fill_action("node_in_no_group", node=node_check.node)


def choose_failure_action(failure: SourceFailure, until: str) -> str:
    """Return the action that fixes a failed source; `until` is what must be known first."""
    situation = "fix_account" if failure.reason is Reason.CREDENTIALS else "fix_source"
    return fill_action(situation, remedy=source_remedy(failure), until=until)


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


def choose_group_action(group: GroupCheck) -> str:
    """Return the one action for a group."""
    drift = group.checks_with(Verdict.DRIFT)
    services = [check for check in drift if check.type in SERVICE_CHECK_TYPES]
    axl = [check for check in drift if check.type is CheckType.AXL]
    # First, because services stop and start by themselves while a pair moves.
    if group.status is GroupStatus.MOVING:
        return fill_action("moving_too_long" if group.has_outlasted else "moving")
    # Before the services: those of a node that is down cannot be started.
    if group.status is GroupStatus.BROKEN and _down_nodes(group):
        return _down_nodes_action(group)
    # Before the services: high availability stopped those of an idle node, and starting them by
    # hand would be wrong.
    if _is_idle_without_partner(group):
        if any(node.state is None for node in group.nodes):
            return _read_states_action(group)
        names = join_names(node.name for node in group.nodes)
        return fill_action("idle_without_partner", nodes=names)
    if services:
        return _services_action(services, group)
    if axl:
        return _axl_action(axl[0])
    if _needs_longer_watch(group):
        return fill_action("not_yet_stable")
    return _action_by_status(group)


def _down_nodes(group: GroupCheck) -> list[str]:
    """Return the nodes that are down, or unreachable while the partner serves or is down."""
    # An unreachable node alone may only mean that this machine has no way to it.
    has_partner = any(node.state in (HaState.BACKUP, HaState.DOWN) for node in group.nodes)
    return [
        node.name
        for node in group.nodes
        if node.state is HaState.DOWN or (has_partner and node.is_unreachable)
    ]


def _down_nodes_action(group: GroupCheck) -> str:
    down = _down_nodes(group)
    left = [node.name for node in group.nodes if node.name not in down]
    if not left:
        return fill_action("nodes_down", down=join_names(down))
    situation = "nodes_down_partner_serves" if group.serving else "nodes_down_partner_left"
    return fill_action(situation, down=join_names(down), left=join_names(left))


def _is_idle_without_partner(group: GroupCheck) -> bool:
    """Return whether a node is idle and no partner in backup mode serves its users."""
    is_unclear = group.status in (GroupStatus.UNKNOWN, GroupStatus.BROKEN) and not group.serving
    return is_unclear and any(node.state is HaState.IDLE for node in group.nodes)


def _needs_longer_watch(group: GroupCheck) -> bool:
    """Return whether a good state was seen, but not for long enough."""
    good = (GroupStatus.NORMAL, GroupStatus.FAILED_OVER, GroupStatus.NO_FAILOVER)
    return group.status in good and group.is_unstable and not group.checks_with(Verdict.UNKNOWN)


def _action_by_status(group: GroupCheck) -> str:
    states = [node.state for node in group.nodes]
    match group.status:
        case GroupStatus.FAILED_OVER:
            return _fall_back_action(group)
        case GroupStatus.SWITCHED_OFF:
            return fill_action("switched_off", group=group.name)
        case GroupStatus.BROKEN if None not in states:
            return _recover_action(group)
        case GroupStatus.UNKNOWN if all(state is HaState.UNKNOWN for state in states):
            return fill_action("states_unknown_to_nodes")
        case GroupStatus.BROKEN | GroupStatus.UNKNOWN:
            return _read_states_action(group)
    return _action_for_good_states(group)


def _recover_action(group: GroupCheck) -> str:
    """Return how a pair recovers whose states are both known."""
    # Recover is for failed mode. Here the services are started, and the users return by a fallback
    # by hand (configuration guide 15, HA chapter).
    down = [n.name for n in group.nodes if n.state is HaState.FAILED_OVER_SERVICES_DOWN]
    if down:
        return fill_action("services_down_after_failover", nodes=join_names(down))
    return fill_action("failed", group=group.name)


def _fall_back_action(group: GroupCheck) -> str:
    unknown = group.checks_with(Verdict.UNKNOWN)
    failure = group.failure_behind(most_urgent(unknown)) if unknown else None
    return fill_action(
        "fall_back",
        first=f"{source_remedy(failure)}, and check again; then " if failure else "",
        left=join_names(node.name for node in group.not_serving),
        serving=join_names(group.serving),
    )


def _read_states_action(group: GroupCheck) -> str:
    are_observed = all(
        node.state and node.state_source is not Origin.DISCOVERED for node in group.nodes
    )
    # Every state was read, so access to a source is not the problem: the pair itself is.
    if are_observed and any(node.state is not HaState.NORMAL for node in group.nodes):
        unknown = [node.name for node in group.nodes if node.state is HaState.UNKNOWN]
        if unknown:
            return fill_action("state_unknown_to_node", nodes=join_names(unknown))
        return fill_action("undocumented_pair")
    if group.failures:
        return choose_failure_action(group.failures[0], "the states are known")
    return fill_action("states_unread")


def _action_for_good_states(group: GroupCheck) -> str:
    """Return the action for a group whose states need none."""
    drift, unknown = group.checks_with(Verdict.DRIFT), group.checks_with(Verdict.UNKNOWN)
    if drift or unknown:
        check = most_urgent(drift or unknown)
        failure = None if drift else group.failure_behind(check)
        if failure is not None:
            return choose_failure_action(failure, "that is known")
        return _unknown_check_action(check)
    if group.bad_replication:
        return fill_action("bad_replication", nodes=join_names(group.bad_replication))
    return fill_action("sessions_missing" if group.sessions.is_short else "nothing")


_UNKNOWN_CHECK_SITUATIONS = {
    CheckState.STARTING: "service_changing",
    CheckState.STOPPING: "service_changing",
    CheckState.STOPPED: "activation_unknown",
    CheckState.UNKNOWN: "service_unknown",
}


def _unknown_check_action(check: NodeCheck) -> str:
    """Return how to find out what a check left unknown."""
    is_about_service = check.type in SERVICE_CHECK_TYPES and check.doubt is not Doubt.PEERS
    situation = _UNKNOWN_CHECK_SITUATIONS.get(check.state) if is_about_service else None
    return fill_action(
        situation or "check_unknown",
        service=check.service,
        node=check.node,
        state=str(check.state),
        clause=node_check_clause(check),
    )


def _services_action(checks: Sequence[NodeCheck], group: GroupCheck) -> str:
    """Return which services to start first, and how; services that restart come last."""
    down = [check for check in checks if check.state is not CheckState.RESTARTING]
    urgent = most_urgent(down or checks)
    if not down:
        return fill_action("service_restarting", service=urgent.service, node=urgent.node)
    # A stopped XCP Router stops every XCP service of its node, and they do not come back by
    # themselves (administration guide 15, "Services").
    router = next((check for check in down if check.service == XCP_ROUTER), None)
    if router is not None:
        move = "fail over" if group.status is GroupStatus.NORMAL else "fall back"
        return fill_action("start_router", node=router.node, move=move)
    of_node = sorted((c for c in down if c.node == urgent.node), key=lambda c: c.urgency)
    services = [check.service for check in of_node]
    # A service that is not activated cannot be started (TAC document 217304).
    if urgent.state is CheckState.NOT_ACTIVATED:
        situation = "activate_services"
    else:
        are_xcp = all(service.startswith("Cisco XCP") for service in services)
        situation = "start_xcp_services" if are_xcp else "start_services"
    return fill_action(
        situation,
        services=join_names(services, limit=3),
        node=urgent.node,
        run="they run" if len(services) > 1 else "it runs",
    )


def _axl_action(check: NodeCheck) -> str:
    """Return how to make AXL answer."""
    situations = {CheckState.NOT_ACTIVATED: "activate_axl", CheckState.STOPPED: "start_axl"}
    return fill_action(situations.get(check.state, "restart_axl"), node=check.node)
