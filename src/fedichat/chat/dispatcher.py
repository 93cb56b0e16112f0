"""What people do in the rooms, handed to the desk: commands, reactions, edits, redactions. Each counts exactly once."""

import contextlib
import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from zoneinfo import ZoneInfo

from fedichat.chat.command import Call, Command, Invocation, Right, Takes, folded
from fedichat.chat.declining import NOT_DONE, UNPROVEN, UNREADABLE, repeated, to_be_typed, unproven, unreadable
from fedichat.chat.drafts import draft_from
from fedichat.chat.parsing import Typed, find_command, find_part, parse, typed
from fedichat.chat.plans import must_stay_with, plan_from
from fedichat.chat.rights import Rights
from fedichat.chat.wording import worded
from fedichat.desk import Desk
from fedichat.desk.posts.drafting import CONFIRM, WITHDRAW
from fedichat.desk.room.questions import Asked
from fedichat.desk.room.replies import Reaction
from fedichat.desk.room.second_thoughts import is_no, is_yes
from fedichat.desk.room.views import Said
from fedichat.domain.cause import Cause, Tap
from fedichat.domain.names import EventId, Place, PostId, RoomId, TicketId, UserId, is_department
from fedichat.domain.posts.post import Post, PostKind, PostState
from fedichat.domain.roles import RoomKind, RoomRole
from fedichat.domain.tickets.escalation import Proposal
from fedichat.domain.tickets.remark import Remark
from fedichat.errors import AlreadyHandled, FarEndError, NotProven, NotShownYet, Refusal
from fedichat.ports import AnyHeard, AskedToVerify, Edited, Reacted, Redacted, SharedFile, Spoken, Unreadable
from fedichat.render.parts import Rendered, Setting
from fedichat.text.i18n import language

log = logging.getLogger(__name__)

DRAFTING = {
    PostKind.ANSWER: frozenset({"answer"}),
    PostKind.INTERIM: frozenset({"interim"}),
    PostKind.EDIT: frozenset({"edit"}),
    PostKind.PLANNED: frozenset({"schedule", "draft"}),
    PostKind.CRISIS: frozenset({"crisis"}),
}
"""The commands whose message may be edited: the draft that they made follows."""
PROPOSING, CONSULTING, WITHDRAWING, ACKNOWLEDGING = "propose", "escalate", "withdraw", "duty"
COPYING, NOTING = "copy", "note"
HOLDING_BACK = frozenset({WITHDRAWING, "unschedule", "freeze"})
"""What only keeps something from going out: it holds however late it is heard, and whoever may have said it."""


@dataclass(frozen=True, slots=True)
class Topic:
    """What is talked about in a thread: a ticket, or a planned post."""

    ticket: TicketId | None = None
    post: PostId | None = None


@dataclass(frozen=True, slots=True)
class Manners:
    """How this office speaks to its bot. `reactions` maps an emoji on a card to a command's name.

    `typed`: a tap lets nothing out; a message has to say so, for who sent that can be proven in encrypted rooms.
    """

    prefix: str
    max_age: timedelta
    reactions: Mapping[str, str]
    zone: ZoneInfo
    typed: bool = False


