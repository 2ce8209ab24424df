"""Statements become sentences in one place, and are compared as data before that."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.models.coverage import Source
from auditor.models.forms import Form
from auditor.models.statements import Statement, add_detail, join_statements, make_statement
from auditor.report.sentences import render_clause, render_sentence, render_sentences

PROXY = make_statement(
    Form.SERVICE_STATE, service="Cisco SIP Proxy", node="imp1", state="stopped", reason="-1069 Off"
)
SILENT = make_statement(
    Form.SOURCE_FAILED,
    source=Source.CONTROL_CENTER,
    node="imp1",
    reason="timed_out",
    detail="It gave no answer in 30 s.",
)
FREE_TEXT = st.text(string.ascii_letters + string.punctuation + " ", min_size=1, max_size=20)
SOURCES = st.sampled_from(Source)


@pytest.mark.parametrize("form", Form)
def test_every_form_has_a_clause_without_stop_and_capital(form: Form) -> None:
    """A clause can be part of a sentence; what is data keeps its spelling."""
    clause = render_clause(make_statement(form, source=Source.PERFMON, kind="node"))
    assert not clause.endswith(".")
    assert "{" not in clause
    sentence = render_sentence(make_statement(form, source=Source.PERFMON, kind="node"))
    assert sentence.endswith(".") or form in (Form.NOTE, Form.ALL_OF)


@given(FREE_TEXT, FREE_TEXT)
def test_values_are_rendered_unchanged(service: str, node: str) -> None:
    """Names with dots, brackets, braces or the word "and" are quoted as they are."""
    statement = make_statement(Form.SERVICE_RUNS, service=service, node=node)
    assert render_sentence(statement) == f"{service} runs on {node}."


def test_a_sentence_begins_with_a_capital_unless_it_begins_with_a_name() -> None:
    assert render_sentence(make_statement(Form.NODE_IS_PUBLISHER, node="imp1")) == (
        "Node imp1 is the publisher."
    )
    assert render_sentence(make_statement(Form.NOT_GROUPED, node="imp1")) == (
        "imp1 is in no redundancy group."
    )


def test_statements_are_joined_as_clauses_and_their_details_follow() -> None:
    unknown = make_statement(
        Form.UNKNOWN_WHETHER,
        what=make_statement(Form.SERVICE_ACTIVATED, service="Cisco SIP Proxy", node="imp1"),
    )
    assert render_sentence(join_statements([PROXY, add_detail(unknown, SILENT)])) == (
        "Cisco SIP Proxy is stopped on imp1 (-1069 Off) and it is not known whether Cisco SIP Proxy"
        " is activated on imp1. Control Center of imp1 gave no answer (timed_out). It gave no"
        " answer in 30 s."
    )


def test_equal_statements_are_rendered_once() -> None:
    assert join_statements([PROXY, PROXY]) == PROXY
    assert render_sentences([SILENT, SILENT]) == render_sentence(SILENT)


def test_a_statement_about_a_subject_becomes_one_about_any() -> None:
    """The name is replaced as a value, never within another name."""
    key = make_statement(Form.DECLARE_KEY, key="chat")
    assert render_sentence(key.about_any("key", "chat")) == (
        "Declare the key in [cluster.deployment]."
    )
    peers = make_statement(Form.CLUSTER_LISTS, names=("imp1", "imp1-b"))
    assert render_sentence(peers.about_any("node", "imp1")) == (
        "The cluster lists the node, imp1-b."
    )
    assert render_sentence(PROXY.about_any("node", "imp1")) == (
        "Cisco SIP Proxy is stopped on the node (-1069 Off)."
    )
    begins = make_statement(Form.NOT_GROUPED, node="imp1").about_any("node", "imp1")
    assert render_sentence(begins) == "The node is in no redundancy group."


@given(SOURCES, FREE_TEXT)
def test_statements_about_two_subjects_are_alike_if_only_these_differ(
    source: Source, other: str
) -> None:
    def failed(node: str, peer: str) -> Statement:
        silent = make_statement(Form.SOURCE_FAILED, source=source, node=node, reason="tls")
        lists = make_statement(Form.CLUSTER_LISTS, names=(node, peer))
        return join_statements([silent, lists])

    first = failed("imp1", other).about_any("node", "imp1")
    assert first == failed("imp2", other).about_any("node", "imp2")
    assert first != failed("imp2", f"{other}x").about_any("node", "imp2")


def test_a_statement_contains_those_that_it_is_made_of() -> None:
    evidence = make_statement(Form.SERVICE_UNKNOWN_BECAUSE, service="Cisco SIP Proxy", why=SILENT)
    assert evidence.contains(SILENT)
    assert add_detail(PROXY, SILENT).contains(SILENT)
    assert not SILENT.contains(evidence)
    assert not evidence.contains(PROXY)


def test_values_are_left_out_at_any_depth() -> None:
    both = join_statements([PROXY, SILENT])
    bare = join_statements([PROXY.without("reason"), SILENT.without("reason", "detail")])
    assert both.without("reason", "detail") == bare
    assert both.without("state") != both
