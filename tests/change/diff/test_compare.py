"""Two snapshots side by side: every kind of change is filed where its reader looks."""

from dataclasses import replace

import pytest

from auditor.change.diff.compare import compare_clusters
from auditor.change.diff.expected import (
    NO_EXPECTATION,
    ChangeExpectation,
    ExpectedChange,
    ExpectedFinding,
    ExpectedSetting,
)
from auditor.change.diff.model import ComparedCluster, Difference, differences_exit_code
from auditor.change.diff.model import DifferenceCategory as Category
from auditor.errors import Reason
from auditor.models.coverage import Source
from auditor.models.evidence import Origin
from auditor.models.exit_codes import ExitCode
from auditor.models.facts import ClusterFacts
from auditor.models.findings import (
    FindingKind,
    FindingSubject,
    Severity,
    SubjectKind,
    Verdict,
    Waiver,
)
from auditor.models.forms import Form
from auditor.models.nodes import (
    AxlAvailability,
    AxlProbe,
    Identity,
    NodeFacts,
    Role,
    RunState,
    ServiceState,
)
from auditor.models.settings import Setting
from auditor.models.statements import Statement, join_statements, make_statement
from auditor.snapshots import SnapshotFinding
from tests import factories as make

SIP = "Cisco SIP Proxy"
BEFORE, AFTER = "2026-01-02T03:00:00Z", "2026-01-02T04:00:00Z"


def service(
    activated: bool | None, state: str, uptime_s: int | None = None, *, deployable: bool = True
) -> ServiceState:
    """Return the SIP proxy in a state."""
    return ServiceState(SIP, deployable, activated, RunState(state), uptime_s=uptime_s)


RUNS = service(True, "started", 1000)
RUNS_ON = service(True, "started", 4600)
STOPPED = service(True, "stopped")
OFF = service(False, "stopped")
UNKNOWN = service(None, "unknown")
STOPPED_ONLY = service(None, "stopped")
NETWORK = service(None, "started", 1000, deployable=False)
NORMAL = make.reading("normal")
TIMED_OUT = make.gap("n1", Source.PERFMON, Reason.TIMED_OUT, "Raise timeout_s.")


def finding(verdict: str, id_: str = "f1", statement: Statement | None = None) -> SnapshotFinding:
    """Return a finding on the SIP proxy of the node."""
    kind = FindingKind.STOPPED if verdict == "drift" else None
    subject = FindingSubject(SubjectKind.NODE, "n1")
    return SnapshotFinding(
        id=id_,
        recommendation="SIP-01",
        subject=subject,
        verdict=Verdict(verdict),
        kind=kind,
        severity=Severity.CRITICAL,
        observed="Seen.",
        waiver=None,
        statement=statement,
    )


def waived() -> SnapshotFinding:
    """Return the same finding as drift that a waiver accepts."""
    waiver = Waiver("agreed", "someone", "2027-01-01", Verdict.DRIFT)
    return replace(finding("drift"), verdict=Verdict.WAIVED, waiver=waiver)


def node(state: ServiceState | None, at: str | None = BEFORE, **changes: object) -> NodeFacts:
    """Return a node with at most one service."""
    services = {SIP: state} if state else {}
    base = NodeFacts("n1", "n1", Role.UNKNOWN, services=services, replied_at=at)
    return replace(base, **changes)  # type: ignore[arg-type]  # the tests name real fields


def part(*findings: SnapshotFinding, **changes: object) -> ComparedCluster:
    """Return a cluster of one node that runs, with findings, and with parts changed."""
    base = ClusterFacts("lab", (node(RUNS),), groups_known=True, topology_observed=True)
    facts = replace(base, **changes)  # type: ignore[arg-type]  # the tests name real fields
    return ComparedCluster(facts, {f.id: f for f in findings})


def cluster(
    state: ServiceState | None,
    at: str | None = BEFORE,
    verdict: str | None = None,
    **changes: object,
) -> ComparedCluster:
    """Return a cluster of one node with at most one service and one finding."""
    findings = [finding(verdict)] if verdict else []
    return part(*findings, nodes=(node(state, at, **changes),))


