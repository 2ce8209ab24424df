"""The strict loader of packs: every mistake at once, in words."""

import re
import string
import tomllib
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.errors import ConfigError
from auditor.models.findings import FindingKind
from auditor.recommendations.packs import BUILT_IN_PACKS, load_packs, parse_pack
from auditor.recommendations.vocabulary import Condition, Expectation, NodeScope
from auditor.service_names import FEATURE_SERVICES, FILE_TRANSFER_MANAGER, SYNC_AGENT

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


def _problems(text: str) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        parse_pack(text, "mine.toml", "mine")
    return caught.value.problems


def test_a_good_block_becomes_a_row() -> None:
    (row,) = parse_pack(GOOD, "mine.toml", "mine")

    assert (row.id, row.pack, row.service) == ("SIP-01", "mine", "Cisco SIP Proxy")
    assert (row.applies, row.on, row.expects) == (
        Condition.ALWAYS,
        NodeScope.ALL,
        Expectation.RUNNING,
    )
    assert row.routing_nodes


def test_every_mistake_of_shape_is_told_at_once_with_the_nearest_key() -> None:
    text = (
        GOOD.replace("severity =", "severety =")
        .replace('"running"', '"runing"')
        .replace('page = "Service Activation"', 'pages = "Service Activation"')
        .replace("https://example.test/", "example.test")
    )

    assert _problems(text + '\n[[recommendation]]\nid = "sip1"\nrouting_nodes = "no"\n') == (
        "mine.toml: SIP-01: `expects` cannot be `runing`; did you mean `running`?",
        "mine.toml: SIP-01: the key `severity` is missing",
        "mine.toml: SIP-01: `source.url` must be a text that matches ^https://\\S+$",
        "mine.toml: SIP-01: the key `remedy.not_activated.page` is missing",
        "mine.toml: SIP-01: there is no key `remedy.not_activated.pages`; did you mean `page`?",
        "mine.toml: SIP-01: there is no key `severety`; did you mean `severity`?",
        "mine.toml: block 2: `id` must be a text that matches ^[A-Z]+-[0-9]{2}$",
        "mine.toml: block 2: the key `title` is missing",
        "mine.toml: block 2: the key `expects` is missing",
        "mine.toml: block 2: the key `severity` is missing",
        "mine.toml: block 2: the key `consequence` is missing",
        "mine.toml: block 2: the key `source` is missing",
        "mine.toml: block 2: `routing_nodes` must be true or false",
    )


