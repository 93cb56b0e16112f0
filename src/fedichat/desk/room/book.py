"""What the rooms themselves are: who can get in, and which room stands for a place."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from fedichat.desk.office import Service, read, write
from fedichat.domain.change import preview
from fedichat.domain.effects import (
    Ask,
    Effect,
    React,
    Redact,
    Say,
    ShowCard,
    ShowChart,
    ShowDigest,
    ShowFollowUp,
    ShowMissed,
    ShowProposal,
    ShowSettled,
    Tell,
)
from fedichat.domain.names import SUPERVISORS, Place, RoomId, UserId, former_place, team_place
from fedichat.domain.phrase import Marked, Phrase, mark
from fedichat.domain.posts.post import PostState
from fedichat.ports import KeyTrouble, RoomTrouble, Trouble
from fedichat.store import escalations, keys, outbox, posts, rooms, tickets, troubles
from fedichat.store.asking import Asked
from fedichat.store.database import Transaction
from fedichat.store.outbox import Waiting
from fedichat.store.troubles import Trouble as KnownTrouble

_TROUBLES: Mapping[Trouble, Marked] = {
    Trouble.ELSEWHERE: mark(
        "⚠️ The address {room} now leads to another room, which I do not enter: I stay in the one that it was. If the "
        "office has moved, whoever runs fedichat accepts that: `fedichat check` says how. If not, somebody has taken "
        "the address."
    ),
    Trouble.NOT_INVITED: mark(
        "⚠️ The room {room} was replaced by a new one, and I cannot enter that. Please invite me there."
    ),
    Trouble.ALIAS_STAYS: mark(
        "⚠️ The room {room} was replaced by a new one, but its address does not lead there. Please give the address to "
        "the new room; until then I stay in the old one."
    ),
    Trouble.REFUSED: mark(
        "⚠️ The room {room} was replaced by a new one, which I do not trust: I stay in the old one. `fedichat check` "
        "says why."
    ),
}

_KEYS: Mapping[KeyTrouble, Marked] = {
    KeyTrouble.RESET: mark(
        "🔑 {user} has new keys: reset by them, or by somebody who runs the homeserver. Please ask them in person. "
        "Until that is clear, `{prefix}freeze` holds back what is planned."
    ),
    KeyTrouble.UNFIT: mark(
        "🔑 The device {device} of {user} has broken keys: it cannot read what I say in encrypted rooms. Logging out "
        "there and in again helps."
    ),
}

_KEYS_AGAIN = timedelta(days=1)


class Book(Service):
    """What the office is told about its own rooms, and what moves with a room that is replaced.

    Fulfils `fedichat.ports.StepBook`.
    """

    @read
    def key_steps(self, tx: Transaction, fingerprint: str) -> int:
        """See `StepBook`."""
        return keys.key_steps(tx, fingerprint)

    @write
    def keep_key_steps(self, tx: Transaction, fingerprint: str, steps: int) -> None:
        """See `StepBook`."""
        keys.keep_key_steps(tx, fingerprint, steps)

    @read
    def known_rooms(self, tx: Transaction) -> Mapping[str, RoomId]:
        """The room that each configured alias or id stands for, as far as it was ever entered."""
        return rooms.pins(tx)

    @write
    def enter(self, tx: Transaction, place: Place, name: str, room: RoomId) -> None:
        """From now on that room stands for the place. What is open is shown again where that is news."""
        rooms.pin(tx, name, room)
        before = rooms.home_of(tx, place)
        if before == room:
            return
        rooms.set_home(tx, place, room)
        if before is not None:
            _move(tx, place, before, room)

    @write
    def tell_of_trouble(self, tx: Transaction, place: Place, name: str, trouble: RoomTrouble) -> None:
        """Say where colleagues read it that an address leads elsewhere, or that a new room is not followed."""
        # In the room itself, too: we are still there, and so may people be.
        told = [*self._told_about(place), place]
        outbox.add_effects(tx, [Tell(one, _TROUBLES[trouble.kind], {"room": name}) for one in told])

    @write
    def tell_of_open_room(self, tx: Transaction, place: Place, room: str, *, is_open: bool) -> None:
        """Say where colleagues read it that a room for direct messages is open to strangers, or closed again."""
        if is_open:
            message = mark(
                "🔓 The room for direct messages, {room}, is open to strangers. Private messages wait and are not "
                "shown there until only invited colleagues can get in. `fedichat check` says what is open."
            )
        else:
            message = mark("🔒 The room for direct messages, {room}, is closed again. What waited is shown there now.")
        outbox.add_effects(tx, [Tell(one, message, {"room": room}) for one in self._told_about(place)])

    @write
    def tell_of_keys(self, tx: Transaction, user: UserId, trouble: KeyTrouble, device: str) -> None:
        """Say where the supervisors read it that somebody's keys are others than before, or are of no use.

        Of one person that is said once a day: who has keys can spoil them as often as they like.
        """
        now = self.clock.now()
        subject = f"keys {trouble} {user}"
        known = troubles.find_trouble(tx, subject)
        if known is not None and known.told_at is not None and now - known.told_at < _KEYS_AGAIN:
            return
        place = SUPERVISORS if self.settings.has_supervisors else team_place(next(iter(self.settings.accounts)))
        outbox.add_effects(tx, [Tell(place, _KEYS[trouble], {"user": user, "device": device})])
        troubles.keep_trouble(tx, KnownTrouble(subject, None, trouble, Phrase(_KEYS[trouble]), trouble, now))

    def _told_about(self, place: Place) -> list[Place]:
        """Who hears of trouble with that room: the supervisors, and its account's team, or all teams."""
        account = place.partition("/")[2]
        teams = (
            [team_place(account)] if account in self.settings.accounts else [*map(team_place, self.settings.accounts)]
        )
        others = [SUPERVISORS, *teams] if self.settings.has_supervisors else teams
        return [one for one in others if one != place]


