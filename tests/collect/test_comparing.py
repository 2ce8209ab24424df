"""What the file declares besides features is held against what the cluster shows (PROFILE-01)."""

from collections.abc import Callable

import pytest

from auditor.cluster import Database
from auditor.collect.comparing import databases, peers
from auditor.facts import Origin
from auditor.findings import Verdict
from tests.factories import database
from tests.lab import Lab, finding

Start = Callable[..., Lab]
PAIR = {
    "cluster": {"name": "lab"},
    "group": [{"name": "Default", "nodes": ["imp1.lab.test", "imp2.lab.test"]}],
}


@pytest.mark.parametrize(
    ("declared", "verdict"),
    [
        ("true", Verdict.PASS),
        ("false", Verdict.DRIFT),
        ("[]", Verdict.DRIFT),
        ('["Default"]', Verdict.PASS),
    ],
)
def test_ha_that_is_declared_off_and_is_on_is_told(
    lab: Start, declared: str, verdict: Verdict
) -> None:
    running = lab(PAIR)
    running.edit = lambda text: text.replace(
        "high_availability = true", f"high_availability = {declared}"
    )
    found = finding(running.cluster(), "PROFILE-01", "high_availability")
    assert found.verdict is verdict
    if verdict is Verdict.DRIFT:
        assert found.because == "Default: high availability is on."


def test_a_database_that_the_cluster_does_not_list_is_told() -> None:
    listed = (_found("Archive-DB"), _found("x"))
    told = databases((database("archive"), database("chat")), listed)
    assert told["external_database[archive-db]"] == ()
    (against,) = told["external_database[chat-db]"]
    assert (against.origin, against.text) == ("discovered", "The cluster lists Archive-DB, x.")
    assert databases((database("archive"),), ()) == {}


def _found(name: str) -> Database:
    return database("compliance", name=name, origin=Origin.DISCOVERED)


@pytest.mark.parametrize(
    ("listed", "compared"),
    [
        (["IMP-B1.example.test"], True),
        (["imp-b1"], True),
        (["imp-c1.example.test"], False),
        (["imp-c1.example.test", "imp-b1.example.test"], True),
        (["10.0.0.7"], None),
        ([], None),
    ],
)
def test_a_peer_that_the_cluster_does_not_list_is_told_where_that_can_be_said(
    listed: list[str], compared: bool | None
) -> None:
    """An address may be the peer's own, so it speaks neither for a name nor against it."""
    told = peers(("imp-b1.example.test",), listed)
    key = "intercluster_peer[imp-b1.example.test]"
    assert (None if key not in told else not told[key]) is compared
