"""The servers that the bot uses: its homeserver, and the fediverse accounts with what is read of them."""

from datetime import timedelta
from typing import Self

from pydantic import Field, model_validator

from fedichat.config.section import AnyRoomRef, Section
from fedichat.config.types import (
    CommandDevices,
    ConfigRelativePath,
    MediaKind,
    PlainDuration,
    Secret,
    ServerName,
    ShownText,
    StreamingUrl,
    Url,
    UserId,
    WayToConfirm,
)


class Matrix(Section):
    """The bot's user on its homeserver. Either `password`, or `access_token` with its `device_id`."""

    homeserver: Url = Field(examples=["https://matrix.example.org"])
    user: UserId = Field(examples=["“@fedichat:example.org”"])
    password: Secret | None = None
    access_token: Secret | None = None
    device_id: ShownText | None = None
    device_name: ShownText = "fedichat"
    store: ConfigRelativePath = Field(default="matrix-store", validate_default=True)
    """The folder with the encryption keys, absolute."""
    trusted_servers: tuple[ServerName, ...] = ()
    """As configured; what counts is `Config.trusted_servers`."""
    devices: CommandDevices = "signed"
    """Which devices may give commands in encrypted rooms: those that their owner has cross-signed, or all."""
    confirm: WayToConfirm = "tap"
    """Whether a tap on ✅ publishes something, or only a typed command does."""


class AccountRooms(Section):
    """Where an account's mentions are shown; `direct` is for those that only the account may read."""

    team: AnyRoomRef = Field(examples=["“#team:example.org”"])
    direct: AnyRoomRef | None = None


class Account(Section):
    """A fediverse account at a server that speaks the Mastodon API."""

    instance: Url = Field(examples=["https://social.example.org"])
    access_token: Secret = Field(examples=["${FEDICHAT_TOKEN}, or access_token_file with a file's name"])
    streaming: StreamingUrl | None = None
    """The host besides the instance that may receive the token, if the instance announces its stream there."""
    poll_seconds: float = Field(default=60, ge=1, le=3600)
    rooms: AccountRooms = Field(examples=["{team: “#team:example.org”}"])

    @model_validator(mode="after")
    def _streams_as_safely(self) -> Self:
        if self.streaming and self.instance.startswith("https:") and not self.streaming.startswith("wss:"):
            raise ValueError("streaming must begin with wss://, because the instance is reached by https")
        return self


class Media(Section):
    """Which of the citizens' media are shown in the rooms: those of these kinds, up to this size."""

    show: tuple[MediaKind, ...] = ("image",)
    max_megabytes: int = Field(default=10, ge=1, le=200)
    show_sensitive: bool = False


class Recheck(Section):
    """How often to check whether citizens have edited or deleted what they wrote; closed tickets for how long."""

    every: PlainDuration = timedelta(minutes=10)
    closed_for: PlainDuration = timedelta(days=7)
