"""What everything that is heard needs: which command is meant, what a message is about, who may, and how it is run."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from zoneinfo import ZoneInfo

from fedichat.chat.command import Call, Command, Invocation, Shown, Takes, folded
from fedichat.chat.loading import taps_of
from fedichat.chat.parsing import Typed, find_command, find_part, parse, typed
from fedichat.chat.rights import Rights
from fedichat.desk import Desk
from fedichat.desk.room.views import Said
from fedichat.domain.cause import Cause
from fedichat.domain.names import EventId, Place, PostId, RoomId, TicketId, UserId
from fedichat.domain.roles import RoomRole
from fedichat.errors import Refusal
from fedichat.ports import Spoken
from fedichat.render.parts import Setting

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Topic:
    """What is talked about in a thread: a ticket, or a planned post."""

    ticket: TicketId | None = None
    post: PostId | None = None


@dataclass(frozen=True, slots=True)
class Manners:
    """How this office speaks to its bot. `reactions` maps an emoji on a card to a command's name.

    `typed`: a tap publishes nothing; a message has to say so, because in encrypted rooms its sender can be proven.
    """

    prefix: str
    max_age: timedelta
    reactions: Mapping[str, str]
    zone: ZoneInfo
    typed: bool = False


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What can be asked about the rooms.

    `role_of` is what a room is for. `until_recorded` waits until the desk knows what is being said in a place. `people`
    are those in a place's room, with their display names. `message` is what a person said in a message. `is_later` says
    whether a message of ours came into its room after a position there. `is_shut`: strangers can get into that room for
    direct messages, so what is said there is nobody's order. `is_for_anybody`: anybody at all can read the room.
    """

    role_of: Callable[[RoomId], RoomRole | None]
    until_recorded: Callable[[Place], Awaitable[None]]
    people: Callable[[Place], Awaitable[Mapping[UserId, str]]]
    message: Callable[[RoomId, EventId], Awaitable[Spoken | None]]
    is_later: Callable[[EventId, int], bool]
    is_shut: Callable[[Place], bool] = lambda _: False
    is_for_anybody: Callable[[Place], bool] = lambda _: False


