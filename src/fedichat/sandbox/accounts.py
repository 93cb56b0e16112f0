"""Accounts: who they are, and what they do when a test or the demo speaks for them."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from fedichat.sandbox.model import Draft, NewMedia, Notification, NotificationType, Status, Visibility
from fedichat.sandbox.paging import PagedLog

if TYPE_CHECKING:
    from fedichat.sandbox.world import World

DEFAULT_SCOPES = "read write follow push"


@dataclass(frozen=True, slots=True)
class Token:
    """An access token, with the scopes that were granted to it."""

    value: str
    account: "SandboxAccount"
    scopes: frozenset[str]
    application: str

    def allows(self, scope: str) -> bool:
        """Whether it covers a scope: `read` covers `read:statuses`, not the other way about."""
        return scope in self.scopes or scope.partition(":")[0] in self.scopes


class SandboxAccount:
    """An account, and the hands of the person behind it (no HTTP, no length limit: the far side)."""

    def __init__(
        self, world: "World", account_id: str, username: str, domain: str | None, created_at: datetime
    ) -> None:
        self._world = world
        self.id = account_id
        self.username = username
        self.domain = domain
        self.created_at = created_at
        self.display_name = username
        self.note = ""
        self.bot = False
        self.token = ""
        self.followers: set[SandboxAccount] = set()
        self.following: set[SandboxAccount] = set()
        self.filters: set[SandboxAccount] = set()
        # docs: entities/NotificationPolicy; as Mastodon sets it for a new account.
        self.policy = {
            "for_not_following": "accept",
            "for_not_followers": "accept",
            "for_new_accounts": "accept",
            "for_private_mentions": "accept",
            "for_limited_accounts": "filter",
        }
        self.statuses: PagedLog[Status] = PagedLog()
        self.notifications: PagedLog[Notification] = PagedLog()
        self._heard: list[Notification] = []
        self._told = asyncio.Event()

    def __repr__(self) -> str:
        return f"<SandboxAccount {self.acct}>"

    @property
    def acct(self) -> str:
        """`user` for those of the sandbox's own domain, `user@domain` for others."""
        return self.username if self.domain is None else f"{self.username}@{self.domain}"

    @property
    def inbox(self) -> list[Notification]:
        """What this account was notified of, oldest first."""
        return list(self.notifications)

    @property
    def mentions(self) -> list[Status]:
        """The statuses in which this account was mentioned, oldest first."""
        rows = (row for row in self.notifications if row.type is NotificationType.MENTION)
        return [row.status for row in rows if row.status is not None]

    def tell(self, row: Notification) -> None:
        """Put a notification into the inbox, and wake those who wait for it."""
        self.notifications.add(row.key, row)
        self._heard.append(row)
        self._told.set()

    async def next_notification(self, heard: int = 0) -> Notification:
        """The notification after the first `heard` ones that ever came, those since deleted included.

        Waits until there is one.
        """
        while len(self._heard) <= heard:
            self._told.clear()
            await self._told.wait()
        return self._heard[heard]

    async def post(
        self,
        text: str,
        *,
        visibility: str | Visibility = Visibility.PUBLIC,
        in_reply_to: Status | None = None,
        language: str | None = None,
        spoiler_text: str = "",
        sensitive: bool = False,
        media: Sequence[NewMedia] = (),
        poll: Sequence[str] = (),
        poll_expires_in: timedelta = timedelta(days=1),
    ) -> Status:
        """Publish a status."""
        world = self._world
        draft = Draft(
            text=text,
            visibility=Visibility(visibility),
            spoiler_text=spoiler_text,
            sensitive=sensitive or bool(spoiler_text and media),
            language=language,
            in_reply_to=in_reply_to,
            media=tuple(world.add_media(self, file) for file in media),
            poll=world.new_poll(list(poll), poll_expires_in) if poll else None,
        )
        return world.publish(self, draft)

    async def edit(self, status: Status, text: str, *, spoiler_text: str | None = None) -> None:
        """Change a status of one's own."""
        self._own(status)
        self._world.edit(status, text=text, spoiler_text=spoiler_text)

    async def delete(self, status: Status) -> None:
        """Delete a status of one's own."""
        self._own(status)
        self._world.delete(status)

    def boost(self, status: Status) -> Status:
        """Boost a status."""
        return self._world.reblog(self, status)

    def favourite(self, status: Status) -> None:
        """Favour a status."""
        self._world.favourite(self, status)

    def follow(self, account: "SandboxAccount") -> None:
        """Follow an account, which accepts at once."""
        self._world.follow(self, account)

    def filter_notifications_of(self, account: "SandboxAccount") -> None:
        """Keep aside what comes from an account, as a notification policy does."""
        self.filters.add(account)

    def _own(self, status: Status) -> None:
        if status.author is not self:
            raise ValueError(f"{self.acct} cannot change a status of {status.author.acct}")
