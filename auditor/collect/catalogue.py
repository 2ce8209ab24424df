"""The database's own list of tables and columns, looked up before anything is read from them."""

from collections.abc import Iterable, Mapping, Sequence

from auditor.collect.probes import Probe
from auditor.errors import BadReply

Rows = Sequence[Mapping[str, str | None]]


class Catalogue:
    """The columns of the tables that were asked for, in lower case."""

    def __init__(self, tables: Mapping[str, frozenset[str]]) -> None:
        """Take the columns of each table."""
        self._tables = tables

    def has(self, table: str) -> bool:
        """Tell whether the table is there."""
        return table in self._tables

    def columns(self, table: str) -> frozenset[str]:
        """Return a table's columns, none for a table that is not there."""
        return self._tables.get(table, frozenset())

    def tables(self) -> tuple[str, ...]:
        """Return every table found."""
        return tuple(sorted(self._tables))


def statement(probes: Iterable[Probe]) -> str:
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
            marks |= {probe.columns[role][0] for role in probe.required}
    tests = [_among("t.tabname", named), _among("w.colname", marks)]
    return (
        "select distinct t.tabname, c.colname from systables t, syscolumns c, syscolumns w "  # noqa: S608 - names are checked when probes are loaded
        "where t.tabtype = 'T' and c.tabid = t.tabid and w.tabid = t.tabid "
        f"and ({' or '.join(test for test in tests if test)})"
    )


def _among(column: str, names: set[str]) -> str:
    listed = ", ".join(f"'{name}'" for name in sorted(names))
    return f"{column} in ({listed})" if names else ""


def read(rows: Rows) -> Catalogue:
    """Return what the catalogue's statement answered.

    Raises:
        BadReply: the answer is empty or has other columns; it says nothing of any table then.
    """
    tables: dict[str, set[str]] = {}
    for row in rows:
        table, column = row.get("tabname"), row.get("colname")
        if not table or not column:
            raise BadReply("The catalogue of the database has other columns than expected.", "")
        tables.setdefault(table.lower(), set()).add(column.lower())
    if not tables:
        raise BadReply("The catalogue of the database lists none of the tables.", "")
    return Catalogue({table: frozenset(columns) for table, columns in tables.items()})
