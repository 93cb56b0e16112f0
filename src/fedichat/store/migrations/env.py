"""Alembic's entry: runs on the connection that the program has open."""

from alembic import context

from fedichat.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transaction_per_migration=False,
)
context.run_migrations()
