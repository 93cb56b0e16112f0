"""What all tables share. Every moment is stored in UTC, as whole microseconds since 1970: exact, sortable, portable."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Dialect, Integer, MetaData, String, TypeDecorator, column, table

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
NEVER = datetime(9999, 1, 1, tzinfo=UTC)


class Instant(TypeDecorator[datetime]):
    """An aware datetime, kept as microseconds since 1970 in UTC. A naive one is refused."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:  # noqa: ANN401, ARG002 - SQLAlchemy's
        """To the database."""
        if value is None:
            return None
        if value.tzinfo is None:
            msg = f"a moment without a time zone cannot be stored: {value}"
            raise ValueError(msg)
        return (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ANN401, ARG002 - SQLAlchemy's
        """From the database."""
        return None if value is None else _EPOCH + value * _MICROSECOND


Number = BigInteger().with_variant(Integer, "sqlite")
"""Of rows that the database numbers: SQLite does so only where the primary key is called INTEGER."""

VERSION = "0001"
"""The newest migration, which these tables are the outcome of."""

WAITING = "('draft', 'confirmed', 'publishing', 'missed')"
"""The states of posts that are still to go out, as a literal: see `partial_index`."""

OPEN = "('new', 'claimed', 'waiting')"
"""The states of tickets that are open, as a literal: see `partial_index`."""

metadata = MetaData()

alembic_version = table("alembic_version", column("version_num", String))
"""Where Alembic keeps which version a database is of."""
