"""Runs, what they came to on each cluster, and how findings stood from run to run."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

# A copy of the schema's: a step must not change when the schema moves on.
_SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create the five tables."""
    _create_runs()
    _create_cluster_runs()
    _create_moving_services()
    _create_findings()
    _create_spans()


def _foreign_key(column: str) -> sa.ForeignKey:
    return sa.ForeignKey(column, ondelete="CASCADE")


def _create_runs() -> None:
    op.create_table(
        "auditor_run",
        sa.Column("seq", _SEQUENCE, primary_key=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("started_at", sa.Text, nullable=False, index=True),
        sa.Column("finished_at", sa.Text, nullable=False),
        sa.Column("fail_on", sa.Text, nullable=False),
        sa.Column("exit_code", sa.Integer, nullable=False),
        sa.Column("insecure", sa.Boolean, nullable=False),
        sa.Column("allow_unknown", sa.Boolean, nullable=False),
        sqlite_autoincrement=True,
    )


def _create_cluster_runs() -> None:
    op.create_table(
        "auditor_cluster_run",
        sa.Column("run", _SEQUENCE, _foreign_key("auditor_run.seq"), primary_key=True),
        sa.Column("cluster", sa.Text, primary_key=True),
        sa.Column("release", sa.Text),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("pass", sa.Integer, nullable=False),
        sa.Column("drift", sa.Integer, nullable=False),
        sa.Column("unknown", sa.Integer, nullable=False),
        sa.Column("not_applicable", sa.Integer, nullable=False),
        sa.Column("explained", sa.Integer, nullable=False),
        sa.Column("waived", sa.Integer, nullable=False),
    )
    op.create_index("auditor_cluster_run_latest", "auditor_cluster_run", ["cluster", "run"])


def _create_moving_services() -> None:
    op.create_table(
        "auditor_moving",
        sa.Column("run", _SEQUENCE, _foreign_key("auditor_run.seq"), primary_key=True),
        sa.Column("cluster", sa.Text, primary_key=True),
        sa.Column("node", sa.Text, primary_key=True),
        sa.Column("service", sa.Text, primary_key=True),
        sa.Column("state", sa.Text, nullable=False),
    )


def _create_findings() -> None:
    op.create_table(
        "auditor_finding",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("cluster", sa.Text, nullable=False, index=True),
        sa.Column("recommendation", sa.Text, nullable=False),
        sa.Column("service", sa.Text),
        sa.Column("subject_kind", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("latest", _SEQUENCE, nullable=False),
        sa.Column("known", _SEQUENCE),
    )


def _create_spans() -> None:
    op.create_table(
        "auditor_span",
        sa.Column("finding", sa.Text, _foreign_key("auditor_finding.id"), primary_key=True),
        sa.Column("first", _SEQUENCE, primary_key=True),
        sa.Column("last", _SEQUENCE, nullable=False),
        sa.Column("first_at", sa.Text, nullable=False),
        sa.Column("last_at", sa.Text, nullable=False, index=True),
        sa.Column("runs", sa.Integer, nullable=False),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("kind", sa.Text),
        sa.Column("severity", sa.Text, nullable=False),
        sa.Column("since", sa.Text, nullable=False),
        sa.Column("carried", sa.Integer, nullable=False),
    )
