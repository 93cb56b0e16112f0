"""Tells the servers that want to know whom a status may tag: the ids of the accounts that its text names."""

from collections.abc import Mapping
from typing import Final

from fedichat.adapters.mastodon.entities import View
from fedichat.domain.posts.tagging import plain, shown_as_tagged
from fedichat.ports import NewStatus

_MOST: Final = 5_000
_NOBODY: Final = ""


class KnownAccounts:
    """The ids of the accounts that were seen last, by acct."""

    def __init__(self) -> None:
        self._ids: dict[str, str] = {}

    def learn(self, ids: Mapping[str, str]) -> None:
        """Remember these ids, by acct as `plain` has it."""
        for acct, account_id in ids.items():
            self._ids.pop(acct, None)
            self._ids[acct] = account_id
        while len(self._ids) > _MOST:
            del self._ids[next(iter(self._ids))]

    def allowed(self, new: NewStatus, view: View) -> list[tuple[str, str]]:
        """The form fields that name whom a status may tag; none if somebody's id is not known.

        Undocumented; Mastodon's source, app/services/post_status_service.rb, `safeguard_mentions!`: without it anybody
        may be tagged. With it only accounts of these ids are, and an empty text becomes 0, which is nobody's id.
        """
        own = {plain(view.own_acct): view.own_id} if view.own_id else {}
        known = self._ids | own
        # Only the asker's whole handle counts, as in the preview: its beginning may be somebody else's.
        words = f"{new.text}\n{new.content_warning}"
        handles = [plain(one) for one in shown_as_tagged(words, new.asker, within_words=False)]
        found = [known.get(one if "@" in one else f"{one}@{plain(view.domain)}") for one in handles]
        ids = [account_id for account_id in found if account_id]
        if len(ids) < len(found):
            return []
        return [("allowed_mentions[]", account_id) for account_id in dict.fromkeys(ids or [_NOBODY])]
