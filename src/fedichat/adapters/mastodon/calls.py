"""Calls to one account's server, made in threads; every failure becomes one of our errors."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from fedichat.adapters.mastodon.budget import Budget
from fedichat.adapters.mastodon.errors import (
    fault_of,
    may_refuse_token,
    refuses_account,
    says_token_is_bad,
    told_of_token,
)
from fedichat.adapters.mastodon.outcome import Answer, Lost
from fedichat.adapters.threads import Share, Threads
from fedichat.errors import FarEndError, Rejected, StopError, TryLater, Unsure
from fedichat.ports import Clock, can_wait

if TYPE_CHECKING:
    from mastodon import Mastodon

    from fedichat.adapters.mastodon.wire import Client

VERIFY: Final = "/api/v1/accounts/verify_credentials"
_PAGING: Final = {"page", "min_id", "max_id", "since_id"}
_AGENT: Final = "fedichat"
_SLOWEST_UPLOAD: Final = 3600.0


class MastodonCalls:
    """One account at one server. Calls raise FarEndErrors, and StopError when the token was taken away."""

    def __init__(
        self,
        account: str,
        instance: str,
        token: str,
        clock: Clock,
        threads: Threads,
        *,
        request_timeout: float,
        deadline: float,
    ) -> None:
        self._account = account
        self._instance = instance
        self._where = f"{account} at {urlsplit(instance).netloc}"
        self._clock = clock
        self._deadline = deadline
        self.budget = Budget(account, clock)
        self._share: Share[Client] = Share(threads, lambda: _client(instance, token, request_timeout))

    async def get(self, path: str, params: Sequence[tuple[str, str]] = ()) -> object:
        """The JSON at a path."""
        pages = any(name in _PAGING for name, _ in params)
        return await self._checked(lambda client: client.get(path, list(params)), asks_who=path == VERIFY, paging=pages)

    async def post(self, path: str, data: Sequence[tuple[str, str]], idempotency_key: str) -> object:
        """The JSON that a POST of this form to a path brings. Raises Unsure when nobody knows whether it worked."""
        return await self._checked(lambda client: client.post(path, list(data), idempotency_key), changing=True)

    async def put(self, path: str, data: Sequence[tuple[str, str]]) -> object:
        """The JSON that a PUT of this form to a path brings. Raises Unsure when nobody knows whether it worked."""
        return await self._checked(lambda client: client.put(path, list(data)), changing=True)

    async def delete(self, path: str, params: Sequence[tuple[str, str]] = ()) -> object:
        """The JSON that a DELETE at a path brings. Raises Unsure when nobody knows whether it worked."""
        return await self._checked(lambda client: client.delete(path, list(params)), changing=True)

    async def send(self, path: str, body: object, content_type: str) -> object:
        """The JSON that a POST of a large body brings. Raises Unsure when nobody knows whether it worked."""
        return await self._checked(
            lambda client: client.send(path, body, content_type), changing=True, deadline=_SLOWEST_UPLOAD
        )

    async def ask(self, request: Callable[["Mastodon"], object], *, paging: bool = False) -> object:
        """The JSON that a request of Mastodon.py brings; what Mastodon.py itself returns is empty.

        `paging`: it asks for a page by an id.
        """
        return await self._checked(lambda client: request(client.api), paging=paging)

    async def change(self, request: Callable[["Mastodon"], object]) -> object:
        """The same for a request that changes something. Raises Unsure when nobody knows whether it did."""
        return await self._checked(lambda client: request(client.api), changing=True)

    def close(self) -> None:
        """Make no calls any more, without waiting for those that hang."""
        self._share.close()

    async def _checked(
        self,
        request: Callable[["Client"], object],
        *,
        changing: bool = False,
        asks_who: bool = False,
        paging: bool = False,
        deadline: float | None = None,
    ) -> object:
        await self.budget.admit(paging=paging, can_wait=can_wait.get())
        outcome = await self._outcome(request, deadline)
        if not changing:  # uploads and deletions tell of quotas of their own
            self.budget.note(outcome, paging=paging)
        fault = fault_of(outcome, self._where, self._clock.now(), changing=changing)
        if may_refuse_token(outcome) or (asks_who and refuses_account(outcome)):
            try:
                await self._check_token(outcome, asked=asks_who)
            except (FarEndError, StopError) as error:
                # That something may have changed matters more: looking for it will show that the token is bad. And how
                # the server refuses to say who we are says nothing about the request itself.
                if isinstance(fault, Unsure) or (fault is not None and isinstance(error, Rejected)):
                    raise fault from None
                raise
        if changing and isinstance(fault, Rejected) and says_token_is_bad(outcome):
            # The token is refused for this request alone: either it will work later, or somebody has to fix the token.
            raise TryLater(str(fault), told=fault.told)
        if fault is not None:
            raise fault
        return outcome.body if isinstance(outcome, Answer) else None

    async def _outcome(self, request: Callable[["Client"], object], deadline: float | None = None) -> Answer | Lost:
        def perform(client: "Client") -> Answer | Lost:
            request(client)
            return client.outcome()

        try:
            return await self._share.run(perform, deadline or self._deadline)
        except TimeoutError:
            return Lost("no answer in time", sent=True)

    async def _check_token(self, said: Answer | Lost, *, asked: bool) -> None:
        """Raise StopError if the token is of no use at all, not just for this request."""
        outcome = said if asked else await self._outcome(lambda client: client.get(VERIFY, []))
        if refuses_account(outcome):
            told = told_of_token(outcome)
            raise StopError(
                f"{self._instance} refuses the access token of account {self._account!r}: it was revoked or "
                "is wrong. Make a new one there (Preferences, Development), put it at "
                f"accounts.{self._account}.access_token, and start again. ({told})",
                told,
            )
        fault = fault_of(outcome, self._where, self._clock.now(), changing=False)
        if fault is not None:
            raise fault


def _client(instance: str, token: str, request_timeout: float) -> "Client":
    # Called in a thread: the start does not wait for requests, which takes its time to import.
    from fedichat.adapters.mastodon.wire import Client  # noqa: PLC0415 - see above

    return Client(instance, token, request_timeout, _AGENT)
