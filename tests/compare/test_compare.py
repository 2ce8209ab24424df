"""Two snapshots side by side: every kind of change is filed where its reader looks."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from auditor.change.diff.compare import compare_clusters
from auditor.change.diff.model import (
    ChangeExpectation,
    ComparedCluster,
    ComparedFinding,
    ComparedNode,
    ComparedService,
    Difference,
    DifferenceCategory,
    ExpectedChange,
    ExpectedFinding,
    ExpectedSetting,
    differences_exit_code,
)
from auditor.change.diff.nodes import TRUE_ON_SOME_NODES
from auditor.models.findings import ExitCode

SIP = "Cisco SIP Proxy"
NIGHT = datetime(2026, 1, 2, 3, 0, tzinfo=UTC)
LATER = NIGHT + timedelta(hours=1)
RUNS = ComparedService(True, "started", 1000)
RUNS_ON = ComparedService(True, "started", 4600)
STOPPED = ComparedService(True, "stopped", None)
OFF = ComparedService(False, "stopped", None)
UNTOLD = ComparedService(None, "unknown", None)
OPEN = ComparedService(None, "stopped", None)
OWN = {SIP: RUNS}
NETWORK = ComparedService(None, "started", 1000, deployable=False)


def cluster(
    service: ComparedService | None,
    at: datetime | None = NIGHT,
    verdict: str | None = None,
    **traits: str,
) -> ComparedCluster:
    """Return a cluster of one node with one service and at most one finding."""
    services = {SIP: service} if service else {}
    found = {}
    if verdict:
        kind = "stopped" if verdict == "drift" else None
        found["f1"] = ComparedFinding("f1", "SIP-01", "n1", verdict, kind, "critical", "Seen.")
    return ComparedCluster("lab", {}, {"n1": ComparedNode("n1", traits, services, at)}, found)


def part(**changed: object) -> ComparedCluster:
    """Return a cluster of one node that runs, with parts changed."""
    return replace(cluster(RUNS), **changed)  # type: ignore[arg-type]  # the tests name real fields


def only(differences: tuple[Difference, ...]) -> Difference:
    """Return the one difference there is."""
    (one,) = differences
    return one


def test_uptime_that_grew_with_the_clock_is_no_change() -> None:
    """Otherwise every comparison would be full of noise."""
    assert compare_clusters(cluster(RUNS), cluster(RUNS_ON, LATER)) == ()


@pytest.mark.parametrize("uptime_s", [10, 999, 4600 - 121, 4600 + 121])
def test_an_uptime_that_fell_or_moved_is_a_restart(uptime_s: int) -> None:
    """Fell, or its start moved by more than two minutes."""
    after = cluster(ComparedService(True, "started", uptime_s), LATER)
    found = only(compare_clusters(cluster(RUNS), after))
    assert (found.sort, found.text) == (
        DifferenceCategory.RESTART,
        "Cisco SIP Proxy was restarted.",
    )


@pytest.mark.parametrize("uptime_s", [4600 - 119, 4600 + 119])
def test_small_shifts_of_a_start_are_no_restart(uptime_s: int) -> None:
    """Clocks and replies are not exact."""
    assert (
        compare_clusters(cluster(RUNS), cluster(ComparedService(True, "started", uptime_s), LATER))
        == ()
    )


def test_a_change_that_nobody_announced_is_unexpected() -> None:
    """And told with both states."""
    found = only(compare_clusters(cluster(RUNS), cluster(STOPPED)))
    assert found == Difference(
        DifferenceCategory.UNEXPECTED, "n1", "Cisco SIP Proxy was started, is stopped."
    )


def test_an_announced_change_is_expected() -> None:
    """Node names match whatever their case."""
    announced = ChangeExpectation((ExpectedChange("N1", SIP, activated=True),))
    assert (
        only(compare_clusters(cluster(OFF), cluster(RUNS), announced)).sort
        is DifferenceCategory.EXPECTED
    )


def test_an_announced_activation_that_does_not_run_is_not_done() -> None:
    """It is activated as announced; what is left to do is told, and nothing else."""
    announced = ChangeExpectation((ExpectedChange("n1", SIP, activated=True),))
    found = only(compare_clusters(cluster(OFF), cluster(STOPPED), announced))
    assert found.sort is DifferenceCategory.MISSING
    assert "was to be activated and running, and is activated, but stopped" in found.text


def test_the_opposite_of_what_was_announced_is_told_twice() -> None:
    """Turned off where it was to be turned on: nobody announced that."""
    announced = ChangeExpectation((ExpectedChange("n1", SIP, activated=True),))
    sorts = [d.sort for d in compare_clusters(cluster(STOPPED), cluster(OFF), announced)]
    assert sorts == [DifferenceCategory.UNEXPECTED, DifferenceCategory.MISSING]


def test_an_announced_change_that_did_not_happen_is_missing() -> None:
    """A change window that did nothing is no success."""
    announced = ChangeExpectation((ExpectedChange("n1", SIP, activated=False),))
    found = only(compare_clusters(cluster(RUNS), cluster(RUNS_ON, LATER), announced))
    assert found.sort is DifferenceCategory.MISSING
    assert "was to be not activated, and is started" in found.text


def test_a_restart_of_an_announced_service_is_expected() -> None:
    """Activating it anew may well restart it."""
    announced = ChangeExpectation((ExpectedChange("n1", SIP, activated=True),))
    after = cluster(ComparedService(True, "started", 5), LATER)
    assert (
        only(compare_clusters(cluster(RUNS), after, announced)).sort is DifferenceCategory.EXPECTED
    )


@pytest.mark.parametrize(
    ("was", "now", "sort"),
    [
        ("pass", "drift", DifferenceCategory.NEW),
        (None, "drift", DifferenceCategory.NEW),
        ("unknown", "drift", DifferenceCategory.NEW),
        ("drift", "drift", DifferenceCategory.PERSISTING),
        ("drift", "pass", DifferenceCategory.FIXED),
        ("drift", "explained", DifferenceCategory.FIXED),
        ("drift", "unknown", DifferenceCategory.UNAUDITABLE),
        ("pass", "unknown", DifferenceCategory.UNAUDITABLE),
        ("drift", None, DifferenceCategory.UNAUDITABLE),
        ("pass", None, DifferenceCategory.UNAUDITABLE),
        ("pass", "pass", None),
        ("unknown", "pass", None),
        ("unknown", "unknown", None),
    ],
)
def test_findings_are_filed_by_what_they_were(
    was: str | None, now: str | None, sort: DifferenceCategory | None
) -> None:
    """A finding that became unknown is never fixed."""
    found = compare_clusters(cluster(RUNS, verdict=was), cluster(RUNS, verdict=now))
    assert [d.sort for d in found] == ([sort] if sort else [])


@pytest.mark.parametrize(
    ("was", "sort"),
    [
        ("pass", DifferenceCategory.EXPECTED),
        ("unknown", DifferenceCategory.EXPECTED),
        ("drift", "persisting"),
    ],
)
def test_drift_that_a_waiver_accepts_is_expected_and_never_fixed(
    was: str, sort: DifferenceCategory
) -> None:
    """Somebody accepted it, and it is still there."""
    drift = cluster(RUNS, verdict="drift").findings["f1"]
    after = replace(cluster(RUNS), findings={"f1": replace(drift, waived=True)})
    found = only(compare_clusters(cluster(RUNS, verdict=was), after))
    assert (found.sort, found.text) == (sort, "SIP-01 [critical]: drift (stopped), waived. Seen.")


def test_drift_whose_waiver_ended_is_the_same_drift() -> None:
    """Nothing changed in the cluster."""
    drift = cluster(RUNS, verdict="drift").findings["f1"]
    before = replace(cluster(RUNS), findings={"f1": replace(drift, waived=True)})
    assert (
        only(compare_clusters(before, cluster(RUNS, verdict="drift"))).sort
        is DifferenceCategory.PERSISTING
    )


def test_drift_that_the_precheck_announced_is_expected() -> None:
    """It is known by its fingerprint."""
    announced = ChangeExpectation(drift=frozenset({"f1"}))
    found = compare_clusters(
        cluster(RUNS, verdict="pass"), cluster(RUNS, verdict="drift"), announced
    )
    assert only(found).sort is DifferenceCategory.EXPECTED


@pytest.mark.parametrize(
    ("before", "after", "sort"),
    [
        (cluster(RUNS), cluster(None), DifferenceCategory.UNAUDITABLE),
        (cluster(RUNS), cluster(UNTOLD), DifferenceCategory.UNAUDITABLE),
        (cluster(OFF), cluster(OPEN), DifferenceCategory.UNAUDITABLE),
        (cluster(STOPPED), cluster(OPEN), DifferenceCategory.UNAUDITABLE),
        (cluster(RUNS, ha_state="normal"), cluster(RUNS), DifferenceCategory.UNAUDITABLE),
        (cluster(RUNS, verdict="pass"), cluster(RUNS), DifferenceCategory.UNAUDITABLE),
        (cluster(RUNS, verdict="drift"), cluster(RUNS), DifferenceCategory.UNAUDITABLE),
        (
            cluster(RUNS, ha_state="normal"),
            cluster(RUNS, ha_state="idle"),
            DifferenceCategory.UNEXPECTED,
        ),
        (cluster(RUNS, release="14"), cluster(RUNS, release="15"), DifferenceCategory.UNEXPECTED),
    ],
)
def test_what_can_no_longer_be_told_is_told(
    before: ComparedCluster, after: ComparedCluster, sort: DifferenceCategory
) -> None:
    """A source that fell silent is no unchanged cluster."""
    assert only(compare_clusters(before, after)).sort is sort


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        (cluster(UNTOLD), cluster(RUNS), "Cisco SIP Proxy was unknown, is started."),
        (
            cluster(OPEN),
            cluster(OFF),
            "Whether Cisco SIP Proxy was activated was not known; it is not now.",
        ),
        (
            cluster(OPEN),
            cluster(STOPPED),
            "Whether Cisco SIP Proxy was activated was not known; it is now.",
        ),
        (cluster(RUNS), cluster(RUNS, release="15"), "release was not known, is 15."),
        (
            part(nodes={"n1": replace(cluster(RUNS).nodes["n1"], services={"Another": RUNS})}),
            part(
                nodes={"n1": replace(cluster(RUNS).nodes["n1"], services={"Another": RUNS} | OWN)}
            ),
            "Cisco SIP Proxy has a row now and had none before.",
        ),
    ],
)
def test_what_is_known_only_now_is_no_change(
    before: ComparedCluster, after: ComparedCluster, text: str
) -> None:
    """Nobody knows what it was."""
    found = only(compare_clusters(before, after))
    assert (found.sort, found.text) == (DifferenceCategory.READABLE, text)


def test_a_change_on_the_axis_that_both_know_is_a_change() -> None:
    """Whatever is open of the other one."""
    assert (
        only(compare_clusters(cluster(RUNS), cluster(OPEN))).sort is DifferenceCategory.UNEXPECTED
    )
    assert (
        only(compare_clusters(cluster(OPEN), cluster(RUNS))).sort is DifferenceCategory.UNEXPECTED
    )


@pytest.mark.parametrize("other", [RUNS, ComparedService(None, "started", 1000)])
def test_a_list_that_was_not_read_makes_no_network_service_another(other: ComparedService) -> None:
    """It cannot be activated, so nothing of it became known or unknown."""
    assert compare_clusters(cluster(NETWORK), cluster(other)) == ()
    assert compare_clusters(cluster(other), cluster(NETWORK)) == ()


def test_a_network_service_that_was_restarted_is_told() -> None:
    """Also where the list was not read before."""
    after = cluster(replace(NETWORK, uptime_s=5), LATER)
    assert only(compare_clusters(cluster(RUNS), after)).sort is DifferenceCategory.RESTART


@pytest.mark.parametrize(
    ("activated", "after", "text"),
    [
        (False, OPEN, "was to be not activated, and is stopped, as far as is known."),
        (False, UNTOLD, "was to be not activated, and is unknown, as far as is known."),
        (True, UNTOLD, "was to be activated and running, and is unknown, as far as is known."),
    ],
)
def test_what_was_announced_and_cannot_be_told_is_not_called_undone(
    activated: bool, after: ComparedService, text: str
) -> None:
    """It may be as announced; nobody knows that it is not."""
    announced = ChangeExpectation((ExpectedChange("n1", SIP, activated=activated),))
    found = compare_clusters(cluster(UNTOLD), cluster(after), announced)
    assert Difference(DifferenceCategory.UNAUDITABLE, "n1", f"{SIP} {text}") in found
    assert differences_exit_code(found) is ExitCode.INCOMPLETE


def test_an_announced_activation_that_is_stopped_is_undone_whatever_is_open() -> None:
    """It was to run, and it does not."""
    announced = ChangeExpectation((ExpectedChange("n1", SIP, activated=True),))
    sorts = [d.sort for d in compare_clusters(cluster(RUNS), cluster(OPEN), announced)]
    assert sorts == [DifferenceCategory.MISSING]


def test_what_was_announced_is_expected_whatever_was_known_before() -> None:
    """The file says that it is to be so, and it is."""
    announced = ChangeExpectation((ExpectedChange("n1", SIP, activated=False),))
    assert (
        only(compare_clusters(cluster(OPEN), cluster(OFF), announced)).sort
        is DifferenceCategory.EXPECTED
    )


def test_nodes_that_came_or_went_are_unexpected() -> None:
    """Both ways."""
    empty = ComparedCluster("lab", {}, {}, {})
    assert "no longer" in only(compare_clusters(cluster(RUNS), empty)).text
    assert "new" in only(compare_clusters(empty, cluster(RUNS))).text


def test_nodes_that_nobody_listed_are_not_gone() -> None:
    """A CUCM that refused the password says nothing of its nodes."""
    blind = ComparedCluster("lab", {}, {}, {}, complete=False)
    assert only(compare_clusters(cluster(RUNS), blind)).sort is DifferenceCategory.UNAUDITABLE
    assert only(compare_clusters(blind, cluster(RUNS))).sort is DifferenceCategory.UNSEEN


@pytest.mark.parametrize(
    ("sorts", "code"),
    [
        ([], ExitCode.COMPLIANT),
        (
            [DifferenceCategory.EXPECTED, DifferenceCategory.FIXED, DifferenceCategory.PERSISTING],
            ExitCode.COMPLIANT,
        ),
        ([DifferenceCategory.UNAUDITABLE], ExitCode.INCOMPLETE),
        ([DifferenceCategory.UNSEEN, DifferenceCategory.EXPECTED], ExitCode.INCOMPLETE),
        ([DifferenceCategory.FORESEEN], ExitCode.COMPLIANT),
        ([DifferenceCategory.READABLE], ExitCode.COMPLIANT),
        ([DifferenceCategory.READABLE, DifferenceCategory.NEW], ExitCode.DRIFT),
        ([DifferenceCategory.UNAUDITABLE, DifferenceCategory.NEW], ExitCode.DRIFT),
        ([DifferenceCategory.RESTART], ExitCode.DRIFT),
        ([DifferenceCategory.MISSING], ExitCode.DRIFT),
        ([DifferenceCategory.UNEXPECTED], ExitCode.DRIFT),
    ],
)
def test_the_exit_code_of_a_comparison(sorts: list[DifferenceCategory], code: ExitCode) -> None:
    """Three for what nobody announced, four for what fell silent."""
    assert differences_exit_code(Difference(sort, "n1", "") for sort in sorts) is code


PAIR = {"East": {"nodes": "n1, n2", "high availability": "on"}}


@pytest.mark.parametrize(
    ("before", "after", "sort", "text"),
    [
        (
            part(groups=PAIR),
            part(groups={"East": {**PAIR["East"], "high availability": "off"}}),
            DifferenceCategory.UNEXPECTED,
            "high availability was on, is off.",
        ),
        (
            part(groups=PAIR),
            part(groups={"East": {**PAIR["East"], "nodes": "n1"}}),
            DifferenceCategory.UNEXPECTED,
            "nodes was n1, n2, is n1.",
        ),
        (
            part(groups=PAIR),
            part(groups={}),
            DifferenceCategory.UNEXPECTED,
            "The redundancy group is gone.",
        ),
        (
            part(groups={}),
            part(groups=PAIR),
            DifferenceCategory.UNEXPECTED,
            "The redundancy group is new.",
        ),
        (
            part(groups=PAIR),
            part(groups=None),
            DifferenceCategory.UNAUDITABLE,
            "Its redundancy groups were read before and could not be read now.",
        ),
        (
            part(profile={"chat": "true"}),
            part(),
            DifferenceCategory.UNEXPECTED,
            "The profile had chat = true, and has no chat.",
        ),
        (
            part(shown={"permanent_chat": "true"}),
            part(shown={"permanent_chat": "false"}),
            DifferenceCategory.UNEXPECTED,
            "What the cluster shows of permanent_chat was true, is false.",
        ),
        (
            part(shown={"permanent_chat": "true"}),
            part(),
            DifferenceCategory.UNAUDITABLE,
            "What the cluster showed of permanent_chat could not be read now.",
        ),
        (
            part(around={"intercluster peers": "a"}),
            part(around={"intercluster peers": "none"}),
            DifferenceCategory.UNEXPECTED,
            "intercluster peers was a, is none.",
        ),
        (
            part(reached=frozenset({"chatdb"})),
            part(),
            DifferenceCategory.UNAUDITABLE,
            "External database chatdb accepted a connection from here before, and not now.",
        ),
        (
            part(),
            part(gaps={("n1", "perfmon"): "timed out. Raise timeout_s."}),
            DifferenceCategory.UNAUDITABLE,
            "perfmon: timed out. Raise timeout_s.",
        ),
        (
            part(nodes={"n1": replace(cluster(RUNS).nodes["n1"], axl=True)}),
            part(nodes={"n1": replace(cluster(RUNS).nodes["n1"], axl=False)}),
            DifferenceCategory.UNEXPECTED,
            "Its AXL answered, and does not answer now.",
        ),
    ],
)
def test_what_is_around_the_services_is_compared_too(
    before: ComparedCluster, after: ComparedCluster, sort: DifferenceCategory, text: str
) -> None:
    """Otherwise half of what a change can break would be no difference."""
    found = only(compare_clusters(before, after))
    assert (found.sort, found.text) == (sort, text)


@pytest.mark.parametrize(
    ("after", "text"),
    [
        (
            part(shown={"chat": "true", "compliance": "false"}),
            "What the cluster shows of chat, compliance could not be read before.",
        ),
        (part(around={"intercluster peers": "a"}), "intercluster peers was not known, is a."),
        (
            part(nodes={"n1": replace(cluster(RUNS).nodes["n1"], traits={"HA state": "normal"})}),
            "HA state was not known, is normal.",
        ),
    ],
)
def test_what_could_not_be_read_before_is_told_as_such(after: ComparedCluster, text: str) -> None:
    """Nobody knows what it was."""
    found = only(compare_clusters(part(gaps={("n1", "perfmon"): "timed out."}), after))
    assert (found.sort, found.text) == (DifferenceCategory.READABLE, text)


def test_what_was_silent_then_may_be_silent_now() -> None:
    """It is not newly unknown."""
    silent = part(gaps={("n1", "perfmon"): "timed out."})
    assert compare_clusters(silent, silent) == ()


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        (
            cluster(None, None),
            cluster(RUNS),
            "Its services could not be read before, so nothing tells whether they changed.",
        ),
        (
            cluster(None, None),
            cluster(None, None),
            "Its services could be read neither before nor now.",
        ),
        (
            part(groups=None),
            part(groups=PAIR),
            "Its redundancy groups could not be read before, so nothing tells whether they "
            "changed.",
        ),
        (
            part(complete=False),
            part(),
            "CUCM did not list the nodes before, so nothing tells whether any came or went.",
        ),
    ],
)
def test_what_was_silent_before_is_not_said_to_be_unchanged(
    before: ComparedCluster, after: ComparedCluster, text: str
) -> None:
    """Nothing was compared, and that is no all-clear."""
    found = only(compare_clusters(before, after))
    assert (found.sort, found.text) == (DifferenceCategory.UNSEEN, text)


def test_a_planned_node_is_silent_by_right() -> None:
    """It is not installed yet."""
    nodes = {"n1": replace(cluster(None, None).nodes["n1"], planned=True)}
    assert compare_clusters(part(nodes=nodes), part(nodes=nodes)) == ()


def test_a_node_that_falls_silent_is_told_once() -> None:
    """With the reason of each source, and the recommendations that are open."""
    gaps = {("n1", source): "timed out. Try again." for source in ("control-center", "perfmon")}
    before = cluster(RUNS, verdict="pass", ha_state="normal", identity="certificate")
    after = replace(cluster(None, None, "unknown"), gaps=gaps)
    assert [(d.sort, d.about, d.text) for d in compare_clusters(before, after)] == [
        (DifferenceCategory.UNAUDITABLE, "n1", "control-center, perfmon: timed out. Try again."),
        (
            DifferenceCategory.UNAUDITABLE,
            "n1",
            "Its services were read before and could not be read now; no longer judged: SIP-01.",
        ),
    ]


def test_a_node_that_falls_silent_still_changes() -> None:
    """What CUCM tells of it is no less true."""
    found = compare_clusters(
        cluster(RUNS, role="publisher"), cluster(None, None, role="subscriber")
    )
    assert [d.sort for d in found] == [
        DifferenceCategory.UNEXPECTED,
        DifferenceCategory.UNAUDITABLE,
    ]


def test_keys_that_nobody_can_hold_against_the_nodes_are_told_once() -> None:
    """A CUCM that does not list its nodes leaves every name open; the reason comes first."""
    kept = ComparedFinding("f1", "PROFILE-02", "addresses", "pass", None, "low", "Seen.", "key")
    findings = {key: replace(kept, id=key, subject=f"deployment.{key}") for key in ("b", "a")}
    blind = {key: replace(found, verdict="unknown") for key, found in findings.items()}
    after = part(findings=blind, complete=False, gaps={("z-cucm", "cucm-axl"): "credentials."})
    assert [(d.about, d.text) for d in compare_clusters(part(findings=findings), after)] == [
        ("z-cucm", "cucm-axl: credentials."),
        ("lab", "PROFILE-02 can no longer be judged for deployment.a, deployment.b."),
    ]


COMING = ChangeExpectation(
    features=(ExpectedSetting("chat", "false", "true"),),
    foreseen=(
        ExpectedFinding(
            "f1", "drift", "stopped", "A is off on n1 (-1068) and A is off on n2 (-1068)."
        ),
    ),
)


def drifted(observed: str, verdict: str = "drift", chat: str = "false") -> ComparedCluster:
    """Return a cluster with one finding, judged by a profile that has chat as given."""
    found = replace(cluster(RUNS, verdict=verdict).findings["f1"], observed=observed)
    return part(findings={"f1": found}, profile={"chat": chat})


@pytest.mark.parametrize(
    ("after", "sort"),
    [
        (drifted("A is off on n1 (-1068 Service Not Activated)."), DifferenceCategory.FORESEEN),
        (drifted("A is off on n1 and A is off on n2."), DifferenceCategory.FORESEEN),
        (drifted("A is off on n1 and A is off on n3."), DifferenceCategory.NEW),
        (drifted("A is off on n1.", verdict="unknown"), DifferenceCategory.UNAUDITABLE),
    ],
)
def test_only_what_exactly_follows_from_the_old_profile_is_foreseen(
    after: ComparedCluster, sort: DifferenceCategory
) -> None:
    """It says what to set; another node, verdict or service stays what it is."""
    before = part(findings=cluster(RUNS, verdict="pass").findings, profile={"chat": "false"})
    found = only(compare_clusters(before, after, COMING))
    assert found.sort is sort
    told = "The profile still has chat = false; set chat = true."
    assert found.text.endswith(told) is (sort is DifferenceCategory.FORESEEN)


@pytest.mark.parametrize(("chat", "expected"), [("true", True), ('["n9"]', False)])
def test_drift_after_the_profile_followed_is_foreseen_no_more(chat: str, expected: bool) -> None:
    """The profile is no reason any more; and a third value was never tested."""
    before = part(findings=cluster(RUNS, verdict="pass").findings, profile={"chat": "false"})
    found = compare_clusters(before, drifted("A is off on n1.", chat=chat), COMING)
    assert DifferenceCategory.NEW in {d.sort for d in found}
    (profile,) = [d for d in found if "profile" in d.text]
    assert (profile.sort is DifferenceCategory.EXPECTED) is expected


@pytest.mark.parametrize(
    ("shown", "sort"),
    [
        ("true", DifferenceCategory.EXPECTED),
        ("false", DifferenceCategory.UNEXPECTED),
        (TRUE_ON_SOME_NODES, None),
    ],
)
def test_a_feature_that_the_cluster_shows_as_tested_is_expected(
    shown: str, sort: DifferenceCategory | None
) -> None:
    """Also where nobody can see on which nodes it is."""
    before = part(shown={"chat": '["n1"]'})
    found = only(compare_clusters(before, part(shown={"chat": shown}), COMING))
    assert found.sort is (sort or DifferenceCategory.EXPECTED)
