"""The databases behind executeSQLQuery: SQLite over the tables that public sources name.

The catalogue is `systables` and `syscolumns`, as Informix has it.
"""

import re
import sqlite3
from collections.abc import Mapping

from auditor.simulator import tables
from auditor.simulator.cluster import Cluster
from auditor.simulator.scenario import ScenarioError
from auditor.simulator.tables import Rows, Side, Table, Value

Answer = list[list[tuple[str, str]]]

_READING = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION}

_CATALOGUE = {
    "systables": ["tabname", "tabid", "tabtype"],
    "syscolumns": ["colname", "tabid", "colno"],
}


class SqlError(Exception):
    """The statement was refused; `code` is what Informix would say."""

    def __init__(self, code: int, text: str) -> None:
        """Take Informix' number and a sentence."""
        super().__init__(text)
        self.code = code


class Database:
    """One side's tables; those of the cluster's state follow it, unless the scenario sets them."""

    def __init__(self, cluster: Cluster, side: Side) -> None:
        """Fill the tables from the cluster and then from the scenario."""
        self._cluster = cluster
        self._side = side
        self._own: set[str] = set()
        # Changes come from the loop's thread, which is not the one that builds this.
        self._engine = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        for table in cluster.scenario.table:
            if table.side == side:
                self._create(table.name, (table.columns, table.rows))
                self._own.add(table.name)
        for name, content in tables.fixed(cluster, side).items():
            if name not in self._own:
                self._create(name, content)
        self.refresh()
        for name in cluster.scenario.cluster.drop_tables:
            self._own.add(name)
            self._engine.execute(f"drop table if exists {_name(name)}")
        self._catalogue()

    def close(self) -> None:
        """Let go of the engine."""
        self._engine.close()

    def refresh(self) -> None:
        """Bring the tables of the cluster's state up to date."""
        for name, content in tables.moving(self._cluster, self._side).items():
            if name not in self._own:
                self._create(name, content)

    def select(self, statement: str) -> Answer:
        """Return the rows of one SELECT as column names (lower case) and texts.

        Raises SqlError for anything else.
        """
        self._engine.set_authorizer(
            lambda action, *_: sqlite3.SQLITE_OK if action in _READING else sqlite3.SQLITE_DENY
        )
        try:
            cursor = self._engine.execute(_limited(statement))
            names = [_column(entry[0]) for entry in cursor.description or ()]
            return [list(zip(names, map(_text, row), strict=True)) for row in cursor]
        except (sqlite3.Error, sqlite3.Warning) as exc:
            raise _refusal(str(exc)) from exc
        finally:
            self._engine.set_authorizer(None)

    def edit(
        self, table: str, where: Mapping[str, Value], values: Mapping[str, Value] | None
    ) -> None:
        """Update the rows that match, insert one if `where` is empty, delete if no values.

        From then on the table is the scenario's own. Raises ScenarioError.
        """
        name, given = _name(table), values or {}
        matching = " and ".join(f"{_name(column)} is ?" for column in where) or "1"
        if values is None:
            statement = f"delete from {name} where {matching}"  # noqa: S608 - names are checked
        elif where:
            changed = ", ".join(f"{_name(column)} = ?" for column in given)
            statement = f"update {name} set {changed} where {matching}"  # noqa: S608 - as above
        else:
            columns = ", ".join(_name(column) for column in given)
            marks = ", ".join("?" for _ in given)
            statement = f"insert into {name} ({columns}) values ({marks})"  # noqa: S608 - as above
        try:
            self._engine.execute(statement, [*given.values(), *where.values()])
        except sqlite3.Error as exc:
            raise ScenarioError(f"table {table}: {exc}") from exc
        self._own.add(table)

    def _create(self, name: str, content: Table) -> None:
        columns, rows = content
        self._engine.execute(f"drop table if exists {_name(name)}")
        # With types, `tknodeusage = '0'` compares as Informix does.
        typed = [f"{_name(c)} {_type(rows, number)}" for number, c in enumerate(columns)]
        self._engine.execute(f"create table {_name(name)} ({', '.join(typed)})")
        marks = ", ".join("?" for _ in columns)
        insert = f"insert into {_name(name)} values ({marks})"  # noqa: S608 - names are checked
        self._engine.executemany(insert, rows)

    def _catalogue(self) -> None:
        found = self._engine.execute("select name from sqlite_master where type = 'table'")
        names = sorted(name for (name,) in found)
        tables = [(name, 100 + number, "T") for number, name in enumerate(names)]
        columns = [
            (column[1], number, column[0] + 1)
            for name, number, _ in tables
            for column in self._engine.execute(f"pragma table_info({_name(name)})")
        ]
        # Informix lists the catalogue in itself: systables is table 1, syscolumns table 2.
        for number, (name, own) in enumerate(_CATALOGUE.items(), start=1):
            tables.append((name, number, "T"))
            columns += [(column, number, place) for place, column in enumerate(own, start=1)]
        self._create("systables", (_CATALOGUE["systables"], tables))
        self._create("syscolumns", (_CATALOGUE["syscolumns"], columns))


def _name(name: str) -> str:
    if not re.fullmatch(r"[a-z_][a-z0-9_]*", name):
        raise ScenarioError(f"'{name}' is no name of a table or column")
    return name


def _type(rows: Rows, number: int) -> str:
    return "integer" if any(isinstance(row[number], int) for row in rows) else "text"


def _limited(statement: str) -> str:
    """Return Informix' `select first 3 ...` in the engine's own words."""
    found = re.match(r"select\s+first\s+(\d+)\s+", statement, re.IGNORECASE)
    return f"select {statement[found.end() :]} limit {found[1]}" if found else statement


def _column(name: str) -> str:
    """Return the name that AXL gives a column: `count(*)` comes back as `count`."""
    return name.partition("(")[0].lower()


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _refusal(text: str) -> SqlError:
    what, _, name = text.partition(": ")
    if what == "no such table":
        return SqlError(-206, f"The specified table ({name}) is not in the database.")
    if what == "no such column":
        return SqlError(-217, f"Column ({name}) not found in any table in the query.")
    return SqlError(-201, "A syntax error has occurred.")
