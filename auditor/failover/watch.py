"""Looks at groups until they are settled: asks, remembers, waits, and knows when to stop."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from auditor.collect.scope import FAILOVER_TOPICS, WATCH_TOPICS, SurveyScope, SurveyTopic
from auditor.errors import Reason
from auditor.failover.group_status import group_node_facts, group_status_from_states
from auditor.failover.ha_states import HA_STATE_LABELS
from auditor.failover.model import GroupStatus, Stability
from auditor.failover.services import RestartCounter
from auditor.models.facts import ClusterFacts, Group, RunState
from auditor.recommendations.ha_states import installed_members

MIN_POLL_INTERVAL = timedelta(seconds=10)
"""No node is asked more often."""

STABLE_AFTER = timedelta(seconds=20)
"""How far apart the two looks are that show the same pair and services."""

FactsByCluster = Mapping[str, ClusterFacts]
ResurveyFunction = Callable[[SurveyScope, FactsByCluster], Sequence[ClusterFacts]]
"""Asks the clusters of which something is known, and puts what they tell over it."""

ProgressLineCallback = Callable[[str], None]
"""Told a line of progress."""

GroupKey = tuple[str, str]
GroupSignature = tuple[object, ...]

_UNSETTLED_STATUSES = frozenset({GroupStatus.MOVING, GroupStatus.UNKNOWN})
_CHANGING_RUN_STATES = frozenset({RunState.STARTING, RunState.STOPPING})


@dataclass(frozen=True, slots=True)
class WatchOptions:
    """How long to watch, by which clock and pause; all come from outside."""

    wait: timedelta
    clock: Callable[[], datetime]
    pause: Callable[[float], None]
    tell: ProgressLineCallback


@dataclass(slots=True)
class GroupWatch:
    """Groups under observation.

    `open` are those not settled yet; `first` is when each was first seen as it is now, `last` when
    a settled one was last looked at.
    """

    known: dict[str, ClusterFacts]
    ask: ResurveyFunction
    patience: WatchOptions
    groups: Mapping[GroupKey, Group]
    open: dict[GroupKey, Group] = field(init=False)
    first: dict[GroupKey, tuple[GroupSignature, datetime]] = field(default_factory=dict)
    settled: dict[GroupKey, Stability] = field(default_factory=dict)
    last: dict[GroupKey, datetime] = field(default_factory=dict)
    restarts: dict[str, RestartCounter] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Begin with every group open."""
        self.open = dict(self.groups)
        for name, facts in self.known.items():
            self.restarts[name] = RestartCounter()
            self.restarts[name].note(facts.nodes)

    def run(self) -> None:
        """Watch until every group is settled or given up, or the wait is over.

        `known` was asked about everything a moment ago: that is the first look. The last look may
        come up to `MIN_POLL_INTERVAL` after the end, because no node is asked sooner.

        Raises:
            Interrupted: the user pressed Ctrl-C.
        """
        began = looked = self.patience.clock()
        end = began + self.patience.wait
        while True:
            self._judge(looked)
            self._give_up()
            if self.groups:
                self.patience.tell(self._line(looked - began))
            over = looked >= end
            changed = self._confirm(looked) if over or not self.open else frozenset()
            if over or not self.open:
                break
            pause = max(MIN_POLL_INTERVAL, min(self._until_next(looked), end - looked))
            self.patience.pause(pause.total_seconds())
            looked = self.patience.clock()
            whole = looked >= end or any(
                looked - since >= STABLE_AFTER for _, since in self._steady()
            )
            self._look(FAILOVER_TOPICS if whole else WATCH_TOPICS, self.open)
        for key in self.open:
            moving = self._standing(key) is GroupStatus.MOVING
            outlasted = moving and looked >= end and key not in changed
            self.settled[key] = Stability(stable=False, outlasted=outlasted)
        for key, settled in self.settled.items():
            self.settled[key] = replace(settled, restarting=self._restarting(key))

    def _restarting(self, key: GroupKey) -> tuple[tuple[str, str], ...]:
        nodes = group_node_facts(self.known[key[0]], self.groups[key])
        return self.restarts[key[0]].of(nodes)

    def _confirm(self, moment: datetime) -> frozenset[GroupKey]:
        """Look once more at groups that settled before the last look, and return what changed.

        While others were waited for, nobody looked at them. What changed is open again.
        """
        stale = {key: self.groups[key] for key, at in self.last.items() if at < moment}
        if not stale:
            return frozenset()
        self._look(FAILOVER_TOPICS, stale)
        self.last |= dict.fromkeys(stale, moment)
        changed = frozenset(key for key in stale if self._signature(key) != self.first[key][0])
        for key in changed:
            self.open[key] = self.groups[key]
            del self.settled[key], self.last[key], self.first[key]
        return changed

    def _look(self, topics: frozenset[SurveyTopic], groups: Mapping[GroupKey, Group]) -> None:
        """Ask the nodes of some groups once more."""
        of = {name for name, _ in groups}
        asked = frozenset(
            node.name.casefold()
            for (name, _), group in groups.items()
            for node in group_node_facts(self.known[name], group)
        )
        errand = SurveyScope(topics, nodes=asked, hurries=True)
        for new in self.ask(errand, {name: self.known[name] for name in of}):
            self.known[new.name] = new
            self.restarts[new.name].note(new.nodes)

    def _judge(self, moment: datetime) -> None:
        """Settle what looks as it did long enough ago: everything was asked about just now."""
        for key in list(self.open):
            look = self._signature(key)
            if look is None:
                self.first.pop(key, None)
            elif key not in self.first or self.first[key][0] != look:
                self.first[key] = (look, moment)
            elif moment - self.first[key][1] >= STABLE_AFTER:
                self.settled[key] = Stability(stable=True, outlasted=False)
                self.last[key] = moment
                del self.open[key]

    def _steady(self) -> list[tuple[GroupSignature, datetime]]:
        return [self.first[key] for key in self.open if key in self.first]

    def _until_next(self, moment: datetime) -> timedelta:
        """Return the pause: until the next look counts, if that is all that is waited for."""
        if len(self._steady()) < len(self.open):
            return MIN_POLL_INTERVAL
        return max(
            MIN_POLL_INTERVAL, max(since for _, since in self._steady()) + STABLE_AFTER - moment
        )

    def _standing(self, key: GroupKey) -> GroupStatus:
        return group_status_from_states(self.known[key[0]], self.groups[key])

    def _signature(self, key: GroupKey) -> GroupSignature | None:
        """Return what must be the same in two looks; None while it cannot be settled at all."""
        if self._standing(key) in _UNSETTLED_STATUSES:
            return None
        facts, group = self.known[key[0]], self.groups[key]
        nodes = group_node_facts(facts, group)
        if self._standing(key) is not GroupStatus.BROKEN and not all(n.services for n in nodes):
            return None
        services = [
            (node.name, s.name, s.state, s.activated, s.started_at)
            for node in nodes
            for s in node.services.values()
        ]
        if any(state in _CHANGING_RUN_STATES for _, _, state, _, _ in services):
            return None
        return (tuple(member.state for member in installed_members(facts, group)), tuple(services))

    def _give_up(self) -> None:
        """Ask no more in a cluster that refused the password: that would lock the account."""
        refusing = {
            name
            for name, facts in self.known.items()
            if any(entry.reason is Reason.CREDENTIALS for entry in facts.coverage)
        }
        for key in self.groups:
            if key[0] in refusing:
                self.settled[key] = Stability(stable=False, outlasted=False)
                self.open.pop(key, None)
                self.last.pop(key, None)

    def _line(self, elapsed: timedelta) -> str:
        minutes, seconds = divmod(round(elapsed.total_seconds()), 60)
        return f"{minutes:3}:{seconds:02}  {'; '.join(map(self._told, self.groups))}"

    def _told(self, key: GroupKey) -> str:
        members = installed_members(self.known[key[0]], self.groups[key])
        told = ", ".join(f"{m.name} {HA_STATE_LABELS[m.state]}" for m in members)
        end = "settled" if key in self.last else "not asked again"
        return f"{key[1]}: {told}{'' if key in self.open else f' ({end})'}"
