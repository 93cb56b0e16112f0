"""What the instances sent, and what does not work there."""

from sqlalchemy import JSON, Boolean, Column, Index, Table, Text

from fedichat.store.schema.base import Instant, Number, metadata
from fedichat.store.schema.words import CITIZEN, LATER, NO_WORDS, code, words

notifications = Table(
    "notifications",
    metadata,
    code("account", primary_key=True),
    code("id", primary_key=True),
    Column("notified_at", Instant, nullable=False),
    # What only the stream has brought does not move the cursor: something older may be missing.
    Column("polled", Boolean, nullable=False),
    Index("notifications_by_time", "account", "notified_at"),
)

malformed = Table(
    "malformed",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    code("account", nullable=False),
    code("notification_id"),
    Column("seen_at", Instant, nullable=False),
    Column("reason", Text, nullable=False, info=words(CITIZEN, LATER)),
    Column("raw", Text, nullable=False, info=words(CITIZEN, LATER)),
)

# What does not work: an account's server (`account bsi`), or a post on its way to it (`post 7`), since when, and why.
# `told` is the kind of trouble that a room heard of, empty where it has heard of none. What is over has no `since`, and
# stays for its `told_at`: what comes and goes is not said each time.
troubles = Table(
    "troubles",
    metadata,
    code("subject", primary_key=True),
    Column("since", Instant),
    code("kind", nullable=False),
    Column("reason", JSON, nullable=False, info=NO_WORDS),
    code("told", nullable=False),
    Column("told_at", Instant),
)

# The instances that have refused for its length a text that was not too long by what they announce: they count
# addresses in full.
counting_in_full = Table(
    "counting_in_full",
    metadata,
    code("instance", primary_key=True),
    Column("at", Instant, nullable=False),
)
