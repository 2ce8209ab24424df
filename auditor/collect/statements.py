"""Composes the SELECTs of the probes out of what the catalogue shows to exist."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from auditor.collect.catalogue import Catalogue
from auditor.collect.probes import Probe

ANCHOR = "systables"
"""Always there, with a row of its own as number 1 (Informix): the outer joins hang on it, so that
an empty table still answers with a row, and an answer without any is no answer."""

ANCHOR_COLUMN, ANCHOR_VALUE = "v0", "1"
"""What every row of such an answer holds, so that emptied or twisted values are seen as such."""


class Missing(Exception):
    """A probe cannot be asked; the text says which table or column is not there."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One SELECT; `reads` maps each probe it serves to its columns and their names in the answer.

    `anchored`: an answer without a row is none.
    """

    sql: str
    reads: Mapping[str, Mapping[str, str]]
    anchored: bool = True


@dataclass(frozen=True, slots=True)
class _Parts:
    """A probe with the table and columns that were found for it."""

    probe: Probe
    table: str
    columns: Mapping[str, str]
    joined: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """What to ask, and why some probes cannot be asked."""

    asked: tuple[Asked, ...]
    missing: Mapping[str, str]


def plan(probes: Sequence[Probe], catalogue: Catalogue) -> Plan:
    """Return the statements for all probes whose tables and columns exist."""
    own: list[Asked] = []
    shared: list[_Parts] = []
    missing: dict[str, str] = {}
    for probe in probes:
        try:
            if probe.statement is not None:
                own.append(_whole(probe, catalogue))
            elif probe.shares:
                shared.append(_found(probe, catalogue))
            else:
                own.append(_compose([_found(probe, catalogue)]))
        except Missing as why:
            missing[probe.id] = str(why)
    if shared:
        own.append(_compose(shared))
    return Plan(tuple(own), missing)


def samples(probe: Probe) -> Iterator[str]:
    """Yield statements that hold everything a probe could ever send, as if all were there."""
    if probe.statement is not None:
        yield probe.statement
        return
    table = probe.table or "t"
    for choice in sorted({name for names in probe.columns.values() for name in names}):
        name = choice if "." in choice else f"{table}.{choice}"
        yield _compose([_Parts(probe, table, {"value": name}, joined=probe.join is not None)]).sql


def _whole(probe: Probe, catalogue: Catalogue) -> Asked:
    for table, columns in probe.needs.items():
        if not catalogue.has(table):
            raise Missing(f"there is no table {table}")
        lacking = sorted(set(columns) - catalogue.columns(table))
        if lacking:
            raise Missing(f"table {table} has no column {lacking[0]}")
    return Asked(probe.statement or "", {probe.id: {}}, anchored=False)


def _found(probe: Probe, catalogue: Catalogue) -> _Parts:
    table = probe.table or _only_table(probe, catalogue)
    if not catalogue.has(table):
        raise Missing(f"there is no table {table}")
    for name in (*probe.where, *([probe.join.on] if probe.join else [])):
        if name not in catalogue.columns(table):
            raise Missing(f"table {table} has no column {name}")
    joined = probe.join is not None and probe.join.to in catalogue.columns(probe.join.table)
    picked = {
        role: found
        for role, names in probe.columns.items()
        if (found := _pick(names, table, joined, probe, catalogue))
    }
    for role in probe.required:
        if role not in picked:
            raise Missing(f"table {table} has no column {_either(probe.columns[role])}")
    return _Parts(probe, table, picked, joined)


def _pick(
    names: Iterable[str], table: str, joined: bool, probe: Probe, catalogue: Catalogue
) -> str | None:
    """Return the first of the names that exists, with its table."""
    for name in names:
        where, _, column = name.rpartition(".")
        if where and where != table and not (joined and probe.join and where == probe.join.table):
            continue
        if column in catalogue.columns(where or table):
            return f"{where or table}.{column}"
    return None


def _only_table(probe: Probe, catalogue: Catalogue) -> str:
    """Return the one table that has the first name of every required column."""
    wanted = {probe.columns[role][0] for role in probe.required}
    found = [table for table in catalogue.tables() if wanted <= catalogue.columns(table)]
    listed = " and ".join(sorted(wanted))
    if not found:
        raise Missing(f"no table has {listed}")
    if len(found) > 1:
        raise Missing(f"more than one table has {listed}: {', '.join(found)}")
    return found[0]


def _either(names: Sequence[str]) -> str:
    return " or ".join(names)


def _compose(parts: Sequence[_Parts]) -> Asked:
    """Join every part to the anchor: rows multiply, so DISTINCT, and one row where all is empty."""
    selected = [f"a0.tabid as {ANCHOR_COLUMN}"]
    joins: list[str] = []
    reads: dict[str, Mapping[str, str]] = {}
    for number, part in enumerate(parts, 1):
        first, second = f"a{number}", f"b{number}"
        joins.append(f"left outer join {part.table} {first} on {_where(part.probe, first)}")
        if part.joined and part.probe.join is not None:
            join = part.probe.join
            joins.append(
                f"left outer join {join.table} {second} on {first}.{join.on} = {second}.{join.to}"
            )
        names: dict[str, str] = {}
        for role, column in part.columns.items():
            table, _, name = column.rpartition(".")
            alias = first if table == part.table else second
            names[role] = f"v{len(selected)}"
            selected.append(f"{_value(part.probe, f'{alias}.{name}', role)} as {names[role]}")
        reads[part.probe.id] = names
    listed, joined = ", ".join(selected), " ".join(joins)
    sql = f"select distinct {listed} from {ANCHOR} a0 {joined} where a0.tabid = 1"  # noqa: S608 - names are checked when probes are loaded
    return Asked(sql, reads)


def _where(probe: Probe, alias: str) -> str:
    tests = [f"{alias}.{column} = {_quoted(text)}" for column, text in probe.where.items()]
    return " and ".join(tests) or "1 = 1"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _value(probe: Probe, column: str, role: str) -> str:
    """Ask a shared statement only whether there is a row, so that rows do not multiply."""
    if role == "row" and probe.shares:
        return f"case when {column} is null then 'f' else 't' end"
    return column
