"""A CUCM publisher that cannot be reached, and the subscribers that are asked in its place."""

import json
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from auditor.collect.clients import build_endpoint
from auditor.config.loader import load_configuration
from auditor.credentials import Credentials, Secret
from auditor.models.coverage import Outcome, Source
from auditor.models.findings import Verdict
from auditor.report.sentences import render_sentence, render_sentences
from auditor.setup.doctor.checks import try_login
from auditor.soap.network import LiveNetwork
from tests.lab import CUCM, PAIR, PUB, SUB, Lab, coverage, finding

Start = Callable[..., Lab]

DEAD, DEAD_TOO = "cucm-dead.lab.test", "cucm-dead2.lab.test"
REFUSED_PORTS = {DEAD: "127.0.0.1:1", DEAD_TOO: "127.0.0.1:2"}


def stand_in(publisher: str, *subscribers: str) -> Callable[[str], str]:
    """Return the edit that puts these names in the place of the simulated CUCM publisher."""

    def edit(text: str) -> str:
        key = f'cucm_publisher = "{CUCM}"'
        listed = json.dumps(list(subscribers))
        text = text.replace(key, f'cucm_publisher = "{publisher}"\ncucm_subscribers = {listed}')
        places = "".join(
            f'"{name}" = "{REFUSED_PORTS[name]}"\n'
            for name in (publisher, *subscribers)
            if name in REFUSED_PORTS
        )
        return text.replace("[cluster.addresses]\n", f"[cluster.addresses]\n{places}")

    return edit


def test_a_subscriber_lists_the_nodes_while_the_publisher_is_down(lab: Start) -> None:
    running = lab(PAIR)
    running.edit = stand_in(DEAD, DEAD_TOO, CUCM)
    cluster = running.cluster()
    assert [node.name for node in cluster.nodes] == [PUB, SUB]
    assert finding(cluster, "HA-01", "Default").verdict is Verdict.PASS
    entries = [entry for entry in cluster.coverage if entry.source is Source.CUCM_AXL]
    assert [(entry.node, entry.outcome) for entry in entries] == [
        (DEAD, Outcome.FAILED),
        (DEAD_TOO, Outcome.FAILED),
        (CUCM, Outcome.COLLECTED),
    ]
    assert "No connection to cucm-dead.lab.test at 127.0.0.1:1: refused" in entries[0].detail
    # The publisher's own name stays that of the cluster: the history recognises it by that.
    assert cluster.cucm_publisher == DEAD
    assert cluster.status == "incomplete"
    assert any(f"{CUCM} answered in place of" in notice for notice in cluster.notices)


def test_the_version_of_a_subscriber_is_not_taken_for_the_publishers(lab: Start) -> None:
    """The publisher switches first: half of CUCM may run what IM and Presence runs."""
    running = lab(PAIR)
    running.edit = stand_in(DEAD, CUCM)
    cluster = running.cluster()
    found = finding(cluster, "REL-03", "pair")
    assert (found.verdict, cluster.cucm_release) == (Verdict.UNKNOWN, None)
    assert render_sentence(found.because).startswith(f"AXL of {DEAD} gave no answer")
    assert "AXL of the CUCM publisher" in render_sentences(found.remedy)
    assert (CUCM, "getCCMVersion") not in running.asked()


@pytest.mark.parametrize("fault", ["http-403", "http-500"])
def test_nodes_stay_listed_where_cucm_refuses_its_version(lab: Start, fault: str) -> None:
    """The list is whole, whatever the publisher answers later, and so is kept in the history."""
    refused = {"fault": fault, "operation": "getCCMVersion", "node": CUCM}
    running = lab({**PAIR, "fault": [refused]})
    running.edit = stand_in(CUCM, DEAD)
    cluster = running.cluster()
    assert coverage(cluster, CUCM, Source.CUCM_AXL).outcome is Outcome.FAILED
    assert cluster.are_nodes_listed
    assert {entry.node for entry in cluster.coverage if entry.source is Source.CUCM_AXL} == {CUCM}


