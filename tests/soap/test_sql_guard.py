"""Only one SELECT with named columns passes; nothing that writes, and no secret."""

import re
import string

import pytest
import responses
from hypothesis import example, given
from hypothesis import strategies as st

from auditor.soap.operations import AXL_API
from auditor.soap.sql_guard import (
    StatementRefused,
    check_select_statement,
    check_union_parts,
)
from tests.soap.conftest import NewClient

PASS = [
    "SELECT count(*) from processnode WHERE systemnode='f' and tknodeusage= 0",
    "select name, isprimary, tkhaserverstate from enterprisenode",
    "select tabname from systables where tabtype='T' and tabid > 99 order by tabname",
    "select t.tabname, c.colname from systables t, syscolumns c"
    " where c.tabid=t.tabid and t.tabname='enterprisenode'",
    "select pns.servername, ts.name, ts.nameforcontrol, pns.isactive\n"
    "from processnodeservice pns join typeservice ts on pns.tkservice = ts.enum",
    "select syncstatus from epassyncagentcfg",
    "select first 10 cp_id from xmpps2snodes",
    "select name from t where note = 'it''s; insert into x -- update'",
    "select count( * ), max(a) from b where c in (1, 2.5, 'x') group by d",
    "select name from processnode where description like '%é%'",
    "select -1 from a where b <> 3 and c >= 4",
    "select cast(a.b as lvarchar) as c, cast('' as lvarchar) from a",
    "select cast(case when a.b is null then 'f' else 't' end as lvarchar) from a",
]
REFUSED = [
    "",
    "   ",
    "select",
    "select 1",
    "update processnode set name='x'",
    "insert into a values (1)",
    "select a from b; delete from b",
    "select a from b;",
    "select a from b into temp c",
    "select a into c from b",
    "select a from b for update",
    "execute procedure x()",
    "select a from table(function f())",
    "select f(a) from b",
    "select lotofile(a, 'x', 'server') from b",
    "select pg_sleep(10) from b",
    "select a.nextval from b",
    "select * from b",
    "select b.* from b",
    "select count(*), * from b",
    "select a * 2 from b",
    "select count (a, *) from b",
    "select a from b -- c",
    "select a from b /* c */",
    "select a from b {c}",
    "select a--1 from b",
    "select axlpassword from epassyncagentcfg",
    "select AXLPassword from epassyncagentcfg",
    "select e.axlpassword from epassyncagentcfg e",
    "select name from epassyncagentcfg where axlpassword like 'a%'",
    "select epassyncagentcfg from epassyncagentcfg",
    "select e from epassyncagentcfg e",
    "select max(e) from epassyncagentcfg as e",
    "select pin from enduser",
    "select credentials from credential",
    'select "axlpassword" from epassyncagentcfg',
    "select a from b where c = (select d from e)",
    "select a from b union select c from d",
    "select a from b union all select c from d",
    "select cast(a as integer) from b",
    "select cast(a as lvarchar(9)) from b",
    "select cast(a as owntype) from b",
    "select cast(a) from b",
    "select cast(epassyncagentcfg as lvarchar) from epassyncagentcfg",
    "select cast(axlpassword as lvarchar) from epassyncagentcfg",
    "select cast(f(a) as lvarchar) from b",
    "select a from b where c = 'open",
    "select a from b where c = E'\\' into d '",
    "select a from b where c = 'x\\' or 1=1 '",
    "select a from b where c = 'x\\y'",
    "select a from b where (c = 1",
    "select a from b where c = 1)",
    "select a from b where )c = 1(",
    "select a from sysadmin:task",
    "select a::text from b",
    "select $$a$$ from b",
    "select a from b\x00",
    "select a from b where c = '\x1b'",
    "select a from b where c = '\ud800'",
    "select \uff41 from b",
    "with x as (select 1) select a from x",
    "(select a from b)",
    "explain select a from b",
    "select 0x1f from b",
    "select a from b limit 1 returning c",
    "select replace(a, 'b', 'c') from d",
]


@pytest.mark.parametrize("statement", PASS)
def test_a_plain_select_passes(statement: str) -> None:
    check_select_statement(statement)
    assert not statement.endswith(";")


