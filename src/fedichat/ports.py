"""What fedichat needs of the world, as Protocols: a clock, the fediverse, the rooms. `adapters` fulfil them.

Both far ends raise only `FarEndError`s (see `fedichat.errors`) for what servers and networks do, and `StopError`
when our own access was taken away.
"""

import dataclasses
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol

from fedichat.domain.doors import Doors
from fedichat.domain.names import EventId as EventId
from fedichat.domain.names import RoomId as RoomId
from fedichat.domain.names import UserId as UserId
from fedichat.domain.tickets.mention import Author, Malformed, Mention, NotificationId, Status, StatusId, Visibility
from fedichat.domain.tickets.remark import SharedFile as SharedFile


class Clock(Protocol):
    """Where the time comes from; tests bring their own."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait that long by this clock."""
        ...


can_wait: ContextVar[bool] = ContextVar("can_wait", default=False)
"""Set by a task whose requests nobody waits for: they leave the servers' limits to the others."""


MOST_AT_ONCE: Final = 20
"""How many statuses are asked for in one request; Mastodon refuses more (`check_statuses_limit` in its source)."""


# --- the fediverse -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Limits:
    """What the instance allows, from `/api/v2/instance` (or v1, or Mastodon's defaults where it says nothing)."""

    characters: int = 500
    url_characters: int | None = 23
    """What a URL counts as; None where the server counts it in full."""
    attachments: int = 4
    """How many media attachments a status may have."""
    alt_characters: int = 1500
    """How long an alt text may be."""
    image_bytes: int = 16 * 1024 * 1024
    video_bytes: int = 99 * 1024 * 1024
    """What a video or a sound may weigh."""
    media_types: frozenset[str] | None = None
    """The MIME types that it takes; None where it does not say."""
    mixes_media: bool = False
    """Whether a video or a sound may go along with other files, as far as we know: then the server judges."""
    edits_warnings: bool = True
    """Whether changing a status can change its content warning, too."""
    tags_within_words: bool = False
    """Whether a handle within a word or an address may tag somebody: Mastodon leaves those alone."""
    software: str = ""
    """The version string, for `fedichat check`."""


@dataclass(frozen=True, slots=True)
class NewStatus:
    """A status to publish. `text` is complete, with the @mentions in it; `asker` is whom it answers, an acct."""

    text: str
    visibility: Visibility
    in_reply_to: StatusId | None = None
    content_warning: str = ""
    language: str = ""
    media: tuple[str, ...] = ()
    """The ids that `upload` gave."""
    asker: str = ""


@dataclass(frozen=True, slots=True)
class FileData:
    """A file's bytes with what must be known of them."""

    name: str
    mimetype: str
    data: bytes


@dataclass(frozen=True, slots=True)
class PublishedStatus:
    """What the server made of a `NewStatus`."""

    id: StatusId
    url: str
    created_at: datetime
    visibility: Visibility
    mentions: tuple[str, ...] = ()
    """Whom it tags as the server says, without ourselves; empty also where it does not tell."""


class Fediverse(Protocol):
    """One account at one server that speaks the Mastodon API."""

    @property
    def instance(self) -> str:
        """The address of its server, as configured."""
        ...

    async def limits(self) -> Limits:
        """The instance's limits; asked once, then remembered for an hour."""
        ...

    def length(self, text: str, limits: Limits, content_warning: str = "") -> int:
        """What a status counts as against `limits.characters` by this server's rule; no I/O."""
        ...

    async def me(self) -> Author:
        """Our own account."""
        ...

    async def scopes(self) -> Sequence[str]:
        """The scopes of the token; empty where the server does not tell."""
        ...

    def mentions(
        self, after: NotificationId | None, since: datetime | None
    ) -> AsyncIterator[list[Mention | Malformed]]:
        """Pages of mention notifications, the oldest first, upwards from `after` until nothing newer is left.

        `after` None: those that the server lists and that are younger than `since` (all where None). Ids that
        the caller knows may come again: overlaps are its business. Own statuses and boosts are left out.
        `Mention.earlier` is empty here: see `earlier`.
        """
        ...

    async def earlier(self, status_id: StatusId) -> tuple[Status, ...]:
        """The statuses above this one in its conversation, the oldest first. Raises Gone."""
        ...

    async def replies(self, status_id: StatusId) -> tuple[Status, ...]:
        """The statuses below this one that we may see. Raises Gone."""
        ...

    async def status(self, status_id: StatusId) -> Status:
        """That status as it is now. Raises Gone when it was deleted or is hidden from us."""
        ...

    async def statuses_by_id(self, ids: Sequence[StatusId]) -> Mapping[StatusId, Status]:
        """Those of up to `MOST_AT_ONCE` statuses that the server shows when asked for all of them in one request.

        One that is left out may be there all the same: only `status` tells. Empty where the server cannot do it.
        """
        ...

    async def publish(self, new: NewStatus, idempotency_key: str) -> PublishedStatus:
        """Publish it. Raises Unsure when the request may have reached the server and no answer came.

        Raises TagsOthers where the server would tag people whom the text does not.
        """
        ...

    async def edit(self, status_id: StatusId, new: NewStatus) -> tuple[str, ...]:
        """Change a status of ours; its audience stays. The same twice is the same once. Raises Gone.

        Returns whom it tags then, as `PublishedStatus.mentions`.
        """
        ...

    async def delete(self, status_id: StatusId) -> None:
        """Delete a status of ours, with its media. Raises Gone when it is not there (any more)."""
        ...

    async def discard(self, media: str) -> None:
        """Delete an upload that no status has. Raises Rejected where the server has none of that id, or cannot."""
        ...

    async def pin(self, status_id: StatusId) -> None:
        """Pin a status of ours to the profile. Twice is the same as once. Raises Rejected where that cannot be."""
        ...

    async def upload(self, file: FileData, alt: str, progress: Callable[[float], None]) -> str:
        """Upload a file and wait until the server has processed it. Returns its id, for `NewStatus.media`.

        `progress` is told the share that is done, from 0 to 1. Raises Rejected for what the server will not take.
        """
        ...

    async def fetch(self, url: str, limit: int) -> FileData:
        """A citizen's media attachment.

        Raises Rejected for one of more than `limit` bytes, and for an address that is none of the public web's.
        """
        ...

    async def own_statuses(self, since: datetime | None) -> tuple[Status, ...]:
        """What our account published from `since` on, the newest first, as far as the server lists it.

        `since` is by the server's clock: the `created_at` of another status of it. None: the newest ones, one page.
        """
        ...

    async def listen(self, ring: Callable[[], None], changed: Callable[[StatusId], None]) -> None:
        """Ring whenever something may be new, for ever; returns at once where the server has no streaming.

        `changed` is told the id of a status that was edited or deleted, where the server tells.
        """
        ...

    async def close(self) -> None:
        """Let go of connections and threads, without waiting for calls that hang."""
        ...