def expecting(*changes: ExpectedChange, **fields: object) -> ChangeExpectation:
    """Return what is expected of the cluster."""
    base = replace(NO_EXPECTATION, cluster="lab", services=changes)
    return replace(base, **fields)  # type: ignore[arg-type]  # the tests name real fields


def only(differences: tuple[Difference, ...]) -> Difference:
    """Return the one difference there is."""
    (difference,) = differences
    return difference


def test_uptime_that_grew_with_the_clock_is_no_change() -> None:
    """Otherwise every comparison would be full of noise."""
    assert compare_clusters(cluster(RUNS), cluster(RUNS_ON, AFTER)) == ()


@pytest.mark.parametrize("uptime_s", [10, 999, 4600 - 121, 4600 + 121])
def test_uptime_that_fell_or_moved_is_a_restart(uptime_s: int) -> None:
    """Fell, or its start moved by more than two minutes."""
    after = cluster(service(True, "started", uptime_s), AFTER)
    difference = only(compare_clusters(cluster(RUNS), after))
    assert (difference.category, difference.text) == (
        Category.RESTARTED,
        "Cisco SIP Proxy was restarted.",
    )


@pytest.mark.parametrize("uptime_s", [4600 - 119, 4600 + 119])
def test_small_shifts_of_a_start_are_no_restart(uptime_s: int) -> None:
    """Clocks and replies are not exact."""
    assert compare_clusters(cluster(RUNS), cluster(service(True, "started", uptime_s), AFTER)) == ()


def test_change_without_expectation_is_unexpected() -> None:
    """It is reported with both states."""
    difference = only(compare_clusters(cluster(RUNS), cluster(STOPPED)))
    assert (difference.category, difference.about, difference.text, difference.service) == (
        Category.UNEXPECTED,
        "n1",
        "Cisco SIP Proxy was started, is stopped.",
        SIP,
    )


def test_expected_change_is_expected() -> None:
    """Node names match whatever their case."""
    expectation = expecting(ExpectedChange("N1", SIP, activated=True))
    assert (
        only(compare_clusters(cluster(OFF), cluster(RUNS), expectation)).category
        is Category.EXPECTED
    )


def test_expected_activation_that_does_not_run_is_not_done() -> None:
    """Only what is left to do is reported."""
    expectation = expecting(ExpectedChange("n1", SIP, activated=True))
    difference = only(compare_clusters(cluster(OFF), cluster(STOPPED), expectation))
    assert difference.category is Category.NOT_DONE
    assert "was to be activated and running, and is activated, but stopped" in difference.text


def test_opposite_of_the_expected_change_is_reported_twice() -> None:
    """It was turned off instead of on, and it was not turned on."""
    expectation = expecting(ExpectedChange("n1", SIP, activated=True))
    categories = [d.category for d in compare_clusters(cluster(STOPPED), cluster(OFF), expectation)]
    assert categories == [Category.UNEXPECTED, Category.NOT_DONE]


def test_expected_change_that_was_not_made_is_not_done() -> None:
    """A change window without the change is no success."""
    expectation = expecting(ExpectedChange("n1", SIP, activated=False))
    difference = only(compare_clusters(cluster(RUNS), cluster(RUNS_ON, AFTER), expectation))
    assert difference.category is Category.NOT_DONE
    assert "was to be not activated, and is started" in difference.text


def test_restart_of_an_expected_service_is_expected() -> None:
    """Activating it anew may well restart it."""
    expectation = expecting(ExpectedChange("n1", SIP, activated=True))
    after = cluster(service(True, "started", 5), AFTER)
    assert only(compare_clusters(cluster(RUNS), after, expectation)).category is Category.EXPECTED


