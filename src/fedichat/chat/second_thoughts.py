"""Second thoughts: a message is edited, or it is taken away. What it made follows, as its command declares."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from fedichat.chat.command import ONLY_ONCE, Command, Invocation, Kept, Shown
from fedichat.chat.conversation import Conversation, Topic
from fedichat.chat.taps import Taps
from fedichat.chat.wording import about_post, worded
from fedichat.desk.posts.drafting import WITHDRAW
from fedichat.desk.room.views import Said
from fedichat.domain.cause import Cause
from fedichat.domain.names import EventId, Place, PostId, TicketId, UserId
from fedichat.domain.posts.post import Post, PostKind, PostState
from fedichat.domain.roles import RoomRole
from fedichat.errors import FarEndError, NotProven, Refusal
from fedichat.ports import Edited, Redacted
from fedichat.text.i18n import language


@dataclass(frozen=True, slots=True)
class Made:
    """What a message made: a draft, a proposal or a note. `place` is None where that is not known."""

    kind: PostKind | Kept
    author: UserId | None
    place: Place | None
    ticket: TicketId | None
    post: PostId | None = None
    target: PostId | None = None
    """The published post that a draft changes."""


class SecondThoughts:
    """What people change and take away."""

    def __init__(self, conversation: Conversation, taps: Taps) -> None:
        self._chat = conversation
        self._desk = conversation.desk
        self._taps = taps

    # --- edits ---

    async def edited(self, heard: Edited, room: RoomRole, cause: Cause) -> None:
        """What the message made follows it. An edit never runs a command."""
        made = await self._made_by(heard.target)
        if made is None:
            await self._talk_edited(heard, room, cause)
        elif made.author == heard.sender and made.place in (None, room.place):
            await self._follow(heard, made, room, cause)

    async def _made_by(self, message: EventId) -> Made | None:
        post = await self._desk.posts.finding.post_from(message)
        if post is not None:
            return Made(post.kind, post.author, post.place, post.ticket, post.id, post.target)
        proposal = await self._desk.departments.proposals.proposal_from(message)
        if proposal is not None and proposal.marked_by is None:
            return Made(Kept.PROPOSAL, proposal.author, proposal.place, proposal.ticket)
        note = await self._desk.tickets.triage.note_from(message)
        if note is not None and note.ticket is not None:
            return Made(Kept.NOTE, note.actor, None, note.ticket)
        return None

    async def _talk_edited(self, heard: Edited, room: RoomRole, cause: Cause) -> None:
        remark = await self._desk.departments.remarks.find_remark(heard.target)
        command = self._chat.command_in(heard.text)
        if command is not None:
            # Nor is it kept as what somebody said: it would be a file's alt text, or proposed as an answer.
            await self._not_again(heard, cause)
        elif remark is not None and remark.sender == heard.sender and remark.place == room.place:
            await self._desk.departments.remarks.edit_remark(cause, heard.target, heard.text)

    async def _not_again(self, heard: Edited, cause: Cause) -> None:
        """An edit runs no command, neither one that was refused nor another one: say so rather than pass over it."""
        if cause.thread is None:
            # Clients do not say in which thread an edit is.
            with contextlib.suppress(FarEndError):
                said = await self._chat.rooms.message(heard.room, heard.target)
                cause = replace(cause, thread=said.thread if said is not None else None)
        await self._desk.room.replies.refuse(cause, ONLY_ONCE)

    async def _follow(self, heard: Edited, made: Made, room: RoomRole, cause: Cause) -> None:
        """Do to what the message made what the command in the message declares, if that command makes such a thing."""
        # Nothing is looked at that somebody else may have said.
        if cause.unproven is not None:
            raise NotProven(cause.event)
        makers = self._makers_of(made.kind)
        command = self._chat.command_in(heard.text)
        why_not = command.on_edit if command is not None and command in makers else None
        if isinstance(why_not, Refusal):
            await self._desk.room.replies.refuse(cause, about_post(why_not, made.post), made.ticket, made.post)
            return
        if not any(callable(maker.on_edit) for maker in makers):
            return
        try:
            await self._revise(heard, made, makers, room, cause)
        except Refusal as refusal:
            await self._keep_as_it_is(cause, worded(refusal, language(room.language)), made)

    def _makers_of(self, kind: PostKind | Kept) -> Sequence[Command]:
        each = {command.name: command for command in self._chat.commands.values()}
        return [each[name] for name in sorted(each) if kind in each[name].makes]

    async def _revise(self, heard: Edited, made: Made, makers: Sequence[Command], room: RoomRole, cause: Cause) -> None:
        invocation = self._reworded(heard.text, made, makers)
        command = invocation.command
        self._chat.rights.check(command, heard.sender, room.kind)
        call = self._chat.call(invocation, made.ticket, room, cause)
        if callable(command.on_edit):
            await command.on_edit(replace(call, post=made.post, edited=heard.target))

    async def _keep_as_it_is(self, cause: Cause, refusal: Refusal, made: Made) -> None:
        """Say why an edit changes nothing; a draft is held back: what was to be changed never goes out."""
        if made.post is not None:
            await self._desk.room.replies.refuse_revision(cause, refusal, made.post)
        else:
            # Clients do not say in which thread an edit is.
            await self._desk.room.replies.refuse(cause, refusal, made.ticket)

    def _reworded(self, text: str, made: Made, makers: Sequence[Command]) -> Invocation:
        """What an edited message says now; it must still be one of these commands, and about the same as before."""
        said = self._chat.typed(text)
        command, said = self._chat.meant(said) if said is not None else (None, None)
        if said is None or command is None or command not in makers:
            wanted = next(maker for maker in makers if callable(maker.on_edit))
            raise Refusal("The edited message is no longer `{prefix}{command}`.", command=wanted)
        invocation = self._chat.parsed(command, said, Topic(post=made.target if made.ticket is None else None))
        _must_be_about_the_same(invocation, made)
        return invocation

    # --- redactions ---

    async def redacted(self, heard: Redacted, room: RoomRole, cause: Cause) -> None:
        """Take back what a reaction stood for, what a message of ours shows, or what somebody's message made."""
        reaction = await self._desk.room.heard.find_reaction(heard.target)
        if reaction is not None:
            await self._taps.taken_back(reaction, room, cause)
            return
        said = await self._ours(heard.target, room.place)
        if said is not None:
            await self._desk.room.second_thoughts.taken_away(cause, said)
            return
        await self._forget_remark(heard.target, room.place, cause)
        if await self._desk.tickets.triage.note_from(heard.target) is not None:
            await self._desk.tickets.triage.reword_note(cause, heard.target, "")
            return
        post = await self._desk.posts.finding.post_from(heard.target)
        if post is not None and post.place == room.place:
            await self._withdraw(post, heard, room, cause)

    async def _ours(self, event: EventId, place: Place) -> Said | None:
        """What a message of ours in that place was about; a question's, too."""
        said = await self._desk.room.views.what_was_said(event)
        if said is None and await self._desk.room.questions.find_question(event) is not None:
            return Said(event, place, None)
        return said if said is not None and said.place == place else None

    async def _forget_remark(self, event: EventId, place: Place, cause: Cause) -> None:
        spoken = await self._desk.departments.remarks.find_remark(
            event
        ) or await self._desk.departments.proposals.proposal_from(event)
        if spoken is not None and spoken.place == place:
            # Whoever took it away: nobody can see it any more where it was said.
            await self._desk.departments.remarks.redact_remark(cause, event)

    async def _withdraw(self, post: Post, heard: Redacted, room: RoomRole, cause: Cause) -> None:
        """The message that made a post is gone. Whoever redacts a colleague's needs the right to tap ❌."""
        if post.state in (PostState.WITHDRAWN, PostState.FAILED):
            return  # whoever tidies up what led to nothing need not be told that there is nothing to withdraw
        withdrawing = self._chat.command_of(Shown.PREVIEW, WITHDRAW)
        if post.author != heard.sender and withdrawing is not None:
            self._chat.rights.check(withdrawing, heard.sender, room.kind)
        if post.series is not None and post.is_pending:
            await self._desk.plan.scheduling.unschedule(cause, post.id, whole_series=True)
        else:
            await self._desk.posts.confirming.withdraw(cause, post.id)


def _must_be_about_the_same(invocation: Invocation, made: Made) -> None:
    """Refuse an edited message that names another ticket or post than before."""
    if made.ticket is not None and invocation.ticket not in (None, made.ticket):
        raise Refusal(
            "This message is about #{here}, and editing it does not change that. For #{ticket}, send a new one; if "
            "{ticket} belongs to the text, write `{prefix}{command} #{here} {ticket} …`.",
            here=made.ticket,
            ticket=invocation.ticket,
            command=invocation.command,
        )
    if made.ticket is None and made.target is not None and invocation.ticket is not None:
        raise Refusal(
            "This message is about P{here}, and editing it does not change that. For #{ticket}, send a new one.",
            here=made.target,
            ticket=invocation.ticket,
        )
    if made.target is not None and invocation.post not in (None, made.target):
        raise Refusal(
            "This message is about P{here}, and editing it does not change that. For P{post}, send a new one.",
            here=made.target,
            post=invocation.post,
        )
