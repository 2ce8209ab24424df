"""Reads prerequisites from the IM&P database over AXL SQL on the publisher, best effort.

Cisco publishes no data dictionary of IM&P and does not support its AXL for developers, so whatever
cannot be read is left unread with the reason, and the audit goes on without it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from auditor.collect import catalogue, statements
from auditor.collect.catalogue import Rows
from auditor.collect.probes import Probe
from auditor.errors import BadReply, Bug, ExchangeError, SoapFault
from auditor.soap.client import Client

_ONE_TABLE_ONLY = (SoapFault, BadReply)
"""Failures of one statement, after which the next may well be answered."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What the database of a node answered: rows by probe, and why other probes have none.

    A probe is in `rows` or in `gaps`. `stopped_by` is an error after which nothing more was asked.
    """

    node: str
    probes: tuple[Probe, ...]
    rows: Mapping[str, Rows] = field(default_factory=dict)
    gaps: Mapping[str, str] = field(default_factory=dict)
    stopped_by: ExchangeError | None = None


def unread(node: str, probes: Sequence[Probe], why: str) -> Reading:
    """Return the reading of a database that was not asked, with a clause that says why."""
    return Reading(node, tuple(probes), gaps={probe.id: why for probe in probes})


def read(client: Client, node: str, probes: Sequence[Probe]) -> Reading:
    """Ask the database for all probes: at most six statements, one after the other.

    Raises:
        Bug, Interrupted: every other failure is in the reading.
    """
    try:
        plan = statements.plan(probes, catalogue.read(client.sql(catalogue.statement(probes))))
    except Bug:
        raise
    except ExchangeError as error:
        told = unread(node, probes, f"its catalogue gave no answer ({_clause(error)})")
        stop = None if isinstance(error, _ONE_TABLE_ONLY) else error
        return Reading(node, told.probes, gaps=told.gaps, stopped_by=stop)
    rows: dict[str, Rows] = {}
    gaps = dict(plan.missing)
    stopped: ExchangeError | None = None
    for asked in plan.asked:
        if stopped is not None:
            gaps |= dict.fromkeys(asked.reads, f"not asked after a failure ({_clause(stopped)})")
            continue
        try:
            rows |= _answer(asked, client.sql(asked.sql), probes)
        except Bug:
            raise
        except ExchangeError as error:
            gaps |= dict.fromkeys(asked.reads, _clause(error))
            stopped = None if isinstance(error, _ONE_TABLE_ONLY) else error
    return Reading(node, tuple(probes), rows, gaps, stopped)


def _clause(error: ExchangeError) -> str:
    return error.detail.strip().rstrip(".")


def _answer(asked: statements.Asked, rows: Rows, probes: Sequence[Probe]) -> Mapping[str, Rows]:
    """Return the answer's rows for each probe, under the names of its meaning, each once.

    Raises:
        BadReply: an answer that must have a row has none, or columns are not those asked for.
    """
    if asked.anchored and not (rows and all(_is_anchored(row) for row in rows)):
        raise BadReply("AXL answered without the row that is always there.", "")
    known = {probe.id: probe for probe in probes}
    return {name: _rows(known[name], names, rows) for name, names in asked.reads.items()}


def _is_anchored(row: Mapping[str, str | None]) -> bool:
    return row.get(statements.ANCHOR_COLUMN) == statements.ANCHOR_VALUE


def _rows(probe: Probe, names: Mapping[str, str], rows: Rows) -> Rows:
    expected = set(names.values()) or probe.required
    if any(not expected <= row.keys() for row in rows):
        raise BadReply("AXL answered with other columns than asked for.", "")
    told = [
        {role: row[name] or None for role, name in names.items()} if names else row for row in rows
    ]
    once = {tuple(row.items()): row for row in told}
    return tuple(row for row in once.values() if any(row.values()))
