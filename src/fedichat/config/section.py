"""What a group of keys is, and the rooms that several groups name."""

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from fedichat.config.types import OfficeLanguage, RoomName


class Section(BaseModel):
    """A group of keys: unknown keys are refused, values never change, and no error quotes them."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class RoomRef(Section):
    """A room, with the language that is spoken in it if that is not the office's."""

    room: RoomName = Field(examples=["“#team:example.org”"])
    language: OfficeLanguage | None = None


def _room_ref(value: object) -> object:
    return value if isinstance(value, dict | RoomRef) else {"room": value}


AnyRoomRef = Annotated[RoomRef, BeforeValidator(_room_ref)]
