"""Reactions: a tap on an emoji stands for a command, as the commands declare; and taking it back may undo that."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from fedichat.chat.command import Call, Command, Invocation, Shown
from fedichat.chat.conversation import Conversation, Topic
from fedichat.chat.declining import to_be_typed
from fedichat.chat.wording import worded
from fedichat.desk.posts.drafting import CONFIRM
from fedichat.desk.room.questions import Asked
from fedichat.desk.room.replies import Reaction
from fedichat.desk.room.second_thoughts import is_no, is_yes
from fedichat.desk.room.views import Said
from fedichat.domain.cause import Cause
from fedichat.domain.cause import Tap as TapOnQuestion
from fedichat.domain.names import EventId, TicketId, is_department
from fedichat.domain.roles import RoomKind, RoomRole
from fedichat.ports import Reacted
from fedichat.text.i18n import language


class Taps:
    """What people tap."""

    def __init__(self, conversation: Conversation) -> None:
        self._chat = conversation
        self._desk = conversation.desk

    async def reacted(self, heard: Reacted, room: RoomRole, cause: Cause) -> None:
        """Do what the tap stands for, on whatever it is; most reactions stand for nothing."""
        said = await self._chat.what_was_said(heard.target, room.place)
        if said is not None:
            await self._desk.room.heard.keep_reaction(cause, heard.target, heard.key)
        asked = await self._desk.room.questions.find_question(heard.target)
        if asked is not None and asked.place == room.place:
            await self._on_question(asked, heard.key, room, cause)
        elif said is not None and said.is_card:
            await self._on_card(said, heard.key, room, cause)
        elif said is not None and said.post is not None and said.revision is not None:
            await self._on_preview(said, heard.key, room, cause)
        elif (command := self._chat.command_of(Shown.HANDOVER, heard.key)) and await self._is_handover(heard, room):
            # It changes nothing but who knows: it counts however late it is heard.
            self._chat.rights.check(command, cause.actor, room.kind)
            await self._do(Shown.HANDOVER, heard.key, self._call(command, said, heard.target, room, cause))
        elif command := self._chat.command_of(Shown.REMARK, heard.key):
            await self._on_remark(command, heard, said, room, cause)

    async def taken_back(self, reaction: Reaction, room: RoomRole, cause: Cause) -> None:
        """A reaction was taken back, or a moderator took it away. Our own are only buttons."""
        sender, said = reaction.sender, await self._chat.what_was_said(reaction.target, room.place)
        if said is None or sender is None:
            return
        if said.post is not None and reaction.key == CONFIRM:
            # Whoever could say yes can take it back, even when they may not say it any more; and what a moderator has
            # taken away, nobody can see there.
            await self._desk.room.second_thoughts.confirmation_taken_back(cause, said.post, sender)
        elif sender == cause.actor:
            await self._undo(said, reaction, room, cause)
        # Only now: if the process dies before there is an outcome, it is heard again.
        await self._desk.room.second_thoughts.forget_reaction(reaction.event)

    async def _undo(self, said: Said, reaction: Reaction, room: RoomRole, cause: Cause) -> None:
        """Run the command that undoes what the reaction stood for, if there is one."""
        kind = _kind(said)
        done = self._chat.command_of(kind, reaction.key) if kind is not None else None
        if done is None or not done.undone_by:
            return
        command = self._chat.commands[done.undone_by]
        self._chat.check(command, room, cause)
        call = replace(self._call(command, said, reaction.target, room, cause), takes_back=True)
        if not await self._is_to_be_typed(call):
            await self._chat.run(call)

    async def _is_handover(self, heard: Reacted, room: RoomRole) -> bool:
        return await self._desk.duty.handovers.is_handover(heard.target, room.place)

    async def _on_card(self, said: Said, key: str, room: RoomRole, cause: Cause) -> None:
        command = self._chat.command_of(Shown.CARD, key)
        if command is None:
            return
        self._chat.check(command, room, cause)
        await self._do(Shown.CARD, key, self._call(command, said, said.event, room, cause))

    async def _on_preview(self, said: Said, key: str, room: RoomRole, cause: Cause) -> None:
        command = self._chat.command_of(Shown.PREVIEW, key)
        post, revision = said.post, said.revision
        if post is None or revision is None:
            return
        if command is None:
            if is_yes(key) or is_no(key):
                await self._desk.room.second_thoughts.explain_tap(cause, post, revision, key, said.event)
            return
        self._chat.check(command, room, cause)
        if key == CONFIRM and self._chat.manners.typed:
            await self._desk.posts.confirming.ask_to_type(cause, post, revision, said.event)
        else:
            await self._do(Shown.PREVIEW, key, self._call(command, said, said.event, room, cause))

    async def _on_remark(
        self, command: Command, heard: Reacted, said: Said | None, room: RoomRole, cause: Cause
    ) -> None:
        """A tap on what an expert said, or on our copy of it."""
        remark = await self._desk.departments.remarks.remark_behind(heard.target)
        if remark is None or (said is None and remark.place != room.place):
            return
        if room.kind is RoomKind.DEPARTMENT and not self._chat.rights.may(command, cause.actor, room.kind):
            return  # among experts it only says that somebody agrees
        if not is_department(remark.place):
            return  # as it does on what one of the team said
        self._chat.check(command, room, cause)
        call = self._chat.call(Invocation(command, remark.ticket), remark.ticket, room, cause)
        await self._do(Shown.REMARK, heard.key, replace(call, tapped=remark.event))

    async def _on_question(self, asked: Asked, key: str, room: RoomRole, cause: Cause) -> None:
        """A tap under a question of ours: what it stands for, as if whoever tapped had typed it."""
        choices = {_plain(choice): choice for choice in asked.choices}
        if key not in choices:
            return
        tapped, key = cause, choices[key]
        line = asked.choices[key]
        cause = replace(cause, tap=TapOnQuestion(asked.event, key))
        if asked.ticket is not None:
            cause = replace(cause, thread=await self._desk.room.views.thread_of(asked.ticket, room.place))
        # Whoever may not answer anything else may not say no for the others either.
        said = self._chat.typed(self._chat.manners.prefix + (line or next(filter(None, asked.choices.values()))))
        if said is None:
            raise LookupError(f"the choice {key} of {asked.event} is no command")
        command, said = self._chat.meant(said)
        self._chat.check(command, room, cause)
        if not line:
            await self._desk.room.questions.settle(cause)
            return
        invocation = self._chat.parsed(command, said, Topic(asked.ticket))
        ticket = asked.ticket if invocation.ticket is None and invocation.post is None else invocation.ticket
        call = replace(self._chat.call(invocation, ticket, room, cause), post=invocation.post, tapped=asked.event)
        if not await self._is_to_be_typed(replace(call, cause=tapped), said.rest, asked.ticket):
            await self._chat.run(call)

    def _call(self, command: Command, said: Said | None, tapped: EventId, room: RoomRole, cause: Cause) -> Call:
        """The call of a command by a tap on that message."""
        ticket = said.ticket if said is not None else None
        call = self._chat.call(Invocation(command, ticket), ticket, room, cause)
        if said is None or said.post is None:
            return replace(call, tapped=tapped)
        return replace(call, tapped=tapped, post=said.post, revision=said.revision or 0)

    async def _do(self, shown: Shown, key: str, call: Call) -> None:
        """Do what the tap stands for, unless that has to be typed in this office."""
        if await self._is_to_be_typed(call):
            return
        run = _run_by(call.invocation.command, shown, key)
        await (run(call) if run is not None else self._chat.run(call))

    async def _is_to_be_typed(self, call: Call, rest: str | None = None, ticket: TicketId | None = None) -> bool:
        """Whether a tap may not do that; then what to type has been said, and a question stays open."""
        invocation = call.invocation
        if not (self._chat.manners.typed and invocation.lets_out):
            return False
        rest = _named(call) if rest is None else rest
        line = worded(to_be_typed(invocation.command, rest), language(call.room.language))
        about = invocation.ticket or ticket
        await self._desk.room.replies.decline(call.cause, f"tap {call.shown}", (line,), ticket=about)
        return True


def _run_by(command: Command, shown: Shown, key: str) -> Callable[[Call], Awaitable[None]] | None:
    """What a tap does by its own declaration; on a card any emoji counts that the configuration has for the command."""
    declared = [tap for tap in command.taps if tap.on is shown and (tap.key == key or shown is Shown.CARD)]
    return declared[0].run if declared else None


def _kind(said: Said) -> Shown | None:
    """Whether a message of ours is a card or a preview; None for all others."""
    if said.is_card:
        return Shown.CARD
    return Shown.PREVIEW if said.revision is not None else None


def _named(call: Call) -> str:
    """What the tapped message is about, as it is typed."""
    return f"P{call.post}" if call.post is not None else str(call.ticket_number)


def _plain(key: str) -> str:
    """An emoji as it is heard: without variation selectors, in which clients differ."""
    return key.replace("\N{VARIATION SELECTOR-16}", "")
