"""Sources that failed: the first lines name why, and what fixes it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from auditor.errors import Reason
from auditor.failover.actions import choose_action, source_remedy
from auditor.failover.failures import source_failures
from auditor.failover.readiness import FailoverReadiness, assess_readiness
from auditor.failover.report import render_failover_text
from auditor.models.coverage import Source
from auditor.models.exit_codes import ExitCode
from auditor.models.facts import ClusterFacts
from auditor.models.nodes import HaState
from auditor.problems import Problem
from tests.factories import failed_source
from tests.failover.failover_lab import FailoverLab
from tests.failover.pairs import check_facts, first_line, pair

StartLab = Callable[..., FailoverLab]
FIRST, SECOND, CUCM = "imp1.lab.test", "imp2.lab.test", "cucm-pub.lab.test"
CHANGES = {
    Reason.CREDENTIALS: "Cisco Sync Agent runs on imp2",
    Reason.TLS: "give the authority that signed it as ca_bundle",
    Reason.WRONG_NODE: "or the name service: each node needs its own address",
    Reason.UNREACHABLE: "fix the access to imp2: check its address",
    Reason.TIMED_OUT: "raise timeout_s",
    Reason.NOT_AUTHORISED: 'the role "Standard CCM Server Monitoring"',
    Reason.NO_SUCH_SERVICE: "start the SOAP services of imp2",
    Reason.UNSUPPORTED_VERSION: "axl_version",
    Reason.RATE_LIMITED: "look for other programs that ask imp2",
    Reason.UNAVAILABLE: "ask again later (`utils service list` on imp2)",
    Reason.SOAP_FAULT: "run `utils ha status` on both nodes",
    Reason.BAD_REPLY: "run `utils ha status` on both nodes",
    Reason.TOO_LARGE: "run `utils ha status` on both nodes",
    Reason.WORKER_LOST: "look in the log of the worker there",
    Reason.NO_WORKER: "or correct `site`",
    Reason.WORKER_VERSION: "install auditor <version> there",
    Reason.NO_PASSWORD: "set <variable> in the environment",
    Reason.SCHEDULER_LOST: "look why the scheduler ended",
    Reason.NOT_ASKED: "fix what stopped the audit before it",
    Reason.BUG: "the log of `auditor --verbose`",
}


def hidden(reason: Reason, *, partner: HaState = HaState.NORMAL) -> ClusterFacts:
    """Return a pair whose second node gave nothing, for one reason on every source."""
    facts = pair(partner, None)
    kept = [entry for entry in facts.coverage if entry.node != "imp2"]
    gone = [
        failed_source("imp2", reason, source)
        for source in (Source.PERFMON, Source.CONTROL_CENTER, Source.IMP_AXL)
    ]
    return replace(facts, coverage=(*kept, *gone))


def test_every_reason_has_a_remedy() -> None:
    assert set(CHANGES) == set(Reason)


@pytest.mark.parametrize("reason", list(Reason))
def test_the_action_names_what_to_change(reason: Reason) -> None:
    check = check_facts(hidden(reason))
    action = choose_action(check)
    assert check.exit_code is ExitCode.INCOMPLETE
    assert action.startswith("Do: ")
    assert CHANGES[reason] in action
    is_unreachable = reason in (Reason.UNREACHABLE, Reason.TIMED_OUT)
    until = "users, before it answers." if is_unreachable else "before the states are known."
    assert action.endswith(until)


def test_an_expired_certificate_is_renewed_with_high_availability_off() -> None:
    gone = failed_source("imp2", Reason.TLS, Source.PERFMON, Problem.EXPIRED_CERTIFICATE)
    facts = pair(HaState.NORMAL, None)
    kept = [entry for entry in facts.coverage if entry.node != "imp2"]
    check = check_facts(replace(facts, coverage=(*kept, gone)))
    assert "imp2 showed a certificate that expired on <date>" in first_line(check)
    assert (
        "renew its Tomcat certificate with high availability of its group off (`auditor explain "
        "CERT-01`), or correct this machine's clock" in choose_action(check)
    )


@pytest.mark.parametrize(
    ("source", "reason", "expected"),
    [
        (Source.IMP_AXL, Reason.NOT_AUTHORISED, '"Standard AXL API Access"'),
        (Source.CUCM_AXL, Reason.NOT_AUTHORISED, '"Standard AXL API Access"'),
        (Source.CUCM_AXL, Reason.NO_SUCH_SERVICE, "activate Cisco AXL Web Service on imp2"),
        (Source.CUCM_AXL, Reason.UNREACHABLE, "(`cucm_publisher` or [cluster.addresses]"),
        (Source.PERFMON, Reason.BAD_REPLY, "run `utils ha status` on both nodes"),
    ],
)
def test_a_remedy_is_that_of_the_interface(source: Source, reason: Reason, expected: str) -> None:
    facts = replace(pair(None, None), coverage=(failed_source("imp2", reason, source),))
    (failure,) = source_failures(facts, ["imp2"])
    assert expected in source_remedy(failure)


@pytest.mark.parametrize("reason", [r for r in Reason if r is not Reason.UNREACHABLE])
def test_only_an_unreachable_node_is_to_be_brought_back(
    reason: Reason,
) -> None:
    check = check_facts(hidden(reason, partner=HaState.BACKUP))
    dead = reason is Reason.TIMED_OUT
    assert check.exit_code is ExitCode.DRIFT
    assert ("bring imp2 back (power" in choose_action(check)) is dead
    assert (CHANGES[reason] in choose_action(check)) is not dead


def test_the_most_urgent_reason_is_fixed_first() -> None:
    facts = hidden(Reason.NOT_ASKED)
    refused = failed_source("cucm", Reason.CREDENTIALS, Source.CUCM_AXL)
    facts = replace(facts, coverage=(*facts.coverage, refused))
    assert source_failures(facts, ["imp2"])[0].server == "cucm"
    assert "auditor login lab" in choose_action(check_facts(facts))


@pytest.mark.parametrize("for_readiness", [False, True])
def test_a_refused_password_is_named_with_the_place_to_change_it(
    start_lab: StartLab, for_readiness: bool
) -> None:
    lab = start_lab()
    lab.simulator.change({"fault": {"fault": "http-401"}})
    check = lab.check()
    result: Any = assess_readiness(check, {}) if for_readiness else check
    first, second = lines(result)
    question = " whether a failover would lose anything" if for_readiness else ""
    assert first == (
        f"Unknown{question}: the redundancy groups of lab are not known, because AXL of {CUCM} "
        "refused the user name or password (HTTP 401)."
    )
    assert second.startswith(f"Do: fix the access to {CUCM}: correct the user name or the password")
    assert "`auditor login lab`" in second
    assert second.endswith(
        "; then check again. Do not: try the same password again, which may lock the account, or "
        "fail over or fall back before the groups are known."
    )


def lines(result: Any) -> tuple[str, str]:  # noqa: ANN401 - a check or a readiness
    """Return the two first lines of a check or a readiness."""
    if isinstance(result, FailoverReadiness):
        return result.summary, result.action
    return first_line(result), choose_action(result)


def test_a_password_that_one_node_refuses_is_named_with_that_node(start_lab: StartLab) -> None:
    lab = start_lab()
    lab.simulator.change({"fault": {"fault": "http-401", "node": SECOND}})
    first, second = lines(lab.check())
    assert first == (
        f"Unknown: in Pair {FIRST} is normal and {SECOND} refused the user name or password."
    )
    assert second == (
        f"Do: check that Cisco Sync Agent runs on {SECOND} and has brought the account there, "
        "because another server accepted the same user name and password; then check again. Do "
        "not: try the same password again, which may lock the account, or fail over or fall back "
        "before the states are known."
    )


def test_a_missing_role_for_axl_leaves_the_pair_incomplete(
    start_lab: StartLab,
) -> None:
    lab = start_lab()
    lab.simulator.change({"fault": {"fault": "http-403", "node": SECOND, "interface": "imp-axl"}})
    check = lab.check()
    assert lines(check) == (
        "Incomplete: the HA states of Pair are normal, but not everything is known: AXL of "
        f"{SECOND} does not let the account ask (HTTP 403).",
        f'Do: fix the access to {SECOND}: give the account the role "Standard AXL API Access" '
        "(Cisco Unified CM Administration > User Management > Application User > Permissions "
        "Information > Add to Access Control Group); then check again. Do not: fail over or fall "
        "back before that is known.",
    )
    assert check.exit_code is ExitCode.INCOMPLETE


def test_the_first_line_quotes_a_fault_in_full(start_lab: StartLab) -> None:
    lab = start_lab()
    lab.simulator.change(
        {"fault": {"fault": "rate-control", "node": SECOND, "interface": "imp-axl"}}
    )
    first = first_line(lab.check())
    assert "rate for realtime information is 15 requests per minute" in first
    assert first.count("(") == first.count(")") == 1


def test_a_silent_perfmon_is_named_though_the_database_has_a_state(start_lab: StartLab) -> None:
    lab = start_lab()
    lab.simulator.change({"fault": {"fault": "http-404", "node": SECOND, "interface": "perfmon"}})
    check = lab.check()
    assert lines(check)[0] == (
        f"Unknown: in Pair only the database says that {SECOND} is normal, which is no proof: "
        f"PerfMon of {SECOND} does not exist (HTTP 404)."
    )
    text = " ".join(render_failover_text(check, width=100, colour=False).split())
    assert f"? PerfMon of {SECOND} gave no answer (no_such_service" in text


def test_a_switch_that_cucm_did_not_return_is_fixed_on_cucm() -> None:
    facts = pair(HaState.NORMAL, HaState.NORMAL, switch=None)
    silent = failed_source("cucm", Reason.UNAVAILABLE, Source.CUCM_AXL)
    check = check_facts(replace(facts, coverage=(*facts.coverage, silent)))
    assert check.exit_code is ExitCode.INCOMPLETE
    assert "(`utils service list` on cucm)" in choose_action(check)
    assert "? AXL of cucm is overloaded or starting" in render_failover_text(
        check, width=100, colour=False
    )


@pytest.mark.parametrize("axl", [True, False])
def test_an_optional_axl_that_refused_does_not_count(axl: bool) -> None:
    facts = pair(HaState.NORMAL, HaState.NORMAL, intercluster=axl)
    refused = failed_source("imp2", Reason.NOT_AUTHORISED, Source.IMP_AXL)
    nodes = tuple(replace(n, axl=None) if n.name == "imp2" else n for n in facts.nodes)
    check = check_facts(replace(facts, nodes=nodes, coverage=(*facts.coverage, refused)))
    assert bool(check.groups[0].failures) is axl
    assert (check.exit_code is ExitCode.COMPLIANT) is not axl
