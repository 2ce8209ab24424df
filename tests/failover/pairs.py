"""A pair of nodes in any two HA states, as facts, for tests that need no network."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from auditor.failover.group_check import GroupCheck, Stability
from auditor.failover.group_status import SessionCounts, check_group
from auditor.failover.judged import judge_for_failover
from auditor.failover.model import ClusterCheck, FailoverCheck
from auditor.failover.summary import summarize_check, summarize_group
from auditor.models.coverage import Coverage, Outcome, Source
from auditor.models.evidence import Origin
from auditor.models.facts import ClusterFacts, Group
from auditor.models.nodes import HaState, NodeFacts, RunState
from auditor.recommendations.ha_states import SERVICES_STOPPED_WHEN_IDLE
from auditor.recommendations.packs import load_packs
from auditor.service_names import CLIENT_PROFILE_AGENT, DATA_MONITOR, SERVER_RECOVERY_MANAGER
from tests import factories
from tests.factories import cluster, failed_source, node, reading, service, subscriber

ROWS = {row.id: row for row in load_packs()}
STABLE = Stability(stable=True, outlasted=False)
FURTHER = (CLIENT_PROFILE_AGENT, DATA_MONITOR, SERVER_RECOVERY_MANAGER)


def member(name: str, state: HaState | None, number: int, **changes: object) -> NodeFacts:
    """Return a node in a state, its services as that state leaves them; None: it is dead."""
    made = node(name) if number == 1 else subscriber(name)
    if state is None:
        dead: dict[str, Any] = {"ha_state": None, "services": {}, "axl": None, "replication": None}
        return replace(made, **{**dead, **changes})
    stopped = SERVICES_STOPPED_WHEN_IDLE if state is HaState.IDLE else frozenset()
    services = dict(made.services) | {name: service(name) for name in FURTHER}
    held = 0 if state is HaState.IDLE else 4500
    services |= {name: service(name, RunState.STOPPED) for name in stopped}
    base: dict[str, Any] = {
        "ha_state": reading(state),
        "services": services,
        "sessions": {"ActiveJsmSessions": held, "CmConnectedSockets": held},
        "replication": 2,
    }
    return replace(made, **{**base, **changes})


def pair(
    one: HaState | None,
    other: HaState | None,
    *,
    first: Mapping[str, Any] | None = None,
    second: Mapping[str, Any] | None = None,
    switch: bool | None = True,
    **profile: bool,
) -> ClusterFacts:
    """Return a cluster of one pair; `first` and `second` change its nodes."""
    members = (
        member("imp1", one, 1, **(first or {})),
        member("imp2", other, 2, **(second or {})),
    )
    made = cluster(*members)
    group = Group(factories.GROUP, ("imp1", "imp2"), switch, Origin.OBSERVED)
    settings = dict(made.settings) | factories.settings(**profile)
    coverage = tuple(
        Coverage(Source.CONTROL_CENTER, m.name, Outcome.COLLECTED, requests=6)
        if m.services
        else failed_source(m.name)
        for m in members
    )
    return replace(made, groups=(group,), settings=settings, coverage=coverage)


def check_facts(
    facts: ClusterFacts,
    *,
    before: SessionCounts | None = None,
    stability: Stability | None = None,
    accept: bool = False,
) -> FailoverCheck:
    """Return the check of one cluster."""
    findings = judge_for_failover(facts, ROWS)
    groups = tuple(
        check_group(findings, group, before, stability) for group in findings.facts.groups
    )
    return FailoverCheck(
        started_at="2026-11-22T03:00:00Z",
        finished_at="2026-11-22T03:00:02Z",
        clusters=(ClusterCheck(facts.name, groups),),
        since="2026-11-21T22:00:00Z" if before else None,
        accept_failed_over=accept,
        waited=stability is not None,
    )


def first_line(check: FailoverCheck) -> str:
    """Return the summary of a check."""
    return str(summarize_check(check))


def group_line(group: GroupCheck) -> str:
    """Return the summary of one group."""
    return str(summarize_group(group))
