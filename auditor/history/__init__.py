"""What earlier runs found, kept in a database: SQLite by default, PostgreSQL for teams."""