@pytest.mark.parametrize("statement", REFUSED)
def test_everything_else_is_refused_in_one_line(statement: str) -> None:
    with pytest.raises(StatementRefused) as caught:
        check_select_statement(statement)
    assert str(caught.value).isprintable()


def test_a_refused_statement_is_never_sent(
    new_client: NewClient, mocked: responses.RequestsMock
) -> None:
    mocked.assert_all_requests_are_fired = False
    mocked.post(f"https://127.0.0.1:8443{AXL_API.path}")
    client = new_client()
    for statement in REFUSED:
        with pytest.raises(StatementRefused):
            client.sql(statement)
    assert len(mocked.calls) == 0


UNIONS_REFUSED = [
    [],
    ["select a from b"],
    ["select a from b", "select c, d from e"],
    ["select a from b", "select max(c, d), e from f"],
    ["select a from b", "select c from d union all select e from f"],
    ["select a from b union all select c from d", "select e from f"],
    ["select a from b", "delete from c"],
    ["select a from b", "select axlpassword from epassyncagentcfg"],
    ["select a from b", "select (c from d"],
    ["select (a from b", "select c) from d"],
    ["select a from b where c = 'x", "select 'y' from d"],
    ["select a from b order by 1", "select c from d"],
    ["select a from b", "select first 1 c from d"],
    ["select a from b", "select c from d limit 1"],
    ["select a from b", "select c from d --"],
    ["select a from b", ""],
]


@pytest.mark.parametrize("statements", UNIONS_REFUSED, ids=repr)
def test_a_union_of_anything_else_is_refused_and_never_sent(
    statements: list[str], new_client: NewClient, mocked: responses.RequestsMock
) -> None:
    mocked.assert_all_requests_are_fired = False
    mocked.post(f"https://127.0.0.1:8443{AXL_API.path}")
    with pytest.raises(StatementRefused):
        new_client().sql_union(statements)
    assert len(mocked.calls) == 0


def test_selects_of_as_many_columns_pass_as_a_union() -> None:
    check_union_parts(
        ("select distinct 1, nvl(a, 'x') from b", "select 2, cast(c as lvarchar) from d")
    )


BEGINNING = "select a from b where c = "
WRITES = [
    "insert",
    "update",
    "delete",
    "drop",
    "execute",
    "alter",
    "create",
    "into",
    "grant",
    "merge",
]
FILLER = (
    st.sampled_from(
        [
            "a",
            "b.c",
            "'x'",
            "''",
            "'it''s'",
            "1",
            "=",
            ",",
            "(",
            ")",
            "count(*)",
            "and",
            "from t",
            "*",
        ]
    )
    | st.sampled_from(" \n\t;'\"\\{}")
    | st.sampled_from(["--", "/*", "*/", "select", "where"])
)


def cased(word: str) -> st.SearchStrategy[str]:
    """Return the word in any mixture of cases."""
    each = [st.sampled_from([sign, sign.upper()]) for sign in word]
    return st.tuples(*each).map("".join)


@given(
    before=st.lists(FILLER, max_size=6),
    word=st.sampled_from(WRITES).flatmap(cased),
    after=st.lists(FILLER, max_size=6),
)
@example(before=["'"], word="insert", after=["'"])
def test_no_word_that_writes_passes_outside_a_string(
    before: list[str], word: str, after: list[str]
) -> None:
    statement = " ".join(["select a from b", *before, word, *after])
    try:
        check_select_statement(statement)
    except StatementRefused:
        return
    outside = re.sub(r"'(?:[^']|'')*'", "''", statement)
    assert word not in re.findall(r"\w+", outside)


@given(st.text(alphabet=string.printable + "é\x00\u2028\ud800", max_size=60))
def test_no_text_crashes_the_guard_or_passes_a_second_statement(text: str) -> None:
    try:
        check_select_statement(f"{BEGINNING}{text}")
    except StatementRefused:
        return
    outside = re.sub(r"'(?:[^']|'')*'", "''", text)
    assert not set(outside) & set(';"{}*\\$:@#')
    assert "--" not in outside
