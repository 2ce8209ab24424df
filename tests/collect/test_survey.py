"""In which order the servers of a cluster are asked, and how many at the same time."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event, Lock

import pytest

from auditor.audit import run_guarded
from auditor.collect.clients import SurveyContext
from auditor.collect.node import NodeResult
from auditor.collect.nodes import NodesSurvey
from auditor.collect.survey import ClusterSurvey, run_surveys
from auditor.collect.topology import Topology, declared_topology
from auditor.config.loader import load_configuration
from auditor.config.settings import ClusterSettings
from auditor.credentials import Credentials, Secret
from auditor.errors import BadCredentials, ExchangeError, Reason, Unreachable
from auditor.models.coverage import Coverage, Outcome, Source
from auditor.models.evidence import Origin
from auditor.models.facts import Group
from auditor.models.nodes import NodeFacts
from auditor.problems import Problem
from auditor.soap.network import LiveNetwork

NAMES = ("a", "b", "c", "d", "e")
FILE = """
[[cluster]]
name = "lab"
cucm_publisher = "cucm"
username = "audit"
workers = 2
[[cluster.external_database]]
name = "chat"
host = "127.0.0.1"
port = 1
type = "postgresql"
used_by = ["permanent_chat"]
""" + "".join(f'[[cluster.node]]\nname = "{name}"\nrole = "subscriber"\n' for name in NAMES)
UNREACHABLE = Unreachable(Problem.NO_PROXY_CONNECTION, "a")
REFUSED = BadCredentials(Problem.LOGIN_REFUSED, "cucm")


class Servers:
    """Stands in for the servers; records which are asked, and how many at the same time."""

    def __init__(self) -> None:
        """Let every server answer."""
        self.asked: list[str] = []
        self.beside: list[int] = []
        self.errors: dict[str, Exception] = {}
        self.groups: Event | None = None
        self.listed_after = len(NAMES)
        self.refused: Event | None = None
        self._at_once = 0
        self._lock = Lock()

    def ask(self, name: str) -> None:
        """Take a moment; raise the error of the server, if it has one."""
        with self._lock:
            self.asked.append(name)
            self.beside.append(self._at_once)
            self._at_once += 1
        time.sleep(0.005)
        with self._lock:
            self._at_once -= 1
        if name in self.errors:
            raise self.errors[name]

    def read_topology(
        self,
        _: object,
        settings: ClusterSettings,
        report_nodes: Callable[[tuple[NodeFacts, ...]], None],
    ) -> Topology:
        """Return the five nodes as CUCM would list them, with its groups once `groups` is set."""
        self.ask("cucm")
        topology = declared_topology(settings)
        if self.groups:
            report_nodes(topology.nodes)
            assert self.groups.wait(timeout=60)
            if self.refused:
                return replace(topology, trouble=REFUSED)
            groups = (Group("first", ("a", "b"), True, Origin.OBSERVED),)
            placed = tuple(
                replace(node, redundancy_group="first", group_known=True)
                if node.name in groups[0].nodes
                else node
                for node in topology.nodes
            )
            return replace(topology, nodes=placed, groups=groups)
        return topology

    def collect_node(self, _: object, node: NodeFacts, *__: object, **___: object) -> NodeResult:
        """Return whether the node could be read."""
        if self.groups and len(self.asked) == self.listed_after:
            self.groups.set()
        try:
            self.ask(node.name)
            assert self.refused is None or self.refused.wait(timeout=60)
        except ExchangeError as error:
            entry = Coverage(Source.PERFMON, node.name, Outcome.FAILED, error.reason)
            return NodeResult(node, (entry,), error)
        return NodeResult(node, (Coverage(Source.PERFMON, node.name, Outcome.COLLECTED),))


@pytest.fixture
def servers(monkeypatch: pytest.MonkeyPatch) -> Servers:
    """Put the stand-in in place of requests."""
    stand_in = Servers()
    monkeypatch.setattr("auditor.collect.survey.read_topology", stand_in.read_topology)
    monkeypatch.setattr("auditor.collect.nodes.collect_node", stand_in.collect_node)
    return stand_in


NewSurvey = Callable[[], ClusterSurvey]


@pytest.fixture
def new_survey(tmp_path: Path) -> Iterator[NewSurvey]:
    """Return surveys of a cluster of five nodes, two of which may be asked at the same time."""
    path = tmp_path / "auditor.toml"
    path.write_text(FILE)
    (settings,) = load_configuration(path).clusters
    login = Credentials("audit", Secret("not-a-real-one"))
    with LiveNetwork() as network:
        context = SurveyContext(login, network, run_guarded, lambda _cluster, _server: None)
        yield lambda: ClusterSurvey(settings, context)


def failures(survey: ClusterSurvey) -> dict[str, Reason]:
    """Return why nodes were not read."""
    (facts,) = run_surveys([survey], 8)
    entries = [entry for entry in facts.coverage if entry.source is Source.PERFMON]
    assert [entry.node for entry in entries] == list(NAMES)
    return {entry.node: entry.reason for entry in entries if entry.reason is not None}


def test_nodes_are_asked_side_by_side_once_cucm_took_the_password(
    servers: Servers, new_survey: NewSurvey
) -> None:
    """As many as the cluster may have in flight, and no more."""
    assert failures(new_survey()) == {}
    assert servers.asked[0] == "cucm"
    assert sorted(servers.asked[1:]) == list(NAMES)
    assert max(servers.beside) == 1


def test_nodes_are_asked_while_cucm_still_lists_the_groups(
    servers: Servers, new_survey: NewSurvey
) -> None:
    """All but the last are, and each is in its group at the end."""
    servers.groups = Event()
    (facts,) = run_surveys([new_survey()], 8)
    assert sorted(servers.asked) == sorted([*NAMES, "cucm"])
    assert [node.name for node in facts.nodes if node.redundancy_group == "first"] == ["a", "b"]


def test_a_refusal_of_cucm_stops_nodes_that_are_asked_already(
    servers: Servers, new_survey: NewSurvey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CUCM lists the nodes and refuses the groups: only those under way had the password."""
    servers.groups, servers.listed_after = Event(), 1
    servers.refused = refused = Event()
    note = NodesSurvey.note_cucm_login

    def noted(survey: NodesSurvey, refusal: ExchangeError | None) -> None:
        note(survey, refusal)
        if refusal is not None:
            refused.set()

    monkeypatch.setattr(NodesSurvey, "note_cucm_login", noted)
    (facts,) = run_surveys([new_survey()], 8)
    assert servers.asked[0] == "cucm"
    assert set(servers.asked[1:]) <= {"a", "b"}
    entries = [entry for entry in facts.coverage if entry.source is Source.PERFMON]
    assert {entry.node: entry.reason for entry in entries} == dict.fromkeys(NAMES, Reason.NOT_ASKED)


