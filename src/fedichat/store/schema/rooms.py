"""What is in the rooms: our messages, what they show and ask, and what people did with them."""

from sqlalchemy import JSON, BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text

from fedichat.store.schema.base import Instant, metadata
from fedichat.store.schema.words import CITIZEN, COLLEAGUE, LATER, NO_WORDS, code, words

messages = Table(
    "messages",
    metadata,
    code("event_id", primary_key=True),
    code("place", nullable=False),
    Column("ticket", ForeignKey("tickets.id")),
    Column("post", ForeignKey("posts.id")),
    Column("revision", Integer),
    Column("is_card", Boolean, nullable=False),
    # The colleague's message of which it is the copy in another room.
    code("remark"),
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
    code("event_id", primary_key=True),
    Column("ticket", ForeignKey("tickets.id"), primary_key=True),
    code("status_id", primary_key=True),
    code("place", nullable=False),
    Column("is_media", Boolean, nullable=False),
    Index("quotations_by_ticket", "ticket", "status_id"),
    Index("quotations_by_status", "status_id"),
)

# Questions of ours that a tap answers.
asked = Table(
    "asked",
    metadata,
    code("event_id", primary_key=True),
    code("place", nullable=False),
    Column("ticket", ForeignKey("tickets.id")),
    Column("message", Text, nullable=False, info=NO_WORDS),
    Column("fields", JSON, nullable=False, info=words(CITIZEN, LATER)),
    Column("choices", JSON, nullable=False, info=words(COLLEAGUE, LATER)),
    Column("asked_at", Instant, nullable=False),
    # What it takes to ask again in another room.
    Column("post", ForeignKey("posts.id")),
    code("readers"),
)

reactions = Table(
    "reactions",
    metadata,
    code("event_id", primary_key=True),
    code("target", nullable=False),
    code("sender", nullable=False),
    Column("key", String, nullable=False, info=words(COLLEAGUE, LATER)),
    Column("at", Instant, nullable=False),
    Index("reactions_by_target", "target", "sender"),
    Index("reactions_by_time", "at"),
)

seen_events = Table(
    "seen_events",
    metadata,
    code("event_id", primary_key=True),
    Column("at", Instant, nullable=False),
    Index("seen_events_by_time", "at"),
)

# How often something of a kind that is not obeyed was answered to somebody since then.
declined = Table(
    "declined",
    metadata,
    code("place", primary_key=True),
    code("sender", primary_key=True),
    code("about", primary_key=True),
    Column("since", Instant, nullable=False),
    Column("times", Integer, nullable=False),
    Index("declined_by_time", "since"),
)

# The room that each configured alias or id stands for: whoever takes an alias away does not get the office with it.
room_pins = Table(
    "room_pins",
    metadata,
    code("name", primary_key=True),
    code("room", nullable=False),
)

# The room in which a place's messages are.
homes = Table(
    "homes",
    metadata,
    code("place", primary_key=True),
    code("room", nullable=False),
)

sync_tokens = Table(
    "sync_tokens",
    metadata,
    code("user", primary_key=True),
    code("token", nullable=False),
)

# How far the encryption keys of each device of ours have come: keys that are behind were put back to an older state.
key_steps = Table(
    "key_steps",
    metadata,
    code("fingerprint", primary_key=True),
    Column("steps", BigInteger, nullable=False),
)
