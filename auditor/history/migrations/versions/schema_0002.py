"""Which CUCM publisher a run asked, and which nodes it could not read."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add what earlier runs did not keep; nothing of theirs is touched."""
    op.add_column("auditor_cluster_run", sa.Column("publisher", sa.Text))
    op.create_table(
        "auditor_unread",
        sa.Column(
            "run", _SEQUENCE, sa.ForeignKey("auditor_run.seq", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("cluster", sa.Text, primary_key=True),
        sa.Column("node", sa.Text, primary_key=True),
    )