@pytest.mark.parametrize(
    ("was", "now", "category"),
    [
        ("pass", "drift", Category.NEW_DRIFT),
        (None, "drift", Category.NEW_DRIFT),
        ("unknown", "drift", Category.NEW_DRIFT),
        ("drift", "drift", Category.PERSISTING),
        ("drift", "pass", Category.FIXED),
        ("drift", "explained", Category.FIXED),
        ("drift", "unknown", Category.NEWLY_UNKNOWN),
        ("pass", "unknown", Category.NEWLY_UNKNOWN),
        ("drift", None, Category.NEWLY_UNKNOWN),
        ("pass", None, Category.NEWLY_UNKNOWN),
        ("pass", "pass", None),
        ("unknown", "pass", None),
        ("unknown", "unknown", None),
    ],
)
def test_findings_are_categorized_by_both_verdicts(
    was: str | None, now: str | None, category: Category | None
) -> None:
    """A finding that became unknown is never fixed."""
    differences = compare_clusters(cluster(RUNS, verdict=was), cluster(RUNS, verdict=now))
    assert [d.category for d in differences] == ([category] if category else [])


@pytest.mark.parametrize(
    ("was", "category"),
    [
        ("pass", Category.EXPECTED),
        ("unknown", Category.EXPECTED),
        ("drift", "persisting"),
    ],
)
def test_drift_that_a_waiver_accepts_is_expected_and_never_fixed(
    was: str, category: Category
) -> None:
    """The difference is accepted, and still there."""
    after = part(waived())
    difference = only(compare_clusters(cluster(RUNS, verdict=was), after))
    assert (difference.category, difference.text) == (
        category,
        "SIP-01 [critical]: drift (stopped), waived. Seen.",
    )


def test_drift_whose_waiver_ended_is_the_same_drift() -> None:
    """Nothing changed in the cluster."""
    before = part(waived())
    assert (
        only(compare_clusters(before, cluster(RUNS, verdict="drift"))).category
        is Category.PERSISTING
    )


def test_drift_that_the_precheck_expects_is_expected() -> None:
    """It is recognised by its id."""
    expectation = expecting(drift=frozenset({"f1"}))
    differences = compare_clusters(
        cluster(RUNS, verdict="pass"), cluster(RUNS, verdict="drift"), expectation
    )
    assert only(differences).category is Category.EXPECTED


@pytest.mark.parametrize(
    ("before", "after", "category"),
    [
        (cluster(RUNS), cluster(None), Category.NEWLY_UNKNOWN),
        (cluster(RUNS), cluster(UNKNOWN), Category.NEWLY_UNKNOWN),
        (cluster(OFF), cluster(STOPPED_ONLY), Category.NEWLY_UNKNOWN),
        (cluster(STOPPED), cluster(STOPPED_ONLY), Category.NEWLY_UNKNOWN),
        (cluster(RUNS, ha_state=NORMAL), cluster(RUNS), Category.NEWLY_UNKNOWN),
        (cluster(RUNS, verdict="pass"), cluster(RUNS), Category.NEWLY_UNKNOWN),
        (cluster(RUNS, verdict="drift"), cluster(RUNS), Category.NEWLY_UNKNOWN),
        (
            cluster(RUNS, ha_state=NORMAL),
            cluster(RUNS, ha_state=make.reading("idle")),
            Category.UNEXPECTED,
        ),
        (cluster(RUNS, release="14"), cluster(RUNS, release="15"), Category.UNEXPECTED),
    ],
)
def test_newly_unknown_parts_are_reported(
    before: ComparedCluster, after: ComparedCluster, category: Category
) -> None:
    """A source that stopped answering is not an unchanged cluster."""
    assert only(compare_clusters(before, after)).category is category


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        (cluster(UNKNOWN), cluster(RUNS), "Cisco SIP Proxy was unknown, is started."),
        (
            cluster(STOPPED_ONLY),
            cluster(OFF),
            "Whether Cisco SIP Proxy was activated was unknown; it is not now.",
        ),
        (
            cluster(STOPPED_ONLY),
            cluster(STOPPED),
            "Whether Cisco SIP Proxy was activated was unknown; it is now.",
        ),
        (cluster(RUNS), cluster(RUNS, release="15"), "release was unknown, is 15."),
        (
            cluster(None, services={"Another": RUNS}),
            cluster(None, services={"Another": RUNS, SIP: RUNS}),
            "Cisco SIP Proxy is listed now and was not before.",
        ),
    ],
)
def test_newly_known_parts_are_no_change(
    before: ComparedCluster, after: ComparedCluster, text: str
) -> None:
    """What it was before is unknown."""
    difference = only(compare_clusters(before, after))
    assert (difference.category, difference.text) == (Category.NEWLY_KNOWN, text)


