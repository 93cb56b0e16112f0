"""Posts, what recurs, freezes, and the statuses that posts became."""

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, Integer, Table, Text

from fedichat.store.engines.base import partial_index
from fedichat.store.schema.base import WAITING, Instant, Number, metadata
from fedichat.store.schema.words import COLLEAGUE, EMPTIED, LATER, NO_WORDS, code, words

posts = Table(
    "posts",
    metadata,
    Column("id", Number, primary_key=True, autoincrement=True),
    # None for what is planned: it answers nobody.
    Column("ticket", ForeignKey("tickets.id")),
    code("account", nullable=False),
    code("place", nullable=False),
    code("author", nullable=False),
    Column("text", Text, nullable=False, info=words(COLLEAGUE, EMPTIED)),
    code("visibility", nullable=False),
    code("in_reply_to"),
    code("based_on", nullable=False),
    Column("created_at", Instant, nullable=False),
    code("state", nullable=False),
    Column("content_warning", Text, nullable=False, info=words(COLLEAGUE, EMPTIED)),
    code("language", nullable=False),
    Column("tag_all", Boolean, nullable=False),
    Column("revision", Integer, nullable=False),
    code("source"),
    code("confirmed_by"),
    Column("publish_after", Instant),
    Column("attempted_at", Instant),
    Column("attempt", JSON(none_as_null=True), info=NO_WORDS),
    code("kind", nullable=False),
    Column("target", ForeignKey("posts.id")),
    Column("parts", JSON, nullable=False, info=words(COLLEAGUE, EMPTIED, [])),
    Column("attachments", JSON, nullable=False, info=words(COLLEAGUE, EMPTIED, [])),
    Column("without_alt", Text, nullable=False, info=words(COLLEAGUE, EMPTIED)),
    Column("proposal", Integer),
    Column("due_at", Instant),
    Column("moved_from", Instant),
    Column("moment", Text, nullable=False, info=words(COLLEAGUE, EMPTIED)),
    Column("labels", JSON, nullable=False, info=NO_WORDS),
    Column("audience", Text, nullable=False, info=words(COLLEAGUE, EMPTIED)),
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
    Column("rule", Text, nullable=False, info=words(COLLEAGUE, LATER)),
    Column("template", JSON, nullable=False, info=words(COLLEAGUE, LATER)),
    code("approved_by"),
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
    code("begun_by", nullable=False),
    Column("reason", Text, nullable=False, info=words(COLLEAGUE, LATER)),
    Column("ended_at", Instant),
    code("ended_by"),
)

# The statuses that posts became, part by part.
published = Table(
    "published",
    metadata,
    code("account", primary_key=True),
    code("status_id", primary_key=True),
    Column("post", ForeignKey("posts.id"), nullable=False),
    Column("part", Integer, nullable=False),
    Column("url", Text, nullable=False, info=NO_WORDS),
    Index("published_by_post", "post", "part", unique=True),
)
