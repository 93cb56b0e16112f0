"""Questions that a tap answers.

A tap is a command as far as rights and outcome go. The question is settled by `take_up`, in the transaction of that
outcome: what is refused leaves it open, and of two who tap the first one counts.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from fedichat.desk.lookup import the_ticket
from fedichat.desk.office import Service, command, read, write
from fedichat.domain.cause import Cause
from fedichat.domain.effects import Ask, React
from fedichat.domain.names import EventId
from fedichat.store import asking, inbox, outbox
from fedichat.store.asking import Asked as Asked
from fedichat.store.database import Transaction
from fedichat.store.inbox import Reaction
from fedichat.store.outbox import Said, Waiting


class Questions(Service):
    """What the bot asks back."""

    @command
    def ask(self, tx: Transaction, cause: Cause, _now: datetime, question: Ask) -> None:
        """What was typed can be understood in several ways: ask which, and do nothing else."""
        if question.ticket is not None:
            the_ticket(tx, question.ticket, cause.place)
        outbox.add_effects(tx, [question])

    @read
    def find_question(self, tx: Transaction, event: EventId) -> Asked | None:
        """The question in a message of ours, if it is not settled yet."""
        return asking.find_asked(tx, event)

    @command
    def settle(self, tx: Transaction, cause: Cause, _now: datetime) -> None:
        """Somebody tapped the choice that changes nothing: only the question is settled."""

    @write
    def question_put(self, tx: Transaction, waiting: Waiting, effect: Ask, event: EventId) -> None:
        """The question is in the room: put the emoji on it, in their order."""
        done = outbox.done(tx, waiting)
        if done.former is not None:
            # It is in a room that was left: what nobody sees is asked again where they are.
            outbox.add_effects(tx, [replace(effect, thread=None, reply_to=None)])
            return
        if effect.ticket is not None or effect.post is not None:
            outbox.remember(tx, Said(event, effect.place, effect.ticket, effect.post))
        asked = Asked(
            event=event,
            place=effect.place,
            ticket=effect.ticket,
            message=effect.message,
            fields=effect.fields,
            choices=effect.choices,
            asked_at=self.clock.now(),
            post=effect.post,
            readers=effect.readers,
        )
        asking.add_asked(tx, asked)
        outbox.add_effects(tx, [React(effect.place, event, key) for key in effect.choices])

    @read
    def buttons_on(self, tx: Transaction, event: EventId) -> Sequence[Reaction]:
        """Our own reactions to a message."""
        return inbox.own_reactions(tx, event)
