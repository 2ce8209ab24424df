"""Declared HA, databases and peers, compared with what the cluster shows (PROFILE-01)."""

from collections.abc import Callable

import pytest

from auditor.collect.declared import compare_declared_databases, compare_declared_peers
from auditor.models.evidence import Origin
from auditor.models.findings import Verdict
from auditor.models.settings import ExternalDatabase
from auditor.report.sentences import render_sentence, render_sentences
from tests.factories import database
from tests.lab import PAIR, Lab, finding

Start = Callable[..., Lab]


@pytest.mark.parametrize(
    ("declared", "verdict"),
    [
        ("true", Verdict.PASS),
        ("false", Verdict.DRIFT),
        ("[]", Verdict.DRIFT),
        ('["Default"]', Verdict.PASS),
    ],
)
def test_ha_declared_off_and_on_in_the_cluster_is_a_difference(
    lab: Start, declared: str, verdict: Verdict
) -> None:
    running = lab(PAIR)
    running.edit = lambda text: text.replace(
        "high_availability = true", f"high_availability = {declared}"
    )
    result = finding(running.cluster(), "PROFILE-01", "high_availability")
    assert result.verdict is verdict
    if verdict is Verdict.DRIFT:
        assert render_sentence(result.because) == "Default: high availability is on."


def test_ha_declared_on_and_off_in_the_cluster_never_passes(lab: Start) -> None:
    """HA-01 drifts, and there is nothing to compare the key with."""
    off = {**PAIR, "group": [{**PAIR["group"][0], "ha_enabled": False}]}
    running = lab({**off, "config": {"high_availability": True}})
    cluster = running.cluster()
    result = finding(cluster, "PROFILE-01", "high_availability")
    assert result.verdict is Verdict.NOT_APPLICABLE
    assert "HA-01" in render_sentence(result.because)
    assert finding(cluster, "HA-01", "Default").verdict is Verdict.DRIFT


def test_an_unread_ha_switch_leaves_the_key_unknown(lab: Start) -> None:
    running = lab(PAIR)
    fault = {"fault": "http-500", "operation": "listPresenceRedundancyGroup"}
    running.simulator.change({"fault": fault})
    result = finding(running.cluster(), "PROFILE-01", "high_availability")
    assert result.verdict is Verdict.UNKNOWN
    assert render_sentences(result.remedy)


def test_a_declared_database_that_is_not_listed_is_a_difference() -> None:
    listed = (_listed_database("Archive-DB"), _listed_database("x"))
    comparisons = compare_declared_databases((database("archive"), database("chat")), listed)
    assert comparisons["external_database[archive-db]"].agreement == "agrees"
    difference = comparisons["external_database[chat-db]"]
    assert difference.agreement == "differs"
    assert [(piece.origin, render_sentence(piece.statement)) for piece in difference.evidence] == [
        ("discovered", "The cluster lists Archive-DB, x.")
    ]
    empty = compare_declared_databases((database("archive"),), ())
    assert empty["external_database[archive-db]"].agreement == "silent"


def _listed_database(name: str) -> ExternalDatabase:
    return database("compliance", name=name, origin=Origin.DISCOVERED)


@pytest.mark.parametrize(
    ("listed", "compared"),
    [
        (["IMP-B1.example.test"], "agrees"),
        (["imp-b1"], "agrees"),
        (["imp-c1.example.test"], "differs"),
        (["imp-c1.example.test", "imp-b1.example.test"], "agrees"),
        (["10.0.0.7"], "silent"),
        ([], "silent"),
    ],
)
def test_a_declared_peer_that_is_not_listed_is_a_difference_unless_it_may_be_listed(
    listed: list[str], compared: str
) -> None:
    """An address may be that of the declared name, so it proves nothing."""
    comparisons = compare_declared_peers(("imp-b1.example.test",), listed)
    assert comparisons["intercluster_peer[imp-b1.example.test]"].agreement == compared
