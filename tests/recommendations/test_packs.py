"""The built-in packs: they load, they fit together, and a mistake in one is refused."""

from importlib.resources import files

import pytest
from pydantic import ValidationError

from auditor.errors import ConfigError
from auditor.models.deployment import DEPLOYMENT_KEYS
from auditor.models.findings import FindingKind, SubjectKind
from auditor.recommendations.pack_names import BUILT_IN_PACKS
from auditor.recommendations.packs import Recommendation, load_packs, parse_pack
from auditor.recommendations.vocabulary import Condition, Expectation, JudgingMode, NodeScope
from auditor.service_names import (
    FEATURE_SERVICES,
    FILE_TRANSFER_MANAGER,
    SYNC_AGENT,
    canonical_name,
    is_deployable_service,
    is_service_name,
)

ROWS = load_packs()

GOOD = """
[[recommendation]]
id = "SIP-01"
title = "Cisco SIP Proxy runs"
service = "Cisco SIP Proxy"
expects = "running"
severity = "critical"
consequence = "No presence over SIP."
remedy.not_activated = { page = "Service Activation", action = "tick it" }
remedy.stopped = { page = "Control Center", action = "start it", cli = "utils service start" }
remedy.unstable = { page = "Control Center", action = "restart it" }
source = { document = "A", section = "B", url = "https://example.test/", releases = "15" }
"""


def test_a_good_block_becomes_a_row() -> None:
    (row,) = parse_pack(GOOD, "mine")

    assert (row.id, row.pack, row.service) == ("SIP-01", "mine", "Cisco SIP Proxy")
    assert (row.applies, row.on, row.expects) == (
        Condition.ALWAYS,
        NodeScope.ALL,
        Expectation.RUNNING,
    )
    assert row.routing_nodes


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("severity =", "severety =", "severity"),
        ("severity =", "severety =", "severety"),
        ('"running"', '"runing"', "expects"),
        ('page = "Service Activation"', 'pages = "x"', "remedy.not_activated.pages"),
        ("https://example.test/", "example.test", "source.url"),
        ('section = "B", ', "", "source.section"),
        ('section = "B"', 'section = "B", passage = "C"', "source.passage"),
        ('"SIP-01"', '"sip1"', "id"),
        ("remedy.stopped", "remedy.halted", "remedy.halted.[key]"),
        ("expects =", 'applies = "chats"\nexpects =', "applies"),
        ("expects =", 'releases = { form = "11.0" }\nexpects =', "releases.form"),
        ("expects =", 'releases = { from = "11" }\nexpects =', "releases.from"),
        ("expects =", "unless = 3\nexpects =", "unless"),
    ],
)
def test_a_mistake_is_refused_at_its_block_and_key(old: str, new: str, place: str) -> None:
    with pytest.raises(ValidationError) as caught:
        parse_pack(GOOD + GOOD.replace(old, new), "mine")

    places = {".".join(map(str, error["loc"])) for error in caught.value.errors()}
    assert f"1.{place}" in places
    assert not any(found.startswith("0.") for found in places)


def test_an_unknown_pack_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"There is no pack 'tabel'; the packs are table, guides"):
        load_packs(["tabel"])


def test_the_built_in_packs_load_and_share_no_id() -> None:
    assert [r.pack for r in ROWS] == sorted((r.pack for r in ROWS), key=BUILT_IN_PACKS.index)
    assert len({r.id for r in ROWS}) == len(ROWS)
    assert {r.id for r in load_packs(["table"])} < {r.id for r in ROWS}


def test_the_table_pack_names_every_service_of_the_table() -> None:
    listed = {r.service for r in load_packs(["table"])} - {None}

    assert listed == (FEATURE_SERVICES - {FILE_TRANSFER_MANAGER}) | {SYNC_AGENT}


@pytest.mark.parametrize("pack", BUILT_IN_PACKS)
def test_a_pack_does_not_repeat_the_sentences_of_the_table(pack: str) -> None:
    text = (files("auditor.recommendations") / f"{pack}.toml").read_text("utf-8")

    for sentence in ("Turn on this service", "You turn on", "Cisco recommends that"):
        assert sentence not in text


def test_a_passage_without_a_known_title_is_named_by_its_subject() -> None:
    (row,) = parse_pack(GOOD.replace('section = "B"', 'passage = "the proxy"'), "mine")

    assert row.source.section == "the passage on the proxy"


