"""What people do in the rooms, handed to the desk: commands, reactions, edits, redactions. Each counts exactly once."""

import contextlib
import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from fedichat.chat.command import Call, Command, Invocation, Takes
from fedichat.chat.drafts import draft_from
from fedichat.chat.parsing import Typed, find_command, parse, typed
from fedichat.chat.rights import Rights
from fedichat.chat.wording import worded
from fedichat.desk import Cause, Desk
from fedichat.desk.answering import CONFIRM, WITHDRAW
from fedichat.desk.views import Said
from fedichat.domain.names import EventId, Place, RoomId, TicketId
from fedichat.domain.post import Post, PostState
from fedichat.domain.roles import RoomRole
from fedichat.errors import AlreadyHandled, NotShownYet, Refusal
from fedichat.i18n import language
from fedichat.ports import AnyHeard, Edited, Reacted, Redacted, Spoken, Unreadable
from fedichat.render.parts import Rendered, Setting

log = logging.getLogger(__name__)

DRAFTING = "answer"
"""The command whose message may be edited and redacted: its draft follows."""


@dataclass(frozen=True, slots=True)
class Manners:
    """How this office speaks to its bot. `reactions` maps an emoji on a card to a command's name."""

    prefix: str
    max_age: timedelta
    reactions: Mapping[str, str]
    zone: ZoneInfo


