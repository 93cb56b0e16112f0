"""A very small fediverse, as one account sees it: it keeps what is published, and does as it is told."""

import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count

from fedichat.domain.tickets.mention import Author, Malformed, Mention, NotificationId, Status, StatusId, Visibility
from fedichat.errors import Gone, Refusal, Rejected, Unsure
from fedichat.ports import FileData, Known, Limits, NewStatus, PublishedStatus, StreamListener
from tests.clocks import HandClock
from tests.factories import ERIKA
from tests.world.people import BSI


class Fediverse:
    """One account's view of a very small fediverse."""

    def __init__(self, clock: HandClock) -> None:
        self.clock = clock
        self.statuses: dict[StatusId, Status] = {}
        self.notifications: list[Mention] = []
        self.published: dict[StatusId, NewStatus] = {}
        self.edits: list[tuple[StatusId, NewStatus]] = []
        self.deleted: list[StatusId] = []
        self.discarded: list[str] = []
        self.uploads: list[FileData] = []
        self.pinned: list[StatusId] = []
        self.lost_answers = 0
        self.tags_besides: tuple[str, ...] = ()
        """Whom the server says that our texts tag."""
        """How many of the next statuses are published without us hearing of it."""
        self.phantoms = 0
        """How many of the next statuses are answered with an id and not kept (Mastodon's antispam, from its source)."""
        self.clock_offset = timedelta()
        """By how much the server's clock differs from ours."""
        self.lists_late = timedelta()
        """How long it takes until a status is in the account's list, as on a cluster that lags."""
        self.made_at: dict[StatusId, timedelta] = {}
        self.instance = "https://social.example.org"
        self.counts_in_full: int | None = None
        """How long a text may be, addresses in full, whatever is announced; then it is refused."""
        self.trouble: Exception | None = None
        """What every request meets, while it is set."""
        self._numbers = count(1)

    def write(
        self,
        text: str,
        *,
        visibility: Visibility = Visibility.PUBLIC,
        by: Author = ERIKA,
        in_reply_to: StatusId | None = None,
        **fields: object,
    ) -> Status:
        """A citizen mentions the office."""
        number = next(self._numbers)
        status = Status(
            id=StatusId(f"s{number}"),
            author=by,
            text=f"@bsi {text}",
            html=f"<p>@bsi {text}</p>",
            visibility=visibility,
            created_at=self.clock.now(),
            url=f"https://remote.example/@x/s{number}",
            language="en",
            in_reply_to=in_reply_to,
        )
        status = replace(status, **fields)  # type: ignore[arg-type]
        self.statuses[status.id] = status
        self.notifications.append(Mention(NotificationId(f"n{number}"), status.created_at, status))
        return status

    def change(self, status: StatusId, text: str) -> None:
        """A citizen edits what they wrote."""
        now = self.clock.now()
        self.statuses[status] = replace(
            self.statuses[status], text=f"@bsi {text}", html=f"<p>@bsi {text}</p>", edited_at=now
        )

    def take_away(self, status: StatusId) -> None:
        """A citizen deletes what they wrote."""
        del self.statuses[status]

    async def limits(self) -> Limits:
        return Limits()

    def length(self, text: str, limits: Limits, content_warning: str = "") -> int:
        if limits.url_characters is not None:
            text = re.sub(r"https?://\S+", "u" * limits.url_characters, text)
        return len(text) + len(content_warning)

    def _answer(self) -> None:
        if self.trouble is not None:
            raise self.trouble

    async def me(self) -> Author:
        self._answer()
        return BSI

    async def scopes(self) -> Sequence[str]:
        return ("read", "write")

    async def mentions(
        self, after: NotificationId | None, since: datetime | None, known: Known | None = None
    ) -> AsyncIterator[list[Mention | Malformed]]:
        self._answer()
        ids = [one.notification_id for one in self.notifications]
        start = ids.index(after) + 1 if after in ids else 0
        page: list[Mention | Malformed] = [
            Mention(one.notification_id, one.notified_at, self.statuses[one.status.id])
            for one in self.notifications[start:]
            if one.status.id in self.statuses
        ]
        taken = await known([one.notification_id for one in self.notifications[start:]]) if known and page else ()
        page = [one for one in page if isinstance(one, Mention) and one.notification_id not in taken]
        if page:
            yield page

    async def earlier(self, status_id: StatusId) -> tuple[Status, ...]:
        found: list[Status] = []
        above = (await self.status(status_id)).in_reply_to
        while above is not None and above in self.statuses:
            found.insert(0, self.statuses[above])
            above = self.statuses[above].in_reply_to
        return tuple(found)

    async def replies(self, status_id: StatusId) -> tuple[Status, ...]:
        await self.status(status_id)
        return tuple(status for status in self.statuses.values() if status.in_reply_to == status_id)

    async def status(self, status_id: StatusId) -> Status:
        self._answer()
        if status_id not in self.statuses:
            raise Gone("there is no such status", 404)
        return self.statuses[status_id]

    async def statuses_by_id(self, ids: Sequence[StatusId]) -> Mapping[StatusId, Status]:
        self._answer()
        return {one: self.statuses[one] for one in ids if one in self.statuses}

    async def publish(self, new: NewStatus, idempotency_key: str) -> PublishedStatus:
        """The key is ignored, as it is by most servers."""
        self._answer()
        if self.counts_in_full is not None and len(new.text) > self.counts_in_full:
            told = Refusal("the server says “{words}” ({status})", words="Text is too long", status=422)
            raise Rejected("bsi: HTTP 422 (Text is too long)", 422, told)
        if self.phantoms:
            self.phantoms -= 1
            number = StatusId(f"p{next(self._numbers)}")
            return PublishedStatus(number, f"https://social.example.org/@bsi/{number}", self._now(), new.visibility)
        status = self.say(new)
        number, now, url = status.id, status.created_at, status.url
        self.published[number] = new
        if self.lost_answers:
            self.lost_answers -= 1
            raise Unsure("no answer came")
        return PublishedStatus(number, url, now, new.visibility, self.tags_besides)

    def say(self, new: NewStatus) -> Status:
        """Our account publishes something, by whatever client."""
        number = StatusId(f"p{next(self._numbers)}")
        status = Status(
            id=number,
            author=BSI,
            text=new.text,
            html=new.text,
            visibility=new.visibility,
            created_at=self._now(),
            url=f"https://social.example.org/@bsi/{number}",
            in_reply_to=new.in_reply_to,
            mentions=self.tags_besides,
        )
        self.statuses[number] = status
        self.made_at[number] = self.clock.passed
        return status

    def _now(self) -> datetime:
        return self.clock.now() + self.clock_offset

    async def edit(self, status_id: StatusId, new: NewStatus) -> tuple[str, ...]:
        await self.status(status_id)
        self.edits.append((status_id, new))
        self.statuses[status_id] = replace(
            self.statuses[status_id], text=new.text, html=new.text, mentions=self.tags_besides
        )
        return self.tags_besides

    async def delete(self, status_id: StatusId) -> None:
        await self.status(status_id)
        self.deleted.append(status_id)
        del self.statuses[status_id]

    async def discard(self, media: str) -> None:
        self.discarded.append(media)

    async def pin(self, status_id: StatusId) -> None:
        self.pinned.append(status_id)

    async def upload(self, file: FileData, alt: str, progress: Callable[[float], None]) -> str:
        self.uploads.append(file)
        progress(1.0)
        return f"m{len(self.uploads)}"

    async def fetch(self, url: str, limit: int) -> FileData:
        return FileData("image.png", "image/png", b"image")

    async def own_statuses(self, since: datetime | None) -> tuple[Status, ...]:
        self._answer()
        listed = [
            status
            for status in reversed(self.statuses.values())
            if status.author == BSI and self.made_at[status.id] + self.lists_late <= self.clock.passed
        ]
        return tuple(listed[:40] if since is None else [one for one in listed if one.created_at >= since])

    async def listen(self, listener: StreamListener) -> None:
        return

    async def close(self) -> None:
        return