class Dispatcher:
    """Takes what is heard in the configured rooms: in each of them one after the other."""

    def __init__(
        self,
        desk: Desk,
        commands: Mapping[str, Command],
        rights: Rights,
        manners: Manners,
        role_of: Callable[[RoomId], RoomRole | None],
        until_recorded: Callable[[Place], Awaitable[None]],
        people: Callable[[Place], Awaitable[Mapping[UserId, str]]],
        message: Callable[[RoomId, EventId], Awaitable[Spoken | None]],
        is_later: Callable[[EventId, int], bool],
        is_shut: Callable[[Place], bool] = lambda _: False,
        is_for_anybody: Callable[[Place], bool] = lambda _: False,
    ) -> None:
        """`until_recorded` waits for what is being said in a place to be known to the desk.

        `people` are those in a place's room, with their display names; `message` is what a person said in a message;
        `is_later` says whether a message of ours came into its room after a position there. `is_shut`: strangers can
        get into that room for direct messages, so what is said there is nobody's order. `is_for_anybody` says
        whether anybody at all can read a room.
        """
        self._desk = desk
        self._commands = commands
        self._rights = rights
        self._manners = manners
        self._role_of = role_of
        self._until_recorded = until_recorded
        self._people = people
        self._message = message
        self._is_shut = is_shut
        self._is_for_anybody = is_for_anybody
        self._is_later = is_later

    async def hear(self, heard: AnyHeard) -> None:
        """Carry out what it asks for, if anything; a repeat of the same event does nothing."""
        room = self._role_of(heard.room)
        if room is None or await self._desk.room.heard.was_handled(heard.event_id):
            return
        cause = replace(_cause(heard, room), is_later=partial(self._later_than, heard.position))
        try:
            try:
                await self._take(heard, room, cause)
            except NotShownYet:
                await self._until_recorded(room.place)
                await self._take(heard, room, cause)
        except AlreadyHandled:
            return
        except NotProven:
            await self._decline_unproven(heard, room, cause)
        except Refusal as refusal:
            await self._refuse(heard, cause, worded(refusal, language(room.language)))
        except Exception:
            reference = secrets.token_hex(4)
            log.exception("command-broke reference=%s event=%s", reference, cause.event)
            await self._confess(heard, cause, reference)

    def _later_than(self, position: int, event: EventId) -> bool:
        return self._is_later(event, position)

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
                await self._unreadable(heard, room, cause)
            case AskedToVerify():
                raise Refusal(
                    "Nobody is there to compare the emoji with you. Please ask whoever runs fedichat to run "
                    "`fedichat verify`, then try again."
                )

    async def _what_was_said(self, event: EventId, place: Place) -> Said | None:
        """What a message of ours in that place is about, also one that is in the room and not recorded yet."""
        said = await self._desk.room.views.what_was_said(event)
        if said is None:
            await self._until_recorded(place)
            said = await self._desk.room.views.what_was_said(event)
        return said if said is not None and said.place == place else None

    # --- words ---

    async def _spoken(self, heard: Spoken, room: RoomRole, cause: Cause) -> None:
        said = typed(heard.text, self._manners.prefix)
        if said is None:
            await self._remarked(heard, room, cause)
            return
        if cause.unproven is not None:
            heard, cause = self._as_far_as_it_holds_back(heard, cause)
        topic = await self._topic_of(room.place, heard.thread, heard.reply_to)
        here = topic.ticket
        try:
            command, said = self._meant(said)
            self._rights.check(command, heard.sender, room.kind)
            self._must_count(command, cause)
            invocation = self._parsed(command, said, topic)
            if heard.unproven is not None:
                invocation = replace(invocation, text="")  # nobody's reason to be told in all rooms
        except Refusal:
            if heard.file is not None and here is not None:
                # The command is not carried out; the file is in the thread all the same.
                await self._desk.departments.remarks.hear_remark(cause, here, "", heard.file, and_command=True)
            raise
        is_named = invocation.ticket is not None or invocation.post is not None
        # What is planned in a citizen's thread has nothing to do with their ticket.
        ticket = invocation.ticket if is_named or command.right is Right.PLAN else here
        if heard.file is not None and ticket is not None:
            await self._desk.departments.remarks.hear_remark(cause, ticket, "", heard.file, and_command=True)
        if ticket is not None and heard.reply_to is not None and invocation.options.get("with") == "":
            await self._must_be_the_ticket_s(ticket, heard.room, heard.reply_to)
        call = self._call(invocation, ticket, room, cause)
        files = await self._files_with(heard, command, invocation) if ticket is None else ()
        post = topic.post if invocation.post is None and ticket is None else invocation.post
        await self._run(
            replace(
                call,
                here=here,
                post=post,
                files=files,
                replied_to=heard.reply_to,
                holds_file=heard.file is not None,
            )
        )

    def _as_far_as_it_holds_back(self, heard: Spoken, cause: Cause) -> tuple[Spoken, Cause]:
        """What only holds something back counts whoever may have said it, without their files. Raises NotProven."""
        if not any(self._is_a(name, heard.text) for name in HOLDING_BACK):
            raise NotProven(cause.event)
        log.warning("unproven-held-back event=%s sender=%s unproven=%r", cause.event, cause.actor, cause.unproven)
        return replace(heard, file=None), replace(cause, unproven=None)

    async def _must_be_the_ticket_s(self, ticket: TicketId, room: RoomId, replied_to: EventId) -> None:
        """Refuse to take along another file than the one replied to, which was not sent into the ticket's thread."""
        remark = await self._desk.departments.remarks.remark_behind(replied_to)
        file = remark.file if remark is not None and remark.ticket != ticket else None
        if remark is None and await self._desk.room.views.what_was_said(replied_to) is None:
            said = await self._message(room, replied_to)
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
        files: list[tuple[EventId, SharedFile, str]] = []
        if heard.file is not None:
            files.append((heard.event_id, heard.file, ""))
        if "with" in invocation.options and heard.reply_to is not None:
            other = await self._message(heard.room, heard.reply_to)
            if other is not None and other.file is not None:
                if other.unproven is not None:
                    raise Refusal(
                        "The file that you reply to does not count: it came unencrypted, or from a device that is not "
                        "verified. Please send it again."
                    )
                # A command that was refused does not describe the file under which it stands.
                caption = "" if self._is_a_command(other.text) else other.text
                files.append((other.event_id, other.file, caption))
        return tuple(files)

    async def _remarked(self, heard: Spoken, room: RoomRole, cause: Cause) -> None:
        """Ordinary talk: in a ticket's thread it belongs to the ticket, and anybody may talk."""
        topic = await self._topic_of(room.place, heard.thread, heard.reply_to)
        if topic.ticket is not None:
            await self._desk.departments.remarks.hear_remark(cause, topic.ticket, heard.text, heard.file)
        elif topic.post is not None and heard.file is not None:
            await self._desk.plan.scheduling.hear_file(cause, topic.post, heard.text, heard.file)

    def _call(self, invocation: Invocation, ticket: TicketId | None, room: RoomRole, cause: Cause) -> Call:
        return Call(
            cause=cause,
            room=room,
            invocation=invocation,
            desk=self._desk,
            setting=Setting.of(room.language, self._manners.zone, typed=self._manners.typed),
            commands=self._commands,
            prefix=self._manners.prefix,
            ticket_number=ticket,
            may=partial(self._rights.may, user=cause.actor, room=room.kind),
            allows=self._rights.may,
            holds=partial(self._rights.holds, user=cause.actor, room=room.kind),
            people=self._people,
            is_for_anybody=self._is_for_anybody,
        )

    async def _run(self, call: Call) -> None:
        command = call.invocation.command
        takes_post = command.post is not Takes.NO and call.post is not None
        if command.post is Takes.MUST and call.post is None:
            raise Refusal(
                "Which post? Say its number, as in `{prefix}{example}`, or write in the thread of its preview.",
                prefix=self._manners.prefix,
                example=command.examples[0],
            )
        if command.ticket is Takes.MUST and call.ticket_number is None and not takes_post:
            raise Refusal(
                "Which ticket? Say its number, as in `{prefix}{example}`, or write in the ticket's thread.",
                prefix=self._manners.prefix,
                example=command.examples[0],
            )
        self._rights.check_options(call.invocation, call.cause.actor, call.room.kind)
        reply: Rendered | None = await command.run(call)
        if reply is not None:
            await self._desk.room.replies.reply(call.cause, reply.plain, reply.html, reply.quotes)
        log.info("command-done command=%s ticket=%s place=%s", command.name, call.ticket_number, call.room.place)

    def _meant(self, said: Typed) -> tuple[Command, Typed]:
        """The command that was typed, one of two words where there is such a one, and what is left behind it."""
        command = find_command(said.name, self._commands, self._manners.prefix)
        return find_part(command, said)

    def _parsed(self, command: Command, said: Typed, here: Topic) -> Invocation:
        return parse(command, said.rest, self._manners.prefix, here=here.ticket, planned=here.post)

    async def _topic_of(self, place: Place, *events: EventId | None) -> Topic:
        """What one of these messages is about: the thread's root, or the message replied to."""
        for event in filter(None, events):
            remark = await self._desk.departments.remarks.find_remark(event)
            if remark is not None and remark.place == place:
                return Topic(remark.ticket, remark.post)
            said = await self._what_was_said(event, place)
            if said is not None:
                return Topic(said.ticket, said.post if said.ticket is None else None)
        return Topic()

    # --- reactions ---

    async def _reacted(self, heard: Reacted, room: RoomRole, cause: Cause) -> None:
        said = await self._what_was_said(heard.target, room.place)
        if said is not None:
            await self._desk.room.heard.keep_reaction(cause, heard.target, heard.key)
        asked = await self._desk.room.questions.find_question(heard.target)
        if asked is not None and asked.place == room.place:
            choices = {_plain(key): key for key in asked.choices}
            if heard.key in choices:
                await self._chosen(asked, choices[heard.key], room, cause)
        elif said is not None and said.is_card:
            if heard.key in self._manners.reactions:
                command = self._commands[self._manners.reactions[heard.key]]
                await self._tapped(Invocation(command, said.ticket), heard.target, room, cause)
        elif said is not None and said.post is not None and said.revision is not None:
            await self._judged(said.post, said.revision, heard.key, heard.target, room, cause)
        elif heard.key == CONFIRM and await self._desk.duty.handovers.is_handover(heard.target, room.place):
            self._rights.check(self._commands[ACKNOWLEDGING], cause.actor, room.kind)
            await self._desk.duty.handovers.acknowledge(cause, heard.target)
        elif heard.key == CONFIRM:
            remark = await self._desk.departments.remarks.remark_behind(heard.target)
            if remark is not None:
                await self._marked(remark, said, room, cause)

    async def _tapped(self, invocation: Invocation, card: EventId, room: RoomRole, cause: Cause) -> None:
        """A tap on a card."""
        self._may_react(invocation.command, room, cause)
        if not await self._is_to_be_typed(invocation, str(invocation.ticket), card, room, cause):
            await self._run(self._call(invocation, invocation.ticket, room, cause))

    async def _judged(
        self, post: PostId, revision: int, key: str, preview: EventId, room: RoomRole, cause: Cause
    ) -> None:
        """A tap on a preview."""
        if key == CONFIRM:
            self._may_react(self._commands["publish"], room, cause)
            if self._manners.typed:
                await self._desk.posts.confirming.ask_to_type(cause, post, revision, preview)
            else:
                await self._desk.posts.confirming.confirm(cause, post, revision)
        elif key == WITHDRAW:
            self._may_react(self._commands[WITHDRAWING], room, cause)
            await self._desk.posts.confirming.withdraw(cause, post)
        elif is_yes(key) or is_no(key):
            await self._desk.room.second_thoughts.explain_tap(cause, post, revision, key, preview)

    async def _marked(self, remark: Remark, said: Said | None, room: RoomRole, cause: Cause) -> None:
        """A ✅ on what an expert said, or on our copy of it: that is to be the answer."""
        if said is None and remark.place != room.place:
            return
        if room.kind is RoomKind.DEPARTMENT and not self._rights.may(
            self._commands[CONSULTING], cause.actor, room.kind
        ):
            return  # among experts it only says that somebody agrees
        if not is_department(remark.place):
            return  # and so it does on what one of the team said
        self._may_react(self._commands[CONSULTING], room, cause)
        await self._desk.departments.proposals.mark_proposal(cause, remark.event)

    async def _chosen(self, asked: Asked, key: str, room: RoomRole, cause: Cause) -> None:
        """A tap under a question of ours: what it stands for, as if whoever tapped had typed it."""
        tapped = cause
        cause = replace(cause, tap=Tap(asked.event, key))
        if asked.ticket is not None:
            cause = replace(cause, thread=await self._desk.room.views.thread_of(asked.ticket, room.place))
        line = asked.choices[key]
        # Who may answer nothing else may not say no for the others either.
        said = typed(self._manners.prefix + (line or next(filter(None, asked.choices.values()))), self._manners.prefix)
        if said is None:
            raise LookupError(f"the choice {key} of {asked.event} is no command")
        command, said = self._meant(said)
        self._may_react(command, room, cause)
        if not line:
            await self._desk.room.questions.settle(cause)
            return
        invocation = self._parsed(command, said, Topic(asked.ticket))
        ticket = asked.ticket if invocation.ticket is None and invocation.post is None else invocation.ticket
        if await self._is_to_be_typed(invocation, said.rest, asked.event, room, tapped, asked.ticket):
            return
        await self._run(replace(self._call(invocation, ticket, room, cause), post=invocation.post))

    async def _is_to_be_typed(
        self,
        invocation: Invocation,
        rest: str,
        target: EventId,
        room: RoomRole,
        cause: Cause,
        ticket: TicketId | None = None,
    ) -> bool:
        """Whether a tap may not do that; then what to type has been said. The question stays open."""
        if not (self._manners.typed and invocation.lets_out):
            return False
        line = worded(to_be_typed(invocation.command, rest), language(room.language))
        await self._desk.room.replies.decline(cause, f"tap {target}", (line,), ticket=invocation.ticket or ticket)
        return True

    def _may_react(self, command: Command, room: RoomRole, cause: Cause) -> None:
        self._rights.check(command, cause.actor, room.kind)
        self._must_count(command, cause)

    # --- second thoughts ---

    async def _edited(self, heard: Edited, room: RoomRole, cause: Cause) -> None:
        post = await self._desk.posts.finding.post_from(heard.target)
        if post is not None:
            await self._edited_draft(heard, post, room, cause)
            return
        proposal = await self._desk.departments.proposals.proposal_from(heard.target)
        if proposal is not None and proposal.marked_by is None:
            await self._edited_proposal(heard, proposal, room, cause)
            return
        note = await self._desk.tickets.triage.note_from(heard.target)
        if note is not None and note.ticket is not None:
            await self._edited_note(heard, note.ticket, note.actor, room, cause)
            return
        remark = await self._desk.departments.remarks.find_remark(heard.target)
        if self._is_a_command(heard.text):
            # Nor is it kept as what somebody said: it would be a file's alt text, or proposed as an answer.
            await self._not_again(heard, cause)
        elif remark is not None and remark.sender == heard.sender and remark.place == room.place:
            await self._desk.departments.remarks.edit_remark(cause, heard.target, heard.text)

    async def _not_again(self, heard: Edited, cause: Cause) -> None:
        """An edit runs no command, neither one that was refused nor another one: that is said, not passed over."""
        refusal = Refusal(
            "This edit does nothing: only drafts, proposals and notes follow the message that made them. Please send "
            "it as a new message."
        )
        if cause.thread is None:
            # Clients do not say in which thread an edit is.
            with contextlib.suppress(FarEndError):
                said = await self._message(heard.room, heard.target)
                cause = replace(cause, thread=said.thread if said is not None else None)
        await self._desk.room.replies.refuse(cause, refusal)

    async def _edited_draft(self, heard: Edited, post: Post, room: RoomRole, cause: Cause) -> None:
        if post.author != heard.sender or post.place != room.place or post.kind not in DRAFTING:
            return
        _must_be_proven(cause)
        if post.kind is PostKind.PLANNED and self._is_a(COPYING, heard.text):
            # It carries none of the post's words.
            refusal = Refusal(
                "This edit does nothing: a copy does not follow the message that made it. `{prefix}reschedule P{post} "
                "…` moves it, `{prefix}edit P{post} …` changes its words.",
                post=post.id,
            )
            await self._desk.room.replies.refuse(cause, refusal, post=post.id)
            return
        try:
            invocation = self._reworded(heard.text, DRAFTING[post.kind], Topic(post.ticket, post.target))
            self._rights.check(invocation.command, heard.sender, room.kind)
            if post.kind in (PostKind.PLANNED, PostKind.CRISIS):
                call = self._call(invocation, None, room, cause)
                await must_stay_with(call, post)
                asked, doubt = await plan_from(call, post)
                await self._desk.plan.scheduling.replan(cause, post.id, asked, doubt)
            else:
                await self._desk.posts.drafting.revise(cause, post.id, draft_from(invocation))
        except Refusal as refusal:
            await self._desk.room.replies.refuse_revision(cause, worded(refusal, language(room.language)), post.id)

    async def _edited_proposal(self, heard: Edited, proposal: Proposal, room: RoomRole, cause: Cause) -> None:
        if proposal.author != heard.sender or proposal.place != room.place:
            return
        text = await self._new_words(heard, PROPOSING, proposal.ticket, room, cause)
        if text is not None:
            await self._desk.departments.proposals.revise_proposal(cause, proposal, text)

    async def _edited_note(
        self, heard: Edited, ticket: TicketId, author: UserId | None, room: RoomRole, cause: Cause
    ) -> None:
        if author != heard.sender:
            return
        text = await self._new_words(heard, NOTING, ticket, room, cause)
        if text is not None:
            await self._desk.tickets.triage.reword_note(cause, heard.target, text)

    async def _new_words(self, heard: Edited, name: str, ticket: TicketId, room: RoomRole, cause: Cause) -> str | None:
        """What follows that command's name in the edited message; None when it is refused, which has been said."""
        _must_be_proven(cause)
        try:
            self._rights.check(self._commands[name], heard.sender, room.kind)
            return self._reworded(heard.text, frozenset({name}), Topic(ticket)).text
        except Refusal as refusal:
            # Clients do not say in which thread an edit is.
            await self._desk.room.replies.refuse(cause, worded(refusal, language(room.language)), ticket)
            return None

    def _is_a_command(self, text: str) -> bool:
        said = typed(text, self._manners.prefix)
        return said is not None and folded(said.name) in map(folded, self._commands)

    def _is_a(self, name: str, text: str) -> bool:
        said = typed(text, self._manners.prefix)
        return said is not None and folded(said.name) in map(folded, self._commands[name].all_names())

    def _reworded(self, text: str, names: AbstractSet[str], about: Topic) -> Invocation:
        """What an edited message says now; it must still be one of these commands, and about the same as before."""
        said = typed(text, self._manners.prefix)
        command = find_command(said.name, self._commands, self._manners.prefix) if said is not None else None
        if said is None or command is None or command.name not in names:
            wanted = self._commands[min(names)]
            raise Refusal("The edited message is no `{prefix}{command}` any more.", command=wanted)
        invocation = self._parsed(command, said, Topic(post=about.post if about.ticket is None else None))
        if about.ticket is not None and invocation.ticket not in (None, about.ticket):
            raise Refusal(
                "This message is about #{here}, and stays that when it is edited. For #{ticket}, send a new one; if "
                "{ticket} belongs to the text, write `{prefix}{command} #{here} {ticket} …`.",
                here=about.ticket,
                ticket=invocation.ticket,
                command=command,
            )
        if about.ticket is None and about.post is not None and invocation.ticket is not None:
            raise Refusal(
                "This message is about P{here}, and stays that when it is edited. For #{ticket}, send a new one.",
                here=about.post,
                ticket=invocation.ticket,
            )
        if about.post is not None and invocation.post not in (None, about.post):
            raise Refusal(
                "This message is about P{here}, and stays that when it is edited. For P{post}, send a new one.",
                here=about.post,
                post=invocation.post,
            )
        return invocation

    async def _redacted(self, heard: Redacted, room: RoomRole, cause: Cause) -> None:
        reaction = await self._desk.room.heard.find_reaction(heard.target)
        if reaction is not None:
            await self._reaction_gone(reaction, room, cause)
            return
        said = await self._desk.room.views.what_was_said(heard.target)
        if said is None and await self._desk.room.questions.find_question(heard.target) is not None:
            said = Said(heard.target, room.place, None)
        if said is not None and said.place == room.place:
            await self._desk.room.second_thoughts.taken_away(cause, said)
            return
        spoken = await self._desk.departments.remarks.find_remark(
            heard.target
        ) or await self._desk.departments.proposals.proposal_from(heard.target)
        if spoken is not None and spoken.place == room.place:
            # Whoever took it away: nobody can see it any more where it was said.
            await self._desk.departments.remarks.redact_remark(cause, heard.target)
        if await self._desk.tickets.triage.note_from(heard.target) is not None:
            await self._desk.tickets.triage.reword_note(cause, heard.target, "")
            return
        post = await self._desk.posts.finding.post_from(heard.target)
        if post is None or post.place != room.place or post.state in (PostState.WITHDRAWN, PostState.FAILED):
            # Who tidies up what led to nothing need not be told that there is nothing to withdraw.
            return
        if post.author != heard.sender:
            self._rights.check(self._commands[WITHDRAWING], heard.sender, room.kind)
        if post.series is not None and post.is_pending:
            await self._desk.plan.scheduling.unschedule(cause, post.id, whole_series=True)
        else:
            await self._desk.posts.confirming.withdraw(cause, post.id)

    async def _reaction_gone(self, reaction: Reaction, room: RoomRole, cause: Cause) -> None:
        """A reaction was taken back, or a moderator took it away. Our own are only buttons."""
        sender, said = reaction.sender, await self._what_was_said(reaction.target, room.place)
        if said is None or sender is None:
            return
        if said.post is not None and reaction.key == CONFIRM:
            # Whoever could say yes can take it back, also when they may not say it any more; and what a moderator has
            # taken away nobody sees standing there.
            await self._desk.room.second_thoughts.confirmation_taken_back(cause, said.post, sender)
        elif sender == cause.actor and said.is_card and said.ticket is not None and self._claims(reaction.key):
            self._may_react(self._commands["release"], room, cause)
            await self._desk.tickets.triage.release_own(cause, said.ticket)
        # Only now: what dies before its outcome is heard again.
        await self._desk.room.second_thoughts.forget_reaction(reaction.event)

    def _claims(self, key: str) -> bool:
        return self._manners.reactions.get(key) == "claim"

    # --- what goes wrong ---

    def _must_count(self, command: Command, cause: Cause) -> None:
        if self._is_shut(cause.place) and command.name not in HOLDING_BACK:
            raise Refusal(
                "This room for direct messages was open to strangers when that was said, so it was not done. Please "
                "repeat it now."
            )
        age = self._desk.now() - cause.at
        if age > self._manners.max_age and command.name not in HOLDING_BACK:
            raise Refusal("That is too old to be carried out now: I was away. Please repeat it if it still holds.")

    async def _unreadable(self, heard: Unreadable, room: RoomRole, cause: Cause) -> None:
        is_old = self._desk.now() - cause.at > self._manners.max_age
        await self._decline(heard, heard.target, room, cause, UNREADABLE, () if is_old else unreadable())

    async def _decline_unproven(self, heard: AnyHeard, room: RoomRole, cause: Cause) -> None:
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
        """Obey nothing of it. What is said in place of a draft's words may be anything: these do not go out."""
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

    async def _refuse(self, heard: AnyHeard, cause: Cause, refusal: Refusal) -> None:
        topic = Topic() if cause.answer_to else await self._topic_behind(heard, cause)
        with contextlib.suppress(AlreadyHandled):
            if heard.unproven is not None:
                # Only what would hold something back gets here; it is answered as seldom as the rest.
                cause = replace(cause, unproven=None)
                await self._desk.room.replies.decline(cause, UNPROVEN, repeated(refusal), sign=NOT_DONE)
                return
            await self._desk.room.replies.refuse(cause, refusal, topic.ticket, topic.post)

    async def _topic_behind(self, heard: AnyHeard, cause: Cause) -> Topic:
        """What a reaction or a redaction was about."""
        if not isinstance(heard, Reacted | Redacted):
            return Topic()
        reaction = await self._desk.room.heard.find_reaction(heard.target)
        topic = await self._topic_of(cause.place, reaction.target if reaction else heard.target)
        if topic == Topic() and (post := await self._desk.posts.finding.post_from(heard.target)):
            return Topic(post.ticket, post.id if post.ticket is None else None)
        return topic

    async def _confess(self, heard: AnyHeard, cause: Cause, reference: str) -> None:
        if self._may_hold_back(heard):
            # What was to be taken back must not go out because of a fault of ours.
            await self._desk.room.second_thoughts.hold_everything_back(cause)
        mistake = Refusal(
            "Something went wrong inside fedichat, and that is not your mistake. Please tell whoever runs it: "
            "reference {reference}.",
            reference=reference,
        )
        await self._refuse(heard, cause, mistake)

    def _may_hold_back(self, heard: AnyHeard) -> bool:
        match heard:
            case Spoken():
                return any(self._is_a(name, heard.text) for name in HOLDING_BACK)
            case Reacted():
                return heard.key == WITHDRAW
            case AskedToVerify():
                return False
            case _:
                return True


def _must_be_proven(cause: Cause) -> None:
    """Nothing is looked at that somebody else may have said; if it were, `take_up` would end it."""
    if cause.unproven is not None:
        raise NotProven(cause.event)


def _plain(key: str) -> str:
    """An emoji as it is heard: without variation selectors, in which clients differ."""
    return key.replace("\N{VARIATION SELECTOR-16}", "")


def _cause(heard: AnyHeard, room: RoomRole) -> Cause:
    thread = answer_to = None
    if isinstance(heard, Spoken):
        thread, answer_to = heard.thread, heard.event_id
    elif isinstance(heard, AskedToVerify):
        answer_to = heard.event_id
    elif isinstance(heard, Unreadable):
        thread, answer_to = heard.thread, heard.target or heard.event_id
    elif isinstance(heard, Edited):
        thread, answer_to = heard.thread, heard.target
    at, arrived_at = heard.sent_at, heard.arrived_at
    # Reactions and redactions are never encrypted: nobody can tell where they come from, and people need them.
    why = heard.unproven if isinstance(heard, Spoken | Edited) else None
    return Cause(heard.event_id, heard.sender, room.place, at, thread, answer_to, arrived_at=arrived_at, unproven=why)
