"""Which recorded run a user means: by its id, the beginning of its id, or a date."""

import re
from datetime import UTC, datetime

from sqlalchemy import Connection, func, select

from auditor.errors import ConfigError
from auditor.history import reading
from auditor.history.schema import runs
from auditor.showing import short, visible

_DATE = re.compile(r"\d{4}-\d\d-\d\d(?:[T ].*)?")


def moment(text: str) -> str | None:
    """Return a date, or date and time, in the form of `started_at`; None for something else.

    Without a zone it is UTC, as all times of history are.

    Raises:
        ConfigError: it looks like a date and is none.
    """
    if not _DATE.fullmatch(text):
        return None
    try:
        told = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError(
            [visible(f'"{short(text)}" is no date; write 2026-03-01 or 2026-03-01T06:00')]
        ) from None
    return stamp(told if told.tzinfo else told.replace(tzinfo=UTC))


def stamp(told: datetime) -> str:
    """Return a moment as runs are stamped: ISO 8601 in UTC, whole seconds, Z."""
    return told.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def run_of(connection: Connection, cluster: str, since: str) -> int:
    """Return the run of a cluster that "since" compares with.

    For a run id, that run, or the cluster's last one before it. For a moment, the last run that
    started by then; where the record begins later, the first one. The cluster has runs.

    Raises:
        ConfigError: no run has this id, or several begin so.
    """
    told = moment(since)
    if told is None:
        by: int | None = _named(connection, since)
    else:
        started = select(runs.c.seq).where(runs.c.started_at <= told)
        last = started.order_by(runs.c.started_at.desc(), runs.c.seq.desc()).limit(1)
        by = connection.execute(last).scalar()
    found = None if by is None else reading.latest_run(connection, cluster, by)
    oldest = reading.first_run(connection, cluster)
    if oldest is None:
        raise LookupError(cluster)
    return oldest if found is None else found


def _named(connection: Connection, name: str) -> int:
    begins = runs.c.id.startswith(name, autoescape=True)
    question = select(runs.c.id, runs.c.seq).where(begins).order_by(func.length(runs.c.id))
    found = connection.execute(question.limit(2)).all()
    exact = [seq for told, seq in found if told == name]
    if len(exact or found) == 1:
        return int(exact[0] if exact else found[0].seq)
    word = visible(short(name))
    if found:
        raise ConfigError([f'history: several runs begin with "{word}"; write more of the id'])
    raise ConfigError(
        [f'history: no run "{word}" is recorded, and it is no date; `auditor history` lists runs']
    )
