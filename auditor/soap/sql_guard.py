"""The gate before `executeSQLQuery`: one SELECT with named columns, or nothing.

AXL runs what it is given, procedures included, on Informix or, in newer releases, PostgreSQL. A
statement passes only if each of its tokens is understood; what is not understood is refused.
"""

import functools
import re
from collections.abc import Sequence

from auditor.errors import AuditorError

# There is no token for what the two databases read differently (backslash, double quote, a prefix
# of a string such as E'...'), for comments, and for what XML cannot carry.
_SQL_TOKEN = re.compile(
    r"""
    (?P<blank>[ \t\r\n]+)
  | (?P<text>'(?:[^'\\\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]|'')*')
  | (?P<number>[0-9]+(?:\.[0-9]+)?(?![A-Za-z_]))
  | (?P<word>[A-Za-z_][A-Za-z0-9_]*(?!'))
  | (?P<sign><>|<=|>=|!=|\|\||-(?!-)|/(?!\*)|[=<>+(),.*])
    """,
    re.VERBOSE,
)


def _split_to_set(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Words that write, run, lock or define, or lead out of a plain SELECT.
_FORBIDDEN_WORDS = _split_to_set(
    """
    into for with returning nextval execute exec call do insert update delete merge upsert
    replace truncate drop create alter rename grant revoke set lock unlock begin commit rollback
    savepoint load unload copy output procedure function trigger declare prepare open close
    database attach detach union intersect minus except
    """
)
# A call may have effects, so only these may come before a bracket.
_WORDS_BEFORE_BRACKET = _split_to_set(
    """
    count min max sum avg upper lower trim length nvl coalesce cast
    in and or not where on having by when then else select distinct
    """
)
# IM&P keeps secrets beside harmless columns: epassyncagentcfg, whose `syncstatus` is worth reading,
# has `axlpassword` too (TAC document 217304).
_SECRET_COLUMN = re.compile(
    r"passw|passphrase|pwd|secret|credential|private_?key|token|hash|crypt|^pins?$"
)
_CLAUSES_AFTER_FROM = {"where", "group", "order", "having"}
_UNION_TEXT_TYPE = "lvarchar"
_NOT_IN_UNION = _split_to_set("first skip limit order group having")


class StatementRefused(AuditorError):
    """A statement is not one plain SELECT, and was not sent."""


@functools.lru_cache(maxsize=64)
def check_select_statement(statement: str) -> None:
    """Let one SELECT with named columns pass; raises `StatementRefused` for all else.

    `count(*)` is the only star. Comments, semicolons, double quotes, backslashes, subqueries and
    calls of unknown functions are refused, and columns that may hold secrets.
    """
    words = _tokenize_statement(statement)
    if words[:1] != ["select"] or "from" not in words:
        raise _statement_error("it is no SELECT ... FROM")
    # The table check below knows one FROM, so it could not judge a subquery.
    if words.count("select") > 1:
        raise _statement_error("it holds a second SELECT")
    for position, word in enumerate(words):
        _check_word(word, words[position + 1 : position + 3])
    _check_brackets(words)
    _check_casts(words)
    _check_stars(words)
    _check_table_names(words)


@functools.lru_cache(maxsize=64)
def check_union_parts(statements: tuple[str, ...]) -> None:
    """Let SELECTs pass that may be sent as one UNION ALL; raises `StatementRefused` for all else.

    Each must pass by itself, so that no statement with a UNION in it is ever judged. All select as
    many items, and none has a clause that would apply to the whole.
    """
    if len(statements) < 2:
        raise _statement_error("a UNION takes two SELECTs")
    for statement in statements:
        check_select_statement(statement)
        if clauses := _NOT_IN_UNION.intersection(_tokenize_statement(statement)):
            raise _statement_error(f"{min(clauses).upper()} is not allowed in a UNION")
    if len({_count_items(_tokenize_statement(statement)) for statement in statements}) > 1:
        raise _statement_error("the SELECTs of a UNION name different numbers of columns")


def _count_items(words: Sequence[str]) -> int:
    depth = count = 0
    for word in words[: words.index("from")]:
        depth += {"(": 1, ")": -1}.get(word, 0)
        count += word == "," and not depth
    return count + 1


def _tokenize_statement(statement: str) -> list[str]:
    """Return the tokens in lower case, each string literal as an empty one."""
    words: list[str] = []
    position = 0
    while position < len(statement):
        match = _SQL_TOKEN.match(statement, position)
        if match is None:
            raise _statement_error(f"{statement[position]!a} is not allowed there")
        position = match.end()
        if match.lastgroup != "blank":
            words.append("''" if match.lastgroup == "text" else match.group().lower())
    return words


def _check_word(word: str, following: Sequence[str]) -> None:
    if word in _FORBIDDEN_WORDS:
        raise _statement_error(f"{word.upper()} is not allowed in it")
    if _SECRET_COLUMN.search(word):
        raise _statement_error(f"{word} may hold a secret")
    if (
        following[:1] == ["("]
        and word[0] not in "(,=<>+-/|!."
        and word not in _WORDS_BEFORE_BRACKET
    ):
        raise _statement_error(f"{word} may not be called")


def _check_brackets(words: Sequence[str]) -> None:
    depth = 0
    for word in words:
        depth += {"(": 1, ")": -1}.get(word, 0)
        if depth < 0:
            break
    if depth:
        raise _statement_error("its brackets do not match")


def _check_casts(words: Sequence[str]) -> None:
    """Refuse a cast to any type but text: a type may bring functions of its own."""
    opened: list[bool] = []
    for position, word in enumerate(words):
        if word == "(":
            opened.append(words[position - 1] == "cast")
        elif (
            word == ")"
            and opened.pop()
            and words[position - 2 : position] != ["as", _UNION_TEXT_TYPE]
        ):
            raise _statement_error(f"a value may be cast to {_UNION_TEXT_TYPE} only")


def _check_stars(words: Sequence[str]) -> None:
    for position, word in enumerate(words):
        around = [*words[max(position - 2, 0) : position], *words[position + 1 : position + 2]]
        # A star returns columns with secrets, and those that a later release adds.
        if word == "*" and around != ["count", "(", ")"]:
            raise _statement_error("columns must be named, * is allowed in count(*) only")


def _check_table_names(words: Sequence[str]) -> None:
    """Refuse a table's name in place of a column: PostgreSQL answers it with the whole row."""
    start = words.index("from")
    end = next((i for i in range(start, len(words)) if words[i] in _CLAUSES_AFTER_FROM), len(words))
    tables = {words[i] for i in range(start + 1, end) if words[i - 1] != "."}
    for position in range(1, start):
        word, following = words[position], words[position + 1]
        if word[0].isalpha() and word in tables and "." not in (following, words[position - 1]):
            raise _statement_error(f"{word} is a table, not a column")


def _statement_error(why: str) -> StatementRefused:
    return StatementRefused(
        f"The SQL statement was not sent: {why}. Write one SELECT with named columns."
    )