class Conversation:
    """The office's commands and manners, applied to what is heard."""

    def __init__(
        self, desk: Desk, commands: Mapping[str, Command], rights: Rights, manners: Manners, rooms: Surroundings
    ) -> None:
        self.desk = desk
        self.commands = commands
        self.rights = rights
        self.manners = manners
        self.rooms = rooms
        self._by_folded_name = {folded(name): command for name, command in commands.items()}
        self._taps = taps_of(commands.values())

    # --- which command is meant ---

    def typed(self, text: str) -> Typed | None:
        """What a message asks for; None where it is ordinary talk."""
        return typed(text, self.manners.prefix)

    def meant(self, said: Typed) -> tuple[Command, Typed]:
        """The command that was typed, one of two words where there is such a one, and what is left after it."""
        command = find_command(said.name, self.commands, self.manners.prefix)
        return find_part(command, said)

    def command_in(self, text: str) -> Command | None:
        """The command that a message names exactly; None where it is talk, or names none."""
        said = self.typed(text)
        command = self._by_folded_name.get(folded(said.name)) if said is not None else None
        return find_part(command, said)[0] if command is not None and said is not None else None

    def parsed(self, command: Command, said: Typed, here: Topic) -> Invocation:
        """What was typed after the command's name, taken apart."""
        return parse(command, said.rest, self.manners.prefix, here=here.ticket, planned=here.post)

    def command_of(self, shown: Shown, key: str) -> Command | None:
        """The command that a tap on that kind of message stands for."""
        if shown is not Shown.CARD:
            return self._taps.get((shown, key))
        name = self.manners.reactions.get(key)
        return self.commands[name] if name is not None else None

    def may_hold_back(self, key: str) -> bool:
        """Whether a tap on that emoji, on whatever it is, may stand for a command that holds something back."""
        meant = (self.command_of(shown, key) for shown in Shown)
        return any(command is not None and command.holds_back for command in meant)

    # --- what it is about ---

    async def what_was_said(self, event: EventId, place: Place) -> Said | None:
        """What a message of ours in that place is about, even if it is in the room and not recorded yet."""
        said = await self.desk.room.views.what_was_said(event)
        if said is None:
            await self.rooms.until_recorded(place)
            said = await self.desk.room.views.what_was_said(event)
        return said if said is not None and said.place == place else None

    async def topic_of(self, place: Place, *events: EventId | None) -> Topic:
        """What one of these messages is about: the thread's root, or the message replied to."""
        for event in filter(None, events):
            remark = await self.desk.departments.remarks.find_remark(event)
            if remark is not None and remark.place == place:
                return Topic(remark.ticket, remark.post)
            said = await self.what_was_said(event, place)
            if said is not None:
                return Topic(said.ticket, said.post if said.ticket is None else None)
        return Topic()

    # --- whether it counts ---

    def check(self, command: Command, room: RoomRole, cause: Cause) -> None:
        """Refuse what this person may not do in this room, and what was said too long ago."""
        self.rights.check(command, cause.actor, room.kind)
        self._must_count(command, cause)

    def is_old(self, cause: Cause) -> bool:
        """Whether it was said too long ago to be carried out."""
        return self.desk.now() - cause.at > self.manners.max_age

    def _must_count(self, command: Command, cause: Cause) -> None:
        if command.holds_back:
            return
        if self.rooms.is_shut(cause.place):
            raise Refusal(
                "This room for direct messages was open to strangers when that was said, so it was not done. Please "
                "repeat it now."
            )
        if self.is_old(cause):
            raise Refusal("That is too old to be carried out now: I was away. Please repeat it if it still holds.")

    # --- doing it ---

    def call(self, invocation: Invocation, ticket: TicketId | None, room: RoomRole, cause: Cause) -> Call:
        """The call of a command by whoever caused it."""
        return Call(
            cause=cause,
            room=room,
            invocation=invocation,
            desk=self.desk,
            setting=Setting.of(room.language, self.manners.zone, typed=self.manners.typed),
            commands=self.commands,
            prefix=self.manners.prefix,
            ticket_number=ticket,
            may=partial(self.rights.may, user=cause.actor, room=room.kind),
            allows=self.rights.may,
            holds=partial(self.rights.holds, user=cause.actor, room=room.kind),
            people=self.rooms.people,
            is_for_anybody=self.rooms.is_for_anybody,
        )

    async def run(self, call: Call) -> None:
        """Carry out a command that may be used, and answer in the room if it has something to say."""
        command = call.invocation.command
        self._must_have_a_subject(call)
        self.rights.check_options(call.invocation, call.cause.actor, call.room.kind)
        reply = await command.run(call)
        if reply is not None:
            await self.desk.room.replies.reply(call.cause, reply.plain, reply.html, reply.quotes)
        log.info("command-done command=%s ticket=%s place=%s", command.name, call.ticket_number, call.room.place)

    def _must_have_a_subject(self, call: Call) -> None:
        """Refuse a command that must have a ticket or a post, and was given none."""
        command = call.invocation.command
        if command.post is Takes.MUST and call.post is None:
            raise Refusal(
                "Which post? Say its number, as in `{prefix}{example}`, or write in the thread of its preview.",
                prefix=self.manners.prefix,
                example=command.examples[0],
            )
        takes_post = command.post is not Takes.NO and call.post is not None
        if command.ticket is Takes.MUST and call.ticket_number is None and not takes_post:
            raise Refusal(
                "Which ticket? Say its number, as in `{prefix}{example}`, or write in the ticket's thread.",
                prefix=self.manners.prefix,
                example=command.examples[0],
            )
