"""Reading what mentions one account: from the list of its notifications, and from the stream."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from datetime import datetime
from typing import Final

from fedichat.adapters.mastodon.entities import View, ids_in, is_json, mention_of
from fedichat.adapters.mastodon.notifications import Entry, Notifications
from fedichat.adapters.mastodon.tags import KnownAccounts
from fedichat.domain.tickets.mention import Malformed, Mention, NotificationId
from fedichat.ports import Clock, Known

_REMEMBERED: Final = 500

Ids = Mapping[str, str]


class MentionReader:
    """Turns notifications into mentions, those that are not known already. `accounts` learns the ids in them."""

    def __init__(self, notifications: Notifications, accounts: KnownAccounts, clock: Clock) -> None:
        self._notifications = notifications
        self._accounts = accounts
        self._clock = clock
        self._no_mentions: dict[str, None] = {}
        """The ids of notifications that turned out to be of another kind: each look brings those of a minute again."""

    async def newer(
        self,
        view: View,
        after: NotificationId | None,
        since: datetime | None,
        known: Known | None,
        time_of_entry: Callable[[str], Awaitable[datetime | None]],
    ) -> AsyncIterator[list[Mention | Malformed]]:
        """See `fedichat.ports.Fediverse.mentions`."""
        async for entries in self._notifications.newer(after, since, time_of_entry):
            unread = await self._unread(entries, known)
            if unread and (read := await self._read(unread, view)):
                yield read

    async def _unread(self, entries: list[Entry], known: Known | None) -> list[Entry]:
        rest = [entry for entry in entries if entry.id is None or entry.id not in self._no_mentions]
        ids = [NotificationId(entry.id) for entry in rest if entry.id is not None]
        taken: Collection[str] = await known(ids) if known is not None and ids else ()
        return [entry for entry in rest if entry.id is None or entry.id not in taken]

    async def _read(self, entries: list[Entry], view: View) -> list[Mention | Malformed]:
        raws = [entry.raw for entry in entries]
        found: list[Mention | Malformed] = []
        for entry, item in zip(entries, await self._in_thread(raws, view), strict=True):
            if item is not None:
                found.append(item)
            elif entry.id is not None:
                self._no_mentions[entry.id] = None
        while len(self._no_mentions) > _REMEMBERED:
            del self._no_mentions[next(iter(self._no_mentions))]
        return found

    async def streamed(self, view: View, raw: object) -> Mention | None:
        """The mention in a notification that the stream brought; None if it is none, or cannot be read."""
        (item,) = await self._in_thread([raw], view)
        return item if isinstance(item, Mention) else None

    async def _in_thread(self, raws: list[object], view: View) -> list[Mention | Malformed | None]:
        # In a thread: nobody knows beforehand how long it takes.
        read = await asyncio.to_thread(_read, raws, view, self._clock.now())
        for _, ids in read:
            self._accounts.learn(ids)
        return [item for item, _ in read]


def _read(raws: list[object], view: View, now: datetime) -> list[tuple[Mention | Malformed | None, Ids]]:
    return [(mention_of(raw, view, now), ids_in(raw.get("status") if is_json(raw) else None, view)) for raw in raws]