def test_what_the_server_in_place_of_the_publisher_refuses_is_told(lab: Start) -> None:
    """It made good the publisher's failure, and not its own."""
    refused = {"fault": "soap-fault", "operation": "listPresenceRedundancyGroup", "node": CUCM}
    running = lab({**PAIR, "fault": [refused]})
    running.edit = stand_in(DEAD, CUCM)
    (check,) = json.loads(running.run("failover-check", "-o", "json").stdout)["clusters"]
    assert check["cucm_stand_in"] == CUCM
    (unreached,) = check["unreached_cucm"]
    assert DEAD in unreached
    (gap,) = check["gaps"]
    assert f"AXL of {CUCM} answered with a SOAP fault" in gap
    assert DEAD not in gap


def test_the_failover_check_knows_as_much_as_with_the_publisher(lab: Start) -> None:
    running = lab({**PAIR, "deployment": {"intercluster": False}})
    running.edit = stand_in(DEAD, CUCM)
    result = running.run("failover-check")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("Normal: ")
    text = " ".join(result.stdout.split())
    reason = f"No connection to {DEAD} at 127.0.0.1:1: refused."
    notice = f"{CUCM} answered in place of the CUCM publisher, which could not be reached."
    assert f"{notice} {reason}" in text
    assert text.count(reason) == 1


def test_a_subscriber_is_not_asked_while_the_publisher_answers(lab: Start) -> None:
    running = lab(PAIR)
    running.edit = stand_in(CUCM, DEAD)
    cluster = running.cluster()
    assert coverage(cluster, CUCM, Source.CUCM_AXL).outcome is Outcome.COLLECTED
    assert {entry.node for entry in cluster.coverage if entry.source is Source.CUCM_AXL} == {CUCM}
    assert cluster.status == "compliant"


@pytest.mark.parametrize("fault", ["http-500", "http-503", "self-signed-certificate"])
def test_a_publisher_that_gives_no_reply_is_replaced(lab: Start, fault: str) -> None:
    """The server that fails here is the simulated one, so the next one is the dead one."""
    running = lab({**PAIR, "fault": [{"fault": fault, "node": CUCM}]})
    running.edit = stand_in(CUCM, DEAD)
    cluster = running.cluster()
    assert coverage(cluster, DEAD, Source.CUCM_AXL).reason == "unreachable"


@pytest.mark.parametrize("both", [False, True])
def test_a_publisher_that_is_lost_between_nodes_and_groups_is_replaced(
    lab: Start, both: bool
) -> None:
    """And its list of nodes stays where no other server has the groups either."""
    other = "cucm-sub.lab.test"
    operation = "listPresenceRedundancyGroup"
    fault = {"fault": "http-500", "operation": operation, "node": "*" if both else CUCM}
    cluster = {"name": "pair", "cucm_subscribers": [other]}
    report = lab({**PAIR, "cluster": cluster, "fault": [fault]}).cluster()
    assert [node.name for node in report.nodes] == [PUB, SUB]
    assert coverage(report, CUCM, Source.CUCM_AXL).outcome is Outcome.FAILED
    known = finding(report, "HA-02", PUB).verdict is Verdict.PASS
    assert known is not both


def test_a_node_that_only_the_publisher_listed_does_not_go_unnoticed(lab: Start) -> None:
    """The publisher is lost after its list of nodes; the next server lists one node less."""
    other = "cucm-sub.lab.test"
    faults = [
        {"fault": "http-500", "operation": "listPresenceRedundancyGroup", "node": CUCM},
        {"fault": "missing-row", "operation": "listProcessNode", "node": other, "row": SUB},
    ]
    alone = {**PAIR, "group": [{"name": "Default", "nodes": [PUB]}]}
    cluster = {"name": "pair", "cucm_subscribers": [other]}
    report = lab({**alone, "cluster": cluster, "fault": faults, "node": [{"name": SUB}]}).cluster()
    assert [node.name for node in report.nodes] == [PUB]
    gap = coverage(report, other, Source.CUCM_AXL)
    assert gap.reason == "bad_reply"
    assert f"does not list {SUB}" in gap.detail
    assert not report.are_nodes_listed
    assert finding(report, "REL-02", "pair").verdict is Verdict.UNKNOWN


