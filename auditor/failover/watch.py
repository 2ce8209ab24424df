"""Reads groups again and again until each is stable, its cluster refuses, or the wait is over."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from auditor.collect.scope import REREAD_TOPICS, WATCH_TOPICS, SurveyScope, SurveyTopic
from auditor.errors import ConfigError, Reason
from auditor.failover.group_check import GroupStatus, Stability
from auditor.failover.group_status import group_node_facts, group_status_from_states
from auditor.failover.wording import HA_STATE_LABELS
from auditor.models.facts import ClusterFacts, Group
from auditor.models.nodes import CHANGING_STATES, NodeFacts
from auditor.recommendations.groups import installed_members
from auditor.text import escape_unprintable

MIN_POLL_INTERVAL = timedelta(seconds=10)
"""No node is asked more often."""

STABLE_AFTER = timedelta(seconds=20)
"""How far apart two equal readings of a stable pair are."""

GroupKey = tuple[str, str]
"""Name of the cluster, name of the group."""

ServiceKey = tuple[str, str]
"""Name of the node, name of the service."""

GroupSignature = tuple[object, ...]

_UNSETTLED_STATUSES = frozenset({GroupStatus.MOVING, GroupStatus.UNKNOWN})

_UNSTABLE_RESTARTS = 2
"""A single restart may be one by hand or by high availability."""


@dataclass(slots=True)
class RestartCounter:
    """Counts how often the start time of a service changed from one reading to the next."""

    started_at: dict[ServiceKey, str] = field(default_factory=dict)
    restarts: dict[ServiceKey, int] = field(default_factory=dict)

    def add_reading(self, nodes: Iterable[NodeFacts]) -> None:
        """Compare start times with those of the last reading; a missing one changes nothing."""
        for node in nodes:
            for service in node.services.values():
                key, started_at = (node.name, service.name), service.started_at
                # Only the start time proves a restart here: the state is "started" at both
                # readings, and the up time of a service that keeps restarting is short at each of
                # them. A stopped service has no start time, so a stop and a start count once.
                if not started_at:
                    continue
                if self.started_at.get(key, started_at) != started_at:
                    self.restarts[key] = self.restarts.get(key, 0) + 1
                self.started_at[key] = started_at

    def restarting(self, nodes: Iterable[NodeFacts]) -> tuple[ServiceKey, ...]:
        """Return the services of these nodes that keep restarting."""
        names = {node.name for node in nodes}
        return tuple(
            sorted(
                key
                for key, count in self.restarts.items()
                if count >= _UNSTABLE_RESTARTS and key[0] in names
            )
        )


@dataclass(slots=True)
class GroupWatch:
    """Watches groups until they are stable.

    `facts` are those of a survey a moment ago, by cluster name. `resurvey` asks again and returns
    the updated facts. `unsettled` are the groups still watched; `since` holds for each when it was
    first read as it is now; `confirmed_at` when a settled group was last read.
    """

    facts: dict[str, ClusterFacts]
    groups: Mapping[GroupKey, Group]
    resurvey: Callable[[SurveyScope, Mapping[str, ClusterFacts]], Sequence[ClusterFacts]]
    wait: timedelta
    clock: Callable[[], datetime]
    pause: Callable[[float], None]
    print_progress: Callable[[str], None]
    unsettled: dict[GroupKey, Group] = field(init=False)
    since: dict[GroupKey, tuple[GroupSignature, datetime]] = field(default_factory=dict)
    stability: dict[GroupKey, Stability] = field(default_factory=dict)
    confirmed_at: dict[GroupKey, datetime] = field(default_factory=dict)
    restarts: dict[str, RestartCounter] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Begin with every group unsettled."""
        self.unsettled = dict(self.groups)
        for name, facts in self.facts.items():
            self.restarts[name] = RestartCounter()
            self.restarts[name].add_reading(facts.nodes)

    def run(self) -> None:
        """Watch until every group is stable or given up, or the wait is over.

        The facts at the start are the first reading. The last reading may come up to
        `MIN_POLL_INTERVAL` after the end, because no node is asked sooner.

        Raises:
            Interrupted: the user pressed Ctrl-C.
        """
        began = now = self.clock()
        end = began + self.wait
        while True:
            self._settle_stable_groups(now)
            # Comes second: a group that may not be asked again must not stay settled as stable.
            self._give_up_refusing_clusters()
            if self.groups:
                self.print_progress(self._progress_line(now - began))
            if now >= end or not self.unsettled:
                changed = self._confirm_settled_groups(now)
                # Asked again, because the confirming reading may have unsettled a group that there
                # is still time to watch.
                if now >= end or not self.unsettled:
                    break
            pause = max(MIN_POLL_INTERVAL, min(self._time_to_next_reading(now), end - now))
            self.pause(pause.total_seconds())
            now = self.clock()
            # AXL, sessions and replication cost each node three more requests, so they are read
            # only where a group may settle with this reading.
            may_settle = any(now - first >= STABLE_AFTER for _, first in self._steady_readings())
            is_complete = now >= end or may_settle
            self._read(REREAD_TOPICS if is_complete else WATCH_TOPICS, self.unsettled)
        for key in self.unsettled:
            is_moving = self._status(key) is GroupStatus.MOVING
            # A pair that began to move in the confirming reading has not been moving for the whole
            # wait.
            outlasted = is_moving and now >= end and key not in changed
            self.stability[key] = Stability(stable=False, outlasted=outlasted)
        # Stable groups too: a service that restarted twice is a fault although it stays up now.
        for key, stability in self.stability.items():
            self.stability[key] = replace(stability, restarting=self._restarting(key))

    def _settle_stable_groups(self, now: datetime) -> None:
        """Settle the groups that were read as they are now long enough ago."""
        for key in list(self.unsettled):
            signature = self._signature(key)
            if signature is None:
                # Equal readings before and after this one do not show that nothing changed between
                # them.
                self.since.pop(key, None)
            elif key not in self.since or self.since[key][0] != signature:
                self.since[key] = (signature, now)
            elif now - self.since[key][1] >= STABLE_AFTER:
                self.stability[key] = Stability(stable=True, outlasted=False)
                self.confirmed_at[key] = now
                del self.unsettled[key]

    def _give_up_refusing_clusters(self) -> None:
        """Stop asking a cluster that refused the password: more requests may lock the account."""
        refusing = {
            name
            for name, facts in self.facts.items()
            if any(entry.reason is Reason.CREDENTIALS for entry in facts.coverage)
        }
        for key in self.groups:
            if key[0] in refusing:
                self.stability[key] = Stability(stable=False, outlasted=False)
                self.unsettled.pop(key, None)
                self.confirmed_at.pop(key, None)

    def _confirm_settled_groups(self, now: datetime) -> frozenset[GroupKey]:
        """Read groups again that settled earlier, and return those that changed since.

        They were not read while others were waited for. What changed is unsettled again.
        """
        stale = {
            key: self.groups[key] for key, read_at in self.confirmed_at.items() if read_at < now
        }
        if not stale:
            return frozenset()
        self._read(REREAD_TOPICS, stale)
        self.confirmed_at |= dict.fromkeys(stale, now)
        changed = frozenset(key for key in stale if self._signature(key) != self.since[key][0])
        for key in changed:
            self.unsettled[key] = self.groups[key]
            del self.stability[key], self.confirmed_at[key], self.since[key]
        return changed

    def _read(self, topics: frozenset[SurveyTopic], groups: Mapping[GroupKey, Group]) -> None:
        """Ask the nodes of some groups once more."""
        nodes = frozenset(
            node.name.casefold()
            for (name, _), group in groups.items()
            for node in group_node_facts(self.facts[name], group)
        )
        scope = SurveyScope(topics, nodes=nodes, hurries=True)
        earlier = {name: self.facts[name] for name in {name for name, _ in groups}}
        for facts in self.resurvey(scope, earlier):
            self.facts[facts.name] = facts
            self.restarts[facts.name].add_reading(facts.nodes)

    def _restarting(self, key: GroupKey) -> tuple[ServiceKey, ...]:
        nodes = group_node_facts(self.facts[key[0]], self.groups[key])
        return self.restarts[key[0]].restarting(nodes)

    def _steady_readings(self) -> list[tuple[GroupSignature, datetime]]:
        return [self.since[key] for key in self.unsettled if key in self.since]

    def _time_to_next_reading(self, now: datetime) -> timedelta:
        """Return the pause: until all groups can be stable if none is moving, else the shortest."""
        readings = self._steady_readings()
        if len(readings) < len(self.unsettled):
            return MIN_POLL_INTERVAL
        last_change = max(first for _, first in readings)
        return max(MIN_POLL_INTERVAL, last_change + STABLE_AFTER - now)

    def _status(self, key: GroupKey) -> GroupStatus:
        return group_status_from_states(self.facts[key[0]], self.groups[key])

    def _signature(self, key: GroupKey) -> GroupSignature | None:
        """Return what must be equal in two readings; None while the group cannot be stable."""
        status = self._status(key)
        if status in _UNSETTLED_STATUSES:
            return None
        facts, group = self.facts[key[0]], self.groups[key]
        nodes = group_node_facts(facts, group)
        # A node of a broken pair may be down and return nothing; anywhere else, services that
        # cannot be read may hide a change.
        if status is not GroupStatus.BROKEN and not all(node.services for node in nodes):
            return None
        # With the start time, because a restart between two readings is a change; without the up
        # time, which differs in every reading.
        services = [
            (node.name, service.name, service.state, service.activated, service.started_at)
            for node in nodes
            for service in node.services.values()
        ]
        # Two equal readings prove nothing here: a service that never comes up is "starting" in
        # each.
        if any(state in CHANGING_STATES for _, _, state, _, _ in services):
            return None
        return (tuple(member.state for member in installed_members(facts, group)), tuple(services))

    def _progress_line(self, elapsed: timedelta) -> str:
        minutes, seconds = divmod(round(elapsed.total_seconds()), 60)
        groups = escape_unprintable("; ".join(map(self._group_progress, self.groups)))
        return f"{minutes:3}:{seconds:02}  {groups}"

    def _group_progress(self, key: GroupKey) -> str:
        members = installed_members(self.facts[key[0]], self.groups[key])
        states = ", ".join(f"{m.name} {HA_STATE_LABELS[m.state]}" for m in members)
        ending = " (stable)" if key in self.confirmed_at else " (not asked again)"
        return f"{key[1]}: {states}{'' if key in self.unsettled else ending}"


MIN_WAIT = timedelta(seconds=20)
"""A shorter wait cannot show that a pair is stable."""

MAX_WAIT = timedelta(days=1)

_WAIT_PATTERN = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?", re.IGNORECASE)


def parse_wait(text: str, *, readiness: bool = False) -> timedelta:
    """Return a duration such as `1h30m`; a bare number is seconds.

    Raises:
        ConfigError: it has another form, is too short or too long, or goes with readiness.
    """
    if readiness:
        raise ConfigError(["--wait and --readiness exclude each other: readiness reads once."])
    match = _WAIT_PATTERN.fullmatch(text.strip())
    # Every part of the pattern is optional, so it matches an empty text.
    if not text.strip() or match is None:
        raise ConfigError([f"--wait {text}: give a duration such as 15m, 90s or 1h30m."])
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    try:
        wait = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    except OverflowError:
        # Refused below as too long, in the same words as any other long wait.
        wait = timedelta.max
    if not MIN_WAIT <= wait <= MAX_WAIT:
        raise ConfigError([f"--wait {text}: give at least 20s, and at most 24h."])
    return wait
