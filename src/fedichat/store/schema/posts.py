"""Posts, what recurs, freezes, and the statuses that posts became."""

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text

from fedichat.store.engines.base import partial_index
from fedichat.store.schema.base import WAITING, Instant, Number, metadata

posts = Table(
    "posts",
    metadata,
    Column("id", Number, primary_key=True, autoincrement=True),
    # None for what is planned: it answers nobody.
    Column("ticket", ForeignKey("tickets.id")),
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
    Column("attempt", JSON(none_as_null=True)),
    Column("kind", String, nullable=False),
    Column("target", ForeignKey("posts.id")),
    Column("parts", JSON, nullable=False),
    Column("attachments", JSON, nullable=False),
    Column("without_alt", Text, nullable=False),
    Column("proposal", Integer),
    Column("due_at", Instant),
    Column("moved_from", Instant),
    Column("moment", Text, nullable=False),
    Column("labels", JSON, nullable=False),
    Column("audience", Text, nullable=False),
    Column("series", ForeignKey("series.id")),
    Column("bundle", ForeignKey("posts.id")),
    Index("posts_by_ticket", "ticket", "id"),
    Index("posts_by_source", "source"),
    # The editorial plan, and what of it waits.
    partial_index("posts_by_time", "due_at", where="ticket IS NULL"),
    partial_index("posts_by_state", "state", "kind", where="ticket IS NULL"),
    Index("posts_by_bundle", "bundle"),
    partial_index("posts_by_series", "series", where="series IS NOT NULL"),
    partial_index("posts_by_target", "target", where="target IS NOT NULL"),
    partial_index("posts_that_wait", "id", where=f"state IN {WAITING}"),
    sqlite_autoincrement=True,
)

# Posts that come again and again: each of them is made of the `template`, a post as JSON.
series = Table(
    "series",
    metadata,
    Column("id", Number, primary_key=True, autoincrement=True),
    Column("rule", Text, nullable=False),
    Column("template", JSON, nullable=False),
    Column("approved_by", String),
    Column("last_at", Instant, nullable=False),
    Column("ended_at", Instant),
    sqlite_autoincrement=True,
)

# When all that is planned was held back, and for how long.
freezes = Table(
    "freezes",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("begun_at", Instant, nullable=False),
    Column("begun_by", String, nullable=False),
    Column("reason", Text, nullable=False),
    Column("ended_at", Instant),
    Column("ended_by", String),
)

# The statuses that posts became, part by part.
published = Table(
    "published",
    metadata,
    Column("account", String, primary_key=True),
    Column("status_id", String, primary_key=True),
    Column("post", ForeignKey("posts.id"), nullable=False),
    Column("part", Integer, nullable=False),
    Column("url", Text, nullable=False),
    Index("published_by_post", "post", "part", unique=True),
)
