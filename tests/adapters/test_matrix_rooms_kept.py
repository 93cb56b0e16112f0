"""Which room a configured name stands for, against a real Synapse: aliases that move, upgrades real and pretended."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest

from fedichat.adapters.matrix.events import Json, word
from fedichat.adapters.matrix.membership import LooseLeaves
from fedichat.adapters.matrix.state import may_replace, state_from
from fedichat.demo.homeserver_client import quoted
from fedichat.demo.person import Person
from fedichat.ports import RoomId, Trouble, UserId
from tests.office import Office


@dataclass
class Move:
    """A room that the office had, and who may do something to it."""

    office: Office
    bot: UserId
    anna: Person
    eve: Person
    old: RoomId

    @property
    def alias(self) -> str:
        return self.office.alias("team")

    async def make(self, by: Person, **body: object) -> RoomId:
        """A room, with the bot invited."""
        said = await by.ask("POST", "/createRoom", {"preset": "private_chat", "invite": [self.bot], **body})
        return RoomId(word(said, "room_id"))

    async def heir(self, **body: object) -> RoomId:
        """A room that names the old one as its predecessor."""
        return await self.make(self.anna, creation_content={"predecessor": {"room_id": self.old}}, **body)

    async def bury(self, new: str) -> None:
        content = {"body": "moved", "replacement_room": new}
        await self.anna.set_state(self.old, "m.room.tombstone", content)

    async def lead_to(self, room: RoomId, by: Person | None = None) -> None:
        await self.anna.ask("DELETE", f"/directory/room/{quoted(self.alias)}")
        await (by or self.anna).ask("PUT", f"/directory/room/{quoted(self.alias)}", {"room_id": room})


async def upgrade(move: Move) -> RoomId:
    said = await move.anna.ask("POST", f"/rooms/{quoted(move.old)}/upgrade", {"new_version": "12"})
    return RoomId(word(said, "replacement_room"))


async def upgrade_and_invite(move: Move) -> RoomId:
    new = await upgrade(move)
    await move.anna.invite(new, move.bot)
    return new


async def take_the_alias(move: Move) -> RoomId:
    trap = await move.make(move.eve, preset="public_chat")
    await move.lead_to(trap, move.eve)
    return trap


async def delete_the_alias(move: Move) -> RoomId:
    await move.anna.ask("DELETE", f"/directory/room/{quoted(move.alias)}")
    return move.old


async def point_to_a_stranger_s_room(move: Move) -> RoomId:
    trap = await move.make(move.eve)
    await move.bury(trap)
    await move.lead_to(trap, move.eve)
    return trap


async def point_to_a_public_room(move: Move) -> RoomId:
    new = await move.heir(preset="public_chat")
    await move.bury(new)
    await move.lead_to(new)
    return new


async def point_to_one_that_anybody_reads(move: Move) -> RoomId:
    readable = {
        "type": "m.room.history_visibility",
        "state_key": "",
        "content": {"history_visibility": "world_readable"},
    }
    new = await move.heir(initial_state=[readable])
    await move.bury(new)
    await move.lead_to(new)
    return new


async def leave_the_alias(move: Move) -> RoomId:
    new = await move.heir()
    await move.bury(new)
    return new


async def point_nowhere(move: Move) -> RoomId:
    await move.bury("!nowhere")
    return RoomId("!nowhere")


async def name_no_room(move: Move) -> RoomId:
    await move.bury("")
    return RoomId("")


async def tell_another_state(move: Move) -> RoomId:
    """One with a state key is no tombstone (and Synapse takes none into the timeline that is no state)."""
    new = await move.heir()
    await move.anna.set_state(move.old, "m.room.tombstone", {"replacement_room": new}, "x")
    return move.old


async def move_by_hand(move: Move) -> RoomId:
    new = await move.heir()
    await move.bury(new)
    await move.lead_to(new)
    return new


@pytest.mark.parametrize(
    ("act", "follows", "trouble"),
    [
        (upgrade_and_invite, True, None),
        (move_by_hand, True, None),
        (upgrade, False, Trouble.NOT_INVITED),
        (point_nowhere, False, Trouble.NOT_INVITED),
        (take_the_alias, False, Trouble.ELSEWHERE),
        (delete_the_alias, False, None),
        (tell_another_state, False, None),
        (leave_the_alias, False, Trouble.ALIAS_STAYS),
        (point_to_a_stranger_s_room, False, Trouble.REFUSED),
        (point_to_a_public_room, False, Trouble.REFUSED),
        (point_to_one_that_anybody_reads, False, Trouble.REFUSED),
        (name_no_room, False, Trouble.REFUSED),
    ],
)
async def test_a_name_stands_for_its_room_until_that_is_truly_replaced(
    office: Office, act: Callable[[Move], Awaitable[RoomId]], follows: bool, trouble: Trouble | None
) -> None:
    bot, anna, eve = await office.account("bot"), await office.person("anna"), await office.person("eve")
    move = Move(office, bot, anna, eve, await office.room(anna, "team", bot))
    book = LooseLeaves({move.alias: move.old})
    matrix = office.matrix(bot, move.alias)
    await matrix.start(wait=False, book=book)

    other = await act(move)
    troubles = await matrix.room_troubles()

    assert matrix.room_ids == {move.alias: other if follows else move.old}
    assert await book.known() == matrix.room_ids
    found = troubles.get(move.alias)
    assert (found.kind if found else None) == trouble
    if found:
        assert (found.room, found.other) == (move.old, other)
    if trouble is Trouble.ELSEWHERE or act is point_to_a_stranger_s_room:
        assert matrix.joined == {move.old}


async def test_an_encrypted_room_is_not_replaced_by_one_that_is_not(office: Office) -> None:
    bot, anna = await office.account("bot"), await office.person("anna")
    move = Move(office, bot, anna, anna, await office.room(anna, "team", bot, encrypted=True))
    matrix = office.matrix(bot, move.old)
    await matrix.start(wait=False)
    await move.bury(await move.heir())
    troubles = await matrix.room_troubles()
    assert troubles[move.old].reason == "the new room is not encrypted"


async def test_a_room_by_its_id_is_followed_through_two_upgrades(office: Office) -> None:
    bot, anna = await office.account("bot"), await office.person("anna")
    move = Move(office, bot, anna, anna, await office.room(anna, "team", bot, encrypted=True))
    first = move.old
    matrix = office.matrix(bot, first)
    await matrix.start(wait=False)
    move.old = await upgrade_and_invite(move)
    last = await upgrade_and_invite(move)
    assert await matrix.room_troubles() == {}
    assert matrix.room_ids == {first: last}


async def test_the_room_of_another_role_takes_no_room_s_place(office: Office) -> None:
    bot, anna = await office.account("bot"), await office.person("anna")
    move = Move(office, bot, anna, anna, await office.room(anna, "team", bot))
    direct = await move.heir()
    matrix = office.matrix(bot, move.old, direct)
    await matrix.start(wait=False)
    await move.bury(direct)
    troubles = await matrix.room_troubles()
    assert troubles[move.old].kind is Trouble.REFUSED
    assert matrix.room_ids == {move.old: move.old, direct: direct}


async def test_two_aliases_that_swap_change_nothing(office: Office) -> None:
    bot, anna = await office.account("bot"), await office.person("anna")
    rooms = {office.alias(word): await office.room(anna, word, bot) for word in ("team", "direct")}
    matrix = office.matrix(bot, *rooms)
    await matrix.start(wait=False, book=LooseLeaves(rooms))
    for alias in rooms:
        await anna.ask("DELETE", f"/directory/room/{quoted(alias)}")
    for alias, room in zip(rooms, reversed(rooms.values()), strict=True):
        await anna.ask("PUT", f"/directory/room/{quoted(alias)}", {"room_id": room})
    troubles = await matrix.room_troubles()
    assert {one.kind for one in troubles.values()} == {Trouble.ELSEWHERE}
    assert matrix.room_ids == rooms


async def test_what_the_operator_has_accepted_counts_at_the_next_look(office: Office) -> None:
    bot, anna = await office.account("bot"), await office.person("anna")
    move = Move(office, bot, anna, anna, await office.room(anna, "team", bot))
    book = LooseLeaves()
    matrix = office.matrix(bot, move.alias)
    await matrix.start(wait=False, book=book)
    new = await move.make(anna)
    await move.lead_to(new)
    assert list(await matrix.room_troubles()) == [move.alias]
    await book.enter(move.alias, new)
    await matrix.close()
    again = office.matrix(bot, move.alias)
    await again.start(wait=False, book=book)
    assert await again.room_troubles() == {}
    assert again.room_ids == {move.alias: new}
    assert new in again.joined


LEVELS: Json = {"users": {"@anna:a": 100, "@ben:a": 50}, "users_default": 0}


@pytest.mark.parametrize(
    ("levels", "version", "may"),
    [
        (LEVELS, "11", {"@anna:a", "@ben:a"}),
        ({**LEVELS, "state_default": 60}, "11", {"@anna:a"}),
        ({**LEVELS, "events": {"m.room.tombstone": 100}}, "11", {"@anna:a"}),
        ({**LEVELS, "events": {"m.room.tombstone": 150}}, "12", {"@made:a"}),
        ({**LEVELS, "events": {"m.room.tombstone": 0}}, "11", {"@anna:a", "@ben:a", "@made:a", "@eve:a"}),
    ],
)
def test_who_may_replace_a_room(levels: Json, version: str, may: set[str]) -> None:
    events: list[Json] = [
        {"type": "m.room.create", "state_key": "", "sender": "@made:a", "content": {"room_version": version}},
        {"type": "m.room.power_levels", "state_key": "", "sender": "@made:a", "content": levels},
    ]
    people = {"@anna:a", "@ben:a", "@made:a", "@eve:a"}
    assert {user for user in people if may_replace(state_from(events), user)} == may
