"""A small server that speaks the Mastodon API, with talkative citizens: for the demo and the tests."""

from fedichat.sandbox.accounts import SandboxAccount
from fedichat.sandbox.citizens import Citizens
from fedichat.sandbox.faults import MALFORMATIONS, Fault, Faults, Kind
from fedichat.sandbox.ids import IdStyle
from fedichat.sandbox.limits import NO_RATE_LIMITS, Limits, Quota, RateLimits
from fedichat.sandbox.model import NewMedia, Notification, NotificationType, Status, Visibility
from fedichat.sandbox.server import Sandbox

__all__ = [
    "MALFORMATIONS",
    "NO_RATE_LIMITS",
    "Citizens",
    "Fault",
    "Faults",
    "IdStyle",
    "Kind",
    "Limits",
    "NewMedia",
    "Notification",
    "NotificationType",
    "Quota",
    "RateLimits",
    "Sandbox",
    "SandboxAccount",
    "Status",
    "Visibility",
]
