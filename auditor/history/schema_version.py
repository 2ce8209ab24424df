"""Which schema the history has today; apart from the schema, whose library takes long to load."""

VERSION_TABLE = "auditor_schema"
VERSION_QUERY = "SELECT version_num FROM auditor_schema"
HEAD_REVISION = "0004"
"""The last of the migrations; a test holds them together."""
