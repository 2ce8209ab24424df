"""The tables of the history: runs, what they came to on each cluster, and how findings stood.

A finding that stands is not stored again by each run: one row of `spans` covers all consecutive
runs that saw it alike. Tables have a prefix, because a team's database may hold others.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
)

from auditor.findings import Verdict

VERSION_TABLE = "auditor_schema"
HEAD = "0002"
"""The schema that this program reads and writes: the last migration."""

metadata = MetaData()
_SEQUENCE = BigInteger().with_variant(Integer(), "sqlite")


def _text(name: str, **options: Any) -> Column[str]:
    return Column(name, Text, nullable=options.pop("nullable", False), **options)


runs = Table(
    "auditor_run",
    metadata,
    Column("seq", _SEQUENCE, primary_key=True),
    _text("id", unique=True),
    _text("started_at", index=True),
    _text("finished_at"),
    _text("fail_on"),
    Column("exit_code", Integer, nullable=False),
    Column("insecure", Boolean, nullable=False),
    Column("allow_unknown", Boolean, nullable=False),
    sqlite_autoincrement=True,
)
"""One row a run; `seq` grows in the order in which runs were recorded and is never used again."""

cluster_runs = Table(
    "auditor_cluster_run",
    metadata,
    Column("run", ForeignKey(runs.c.seq, ondelete="CASCADE"), primary_key=True),
    _text("cluster", primary_key=True),
    _text("release", nullable=True),
    _text("status"),
    _text("publisher", nullable=True),
    *(Column(str(verdict), Integer, nullable=False) for verdict in Verdict),
)
Index("auditor_cluster_run_latest", cluster_runs.c.cluster, cluster_runs.c.run)
"""What a run came to on a cluster; `publisher` is the CUCM that it asked, as it is configured."""

moving = Table(
    "auditor_moving",
    metadata,
    Column("run", ForeignKey(runs.c.seq, ondelete="CASCADE"), primary_key=True),
    _text("cluster", primary_key=True),
    _text("node", primary_key=True),
    _text("service", primary_key=True),
    _text("state"),
)
"""The services that a run found Starting or Stopping; node names in lower case."""

unread = Table(
    "auditor_unread",
    metadata,
    Column("run", ForeignKey(runs.c.seq, ondelete="CASCADE"), primary_key=True),
    _text("cluster", primary_key=True),
    _text("node", primary_key=True),
)
"""The nodes that a run should have read and could not; names in lower case."""

findings = Table(
    "auditor_finding",
    metadata,
    _text("id", primary_key=True),
    _text("cluster", index=True),
    _text("recommendation"),
    _text("service", nullable=True),
    _text("subject_kind"),
    _text("subject"),
    Column("latest", _SEQUENCE, nullable=False),
    Column("known", _SEQUENCE, nullable=True),
)
"""One row a finding; `latest` is the `first` of its last span, `known` of its last one that is
not unknown."""

spans = Table(
    "auditor_span",
    metadata,
    Column("finding", ForeignKey(findings.c.id, ondelete="CASCADE"), primary_key=True),
    Column("first", _SEQUENCE, primary_key=True),
    Column("last", _SEQUENCE, nullable=False),
    _text("first_at"),
    _text("last_at", index=True),
    Column("runs", Integer, nullable=False),
    _text("verdict"),
    _text("kind", nullable=True),
    _text("severity"),
    _text("since"),
    Column("carried", Integer, nullable=False),
)
"""Consecutive runs of the cluster, `first` to `last`, that saw a finding alike. It stands in its
verdict since `since`, which may be before this span: `carried` runs saw it so before."""
