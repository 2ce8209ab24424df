"""The databases behind executeSQLQuery: SQLite over the tables of the cluster and its scenario.

The catalogue is `systables` and `syscolumns`, as in Informix.
"""

import re
import sqlite3
from collections.abc import Mapping

from auditor.simulator.cluster import SimulatedCluster
from auditor.simulator.scenario import ScenarioError
from auditor.simulator.tables import (
    DatabaseSide,
    SqlValue,
    TableContent,
    TableRows,
    cluster_state_tables,
    scenario_tables,
)

SqlRows = list[list[tuple[str, str]]]

# The engine itself refuses every other action, however a statement spells it.
_READ_ACTIONS = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION}

_CATALOGUE_TABLES = {
    "systables": ["tabname", "tabid", "tabtype"],
    "syscolumns": ["colname", "tabid", "colno"],
}


class InformixError(Exception):
    """The statement was refused; `code` is what Informix would say."""

    def __init__(self, code: int, text: str) -> None:
        """Take Informix' number and a sentence."""
        super().__init__(text)
        self.code = code


class SimulatedDatabase:
    """One side's tables; those of the cluster's state follow it, unless the scenario sets them."""

    def __init__(self, cluster: SimulatedCluster, side: DatabaseSide) -> None:
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
        for name, content in scenario_tables(cluster, side).items():
            if name not in self._own:
                self._create(name, content)
        self.refresh()
        for name in cluster.scenario.cluster.drop_tables:
            self._own.add(name)
            self._engine.execute(f"drop table if exists {_check_identifier(name)}")
        self._catalogue()

    def close(self) -> None:
        """Let go of the engine."""
        self._engine.close()

    def refresh(self) -> None:
        """Bring the tables of the cluster's state up to date."""
        for name, content in cluster_state_tables(self._cluster, self._side).items():
            if name not in self._own:
                self._create(name, content)

    def select(self, statement: str) -> SqlRows:
        """Return the rows of one SELECT as column names (lower case) and texts.

        Raises SqlError for anything else.
        """
        self._engine.set_authorizer(
            lambda action, *_: sqlite3.SQLITE_OK if action in _READ_ACTIONS else sqlite3.SQLITE_DENY
        )
        try:
            cursor = self._engine.execute(_rewrite_first_as_limit(statement))
            names = [_axl_column_name(entry[0]) for entry in cursor.description or ()]
            return [list(zip(names, map(_sql_value_text, row), strict=True)) for row in cursor]
        except (sqlite3.Error, sqlite3.Warning) as exc:
            raise _to_informix_error(str(exc)) from exc
        finally:
            self._engine.set_authorizer(None)

    def edit(
        self, table: str, where: Mapping[str, SqlValue], values: Mapping[str, SqlValue] | None
    ) -> None:
        """Update the rows that match, insert one if `where` is empty, delete if no values.

        From then on the table is the scenario's own. Raises ScenarioError.
        """
        name, new_values = _check_identifier(table), values or {}
        # `is`, because `=` never matches NULL.
        matching = " and ".join(f"{_check_identifier(column)} is ?" for column in where) or "1"
        if values is None:
            statement = f"delete from {name} where {matching}"  # noqa: S608 - names are checked
        elif where:
            changed = ", ".join(f"{_check_identifier(column)} = ?" for column in new_values)
            statement = f"update {name} set {changed} where {matching}"  # noqa: S608 - as above
        else:
            columns = ", ".join(_check_identifier(column) for column in new_values)
            marks = ", ".join("?" for _ in new_values)
            statement = f"insert into {name} ({columns}) values ({marks})"  # noqa: S608 - as above
        try:
            self._engine.execute(statement, [*new_values.values(), *where.values()])
        except sqlite3.Error as exc:
            raise ScenarioError(f"table {table}: {exc}") from exc
        self._own.add(table)

    def _create(self, name: str, content: TableContent) -> None:
        columns, rows = content
        self._engine.execute(f"drop table if exists {_check_identifier(name)}")
        # With types, `tknodeusage = '0'` compares as Informix does.
        typed = [
            f"{_check_identifier(c)} {_column_type(rows, number)}"
            for number, c in enumerate(columns)
        ]
        self._engine.execute(f"create table {_check_identifier(name)} ({', '.join(typed)})")
        marks = ", ".join("?" for _ in columns)
        insert = f"insert into {_check_identifier(name)} values ({marks})"  # noqa: S608 - names are checked
        self._engine.executemany(insert, rows)

    def _catalogue(self) -> None:
        rows = self._engine.execute("select name from sqlite_master where type = 'table'")
        names = sorted(name for (name,) in rows)
        # Informix numbers users' tables from 100 on, and clients select by that.
        tables = [(name, 100 + number, "T") for number, name in enumerate(names)]
        columns = [
            (column[1], number, column[0] + 1)
            for name, number, _ in tables
            for column in self._engine.execute(f"pragma table_info({_check_identifier(name)})")
        ]
        # Informix lists the catalogue in itself: systables is table 1, syscolumns table 2.
        for number, (name, own) in enumerate(_CATALOGUE_TABLES.items(), start=1):
            tables.append((name, number, "T"))
            columns += [(column, number, place) for place, column in enumerate(own, start=1)]
        self._create("systables", (_CATALOGUE_TABLES["systables"], tables))
        self._create("syscolumns", (_CATALOGUE_TABLES["syscolumns"], columns))


def _check_identifier(name: str) -> str:
    if not re.fullmatch(r"[a-z_][a-z0-9_]*", name):
        raise ScenarioError(f"'{name}' is no name of a table or column")
    return name


def _column_type(rows: TableRows, number: int) -> str:
    return "integer" if any(isinstance(row[number], int) for row in rows) else "text"


def _rewrite_first_as_limit(statement: str) -> str:
    """Return Informix' `select first 3 ...` in the engine's own words."""
    match = re.match(r"select\s+first\s+(\d+)\s+", statement, re.IGNORECASE)
    return f"select {statement[match.end() :]} limit {match[1]}" if match else statement


def _axl_column_name(name: str) -> str:
    """Return the name that AXL gives a column: `count(*)` comes back as `count`."""
    return name.partition("(")[0].lower()


def _sql_value_text(value: object) -> str:
    return "" if value is None else str(value)


def _to_informix_error(text: str) -> InformixError:
    what, _, name = text.partition(": ")
    if what == "no such table":
        return InformixError(-206, f"The specified table ({name}) is not in the database.")
    if what == "no such column":
        return InformixError(-217, f"Column ({name}) not found in any table in the query.")
    return InformixError(-201, "A syntax error has occurred.")