@pytest.mark.parametrize("fault", ["http-401", "http-403", "http-404"])
def test_a_publisher_that_answers_is_not_replaced(lab: Start, fault: str) -> None:
    """After a refused password least of all: each server would count it towards a lock."""
    running = lab({**PAIR, "fault": [{"fault": fault, "node": CUCM}]})
    running.edit = stand_in(CUCM, DEAD)
    cluster = running.cluster()
    assert {entry.node for entry in cluster.coverage if entry.source is Source.CUCM_AXL} == {CUCM}


def test_a_subscriber_that_refuses_the_password_ends_the_survey(lab: Start) -> None:
    running = lab({**PAIR, "fault": [{"fault": "http-401", "node": CUCM}]})
    running.edit = stand_in(DEAD, CUCM, DEAD_TOO)
    cluster = running.cluster()
    asked = {entry.node for entry in cluster.coverage if entry.source is Source.CUCM_AXL}
    assert asked == {DEAD, CUCM}
    assert {name for name, _ in running.asked()} == {CUCM}


def test_the_check_up_looks_at_every_cucm_server(lab: Start) -> None:
    running = lab(PAIR)
    running.edit = stand_in(DEAD, CUCM)
    result = running.run("doctor", "-o", "json")
    servers: list[dict[str, Any]] = json.loads(result.stdout)["clusters"][0]["servers"]
    assert [server["name"] for server in servers] == [DEAD, CUCM, PUB, SUB]
    assert [server["kind"] for server in servers[:2]] == ["CUCM publisher", "CUCM subscriber"]
    outcomes = [{step["outcome"] for step in server["steps"]} for server in servers]
    assert outcomes[0] == {"ok", "mend", "skipped"}
    assert outcomes[1:] == [{"ok"}, {"ok"}, {"ok"}]


def test_the_certificate_of_a_subscriber_can_be_pinned(lab: Start) -> None:
    running = lab(PAIR)
    running.edit = stand_in(DEAD, CUCM)
    result = running.run("trust", CUCM, "--yes")
    assert result.exit_code == 0, result.output
    assert f"Recorded for {CUCM}" in result.output


@pytest.mark.parametrize(
    ("servers", "password", "failure"),
    [
        ((DEAD, CUCM), None, None),
        ((DEAD, CUCM, DEAD_TOO), "wrong horse", "refused the user name or password"),
        ((DEAD, DEAD_TOO), None, DEAD),
    ],
)
def test_a_password_is_tried_once_on_the_first_server_that_answers(
    lab: Start, servers: tuple[str, ...], password: str | None, failure: str | None
) -> None:
    running = lab(PAIR)
    running.edit = stand_in(*servers)
    (settings,) = load_configuration(running.config).clusters
    login = Credentials(running.simulator.username, Secret(password or running.simulator.password))
    with closing(LiveNetwork()) as network:
        error = try_login(settings, login, network)
    assert (failure is None) is (error is None)
    assert failure is None or failure in str(error)
    refusals = [request.status for request in running.simulator.requests if request.status == 401]
    assert len(refusals) == (password is not None)


def test_a_server_of_cucm_is_told_from_the_others_and_from_the_nodes(lab: Start) -> None:
    """A certificate that names one of the others is that of the wrong server."""
    running = lab(PAIR)
    running.edit = stand_in(DEAD, CUCM)
    (settings,) = load_configuration(running.config).clusters
    place = build_endpoint(settings, CUCM, settings.cucm_publisher, [PUB, SUB])
    assert place.other_names == {DEAD, PUB, SUB}
