"""Which difference between two snapshots follows from which other one."""

from collections.abc import Iterator, Sequence
from enum import Enum, auto
from functools import cache

from auditor.change.advice import connects_users, load_activation_advice
from auditor.change.diff.model import (
    ComparedCluster,
    Difference,
    DifferenceCategory,
    Topic,
    category_exit_code,
)
from auditor.models.coverage import Source
from auditor.models.nodes import RunState
from auditor.recommendations.critical_services import needs_ha_off
from auditor.recommendations.packs import load_packs
from auditor.recommendations.vocabulary import Expectation
from auditor.service_names import (
    DATABASE,
    FEATURE_SERVICES,
    PRESENCE_ENGINE_SERVICE,
    START_ORDER,
    XCP_ROUTER,
    start_position,
)

_TOPICS_OF_EXPECTATIONS = {
    Expectation.PAIR_HEALTHY: (Topic.HA_SWITCH, Topic.HA_STATE),
    Expectation.GROUPED: (Topic.REDUNDANCY_GROUP,),
    Expectation.REPLICATION_GOOD: (Topic.REPLICATION,),
    Expectation.GROUP_ON_ONE_VERSION: (Topic.RELEASE,),
    Expectation.CLUSTER_ON_ONE_VERSION: (Topic.RELEASE,),
    Expectation.RELEASE_OF_CUCM: (Topic.CUCM_RELEASE, Topic.RELEASE),
}
"""What a finding that is about no service follows from."""


_SERVICES_OF_A_REBOOT = 5
"""Fewer restarts at once may be a coincidence."""


_TOPICS_OF_THE_CLUSTER = (Topic.RELEASE, Topic.CUCM_RELEASE)
"""Of these, one node decides on the findings of the others."""


class _Move(Enum):
    """Which way a service went."""

    DOWN = auto()
    UP = auto()
    RESTART = auto()


_MOVES = {(True, False): _Move.DOWN, (False, True): _Move.UP, (True, True): _Move.RESTART}
"""By whether the service ran before and runs after; only what differs is looked up."""