def test_change_in_what_both_sides_know_is_a_change() -> None:
    """Whatever is unknown of the rest."""
    assert (
        only(compare_clusters(cluster(RUNS), cluster(STOPPED_ONLY))).category is Category.UNEXPECTED
    )
    assert (
        only(compare_clusters(cluster(STOPPED_ONLY), cluster(RUNS))).category is Category.UNEXPECTED
    )


@pytest.mark.parametrize("other", [RUNS, service(None, "started", 1000)])
def test_unread_service_list_does_not_change_a_network_service(other: ServiceState) -> None:
    """It cannot be activated, so nothing of it became known or unknown."""
    assert compare_clusters(cluster(NETWORK), cluster(other)) == ()
    assert compare_clusters(cluster(other), cluster(NETWORK)) == ()


def test_restarted_network_service_is_reported() -> None:
    """Also where the list was not read before."""
    after = cluster(replace(NETWORK, uptime_s=5), AFTER)
    assert only(compare_clusters(cluster(RUNS), after)).category is Category.RESTARTED


@pytest.mark.parametrize(
    ("activated", "after", "text"),
    [
        (False, STOPPED_ONLY, "was to be not activated, and is stopped, as far as is known."),
        (False, UNKNOWN, "was to be not activated, and is unknown, as far as is known."),
        (True, UNKNOWN, "was to be activated and running, and is unknown, as far as is known."),
    ],
)
def test_expected_change_with_unknown_outcome_is_newly_unknown(
    activated: bool, after: ServiceState, text: str
) -> None:
    """It may have been made."""
    expectation = expecting(ExpectedChange("n1", SIP, activated=activated))
    differences = compare_clusters(cluster(UNKNOWN), cluster(after), expectation)
    assert (Category.NEWLY_UNKNOWN, f"{SIP} {text}") in {(d.category, d.text) for d in differences}
    assert differences_exit_code(differences) is ExitCode.INCOMPLETE


def test_expected_activation_that_is_stopped_is_not_done() -> None:
    """It was to run, and it does not."""
    expectation = expecting(ExpectedChange("n1", SIP, activated=True))
    categories = [
        d.category for d in compare_clusters(cluster(RUNS), cluster(STOPPED_ONLY), expectation)
    ]
    assert categories == [Category.NOT_DONE]


def test_expected_change_is_expected_whatever_was_known_before() -> None:
    """It is as the file says."""
    expectation = expecting(ExpectedChange("n1", SIP, activated=False))
    assert (
        only(compare_clusters(cluster(STOPPED_ONLY), cluster(OFF), expectation)).category
        is Category.EXPECTED
    )


def test_added_and_removed_nodes_are_unexpected() -> None:
    """Both ways."""
    empty = part(nodes=())
    assert "no longer" in only(compare_clusters(cluster(RUNS), empty)).text
    assert "new" in only(compare_clusters(empty, cluster(RUNS))).text


def test_unlisted_nodes_are_not_removed_nodes() -> None:
    """A CUCM that refused the password did not list them."""
    blind = part(nodes=(), topology_observed=False)
    assert only(compare_clusters(cluster(RUNS), blind)).category is Category.NEWLY_UNKNOWN
    assert only(compare_clusters(blind, cluster(RUNS))).category is Category.NOT_COMPARED


