"""The tables. Every moment is stored in UTC, as whole microseconds since 1970: exact, sortable, portable."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    Dialect,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    text,
)

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


# An INTEGER primary key is what makes SQLite number rows by itself.
_Number = BigInteger().with_variant(Integer, "sqlite")

VERSION = "0001"
"""The newest migration, which these tables are the outcome of."""

WAITING = "('draft', 'confirmed', 'publishing', 'missed')"
"""The states of posts that are still to go out; a literal, as their index counts only for those who ask just that."""

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
    Index(
        "tickets_open",
        "place",
        "queue_at",
        "priority",
        "id",
        sqlite_where=text("state IN ('new', 'claimed', 'waiting')"),
    ),
    Index("tickets_to_look_at", "look_at", sqlite_where=text("look_at IS NOT NULL")),
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

notifications = Table(
    "notifications",
    metadata,
    Column("account", String, primary_key=True),
    Column("id", String, primary_key=True),
    Column("notified_at", Instant, nullable=False),
    # What only the stream has brought does not move the cursor: something older may be missing.
    Column("polled", Boolean, nullable=False),
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
    Index("posts_by_time", "due_at", sqlite_where=text("ticket IS NULL")),
    Index("posts_by_state", "state", "kind", sqlite_where=text("ticket IS NULL")),
    Index("posts_by_bundle", "bundle"),
    Index("posts_by_series", "series", sqlite_where=text("series IS NOT NULL")),
    Index("posts_by_target", "target", sqlite_where=text("target IS NOT NULL")),
    Index("posts_that_wait", "id", sqlite_where=text(f"state IN {WAITING}")),
    sqlite_autoincrement=True,
)

# Posts that come again and again: each of them is made of the `template`, a post as JSON.
series = Table(
    "series",
    metadata,
    Column("id", _Number, primary_key=True, autoincrement=True),
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
    Column("number", _Number, primary_key=True, autoincrement=True),
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
    Column("number", _Number, primary_key=True, autoincrement=True),
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
    Index("history_by_source", "source", sqlite_where=text("source IS NOT NULL")),
    Index("history_with_words", "ticket", sqlite_where=text("text <> ''")),
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
    # When it was first tried, which gives the order of those that were; long ago and still there: it is held up.
    Column("started_at", Instant),
    # A citizen deleted what it shows while it was under way: what it becomes is to be redacted.
    Column("taken_back", Boolean, nullable=False),
    Column("same_as", String),
    # The ticket of which it shows what a citizen wrote; where it shows several, further ones are in `effect_quotes`.
    Column("ticket", Integer),
    Column("set_aside", Text),
    Column("set_aside_at", Instant),
    Index("effects_by_lane", "set_aside", "lane", "started_at", "number"),
    # One waiting card update is enough, however often the ticket changes before it is carried out.
    Index("effects_once", "same_as", unique=True),
    Index("effects_by_ticket", "ticket", sqlite_where=text("ticket IS NOT NULL")),
)

# Further tickets of which an effect shows what citizens wrote, as long as it waits: an answer may be about several.
effect_quotes = Table(
    "effect_quotes",
    metadata,
    Column("ticket", Integer, primary_key=True),
    Column("effect", ForeignKey("effects.id", ondelete="CASCADE"), primary_key=True),
    Index("effect_quotes_by_effect", "effect"),
)

messages = Table(
    "messages",
    metadata,
    Column("event_id", String, primary_key=True),
    Column("place", String, nullable=False),
    Column("ticket", ForeignKey("tickets.id")),
    Column("post", ForeignKey("posts.id")),
    Column("revision", Integer),
    Column("is_card", Boolean, nullable=False),
    # The colleague's message of which it is the copy in another room.
    Column("remark", String),
    # The number of the proposal that it shows.
    Column("proposal", Integer),
    Index("messages_by_ticket", "ticket", "is_card", "place"),
    Index("messages_by_post", "post", "revision"),
    Index("messages_by_remark", "remark", "place"),
)

# Which of our messages show which statuses: all are redacted when the status is deleted. `status_id` is empty where a
# message may show any of the ticket's.
quotations = Table(
    "quotations",
    metadata,
    Column("event_id", String, primary_key=True),
    Column("ticket", ForeignKey("tickets.id"), primary_key=True),
    Column("status_id", String, primary_key=True),
    Column("place", String, nullable=False),
    Column("is_media", Boolean, nullable=False),
    Index("quotations_by_ticket", "ticket", "status_id"),
    Index("quotations_by_status", "status_id"),
)

# Questions of ours that a tap answers.
asked = Table(
    "asked",
    metadata,
    Column("event_id", String, primary_key=True),
    Column("place", String, nullable=False),
    Column("ticket", ForeignKey("tickets.id")),
    Column("message", Text, nullable=False),
    Column("fields", JSON, nullable=False),
    Column("choices", JSON, nullable=False),
    Column("asked_at", Instant, nullable=False),
    # What it takes to ask again in another room.
    Column("post", ForeignKey("posts.id")),
    Column("readers", String),
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
    Index("reactions_by_time", "at"),
)

seen_events = Table(
    "seen_events",
    metadata,
    Column("event_id", String, primary_key=True),
    Column("at", Instant, nullable=False),
    Index("seen_events_by_time", "at"),
)

# How often something of a kind that is not obeyed was answered to somebody since then.
declined = Table(
    "declined",
    metadata,
    Column("place", String, primary_key=True),
    Column("sender", String, primary_key=True),
    Column("about", String, primary_key=True),
    Column("since", Instant, nullable=False),
    Column("times", Integer, nullable=False),
    Index("declined_by_time", "since"),
)

timers = Table(
    "timers",
    metadata,
    Column("kind", String, primary_key=True),
    Column("key", String, primary_key=True),
    Column("due_at", Instant, nullable=False),
    Index("timers_by_time", "due_at"),
)

# The instances that have refused for its length a text that was not too long by what they announce: they count
# addresses in full.
counting_in_full = Table(
    "counting_in_full",
    metadata,
    Column("instance", String, primary_key=True),
    Column("at", Instant, nullable=False),
)

# What does not work: an account's server (`account bsi`), or a post on its way to it (`post 7`), since when, and why.
# `told` is the kind of trouble that a room heard of, empty where it has heard of none. What is over has no `since`, and
# stays for its `told_at`: what comes and goes is not said each time.
troubles = Table(
    "troubles",
    metadata,
    Column("subject", String, primary_key=True),
    Column("since", Instant),
    Column("kind", String, nullable=False),
    Column("reason", JSON, nullable=False),
    Column("told", String, nullable=False),
    Column("told_at", Instant),
)

# The last digest of each kind: the working day that it was for, and the day before which all has been reported.
reports = Table(
    "reports",
    metadata,
    Column("kind", String, primary_key=True),
    Column("day", Date, nullable=False),
    Column("until", Date, nullable=False),
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

# Time on duty that was given to somebody: by a calendar's file, or by a swap. What came later counts.
duty_shifts = Table(
    "duty_shifts",
    metadata,
    Column("number", _Number, primary_key=True, autoincrement=True),
    Column("start", Instant, nullable=False),
    Column("end", Instant, nullable=False),
    Column("person", String, nullable=False),
    # Empty: it stands in the file.
    Column("made_by", String, nullable=False),
    Column("made_at", Instant, nullable=False),
    Index("duty_shifts_by_end", "end"),
)

duty_absences = Table(
    "duty_absences",
    metadata,
    Column("number", _Number, primary_key=True, autoincrement=True),
    Column("person", String, nullable=False),
    # Days in the office's zone, both included.
    Column("first", Date, nullable=False),
    Column("last", Date, nullable=False),
    Column("made_by", String, nullable=False),
    Column("made_at", Instant, nullable=False),
    Index("duty_absences_by_last", "last"),
)

# Who took over when. `person` is empty where all were away; `told_at` where nobody was told of the very first one.
handovers = Table(
    "handovers",
    metadata,
    Column("number", _Number, primary_key=True, autoincrement=True),
    Column("at", Instant, nullable=False),
    Column("until", Instant, nullable=False),
    Column("person", String),
    Column("before", String),
    Column("told_at", Instant),
    Column("acknowledged_at", Instant),
    Column("reminded_at", Instant),
    Index("handovers_by_time", "at"),
)

handover_messages = Table(
    "handover_messages",
    metadata,
    Column("event_id", String, primary_key=True),
    Column("handover", ForeignKey("handovers.number"), nullable=False),
    Column("place", String, nullable=False),
    Index("handover_messages_by_handover", "handover"),
)

# What was read last of the file with the rota, so that it is told once what is wrong with it.
duty_files = Table(
    "duty_files",
    metadata,
    Column("digest", String, primary_key=True),
    Column("read_at", Instant, nullable=False),
)

# The room that each configured alias or id stands for: whoever takes an alias away does not get the office with it.
room_pins = Table(
    "room_pins",
    metadata,
    Column("name", String, primary_key=True),
    Column("room", String, nullable=False),
)

# The room in which a place's messages are.
homes = Table(
    "homes",
    metadata,
    Column("place", String, primary_key=True),
    Column("room", String, nullable=False),
)

sync_tokens = Table(
    "sync_tokens",
    metadata,
    Column("user", String, primary_key=True),
    Column("token", String, nullable=False),
)

# How far the encryption keys of each device of ours have come: keys that are behind were put back to an older state.
key_steps = Table(
    "key_steps",
    metadata,
    Column("fingerprint", String, primary_key=True),
    Column("steps", BigInteger, nullable=False),
)

_SEARCH_INDEX = "CREATE VIRTUAL TABLE search USING fts5(words, home, tokenize = 'unicode61 remove_diacritics 2')"

# Only the beginning of a giant text is found: indexing the rest with every step would cost too much.
_TICKET_WORDS = """CREATE VIEW ticket_words AS
  SELECT ticket, substr(json_extract(status, '$.author.name') || ' ' || json_extract(status, '$.author.acct') || ' '
    || json_extract(status, '$.content_warning') || ' ' || json_extract(status, '$.text'), 1, 20000) AS words,
    NULL AS home
  FROM mentions
  UNION ALL SELECT ticket, substr(text, 1, 20000), NULL FROM posts WHERE state = 'published'
  UNION ALL SELECT ticket, NULL, substr(text, 1, 20000) FROM posts WHERE state <> 'published'
  UNION ALL SELECT ticket, NULL, substr(text, 1, 20000) FROM history"""


def _kept(name: str, when: str, *tickets: str) -> str:
    """A trigger that puts the words of these tickets, columns of the `old` or `new` row, into the index as they are."""
    each = "".join(
        f"""
  DELETE FROM search WHERE rowid = {ticket};
  INSERT INTO search (rowid, words, home)
    SELECT {ticket}, group_concat(words, ' '), group_concat(home, ' ')
    FROM ticket_words WHERE ticket = {ticket};"""  # noqa: S608 - our own words
        for ticket in tickets
    )
    return f"CREATE TRIGGER search_{name} AFTER {when}\nBEGIN{each}\nEND"


_IS_OUT = "(old.state = 'published') <> (new.state = 'published')"

# Whoever takes all words from a ticket takes it out of the index first, and need not read it anew with each of them.
_IS_FOUND = "EXISTS (SELECT 1 FROM search WHERE rowid = old.ticket)"
_IS_REWORDED = f"old.text <> new.text AND new.ticket IS NOT NULL AND (new.text <> '' OR {_IS_FOUND})"
_IS_MERGED = "new.merged_into IS NOT NULL AND new.merged_into IS NOT old.merged_into"

SEARCH = (
    _SEARCH_INDEX,
    _TICKET_WORDS,
    _kept("mentions_added", "INSERT ON mentions", "new.ticket"),
    _kept("mentions_changed", "UPDATE OF status ON mentions", "new.ticket"),
    _kept("mentions_gone", f"DELETE ON mentions WHEN {_IS_FOUND}", "old.ticket"),
    _kept("posts_added", "INSERT ON posts WHEN new.ticket IS NOT NULL", "new.ticket"),
    _kept("posts_changed", f"UPDATE OF text ON posts WHEN {_IS_REWORDED}", "new.ticket"),
    _kept("posts_out", f"UPDATE OF state ON posts WHEN {_IS_OUT} AND new.ticket IS NOT NULL", "new.ticket"),
    _kept("posts_gone", f"DELETE ON posts WHEN {_IS_FOUND}", "old.ticket"),
    _kept("history_added", "INSERT ON history WHEN new.text <> '' AND new.ticket IS NOT NULL", "new.ticket"),
    _kept(
        "history_changed",
        f"UPDATE OF text ON history WHEN {_IS_REWORDED}",
        "new.ticket",
    ),
    _kept("history_gone", f"DELETE ON history WHEN old.text <> '' AND {_IS_FOUND}", "old.ticket"),
    _kept("tickets_merged", f"UPDATE OF merged_into ON tickets WHEN {_IS_MERGED}", "new.id", "new.merged_into"),
    "CREATE TRIGGER search_tickets_gone AFTER DELETE ON tickets BEGIN DELETE FROM search WHERE rowid = old.id; END",
)
"""The full-text index, which SQLAlchemy's tables cannot say: a row for each ticket, by its number, with its words.

`words` are what citizens wrote and what was published, which every room of the ticket reads; `home` are drafts, notes
and reasons, which are for the ticket's own room and for supervisors.

Triggers keep it: whatever makes words come, change or go does so in the index too, in the same transaction. Words only
move from ticket to ticket in a merge, and the index follows when that is recorded: by message it would be read anew for
each of them.
"""
