"""Sessions and replication: read where PerfMon has them, and a gap only where a row needs them."""

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime

import pytest

from auditor.audit import survey_clusters
from auditor.collect.perfmon import REPLICATION_OBJECT
from auditor.collect.scope import (
    AUDIT_TOPICS,
    FAILOVER_TOPICS,
    SNAPSHOT_TOPICS,
    WATCH_TOPICS,
    SurveyScope,
    SurveyTopic,
)
from auditor.config.loader import load_configuration
from auditor.credentials import Credentials, Secret
from auditor.models.coverage import Source
from auditor.models.facts import ClusterFacts
from auditor.problems import Problem
from auditor.run import RunContext, RunOptions
from auditor.soap.network import LiveNetwork
from tests.lab import Lab

FIRST, SECOND, THIRD = "imp1.lab.test", "imp2.lab.test", "imp3.lab.test"
PAIRS = {
    "cluster": {"name": "lab"},
    "group": [
        {"name": "Pair", "nodes": [FIRST, SECOND]},
        {"name": "East", "nodes": [THIRD, "imp4.lab.test"]},
    ],
    "node": [{"name": FIRST, "sessions": 4500, "replication": 4}],
}


def survey(lab: Lab, scope: SurveyScope, earlier: ClusterFacts | None = None) -> ClusterFacts:
    """Return the facts of a survey of the lab."""
    configuration = load_configuration(lab.config)
    login = Credentials(lab.simulator.username, Secret(lab.simulator.password))
    with closing(LiveNetwork()) as network:
        (facts,) = survey_clusters(
            configuration.clusters,
            {"lab": login},
            RunOptions((), discover=False, scope=scope),
            RunContext(
                network, 4, "run", lambda: datetime.now(UTC), lambda _cluster, _server: None
            ),
            None if earlier is None else {"lab": earlier},
        )
    return facts


def requests(lab: Lab) -> list[tuple[str, str]]:
    """Return the server and the operation of each request."""
    return [(entry.node, entry.operation) for entry in lab.simulator.requests]


def test_sessions_and_replication_are_read_from_each_node(lab: Callable[..., Lab]) -> None:
    facts = survey(lab(PAIRS), SurveyScope(FAILOVER_TOPICS))
    first, second = facts.nodes[:2]
    assert first.sessions == {"ActiveJsmSessions": 4500, "CmConnectedSockets": 4500}
    assert (first.replication, second.replication) == (4, 2)


def test_a_second_survey_asks_only_its_group_and_topics(
    lab: Callable[..., Lab],
) -> None:
    running = lab(PAIRS)
    first = survey(running, SurveyScope(FAILOVER_TOPICS, groups=frozenset({"pair"})))
    before = requests(running)
    assert {node for node, _ in before} == {"cucm-pub.lab.test", FIRST, SECOND}

    again = survey(running, SurveyScope(WATCH_TOPICS, nodes=frozenset({SECOND})), first)
    assert requests(running)[len(before) :] == [
        (SECOND, "soapGetServiceStatus"),
        (SECOND, "perfmonCollectCounterData"),
    ]
    assert [node.name for node in again.nodes] == [node.name for node in first.nodes]
    assert again.groups == first.groups


@pytest.mark.parametrize("fault", ["soap-fault", "empty-list", "nil-values"])
def test_missing_counters_are_no_gap(lab: Callable[..., Lab], fault: str) -> None:
    running = lab(PAIRS)
    running.simulator.change(
        {"fault": {"fault": fault, "node": FIRST, "interface": "perfmon", "after": 2}}
    )
    facts = survey(running, SurveyScope(SNAPSHOT_TOPICS - {SurveyTopic.DATABASES}))
    node = facts.nodes[0]
    assert (node.sessions, node.ha_state is None) == ({}, False)
    assert facts.gap(FIRST, Source.PERFMON) is None


UNREADABLE = {
    "no object": {"fault": "soap-fault"},
    "no counter": {
        "fault": "missing-row",
        "row": rf"\\{FIRST}\{REPLICATION_OBJECT}(ReplicateCount)\Replicate_State",
    },
    "no number": {"fault": "odd-status", "text": "good"},
}


