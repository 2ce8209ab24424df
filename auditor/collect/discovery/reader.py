"""Runs the probes against the IM&P database, over AXL SQL on the publisher; best effort.

Cisco publishes no data dictionary of IM&P and does not support its AXL for developers, so what
cannot be read is recorded with the reason, and the audit continues without it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from auditor.collect.discovery import sql
from auditor.collect.discovery.probes import Probe
from auditor.errors import BadReply, Bug, ExchangeError, NotAsked, SoapFault
from auditor.failures import failure_cause
from auditor.problems import Problem
from auditor.soap.client import Client
from auditor.soap.sql_guard import StatementRefused

_STATEMENT_FAILURES = (SoapFault, BadReply)
"""Failures of one statement, after which the next one may succeed."""


@dataclass(frozen=True, slots=True)
class ProbeResults:
    """What the database of a node returned: rows by probe, and why other probes have none.

    A probe is in `rows` or in `gaps`, whose texts are clauses. `stopped_by` is an error after which
    nothing more was asked.
    """

    node: str
    probes: tuple[Probe, ...]
    rows: Mapping[str, sql.DatabaseRows] = field(default_factory=dict)
    gaps: Mapping[str, str] = field(default_factory=dict)
    stopped_by: ExchangeError | None = None


def fail_all_probes(
    node: str, probes: Sequence[Probe], why: str, stopped_by: ExchangeError | None = None
) -> ProbeResults:
    """Return the results of a database that gave nothing; `why` is a clause."""
    gaps = {probe.id: why for probe in probes}
    return ProbeResults(node, tuple(probes), gaps=gaps, stopped_by=stopped_by)


def read_probes(client: Client, node: str, probes: Sequence[Probe]) -> ProbeResults:
    """Run all probes: two statements, or one for each where the server refuses a union of them.

    Raises:
        Bug, Interrupted: every other failure is in the results.
    """
    try:
        plan = sql.plan_statements(
            probes, sql.parse_catalogue(client.sql(sql.catalogue_statement(probes)))
        )
    except Bug:
        # A Bug is an ExchangeError too, but a gap of the audit: the caller records it.
        raise
    except ExchangeError as error:
        why = f"its catalogue could not be read: {failure_cause(error.failure)}"
        return fail_all_probes(node, probes, why, _stopping_error(error))
    answers = _Answers(gaps=dict(plan.missing))
    composed = [statement for statement in plan.statements if statement.is_composed]
    answers.add(composed, lambda: _read_union(client, composed, probes))
    for statement in plan.statements:
        if not answers.hold(statement):
            answers.add([statement], partial(_read_statement, client, statement, probes))
    return ProbeResults(node, tuple(probes), answers.rows, answers.gaps, answers.stopped_by)


@dataclass(slots=True)
class _Answers:
    """Rows by probe, why other probes have none, and the error after which nothing is asked."""

    gaps: dict[str, str]
    rows: dict[str, sql.DatabaseRows] = field(default_factory=dict)
    stopped_by: ExchangeError | None = None

    def hold(self, statement: sql.ProbeStatement) -> bool:
        """Return whether a statement was asked, with or without success."""
        return statement.reads.keys() <= {*self.rows, *self.gaps}

    def add(
        self,
        statements: Sequence[sql.ProbeStatement],
        ask: Callable[[], Mapping[str, sql.DatabaseRows]],
    ) -> None:
        """Ask statements, and keep their rows or the reason why there are none."""
        probe_ids = [probe_id for statement in statements for probe_id in statement.reads]
        if self.stopped_by is not None:
            why = f"not asked after a failure: {failure_cause(self.stopped_by.failure)}"
            self.gaps |= dict.fromkeys(probe_ids, why)
            return
        try:
            self.rows |= ask()
        except Bug:
            raise
        except StatementRefused as refused:
            # The name of a table may come from the server's own catalogue.
            self.gaps |= dict.fromkeys(probe_ids, str(refused))
        except ExchangeError as error:
            self.gaps |= dict.fromkeys(probe_ids, failure_cause(error.failure))
            self.stopped_by = _stopping_error(error)


def _read_statement(
    client: Client, statement: sql.ProbeStatement, probes: Sequence[Probe]
) -> Mapping[str, sql.DatabaseRows]:
    return _split_rows_by_probe(statement, client.sql(statement.sql), probes)


def _read_union(
    client: Client, statements: Sequence[sql.ProbeStatement], probes: Sequence[Probe]
) -> Mapping[str, sql.DatabaseRows]:
    """Return the rows of all statements, asked as one; none if they are to be asked one by one.

    It takes one failure of a part, and what else is odd in the reply, for one of the whole: which
    rows are missing then would be a guess.

    Raises:
        ExchangeError: the statements would fail too.
    """
    if len(statements) < 2:
        return {}
    try:
        rows = client.sql_union(sql.union_parts(statements))
        read: dict[str, sql.DatabaseRows] = {}
        for statement, own in zip(statements, sql.split_union_rows(statements, rows), strict=True):
            read |= _split_rows_by_probe(statement, own, probes)
    # Evidence of an earlier release holds the replies to the statements alone.
    except (StatementRefused, NotAsked, *_STATEMENT_FAILURES):
        return {}
    return read


def _stopping_error(error: ExchangeError) -> ExchangeError | None:
    return None if isinstance(error, _STATEMENT_FAILURES) else error


def _split_rows_by_probe(
    statement: sql.ProbeStatement, rows: sql.DatabaseRows, probes: Sequence[Probe]
) -> Mapping[str, sql.DatabaseRows]:
    """Return the different rows of each probe, with the column names of its meaning.

    Raises:
        BadReply: the row that is always there is missing, or the columns are not those selected.
    """
    anchors = {row.get(sql.ANCHOR_COLUMN) for row in rows}
    if statement.is_composed and anchors != {sql.ANCHOR_VALUE}:
        raise BadReply(Problem.ANCHOR_ROW_MISSING)
    by_id = {probe.id: probe for probe in probes}
    return {
        probe_id: _select_probe_rows(by_id[probe_id], names, rows)
        for probe_id, names in statement.reads.items()
    }


def _select_probe_rows(
    probe: Probe, names: Mapping[str, str], rows: sql.DatabaseRows
) -> sql.DatabaseRows:
    expected = set(names.values()) or probe.required_columns
    if any(not expected <= row.keys() for row in rows):
        raise BadReply(Problem.OTHER_COLUMNS)
    renamed = [
        {column: row[name] or None for column, name in names.items()} if names else row
        for row in rows
    ]
    # The probes of a statement are joined, so the row of one repeats for every row of another; an
    # empty table gives a row of nothing.
    different = {tuple(row.items()): row for row in renamed}
    return tuple(row for row in different.values() if any(row.values()))
