"""What can be done to a status: favourite, boost, bookmark, pin (docs: methods/statuses)."""

from typing import Final

from fedichat.sandbox.calls import Call, Route
from fedichat.sandbox.errors import invalid, not_allowed
from fedichat.sandbox.model import Visibility


async def favourite(call: Call) -> object:
    """`POST /api/v1/statuses/:id/favourite`."""
    status = call.status()
    call.world.favourite(call.account, status)
    return call.status_json(status)


async def unfavourite(call: Call) -> object:
    """`POST /api/v1/statuses/:id/unfavourite`."""
    status = call.status()
    call.world.unfavourite(call.account, status)
    return call.status_json(status)


async def reblog(call: Call) -> object:
    """`POST /api/v1/statuses/:id/reblog`: answers with the boost, which contains the status."""
    status = call.status()
    name = call.params.text("visibility")
    visibility = Visibility(name) if name in {"public", "unlisted", "private"} else None
    try:
        return call.status_json(call.world.reblog(call.account, status.reblog_of or status, visibility))
    except ValueError:
        raise not_allowed() from None


async def unreblog(call: Call) -> object:
    """`POST /api/v1/statuses/:id/unreblog`: the boost and its notification disappear."""
    status = call.status()
    boost = status.reblogs.get(call.account)
    if boost is not None:
        call.world.delete(boost)
    return call.status_json(status)


async def bookmark(call: Call) -> object:
    """`POST /api/v1/statuses/:id/bookmark`."""
    status = call.status()
    status.bookmarked_by.add(call.account)
    return call.status_json(status)


async def unbookmark(call: Call) -> object:
    """`POST /api/v1/statuses/:id/unbookmark`."""
    status = call.status()
    status.bookmarked_by.discard(call.account)
    return call.status_json(status)


async def pin(call: Call) -> object:
    """`POST /api/v1/statuses/:id/pin`: up to five of one's own."""
    status = call.status()
    if status.author is not call.account:
        raise invalid("Someone else's post cannot be pinned")
    if status.reblog_of is not None:
        raise invalid("A boost cannot be pinned")
    if status.visibility is Visibility.DIRECT:
        raise invalid("Posts that are only visible to mentioned users cannot be pinned")
    if not status.pinned and sum(it.pinned for it in call.account.statuses) >= 5:
        raise invalid("You have already pinned the maximum number of posts")
    status.pinned = True
    return call.status_json(status)


async def unpin(call: Call) -> object:
    """`POST /api/v1/statuses/:id/unpin`."""
    status = call.own_status()
    status.pinned = False
    return call.status_json(status)


async def favourited_by(call: Call) -> object:
    """`GET /api/v1/statuses/:id/favourited_by`."""
    return [call.entities.account(account) for account in call.status().favourited_by]


async def reblogged_by(call: Call) -> object:
    """`GET /api/v1/statuses/:id/reblogged_by`."""
    return [call.entities.account(account) for account in call.status().reblogs]


_FAVOURITES: Final = "write:favourites"
_STATUSES: Final = "write:statuses"
_STATUS: Final = "/api/v1/statuses/{id}"

ROUTES: Final = (
    Route("POST", f"{_STATUS}/favourite", favourite, _FAVOURITES),
    Route("POST", f"{_STATUS}/unfavourite", unfavourite, _FAVOURITES),
    Route("POST", f"{_STATUS}/reblog", reblog, _STATUSES),
    Route("POST", f"{_STATUS}/unreblog", unreblog, _STATUSES, quota="deletions"),
    Route("POST", f"{_STATUS}/bookmark", bookmark, "write:bookmarks"),
    Route("POST", f"{_STATUS}/unbookmark", unbookmark, "write:bookmarks"),
    Route("POST", f"{_STATUS}/pin", pin, "write:accounts"),
    Route("POST", f"{_STATUS}/unpin", unpin, "write:accounts"),
    Route("GET", f"{_STATUS}/favourited_by", favourited_by, "read:accounts", public=True),
    Route("GET", f"{_STATUS}/reblogged_by", reblogged_by, "read:accounts", public=True),
)
