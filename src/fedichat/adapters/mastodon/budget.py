"""How many requests a server still takes, by its headers, and who may spend them.

Followed: docs.joinmastodon.org/api/rate-limits: 300 requests in five minutes for a token. In Mastodon's source, paging
(any of page, min_id, max_id, since_id) has another 300 in a quarter of an hour, shared with every other program that
the account uses. The headers tell the tightest quota that a request counted against. Servers that send none of them
are asked as often as there is something to ask, until they say 429.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from fedichat.adapters.mastodon.errors import retry_after
from fedichat.adapters.mastodon.outcome import Answer, Lost
from fedichat.errors import Refusal, TryLater
from fedichat.ports import Clock

log = logging.getLogger(__name__)

_RESERVE = 10
"""A tenth of each quota is left to what people wait for, when mentions alone would use it all up."""
_LONG = 5.0
"""From so many seconds on, a wait is told in the log."""


@dataclass(slots=True)
class _Quota:
    limit: int = 0
    left: int = 0
    until: datetime | None = None
    """When it is full again; None while nothing is known of it."""

    def note(self, limit: int, left: int, until: datetime) -> None:
        self.limit, self.left, self.until = limit, left, until

    def forget_if_over(self, now: datetime) -> None:
        if self.until is not None and now >= self.until:
            self.until = None

    @property
    def spendable(self) -> int:
        """Without the reserve."""
        return self.left - self.limit // _RESERVE


class Budget:
    """The budget of one account. Looks for mentions are paced by it, what can wait waits for it."""

    def __init__(self, account: str, clock: Clock) -> None:
        self._account = account
        self._clock = clock
        self._all, self._paging = _Quota(), _Quota()
        self._last_look: datetime | None = None
        self._told = False

    async def admit(self, *, paging: bool, can_wait: bool) -> None:
        """Count a request that is about to be made.

        What can wait waits while no more than half of the quota is left. Raises TryLater where the server would only
        answer that it was one too many.
        """
        quotas = [self._all, self._paging] if paging else [self._all]
        for quota in quotas:
            while can_wait and self._seconds(quota) and quota.left * 2 <= quota.limit:
                await self._clock.sleep(self._seconds(quota))
            wait = self._seconds(quota)
            if wait and quota.left <= 0:
                self._tell(wait)
                told = Refusal("the server takes no more requests for now")
                raise TryLater(f"{self._account}: the server takes no more requests for {wait:.0f} s", wait, told)
        for quota in quotas:
            quota.left -= 1

    def note(self, outcome: Answer | Lost, *, paging: bool) -> None:
        """Learn from the headers of what a request that reads brought."""
        if isinstance(outcome, Lost):
            return
        quota = self._paging if paging else self._all
        now = self._clock.now()
        seconds = retry_after(outcome.headers, now)
        left, limit = _count(outcome.headers, "X-RateLimit-Remaining"), _count(outcome.headers, "X-RateLimit-Limit")
        if seconds is None:
            return
        if outcome.status == 429:
            quota.note(limit or quota.limit or 1, 0, now + timedelta(seconds=seconds))
        elif left is not None and limit:
            quota.note(limit, left, now + timedelta(seconds=seconds))

    async def pace(self, *, requests: int, paged: int) -> None:
        """Wait until it is time for another look that may take so many requests, so many of them paged.

        While more than half is left there is no wait. Then what is left, but for the reserve, is spread over the time
        until there is more: whoever rings meanwhile is read by the same look.
        """
        waits = [self._gap(self._all, requests), self._gap(self._paging, paged)]
        gap = max(waits)
        now = self._clock.now()
        due = now if self._last_look is None else self._last_look + timedelta(seconds=gap)
        if gap and (wait := (due - now).total_seconds()) > 0:
            if gap >= _LONG:
                self._tell(gap)
            await self._clock.sleep(wait)
        elif not gap and self._told:
            self._told = False
            log.info("requests-not-short-any-more account=%s", self._account)
        self._last_look = self._clock.now()

    def _gap(self, quota: _Quota, cost: int) -> float:
        seconds = self._seconds(quota)
        if not seconds or not cost or quota.left * 2 > quota.limit:
            return 0.0
        looks = quota.spendable // cost
        return seconds / looks if looks > 0 else seconds

    def _seconds(self, quota: _Quota) -> float:
        """Until there is more; 0 where nothing is known."""
        now = self._clock.now()
        quota.forget_if_over(now)
        return 0.0 if quota.until is None else (quota.until - now).total_seconds()

    def _tell(self, seconds: float) -> None:
        if not self._told:
            self._told = True
            log.warning("requests-short account=%s mentions are read every %.0f s, in order", self._account, seconds)


def _count(headers: Mapping[str, str], name: str) -> int | None:
    text = headers.get(name, "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
