"""Every failure has its words, and every place that raises one gives the values they need."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import TypeGuard

import pytest

import auditor
from auditor.errors import BadCredentials, ExchangeError, NotAsked, SoapFault, TlsFailed
from auditor.failure_reasons import REASONS, REASONS_BY_INTERFACE, Interface, Reason, ReasonText
from auditor.failures import (
    Failure,
    FailureWords,
    failure_cause,
    failure_detail,
    failure_place,
    failure_remedy,
    failure_text,
)
from auditor.problems import Problem

NODE, CUCM = "imp1.lab.test", "cucm.lab.test"
FILLED_IN_LATER = {"password_source", "digest"}


def placeholders(text: ReasonText) -> set[str]:
    """Return the names of the values that a text needs."""
    templates = (text.cause, text.advice or "", text.where or "")
    return {name for part in templates for _, name, _, _ in Formatter().parse(part) if name}


def general_placeholders() -> set[str]:
    """Return the placeholders that every failure fills: those of the reasons, and a few more."""
    texts = (*REASONS.values(), *REASONS_BY_INTERFACE.values())
    words = set(FailureWords.__dataclass_fields__)
    return {"who", "earlier"} | words | FILLED_IN_LATER | set().union(*map(placeholders, texts))


def is_error_call(node: ast.AST) -> TypeGuard[ast.Call]:
    """Return whether an error or a failure is made here, by the spelling of its class."""
    return (
        isinstance(node, ast.Call)
        and bool(node.args)
        and isinstance(node.func, ast.Name)
        and node.func.id[0].isupper()
    )


def raised_problems() -> Iterator[tuple[str, str, set[str]]]:
    """Yield each problem that the program raises, where, and the values that go with it."""
    for path in sorted(Path(auditor.__file__).parent.rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if is_error_call(call):
                for part in ast.walk(call.args[0]):
                    if (
                        isinstance(part, ast.Attribute)
                        and isinstance(part.value, ast.Name)
                        and part.value.id == "Problem"
                        and part.attr in Problem.__members__
                    ):
                        values = {keyword.arg for keyword in call.keywords if keyword.arg}
                        yield part.attr, f"{path.name}:{call.lineno}", values


def test_every_reason_has_a_cause_an_advice_and_a_place() -> None:
    assert set(REASONS) == set(Reason)
    for text in (*REASONS.values(), *REASONS_BY_INTERFACE.values()):
        assert text.cause
        assert text.advice
        assert text.where


def test_every_problem_gets_the_values_of_its_words_where_it_is_raised() -> None:
    """A missing value would turn a failure of a server into one of this program."""
    general, missing = general_placeholders(), []
    for name, place, values in raised_problems():
        if lacking := placeholders(Problem[name].value) - general - values:
            missing.append((name, place, lacking))
    assert missing == []


@pytest.mark.parametrize("problem", Problem)
def test_words_are_clauses(problem: Problem) -> None:
    """A renderer can begin a sentence with them, or put them behind a "because"."""
    text = problem.value
    for clause in filter(None, (text.cause, text.advice)):
        assert not clause.endswith(".")
        assert re.match(r"[a-z{]|AXL|CUCM|PerfMon", clause)


def test_a_sentence_begins_with_a_capital_unless_a_name_begins_it() -> None:
    refused = BadCredentials(Problem.LOGIN_REFUSED, "imp1", Interface.AXL)
    skipped = NotAsked(Problem.AFTER_FAILURE, "imp1", earlier=refused.failure)
    assert failure_detail(skipped.failure) == (
        "Not asked, because of this: AXL of imp1 refused the user name or password (HTTP 401)."
    )
    dropped = Failure(Reason.TIMED_OUT, Problem.DEADLINE_PASSED, "imp1", values={"seconds": "2"})
    assert failure_detail(dropped).startswith("imp1 did not answer completely within 2 s.")


def test_words_of_a_server_are_never_taken_for_a_template() -> None:
    fault = SoapFault(Problem.FAULT, NODE, Interface.AXL, code="x", fault="no {server} {x")
    assert fault.detail == f"AXL of {NODE} answered with a SOAP fault (no {{server}} {{x)."


def test_a_digest_is_left_out_where_it_is_shown_beside_the_sentence() -> None:
    error = TlsFailed(Problem.SELF_SIGNED_CERTIFICATE, NODE, digest="AB:CD")
    assert "(SHA-256 AB:CD)" in failure_cause(error.failure)
    assert "SHA-256" not in failure_cause(error.failure, with_digest=False)


def test_the_source_of_a_password_is_named_where_it_is_known() -> None:
    error: ExchangeError = BadCredentials(Problem.LOGIN_REFUSED, NODE, Interface.AXL)
    assert "came from" not in str(error)
    error.failure = error.failure.with_values(password_source="AUDITOR_PASSWORD")
    assert "(HTTP 401); the password came from AUDITOR_PASSWORD." in str(error)


@pytest.mark.parametrize(
    ("is_cucm", "page"),
    [
        (True, "Cisco Unified Serviceability > Tools > Service Activation"),
        (False, "Cisco Unified IM and Presence Serviceability > Tools > Service Activation"),
        (None, "Serviceability > Tools > Service Activation"),
    ],
)
def test_a_missing_service_is_activated_on_the_page_of_its_product(
    is_cucm: bool | None, page: str
) -> None:
    failure = Failure(Reason.NO_SUCH_SERVICE, Problem.SERVICE_MISSING, NODE, Interface.AXL, is_cucm)
    assert failure_remedy(failure) == (
        f"Activate Cisco AXL Web Service on {NODE} if it is not activated, start it if it is "
        "stopped, else restart it."
    )
    assert failure_place(failure) == f"{page}, then Control Center - Feature Services"


def test_the_address_of_the_publisher_has_its_own_key() -> None:
    values = {"place": "x:1", "error": "refused"}
    node = Failure(Reason.UNREACHABLE, Problem.NO_CONNECTION, NODE, values=values)
    cucm = Failure(Reason.UNREACHABLE, Problem.NO_CONNECTION, CUCM, None, True, values=values)
    assert "address ([cluster.addresses])" in failure_remedy(node)
    assert "address (`cucm_publisher` or [cluster.addresses])" in failure_remedy(cucm)


def test_a_node_after_a_refused_login_repeats_what_to_do() -> None:
    refused = BadCredentials(Problem.LOGIN_REFUSED, CUCM, Interface.AXL)
    skipped = NotAsked(Problem.AFTER_REFUSED_LOGIN, NODE, earlier=refused.failure)
    assert failure_remedy(skipped.failure) == refused.advice


def test_a_reason_alone_has_its_words() -> None:
    failure = Failure(Reason.RATE_LIMITED, Problem.UNSPECIFIED, "imp1, imp2")
    assert failure_text(failure) == (
        "imp1, imp2 received too many requests. Wait a few minutes, and look for other programs "
        "that ask imp1, imp2."
    )


def test_the_cluster_of_a_command_is_quoted_for_the_shell() -> None:
    """The command is pasted as it stands."""
    failure = Failure(Reason.CREDENTIALS, Problem.LOGIN_REFUSED, CUCM)
    assert '`auditor login "data centre"`' in failure_place(
        failure, FailureWords(cluster="data centre")
    )