def test_nodes_are_asked_one_by_one_until_one_took_the_password(
    servers: Servers, new_survey: NewSurvey
) -> None:
    """The test of the database, which ends at once, lets in no second node."""
    servers.errors = dict.fromkeys(("cucm", "a", "b"), UNREACHABLE)
    assert failures(new_survey()) == {"a": Reason.UNREACHABLE, "b": Reason.UNREACHABLE}
    assert servers.asked[:4] == ["cucm", "a", "b", "c"]
    assert servers.beside[:4] == [0, 0, 0, 0]
    assert max(servers.beside[4:]) == 1


def test_no_node_is_asked_after_a_refusal(servers: Servers, new_survey: NewSurvey) -> None:
    servers.errors = {"cucm": UNREACHABLE, "a": UNREACHABLE, "b": REFUSED}
    not_asked = dict.fromkeys(("c", "d", "e"), Reason.NOT_ASKED)
    expected = {"a": Reason.UNREACHABLE, "b": Reason.CREDENTIALS, **not_asked}
    assert failures(new_survey()) == expected
    assert servers.asked == ["cucm", "a", "b"]


def test_a_refusal_after_the_password_was_taken_stops_no_other_node(
    servers: Servers, new_survey: NewSurvey
) -> None:
    servers.errors = {"a": REFUSED}
    assert failures(new_survey()) == {"a": Reason.CREDENTIALS}


def test_hundreds_of_clusters_share_the_workers(servers: Servers, new_survey: NewSurvey) -> None:
    """More clusters than workers, and each gets its facts."""
    facts = run_surveys([new_survey() for _ in range(200)], 3)
    assert [len(cluster.nodes) for cluster in facts] == [len(NAMES)] * 200
    assert len(servers.asked) == 200 * (1 + len(NAMES))
    assert max(servers.beside) == 2


def test_one_worker_is_enough(servers: Servers, new_survey: NewSurvey) -> None:
    """The threads that only wait for requests take no worker away."""
    assert len(run_surveys([new_survey(), new_survey()], 1)) == 2
    assert max(servers.beside) == 0


def test_an_error_outside_the_collectors_ends_the_run(
    servers: Servers, new_survey: NewSurvey
) -> None:
    """It is raised as it is, whatever else is under way."""
    servers.errors = {"a": ZeroDivisionError()}
    with pytest.raises(ZeroDivisionError):
        run_surveys([new_survey(), new_survey()], 2)
