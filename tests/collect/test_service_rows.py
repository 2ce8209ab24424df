"""What a Control Center row means, on the axes of activation and running."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.collect.service_rows import ACTIVATED_CODES, keep_listed_services, merge_service_rows
from auditor.collect.services import apply_axl_activation, has_restarted, unknown_activations
from auditor.models.nodes import RunState, ServiceState
from auditor.soap.records import ProcessNodeService, ServiceRow, ServiceSpecification

SIP = "Cisco SIP Proxy"
SYNC = "Cisco Sync Agent"


def row(
    status: str | None,
    code: int | None = None,
    reason: str | None = None,
    *,
    name: str = SIP,
    uptime_s: int | None = None,
    since: str | None = None,
) -> ServiceRow:
    """Return a row as the SOAP layer hands it on."""
    text = "" if code is None else str(code)
    return ServiceRow(name, status, code, text, reason, since, uptime_s)


def parse(*rows: ServiceRow) -> ServiceState:
    """Return the single state that rows fold into."""
    (state,) = merge_service_rows(rows, ()).values()
    return state


@pytest.mark.parametrize(
    ("service_row", "activated", "state"),
    [
        (row("Started", -1), True, RunState.STARTED),
        (row("Started", None, ""), True, RunState.STARTED),
        (row(" \n started ", -1003), True, RunState.STARTED),
        (row("Stopped", -1068, "Service Not Activated"), False, RunState.STOPPED),
        (row("Stopped", -1068, None), False, RunState.STOPPED),
        (row("Stopped", None, "  service   NOT activated "), False, RunState.STOPPED),
        (row("Stopped", -1069, "Not Activated"), False, RunState.STOPPED),
        (row("Not Activated", None), False, RunState.STOPPED),
        (row("Service  Not\tActivated", -1), False, RunState.STOPPED),
        (row("Stopped", -1069, "Commanded Out of Service"), True, RunState.STOPPED),
        (row("Stopped", -1019, "Component is not running"), True, RunState.STOPPED),
        (row("Stopped", -1, "Successful"), None, RunState.STOPPED),
        (row("Stopped", None, ""), None, RunState.STOPPED),
        (row("Stopped", -1004, "Entry not found"), None, RunState.STOPPED),
        (row("Stopped", -1010, "No such service"), None, RunState.STOPPED),
        (row("Stopped", 7, "an undocumented code"), None, RunState.STOPPED),
        (row("Starting", -1), True, RunState.STARTING),
        (row("Stopping", -1), True, RunState.STOPPING),
        (row("Unknown", -1), None, RunState.UNKNOWN),
        (row(None), None, RunState.UNKNOWN),
        (row("Running", -1), None, RunState.UNKNOWN),
        (row("Started", -1068, "Service Not Activated"), None, RunState.UNKNOWN),
        (row("Starting", -1068), None, RunState.UNKNOWN),
        (row("Started", -1, "Not Activated"), None, RunState.UNKNOWN),
    ],
)
def test_a_row_means_what_the_contract_says(
    service_row: ServiceRow, activated: bool | None, state: RunState
) -> None:
    """Every line of the contract's table, and what lies outside of it."""
    folded = parse(service_row)
    assert (folded.activated, folded.state) == (activated, state)


def test_an_unknown_state_says_why() -> None:
    """A reader must learn what the node said instead."""
    assert 'the status "Running"' in parse(row("Running")).note
    assert "no status" in parse(row(None)).note


@given(st.text(max_size=20), st.none() | st.integers(-2000, 100), st.text(max_size=30))
def test_only_the_status_started_means_started(status: str, code: int | None, reason: str) -> None:
    """No text but the documented one makes a service run."""
    folded = parse(row(status, code, reason))
    if " ".join(status.split()).casefold() != "started":
        assert folded.state is not RunState.STARTED
    if folded.state is RunState.UNKNOWN:
        assert folded.activated is None
        assert folded.note


@given(
    st.sampled_from(sorted(ACTIVATED_CODES)), st.sampled_from(["Stopped", " stopped\n", "STOPPED"])
)
def test_documented_run_time_reasons_mean_activated(code: int, status: str) -> None:
    """Blanks and case of the status do not matter."""
    assert parse(row(status, code, "whatever")).activated is True


def test_equal_rows_count_once_and_contradicting_rows_make_unknown() -> None:
    """The last row must not win."""
    assert parse(row("Started", -1), row("Started", -1)).state is RunState.STARTED
    torn = parse(row("Started", -1), row("Stopped", -1069))
    assert (torn.state, torn.activated) == (RunState.UNKNOWN, None)
    assert "contradict" in torn.note


def test_rows_that_differ_only_in_their_reason_text_agree() -> None:
    same = parse(row("Stopped", -1069, "Commanded Out of Service"), row("stopped", -1069, "Off"))
    assert (same.state, same.activated, same.reason) == (
        RunState.STOPPED,
        True,
        "Commanded Out of Service",
    )


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (row("Started", -1), row("Stopped", -1)),
        (row("Stopped", -1068), row("Stopped", -1069)),
        (row("Stopped", -1069), row("Stopped", -1019)),
        (row("Started", -1, uptime_s=9), row("Started", -1, uptime_s=900)),
        (row("Started", -1, uptime_s=9), row("Started", -1)),
        (row("Started", -1, since="10:00"), row("Started", -1, since="11:00")),
    ],
)
def test_rows_that_differ_in_anything_else_contradict(
    first: ServiceRow, second: ServiceRow
) -> None:
    for torn in (parse(first, second), parse(second, first)):
        assert (torn.state, torn.activated) == (RunState.UNKNOWN, None)