@pytest.mark.parametrize("fault", UNREADABLE.values(), ids=UNREADABLE)
def test_replication_that_cannot_be_read_is_a_gap_of_an_audit(
    lab: Callable[..., Lab], fault: dict[str, str]
) -> None:
    """A failover check, which does not judge by it, shows it as not read."""
    running = lab(PAIRS)
    running.simulator.change(
        {"fault": {**fault, "node": FIRST, "interface": "perfmon", "after": 1, "times": 1}}
    )
    facts = survey(running, SurveyScope(AUDIT_TOPICS - {SurveyTopic.DATABASES}))
    assert (facts.nodes[0].replication, facts.nodes[1].replication) == (None, 2)
    assert facts.nodes[0].ha_state is not None
    assert facts.gap(FIRST, Source.PERFMON) is not None


@pytest.mark.parametrize(
    "counters",
    [{"Replicate_State": 5}, {"Replicate_State": -1}],
)
def test_a_state_of_replication_that_no_guide_has_is_not_read(
    lab: Callable[..., Lab], counters: dict[str, int]
) -> None:
    entry = {"name": FIRST, "perfmon": {REPLICATION_OBJECT: counters}}
    facts = survey(lab({**PAIRS, "node": [entry]}), SurveyScope(AUDIT_TOPICS))
    gap = facts.gap(FIRST, Source.PERFMON)
    assert facts.nodes[0].replication is None
    assert gap is not None
    assert "which is not a documented state" in gap.detail


def test_a_node_without_others_is_not_asked_for_replication(lab: Callable[..., Lab]) -> None:
    alone = {"cluster": {"name": "lab"}, "group": [{"name": "One", "nodes": [FIRST]}]}
    running = lab(alone)
    survey(running, SurveyScope(AUDIT_TOPICS))
    assert requests(running).count((FIRST, "perfmonCollectCounterData")) == 1


@pytest.mark.parametrize("topics", [AUDIT_TOPICS, SNAPSHOT_TOPICS, FAILOVER_TOPICS])
def test_no_node_is_sent_more_than_seven_requests(
    lab: Callable[..., Lab], topics: frozenset[SurveyTopic]
) -> None:
    """Also where services move, and are read twice."""
    moving = {"name": SECOND, "starting": ["Cisco SIP Proxy"]}
    running = lab({**PAIRS, "node": [moving]})
    facts = survey(running, SurveyScope(topics))
    asked = [node for node, _ in requests(running)]
    assert {node: asked.count(node) <= 7 for node in asked if node != "cucm-pub.lab.test"} == {
        node.name: True for node in facts.nodes
    }
    assert facts.nodes[1].replication == 2
    assert facts.nodes[1].sessions.keys() >= (
        {"ActiveJsmSessions"} if SurveyTopic.SESSIONS in topics else set()
    )


def test_a_perfmon_that_does_not_answer_is_asked_once(lab: Callable[..., Lab]) -> None:
    running = lab(PAIRS)
    running.simulator.change(
        {"fault": {"fault": "http-404", "node": FIRST, "interface": "perfmon"}}
    )
    facts = survey(running, SurveyScope(FAILOVER_TOPICS))
    counted = requests(running).count((FIRST, "perfmonCollectCounterData"))
    assert counted == 1
    gap = facts.gap(FIRST, Source.PERFMON)
    assert gap is not None
    assert gap.requests == 1


def test_a_counter_of_another_node_discards_the_readings(lab: Callable[..., Lab]) -> None:
    running = lab(PAIRS)
    running.simulator.change(
        {"fault": {"fault": "other-node", "node": FIRST, "interface": "perfmon", "after": 1}}
    )
    facts = survey(running, SurveyScope(FAILOVER_TOPICS))
    assert (facts.nodes[0].identity, facts.nodes[0].sessions) == ("contradicted", {})


def test_a_node_that_hung_is_given_less_time_at_the_next_reading(lab: Callable[..., Lab]) -> None:
    """A wait goes on reading the others, and takes the node up again once it answers."""
    running = lab(PAIRS)
    running.defaults = {**running.defaults, "timeout_s": 1}
    running.simulator.change({"fault": {"fault": "hang", "node": FIRST}})
    scope = SurveyScope(WATCH_TOPICS, nodes=frozenset({FIRST}), hurries=True)
    hung = survey(running, scope)
    again = survey(running, scope, hung)
    running.simulator.change({"clear": {}})
    back = survey(running, scope, again)
    problems = []
    for facts in (hung, again):
        gap = facts.gap(FIRST, Source.CONTROL_CENTER)
        assert gap is not None
        assert gap.failure is not None
        problems.append(gap.failure.problem)
    assert problems == [Problem.DEADLINE_PASSED, Problem.SHARE_PASSED]
    assert back.gap(FIRST, Source.CONTROL_CENTER) is None
    assert back.nodes[0].services
