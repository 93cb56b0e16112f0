"""Accounts and their statuses (docs: methods/accounts, methods/apps)."""

from typing import Final

from fedichat.sandbox.calls import Call, Route
from fedichat.sandbox.errors import bad_token, not_found
from fedichat.sandbox.model import Account, Status


async def verify_credentials(call: Call) -> object:
    """`GET /api/v1/accounts/verify_credentials`."""
    return call.entities.own_account(call.account)


async def verify_app(call: Call) -> object:
    """`GET /api/v1/apps/verify_credentials`: with the token's scopes."""
    if call.token is None:
        raise bad_token()
    return {
        "id": "1",
        "name": call.token.application,
        "website": None,
        "scopes": sorted(call.token.scopes),
        "redirect_uri": "urn:ietf:wg:oauth:2.0:oob",
        "redirect_uris": ["urn:ietf:wg:oauth:2.0:oob"],
        "vapid_key": "",
    }


async def lookup(call: Call) -> object:
    """`GET /api/v1/accounts/lookup?acct=`."""
    account = call.world.directory.find(call.params.text("acct") or "")
    if account is None:
        raise not_found()
    return call.entities.account(account)


async def get_account(call: Call) -> object:
    """`GET /api/v1/accounts/:id`."""
    return call.entities.account(_account(call))


async def get_relationships(call: Call) -> object:
    """`GET /api/v1/accounts/relationships?id[]=`."""
    known = call.world.directory.accounts
    accounts = [known[it] for it in call.params.list("id") if it in known]
    return [_relationship(call.account, account) for account in accounts]


async def follow(call: Call) -> object:
    """`POST /api/v1/accounts/:id/follow`."""
    account = _account(call)
    call.world.follow(call.account, account)
    return _relationship(call.account, account)


def _relationship(me: Account, account: Account) -> object:
    off = ("blocking", "blocked_by", "muting", "muting_notifications", "requested", "requested_by")
    answer: dict[str, object] = dict.fromkeys((*off, "domain_blocking", "endorsed", "notifying"), False)
    following, followed_by = account in me.following, account in me.followers
    return answer | {
        "id": account.id,
        "following": following,
        "showing_reblogs": following,
        "languages": None,
        "followed_by": followed_by,
        "note": "",
    }


async def get_account_statuses(call: Call) -> object:
    """`GET /api/v1/accounts/:id/statuses`: owners see all of their own, including direct ones."""
    account = _account(call)

    def wanted(status: Status) -> bool:
        params = call.params
        return (
            status.visible_to(call.viewer)
            and not (params.flag("exclude_reblogs") and status.reblog_of is not None)
            and not (params.flag("exclude_replies") and _is_reply_to_others(status))
            and not (params.flag("only_media") and not status.media)
            and not (params.flag("pinned") and not status.pinned)
        )

    page = account.statuses.page(call.cursor(20, 40), wanted, filter_late=call.faults.filter_after_limit)
    entities: list[object] = [call.status_json(status) for status in page]
    return call.page(entities, page[0].id if page else None, page[-1].id if page else None)


def _is_reply_to_others(status: Status) -> bool:
    return status.in_reply_to is not None and status.in_reply_to.author is not status.author


def _account(call: Call) -> Account:
    account = call.world.directory.accounts.get(call.path("id"))
    if account is None:
        raise not_found()
    return account


ROUTES: Final = (
    Route("GET", "/api/v1/apps/verify_credentials", verify_app),
    Route("GET", "/api/v1/accounts/verify_credentials", verify_credentials, "read:accounts"),
    Route("GET", "/api/v1/accounts/lookup", lookup, "read:accounts", public=True),
    Route("GET", "/api/v1/accounts/relationships", get_relationships, "read:follows"),
    Route("GET", "/api/v1/accounts/{id}", get_account, "read:accounts", public=True),
    Route("GET", "/api/v1/accounts/{id}/statuses", get_account_statuses, "read:statuses", public=True),
    Route("POST", "/api/v1/accounts/{id}/follow", follow, "write:follows"),
)
