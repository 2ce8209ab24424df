"""How the redundancy groups of the changed nodes stand, and what differs there already."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from auditor.change.decision import Answer, Point, Topic, seen
from auditor.change.judged import Judged
from auditor.change.would_be import Change, node_of
from auditor.cluster import ClusterFacts
from auditor.facts import NodeFacts
from auditor.findings import Finding, Verdict
from auditor.recommendations.ha import GROUP_HINT, find
from auditor.recommendations.vocabulary import Expectation


def points(facts: ClusterFacts, changes: Sequence[Change], judged: Judged) -> Iterator[Point]:
    """Yield the HA state of each group that is touched, and its drift that the change leaves."""
    touched = {change.node: node_of(facts, change) for change in changes}
    named = {node.redundancy_group for node in touched.values()} - {None}
    members = {n.name for n in facts.nodes if n.redundancy_group in named} | touched.keys()
    yield from _placeless(facts, touched.values())
    told = {after.id for _, after in judged.pairs() if after.verdict is Verdict.PASS}
    told |= {finding.id for finding in judged.asked_besides()}
    for finding in judged.now:
        row = judged.rows[finding.recommendation]
        if row.expects is Expectation.PAIR_HEALTHY:
            if finding.subject.name in named:
                yield _pair(finding, facts)
        elif _stays(finding, members) and finding.id not in told:
            text = f"{finding.recommendation} [{finding.severity}] differs without the change: "
            yield Point(Topic.GROUP, Answer.NOTE, finding.subject.name, text + finding.observed)


def _stays(finding: Finding, members: set[str]) -> bool:
    return finding.verdict is Verdict.DRIFT and finding.subject.name in members


def _placeless(facts: ClusterFacts, nodes: Iterable[NodeFacts]) -> Iterator[Point]:
    """Yield the changed nodes whose group nobody told: its pair was not looked at."""
    for node in nodes:
        name = node.name
        listed = node.redundancy_group and find(facts, node.redundancy_group)
        if not node.group_known or (node.redundancy_group and not listed):
            text = f"The redundancy group of {name} is not known, nor how its pair stands."
            yield Point(Topic.GROUP, Answer.CANNOT_TELL, name, text, GROUP_HINT)
        elif node.redundancy_group is None:
            text = f"{name} is in no redundancy group, so there is no pair to fail over."
            yield Point(Topic.GROUP, Answer.NOTE, name, text)


def _pair(finding: Finding, facts: ClusterFacts) -> Point:
    """Say how a pair stands; with its switch off, no change of a service can provoke a failover."""
    point = seen(Topic.GROUP, finding)
    group = find(facts, finding.subject.name)
    off = group is not None and group.ha_enabled is False and not group.switch_discovered
    return replace(point, answer=Answer.NOTE) if off else point
