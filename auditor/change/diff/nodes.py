"""The nodes and redundancy groups of a cluster, before and after, and what became unreadable."""

from collections.abc import Iterator, Mapping

from auditor.change.diff.expected import ChangeExpectation
from auditor.change.diff.model import ComparedCluster, Difference, DifferenceCategory, Topic
from auditor.change.diff.services import compare_services
from auditor.models.coverage import Source
from auditor.models.facts import ClusterFacts
from auditor.models.findings import SubjectKind, Verdict
from auditor.models.nodes import (
    REPLICATION_STATES,
    AxlAvailability,
    HaState,
    Identity,
    NodeFacts,
    Role,
)
from auditor.models.releases import version_number
from auditor.text import join_sorted_names


def newly_unread_nodes(before: ComparedCluster, after: ComparedCluster) -> frozenset[str]:
    """Return the nodes, in lower case, whose services were read before and not now."""
    return frozenset(
        key
        for key, node in before.nodes.items()
        if node.services and key in after.nodes and not after.nodes[key].services
    )


def compare_coverage(before: ComparedCluster, after: ComparedCluster) -> Iterator[Difference]:
    """Yield every server that answers less than before, sources of one reason together."""
    new_failures: dict[tuple[str, str], list[Source]] = {}
    for (server, source), reason in after.failures.items():
        # What failed on both sides is nothing new, even if the reason changed.
        if (server, source) not in before.failures:
            new_failures.setdefault((server, reason), []).append(source)
    for (server, reason), sources in new_failures.items():
        text = f"{', '.join(sources)}: {reason}"
        yield Difference(DifferenceCategory.NEWLY_UNKNOWN, server, text, topic=Topic.COVERAGE)


def compare_nodes(
    before: ComparedCluster, after: ComparedCluster, expectation: ChangeExpectation
) -> Iterator[Difference]:
    """Yield the nodes that were added, removed or changed."""
    newly_unread = newly_unread_nodes(before, after)
    for key in sorted(before.nodes.keys() | after.nodes.keys()):
        was, now = before.nodes.get(key), after.nodes.get(key)
        if was is None or now is None:
            yield from _added_or_removed_node(was, now, before, after)
        elif key in newly_unread:
            yield _newly_unread_node(now, before, after)
            # Role and group come from CUCM, so they are compared even if the node does not answer.
            yield from compare_attributes(
                now.name, node_attributes(was), node_attributes(now), report_newly_unknown=False
            )
        else:
            yield from _compare_node(was, now, expectation)
    yield from _unlisted_node_differences(before, after)


def _compare_node(
    was: NodeFacts, now: NodeFacts, expectation: ChangeExpectation
) -> Iterator[Difference]:
    # A planned node is not installed yet and need not be readable.
    if not (was.services or was.planned or now.planned):
        text = "Its services could not be read before, so it is unknown whether they changed."
        if not now.services:
            text = "Its services could be read neither before nor now."
        yield Difference(DifferenceCategory.NOT_COMPARED, now.name, text)
    yield from compare_attributes(
        now.name, node_attributes(was), node_attributes(now), report_newly_known=bool(was.services)
    )
    yield from compare_services(was, now, expectation)
    # Unknown is left out: a refused password or a rate limit is no fault of the node.
    if _axl_answer(was) is AxlAvailability.ANSWERED and (
        _axl_answer(now) is AxlAvailability.NOT_ANSWERING
    ):
        text = "Its AXL answered before and does not answer now."
        yield Difference(DifferenceCategory.UNEXPECTED, now.name, text)


def _axl_answer(node: NodeFacts) -> AxlAvailability | None:
    return node.axl.answer if node.axl else None


def node_attributes(node: NodeFacts) -> dict[str, str]:
    """Return what is known of a node, apart from its services.

    An unknown value is left out: to learn it later is no change.
    """
    attributes: dict[str, str] = {}
    if node.role is not Role.UNKNOWN:
        attributes[Topic.ROLE] = node.role
    if node.group_known:
        attributes[Topic.REDUNDANCY_GROUP] = node.redundancy_group or "none"
    if node.ha_state and node.ha_state.state is not HaState.UNKNOWN:
        attributes[Topic.HA_STATE] = node.ha_state.state
    # Unproven is no value: it only says that nothing showed which node answered.
    if node.services and node.identity is not Identity.UNPROVEN:
        attributes[Topic.IDENTITY] = node.identity
    if node.release is not None:
        attributes[Topic.RELEASE] = node.release
    if node.replication in REPLICATION_STATES:
        meaning = REPLICATION_STATES[node.replication]
        attributes[Topic.REPLICATION] = f"{meaning} ({node.replication})"
    return attributes


def _added_or_removed_node(
    was: NodeFacts | None, now: NodeFacts | None, before: ComparedCluster, after: ComparedCluster
) -> Iterator[Difference]:
    """Yield a node of one side only; a list that is not complete proves nothing."""
    if now is not None and before.lists_all_nodes:
        text = "The node is new in the cluster."
        yield Difference(DifferenceCategory.UNEXPECTED, now.name, text)
    if was is not None and after.lists_all_nodes:
        text = "The node is no longer in the cluster."
        yield Difference(DifferenceCategory.UNEXPECTED, was.name, text)