@pytest.mark.parametrize(
    ("categories", "code"),
    [
        ([], ExitCode.COMPLIANT),
        (
            [Category.EXPECTED, Category.FIXED, Category.PERSISTING],
            ExitCode.COMPLIANT,
        ),
        ([Category.NEWLY_UNKNOWN], ExitCode.INCOMPLETE),
        ([Category.NOT_COMPARED, Category.EXPECTED], ExitCode.INCOMPLETE),
        ([Category.UNTIL_PROFILE_FOLLOWS], ExitCode.COMPLIANT),
        ([Category.NEWLY_KNOWN], ExitCode.COMPLIANT),
        ([Category.NEWLY_KNOWN, Category.NEW_DRIFT], ExitCode.DRIFT),
        ([Category.NEWLY_UNKNOWN, Category.NEW_DRIFT], ExitCode.DRIFT),
        ([Category.RESTARTED], ExitCode.DRIFT),
        ([Category.NOT_DONE], ExitCode.DRIFT),
        ([Category.UNEXPECTED], ExitCode.DRIFT),
    ],
)
def test_the_exit_code_of_a_comparison(categories: list[Category], code: ExitCode) -> None:
    """3 for unexpected differences, 4 for newly unknown ones."""
    assert differences_exit_code(Difference(category, "n1", "") for category in categories) is code


PAIR = make.group("East", "n1", "n2")


def shows(**values: bool | list[str]) -> dict[str, object]:
    """Return the settings of a cluster that shows some features itself."""
    discovered = {key: (make.setting(value, "discovered"),) for key, value in values.items()}
    return {"settings": discovered}


@pytest.mark.parametrize(
    ("before", "after", "category", "text"),
    [
        (
            part(groups=(PAIR,)),
            part(groups=(replace(PAIR, ha_enabled=False),)),
            Category.UNEXPECTED,
            "high availability was on, is off.",
        ),
        (
            part(groups=(PAIR,)),
            part(groups=(replace(PAIR, nodes=("n1",)),)),
            Category.UNEXPECTED,
            "nodes was n1 and n2, is n1.",
        ),
        (
            part(groups=(PAIR,)),
            part(),
            Category.UNEXPECTED,
            "The redundancy group is gone.",
        ),
        (
            part(),
            part(groups=(PAIR,)),
            Category.UNEXPECTED,
            "The redundancy group is new.",
        ),
        (
            part(groups=(PAIR,)),
            part(groups_known=False),
            Category.NEWLY_UNKNOWN,
            "Its redundancy groups were read before and could not be read now.",
        ),
        (
            part(settings=make.settings(chat=True)),
            part(),
            Category.UNEXPECTED,
            "The profile had chat = true, and has no chat.",
        ),
        (
            part(**shows(permanent_chat=True)),
            part(**shows(permanent_chat=False)),
            Category.UNEXPECTED,
            "What the cluster shows of permanent_chat was true, is false.",
        ),
        (
            part(**shows(permanent_chat=True)),
            part(),
            Category.NEWLY_UNKNOWN,
            "What the cluster showed of permanent_chat could not be read now.",
        ),
        (
            part(**shows(intercluster=True), peers=("a",)),
            part(**shows(intercluster=True)),
            Category.UNEXPECTED,
            "intercluster peers was a, is none.",
        ),
        (
            part(databases=(make.database("permanent_chat", name="chatdb"),)),
            part(databases=(make.database("permanent_chat", "refused", name="chatdb"),)),
            Category.NEWLY_UNKNOWN,
            "External database chatdb accepted a connection from here before, and not now.",
        ),
        (
            part(cucm_release="14.0.1.12900(161)"),
            part(cucm_release="14.0.1.13900(155)"),
            Category.UNEXPECTED,
            "CUCM's release was 14.0.1.12900-161, is 14.0.1.13900-155.",
        ),
        (
            cluster(RUNS, replication=2),
            cluster(RUNS, replication=4),
            Category.UNEXPECTED,
            "database replication was good (2), is setup failed (4).",
        ),
        (
            part(),
            part(coverage=(TIMED_OUT,)),
            Category.NEWLY_UNKNOWN,
            "perfmon: timed out. Raise timeout_s.",
        ),
        (
            cluster(RUNS, axl=AxlProbe(AxlAvailability.ANSWERED, "")),
            cluster(RUNS, axl=AxlProbe(AxlAvailability.NOT_ANSWERING, "")),
            Category.UNEXPECTED,
            "Its AXL answered before and does not answer now.",
        ),
    ],
)
def test_everything_around_the_services_is_compared(
    before: ComparedCluster, after: ComparedCluster, category: Category, text: str
) -> None:
    """Otherwise half of what a change can break would be no difference."""
    difference = only(compare_clusters(before, after))
    assert (difference.category, difference.text) == (category, text)


