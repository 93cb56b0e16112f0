"""What is still to be done: effects, and moments that something happens at."""

from sqlalchemy import JSON, Boolean, Column, Date, ForeignKey, Index, Integer, Table, Text

from fedichat.store.engines.base import partial_index
from fedichat.store.schema.base import Instant, Number, metadata
from fedichat.store.schema.words import CITIZEN, LATER, code, words

effects = Table(
    "effects",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    code("id", nullable=False, unique=True),
    code("lane", nullable=False),
    code("kind", nullable=False),
    Column("payload", JSON, nullable=False, info=words(CITIZEN, LATER)),
    Column("not_before", Instant),
    # When it was first tried, which gives the order of those that were; long ago and still there: it is held up.
    Column("started_at", Instant),
    # A citizen deleted what it shows while it was under way: what it becomes is to be redacted.
    Column("taken_back", Boolean, nullable=False),
    code("same_as"),
    # The ticket of which it shows what a citizen wrote; where it shows several, further ones are in `effect_quotes`.
    Column("ticket", Integer),
    Column("set_aside", Text, info=words(CITIZEN, LATER)),
    Column("set_aside_at", Instant),
    Index("effects_by_lane", "set_aside", "lane", "started_at", "number"),
    # One waiting card update is enough, however often the ticket changes before it is carried out.
    Index("effects_once", "same_as", unique=True),
    partial_index("effects_by_ticket", "ticket", where="ticket IS NOT NULL"),
)

# Further tickets of which an effect shows what citizens wrote, as long as it waits: an answer may be about several.
effect_quotes = Table(
    "effect_quotes",
    metadata,
    Column("ticket", Integer, primary_key=True),
    Column("effect", ForeignKey("effects.id", ondelete="CASCADE"), primary_key=True),
    Index("effect_quotes_by_effect", "effect"),
)

timers = Table(
    "timers",
    metadata,
    code("kind", primary_key=True),
    code("key", primary_key=True),
    Column("due_at", Instant, nullable=False),
    Index("timers_by_time", "due_at"),
)

# The last digest of each kind: the working day that it was for, and the day before which all has been reported.
reports = Table(
    "reports",
    metadata,
    code("kind", primary_key=True),
    Column("day", Date, nullable=False),
    Column("until", Date, nullable=False),
)
