"""An account at a server that speaks the Mastodon API; implements `fedichat.ports.Fediverse`."""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import quote

from fedichat.adapters.mastodon.calls import VERIFY, MastodonCalls
from fedichat.adapters.mastodon.entities import (
    UnreadableError,
    View,
    author_of,
    host_of,
    id_of,
    ids_in,
    is_json,
    line_of,
    mention_of,
    mentions_of,
    status_of,
    statuses_of,
    time_of,
    visibility_of,
)
from fedichat.adapters.mastodon.instance import Facts, facts_of
from fedichat.adapters.mastodon.kinds import MENTIONS, OTHERS
from fedichat.adapters.mastodon.length import status_length
from fedichat.adapters.mastodon.media import fetch, upload
from fedichat.adapters.mastodon.mentions import MentionReader
from fedichat.adapters.mastodon.notifications import Notifications, Params
from fedichat.adapters.mastodon.streaming import Stream, StreamReader, stream_at
from fedichat.adapters.mastodon.tags import KnownAccounts
from fedichat.adapters.threads import Threads
from fedichat.domain.tickets.mention import Author, Malformed, Mention, NotificationId, Status, StatusId
from fedichat.errors import FarEndError, Gone, Refusal, Rejected, TryLater, Unsure
from fedichat.ports import MOST_AT_ONCE, Clock, FileData, Known, Limits, NewStatus, PublishedStatus, StreamListener

log = logging.getLogger(__name__)

_NOTIFICATIONS: Final = "/api/v1/notifications"
_FACTS_LAST: Final = timedelta(hours=1)
_FACTS_LEFT_FOR: Final = timedelta(minutes=1)
_FACTS_WAITED_FOR: Final = 2.0
_STATUSES: Final = 40
_MOST_STATUSES: Final = 2_000
_MASTODONS_URL: Final = 23
_AS_IT_IS: Final = ("content_type", "text/plain")
"""Stars and addresses stay what they are in the preview. GoToSocial (internal/processing/status/common.go), Pleroma and
glitch-soc have it, and take what the account has chosen without it, which may be Markdown; Mastodon knows no other.
"""


