"""Reads prerequisites from the IM&P database over AXL SQL on the publisher, best effort.

Cisco publishes no data dictionary of IM&P and does not support its AXL for developers, so whatever
cannot be read is left unread with the reason, and the audit goes on without it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from auditor.collect.discovery.probes import Probe
from auditor.collect.discovery.sql import (
    ANCHOR_COLUMN,
    ANCHOR_VALUE,
    DatabaseRows,
    ProbeStatement,
    catalogue_statement,
    parse_catalogue,
    plan_statements,
)
from auditor.errors import BadReply, Bug, ExchangeError, SoapFault
from auditor.failures import Problem, failure_cause
from auditor.soap.client import Client

_STATEMENT_FAILURES = (SoapFault, BadReply)
"""Failures of one statement, after which the next may well be answered."""


@dataclass(frozen=True, slots=True)
class ProbeResults:
    """What the database of a node answered: rows by probe, and why other probes have none.

    A probe is in `rows` or in `gaps`. `stopped_by` is an error after which nothing more was asked.
    """

    node: str
    probes: tuple[Probe, ...]
    rows: Mapping[str, DatabaseRows] = field(default_factory=dict)
    gaps: Mapping[str, str] = field(default_factory=dict)
    stopped_by: ExchangeError | None = None


def fail_all_probes(node: str, probes: Sequence[Probe], why: str) -> ProbeResults:
    """Return the reading of a database that was not asked, with a clause that says why."""
    return ProbeResults(node, tuple(probes), gaps={probe.id: why for probe in probes})


def read_probes(client: Client, node: str, probes: Sequence[Probe]) -> ProbeResults:
    """Ask the database for all probes: at most six statements, one after the other.

    Raises:
        Bug, Interrupted: every other failure is in the reading.
    """
    try:
        plan = plan_statements(probes, parse_catalogue(client.sql(catalogue_statement(probes))))
    except Bug:
        raise
    except ExchangeError as error:
        told = fail_all_probes(
            node, probes, f"its catalogue gave no answer ({_error_clause(error)})"
        )
        stop = None if isinstance(error, _STATEMENT_FAILURES) else error
        return ProbeResults(node, told.probes, gaps=told.gaps, stopped_by=stop)
    rows: dict[str, DatabaseRows] = {}
    gaps = dict(plan.missing)
    stopped: ExchangeError | None = None
    for asked in plan.asked:
        if stopped is not None:
            gaps |= dict.fromkeys(
                asked.reads, f"not asked after a failure ({_error_clause(stopped)})"
            )
            continue
        try:
            rows |= _split_rows_by_probe(asked, client.sql(asked.sql), probes)
        except Bug:
            raise
        except ExchangeError as error:
            gaps |= dict.fromkeys(asked.reads, _error_clause(error))
            stopped = None if isinstance(error, _STATEMENT_FAILURES) else error
    return ProbeResults(node, tuple(probes), rows, gaps, stopped)


def _error_clause(error: ExchangeError) -> str:
    return failure_cause(error.failure)


def _split_rows_by_probe(
    asked: ProbeStatement, rows: DatabaseRows, probes: Sequence[Probe]
) -> Mapping[str, DatabaseRows]:
    """Return the answer's rows for each probe, under the names of its meaning, each once.

    Raises:
        BadReply: an answer that must have a row has none, or columns are not those asked for.
    """
    if asked.anchored and not (rows and all(_has_anchor(row) for row in rows)):
        raise BadReply(Problem.ANCHOR_ROW_MISSING)
    known = {probe.id: probe for probe in probes}
    return {
        name: _select_probe_rows(known[name], names, rows) for name, names in asked.reads.items()
    }


def _has_anchor(row: Mapping[str, str | None]) -> bool:
    return row.get(ANCHOR_COLUMN) == ANCHOR_VALUE


def _select_probe_rows(probe: Probe, names: Mapping[str, str], rows: DatabaseRows) -> DatabaseRows:
    expected = set(names.values()) or probe.required_columns
    if any(not expected <= row.keys() for row in rows):
        raise BadReply(Problem.OTHER_COLUMNS)
    told = [
        {role: row[name] or None for role, name in names.items()} if names else row for row in rows
    ]
    once = {tuple(row.items()): row for row in told}
    return tuple(row for row in once.values() if any(row.values()))
