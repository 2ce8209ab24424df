"""Probes of the operator's own: what a file may say, and every mistake at once before asking."""

from pathlib import Path

import pytest

from auditor.collect.discovery.probe_file import load_built_in_probes, load_probes
from auditor.collect.discovery.probes import MAX_STATEMENTS, Probe, ProbeMeaning, count_statements
from auditor.errors import ConfigError

GOOD = """
[[probe]]
id = "permanent_chat"
meaning = "switch"
key = "permanent_chat"
table = "processconfig"
columns = { value = "paramvalue" }
where = { paramname = "persistent 'chat'" }
on = ["1"]
off = ["0"]
confidence = "S"
source = "our own notes"

[[probe]]
id = "groups"
enabled = false

[[probe]]
id = "sip_nodes"
meaning = "nodes"
key = "sip_federation"
statement = "select n.name as node from sipfed n where n.enabled = 't'"
needs = { sipfed = ["name", "enabled"] }
confidence = "I"
source = "our own notes"
"""

BLOCK = """
[[probe]]
id = "mine"
meaning = "switch"
key = "web_clients"
table = "webconfig"
columns = { value = "enabled" }
confidence = "I"
source = "our own notes"
"""


def read(tmp_path: Path, text: str) -> dict[str, Probe]:
    """Load a file over the built-in probes, by id."""
    path = tmp_path / "probes.toml"
    path.write_text(text, encoding="utf-8")
    return {probe.id: probe for probe in load_probes([path])[path]}


def lines(tmp_path: Path, text: str) -> list[str]:
    """Return the mistakes of a file, without its name."""
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, text)
    start = f"{tmp_path / 'probes.toml'}: "
    assert all(line.startswith(start) for line in caught.value.problems)
    return [line.removeprefix(start) for line in caught.value.problems]


def test_the_probes_that_ship_keep_to_six_statements() -> None:
    assert count_statements(load_built_in_probes()) <= MAX_STATEMENTS == 6


def test_a_file_replaces_by_id_adds_and_turns_off(tmp_path: Path) -> None:
    probes = read(tmp_path, GOOD)

    assert probes["permanent_chat"].table == "processconfig"
    assert probes["permanent_chat"].on == ("1",)
    assert probes["sip_nodes"].meaning is ProbeMeaning.NODES
    assert "groups" not in probes
    assert probes["sync_status"] in load_built_in_probes()


def test_a_cluster_without_a_file_has_the_probes_that_ship() -> None:
    assert load_probes([None, None]) == {None: load_built_in_probes()}


def test_a_probe_of_a_shared_meaning_needs_no_statement(tmp_path: Path) -> None:
    assert count_statements(read(tmp_path, BLOCK).values()) == MAX_STATEMENTS


def test_more_statements_than_six_are_refused(tmp_path: Path) -> None:
    (line,) = lines(tmp_path, GOOD.replace('[[probe]]\nid = "groups"\nenabled = false', ""))

    assert line.startswith("the probes need 7 statements, and a run may send 6")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("id =", "identity ="), ["there is no key `identity`", "the key `id` is missing"]),
        (('"switch"', '"swich"'), ["`meaning` cannot be `swich`; did you mean `switch`?"]),
        (("web_clients", "web_client"), ["did you mean `web_clients`?"]),
        (("web_clients", "routing_nodes"), ["`key` cannot be `routing_nodes`"]),
        (("value =", "valeu ="), ["`columns.value` is missing", "did you mean `value`?"]),
        (('confidence = "I"', 'confidence = "X"'), ["`confidence` cannot be `X`; it is one of"]),
        (('source = "our own notes"', ""), ["the key `source` is missing"]),
        (('"enabled"', '"userpassword"'), ["userpassword may hold a secret"]),
        (('"enabled"', '"x; drop table y"'), ["`columns.value.0` must be a name"]),
        (('"webconfig"', '"web config"'), ["`table` must be a name"]),
        (('key = "web_clients"', ""), ["needs a `key` of [cluster.deployment]"]),
        (('table = "webconfig"', 'needs = { a = ["b"] }'), ["`needs` goes with `statement`"]),
        (('table = "webconfig"', 'where = { a = "b" }'), ["the key `table` is missing"]),
        (('table = "webconfig"', 'on = ["1"]'), ["`on` and `off` go together"]),
        (
            ('table = "webconfig"', 'on = ["1", "A"]\noff = ["a"]'),
            ["`on` and `off` both hold a"],
        ),
        (('table = "webconfig"', 'good = ["1"]'), ["`good` belongs to meaning status"]),
        (('"enabled"', '"other.enabled"'), ["a column is in table `other`"]),
        (('"webconfig"', "7"), ["`table` must be a text"]),
    ],
)
def test_a_mistake_names_the_probe_the_key_and_the_correction(
    tmp_path: Path, change: tuple[str, str], expected: list[str]
) -> None:
    told = "\n".join(lines(tmp_path, BLOCK.replace(*change)))
    for sentence in expected:
        assert sentence in told


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("delete from sipfed", "it is no SELECT"),
        ("select n.name as node from sipfed n; drop table sipfed", "';' is not allowed there"),
        ("select * from sipfed", "`statement` has no column `node`"),
        ("select n.node from sipfed n into temp x", "INTO is not allowed in it"),
        ("select axlpassword as node from epassyncagentcfg", "axlpassword may hold a secret"),
        ("select n.name from sipfed n", "`statement` has no column `node`"),
    ],
)
def test_a_statement_is_checked_when_it_is_loaded(
    tmp_path: Path, statement: str, expected: str
) -> None:
    text = GOOD.replace("select n.name as node from sipfed n where n.enabled = 't'", statement)

    assert any(expected in line for line in lines(tmp_path, text))


def test_all_mistakes_of_all_files_are_reported_together(tmp_path: Path) -> None:
    one, other = tmp_path / "one.toml", tmp_path / "other.toml"
    one.write_text(BLOCK.replace("web_clients", "x") + BLOCK.replace('"switch"', '"x"'))
    with pytest.raises(ConfigError) as caught:
        load_probes([one, other])

    assert len(caught.value.problems) == 2
    assert "probe `mine`: `meaning` cannot be `x`" in caught.value.problems[0]
    assert caught.value.problems[1] == f"{other}: cannot be read: No such file or directory"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "must hold probes"),
        ("[probe]\nid = 'a'", "must hold probes"),
        ("probes = 1\n" + BLOCK, "there is no key `probes`; did you mean `probe`?"),
        ("[[probe]", "is not TOML"),
        (BLOCK + BLOCK, "probe `mine`: it is there twice"),
        ('[[probe]]\nid = "group"\nenabled = false', "did you mean `groups`?"),
        ('[[probe]]\nid = "groups"\nenabled = true', "leave it out to keep ours"),
        (BLOCK.replace("web_clients", "permanent_chat"), "decide the same key `permanent_chat`"),
        (
            "".join(
                f'[[probe]]\nid = "t{n}"\nmeaning = "tally"\ntable = "a"\n'
                f'columns = {{ value = "b" }}\nconfidence = "I"\nsource = "x"\n'
                for n in range(2)
            ),
            "chat_aliases, t0 and t1 all tally",
        ),
    ],
)
def test_a_file_that_is_wrong_as_a_whole_is_refused(
    tmp_path: Path, text: str, expected: str
) -> None:
    assert any(expected in line for line in lines(tmp_path, text))