class MastodonAccount:
    """One account; implements `fedichat.ports.Fediverse`.

    `streaming` is where the token may go for streaming besides the instance. `threads` are shared with the other
    accounts; without them it has its own. In seconds: `request_timeout` to connect and for each silence of the server,
    `deadline` for a whole call.
    """

    def __init__(
        self,
        name: str,
        instance: str,
        access_token: str,
        clock: Clock,
        *,
        streaming: str = "",
        threads: Threads | None = None,
        request_timeout: float = 20.0,
        deadline: float = 90.0,
    ) -> None:
        self._name = name
        self._instance = instance.rstrip("/")
        self._streaming = streaming
        self._clock = clock
        shared = threads or Threads()
        self._own_threads = None if threads else shared
        self._calls = MastodonCalls(
            name,
            self._instance,
            access_token,
            clock,
            shared,
            request_timeout=request_timeout,
            deadline=deadline,
        )
        self._notifications = Notifications(self._notification_page)
        self._stream = StreamReader(name, access_token, clock, self._streaming_url, self._streamed)
        self._facts: tuple[Facts, datetime] | None = None
        self._me: tuple[Author, View] | None = None
        self._one_by_one_until = clock.now()
        self._known = KnownAccounts()
        self._mentions = MentionReader(self._notifications, self._known, clock)

    # --- who and where -------------------------------------------------------------------------------------

    @property
    def instance(self) -> str:
        return self._instance

    async def limits(self) -> Limits:
        return (await self._known_facts()).limits

    def length(self, text: str, limits: Limits, content_warning: str = "") -> int:
        if limits.url_characters is None:
            # The servers that count addresses in full count code points as well.
            return len(text) + len(content_warning)
        addresses = text.count("http://") + text.count("https://")
        # Mastodon.py has Mastodon's own 23 built in.
        return status_length(text, content_warning) + addresses * max(0, limits.url_characters - _MASTODONS_URL)

    async def me(self) -> Author:
        return (await self._own())[0]

    async def scopes(self) -> tuple[str, ...]:
        try:
            app = await self._calls.ask(lambda api: api.app_verify_credentials())
        except Rejected:
            return ()
        scopes = app.get("scopes") if is_json(app) else None
        return tuple(scope for scope in scopes if isinstance(scope, str)) if isinstance(scopes, list) else ()

    async def _own(self) -> tuple[Author, View]:
        if self._me is None:
            facts = await self._known_facts()
            account = await self._calls.get(VERIFY)
            url = account.get("url") if is_json(account) else None
            home = facts.domain or host_of(url) or host_of(self._instance)
            try:
                author = author_of(account, View(home))
            except UnreadableError as error:
                raise TryLater(f"{self._name}: our own account cannot be read: {error}") from None
            home = author.acct.partition("@")[2] or home
            self._me = author, View(home, id_of(account) or "", author.acct, facts.private_is_direct)
        return self._me

    async def _view(self) -> View:
        return (await self._own())[1]

    async def _known_facts(self) -> Facts:
        now = self._clock.now()
        if self._facts is None:
            self._facts = await self._ask_facts(), now
        elif now - self._facts[1] >= _FACTS_LAST:
            try:
                # Whatever somebody takes back just now is heard only after this call.
                async with asyncio.timeout(_FACTS_WAITED_FOR):
                    self._facts = await self._ask_facts(), now
            except (FarEndError, TimeoutError) as error:
                log.warning("instance-facts-stale account=%s error=%s", self._name, type(error).__name__)
                self._facts = self._facts[0], now - _FACTS_LAST + _FACTS_LEFT_FOR
        return self._facts[0]

    async def _ask_facts(self) -> Facts:
        try:
            return facts_of(await self._calls.get("/api/v2/instance"))
        except FarEndError:
            # Some servers have no v2 and answer 404, or a web page with status 200.
            try:
                return facts_of(await self._calls.get("/api/v1/instance"))
            except Rejected:
                return Facts(Limits())

    # --- reading -------------------------------------------------------------------------------------------

    async def mentions(
        self, after: NotificationId | None, since: datetime | None, known: Known | None = None
    ) -> AsyncIterator[list[Mention | Malformed]]:
        view = await self._view()
        await self._calls.budget.pace(requests=self._notifications.cost, paged=self._notifications.cost - 1)
        async for page in self._mentions.newer(view, after, since, known, self._notified_at):
            yield page

    async def _notification_page(self, params: Params) -> list[object]:
        page = await self._calls.get(_NOTIFICATIONS, params)
        if not isinstance(page, list):
            raise TryLater(f"{self._name}: the notifications are no list")
        return page

    async def _notified_at(self, notification_id: str) -> datetime | None:
        try:
            found = await self._calls.get(f"{_NOTIFICATIONS}/{quote(notification_id, safe='')}")
        except Rejected:
            return None
        return time_of(found.get("created_at")) if is_json(found) else None

    async def policy(self) -> Mapping[str, str]:
        """What the server does with notifications, by kind of sender: `accept`, `filter` or `drop` (Mastodon 4.3).

        Followed: docs.joinmastodon.org/entities/NotificationPolicy. Empty where the server has none.
        """
        try:
            found = await self._calls.get("/api/v2/notifications/policy")
        except Rejected:
            return {}
        rules = found.items() if is_json(found) else ()
        return {line_of(name): line_of(what).lower() for name, what in rules if name.startswith("for_")}

    async def strange_kinds(self) -> Mapping[str, int]:
        """How many of the newest notifications are of kinds that we do not know and ignore, by kind."""
        view = await self._view()
        newest = await self._calls.get(_NOTIFICATIONS, [("limit", str(_STATUSES)), ("include_filtered", "true")])
        unread = [raw for raw in newest if is_json(raw)] if isinstance(newest, list) else []
        kinds = [line_of(raw.get("type")) for raw in unread if mention_of(raw, view, self._clock.now()) is None]
        return Counter(kind for kind in kinds if kind not in MENTIONS and kind not in OTHERS)

    async def earlier(self, status_id: StatusId) -> tuple[Status, ...]:
        return await self._context(status_id, "ancestors")

    async def replies(self, status_id: StatusId) -> tuple[Status, ...]:
        return await self._context(status_id, "descendants")

    async def _context(self, status_id: StatusId, part: str) -> tuple[Status, ...]:
        view = await self._view()
        context = await self._calls.get(f"{_status_path(status_id)}/context")
        found = context.get(part) if is_json(context) else None
        ids, statuses = await asyncio.to_thread(_read_statuses, found, view, self._clock.now())
        self._known.learn(ids)
        return statuses

    async def status(self, status_id: StatusId) -> Status:
        view = await self._view()
        found = await self._calls.get(_status_path(status_id))
        try:
            status, ids = await asyncio.to_thread(_read_status, found, view, self._clock.now())
        except UnreadableError as error:
            raise TryLater(f"{self._name}: a status cannot be read: {error}") from None
        self._known.learn(ids)
        # snac2 gives an edited status another id, and still finds it by the old one.
        return replace(status, id=status_id)

    async def statuses_by_id(self, ids: Sequence[StatusId]) -> Mapping[StatusId, Status]:
        view = await self._view()
        now = self._clock.now()
        if now < self._one_by_one_until:
            return {}
        try:
            found = await self._calls.get("/api/v1/statuses", [("id[]", one) for one in ids[:MOST_AT_ONCE]])
        except (Rejected, TryLater) as error:
            # Mastodon has it since 4.3; others answer 404, 405 or 422, or with a web page. When the server is in
            # trouble, the request for a single one will tell.
            if isinstance(error, TryLater) and error.retry_after is not None:
                raise
            found = None
        asked = set(ids)
        if not isinstance(found, list) or any(id_of(one) not in asked for one in found):
            log.info("statuses-one-by-one account=%s", self._name)
            self._one_by_one_until = now + _FACTS_LAST
            return {}
        return {status.id: status for status in await asyncio.to_thread(statuses_of, found, view, now)}

    async def own_statuses(self, since: datetime | None) -> tuple[Status, ...]:
        view = await self._view()
        if since is None:
            return tuple(status for status in await self._own_page(view, None) if not status.is_boost)
        since = since.replace(microsecond=0)  # snac2 tells whole seconds
        found: dict[StatusId, Status] = {}
        below: StatusId | None = None
        while len(found) < _MOST_STATUSES:
            page = await self._own_page(view, below)
            new = [status for status in page if status.id not in found]
            found.update((status.id, status) for status in new)
            if not new or min(status.created_at for status in page) < since:
                break
            below = page[0].id
        recent = [status for status in found.values() if status.created_at >= since and not status.is_boost]
        return tuple(sorted(recent, key=lambda status: status.created_at, reverse=True))

    async def _own_page(self, view: View, below: StatusId | None) -> tuple[Status, ...]:
        page = await self._calls.ask(
            lambda api: api.account_statuses(view.own_id, exclude_reblogs=True, max_id=below, limit=_STATUSES),
            paging=below is not None,
        )
        return await asyncio.to_thread(statuses_of, page, view, self._clock.now())

    # --- publishing ----------------------------------------------------------------------------------------

    async def publish(self, new: NewStatus, idempotency_key: str) -> PublishedStatus:
        view = await self._view()
        form = [
            ("status", new.text),
            ("visibility", new.visibility.value),
            ("sensitive", "1" if new.content_warning else "0"),
            _AS_IT_IS,
            *(("media_ids[]", media) for media in new.media),
        ]
        told = {
            "in_reply_to_id": new.in_reply_to,
            "spoiler_text": new.content_warning,
            "language": new.language,
        }
        form += [(name, value) for name, value in told.items() if value]
        if (await self._known_facts()).guards_mentions:
            form += self._known.allowed(new, view)
        made = await self._calls.post("/api/v1/statuses", form, idempotency_key)
        status_id = id_of(made)
        if not is_json(made) or status_id is None:
            raise Unsure(f"{self._name}: the answer to a new status names no id")
        url = made.get("url") or made.get("uri")
        return PublishedStatus(
            id=StatusId(status_id),
            url=url if isinstance(url, str) else "",
            created_at=time_of(made.get("created_at")) or self._clock.now(),
            visibility=visibility_of(made["visibility"], view) if made.get("visibility") else new.visibility,
            mentions=mentions_of(made, view),
        )

    async def edit(self, status_id: StatusId, new: NewStatus) -> tuple[str, ...]:
        view = await self._view()
        # Whatever is left out gets removed: so the content warning and the media are named again.
        form = [
            ("status", new.text),
            ("spoiler_text", new.content_warning),
            ("sensitive", "true" if new.content_warning else "false"),
            _AS_IT_IS,
            *(("media_ids[]", media) for media in new.media),
        ]
        if new.language:
            form.append(("language", new.language))
        async with self._or_cannot(status_id):
            changed = await self._calls.put(_status_path(status_id), form)
        return mentions_of(changed, view) if is_json(changed) else ()

    async def delete(self, status_id: StatusId) -> None:
        async with self._or_cannot(status_id):
            # Without this, the pictures stay for about a day (Mastodon since 4.4, see its methods/statuses, "Delete").
            await self._calls.delete(_status_path(status_id), [("delete_media", "true")])

    async def pin(self, status_id: StatusId) -> None:
        shown = await self._calls.get(_status_path(status_id))
        # Mastodon refuses to pin a status that is pinned already.
        if is_json(shown) and shown.get("pinned") is True:
            return
        async with self._or_cannot(status_id):
            await self._calls.change(lambda api: api.status_pin(status_id))

    @asynccontextmanager
    async def _or_cannot(self, status_id: StatusId) -> AsyncIterator[None]:
        """A server whose API cannot do it also says 404 (snac2 to a deletion): find out which it is."""
        try:
            yield
        except Gone:
            await self.status(status_id)
            told = Refusal("the server cannot do this for a program; please do it there")
            raise Rejected(f"{self._name}: {told}", 404, told) from None

    async def upload(self, file: FileData, alt: str, progress: Callable[[float], None]) -> str:
        return await upload(self._calls, self._clock, file, alt, progress)

    async def discard(self, media: str) -> None:
        # Mastodon has it since 4.4 (see its methods/media, "Delete"); others answer 404 or 405.
        await self._calls.delete(f"/api/v1/media/{quote(media, safe='')}")

    async def fetch(self, url: str, limit: int) -> FileData:
        return await fetch(url, limit, self._instance)

    # --- the stream ----------------------------------------------------------------------------------------

    async def listen(self, listener: StreamListener) -> None:
        await self._stream.listen(listener)

    async def _streamed(self, notification: object) -> Mention | None:
        return await self._mentions.streamed(await self._view(), notification)

    async def stream(self) -> Stream:
        """Where the stream is, according to the instance."""
        return stream_at((await self._known_facts()).streaming, self._instance, self._streaming)

    async def _streaming_url(self) -> str:
        return (await self.stream()).url

    async def close(self) -> None:
        self._calls.close()
        if self._own_threads is not None:
            self._own_threads.close()


def _status_path(status_id: StatusId) -> str:
    return f"/api/v1/statuses/{quote(status_id, safe='')}"


# What a server sends is read in threads of the default executor: unlike a call, reading ends for sure, but nobody knows
# beforehand how long it takes.


def _read_status(status: object, view: View, now: datetime) -> tuple[Status, Mapping[str, str]]:
    return status_of(status, view, now), ids_in(status, view)


def _read_statuses(statuses: object, view: View, now: datetime) -> tuple[Mapping[str, str], tuple[Status, ...]]:
    ids: dict[str, str] = {}
    for status in statuses if isinstance(statuses, list) else []:
        ids |= ids_in(status, view)
    return ids, statuses_of(statuses, view, now)
