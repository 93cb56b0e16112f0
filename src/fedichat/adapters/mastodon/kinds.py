"""Kinds of notifications: which are questions to the office, and which are known not to be.

Followed: docs.joinmastodon.org/entities/Notification (`type`); GoToSocial's API documentation for `pending.*`, what
waits for the account's approval; Pleroma's, Akkoma's and Iceshrimp's for reactions.
"""

from typing import Final

MENTIONS: Final = frozenset({"mention", "pending.reply"})
"""Somebody speaks to us. A reply that waits for approval counts: they wrote it, approved or not."""

OTHERS: Final = (
    *("follow", "follow_request", "favourite", "reblog", "poll", "status", "update", "quote", "quoted_update"),
    *("admin.sign_up", "admin.report", "severed_relationships", "moderation_warning", "annual_report"),
    *("pending.favourite", "pending.reblog", "move", "reaction", "emoji_reaction", "pleroma:emoji_reaction"),
)
"""If they mention us, there is a separate notification of the mention."""
