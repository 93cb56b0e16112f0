"""What the rooms themselves are: who can get in, and which room stands for a place."""

from fedichat.desk.base import DeskBase, write
from fedichat.domain.effects import Tell
from fedichat.domain.names import SUPERVISORS, Place, team_place
from fedichat.i18n import mark
from fedichat.store import outbox
from fedichat.store.database import Transaction


class RoomKeeping(DeskBase):
    """What the office is told about its own rooms."""

    @write
    async def tell_of_open_room(self, tx: Transaction, place: Place, room: str, *, is_open: bool) -> None:
        """Say where colleagues read it that a room for direct messages is open to strangers, or closed again."""
        if is_open:
            message = mark(
                "🔓 The room for direct messages, {room}, is open to strangers. Private messages wait and are not "
                "shown there until only invited colleagues can get in. `fedichat check` says what is open."
            )
        else:
            message = mark("🔒 The room for direct messages, {room}, is closed again. What waited is shown there now.")
        await outbox.add_effects(tx, [Tell(one, message, {"room": room}) for one in self._told_about(place)])

    def _told_about(self, place: Place) -> list[Place]:
        """Who hears of trouble with that room: the supervisors, and its account's team, or all teams."""
        account = place.partition("/")[2]
        teams = [team_place(account)] if account in self.rules.accounts else [*map(team_place, self.rules.accounts)]
        others = [SUPERVISORS, *teams] if self.rules.has_supervisors else teams
        return [one for one in others if one != place]