class EventOrigins:
    """Which difference another one follows from.

    Findings follow from services and attributes, sessions from services, HA states from services,
    a service from one that starts earlier, what is unknown from what did not answer: no circle.
    """

    def __init__(
        self, differences: Sequence[Difference], before: ComparedCluster, after: ComparedCluster
    ) -> None:
        self._differences = differences
        self._before, self._after = before, after
        self._by_topic: dict[tuple[Topic, str], list[int]] = {}
        self._by_service: dict[tuple[str, str], int] = {}
        self._by_finding: dict[str, int] = {}
        for index, difference in enumerate(differences):
            about = difference.about.casefold()
            self._by_topic.setdefault((difference.topic, about), []).append(index)
            if difference.topic is Topic.SERVICE:
                self._by_service.setdefault((about, difference.service), index)
            if difference.finding:
                self._by_finding[difference.finding] = index
        self._causing_services = _find_causing_services(before, after)
        self._groups = {
            name.casefold(): {node.casefold() for node in group.nodes}
            for cluster in (before, after)
            for group in cluster.facts.groups
            for name in (group.name,)
        }

    def first_of(self, index: int) -> int:
        """Return the difference with which the event of a difference begins."""
        while (origin := self._origin_of(index)) is not None:
            index = origin
        return index

    def _origin_of(self, index: int) -> int | None:
        difference = self._differences[index]
        return next(
            (
                origin
                for origin in self._candidates(difference)
                if origin != index and _may_follow(difference, self._differences[origin])
            ),
            None,
        )

    def _candidates(self, difference: Difference) -> Iterator[int]:
        match difference.topic:
            case Topic.COVERAGE:
                # One server that fails in several ways is one event.
                yield from self._of_topic(Topic.COVERAGE, difference.about)[:1]
                return
            case Topic.FINDING:
                yield from self._before_finding(difference)
            case Topic.SERVICE:
                yield from self._before_service(difference)
                yield from self._before_restart(difference.about)
            case Topic.SESSIONS:
                yield from self._before_sessions(difference.about)
            case Topic.HA_STATE:
                yield from self._before_ha_state(difference.about)
        if difference.category is DifferenceCategory.NEWLY_UNKNOWN:
            yield from self._before_unknown(difference.about)

    def _of_topic(self, topic: Topic, about: str) -> list[int]:
        return self._by_topic.get((topic, about.casefold()), [])

    def _before_finding(self, difference: Difference) -> Iterator[int]:
        is_persisting = difference.category is DifferenceCategory.PERSISTING
        if not is_persisting:
            own = (difference.about.casefold(), difference.service)
            if own in self._by_service:
                yield self._by_service[own]
        for cause in self._causes_of(difference):
            if cause in self._by_finding and _is_cacheable(
                difference, self._differences[self._by_finding[cause]]
            ):
                yield self._by_finding[cause]
        if not is_persisting:
            yield from self._attributes_behind(difference)

    def _causes_of(self, difference: Difference) -> tuple[str, ...]:
        """Return the ids of the findings that explain one, as long as it was there."""
        is_fixed = difference.category is DifferenceCategory.FIXED
        findings = (self._before if is_fixed else self._after).findings
        finding = findings.get(difference.finding)
        return finding.caused_by if finding else ()

    def _attributes_behind(self, difference: Difference) -> Iterator[int]:
        finding = self._after.findings.get(difference.finding)
        expects = _expectations().get(finding.recommendation) if finding else None
        for topic in _TOPICS_OF_EXPECTATIONS.get(expects, ()) if expects else ():
            about = difference.about.casefold()
            for name in (about, *sorted(self._groups.get(about, ()))):
                yield from self._of_topic(topic, name)
            if topic in _TOPICS_OF_THE_CLUSTER:
                yield from (i for i, d in enumerate(self._differences) if d.topic is topic)

    def _before_service(self, difference: Difference) -> Iterator[int]:
        """Yield the changes of what a service waits for, and went down or up with."""
        node, service = difference.about.casefold(), difference.service
        # What was to be done and was not is part of what happened instead.
        yield self._by_service[node, service]
        move = self._move(node, service)
        # Of a state that one snapshot does not know, nothing is known to follow.
        if move is None:
            return
        for needed in sorted(self._needs(difference), key=start_position):
            origin = self._by_service.get((node, needed))
            is_earlier = start_position(needed) < start_position(service)
            if (
                origin is not None
                and is_earlier
                and self._move(node, needed) in (move, _Move.RESTART)
            ):
                yield origin

    def _before_restart(self, name: str) -> Iterator[int]:
        """Yield the first service of a node on which all that ran was restarted, as in a reboot."""
        node = self._after.nodes.get(name.casefold())
        running = node.services if node else {}
        restarted = [s for s in running if self._move(name.casefold(), s) is _Move.RESTART]
        origins = {s: self._by_service.get((name.casefold(), s)) for s in restarted}
        if len(restarted) >= _SERVICES_OF_A_REBOOT and None not in origins.values():
            first = min(restarted, key=lambda service: (start_position(service), service))
            yield self._by_service[name.casefold(), first]

    def _needs(self, difference: Difference) -> set[str]:
        advice = load_activation_advice().get(difference.service)
        is_ordered = difference.service in START_ORDER or difference.service in FEATURE_SERVICES
        return {
            *(advice.needs if advice else ()),
            *((DATABASE,) if is_ordered else ()),
            *self._causing_services.get((difference.about.casefold(), difference.service), ()),
        }

    def _move(self, node: str, service: str) -> _Move | None:
        """Return which way a service went, None where a snapshot does not show it."""
        ran, runs = (self._runs(cluster, node, service) for cluster in (self._before, self._after))
        return None if ran is None or runs is None else _MOVES.get((ran, runs))

    def _runs(self, cluster: ComparedCluster, node: str, service: str) -> bool | None:
        facts = cluster.nodes.get(node)
        state = facts.services.get(service) if facts else None
        if state is None or state.state is RunState.UNKNOWN:
            return None
        return state.state is RunState.STARTED

    def _before_sessions(self, node: str) -> Iterator[int]:
        for (place, service), origin in self._by_service.items():
            carries = service in (XCP_ROUTER, PRESENCE_ENGINE_SERVICE) or connects_users(service)
            if (
                place == node.casefold()
                and carries
                and self._move(place, service) in (_Move.DOWN, _Move.RESTART)
            ):
                yield origin
        yield from self._of_topic(Topic.HA_STATE, node)

    def _before_ha_state(self, node: str) -> Iterator[int]:
        """Yield what makes a pair fail over, then the state of the pair's first node."""
        for name, members in self._groups.items():
            if node.casefold() not in members:
                continue
            yield from (
                origin
                for (place, service), origin in self._by_service.items()
                if place in members and needs_ha_off(self._after.facts, service)
            )
            yield from self._of_topic(Topic.HA_SWITCH, name)
            states = [i for member in members for i in self._of_topic(Topic.HA_STATE, member)]
            yield from sorted(states)[:1]

    def _before_unknown(self, about: str) -> Iterator[int]:
        """Yield the server that did not answer; CUCM knows what is about the whole cluster."""
        members = self._groups.get(about.casefold(), set())
        for name in (about, *sorted(members)):
            yield from self._of_topic(Topic.COVERAGE, name)[:1]
        for server, source in self._after.failures:
            if source is Source.CUCM_AXL:
                yield from self._of_topic(Topic.COVERAGE, server)[:1]
        node = self._after.nodes.get(about.casefold())
        servers = {d.about for d in self._differences if d.topic is Topic.COVERAGE}
        # What a node that answers no longer shows has another reason.
        if len(servers) == 1 and not (node and node.services):
            yield from self._of_topic(Topic.COVERAGE, *servers)[:1]


def _find_causing_services(
    *clusters: ComparedCluster,
) -> dict[tuple[str, str], set[str]]:
    """Return, by node and service, the services of the node that explain a finding on it."""
    causing: dict[tuple[str, str], set[str]] = {}
    for cluster in clusters:
        for finding in cluster.findings.values():
            node = finding.subject.name.casefold()
            for cause in map(cluster.findings.get, finding.caused_by):
                if (
                    cause
                    and cause.service
                    and finding.service
                    and cause.subject.name.casefold() == node
                ):
                    causing.setdefault((node, finding.service), set()).add(cause.service)
    return causing


@cache
def _expectations() -> dict[str, Expectation]:
    return {row.id: row.expects for row in load_packs()}


def _is_cacheable(effect: Difference, cause: Difference) -> bool:
    """Return whether two findings changed in the same way: both came, both went, both stayed."""
    both = {effect.category, cause.category}
    for alone in (DifferenceCategory.FIXED, DifferenceCategory.PERSISTING):
        if alone in both:
            return both == {alone}
    return True


def _may_follow(difference: Difference, origin: Difference) -> bool:
    """Return whether a difference may be listed under another: never a worse one under a better."""
    own, other = (category_exit_code(d.category).rank for d in (difference, origin))
    return own >= other
