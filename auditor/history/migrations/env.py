"""What Alembic runs to migrate: on the connection, and in the transaction, of its caller."""

from alembic import context

from auditor.history.schema import metadata
from auditor.history.schema_version import VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
)
with context.begin_transaction():
    context.run_migrations()
