"""Messages: commands that are typed, and ordinary talk in a ticket's thread."""

import logging
from dataclasses import replace

from fedichat.chat.command import Call, Command, Invocation, Right
from fedichat.chat.conversation import Conversation, Topic
from fedichat.chat.parsing import Typed
from fedichat.domain.cause import Cause
from fedichat.domain.names import EventId, RoomId, TicketId
from fedichat.domain.roles import RoomRole
from fedichat.errors import NotProven, Refusal
from fedichat.ports import SharedFile, Spoken

log = logging.getLogger(__name__)


class Words:
    """What people say."""

    def __init__(self, conversation: Conversation) -> None:
        self._chat = conversation
        self._desk = conversation.desk

    async def spoken(self, heard: Spoken, room: RoomRole, cause: Cause) -> None:
        """Run the command in a message; keep what was said in a ticket's thread."""
        said = self._chat.typed(heard.text)
        if said is None:
            await self._remarked(heard, room, cause)
            return
        if cause.unproven is not None:
            heard, cause = self._as_far_as_it_holds_back(heard, cause)
        topic = await self._chat.topic_of(room.place, heard.thread, heard.reply_to)
        try:
            invocation = self._asked(heard, said, topic, room, cause)
        except Refusal:
            if heard.file is not None and topic.ticket is not None:
                # The command is not carried out; the file is in the thread all the same.
                await self._keep_file(heard, cause, topic.ticket)
            raise
        await self._chat.run(await self._call(heard, invocation, topic, room, cause))

    def _asked(self, heard: Spoken, said: Typed, topic: Topic, room: RoomRole, cause: Cause) -> Invocation:
        """What is asked for, if whoever asks may have it done."""
        command, said = self._chat.meant(said)
        self._chat.check(command, room, cause)
        invocation = self._chat.parsed(command, said, topic)
        # What may be somebody else's words is nobody's reason to be told in all rooms.
        return replace(invocation, text="") if heard.unproven is not None else invocation

    async def _call(self, heard: Spoken, invocation: Invocation, topic: Topic, room: RoomRole, cause: Cause) -> Call:
        """The call with its ticket or post, and the files that came with it."""
        command = invocation.command
        is_named = invocation.ticket is not None or invocation.post is not None
        # What is planned in a citizen's thread has nothing to do with their ticket.
        ticket = invocation.ticket if is_named or command.right is Right.PLAN else topic.ticket
        if heard.file is not None and ticket is not None:
            await self._keep_file(heard, cause, ticket)
        if ticket is not None and heard.reply_to is not None and invocation.options.get("with") == "":
            await self._must_be_the_ticket_s(ticket, heard.room, heard.reply_to)
        return replace(
            self._chat.call(invocation, ticket, room, cause),
            here=topic.ticket,
            post=topic.post if invocation.post is None and ticket is None else invocation.post,
            files=await self._files_with(heard, command, invocation) if ticket is None else (),
            replied_to=heard.reply_to,
            holds_file=heard.file is not None,
        )

    def _as_far_as_it_holds_back(self, heard: Spoken, cause: Cause) -> tuple[Spoken, Cause]:
        """What only holds something back counts whoever may have said it, without its file. Raises NotProven."""
        command = self._chat.command_in(heard.text)
        if command is None or not command.holds_back:
            raise NotProven(cause.event)
        log.warning("unproven-held-back event=%s sender=%s unproven=%r", cause.event, cause.actor, cause.unproven)
        return replace(heard, file=None), replace(cause, unproven=None)

    async def _keep_file(self, heard: Spoken, cause: Cause, ticket: TicketId) -> None:
        await self._desk.departments.remarks.hear_remark(cause, ticket, "", heard.file, and_command=True)

    async def _must_be_the_ticket_s(self, ticket: TicketId, room: RoomId, replied_to: EventId) -> None:
        """Refuse to take along a file that is replied to, but was not sent into the ticket's thread."""
        remark = await self._desk.departments.remarks.remark_behind(replied_to)
        file = remark.file if remark is not None and remark.ticket != ticket else None
        if remark is None and await self._desk.room.views.what_was_said(replied_to) is None:
            said = await self._chat.rooms.message(room, replied_to)
            file = said.file if said is not None else None
        if file is not None:
            raise Refusal(
                "The file that you reply to is not in the thread of #{ticket}. Send it there, then `--with` takes it "
                "along.",
                ticket=ticket,
            )

    async def _files_with(
        self, heard: Spoken, command: Command, invocation: Invocation
    ) -> tuple[tuple[EventId, SharedFile, str], ...]:
        """The files that a planned post may take along: in the message itself, and in the one that it replies to."""
        if command.right is not Right.PLAN:
            return ()
        own = ((heard.event_id, heard.file, ""),) if heard.file is not None else ()
        if "with" not in invocation.options or heard.reply_to is None:
            return own
        return own + await self._file_replied_to(heard.room, heard.reply_to)

    async def _file_replied_to(self, room: RoomId, replied_to: EventId) -> tuple[tuple[EventId, SharedFile, str], ...]:
        other = await self._chat.rooms.message(room, replied_to)
        if other is None or other.file is None:
            return ()
        if other.unproven is not None:
            raise Refusal(
                "The file that you reply to does not count: it came unencrypted, or from a device that is not "
                "verified. Please send it again."
            )
        # A command that was refused is no description of the file that came with it.
        caption = "" if self._chat.command_in(other.text) is not None else other.text
        return ((other.event_id, other.file, caption),)

    async def _remarked(self, heard: Spoken, room: RoomRole, cause: Cause) -> None:
        """Ordinary talk: in a ticket's thread it belongs to the ticket, and anybody may talk."""
        topic = await self._chat.topic_of(room.place, heard.thread, heard.reply_to)
        if topic.ticket is not None:
            await self._desk.departments.remarks.hear_remark(cause, topic.ticket, heard.text, heard.file)
        elif topic.post is not None and heard.file is not None:
            await self._desk.plan.scheduling.hear_file(cause, topic.post, heard.text, heard.file)
