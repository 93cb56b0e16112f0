"""The fediverse accounts: instance, token, streaming, and what the instance withholds from us."""

from collections.abc import Collection, Iterator, Mapping
from typing import Final

from fedichat.adapters.mastodon.account import MastodonAccount
from fedichat.adapters.mastodon.streaming import Stream
from fedichat.cli.checking.finding import Finding, Findings, counted, fail, ok, warn
from fedichat.clock import SystemClock
from fedichat.config.readers import streaming_url
from fedichat.config.servers import Account
from fedichat.ports import Fediverse

NEEDED_SCOPES: Final = ("read:accounts", "read:notifications", "read:statuses", "write:statuses")
SENDERS: Final = {
    "for_not_following": "people whom the account does not follow",
    "for_not_followers": "people who do not follow the account",
    "for_new_accounts": "new accounts",
    "for_private_mentions": "people who write to it in private unasked",
    "for_limited_accounts": "accounts that moderators have limited",
    "for_bots": "bots",
}
"""From docs.joinmastodon.org/entities/NotificationPolicy; the last one is only in Mastodon's source."""
_FILTER_SETTINGS: Final = "(on the instance: Notifications, Filter settings)"


async def check_account(name: str, account: Account) -> Findings:
    """Everything about one account. Raises FarEndError and StopError."""
    fediverse = MastodonAccount(
        name,
        account.instance,
        account.access_token.get_secret_value(),
        SystemClock(),
        streaming=account.streaming or "",
        deadline=30,
    )
    try:
        async for finding in check_token(name, account.instance, fediverse):
            yield finding
        for finding in check_stream(name, await fediverse.stream()):
            yield finding
        for finding in check_policy(name, await fediverse.policy()):
            yield finding
        for finding in check_kinds(name, await fediverse.strange_kinds()):
            yield finding
    finally:
        await fediverse.close()


async def check_token(name: str, instance: str, fediverse: Fediverse) -> Findings:
    """Instance, token and scopes."""
    subject = f"account {name}"
    limits = await fediverse.limits()
    software = limits.software or "version unknown"
    yield ok(subject, f"{instance} ({software}), {limits.characters} characters a status")
    me = await fediverse.me()
    yield ok(subject, f"the token is @{me.acct}'s")
    yield _scopes(subject, await fediverse.scopes())


def _scopes(subject: str, scopes: Collection[str]) -> Finding:
    if not scopes:
        return ok(subject, "the server does not say which scopes the token has")
    if missing := missing_scopes(scopes):
        return fail(subject, f"the token lacks {', '.join(missing)}; make one with read and write")
    return ok(subject, f"the token may {' '.join(sorted(scopes))}")


def missing_scopes(scopes: Collection[str]) -> list[str]:
    """The scopes that we need and the token lacks. `read` includes every `read:…`."""
    return [need for need in NEEDED_SCOPES if need not in scopes and need.partition(":")[0] not in scopes]


def check_stream(name: str, stream: Stream) -> Iterator[Finding]:
    """Which host the token is sent to besides the instance itself."""
    subject = f"account {name}"
    if stream.elsewhere:
        yield ok(subject, f"the instance streams from {stream.elsewhere}: the token is sent there, too")
    if stream.refused:
        text = f"the instance announces its stream at {stream.refused}, which is not below its own host"
        effect = f"{text}: the token is not sent there, and mentions may be seen only when polled"
        allow = _allowing(stream.refused)
        advice = f"; if that host belongs to the instance, add this to accounts.{name}: “streaming: {allow}”"
        yield warn(subject, effect + (advice if allow else ""))


def _allowing(refused: str) -> str:
    """What to configure for a stream that was refused; empty if nothing would allow it."""
    scheme, _, rest = refused.partition("://")
    if scheme.lower() not in {"ws", "wss", "http", "https"}:
        return ""
    try:
        return streaming_url(f"wss://{rest.partition('/')[0]}")
    except ValueError:
        return ""


def check_policy(name: str, policy: Mapping[str, str]) -> Iterator[Finding]:
    """Whose mentions the account's notification policy withholds from us."""
    for rule, what in policy.items():
        senders = SENDERS.get(rule, rule)
        if what == "drop":
            text = f"mentions from {senders} are ignored by the server and never become a card"
            yield fail(f"account {name}", f"{text}; accept them {_FILTER_SETTINGS}")
        elif what == "filter":
            text = f"mentions from {senders} are filtered by the server: they become cards, but only when polled"
            yield ok(f"account {name}", text)
        elif what != "accept":
            text = f"mentions from {senders}: the server says “{what}”, which fedichat does not know"
            yield warn(f"account {name}", f"{text}; they may never become a card {_FILTER_SETTINGS}")


def check_kinds(name: str, kinds: Mapping[str, int]) -> Iterator[Finding]:
    """Notifications of kinds that fedichat does not know."""
    for kind, number in sorted(kinds.items()):
        text = (
            f"{counted(number, 'notification')} of the unknown kind “{kind}” among the newest: no mention, so no card"
        )
        yield warn(f"account {name}", text)