def test_a_third_row_does_not_resolve_a_contradiction() -> None:
    """Two rows that differ stay a contradiction whatever follows."""
    torn = parse(row("Started", -1), row("Stopped", -1069), row("Started", -1))
    assert torn.state is RunState.UNKNOWN


def test_spellings_of_one_service_are_one_service() -> None:
    """Rows are matched by canonical name, so a variant can contradict too."""
    torn = parse(row("Started", -1), row("Stopped", -1069, name="cisco  sip proxy"))
    assert torn.state is RunState.UNKNOWN


def test_network_services_have_no_activation() -> None:
    """Cisco Sync Agent cannot be activated, whatever reason comes along."""
    sync = parse(row("Stopped", -1068, name=SYNC))
    assert (sync.deployable, sync.activated, sync.state) == (False, None, RunState.STOPPED)


def test_product_list_does_not_override_deployable_services() -> None:
    """A real capture holds a corrupted row, and a list may call anything not deployable."""
    wrong = [
        ServiceSpecification("yes", "Servlet", True, "none"),
        ServiceSpecification(SIP, "Service", False, "IM and Presence Services"),
    ]
    state = merge_service_rows([row("Stopped", -1068)], wrong)[SIP]
    assert (state.deployable, state.activated) == (True, False)


def test_an_unknown_service_is_deployable_if_the_product_list_says_so() -> None:
    """Names that no list of ours holds are kept."""
    listed = [ServiceSpecification("Cisco Brand New Agent", "Service", False, None)]
    state = merge_service_rows([row("Stopped", -1068, name="Cisco Brand New Agent")], listed)
    assert state["Cisco Brand New Agent"].deployable is False


def test_a_negative_uptime_is_no_uptime() -> None:
    """Nodes give -1 for what does not run."""
    assert parse(row("Stopped", -1069, uptime_s=-1)).uptime_s is None


def test_axl_decides_only_unknown_activations() -> None:
    """And it is told apart where the two differ."""
    states = merge_service_rows(
        [row("Stopped", -1), row("Stopped", -1069, name="Cisco Presence Engine")], ()
    )
    assert unknown_activations(states) == {SIP}
    told = [
        ProcessNodeService("n1", "Cisco SIP Proxy", False),
        ProcessNodeService("n1", "Cisco Presence Engine", False),
    ]
    merged = apply_axl_activation(states, told)
    assert merged[SIP].activated is False
    assert merged["Cisco Presence Engine"].activated is True
    assert "CUCM AXL says otherwise: not activated" in merged["Cisco Presence Engine"].note


def test_contradicting_axl_rows_decide_nothing() -> None:
    """Neither does a row without a value."""
    states = merge_service_rows([row("Stopped", -1)], ())
    both = [ProcessNodeService("n1", SIP, True), ProcessNodeService("n1", SIP, False)]
    assert apply_axl_activation(states, both)[SIP].activated is None
    assert (
        apply_axl_activation(states, [ProcessNodeService("n1", SIP, None)])[SIP].activated is None
    )
    assert apply_axl_activation(states, [])[SIP].activated is None


def started(uptime_s: int | None, since: str | None = None) -> ServiceState:
    """Return a running service with an uptime and a start time."""
    return ServiceState(SIP, True, True, RunState.STARTED, started_at=since, uptime_s=uptime_s)


EARLY, LATE = "Sat Nov 21 10:00:00 2026", "Sat Nov 21 10:00:45 2026"


STOPPED = ServiceState(SIP, True, True, RunState.STOPPED)
UNKNOWN = ServiceState(SIP, True, None, RunState.UNKNOWN)


@pytest.mark.parametrize(
    ("before", "after", "between_s", "expected"),
    [
        (started(10), started(13), 3, False),
        (started(10), started(14), 3, False),
        (started(10), started(2), 3, True),
        (started(10), started(10 + 200), 3, True),
        (started(10), STOPPED, 3, True),
        (started(10), UNKNOWN, 3, None),
        (started(None), started(13), 3, None),
        (started(10), started(None), 3, None),
        (None, started(13), 3, None),
        (STOPPED, started(1), 3, None),
        (started(5, EARLY), started(20, LATE), 60, True),
        (started(None, EARLY), started(None, LATE), 3, True),
        (started(5, EARLY), started(8, EARLY), 3, False),
        (started(5, EARLY), started(8), 3, False),
        (started(5, EARLY), UNKNOWN, 3, None),
    ],
)
def test_a_restart_between_two_readings(
    before: ServiceState | None, after: ServiceState, between_s: int, expected: bool | None
) -> None:
    """Its start moved, as told or as reckoned, its uptime fell, or it no longer runs."""
    assert has_restarted(before, after, timedelta(seconds=between_s)) is expected


def test_a_network_service_of_the_product_list_without_a_row_is_unknown() -> None:
    listed = [ServiceSpecification(name, None, None, None) for name in (SYNC, "yes", "Cisco AMC")]

    states = merge_service_rows([row("Started", -1)], listed)

    assert states.keys() == {SIP, SYNC}
    assert (states[SYNC].state, states[SYNC].deployable) == (RunState.UNKNOWN, False)
    assert merge_service_rows([], listed) == {}


def test_a_reading_without_the_product_list_keeps_what_that_list_showed() -> None:
    specifications = [ServiceSpecification(name, None, False, None) for name in (SYNC, "Vendor")]
    vendor = row("Started", -1, name="Vendor")
    earlier = merge_service_rows([row("Started", -1, name=SYNC), vendor], specifications)
    later = merge_service_rows([row("Started", -1), vendor], ())
    kept = keep_listed_services(earlier, later)
    assert kept["Vendor"] == earlier["Vendor"]
    # Its row is missing now, and it is one of the services that every node has.
    assert kept[SYNC].state is RunState.UNKNOWN
    assert keep_listed_services(earlier, {}) == {}
