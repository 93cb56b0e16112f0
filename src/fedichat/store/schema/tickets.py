"""Tickets, what citizens wrote in them, what departments and colleagues said about them, and what happened."""

from sqlalchemy import JSON, Boolean, Column, ForeignKey, ForeignKeyConstraint, Index, Integer, String, Table, Text

from fedichat.store.engines.base import partial_index
from fedichat.store.schema.base import NEVER, OPEN, Instant, Number, metadata

tickets = Table(
    "tickets",
    metadata,
    Column("id", Number, primary_key=True, autoincrement=True),
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
    # 0 is the most urgent: the order in the queue.
    Column("priority", Integer, nullable=False),
    Column("labels", JSON, nullable=False),
    Column("snoozed_until", Instant),
    Column("interim_at", Instant),
    Column("merged_into", ForeignKey("tickets.id")),
    Column("asked_at", Instant),
    Column("due_at", Instant),
    Column("first_due_at", Instant),
    Column("first_response_at", Instant),
    # What the citizen waited for the first response: working time, in whole seconds.
    Column("first_response_seconds", Integer),
    Column("resolve_by", Instant),
    Column("look_at", Instant),
    # `due_at`, or NEVER: what an index can sort by in every database.
    Column("queue_at", Instant, nullable=False, default=NEVER),
    # The queues, in their order; the few that are open among all that ever were. What is never due comes last.
    partial_index("tickets_open", "place", "queue_at", "priority", "id", where=f"state IN {OPEN}"),
    partial_index("tickets_to_look_at", "look_at", where="look_at IS NOT NULL"),
    Index("tickets_by_claimant", "claimant", "state", "id"),
    Index("tickets_by_author", "account", "author"),
    Index("tickets_to_forget", "state", "changed_at"),
    Index("tickets_by_merge", "merged_into"),
    # For the figures of a period, each answered from the index alone.
    Index("tickets_by_arrival", "opened_at"),
    Index("tickets_by_response", "first_response_at", "first_due_at", "first_response_seconds"),
    Index("tickets_by_promise", "first_due_at", "first_response_at"),
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
    # When the server was last asked whether it still stands as it was, and since when it has been missing there.
    Column("checked_at", Instant, nullable=False),
    Column("missing_since", Instant),
    Index("mentions_by_ticket", "ticket", "written_at"),
    # All that says what is to be looked at next, so that nobody's words have to be read for that.
    Index("mentions_by_check", "ticket", "account", "checked_at", "missing_since", "status_id"),
)

# What stands above the mentions in their conversations: in whose `earlier` to look for what its author has deleted.
above = Table(
    "above",
    metadata,
    Column("account", String, primary_key=True),
    Column("status_id", String, primary_key=True),
    Column("below", String, primary_key=True),
    ForeignKeyConstraint(["account", "below"], ["mentions.account", "mentions.status_id"], ondelete="CASCADE"),
    Index("above_by_mention", "account", "below"),
)

# What citizens have deleted: it is not taken again, and what they write below it finds its ticket.
deleted = Table(
    "deleted",
    metadata,
    Column("account", String, primary_key=True),
    Column("status_id", String, primary_key=True),
    Column("ticket", ForeignKey("tickets.id"), nullable=False),
    Index("deleted_by_ticket", "ticket"),
)

escalations = Table(
    "escalations",
    metadata,
    Column("ticket", ForeignKey("tickets.id"), primary_key=True),
    Column("department", String, primary_key=True),
    Column("question", Text, nullable=False),
    Column("asked_by", String, nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("recalled_by", String),
    Column("due_at", Instant),
    Column("proposed_at", Instant),
    Index("escalations_by_department", "department", "ended_at", "ticket"),
)

proposals = Table(
    "proposals",
    metadata,
    Column("ticket", ForeignKey("tickets.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("place", String, nullable=False),
    Column("author", String, nullable=False),
    Column("text", Text, nullable=False),
    Column("source", String, nullable=False, unique=True),
    Column("made_at", Instant, nullable=False),
    Column("marked_by", String),
)

# What colleagues said in tickets' threads. Their text is kept as long as the citizen's.
remarks = Table(
    "remarks",
    metadata,
    Column("event_id", String, primary_key=True),
    # One of the two: the thread of a ticket, or that of a planned post, of which only files are kept.
    Column("ticket", ForeignKey("tickets.id")),
    Column("post", ForeignKey("posts.id")),
    Column("place", String, nullable=False),
    Column("sender", String, nullable=False),
    Column("text", Text, nullable=False),
    Column("said_at", Instant, nullable=False),
    Column("file", JSON),
    Column("file_number", Integer),
    Column("is_gone", Boolean, nullable=False),
    Index("remarks_by_ticket", "ticket", "said_at"),
    Index("remarks_by_post", "post"),
)

history = Table(
    "history",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("ticket", ForeignKey("tickets.id")),
    Column("at", Instant, nullable=False),
    Column("step", String, nullable=False),
    Column("actor", String),
    Column("text", Text, nullable=False),
    Column("post", ForeignKey("posts.id")),
    Column("source", String),
    Column("said", JSON(none_as_null=True)),
    Index("history_by_ticket", "ticket", "number"),
    Index("history_by_post", "post", "number"),
    Index("history_by_step", "step", "at", "ticket"),
    partial_index("history_by_source", "source", where="source IS NOT NULL"),
    partial_index("history_with_words", "ticket", where="text <> ''"),
)

# What somebody has been reminded of: each reminder of each promise once.
reminded = Table(
    "reminded",
    metadata,
    Column("ticket", ForeignKey("tickets.id"), primary_key=True),
    Column("place", String, primary_key=True),
    Column("name", String, primary_key=True),
    Column("promise", Instant, primary_key=True),
    Column("at", Instant, nullable=False),
)