def test_a_release_of_cucm_that_an_older_snapshot_lacks_is_no_difference() -> None:
    assert not compare_clusters(part(), part(cucm_release="14.0.1.13900(155)"))


@pytest.mark.parametrize(
    ("after", "text"),
    [
        (
            part(**shows(chat=True, compliance=False)),
            "What the cluster shows of chat and compliance could not be read before.",
        ),
        (
            part(databases=(make.database("chat", name="db", origin=Origin.DISCOVERED),)),
            "external database db was unknown, is postgresql for chat on every node.",
        ),
        (
            cluster(RUNS, ha_state=NORMAL),
            "HA state was unknown, is normal.",
        ),
    ],
)
def test_value_that_was_unreadable_before_is_newly_known(after: ComparedCluster, text: str) -> None:
    """What it was before is unknown."""
    difference = only(compare_clusters(part(coverage=(TIMED_OUT,)), after))
    assert (difference.category, difference.text) == (Category.NEWLY_KNOWN, text)


def test_failure_on_both_sides_is_no_difference() -> None:
    """It is not newly unknown."""
    silent = part(coverage=(TIMED_OUT,))
    assert compare_clusters(silent, silent) == ()


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        (
            cluster(None, None),
            cluster(RUNS),
            "Its services could not be read before, so it is unknown whether they changed.",
        ),
        (
            cluster(None, None),
            cluster(None, None),
            "Its services could be read neither before nor now.",
        ),
        (
            part(groups_known=False),
            part(groups=(PAIR,)),
            "Its redundancy groups could not be read before, so it is unknown whether they "
            "changed.",
        ),
        (
            part(topology_observed=False),
            part(),
            "CUCM did not list the nodes before, so it is unknown whether any were added or "
            "removed.",
        ),
    ],
)
def test_unreadable_part_before_is_not_compared(
    before: ComparedCluster, after: ComparedCluster, text: str
) -> None:
    """Nothing was compared, so the exit code is not 0."""
    difference = only(compare_clusters(before, after))
    assert (difference.category, difference.text) == (Category.NOT_COMPARED, text)


def test_planned_node_need_not_be_readable() -> None:
    """It is not installed yet."""
    planned = cluster(None, None, planned=True)
    assert compare_clusters(planned, planned) == ()


def test_node_that_becomes_unreadable_is_reported_once() -> None:
    """With the reason of each source, and the recommendations that are open."""
    before = cluster(RUNS, verdict="pass", ha_state=NORMAL, identity=Identity.CERTIFICATE)
    gaps = [
        make.gap("n1", source, Reason.TIMED_OUT, "Try again.")
        for source in (Source.CONTROL_CENTER, Source.PERFMON)
    ]
    after = part(finding("unknown"), nodes=(node(None, None),), coverage=tuple(gaps))
    assert [(d.category, d.about, d.text) for d in compare_clusters(before, after)] == [
        (Category.NEWLY_UNKNOWN, "n1", "control-center, perfmon: timed out. Try again."),
        (
            Category.NEWLY_UNKNOWN,
            "n1",
            "Its services were read before and could not be read now; no longer judged: SIP-01.",
        ),
    ]


def test_node_that_becomes_unreadable_can_change_its_role() -> None:
    """The role comes from CUCM."""
    differences = compare_clusters(
        cluster(RUNS, role=Role.PUBLISHER), cluster(None, None, role=Role.SUBSCRIBER)
    )
    assert [d.category for d in differences] == [
        Category.UNEXPECTED,
        Category.NEWLY_UNKNOWN,
    ]


