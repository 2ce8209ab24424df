"""Waivers as a run last met them, the causes it counted, and why something was not read."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add what earlier runs did not keep; nothing of theirs is touched."""
    op.add_column("auditor_cluster_run", sa.Column("causes", sa.Integer))
    op.add_column("auditor_cluster_run", sa.Column("reason", sa.Text))
    op.add_column("auditor_unread", sa.Column("reason", sa.Text))
    op.create_table(
        "auditor_waiver",
        sa.Column(
            "finding",
            sa.Text,
            sa.ForeignKey("auditor_finding.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("run", _SEQUENCE, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("expires", sa.Text, nullable=False),
        sa.Column("verdict", sa.Text, nullable=False),
    )
