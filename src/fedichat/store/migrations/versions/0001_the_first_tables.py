"""The first tables."""

import sqlalchemy as sa
from alembic import op

from fedichat.store.migrations.first_search import SEARCH

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:  # noqa: PLR0915 - every table once
    op.create_table(
        "effects",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("lane", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("not_before", sa.BigInteger(), nullable=True),
        sa.Column("started_at", sa.BigInteger(), nullable=True),
        sa.Column("taken_back", sa.Boolean(), nullable=False),
        sa.Column("same_as", sa.String(), nullable=True),
        sa.Column("ticket", sa.Integer(), nullable=True),
        sa.Column("set_aside", sa.Text(), nullable=True),
        sa.Column("set_aside_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("id"),
    )
    with op.batch_alter_table("effects", schema=None) as batch_op:
        batch_op.create_index("effects_by_lane", ["set_aside", "lane", "started_at", "number"], unique=False)
        batch_op.create_index("effects_once", ["same_as"], unique=True)
        batch_op.create_index(
            "effects_by_ticket",
            ["ticket"],
            unique=False,
            sqlite_where=sa.text("ticket IS NOT NULL"),
            postgresql_where=sa.text("ticket IS NOT NULL"),
        )

    op.create_table(
        "effect_quotes",
        sa.Column("ticket", sa.Integer(), nullable=False),
        sa.Column("effect", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["effect"], ["effects.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("ticket", "effect"),
    )
    with op.batch_alter_table("effect_quotes", schema=None) as batch_op:
        batch_op.create_index("effect_quotes_by_effect", ["effect"], unique=False)

    op.create_table(
        "series",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("template", sa.JSON(), nullable=False),
        sa.Column("approved_by", sa.String(), nullable=True),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "freezes",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("begun_at", sa.BigInteger(), nullable=False),
        sa.Column("begun_by", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_by", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_table(
        "malformed",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("notification_id", sa.String(), nullable=True),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_table(
        "notifications",
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("notified_at", sa.BigInteger(), nullable=False),
        sa.Column("polled", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("account", "id"),
    )
    with op.batch_alter_table("notifications", schema=None) as batch_op:
        batch_op.create_index("notifications_by_time", ["account", "notified_at"], unique=False)

    op.create_table(
        "reactions",
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("sender", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("event_id"),
    )
    with op.batch_alter_table("reactions", schema=None) as batch_op:
        batch_op.create_index("reactions_by_target", ["target", "sender"], unique=False)
        batch_op.create_index("reactions_by_time", ["at"], unique=False)

    op.create_table(
        "reports",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("kind"),
    )
    op.create_table(
        "seen_events",
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("event_id"),
    )
    with op.batch_alter_table("seen_events", schema=None) as batch_op:
        batch_op.create_index("seen_events_by_time", ["at"], unique=False)

    op.create_table(
        "declined",
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("sender", sa.String(), nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("place", "sender", "about"),
    )
    with op.batch_alter_table("declined", schema=None) as batch_op:
        batch_op.create_index("declined_by_time", ["since"], unique=False)

    op.create_table(
        "room_pins",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("room", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "homes",
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("room", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("place"),
    )
    op.create_table(
        "sync_tokens",
        sa.Column("user", sa.String(), nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("user"),
    )
    op.create_table(
        "key_steps",
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("steps", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("fingerprint"),
    )
    op.create_table(
        "tickets",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("visibility", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("claimant", sa.String(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("labels", sa.JSON(), nullable=False),
        sa.Column("snoozed_until", sa.BigInteger(), nullable=True),
        sa.Column("interim_at", sa.BigInteger(), nullable=True),
        sa.Column("merged_into", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("asked_at", sa.BigInteger(), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("first_due_at", sa.BigInteger(), nullable=True),
        sa.Column("first_response_at", sa.BigInteger(), nullable=True),
        sa.Column("first_response_seconds", sa.Integer(), nullable=True),
        sa.Column("resolve_by", sa.BigInteger(), nullable=True),
        sa.Column("look_at", sa.BigInteger(), nullable=True),
        sa.Column("queue_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["merged_into"],
            ["tickets.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("tickets", schema=None) as batch_op:
        batch_op.create_index("tickets_by_arrival", ["opened_at"], unique=False)
        batch_op.create_index("tickets_by_author", ["account", "author"], unique=False)
        batch_op.create_index("tickets_by_claimant", ["claimant", "state", "id"], unique=False)
        batch_op.create_index("tickets_by_merge", ["merged_into"], unique=False)
        batch_op.create_index("tickets_by_promise", ["first_due_at", "first_response_at"], unique=False)
        batch_op.create_index(
            "tickets_by_response", ["first_response_at", "first_due_at", "first_response_seconds"], unique=False
        )
        batch_op.create_index(
            "tickets_open",
            ["place", "queue_at", "priority", "id"],
            unique=False,
            sqlite_where=sa.text("state IN ('new', 'claimed', 'waiting')"),
            postgresql_where=sa.text("state IN ('new', 'claimed', 'waiting')"),
        )
        batch_op.create_index(
            "tickets_to_look_at",
            ["look_at"],
            unique=False,
            sqlite_where=sa.text("look_at IS NOT NULL"),
            postgresql_where=sa.text("look_at IS NOT NULL"),
        )
        batch_op.create_index("tickets_to_forget", ["state", "changed_at"], unique=False)

    op.create_table(
        "timers",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "key"),
    )
    with op.batch_alter_table("timers", schema=None) as batch_op:
        batch_op.create_index("timers_by_time", ["due_at"], unique=False)

    op.create_table(
        "counting_in_full",
        sa.Column("instance", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("instance"),
    )
    op.create_table(
        "troubles",
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("reason", sa.JSON(), nullable=False),
        sa.Column("told", sa.String(), nullable=False),
        sa.Column("told_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("subject"),
    )
    op.create_table(
        "duty_shifts",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("end", sa.BigInteger(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    with op.batch_alter_table("duty_shifts", schema=None) as batch_op:
        batch_op.create_index("duty_shifts_by_end", ["end"], unique=False)

    op.create_table(
        "duty_absences",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    with op.batch_alter_table("duty_absences", schema=None) as batch_op:
        batch_op.create_index("duty_absences_by_last", ["last"], unique=False)

    op.create_table(
        "handovers",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("person", sa.String(), nullable=True),
        sa.Column("before", sa.String(), nullable=True),
        sa.Column("told_at", sa.BigInteger(), nullable=True),
        sa.Column("acknowledged_at", sa.BigInteger(), nullable=True),
        sa.Column("reminded_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("number"),
    )
    with op.batch_alter_table("handovers", schema=None) as batch_op:
        batch_op.create_index("handovers_by_time", ["at"], unique=False)

    op.create_table(
        "handover_messages",
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("handover", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["handover"],
            ["handovers.number"],
        ),
        sa.PrimaryKeyConstraint("event_id"),
    )
    with op.batch_alter_table("handover_messages", schema=None) as batch_op:
        batch_op.create_index("handover_messages_by_handover", ["handover"], unique=False)

    op.create_table(
        "duty_files",
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("read_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_table(
        "posts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("ticket", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("visibility", sa.String(), nullable=False),
        sa.Column("in_reply_to", sa.String(), nullable=True),
        sa.Column("based_on", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("content_warning", sa.Text(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("tag_all", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(), nullable=True),
        sa.Column("confirmed_by", sa.String(), nullable=True),
        sa.Column("publish_after", sa.BigInteger(), nullable=True),
        sa.Column("attempted_at", sa.BigInteger(), nullable=True),
        sa.Column("attempt", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("target", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("parts", sa.JSON(), nullable=False),
        sa.Column("attachments", sa.JSON(), nullable=False),
        sa.Column("without_alt", sa.Text(), nullable=False),
        sa.Column("proposal", sa.Integer(), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("moved_from", sa.BigInteger(), nullable=True),
        sa.Column("moment", sa.Text(), nullable=False),
        sa.Column("labels", sa.JSON(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("series", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("bundle", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(
            ["bundle"],
            ["posts.id"],
        ),
        sa.ForeignKeyConstraint(
            ["series"],
            ["series.id"],
        ),
        sa.ForeignKeyConstraint(
            ["target"],
            ["posts.id"],
        ),
        sa.ForeignKeyConstraint(
            ["ticket"],
            ["tickets.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("posts", schema=None) as batch_op:
        batch_op.create_index("posts_by_bundle", ["bundle"], unique=False)
        batch_op.create_index(
            "posts_by_series",
            ["series"],
            unique=False,
            sqlite_where=sa.text("series IS NOT NULL"),
            postgresql_where=sa.text("series IS NOT NULL"),
        )
        batch_op.create_index("posts_by_source", ["source"], unique=False)
        batch_op.create_index(
            "posts_by_target",
            ["target"],
            unique=False,
            sqlite_where=sa.text("target IS NOT NULL"),
            postgresql_where=sa.text("target IS NOT NULL"),
        )
        batch_op.create_index(
            "posts_that_wait",
            ["id"],
            unique=False,
            sqlite_where=sa.text("state IN ('draft', 'confirmed', 'publishing', 'missed')"),
            postgresql_where=sa.text("state IN ('draft', 'confirmed', 'publishing', 'missed')"),
        )
        batch_op.create_index(
            "posts_by_state",
            ["state", "kind"],
            unique=False,
            sqlite_where=sa.text("ticket IS NULL"),
            postgresql_where=sa.text("ticket IS NULL"),
        )
        batch_op.create_index("posts_by_ticket", ["ticket", "id"], unique=False)
        batch_op.create_index(
            "posts_by_time",
            ["due_at"],
            unique=False,
            sqlite_where=sa.text("ticket IS NULL"),
            postgresql_where=sa.text("ticket IS NULL"),
        )

    op.create_table(
        "asked",
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("ticket", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("choices", sa.JSON(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("post", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("readers", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["ticket"],
            ["tickets.id"],
        ),
        sa.ForeignKeyConstraint(
            ["post"],
            ["posts.id"],
        ),
        sa.PrimaryKeyConstraint("event_id"),
    )
    op.create_table(
        "deleted",
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("status_id", sa.String(), nullable=False),
        sa.Column("ticket", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["ticket"],
            ["tickets.id"],
        ),
        sa.PrimaryKeyConstraint("account", "status_id"),
    )
    with op.batch_alter_table("deleted", schema=None) as batch_op:
        batch_op.create_index("deleted_by_ticket", ["ticket"], unique=False)

    op.create_table(
        "escalations",
        sa.Column("ticket", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("department", sa.String(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("recalled_by", sa.String(), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("proposed_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["ticket"],
            ["tickets.id"],
        ),
        sa.PrimaryKeyConstraint("ticket", "department"),
    )
    with op.batch_alter_table("escalations", schema=None) as batch_op:
        batch_op.create_index("escalations_by_department", ["department", "ended_at", "ticket"], unique=False)

    op.create_table(
        "reminded",
        sa.Column("ticket", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("promise", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["ticket"],
            ["tickets.id"],
        ),
        sa.PrimaryKeyConstraint("ticket", "place", "name", "promise"),
    )
    op.create_table(
        "mentions",
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("status_id", sa.String(), nullable=False),
        sa.Column("ticket", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("notification_id", sa.String(), nullable=False),
        sa.Column("written_at", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("status", sa.JSON(), nullable=False),
        sa.Column("earlier", sa.JSON(), nullable=False),
        sa.Column("checked_at", sa.BigInteger(), nullable=False),
        sa.Column("missing_since", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["ticket"],
            ["tickets.id"],
        ),
        sa.PrimaryKeyConstraint("account", "status_id"),
    )
    with op.batch_alter_table("mentions", schema=None) as batch_op:
        batch_op.create_index(
            "mentions_by_check", ["ticket", "account", "checked_at", "missing_since", "status_id"], unique=False
        )
        batch_op.create_index("mentions_by_ticket", ["ticket", "written_at"], unique=False)

    op.create_table(
        "above",
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("status_id", sa.String(), nullable=False),
        sa.Column("below", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["account", "below"], ["mentions.account", "mentions.status_id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("account", "status_id", "below"),
    )
    with op.batch_alter_table("above", schema=None) as batch_op:
        batch_op.create_index("above_by_mention", ["account", "below"], unique=False)

    op.create_table(
        "proposals",
        sa.Column("ticket", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("marked_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["ticket"],
            ["tickets.id"],
        ),
        sa.PrimaryKeyConstraint("ticket", "number"),
        sa.UniqueConstraint("source"),
    )
    op.create_table(
        "quotations",
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("ticket", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("status_id", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("is_media", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["ticket"],
            ["tickets.id"],
        ),
        sa.PrimaryKeyConstraint("event_id", "ticket", "status_id"),
    )
    with op.batch_alter_table("quotations", schema=None) as batch_op:
        batch_op.create_index("quotations_by_status", ["status_id"], unique=False)
        batch_op.create_index("quotations_by_ticket", ["ticket", "status_id"], unique=False)

    op.create_table(
        "remarks",
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("ticket", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("post", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("sender", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("said_at", sa.BigInteger(), nullable=False),
        sa.Column("file", sa.JSON(), nullable=True),
        sa.Column("file_number", sa.Integer(), nullable=True),
        sa.Column("is_gone", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["post"],
            ["posts.id"],
        ),
        sa.ForeignKeyConstraint(
            ["ticket"],
            ["tickets.id"],
        ),
        sa.PrimaryKeyConstraint("event_id"),
    )
    with op.batch_alter_table("remarks", schema=None) as batch_op:
        batch_op.create_index("remarks_by_post", ["post"], unique=False)
        batch_op.create_index("remarks_by_ticket", ["ticket", "said_at"], unique=False)

    op.create_table(
        "history",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("ticket", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("post", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("source", sa.String(), nullable=True),
        sa.Column("said", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["post"],
            ["posts.id"],
        ),
        sa.ForeignKeyConstraint(
            ["ticket"],
            ["tickets.id"],
        ),
        sa.PrimaryKeyConstraint("number"),
    )
    with op.batch_alter_table("history", schema=None) as batch_op:
        batch_op.create_index("history_by_post", ["post", "number"], unique=False)
        batch_op.create_index(
            "history_by_source",
            ["source"],
            unique=False,
            sqlite_where=sa.text("source IS NOT NULL"),
            postgresql_where=sa.text("source IS NOT NULL"),
        )
        batch_op.create_index("history_by_step", ["step", "at", "ticket"], unique=False)
        batch_op.create_index(
            "history_with_words",
            ["ticket"],
            unique=False,
            sqlite_where=sa.text("text <> ''"),
            postgresql_where=sa.text("text <> ''"),
        )
        batch_op.create_index("history_by_ticket", ["ticket", "number"], unique=False)

    op.create_table(
        "messages",
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("ticket", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("post", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=True),
        sa.Column("is_card", sa.Boolean(), nullable=False),
        sa.Column("remark", sa.String(), nullable=True),
        sa.Column("proposal", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["post"],
            ["posts.id"],
        ),
        sa.ForeignKeyConstraint(
            ["ticket"],
            ["tickets.id"],
        ),
        sa.PrimaryKeyConstraint("event_id"),
    )
    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.create_index("messages_by_post", ["post", "revision"], unique=False)
        batch_op.create_index("messages_by_remark", ["remark", "place"], unique=False)
        batch_op.create_index("messages_by_ticket", ["ticket", "is_card", "place"], unique=False)

    op.create_table(
        "published",
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("status_id", sa.String(), nullable=False),
        sa.Column("post", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["post"],
            ["posts.id"],
        ),
        sa.PrimaryKeyConstraint("account", "status_id"),
    )
    with op.batch_alter_table("published", schema=None) as batch_op:
        batch_op.create_index("published_by_post", ["post", "part"], unique=True)

    for statement in SEARCH[op.get_context().dialect.name]:
        op.execute(statement)
