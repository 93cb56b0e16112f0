"""The tables. Every moment is stored in UTC, as whole microseconds since 1970: exact, sortable, portable."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


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


# An INTEGER primary key is what makes SQLite number rows by itself.
_Number = BigInteger().with_variant(Integer, "sqlite")

VERSION = "0001"
"""The newest migration, which these tables are the outcome of."""

metadata = MetaData()

tickets = Table(
    "tickets",
    metadata,
    Column("id", _Number, primary_key=True, autoincrement=True),
    Column("account", String, nullable=False),
    Column("place", String, nullable=False),
    Column("state", String, nullable=False),
    Column("visibility", String, nullable=False),
    Column("author", String, nullable=False),
    Column("status", String, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("language", String, nullable=False),
    Column("claimant", String),
    Column("reason", Text, nullable=False),
    Index("tickets_by_place", "place", "state", "id"),
    Index("tickets_by_author", "account", "author"),
    Index("tickets_to_forget", "state", "changed_at"),
    sqlite_autoincrement=True,
)

mentions = Table(
    "mentions",
    metadata,
    Column("account", String, primary_key=True),
    Column("status_id", String, primary_key=True),
    Column("ticket", ForeignKey("tickets.id"), nullable=False),
    Column("notification_id", String, nullable=False),
    Column("written_at", Instant, nullable=False),
    Column("version", String, nullable=False),
    Column("status", JSON, nullable=False),
    Column("earlier", JSON, nullable=False),
    Index("mentions_by_ticket", "ticket", "written_at"),
)

notifications = Table(
    "notifications",
    metadata,
    Column("account", String, primary_key=True),
    Column("id", String, primary_key=True),
    Column("notified_at", Instant, nullable=False),
    Index("notifications_by_time", "account", "notified_at"),
)

malformed = Table(
    "malformed",
    metadata,
    Column("number", _Number, primary_key=True, autoincrement=True),
    Column("account", String, nullable=False),
    Column("notification_id", String),
    Column("seen_at", Instant, nullable=False),
    Column("reason", Text, nullable=False),
    Column("raw", Text, nullable=False),
)

posts = Table(
    "posts",
    metadata,
    Column("id", _Number, primary_key=True, autoincrement=True),
    Column("ticket", ForeignKey("tickets.id"), nullable=False),
    Column("account", String, nullable=False),
    Column("place", String, nullable=False),
    Column("author", String, nullable=False),
    Column("text", Text, nullable=False),
    Column("visibility", String, nullable=False),
    Column("in_reply_to", String),
    Column("based_on", String, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("state", String, nullable=False),
    Column("content_warning", Text, nullable=False),
    Column("language", String, nullable=False),
    Column("tag_all", Boolean, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("source", String),
    Column("confirmed_by", String),
    Column("publish_after", Instant),
    Column("attempted_at", Instant),
    Column("published_as", String),
    Column("url", Text, nullable=False),
    Index("posts_by_ticket", "ticket", "id"),
    Index("posts_by_source", "source"),
    Index("posts_by_status", "account", "published_as", unique=True),
    sqlite_autoincrement=True,
)

history = Table(
    "history",
    metadata,
    Column("number", _Number, primary_key=True, autoincrement=True),
    Column("ticket", ForeignKey("tickets.id"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("step", String, nullable=False),
    Column("actor", String),
    Column("text", Text, nullable=False),
    Column("post", ForeignKey("posts.id")),
    Index("history_by_ticket", "ticket", "number"),
)

effects = Table(
    "effects",
    metadata,
    Column("number", _Number, primary_key=True, autoincrement=True),
    Column("id", String, nullable=False, unique=True),
    Column("lane", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("payload", JSON, nullable=False),
    Column("not_before", Instant),
    Column("started", Boolean, nullable=False),
    Column("same_as", String),
    Column("set_aside", Text),
    Column("set_aside_at", Instant),
    Index("effects_by_lane", "set_aside", "lane", "number"),
    # One waiting card update is enough, however often the ticket changes before it is carried out.
    Index("effects_once", "same_as", unique=True),
)

messages = Table(
    "messages",
    metadata,
    Column("event_id", String, primary_key=True),
    Column("place", String, nullable=False),
    Column("ticket", ForeignKey("tickets.id"), nullable=False),
    Column("post", ForeignKey("posts.id")),
    Column("revision", Integer),
    Column("is_card", Boolean, nullable=False),
    Index("messages_by_ticket", "ticket", "is_card", "place"),
    Index("messages_by_post", "post", "revision"),
)

reactions = Table(
    "reactions",
    metadata,
    Column("event_id", String, primary_key=True),
    Column("target", String, nullable=False),
    Column("sender", String, nullable=False),
    Column("key", String, nullable=False),
    Column("at", Instant, nullable=False),
    Index("reactions_by_target", "target", "sender"),
)

seen_events = Table(
    "seen_events",
    metadata,
    Column("event_id", String, primary_key=True),
    Column("at", Instant, nullable=False),
    Index("seen_events_by_time", "at"),
)

timers = Table(
    "timers",
    metadata,
    Column("name", String, primary_key=True),
    Column("due_at", Instant, nullable=False),
    Index("timers_by_time", "due_at"),
)

sync_tokens = Table(
    "sync_tokens",
    metadata,
    Column("user", String, primary_key=True),
    Column("token", String, nullable=False),
)
