"""Who is on duty, who is away, and who took over when."""

from sqlalchemy import Column, Date, ForeignKey, Index, Table

from fedichat.store.schema.base import Instant, Number, metadata
from fedichat.store.schema.words import code

# Time on duty that was given to somebody: by a calendar's file, or by a swap. What came later counts.
duty_shifts = Table(
    "duty_shifts",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("start", Instant, nullable=False),
    Column("end", Instant, nullable=False),
    code("person", nullable=False),
    # Empty: it stands in the file.
    code("made_by", nullable=False),
    Column("made_at", Instant, nullable=False),
    Index("duty_shifts_by_end", "end"),
)

duty_absences = Table(
    "duty_absences",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    code("person", nullable=False),
    # Days in the office's zone, both included.
    Column("first", Date, nullable=False),
    Column("last", Date, nullable=False),
    code("made_by", nullable=False),
    Column("made_at", Instant, nullable=False),
    Index("duty_absences_by_last", "last"),
)

# Who took over when. `person` is empty where all were away; `told_at` where nobody was told of the very first one.
handovers = Table(
    "handovers",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("at", Instant, nullable=False),
    Column("until", Instant, nullable=False),
    code("person"),
    code("before"),
    Column("told_at", Instant),
    Column("acknowledged_at", Instant),
    Column("reminded_at", Instant),
    Index("handovers_by_time", "at"),
)

handover_messages = Table(
    "handover_messages",
    metadata,
    code("event_id", primary_key=True),
    Column("handover", ForeignKey("handovers.number"), nullable=False),
    code("place", nullable=False),
    Index("handover_messages_by_handover", "handover"),
)

# What was read last of the file with the rota, so that it is told once what is wrong with it.
duty_files = Table(
    "duty_files",
    metadata,
    code("digest", primary_key=True),
    Column("read_at", Instant, nullable=False),
)
