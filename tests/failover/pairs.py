"""A pair of nodes in any two HA states, as facts, for tests that need no network."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from auditor import names
from auditor.cluster import ClusterFacts, Group
from auditor.facts import Coverage, HaState, NodeFacts, Origin, Outcome, RunState, Source
from auditor.failover.findings import Check, ClusterCheck
from auditor.failover.groups import check
from auditor.failover.judged import judged
from auditor.failover.seen import Settled
from auditor.failover.sessions import Counts
from auditor.recommendations.ha import IDLE_STOPS
from auditor.recommendations.model import load_packs
from tests import factories
from tests.factories import cluster, gap, node, reading, service, subscriber

ROWS = {row.id: row for row in load_packs()}
STABLE = Settled(stable=True, outlasted=False)
FURTHER = (names.CLIENT_PROFILE, names.DATA_MONITOR, names.SERVER_RECOVERY)


def member(name: str, state: HaState | None, number: int, **changes: object) -> NodeFacts:
    """Return a node in a state, its services as that state leaves them; None: it is dead."""
    made = node(name) if number == 1 else subscriber(name)
    if state is None:
        dead: dict[str, Any] = {"ha_state": None, "services": {}, "axl": None}
        return replace(made, **{**dead, **changes})
    stopped = IDLE_STOPS if state is HaState.IDLE else frozenset()
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
        else gap(m.name)
        for m in members
    )
    return replace(made, groups=(group,), settings=settings, coverage=coverage)


def look(
    facts: ClusterFacts,
    *,
    before: Counts | None = None,
    settled: Settled | None = None,
    accept: bool = False,
) -> Check:
    """Return the check of a cluster that was looked at."""
    known = judged(facts, ROWS)
    groups = tuple(check(known, group, before, settled) for group in known.facts.groups)
    return Check(
        started_at="2026-11-22T03:00:00Z",
        finished_at="2026-11-22T03:00:02Z",
        clusters=(ClusterCheck(facts.name, groups),),
        since="2026-11-21T22:00:00Z" if before else None,
        accept_failed_over=accept,
        waited=settled is not None,
    )
