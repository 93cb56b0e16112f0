"""What the server allows: the size of statuses and files, and how many requests in which time."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

IMAGE_TYPES: Final = ("image/jpeg", "image/png", "image/gif", "image/webp", "image/heic", "image/avif")
VIDEO_TYPES: Final = ("video/webm", "video/mp4", "video/quicktime")
AUDIO_TYPES: Final = ("audio/mpeg", "audio/ogg", "audio/wav", "audio/flac", "audio/aac", "audio/mp4")


@dataclass(frozen=True, slots=True)
class Limits:
    """What `GET /api/v2/instance` says under `configuration`; sizes in bytes.

    `media_polls` is how often a new file is answered with "still processing": 0 for never, None for what
    Mastodon does (never for images, once for everything else).
    """

    max_characters: int = 500
    max_media_attachments: int = 4
    image_size: int = 16_777_216
    video_size: int = 103_809_024
    description_length: int = 1500
    poll_options: int = 4
    poll_option_length: int = 50
    scheduled_total: int = 300
    scheduled_daily: int = 25
    scheduled_ahead: timedelta = timedelta(minutes=5)
    media_polls: int | None = None

    def polls_for(self, content_type: str) -> int:
        """How often a new file will be answered with "still processing"."""
        if self.media_polls is not None:
            return self.media_polls
        return 0 if content_type in IMAGE_TYPES and content_type != "image/gif" else 1


@dataclass(frozen=True, slots=True)
class Quota:
    """A number of requests in a period; periods begin at multiples of their length since 1970."""

    name: str
    requests: int
    period: timedelta
    by_user: bool = False
    """Whether all tokens of a user share it."""

    def window(self, now: datetime) -> int:
        """The number of the period that contains a moment."""
        return int(now.timestamp() // self.period.total_seconds())

    def reset_at(self, now: datetime) -> datetime:
        """When the period that contains a moment ends."""
        return datetime.fromtimestamp((self.window(now) + 1) * self.period.total_seconds(), UTC)


@dataclass(frozen=True, slots=True)
class RateLimits:
    """The quotas of docs: api/rate-limits, and those of Mastodon's source (config/initializers/rack_attack.rb).

    A quota of None is not enforced.
    """

    requests: Quota | None = Quota("requests", 300, timedelta(minutes=5))
    user: Quota | None = Quota("user", 1500, timedelta(minutes=5), by_user=True)
    media: Quota | None = Quota("media", 30, timedelta(minutes=30))
    deletions: Quota | None = Quota("deletions", 30, timedelta(minutes=30))
    paging: Quota | None = Quota("paging", 300, timedelta(minutes=15), by_user=True)
    statuses: Quota | None = Quota("statuses", 300, timedelta(hours=3), by_user=True)


NO_RATE_LIMITS: Final = RateLimits(None, None, None, None, None, None)


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of a quota after a request."""

    quota: Quota
    used: int
    reset_at: datetime

    @property
    def exceeded(self) -> bool:
        """Whether the request was one too many."""
        return self.used > self.quota.requests

    def headers(self) -> dict[str, str]:
        """The `X-RateLimit-*` headers; the reset is an ISO time in UTC."""
        return {
            "X-RateLimit-Limit": str(self.quota.requests),
            "X-RateLimit-Remaining": str(max(0, self.quota.requests - self.used)),
            "X-RateLimit-Reset": self.reset_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        }


class RateCounter:
    """Counts the requests of each token, or user, against the quotas that apply."""

    def __init__(self) -> None:
        self._used: dict[tuple[str, str], tuple[int, int]] = {}

    def count(self, token: str, user: str, quotas: list[Quota], now: datetime) -> Allowance | None:
        """Count one request; gives the allowance with the least left, None if no quota applies."""
        allowances = [self._count(user if quota.by_user else token, quota, now) for quota in quotas]
        return min(allowances, key=lambda it: it.quota.requests - it.used, default=None)

    def _count(self, token: str, quota: Quota, now: datetime) -> Allowance:
        window = quota.window(now)
        known, used = self._used.get((token, quota.name), (window, 0))
        used = used + 1 if known == window else 1
        self._used[token, quota.name] = (window, used)
        return Allowance(quota, used, quota.reset_at(now))
