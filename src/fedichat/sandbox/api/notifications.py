"""Notifications (docs: methods/notifications)."""

from typing import Final

from fedichat.sandbox.calls import Call, Route
from fedichat.sandbox.entities import timestamp
from fedichat.sandbox.errors import ApiError, not_found
from fedichat.sandbox.faults import malformed
from fedichat.sandbox.model import Notification, NotificationType

KNOWN: Final = frozenset(kind.value for kind in NotificationType)


async def list_notifications(call: Call) -> object:
    """`GET /api/v1/notifications`."""
    types, excluded = set(call.params.list("types")), set(call.params.list("exclude_types"))
    account_id = call.params.text("account_id")
    filtered_too = call.params.flag("include_filtered")

    def wanted(row: Notification) -> bool:
        return (
            (not types or row.kind in types)
            and row.kind not in excluded
            and (account_id is None or row.account.id == account_id)
            and (filtered_too or not row.filtered)
        )

    if call.faults.minds_unknown_types and (types | excluded) - KNOWN:
        raise ApiError(422, "Unknown notification type")
    page = call.account.notifications.page(call.cursor(40, 80), wanted, filter_late=call.faults.filter_after_limit)
    entities = [_json(call, row) for row in page]
    return call.page(entities, page[0].id if page else None, page[-1].id if page else None)


async def get_notification(call: Call) -> object:
    """`GET /api/v1/notifications/:id`."""
    return _json(call, _notification(call))


async def unread_count(call: Call) -> object:
    """`GET /api/v1/notifications/unread_count`: nothing is ever marked as read here."""
    return {"count": min(len(call.account.notifications), 100)}


async def clear(call: Call) -> object:
    """`POST /api/v1/notifications/clear`."""
    call.account.notifications.clear()
    return {}


async def dismiss(call: Call) -> object:
    """`POST /api/v1/notifications/:id/dismiss`."""
    row = _notification(call)
    call.account.notifications.remove(row.key)
    return {}


async def get_policy(call: Call) -> object:
    """`GET /api/v2/notifications/policy`: what is kept aside, and how much is waiting."""
    waiting = [row for row in call.account.notifications if row.filtered]
    return {
        **call.account.policy,
        "summary": {
            "pending_requests_count": len({row.account for row in waiting}),
            "pending_notifications_count": len(waiting),
        },
    }


async def list_requests(call: Call) -> object:
    """`GET /api/v1/notifications/requests`: one for each account with notifications that are kept aside."""
    waiting: dict[str, list[Notification]] = {}
    for row in call.account.notifications:
        if row.filtered:
            waiting.setdefault(row.account.id, []).append(row)
    return [
        {
            "id": account_id,
            "created_at": timestamp(rows[0].created_at),
            "updated_at": timestamp(rows[-1].created_at),
            "notifications_count": str(len(rows)),
            "account": call.entities.account(rows[-1].account),
            "last_status": call.status_json(rows[-1].status) if rows[-1].status else None,
        }
        for account_id, rows in waiting.items()
    ]


def _notification(call: Call) -> Notification:
    key = call.world.ids.key(call.path("id"))
    row = None if key is None else call.account.notifications.get(key)
    if row is None:
        raise not_found()
    return row


def _json(call: Call, row: Notification) -> object:
    return malformed(row, call.entities.notification(row))


READ: Final = "read:notifications"
WRITE: Final = "write:notifications"

ROUTES: Final = (
    Route("GET", "/api/v1/notifications", list_notifications, READ),
    Route("GET", "/api/v1/notifications/unread_count", unread_count, READ),
    Route("GET", "/api/v1/notifications/requests", list_requests, READ),
    Route("GET", "/api/v2/notifications/policy", get_policy, READ),
    Route("GET", "/api/v1/notifications/{id}", get_notification, READ),
    Route("POST", "/api/v1/notifications/clear", clear, WRITE),
    Route("POST", "/api/v1/notifications/{id}/dismiss", dismiss, WRITE),
)