def test_keys_that_need_the_node_list_are_reported_once() -> None:
    """Without the list no name can be checked; the reason comes first."""
    gap = make.gap("z-cucm", Source.CUCM_AXL, Reason.CREDENTIALS, "")
    before, after = [
        part(
            *(
                replace(
                    finding(verdict, key),
                    recommendation="PROFILE-02",
                    subject=FindingSubject(SubjectKind.KEY, f"deployment.{key}"),
                )
                for key in ("b", "a")
            ),
            topology_observed=verdict == "pass",
            coverage=() if verdict == "pass" else (gap,),
        )
        for verdict in ("pass", "unknown")
    ]
    assert [(d.about, d.text) for d in compare_clusters(before, after)] == [
        ("z-cucm", "cucm-axl: password refused."),
        ("lab", "PROFILE-02 can no longer be judged for deployment.a and deployment.b."),
    ]


def off(*nodes: str, reason: str = "") -> Statement:
    """Return that service A is off on some nodes."""
    return join_statements(
        make_statement(
            Form.SERVICE_STATE, service="A", node=node, state="not_activated", reason=reason
        )
        for node in nodes
    )


TESTED = expecting(
    features=(ExpectedSetting("chat", "false", "true"),),
    temporary=(
        ExpectedFinding(
            "f1",
            Verdict.DRIFT,
            FindingKind.STOPPED,
            off("n1", "n2", reason="-1068"),
        ),
    ),
)
CHAT_OFF = make.settings(chat=False)


def drifted(
    statement: Statement, verdict: str = "drift", chat: bool | list[str] = False
) -> ComparedCluster:
    """Return a cluster with one finding, judged by a profile with a value of chat."""
    return part(finding(verdict, statement=statement), settings=make.settings(chat=chat))


@pytest.mark.parametrize(
    ("after", "category"),
    [
        (
            drifted(off("n1", reason="-1068 Service Not Activated")),
            Category.UNTIL_PROFILE_FOLLOWS,
        ),
        (drifted(off("n1", "n2")), Category.UNTIL_PROFILE_FOLLOWS),
        (drifted(off("n1", "n3")), Category.NEW_DRIFT),
        (drifted(off("n1"), verdict="unknown"), Category.NEWLY_UNKNOWN),
    ],
)
def test_only_findings_due_to_the_old_profile_are_temporary(
    after: ComparedCluster, category: Category
) -> None:
    """They say what to set; another node, verdict or service keeps its category."""
    before = part(finding("pass"), settings=CHAT_OFF)
    difference = only(compare_clusters(before, after, TESTED))
    assert difference.category is category
    advice = "The profile still has chat = false; set chat = true."
    assert difference.text.endswith(advice) is (category is Category.UNTIL_PROFILE_FOLLOWS)


@pytest.mark.parametrize(("chat", "expected"), [(True, True), (["n9"], False)])
def test_drift_after_the_profile_was_updated_is_new_drift(
    chat: bool | list[str], expected: bool
) -> None:
    """The profile no longer explains it; a third value was never tested."""
    before = part(finding("pass"), settings=CHAT_OFF)
    differences = compare_clusters(before, drifted(off("n1"), chat=chat), TESTED)
    assert Category.NEW_DRIFT in {d.category for d in differences}
    (profile,) = [d for d in differences if "profile" in d.text]
    assert (profile.category is Category.EXPECTED) is expected


@pytest.mark.parametrize(
    ("shown", "category"),
    [
        (make.setting(True, "discovered"), Category.EXPECTED),
        (make.setting(False, "discovered"), Category.UNEXPECTED),
        (
            replace(make.setting(True, "discovered"), placed=False),
            Category.EXPECTED,
        ),
    ],
)
def test_a_feature_that_the_cluster_shows_as_tested_is_expected(
    shown: Setting, category: Category
) -> None:
    """Also where the cluster does not show on which nodes it is."""
    before = part(**shows(chat=["n1"]))
    difference = only(compare_clusters(before, part(settings={"chat": (shown,)}), TESTED))
    assert difference.category is category
