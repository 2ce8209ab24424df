"""Names as people write them: short, in any case, and as the program itself prints them."""

import json
from collections.abc import Callable

import pytest
from typer.testing import CliRunner

from auditor.cli.app import app
from auditor.report.matrix_services import short_service_name
from auditor.service_names import CONTROL_CENTER_SERVICES, find_service, suggest_services
from tests.lab import DRIFTED_PAIR, GROUP, PAIR, PUB, SUB, Lab

Start = Callable[..., Lab]


@pytest.mark.parametrize("service", sorted(CONTROL_CENTER_SERVICES))
def test_a_service_needs_neither_cisco_nor_xcp(service: str) -> None:
    """And is taken as the matrix of a report names it."""
    bare = service.removeprefix("A ").removeprefix("Cisco ").removeprefix("XCP ")
    for typed in (service, bare, f"Cisco {bare}", bare.upper(), f"  {bare.lower()} "):
        assert find_service(typed) == service, typed
    assert find_service(short_service_name(service)) == service


def test_part_of_a_name_is_no_name_and_has_candidates() -> None:
    """Which service is stopped must not hang on a guess."""
    assert find_service("datastore") is None
    assert len(suggest_services("datastore")) == 4
    assert suggest_services("message") == ("Cisco XCP Message Archiver",)


def test_a_change_is_taken_in_short_names(lab: Start) -> None:
    running = lab(PAIR)
    words = ("--restart", "sip PROXY@imp2", "--deactivate", "xcp text conference manager")
    result = running.run("precheck", "PAIR", *words, "--on", "IMP1", "-o", "json")
    assert {(c["service"], c["node"]) for c in json.loads(result.stdout)["changes"]} == {
        ("Cisco SIP Proxy", SUB),
        ("Cisco XCP Text Conference Manager", PUB),
    }


def test_a_feature_is_taken_in_any_case(lab: Start) -> None:
    running = lab(PAIR)
    words = ("--activate", "Message Archiver@imp2", "--feature", "Compliance=IMP2")
    result = running.run("precheck", *words, "-o", "json")
    assert json.loads(result.stdout)["features"] == [
        {"key": "compliance", "was": "false", "tested": f'["{SUB}"]'}
    ]


def test_a_server_is_taken_by_its_first_label(lab: Start) -> None:
    running = lab({**PAIR, "fault": [{"fault": "self-signed-certificate", "node": SUB}]})
    result = running.run("trust", "IMP2", "--yes")
    assert result.exit_code == 0, result.output
    assert f"Recorded for {SUB}" in result.stdout
    assert f'"{SUB}" = ' in running.config.read_text()


def test_a_label_of_several_servers_is_refused_with_their_names(lab: Start) -> None:
    running = lab(PAIR)
    running.edit = lambda text: f'{text}\n[cluster.pins]\n"imp2.south.test" = "{"AB" * 32}"\n'
    result = running.run("trust", "imp2", "--yes")
    assert result.exit_code == 2
    assert f"'imp2' may be {SUB} or imp2.south.test: give the whole name." in result.stderr


@pytest.mark.parametrize("name", [GROUP.upper(), f"{GROUP.lower()} (cluster PAIR)"])
def test_a_group_is_taken_as_a_check_of_several_clusters_shows_it(lab: Start, name: str) -> None:
    result = lab(PAIR).run("failover-check", "--group", name, "-o", "json")
    assert result.exit_code == 0, result.output
    (cluster,) = json.loads(result.stdout)["clusters"]
    assert [group["name"] for group in cluster["groups"]] == [GROUP]


def test_a_group_of_another_cluster_is_not_meant(lab: Start) -> None:
    result = lab(PAIR).run("failover-check", "--group", f"{GROUP} (cluster east)")
    assert result.exit_code == 2


def test_a_recorded_cluster_is_taken_in_any_case(lab: Start) -> None:
    running = lab(DRIFTED_PAIR)
    running.run("audit")
    for words in ((), ("--since", "2020-01-01"), ("-o", "csv"), ("-o", "json")):
        typed = running.run("history", "PAIR", *words)
        assert typed.exit_code == running.run("history", "pair", *words).exit_code
        assert "pair" in typed.output


@pytest.mark.parametrize(
    "words", [["docs", "Failover"], ["examples", "CRON"], ["explain", "axl-02"]]
)
def test_a_page_an_example_and_a_recommendation_are_taken_in_any_case(words: list[str]) -> None:
    assert CliRunner().invoke(app, words).exit_code == 0