# --- the rooms ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Message:
    """Something to say in a room.

    `plain` and `html` say the same. `notice`: sent as m.notice, which wakes nobody; cards and whatever should wake
    somebody are m.text. `thread` is the root event of the thread that it goes into, `reply_to` the event in it that it
    answers. `replaces` makes it an edit of that event of ours. `mentions` are the people meant: always sent, empty
    for nobody.
    """

    plain: str
    html: str
    notice: bool = True
    thread: EventId | None = None
    reply_to: EventId | None = None
    replaces: EventId | None = None
    mentions: tuple[UserId, ...] = ()

    def editing(self, event: EventId) -> "Message":
        """The same as an edit of an earlier message of ours."""
        return dataclasses.replace(self, replaces=event)


@dataclass(frozen=True, slots=True)
class FileMessage:
    """A file to show in a room, in a thread. `caption` is shown with it: an alt text, who shared it."""

    file: FileData
    caption: str
    thread: EventId | None = None
    caption_html: str = ""


@dataclass(frozen=True, slots=True)
class Unproven:
    """Why nobody can be sure who said something in an encrypted room: an administrator of the homeserver could have.

    `device` names the device that it came from, which its owner has not signed (the name where there is one, and the
    id); None is a message that was not encrypted at all.
    """

    device: str | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """What every event in a room has. `sent_at` is the server's time, aware, in UTC.

    `arrived_at` is when it reached us, by our own clock: one whose key comes late is heard only after that.
    `position` is its place in the room's order, see `Rooms.is_later`. What is `unproven` is not to be obeyed.
    """

    event_id: EventId
    room: RoomId
    sender: UserId
    sent_at: datetime
    arrived_at: datetime | None = field(default=None, compare=False, kw_only=True)
    position: int = field(default=0, compare=False, kw_only=True)
    unproven: Unproven | None = field(default=None, compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Spoken(Heard):
    """A message of a person (never a notice, never our own), as written, without the reply fallback.

    With a `file`, `text` is its caption, empty where it has none.
    """

    text: str
    thread: EventId | None = None
    reply_to: EventId | None = None
    file: SharedFile | None = None


@dataclass(frozen=True, slots=True)
class Edited(Heard):
    """A person changed the earlier message `target` of theirs; `text` is the new text."""

    target: EventId
    text: str
    thread: EventId | None = None


@dataclass(frozen=True, slots=True)
class Reacted(Heard):
    """A reaction to `target`. `key` is the emoji without variation selectors and skin tones."""

    target: EventId
    key: str


@dataclass(frozen=True, slots=True)
class Redacted(Heard):
    """The event `target` (a message or a reaction) was redacted by `sender`."""

    target: EventId


@dataclass(frozen=True, slots=True)
class Unreadable(Heard):
    """A message in an encrypted room that we have no key for; it may change an earlier one, `target`."""

    thread: EventId | None = None
    target: EventId | None = None


@dataclass(frozen=True, slots=True)
class AskedToVerify(Heard):
    """Somebody of a trusted homeserver wants to verify us by emoji, and nobody is at `fedichat verify`."""


AnyHeard = Spoken | Edited | Reacted | Redacted | Unreadable | AskedToVerify


@dataclass(frozen=True, slots=True)
class RoomState:
    """How we stand in a room, for `fedichat check`. `power` is our level, `needed_*` what the room asks for.

    `doors` are who may come in and read.
    """

    room: RoomId
    name: str
    joined: bool
    encrypted: bool
    power: int
    needed_to_speak: int
    needed_to_redact: int
    doors: Doors = field(default_factory=Doors)


class Trouble(StrEnum):
    """What may be wrong with the room that a configured name stands for."""

    ELSEWHERE = "elsewhere"
    """Its alias leads to another room now."""
    NOT_INVITED = "not invited"
    """It was replaced, and we cannot enter the new one."""
    ALIAS_STAYS = "alias stays"
    """It was replaced, and its alias does not lead to the new one."""
    REFUSED = "refused"
    """It was replaced by a room that is not to be trusted."""


@dataclass(frozen=True, slots=True)
class RoomTrouble:
    """What is wrong with a configured room. `room` is the one that counts, `other` the one that does not.

    `reason` is for the operator.
    """

    kind: Trouble
    room: RoomId
    other: RoomId
    reason: str

    @property
    def can_be_accepted(self) -> bool:
        """Whether the operator may say that the other room is right: there must be one."""
        return self.other.startswith("!")


class KeyTrouble(StrEnum):
    """What may be wrong with somebody's keys in encrypted rooms."""

    RESET = "reset"
    """Their cross-signing keys are others than before: whoever signs with these now may not be the same person."""
    UNFIT = "unfit"
    """A device has published keys that cannot be used: it can read nothing."""


class RoomBook(Protocol):
    """Where it is kept which room each configured name (an alias or an id) stands for, and who is told of trouble."""

    async def known(self) -> Mapping[str, RoomId]:
        """The room of each name that was ever entered, or that the operator has accepted."""
        ...

    async def enter(self, name: str, room: RoomId) -> None:
        """From now on the name stands for that room; a repeat changes nothing."""
        ...

    async def in_trouble(self, name: str, trouble: RoomTrouble) -> None:
        """Something is wrong with the room, or something else than before."""
        ...

    async def doors_changed(self) -> None:
        """It may have changed who can come into a room, or read it."""
        ...

    async def keys_in_trouble(self, user: UserId, trouble: KeyTrouble, device: str) -> None:
        """Something is wrong with the keys of somebody in our rooms; `device` is shown where it is about one."""
        ...


class StepBook(Protocol):
    """Where it is kept how far the encryption keys of our device have come, apart from the keys themselves."""

    async def key_steps(self, fingerprint: str) -> int:
        """The most steps that these keys are known to have made; 0 where nothing is known."""
        ...

    async def keep_key_steps(self, fingerprint: str, steps: int) -> None:
        """They have made so many; fewer than are known change nothing."""
        ...


class Mark(Protocol):
    """A moment in what is said in our rooms, see `Rooms.mark`."""

    @property
    def is_cut_off(self) -> bool:
        """Whether the homeserver owes us what was said before it: it does not answer, or not with all that there is."""
        ...

    @property
    def answers(self) -> int:
        """Which answer of the homeserver was the last one: as long as that is the same, it is silent."""
        ...

    async def heard(self) -> None:
        """Wait, for as long as it takes, until everything said before it, in all rooms, has been dealt with."""
        ...


class Rooms(Protocol):
    """The Matrix side: our user on one homeserver."""

    def mark(self) -> Mark:
        """Mark this moment."""
        ...

    def is_later(self, event: EventId, position: int) -> bool:
        """Whether a message of ours came into its room after what has that position there.

        One from before the last start was there before everything that is heard since.
        """
        ...

    async def send(self, room: RoomId, message: Message, transaction: str) -> EventId:
        """Send it; the same `transaction` from the same device always gives the same event."""
        ...

    async def send_file(self, room: RoomId, message: FileMessage, transaction: str) -> EventId:
        """Upload a file, encrypted where the room is, and show it; repeating gives the same event."""
        ...

    async def download(self, file: SharedFile, limit: int) -> FileData:
        """A file that somebody shared, decrypted.

        Raises Rejected for one of more than `limit` bytes, and for one that is not what its key says.
        """
        ...

    async def message(self, room: RoomId, event: EventId) -> Spoken | None:
        """What a person said in that message, decrypted; None where it is not a person's, or cannot be read."""
        ...

    async def people(self, room: RoomId) -> Mapping[UserId, str]:
        """Who is in a room, with their display names; without ourselves."""
        ...

    async def members(self, room: RoomId) -> Sequence[str]:
        """The display names of who is in a room, without our own, in order."""
        ...

    async def react(self, room: RoomId, target: EventId, key: str, transaction: str) -> EventId | None:
        """React to an event; None when we had reacted so already."""
        ...

    async def redact(self, room: RoomId, target: EventId, transaction: str, reason: str = "") -> None:
        """Take one of our own events away (or another's, where our power allows it)."""
        ...

    async def name_of(self, room: RoomId, user: UserId) -> str:
        """The display name of somebody in a room, or their user id."""
        ...
