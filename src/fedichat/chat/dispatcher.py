"""What is heard in the rooms, in order, each event once: handed to whoever deals with its kind."""

import logging
import secrets
from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from fedichat.chat.command import Command
from fedichat.chat.conversation import Conversation, Manners, Surroundings
from fedichat.chat.refusing import Refusing
from fedichat.chat.rights import Rights
from fedichat.chat.second_thoughts import SecondThoughts
from fedichat.chat.taps import Taps
from fedichat.chat.wording import worded
from fedichat.chat.words import Words
from fedichat.desk import Desk
from fedichat.domain.cause import Cause
from fedichat.domain.names import EventId
from fedichat.domain.roles import RoomRole
from fedichat.errors import AlreadyHandled, NotProven, NotShownYet, Refusal
from fedichat.ports import AnyHeard, AskedToVerify, Edited, Reacted, Redacted, Spoken, Unreadable
from fedichat.text.i18n import language

log = logging.getLogger(__name__)


class Dispatcher:
    """Takes what is heard in the configured rooms: in each of them one event after the other."""

    def __init__(
        self, desk: Desk, commands: Mapping[str, Command], rights: Rights, manners: Manners, rooms: Surroundings
    ) -> None:
        self._desk = desk
        self._rooms = rooms
        conversation = Conversation(desk, commands, rights, manners, rooms)
        self._words = Words(conversation)
        self._taps = Taps(conversation)
        self._second_thoughts = SecondThoughts(conversation, self._taps)
        self._refusing = Refusing(conversation)

    async def hear(self, heard: AnyHeard) -> None:
        """Carry out what it asks for, if anything; a repeat of the same event does nothing."""
        room = self._rooms.role_of(heard.room)
        if room is None or await self._desk.room.heard.was_handled(heard.event_id):
            return
        cause = replace(_cause(heard, room), is_later=partial(self._is_later, heard.position))
        try:
            await self._take_when_shown(heard, room, cause)
        except AlreadyHandled:
            return
        except NotProven:
            await self._refusing.unproven(heard, room, cause)
        except Refusal as refusal:
            await self._refusing.refuse(heard, cause, worded(refusal, language(room.language)))
        except Exception:
            reference = secrets.token_hex(4)
            log.exception("command-broke reference=%s event=%s", reference, cause.event)
            await self._refusing.confess(heard, cause, reference)

    def _is_later(self, position: int, event: EventId) -> bool:
        return self._rooms.is_later(event, position)

    async def _take_when_shown(self, heard: AnyHeard, room: RoomRole, cause: Cause) -> None:
        """Take it; again once everything is recorded if it is about a preview that is not known to be shown yet."""
        try:
            await self._take(heard, room, cause)
        except NotShownYet:
            await self._rooms.until_recorded(room.place)
            await self._take(heard, room, cause)

    async def _take(self, heard: AnyHeard, room: RoomRole, cause: Cause) -> None:
        match heard:
            case Spoken():
                await self._words.spoken(heard, room, cause)
            case Edited():
                await self._second_thoughts.edited(heard, room, cause)
            case Reacted():
                await self._taps.reacted(heard, room, cause)
            case Redacted():
                await self._second_thoughts.redacted(heard, room, cause)
            case Unreadable():
                await self._refusing.unreadable(heard, room, cause)
            case AskedToVerify():
                raise Refusal(
                    "Nobody is there to compare the emoji with you. Please ask whoever runs fedichat to run "
                    "`fedichat verify`, then try again."
                )


def _cause(heard: AnyHeard, room: RoomRole) -> Cause:
    thread, answer_to = _where_to_answer(heard)
    # Reactions and redactions are never encrypted: nobody can tell where they come from, and people need them.
    why = heard.unproven if isinstance(heard, Spoken | Edited) else None
    return Cause(
        heard.event_id,
        heard.sender,
        room.place,
        heard.sent_at,
        thread,
        answer_to,
        arrived_at=heard.arrived_at,
        unproven=why,
    )


def _where_to_answer(heard: AnyHeard) -> tuple[EventId | None, EventId | None]:
    """The thread in which it is answered, and the message that the answer replies to."""
    match heard:
        case Spoken():
            return heard.thread, heard.event_id
        case AskedToVerify():
            return None, heard.event_id
        case Unreadable():
            return heard.thread, heard.target or heard.event_id
        case Edited():
            return heard.thread, heard.target
        case _:
            return None, None
