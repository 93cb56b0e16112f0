"""The steps of the database schema, run by Alembic at start."""