def _unlisted_node_differences(
    before: ComparedCluster, after: ComparedCluster
) -> Iterator[Difference]:
    if not before.lists_all_nodes:
        text = (
            "CUCM did not list the nodes before, so it is unknown whether any were added or"
            " removed."
        )
        yield Difference(DifferenceCategory.NOT_COMPARED, after.name, text)
    missing = sorted(node.name for key, node in before.nodes.items() if key not in after.nodes)
    if missing and not after.lists_all_nodes:
        text = "CUCM did not list the nodes, so it is unknown whether these still exist: "
        yield Difference(
            DifferenceCategory.NEWLY_UNKNOWN, after.name, f"{text}{', '.join(missing)}."
        )


def _newly_unread_node(
    now: NodeFacts, before: ComparedCluster, after: ComparedCluster
) -> Difference:
    """Return one difference for the node instead of one for each of its findings."""
    ids = sorted(
        finding.recommendation
        for key, finding in after.findings.items()
        if finding.subject.kind is SubjectKind.NODE
        and finding.subject.name.casefold() == now.name.casefold()
        and finding.judged_verdict is Verdict.UNKNOWN
        and key in before.findings
        and before.findings[key].judged_verdict is not Verdict.UNKNOWN
    )
    text = "Its services were read before and could not be read now"
    unjudged = f"; no longer judged: {', '.join(ids)}" if ids else ""
    return Difference(
        DifferenceCategory.NEWLY_UNKNOWN, now.name, f"{text}{unjudged}.", topic=Topic.NODE
    )


def compare_cucm_release(before: ComparedCluster, after: ComparedCluster) -> Iterator[Difference]:
    """Yield that CUCM runs another release; snapshots of earlier versions do not hold it."""
    was, now = _cucm_attributes(before.facts), _cucm_attributes(after.facts)
    yield from compare_attributes(after.name, was, now, report_newly_known=False)


def _cucm_attributes(facts: ClusterFacts) -> Mapping[str, str]:
    release = facts.cucm_release
    return {Topic.CUCM_RELEASE: version_number(release)} if release else {}


def compare_groups(before: ComparedCluster, after: ComparedCluster) -> Iterator[Difference]:
    """Yield the redundancy groups that were added, removed or changed."""
    # Without this, every group that can be read again would look like a new one.
    if not before.facts.groups_known:
        text = (
            "Its redundancy groups could not be read before, so it is unknown whether they changed."
        )
        yield Difference(DifferenceCategory.NOT_COMPARED, after.name, text)
        return
    if not after.facts.groups_known:
        text = "Its redundancy groups were read before and could not be read now."
        yield Difference(DifferenceCategory.NEWLY_UNKNOWN, after.name, text)
        return
    old, new = group_attributes(before.facts), group_attributes(after.facts)
    for name in sorted(old.keys() | new.keys()):
        if name not in old:
            yield Difference(DifferenceCategory.UNEXPECTED, name, "The redundancy group is new.")
        elif name not in new:
            yield Difference(DifferenceCategory.UNEXPECTED, name, "The redundancy group is gone.")
        else:
            yield from compare_attributes(name, old[name], new[name])


def group_attributes(facts: ClusterFacts) -> dict[str, Mapping[str, str]]:
    """Return what is known of each redundancy group, by its name."""
    switches: Mapping[bool | None, dict[str, str]] = {
        True: {Topic.HA_SWITCH: "on"},
        False: {Topic.HA_SWITCH: "off"},
        None: {},
    }
    return {
        group.name: {
            Topic.MEMBERS: join_sorted_names(group.nodes),
            **switches[group.ha_enabled],
        }
        for group in facts.groups
    }


def compare_attributes(
    about: str,
    before: Mapping[str, str],
    after: Mapping[str, str],
    *,
    report_newly_unknown: bool = True,
    report_newly_known: bool = True,
) -> Iterator[Difference]:
    """Yield what changed, what is no longer known, and what is known only now.

    Where a whole node became unreadable, or readable again, the last two are not reported.
    """
    for key in sorted(before.keys() | after.keys()):
        topic = key if isinstance(key, Topic) else Topic.OTHER
        was, now = before.get(key), after.get(key)
        if was is not None and now is not None:
            if was != now:
                text = f"{key} was {was}, is {now}."
                yield Difference(DifferenceCategory.UNEXPECTED, about, text, topic=topic)
        elif was is not None and report_newly_unknown:
            text = f"{key} was {was}, and is unknown now."
            yield Difference(DifferenceCategory.NEWLY_UNKNOWN, about, text, topic=topic)
        elif now is not None and report_newly_known:
            text = f"{key} was unknown, is {now}."
            yield Difference(DifferenceCategory.NEWLY_KNOWN, about, text, topic=topic)
