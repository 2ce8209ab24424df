"""Composes the SELECTs of the probes from the tables and columns that the database has.

Its own catalogue of tables and columns is read first: a statement that names a missing one fails.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from auditor.collect.discovery.probes import Probe
from auditor.errors import BadReply
from auditor.problems import Problem
from auditor.text import join_names

DatabaseRows = Sequence[Mapping[str, str | None]]


class SchemaCatalogue:
    """The columns of each table that was looked up, in lower case."""

    def __init__(self, tables: Mapping[str, frozenset[str]]) -> None:
        """Take the columns of each table."""
        self._tables = tables

    def has(self, table: str) -> bool:
        """Return whether the table exists."""
        return table in self._tables

    def columns(self, table: str) -> frozenset[str]:
        """Return the columns of a table, none if it does not exist."""
        return self._tables.get(table, frozenset())

    def tables(self) -> tuple[str, ...]:
        """Return all tables, sorted."""
        return tuple(sorted(self._tables))


def catalogue_statement(probes: Iterable[Probe]) -> str:
    """Return the one SELECT for all tables that probes name, and for those with their columns.

    Informix keeps both lists in `systables` and `syscolumns`, which every account may read.
    """
    named: set[str] = set()
    marks: set[str] = set()
    for probe in probes:
        named |= {*probe.needs, *([probe.join.table] if probe.join else [])}
        if probe.table is not None:
            named.add(probe.table)
        elif probe.statement is None:
            marks |= {probe.columns[role][0] for role in probe.required_columns}
    tests = [_in_clause("t.tabname", named), _in_clause("w.colname", marks)]
    return (
        "select distinct t.tabname, c.colname from systables t, syscolumns c, syscolumns w "  # noqa: S608 - names are checked when probes are loaded
        "where t.tabtype = 'T' and c.tabid = t.tabid and w.tabid = t.tabid "
        f"and ({' or '.join(test for test in tests if test)})"
    )


def _in_clause(column: str, names: set[str]) -> str:
    listed = ", ".join(f"'{name}'" for name in sorted(names))
    return f"{column} in ({listed})" if names else ""


def parse_catalogue(rows: DatabaseRows) -> SchemaCatalogue:
    """Return the catalogue from the rows of its statement.

    Raises:
        BadReply: there are no rows, or they have other columns.
    """
    tables: dict[str, set[str]] = {}
    for row in rows:
        table, column = row.get("tabname"), row.get("colname")
        if not table or not column:
            raise BadReply(Problem.OTHER_CATALOGUE)
        tables.setdefault(table.lower(), set()).add(column.lower())
    if not tables:
        raise BadReply(Problem.EMPTY_CATALOGUE)
    return SchemaCatalogue({table: frozenset(columns) for table, columns in tables.items()})


ANCHOR_TABLE = "systables"
"""Informix always has it, with its own row as number 1. All tables are outer joins to that row, so
there is a row even if they are empty, and a reply without a row is a bad one."""

ANCHOR_COLUMN, ANCHOR_VALUE = "v0", "1"
"""A column and value that every row holds, which shows whether values were emptied or altered."""


class NotInSchema(Exception):
    """A probe cannot run; the text is a clause on the table or column that does not exist."""


@dataclass(frozen=True, slots=True)
class ProbeStatement:
    """One SELECT; `reads` maps the id of each probe in it to its columns and their names there.

    A composed one selects `values`, named v0, v1 and so on, `origin` being the rest of it. It is
    anchored: a reply without a row is a bad one.
    """

    sql: str
    reads: Mapping[str, Mapping[str, str]]
    values: tuple[str, ...] = ()
    origin: str = ""

    @property
    def is_composed(self) -> bool:
        """Return whether it was composed here, and not written by an operator."""
        return bool(self.values)


@dataclass(frozen=True, slots=True)
class _ResolvedProbe:
    """A probe with the table and columns that exist for it."""

    probe: Probe
    table: str
    columns: Mapping[str, str]
    joined: bool


@dataclass(frozen=True, slots=True)
class QueryPlan:
    """The statements to run, and by probe id why others cannot run."""

    statements: tuple[ProbeStatement, ...]
    missing: Mapping[str, str]


def plan_statements(probes: Sequence[Probe], catalogue: SchemaCatalogue) -> QueryPlan:
    """Return the statements for all probes whose tables and columns exist."""
    own: list[ProbeStatement] = []
    shared: list[_ResolvedProbe] = []
    missing: dict[str, str] = {}
    for probe in probes:
        try:
            if probe.statement is not None:
                own.append(_build_own_statement(probe, catalogue))
            elif probe.shares_statement:
                shared.append(_resolve_probe(probe, catalogue))
            else:
                own.append(_compose_statement([_resolve_probe(probe, catalogue)]))
        except NotInSchema as why:
            missing[probe.id] = str(why)
    if shared:
        own.append(_compose_statement(shared))
    return QueryPlan(tuple(own), missing)


def sample_statements(probe: Probe) -> Iterator[str]:
    """Yield statements that together hold everything that a probe could ever send."""
    if probe.statement is not None:
        yield probe.statement
        return
    table = probe.table or "t"
    for choice in sorted({name for names in probe.columns.values() for name in names}):
        name = choice if "." in choice else f"{table}.{choice}"
        yield _compose_statement(
            [_ResolvedProbe(probe, table, {"value": name}, joined=probe.join is not None)]
        ).sql


def _build_own_statement(probe: Probe, catalogue: SchemaCatalogue) -> ProbeStatement:
    for table, columns in probe.needs.items():
        if not catalogue.has(table):
            raise NotInSchema(f"there is no table {table}")
        lacking = sorted(set(columns) - catalogue.columns(table))
        if lacking:
            raise NotInSchema(f"table {table} has no column {lacking[0]}")
    return ProbeStatement(probe.statement or "", {probe.id: {}})


def _resolve_probe(probe: Probe, catalogue: SchemaCatalogue) -> _ResolvedProbe:
    table = probe.table or _find_only_table(probe, catalogue)
    if not catalogue.has(table):
        raise NotInSchema(f"there is no table {table}")
    for name in (*probe.where, *([probe.join.on] if probe.join else [])):
        if name not in catalogue.columns(table):
            raise NotInSchema(f"table {table} has no column {name}")
    joined = probe.join is not None and probe.join.to in catalogue.columns(probe.join.table)
    picked = {
        role: column
        for role, names in probe.columns.items()
        if (column := _pick_column(names, table, joined, probe, catalogue))
    }
    for role in probe.required_columns:
        if role not in picked:
            raise NotInSchema(
                f"table {table} has no column {join_names(probe.columns[role], word='or')}"
            )
    return _ResolvedProbe(probe, table, picked, joined)


def _pick_column(
    names: Iterable[str], table: str, joined: bool, probe: Probe, catalogue: SchemaCatalogue
) -> str | None:
    """Return the first of the columns that exists, with its table."""
    for name in names:
        where, _, column = name.rpartition(".")
        if where and where != table and not (joined and probe.join and where == probe.join.table):
            continue
        if column in catalogue.columns(where or table):
            return f"{where or table}.{column}"
    return None


def _find_only_table(probe: Probe, catalogue: SchemaCatalogue) -> str:
    """Return the one table that has the first name of every required column."""
    columns = {probe.columns[role][0] for role in probe.required_columns}
    tables = [table for table in catalogue.tables() if columns <= catalogue.columns(table)]
    listed = " and ".join(sorted(columns))
    if not tables:
        raise NotInSchema(f"no table has {listed}")
    if len(tables) > 1:
        # To choose one would be a guess, and the wrong table gives wrong facts.
        raise NotInSchema(f"more than one table has {listed}: {', '.join(tables)}")
    return tables[0]


def _compose_statement(parts: Sequence[_ResolvedProbe]) -> ProbeStatement:
    """Join every part to the anchor row. Rows multiply, hence DISTINCT."""
    values = ["a0.tabid"]
    joins: list[str] = []
    reads: dict[str, Mapping[str, str]] = {}
    for number, part in enumerate(parts, 1):
        first, second = f"a{number}", f"b{number}"
        joins.append(f"left outer join {part.table} {first} on {_where_clause(part.probe, first)}")
        if part.joined and part.probe.join is not None:
            join = part.probe.join
            joins.append(
                f"left outer join {join.table} {second} on {first}.{join.on} = {second}.{join.to}"
            )
        names: dict[str, str] = {}
        for role, column in part.columns.items():
            table, _, name = column.rpartition(".")
            alias = first if table == part.table else second
            names[role] = _value_name(len(values))
            values.append(_column_expression(part.probe, f"{alias}.{name}", role))
        reads[part.probe.id] = names
    listed = ", ".join(f"{value} as {_value_name(n)}" for n, value in enumerate(values))
    origin = f"from {ANCHOR_TABLE} a0 {' '.join(joins)} where a0.tabid = 1"
    return ProbeStatement(f"select distinct {listed} {origin}", reads, tuple(values), origin)


def _value_name(number: int) -> str:
    return f"v{number}"


PART_COLUMN = "part"
"""The column of a union that says which of its statements a row comes from."""


def union_parts(statements: Sequence[ProbeStatement]) -> tuple[str, ...]:
    """Return composed statements as SELECTs of the same columns, to be asked as one UNION ALL.

    Informix demands the same type in each place, hence the casts (its error -308).
    """
    width = max(len(statement.values) for statement in statements)
    return tuple(
        f"select distinct {number} as {PART_COLUMN}, "
        + ", ".join(
            f"cast({value} as lvarchar) as {_value_name(n)}"
            for n, value in enumerate((*statement.values, *_no_values(width, statement)))
        )
        + f" {statement.origin}"
        for number, statement in enumerate(statements, 1)
    )


def _no_values(width: int, statement: ProbeStatement) -> tuple[str, ...]:
    return ("''",) * (width - len(statement.values))


def split_union_rows(
    statements: Sequence[ProbeStatement], rows: DatabaseRows
) -> tuple[DatabaseRows, ...]:
    """Return the rows of each statement, as if it had been asked alone.

    Raises:
        BadReply: a row is of no statement, or holds other columns or values than it selects.
    """
    width = max(len(statement.values) for statement in statements)
    names = [_value_name(number) for number in range(width)]
    split: dict[str, list[Mapping[str, str | None]]] = {
        str(number): [] for number, _ in enumerate(statements, 1)
    }
    widths = {str(n): len(statement.values) for n, statement in enumerate(statements, 1)}
    for row in rows:
        part = row.get(PART_COLUMN) or ""
        if part not in split or row.keys() != {PART_COLUMN, *names}:
            raise BadReply(Problem.OTHER_COLUMNS)
        if any(row[name] for name in names[widths[part] :]):
            raise BadReply(Problem.OTHER_COLUMNS)
        split[part].append({name: row[name] for name in names[: widths[part]]})
    return tuple(map(tuple, split.values()))


def _where_clause(probe: Probe, alias: str) -> str:
    tests = [f"{alias}.{column} = {_quote_sql_text(text)}" for column, text in probe.where.items()]
    return " and ".join(tests) or "1 = 1"


def _quote_sql_text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _column_expression(probe: Probe, column: str, role: str) -> str:
    """Reduce `row` to "is there one" in a shared statement, so that rows do not multiply."""
    if role == "row" and probe.shares_statement:
        return f"case when {column} is null then 'f' else 't' end"
    return column
