"""The document of a change: what every reader of Markdown shows, and what it must not show."""

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from auditor.change.change_check import PrecheckResult
from auditor.change.check_report import check_text
from auditor.change.decision import Decision
from auditor.change.decision_wording import precheck_command
from auditor.change.diff.expected import ExpectedSetting
from auditor.change.precheck import decide_without_facts
from auditor.change.ticket import render_decision_markdown
from auditor.change.what_if import ChangeAction, RequestedChange
from auditor.models.facts import ClusterFacts
from auditor.service_names import MESSAGE_ARCHIVER, SIP_PROXY_SERVICE
from tests.change.window import HEALTHY, PUBLISHER, SUBSCRIBER, decide, without

READER = MarkdownIt("commonmark").enable(["table"])
NOW = "2026-01-02T03:04:05Z"
ARCHIVER_OFF = without(HEALTHY, SUBSCRIBER, MESSAGE_ARCHIVER)
ACTIVATION = RequestedChange(SUBSCRIBER, MESSAGE_ARCHIVER, ChangeAction.ACTIVATE)
DEACTIVATION = RequestedChange(SUBSCRIBER, SIP_PROXY_SERVICE, ChangeAction.DEACTIVATE)
RESTART = RequestedChange(SUBSCRIBER, SIP_PROXY_SERVICE, ChangeAction.RESTART)


def checked(decision: Decision) -> Decision:
    """Return a decision with the time of its check."""
    return replace(decision, checked_at=NOW)


OPEN = checked(decide(ARCHIVER_OFF, ACTIVATION, confirmed=False))
GO = checked(decide(HEALTHY, RESTART))
NO_GO = checked(decide(HEALTHY, DEACTIVATION))
UNREAD = checked(decide_without_facts(ClusterFacts("lab", ()), (), [RESTART]))
DECISIONS = pytest.mark.parametrize(
    "decision", [OPEN, GO, NO_GO, UNREAD], ids=["open", "go", "no-go", "unread"]
)


def headings(page: str) -> list[str]:
    """Return the texts of all headings."""
    tokens = READER.parse(page)
    return [tokens[n + 1].content for n, token in enumerate(tokens) if token.type == "heading_open"]


def shown(token: Token) -> str:
    """Return what a reader sees of one piece of text."""
    return "".join(child.content for child in token.children or ())


def items(page: str) -> Iterator[str]:
    """Yield the items of all lists."""
    depth = 0
    for token in READER.parse(page):
        depth += {"list_item_open": 1, "list_item_close": -1}.get(token.type, 0)
        if depth and token.type == "inline":
            yield shown(token)


def cells(page: str) -> list[list[str]]:
    """Return the cells of every row of every table."""
    rows: list[list[str]] = []
    in_table = False
    for token in READER.parse(page):
        in_table = token.type != "table_close" and (in_table or token.type == "table_open")
        if token.type == "tr_open":
            rows.append([])
        elif in_table and token.type == "inline":
            rows[-1].append(shown(token))
    return rows


@DECISIONS
def test_the_decision_leads_the_document(decision: Decision) -> None:
    """Whoever opens the ticket reads it first."""
    first, *_ = headings(render_decision_markdown(decision))
    word = {
        PrecheckResult.GO: "GO",
        PrecheckResult.NO_GO: "NO-GO",
        PrecheckResult.UNDECIDED: "UNDECIDED",
    }[decision.result]
    assert first.startswith(f"{word}: ")


def test_a_no_go_has_no_steps_to_follow() -> None:
    """Somebody would follow them. The reasons come first."""
    page = render_decision_markdown(NO_GO)
    assert headings(page)[1] == "Why not"
    assert not {"Steps", "Roll-back"}.intersection(headings(page))
    assert "utils service" not in page
    assert "The change is approved" not in page


def test_steps_are_a_draft_until_nothing_is_open() -> None:
    """They are not presented as approved."""
    assert "Steps: a draft until nothing is open" in headings(render_decision_markdown(OPEN))
    assert "Steps" in headings(render_decision_markdown(GO))


def test_an_unread_cluster_has_neither_steps_nor_a_false_reason() -> None:
    """Nothing is against the change, and nothing was judged."""
    page = render_decision_markdown(UNREAD)
    assert "**Not approved.** Nothing could be judged." in page
    assert "No recommendation" not in page
    assert "Confirmations" not in headings(page)
    assert f"restart {SIP_PROXY_SERVICE} on {SUBSCRIBER}" in headings(page)[0]
    assert "no-go" not in page.lower()


@DECISIONS
def test_every_check_is_in_the_document(decision: Decision) -> None:
    """A document that leaves one out would be signed for less than was found."""
    page = render_decision_markdown(decision)
    visible = "\n".join(shown(token) for token in READER.parse(page) if token.type == "inline")
    for check in decision.checks:
        assert check_text(check).replace("`", "") in visible


