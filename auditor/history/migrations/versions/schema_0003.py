"""The nodes, roles and groups of each cluster when CUCM last listed them."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add what earlier runs did not keep; nothing of theirs is touched."""
    op.create_table(
        "auditor_topology",
        sa.Column("cluster", sa.Text, primary_key=True),
        sa.Column("node", sa.Text, primary_key=True),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("redundancy_group", sa.Text),
        sa.Column("group_known", sa.Boolean, nullable=False),
        sa.Column("publisher", sa.Text),
        sa.Column("listed_at", sa.Text, nullable=False),
    )
