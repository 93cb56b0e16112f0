"""Accounts with hands: what a person does when a test or the demo acts for them."""

from collections.abc import Sequence
from datetime import timedelta

from fedichat.sandbox.directory import DEFAULT_SCOPES
from fedichat.sandbox.model import Account, Draft, NewMedia, Status, Visibility
from fedichat.sandbox.world import World


class SandboxAccount(Account):
    """An account and the hands of the person behind it; no HTTP and no length limit, as on a server elsewhere."""

    def __init__(self, world: World, username: str, domain: str | None) -> None:
        super().__init__(world.new_id(), username, domain, world.clock())
        self._world = world

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
        """Favourite a status."""
        self._world.favourite(self, status)

    def follow(self, account: Account) -> None:
        """Follow an account, which accepts at once."""
        self._world.follow(self, account)

    def filter_notifications_of(self, account: Account) -> None:
        """Keep aside what comes from an account, as a notification policy does."""
        self.filters.add(account)

    def _own(self, status: Status) -> None:
        if status.author is not self:
            raise ValueError(f"{self.acct} cannot change a status of {status.author.acct}")


class People:
    """The accounts of a world, with their hands."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._by_id: dict[str, SandboxAccount] = {}

    def add(
        self,
        username: str,
        *,
        domain: str | None = None,
        display_name: str | None = None,
        note: str = "",
        token: str | None = None,
        scopes: str = DEFAULT_SCOPES,
    ) -> SandboxAccount:
        """Add an account; those of the sandbox's own domain get an access token. Raises ValueError if it exists."""
        directory = self._world.directory
        account = SandboxAccount(self._world, username, directory.home(domain))
        account.display_name = username if display_name is None else display_name
        account.note = note
        directory.add(account)
        self._by_id[account.id] = account
        if account.domain is None:
            account.token = directory.add_token(account, scopes, token).value
        return account

    def find(self, acct: str) -> SandboxAccount | None:
        """The account of `user` or `user@domain`."""
        found = self._world.directory.find(acct)
        return None if found is None else self._by_id[found.id]