@DECISIONS
def test_every_confirmation_has_a_place_for_name_and_time(decision: Decision) -> None:
    """A box to tick, a name, a time."""
    boxes = [item for item in items(render_decision_markdown(decision)) if item[:1] == "["]
    assert all(re.match(r"\[[ x]\] .* Name: _{10} Time: _{10}$", box) for box in boxes)
    approvals = [box for box in boxes if "The change is approved." in box]
    assert len(approvals) == (1 if decision.has_steps_to_follow else 0)


def test_what_the_engineer_confirmed_is_ticked() -> None:
    """And the rest is not."""
    ticked = [i for i in items(render_decision_markdown(GO)) if i.startswith("[x]")]
    assert len(ticked) == 1
    assert "DRS backup" in ticked[0]
    assert not [i for i in items(render_decision_markdown(OPEN)) if i.startswith("[x]")]


@DECISIONS
def test_tables_hold_every_cell(decision: Decision) -> None:
    """A bar in a cell would move all that follows it."""
    page = render_decision_markdown(decision)
    rows = [row for row in page.splitlines() if row[:1] == "|" and not row.startswith("| ---")]
    widths = [row.count("|") - 1 for row in rows]
    assert [len(row) for row in cells(page)] == widths


def test_evidence_says_where_and_when() -> None:
    """What the operator declares was read from no node."""
    read = replace(OPEN, read_at={SUBSCRIBER: "2026-01-02T04:04:00+01:00"})
    table = [row[3] for row in cells(render_decision_markdown(read)) if row[0] == "✓ go"]
    assert f"Control Center of {SUBSCRIBER} (observed at 2026-01-02 03:04:00 UTC): " in table[0]
    assert any("auditor.toml (declared): " in text for text in table)
    assert any(f"PerfMon of {PUBLISHER} (observed at 2026-01-02 03:04:05 UTC)" in t for t in table)


def test_steps_and_the_way_back_are_numbered_with_room_for_who_and_when() -> None:
    """Each in its own table."""
    rows = [row for row in cells(render_decision_markdown(GO)) if len(row) == 6]
    numbers = [row[0] for row in rows]
    assert numbers == [
        "Step",
        *(str(n + 1) for n in range(len(GO.steps))),
        "Step",
        *(str(n + 1) for n in range(len(GO.rollback.steps))),
    ]
    assert {(row[4], row[5]) for row in rows} == {("Who", "When"), ("", "")}


ATTACKS = (
    "a|b",
    "<img src=x onerror=alert(1)>",
    "[x](https://evil.example)",
    "`code` ``",
    "# heading",
    "- [ ] item",
    "a\n\n| --- |\n",
    "@admin https://evil.example",
)


def renamed(facts: ClusterFacts, name: str) -> ClusterFacts:
    """Return the facts of a cluster that has a name, and so has its subscriber."""
    nodes = tuple(replace(n, name=name if n.name == SUBSCRIBER else n.name) for n in facts.nodes)
    groups = tuple(
        replace(g, nodes=tuple(name if n == SUBSCRIBER else n for n in g.nodes))
        for g in facts.groups
    )
    return replace(facts, name=name, nodes=nodes, groups=groups)


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("change", [ACTIVATION, DEACTIVATION, RESTART])
def test_a_hostile_name_is_text(attack: str, change: RequestedChange) -> None:
    """The document keeps its headings and tables, and holds no link, image or HTML."""
    facts = ARCHIVER_OFF if change.activates else HEALTHY
    hostile, plain = (
        render_decision_markdown(
            checked(decide(renamed(facts, name), replace(change, node=name), confirmed=False))
        )
        for name in (attack, "other")
    )
    tokens = READER.parse(hostile)
    children = {child.type for token in tokens for child in token.children or ()}
    assert children <= {"text", "code_inline", "strong_open", "strong_close"}
    assert not [token for token in tokens if token.type == "html_block"]
    assert len(headings(hostile)) == len(headings(plain))
    assert [len(row) for row in cells(hostile)] == [len(row) for row in cells(plain)]


@pytest.mark.parametrize(
    ("tested", "words"),
    [
        ('["imp1", "imp2"]', " --feature compliance=imp1,imp2"),
        ("true", " --feature compliance=true"),
        ("", ""),
    ],
)
def test_the_command_repeats_the_check(tested: str, words: str) -> None:
    """With every service, node and tested key, in quotes that Windows takes as well."""
    features = (ExpectedSetting("compliance", None, tested),) if tested else ()
    assert precheck_command(replace(OPEN, features=features)) == (
        f'auditor precheck lab --activate "{MESSAGE_ARCHIVER}@{SUBSCRIBER}"{words}'
    )
