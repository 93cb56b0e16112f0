"""Which room stands for what, and what is left behind when that changes."""

from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import delete, select, update

from fedichat.domain.names import Place, RoomId, former_place
from fedichat.store import asking, schema
from fedichat.store.asking import Asked
from fedichat.store.database import Transaction
from fedichat.store.engines.base import upsert
from fedichat.store.engines.sqlite import beside

_LABELLED = (schema.messages, schema.quotations, schema.handover_messages)


def pins(tx: Transaction) -> dict[str, RoomId]:
    """The room that each configured name stands for, by the alias or id in the configuration."""
    return {row.name: RoomId(row.room) for row in tx.execute(select(schema.room_pins))}


def pin(tx: Transaction, name: str, room: RoomId) -> None:
    """Pin the name to that room, whatever the alias leads to later."""
    tx.execute(upsert(schema.room_pins, "name"), {"name": name, "room": room})


def accept(path: Path, rooms: Mapping[str, RoomId]) -> None:
    """Pin these names to these rooms because the operator says so, also while fedichat is running."""
    table = schema.room_pins
    with beside(path, writes=True) as connection:
        for name, room in rooms.items():
            connection.execute(update(table).where(table.c.name == name).values(room=room))


def home_of(tx: Transaction, place: Place) -> RoomId | None:
    """The room in which a place's messages are."""
    row = tx.execute(select(schema.homes.c.room).where(schema.homes.c.place == place)).first()
    return RoomId(row.room) if row else None


def set_home(tx: Transaction, place: Place, room: RoomId) -> None:
    """Keep that a place's messages are in that room from now on."""
    tx.execute(upsert(schema.homes, "place"), {"place": place, "room": room})


def leave_behind(tx: Transaction, place: Place, old: RoomId, new: RoomId) -> list[Asked]:
    """Keep of all messages that they are in the old room, not in the new one. Returns the questions that were open.

    What is known of the new room from an earlier time counts again.
    """
    former, returned = former_place(old), former_place(new)
    for table in _LABELLED:
        tx.execute(update(table).where(table.c.place == place).values(place=former))
        tx.execute(update(table).where(table.c.place == returned).values(place=place))
    # Nobody edits or replies to what they wrote in the old room any more.
    tx.execute(update(schema.posts).where(schema.posts.c.place == place).values(source=None))
    asked = asking.asked_in(tx, place)
    tx.execute(delete(schema.asked).where(schema.asked.c.place == place))
    return asked