class Dispatcher:
    """Takes what is heard in the configured rooms, one after the other."""

    def __init__(
        self,
        desk: Desk,
        commands: Mapping[str, Command],
        rights: Rights,
        manners: Manners,
        role_of: Callable[[RoomId], RoomRole | None],
        until_recorded: Callable[[Place], Awaitable[None]],
    ) -> None:
        """`until_recorded` waits for what is being said in a place to be known to the desk."""
        self._desk = desk
        self._commands = commands
        self._rights = rights
        self._manners = manners
        self._role_of = role_of
        self._until_recorded = until_recorded

    async def hear(self, heard: AnyHeard) -> None:
        """Carry out what it asks for, if anything; a repeat of the same event does nothing."""
        room = self._role_of(heard.room)
        if room is None or await self._desk.was_handled(heard.event_id):
            return
        cause = _cause(heard, room)
        try:
            try:
                await self._take(heard, room, cause)
            except NotShownYet:
                await self._until_recorded(room.place)
                await self._take(heard, room, cause)
        except AlreadyHandled:
            return
        except Refusal as refusal:
            await self._refuse(heard, cause, worded(refusal, language(room.language)))
        except Exception:
            reference = secrets.token_hex(4)
            log.exception("command-broke reference=%s event=%s", reference, cause.event)
            await self._confess(heard, cause, reference)

    async def _take(self, heard: AnyHeard, room: RoomRole, cause: Cause) -> None:
        match heard:
            case Spoken():
                await self._spoken(heard, room, cause)
            case Edited():
                await self._edited(heard, room, cause)
            case Reacted():
                await self._reacted(heard, room, cause)
            case Redacted():
                await self._redacted(heard, room, cause)
            case Unreadable():
                self._unreadable()

    async def _what_was_said(self, event: EventId, place: Place) -> Said | None:
        """What a message of ours is about, also one that is in the room and not recorded yet."""
        said = await self._desk.what_was_said(event)
        if said is None:
            await self._until_recorded(place)
            said = await self._desk.what_was_said(event)
        return said

    # --- words ---

    async def _spoken(self, heard: Spoken, room: RoomRole, cause: Cause) -> None:
        said = typed(heard.text, self._manners.prefix)
        if said is None:
            return
        command = find_command(said.name, self._commands, self._manners.prefix)
        self._rights.check(command, heard.sender, room.kind, self._manners.prefix)
        self._must_be_fresh(cause)
        here = await self._ticket_of(room.place, heard.thread, heard.reply_to)
        await self._run(self._parsed(command, said, here), here, room, cause)

    async def _run(self, invocation: Invocation, here: TicketId | None, room: RoomRole, cause: Cause) -> None:
        command = invocation.command
        ticket = here if invocation.ticket is None else invocation.ticket
        if command.ticket is Takes.MUST and ticket is None:
            raise Refusal(
                "Which ticket? Say its number, as in `{prefix}{example}`, or write in the ticket's thread.",
                prefix=self._manners.prefix,
                example=command.examples[0],
            )
        call = Call(
            cause=cause,
            room=room,
            invocation=invocation,
            desk=self._desk,
            setting=Setting(language(room.language), self._manners.zone),
            commands=self._commands,
            prefix=self._manners.prefix,
            ticket_number=ticket,
        )
        reply: Rendered | None = await command.run(call)
        if reply is not None:
            await self._desk.reply(cause, reply.plain, reply.html)
        log.info("command-done command=%s ticket=%s place=%s", command.name, ticket, room.place)

    def _parsed(self, command: Command, said: Typed, here: TicketId | None) -> Invocation:
        return parse(command, said.rest, self._manners.prefix, here=here)

    async def _ticket_of(self, place: Place, *events: EventId | None) -> TicketId | None:
        """The ticket that one of our messages is about: the thread's root, or the message replied to."""
        for event in events:
            said = await self._what_was_said(event, place) if event else None
            if said is not None:
                return said.ticket
        return None

    # --- reactions ---

    async def _reacted(self, heard: Reacted, room: RoomRole, cause: Cause) -> None:
        said = await self._what_was_said(heard.target, room.place)
        if said is None:
            return
        await self._desk.keep_reaction(cause, heard.target, heard.key)
        if said.is_card and heard.key in self._manners.reactions:
            command = self._commands[self._manners.reactions[heard.key]]
            await self._by_reaction(command, said.ticket, room, cause)
        elif said.post is not None and said.revision is not None and heard.key in (CONFIRM, WITHDRAW):
            command = self._commands["publish" if heard.key == CONFIRM else "withdraw"]
            self._may_react(command, room, cause)
            if heard.key == CONFIRM:
                await self._desk.confirm(cause, said.post, said.revision)
            else:
                await self._desk.withdraw(cause, said.post)

    async def _by_reaction(self, command: Command, ticket: TicketId, room: RoomRole, cause: Cause) -> None:
        self._may_react(command, room, cause)
        await self._run(Invocation(command, ticket), ticket, room, cause)

    def _may_react(self, command: Command, room: RoomRole, cause: Cause) -> None:
        self._rights.check(command, cause.actor, room.kind, self._manners.prefix)
        self._must_be_fresh(cause)

    # --- second thoughts ---

    async def _edited(self, heard: Edited, room: RoomRole, cause: Cause) -> None:
        post = await self._desk.post_from(heard.target)
        if post is None or post.author != heard.sender:
            return
        self._rights.check(self._commands[DRAFTING], heard.sender, room.kind, self._manners.prefix)
        try:
            draft = draft_from(self._reworded(heard.text, post))
            await self._desk.revise(cause, post.id, draft)
        except Refusal as refusal:
            await self._desk.refuse_revision(cause, worded(refusal, language(room.language)), post.id)

    def _reworded(self, text: str, post: Post) -> Invocation:
        said = typed(text, self._manners.prefix)
        command = self._commands[DRAFTING]
        if said is None or find_command(said.name, self._commands, self._manners.prefix) is not command:
            raise Refusal("The edited message does not ask for an answer any more.")
        return self._parsed(command, said, post.ticket)

    async def _redacted(self, heard: Redacted, room: RoomRole, cause: Cause) -> None:
        reaction = await self._desk.find_reaction(heard.target)
        if reaction is not None:
            if reaction.sender == heard.sender:
                await self._reaction_taken_back(reaction.target, reaction.key, room, cause)
            return
        post = await self._desk.post_from(heard.target)
        if post is None:
            return
        # Whoever took it away, its author or a moderator: nobody can see any more what was asked for. And who tidies
        # up what led to nothing need not be told that there is nothing to withdraw.
        if post.state not in (PostState.WITHDRAWN, PostState.FAILED):
            await self._desk.withdraw(cause, post.id)

    async def _reaction_taken_back(self, target: EventId, key: str, room: RoomRole, cause: Cause) -> None:
        said = await self._desk.what_was_said(target)
        if said is None:
            return
        if said.is_card and self._manners.reactions.get(key) == "claim":
            self._may_react(self._commands["release"], room, cause)
            await self._desk.release_own(cause, said.ticket)
        elif said.post is not None and key == CONFIRM:
            await self._desk.unconfirm_own(cause, said.post)

    # --- what goes wrong ---

    def _must_be_fresh(self, cause: Cause) -> None:
        age = self._desk.clock.now() - cause.at
        if age > self._manners.max_age:
            raise Refusal("That is too old to be carried out now: I was away. Please repeat it if it still holds.")

    @staticmethod
    def _unreadable() -> None:
        raise Refusal(
            "I cannot read this message: I have no key for it. Please send it again; if that does not help, leave the "
            "room and join it again, or tell whoever runs fedichat."
        )

    async def _refuse(self, heard: AnyHeard, cause: Cause, refusal: Refusal) -> None:
        ticket = None if cause.answer_to else await self._ticket_behind(heard, cause)
        with contextlib.suppress(AlreadyHandled):
            await self._desk.refuse(cause, refusal, ticket)

    async def _ticket_behind(self, heard: AnyHeard, cause: Cause) -> TicketId | None:
        """The ticket that a reaction or a redaction was about."""
        if not isinstance(heard, Reacted | Redacted):
            return None
        reaction = await self._desk.find_reaction(heard.target)
        ticket = await self._ticket_of(cause.place, reaction.target if reaction else heard.target)
        if ticket is None and (post := await self._desk.post_from(heard.target)):
            return post.ticket
        return ticket

    async def _confess(self, heard: AnyHeard, cause: Cause, reference: str) -> None:
        mistake = Refusal(
            "Something went wrong inside fedichat, and that is not your mistake. Please tell whoever runs it: "
            "reference {reference}.",
            reference=reference,
        )
        await self._refuse(heard, cause, mistake)


def _cause(heard: AnyHeard, room: RoomRole) -> Cause:
    thread = answer_to = None
    if isinstance(heard, Spoken | Unreadable):
        thread, answer_to = heard.thread, heard.event_id
    elif isinstance(heard, Edited):
        thread, answer_to = heard.thread, heard.target
    return Cause(heard.event_id, heard.sender, room.place, heard.sent_at, thread, answer_to)
