"""The action for one check of a node: what to start, to activate, or to find out."""

from collections.abc import Sequence

from auditor.failover.action_texts import Action, fill_text, make_action
from auditor.failover.group_check import GroupCheck
from auditor.failover.node_checks import (
    SERVICE_CHECK_TYPES,
    CheckState,
    CheckType,
    Doubt,
    NodeCheck,
)
from auditor.failover.wording import node_check_clause
from auditor.models.findings import Verdict
from auditor.report.sentences import render_clause
from auditor.service_names import DATABASE, START_ORDER
from auditor.text import join_names


def choose_drift_action(first: NodeCheck, group: GroupCheck) -> Action:
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


_SITUATION_BY_DOUBT = {
    Doubt.REQUIREMENT: "requirement_unknown",
    Doubt.IDLE_NODE: "idle_service",
}

_SITUATION_BY_STATE = {
    CheckState.STARTING: "service_changing",
    CheckState.STOPPING: "service_changing",
    CheckState.UNKNOWN: "service_unknown",
}


def choose_unknown_action(check: NodeCheck) -> Action:
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