def _move(tx: Transaction, place: Place, old: RoomId, new: RoomId) -> None:
    """Show in the new room what is open: cards, what was written later, previews, questions; then what still waited."""
    waiting = outbox.take_out(tx, place)
    asked = rooms.leave_behind(tx, place, old, new)
    shown = [*_cards(tx, place), *_previews(tx, place), *map(_asked_again, asked)]
    count = len([one for one in shown if isinstance(one, ShowCard)])
    message = mark("📦 This room takes the place of the former one. Open tickets are shown here again: {count}.")
    outbox.add_effects(tx, [Tell(place, message, {"count": count}), *shown])
    for one, not_before in waiting:
        if one.effect in shown:
            continue
        effect = _brought_along(tx, one, former_place(old))
        if effect is not None:
            outbox.put_back(tx, one, effect, not_before)


def _cards(tx: Transaction, place: Place) -> list[Effect]:
    """The cards of open tickets, each with what belongs into its thread."""
    shown: list[Effect] = []
    for ticket in tickets.open_without_card(tx):
        if ticket.place != place:
            continue
        shown.append(ShowCard(place, ticket.id))
        later = tickets.mentions_of(tx, ticket.id)[1:]
        shown += [ShowFollowUp(place, ticket.id, one.status.id, is_quiet=True) for one in later]
        proposals = escalations.standing_proposals(tx, ticket.id)
        shown += [ShowProposal(place, ticket.id, one.number) for one in proposals if one.place != place]
    asked = escalations.open_without_card(tx)
    return shown + [ShowCard(place, one.ticket) for one in asked if one.department == place]


def _previews(tx: Transaction, place: Place) -> list[Effect]:
    """What waits for a confirmation or for its time; of what has missed its time, the question what becomes of it."""
    pending = posts.pending_in(tx, place)
    missed = [post for post in pending if post.state is PostState.MISSED]
    # About a single one it was asked with a message of its own, which is asked again.
    return [*map(preview, pending), *([ShowMissed(place)] if len(missed) > 1 else [])]


def _asked_again(asked: Asked) -> Ask:
    return Ask(
        asked.place,
        asked.message,
        dict(asked.fields),
        dict(asked.choices),
        ticket=asked.ticket,
        post=asked.post,
        readers=asked.readers,
    )


def _brought_along(tx: Transaction, waiting: Waiting, former: Place) -> Effect | None:
    """What waited to be done in the old room, for the new one: there, no message of the old room can be replied to."""
    match waiting.effect:
        case Redact() as effect:
            return replace(effect, place=former)
        case React() | ShowSettled():
            return None
        case Tell() | Ask() as effect if effect.thread is not None and effect.ticket is None:
            said = outbox.what_was_said(tx, effect.thread)
            about = replace(effect, ticket=said.ticket, post=effect.post or said.post) if said else effect
            return replace(about, thread=None, reply_to=None)
        case Tell() | Ask() | Say() | ShowDigest() as effect:
            return replace(effect, thread=None, reply_to=None)
        case ShowChart() as effect:
            return replace(effect, thread=None)
        case effect:
            return effect