_SUBJECTS = {
    Expectation.GROUP_ON_ONE_VERSION: SubjectKind.GROUP,
    Expectation.CLUSTER_ON_ONE_VERSION: SubjectKind.CLUSTER,
    Expectation.RELEASE_OF_CUCM: SubjectKind.CLUSTER,
    Expectation.PAIR_HEALTHY: SubjectKind.GROUP,
    Expectation.PROFILE_AGREES: SubjectKind.KEY,
    Expectation.PROFILE_NAMES_EXIST: SubjectKind.KEY,
    Expectation.ABSENT_FEATURE_IS_OFF: SubjectKind.KEY,
    Expectation.CUCM_CERTIFICATE_VALID: SubjectKind.CLUSTER,
    Expectation.CONFIRMED: SubjectKind.CLUSTER,
}

_DRIFT_KINDS = {
    Expectation.RUNNING: {FindingKind.NOT_ACTIVATED, FindingKind.STOPPED, FindingKind.UNSTABLE},
    Expectation.OPTIONAL: set(),
    Expectation.STAYS_UP: {FindingKind.UNSTABLE},
    Expectation.ANSWERS: {FindingKind.NOT_ANSWERING},
    Expectation.PAIR_HEALTHY: {FindingKind.HA_ABNORMAL},
    Expectation.GROUPED: {FindingKind.NOT_GROUPED},
    Expectation.REPLICATION_GOOD: {FindingKind.REPLICATION_BAD},
    Expectation.GROUP_ON_ONE_VERSION: {FindingKind.RELEASE_DIFFERS},
    Expectation.CLUSTER_ON_ONE_VERSION: {FindingKind.RELEASE_DIFFERS},
    Expectation.RELEASE_OF_CUCM: {FindingKind.RELEASE_DIFFERS},
    Expectation.PROFILE_AGREES: {FindingKind.PROFILE_CONFLICT},
    Expectation.PROFILE_NAMES_EXIST: {FindingKind.PROFILE_CONFLICT},
    Expectation.ABSENT_FEATURE_IS_OFF: {FindingKind.PROFILE_CONFLICT},
    Expectation.CERTIFICATE_VALID: {FindingKind.EXPIRING, FindingKind.EXPIRED},
    Expectation.CUCM_CERTIFICATE_VALID: {FindingKind.EXPIRING, FindingKind.EXPIRED},
    Expectation.CONFIRMED: set(),
}


_WITHOUT_SERVICE = {
    Expectation.GROUPED,
    Expectation.REPLICATION_GOOD,
    Expectation.CERTIFICATE_VALID,
}
"""What is expected of a node and not of a service on it."""


def _drift_kinds(row: Recommendation) -> set[FindingKind]:
    if row.network:
        return {FindingKind.STOPPED, FindingKind.UNSTABLE}
    if row.expects is Expectation.NOT_ACTIVATED:
        return {row.kind} if row.kind else set()
    prerequisites = {FindingKind.PREREQUISITE_MISSING, FindingKind.PROFILE_CONFLICT}
    return _DRIFT_KINDS.get(row.expects, prerequisites)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_the_keys_of_a_block_fit_together(row: Recommendation) -> None:
    """Every drift has its remedy, and none is there that can never be needed."""
    assert set(row.remedy) == _drift_kinds(row)
    assert row.subject is _SUBJECTS.get(row.expects, SubjectKind.NODE)
    assert (row.mode is JudgingMode.PRECHECK) is (row.expects is Expectation.CONFIRMED)
    assert bool(row.watches) is (row.expects is Expectation.ABSENT_FEATURE_IS_OFF)
    off = row.expects is Expectation.NOT_ACTIVATED
    assert row.kind in ((FindingKind.MISPLACED, FindingKind.UNNEEDED) if off else (None,))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_a_block_names_services_and_keys_that_exist(row: Recommendation) -> None:
    needs_service = row.subject is SubjectKind.NODE and row.expects not in _WITHOUT_SERVICE
    assert (row.service is not None) is needs_service
    watched = [service for watch in row.watches for service in watch.services]
    for service in (*watched, *([row.service] if row.service else [])):
        assert is_service_name(service)
        assert canonical_name(service) == service
    if row.service:
        assert row.network is (is_deployable_service(row.service) is False)
    assert {watch.key for watch in row.watches} <= set(DEPLOYMENT_KEYS)


def test_a_pack_that_is_named_twice_is_judged_once() -> None:
    """Evidence of an earlier version may name it so."""
    assert load_packs(["table", "table"]) == load_packs(["table"])
