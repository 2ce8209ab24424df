"""The tables of the history: runs, their results on each cluster, and the periods of findings.

Beside them are the nodes of each cluster, as CUCM last listed them.

A finding is not stored by every run: one row of `period_table` covers all consecutive runs in which
it did not change. Tables have a prefix, because a team's database may hold others.
"""

from typing import Any

import sqlalchemy as sa

from auditor.models.findings import Verdict

metadata = sa.MetaData()
# SQLite numbers rows by itself only in a column of type INTEGER.
_SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _text_column(name: str, **options: Any) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=options.pop("nullable", False), **options)


run_table = sa.Table(
    "auditor_run",
    metadata,
    sa.Column("seq", _SEQUENCE, primary_key=True),
    _text_column("id", unique=True),
    # As text in UTC, which sorts by time in both databases.
    _text_column("started_at", index=True),
    _text_column("finished_at"),
    _text_column("fail_on"),
    sa.Column("exit_code", sa.Integer, nullable=False),
    sa.Column("insecure", sa.Boolean, nullable=False),
    sa.Column("allow_unknown", sa.Boolean, nullable=False),
    sqlite_autoincrement=True,
)
"""One row for each run; `seq` grows in the order of recording and is never used again."""

cluster_run_table = sa.Table(
    "auditor_cluster_run",
    metadata,
    sa.Column("run", sa.ForeignKey(run_table.c.seq, ondelete="CASCADE"), primary_key=True),
    _text_column("cluster", primary_key=True),
    _text_column("release", nullable=True),
    _text_column("status"),
    _text_column("publisher", nullable=True),
    sa.Column("causes", sa.Integer, nullable=True),
    _text_column("reason", nullable=True),
    *(sa.Column(str(verdict), sa.Integer, nullable=False) for verdict in Verdict),
)
sa.Index("auditor_cluster_run_latest", cluster_run_table.c.cluster, cluster_run_table.c.run)
"""The result of a run on a cluster; `publisher` is the CUCM that it asked, as configured.

`causes` counts those of its drift; `reason` is why CUCM gave no list of the nodes. A run of an
earlier schema has neither.
"""

moving_service_table = sa.Table(
    "auditor_moving",
    metadata,
    sa.Column("run", sa.ForeignKey(run_table.c.seq, ondelete="CASCADE"), primary_key=True),
    _text_column("cluster", primary_key=True),
    _text_column("node", primary_key=True),
    _text_column("service", primary_key=True),
    _text_column("state"),
)
"""The services that were Starting or Stopping; node names in lower case."""

unread_node_table = sa.Table(
    "auditor_unread",
    metadata,
    sa.Column("run", sa.ForeignKey(run_table.c.seq, ondelete="CASCADE"), primary_key=True),
    _text_column("cluster", primary_key=True),
    _text_column("node", primary_key=True),
    _text_column("reason", nullable=True),
)
"""The nodes that a run should have read and could not, and why; names in lower case."""

topology_table = sa.Table(
    "auditor_topology",
    metadata,
    _text_column("cluster", primary_key=True),
    _text_column("node", primary_key=True),
    sa.Column("position", sa.Integer, nullable=False),
    _text_column("role"),
    _text_column("redundancy_group", nullable=True),
    sa.Column("group_known", sa.Boolean, nullable=False),
    _text_column("publisher", nullable=True),
    _text_column("listed_at"),
)
"""The nodes that CUCM last listed, in its order. Of each cluster there is only the last list, and
no run goes with it: it stays when that run is pruned. `listed_at` is when that run started, and
`publisher` the CUCM publisher of the cluster, as configured."""

finding_table = sa.Table(
    "auditor_finding",
    metadata,
    _text_column("id", primary_key=True),
    _text_column("cluster", index=True),
    _text_column("recommendation"),
    _text_column("service", nullable=True),
    _text_column("subject_kind"),
    _text_column("subject"),
    sa.Column("latest", _SEQUENCE, nullable=False),
    sa.Column("known", _SEQUENCE, nullable=True),
)
"""One row for each finding; `latest` is the `first` of its last period, `known` of its last period
that is not unknown."""

period_table = sa.Table(
    # An older word for a period; databases that exist have it, as they have `known`.
    "auditor_span",
    metadata,
    sa.Column("finding", sa.ForeignKey(finding_table.c.id, ondelete="CASCADE"), primary_key=True),
    sa.Column("first", _SEQUENCE, primary_key=True),
    sa.Column("last", _SEQUENCE, nullable=False),
    _text_column("first_at"),
    _text_column("last_at", index=True),
    sa.Column("runs", sa.Integer, nullable=False),
    _text_column("verdict"),
    _text_column("kind", nullable=True),
    _text_column("severity"),
    _text_column("since"),
    sa.Column("carried", sa.Integer, nullable=False),
)
"""Consecutive runs of the cluster, `first` to `last`, in which a finding did not change. It has had
its verdict since `since`, which may be before this period: in `carried` runs before it."""

waiver_table = sa.Table(
    "auditor_waiver",
    metadata,
    sa.Column("finding", sa.ForeignKey(finding_table.c.id, ondelete="CASCADE"), primary_key=True),
    sa.Column("run", _SEQUENCE, nullable=False),
    _text_column("reason"),
    _text_column("owner"),
    _text_column("expires"),
    _text_column("verdict"),
)
"""The waiver of each finding that was waived when it was last judged, by the run `run`."""