def test_every_mistake_of_sense_is_told_at_once() -> None:
    off = GOOD.replace("SIP-01", "SIP-02").replace("running", "not_activated")
    net = GOOD.replace("SIP-01", "SIP-03").replace("Cisco SIP Proxy", "Cisco Sync Agent")
    text = GOOD + GOOD.replace("Cisco SIP Proxy", "Cisco SIP Proxi") + off + net

    assert _problems(text) == (
        "mine.toml: SIP-01: the id stands 2 times",
        "mine.toml: SIP-01: `service` names no service of IM and Presence: `Cisco SIP Proxi`; "
        "did you mean `Cisco SIP Proxy`?",
        "mine.toml: SIP-02: `kind` must be `misplaced` or `unneeded` beside expects = "
        "`not_activated`",
        "mine.toml: SIP-02: `remedy.not_activated` can never be needed",
        "mine.toml: SIP-02: `remedy.stopped` can never be needed",
        "mine.toml: SIP-02: `remedy.unstable` can never be needed",
        "mine.toml: SIP-03: `network` must be true for Cisco Sync Agent",
    )


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            'service = "Cisco SIP Proxy"\n',
            "",
            "the key `service` is missing; expects = `running` needs it",
        ),
        (
            '"Cisco SIP Proxy"\ne',
            '"cisco sip  proxy"\ne',
            "`service` must be spelled `Cisco SIP Proxy`, not `cisco sip  proxy`",
        ),
        ("remedy.stopped", "remedy.misplaced", "the key `remedy.stopped` is missing"),
        (
            'section = "B"',
            'section = "B", passage = "C"',
            "`source` needs `section`, the title as Cisco has it, or else `passage`",
        ),
        (
            'section = "B", ',
            "",
            "`source` needs `section`, the title as Cisco has it, or else `passage`",
        ),
        ("remedy.unstable", "remedy.misplaced", "the key `remedy.unstable` is missing"),
        (
            'severity = "',
            'kind = "misplaced"\nseverity = "',
            "`kind` has no place beside expects = `running`",
        ),
        (
            'severity = "',
            'subject = "group"\nseverity = "',
            "`subject` must be `node` beside expects = `running`",
        ),
        (
            'severity = "',
            'mode = "precheck"\nseverity = "',
            "`mode` = `precheck` and expects = `confirmed` belong together",
        ),
        (
            'severity = "',
            'watches = [{ key = "chatt", services = ["Cisco SIP Proxy"] }]\nseverity = "',
            "`watches.key` is no deployment key: `chatt`; did you mean `chat`?",
        ),
        (
            "expects =",
            'applies = "chats"\nexpects =',
            "`applies` cannot be `chats`; did you mean `chat`?",
        ),
        (
            "remedy.stopped",
            "remedy.halted",
            "`remedy.halted` cannot be `halted`; it is one of " + ", ".join(FindingKind),
        ),
        (
            "expects =",
            'releases = { form = "11.0" }\nexpects =',
            "there is no key `releases.form`; did you mean `from`?",
        ),
        (
            "expects =",
            'releases = { from = "11" }\nexpects =',
            "`releases.from` must be a text that matches ^\\d+\\.\\d+$",
        ),
    ],
)
def test_a_mistake_names_its_block_and_key(old: str, new: str, problem: str) -> None:
    assert f"mine.toml: SIP-01: {problem}" in _problems(GOOD.replace(old, new))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "mine.toml: the pack: the key `recommendation` is missing"),
        (
            "recommendation = 3",
            "mine.toml: the pack: `recommendation` must be a list",
        ),
        (
            "recommendation = [3]",
            "mine.toml: block 1: it must be a table",
        ),
        ("recommendation = []", "mine.toml: the pack holds no recommendation"),
        ("x = ", "mine.toml: no valid TOML: Invalid value (at end of document)"),
    ],
)
def test_a_text_that_is_no_pack_is_refused(text: str, problem: str) -> None:
    assert problem in _problems(text)


def test_an_unknown_pack_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"There is no pack 'tabel'; the packs are table, guides"):
        load_packs(["tabel"])


def test_the_built_in_packs_load_and_share_no_id() -> None:
    rows = load_packs()

    assert [r.pack for r in rows] == sorted((r.pack for r in rows), key=BUILT_IN_PACKS.index)
    assert len({r.id for r in rows}) == len(rows) == 42
    assert {r.id for r in load_packs(["table"])} < {r.id for r in rows}


def test_the_table_pack_names_every_service_of_the_table() -> None:
    listed = {r.service for r in load_packs(["table"])} - {None}

    assert listed == (FEATURE_SERVICES - {FILE_TRANSFER_MANAGER}) | {SYNC_AGENT}


@pytest.mark.parametrize("pack", BUILT_IN_PACKS)
def test_a_pack_does_not_repeat_the_sentences_of_the_table(pack: str) -> None:
    text = (files("auditor.recommendations") / f"{pack}.toml").read_text("utf-8")

    for sentence in ("Turn on this service", "You turn on", "Cisco recommends that"):
        assert sentence not in text


KEYS = st.sampled_from(sorted(tomllib.loads(GOOD)["recommendation"][0]))
WORDS = st.text(string.printable, max_size=12) | st.sampled_from(["running", "always", "high"])


@given(st.lists(st.tuples(KEYS, WORDS | st.integers() | st.booleans()), max_size=4))
def test_any_block_is_loaded_or_refused_in_lines_that_name_it(
    changes: list[tuple[str, str | int | bool]],
) -> None:
    block = {"id": '"SIP-01"'} | {key: _toml(value) for key, value in changes}
    text = "[[recommendation]]\n" + "\n".join(f"{k} = {v}" for k, v in block.items())

    problems = _problems(text)

    assert all(re.match(r"mine\.toml: [^:]+: .+[^.]$", line) for line in problems)


def _toml(value: str | int | bool) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value % 10**9)
    return '"' + "".join(f"\\u{ord(c):04x}" for c in value) + '"'


@given(st.text(max_size=60))
def test_any_text_is_refused_without_another_error(text: str) -> None:
    assert _problems(text)


def test_a_passage_without_a_known_title_is_told_as_what_it_is_on() -> None:
    (row,) = parse_pack(GOOD.replace('section = "B"', 'passage = "the proxy"'), "mine.toml", "mine")

    assert row.source.section == "the passage on the proxy"
