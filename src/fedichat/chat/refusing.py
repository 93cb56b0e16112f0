"""What is said to somebody whose message or tap is not carried out, and what becomes of what it was about."""

import contextlib
import logging
from collections.abc import Sequence
from dataclasses import replace

from fedichat.chat.conversation import Conversation, Topic
from fedichat.chat.declining import NOT_DONE, UNPROVEN, UNREADABLE, repeated, unproven, unreadable
from fedichat.domain.cause import Cause
from fedichat.domain.names import EventId
from fedichat.domain.roles import RoomRole
from fedichat.errors import AlreadyHandled, Refusal
from fedichat.ports import AnyHeard, AskedToVerify, Edited, Reacted, Redacted, Spoken, Unreadable

log = logging.getLogger(__name__)


class Refusing:
    """Refusals, apologies, and what is said to messages that nobody can read or prove."""

    def __init__(self, conversation: Conversation) -> None:
        self._chat = conversation
        self._desk = conversation.desk

    async def refuse(self, heard: AnyHeard, cause: Cause, refusal: Refusal) -> None:
        """Say why it is not done: as a reply, or in the thread of what was tapped or redacted."""
        topic = Topic() if cause.answer_to else await self._topic_behind(heard, cause)
        with contextlib.suppress(AlreadyHandled):
            if heard.unproven is not None:
                # Only what would hold something back gets here; it is answered as seldom as the rest.
                cause = replace(cause, unproven=None)
                await self._desk.room.replies.decline(cause, UNPROVEN, repeated(refusal), sign=NOT_DONE)
                return
            await self._desk.room.replies.refuse(cause, refusal, topic.ticket, topic.post)

    async def confess(self, heard: AnyHeard, cause: Cause, reference: str) -> None:
        """Say that a fault of ours kept us from doing it, and hold back what it may have been meant to hold back."""
        if self._may_hold_back(heard):
            # What was to be taken back must not go out because of a fault of ours.
            await self._desk.room.second_thoughts.hold_everything_back(cause)
        mistake = Refusal(
            "Something went wrong inside fedichat, and that is not your mistake. Please tell whoever runs it: "
            "reference {reference}.",
            reference=reference,
        )
        await self.refuse(heard, cause, mistake)

    async def unreadable(self, heard: Unreadable, room: RoomRole, cause: Cause) -> None:
        """We have no key for the message: say so, unless it is old."""
        said = () if self._chat.is_old(cause) else unreadable()
        await self._decline(heard, heard.target, room, cause, UNREADABLE, said)

    async def unproven(self, heard: AnyHeard, room: RoomRole, cause: Cause) -> None:
        """Somebody else may have written the message: say why it is not obeyed."""
        if heard.unproven is None:
            raise LookupError(f"{heard.event_id} is not unproven")
        log.warning("unproven event=%s sender=%s unproven=%r", cause.event, cause.actor, heard.unproven)
        target = heard.target if isinstance(heard, Edited) else None
        await self._decline(heard, target, room, replace(cause, unproven=None), UNPROVEN, unproven(heard.unproven))

    async def _decline(
        self,
        heard: AnyHeard,
        target: EventId | None,
        room: RoomRole,
        cause: Cause,
        about: str,
        said: Sequence[Refusal],
    ) -> None:
        """Obey nothing of it. It may have been meant to change the words of a draft: that is held back."""
        post = await self._desk.posts.finding.post_from(target) if target is not None else None
        is_theirs = post is not None and post.author == heard.sender and post.place == room.place
        # Clients do not say in which thread an edit is.
        remark = await self._desk.departments.remarks.find_remark(target) if target is not None else None
        with contextlib.suppress(AlreadyHandled):
            await self._desk.room.replies.decline(
                cause,
                about,
                said,
                ticket=remark.ticket if remark is not None and remark.place == room.place else None,
                revises=post.id if post is not None and is_theirs else None,
                sign=NOT_DONE if heard.unproven is not None else "",
            )

    async def _topic_behind(self, heard: AnyHeard, cause: Cause) -> Topic:
        """What a reaction or a redaction was about."""
        if not isinstance(heard, Reacted | Redacted):
            return Topic()
        reaction = await self._desk.room.heard.find_reaction(heard.target)
        topic = await self._chat.topic_of(cause.place, reaction.target if reaction else heard.target)
        if topic == Topic() and (post := await self._desk.posts.finding.post_from(heard.target)):
            return Topic(post.ticket, post.id if post.ticket is None else None)
        return topic

    def _may_hold_back(self, heard: AnyHeard) -> bool:
        """Whether it may have been meant to hold something back."""
        match heard:
            case Spoken():
                command = self._chat.command_in(heard.text)
                return command is not None and command.holds_back
            case Reacted():
                return self._chat.may_hold_back(heard.key)
            case AskedToVerify():
                return False
            case _:
                return True
