"""Tickets, what citizens wrote in them, what departments and colleagues said about them, and what happened."""

from sqlalchemy import JSON, Boolean, Column, ForeignKey, ForeignKeyConstraint, Index, Integer, String, Table, Text

from fedichat.store.engines.base import partial_index
from fedichat.store.schema.base import NEVER, OPEN, Instant, Number, metadata
from fedichat.store.schema.words import CITIZEN, COLLEAGUE, EMPTIED, NO_WORDS, REMOVED, code, words

tickets = Table(
    "tickets",
    metadata,
    Column("id", Number, primary_key=True, autoincrement=True),
    code("account", nullable=False),
    code("place", nullable=False),
    code("state", nullable=False),
    code("visibility", nullable=False),
    Column("author", String, nullable=False, info=words(CITIZEN, EMPTIED)),
    code("status", nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    code("language", nullable=False),
    code("claimant"),
    Column("reason", Text, nullable=False, info=words(COLLEAGUE, EMPTIED)),
    # 0 is the most urgent: the order in the queue.
    Column("priority", Integer, nullable=False),
    Column("labels", JSON, nullable=False, info=NO_WORDS),
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
    code("account", primary_key=True),
    code("status_id", primary_key=True),
    Column("ticket", ForeignKey("tickets.id"), nullable=False),
    code("notification_id", nullable=False),
    Column("written_at", Instant, nullable=False),
    code("version", nullable=False),
    Column("status", JSON, nullable=False, info=words(CITIZEN, REMOVED)),
    Column("earlier", JSON, nullable=False, info=words(CITIZEN, REMOVED)),
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
    code("account", primary_key=True),
    code("status_id", primary_key=True),
    code("below", primary_key=True),
    ForeignKeyConstraint(["account", "below"], ["mentions.account", "mentions.status_id"], ondelete="CASCADE"),
    Index("above_by_mention", "account", "below"),
)

# What citizens have deleted: it is not taken again, and what they write below it finds its ticket.
deleted = Table(
    "deleted",
    metadata,
    code("account", primary_key=True),
    code("status_id", primary_key=True),
    Column("ticket", ForeignKey("tickets.id"), nullable=False),
    Index("deleted_by_ticket", "ticket"),
)

escalations = Table(
    "escalations",
    metadata,
    Column("ticket", ForeignKey("tickets.id"), primary_key=True),
    code("department", primary_key=True),
    Column("question", Text, nullable=False, info=words(COLLEAGUE, EMPTIED)),
    code("asked_by", nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("ended_at", Instant),
    code("recalled_by"),
    Column("due_at", Instant),
    Column("proposed_at", Instant),
    Index("escalations_by_department", "department", "ended_at", "ticket"),
)

proposals = Table(
    "proposals",
    metadata,
    Column("ticket", ForeignKey("tickets.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    code("place", nullable=False),
    code("author", nullable=False),
    Column("text", Text, nullable=False, info=words(COLLEAGUE, EMPTIED)),
    code("source", nullable=False, unique=True),
    Column("made_at", Instant, nullable=False),
    code("marked_by"),
)

# What colleagues said in tickets' threads. Their text is kept as long as the citizen's.
remarks = Table(
    "remarks",
    metadata,
    code("event_id", primary_key=True),
    # One of the two: the thread of a ticket, or that of a planned post, of which only files are kept.
    Column("ticket", ForeignKey("tickets.id")),
    Column("post", ForeignKey("posts.id")),
    code("place", nullable=False),
    code("sender", nullable=False),
    Column("text", Text, nullable=False, info=words(COLLEAGUE, EMPTIED)),
    Column("said_at", Instant, nullable=False),
    Column("file", JSON(none_as_null=True), info=words(COLLEAGUE, EMPTIED, None)),
    Column("file_number", Integer, info=words(COLLEAGUE, EMPTIED, None)),
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
    code("step", nullable=False),
    code("actor"),
    Column("text", Text, nullable=False, info=words(COLLEAGUE, EMPTIED)),
    Column("post", ForeignKey("posts.id")),
    code("source"),
    Column("said", JSON(none_as_null=True), info=words(COLLEAGUE, EMPTIED, None)),
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
    code("place", primary_key=True),
    code("name", primary_key=True),
    Column("promise", Instant, primary_key=True),
    Column("at", Instant, nullable=False),
)
