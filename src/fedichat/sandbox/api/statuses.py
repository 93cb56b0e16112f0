"""Statuses: reading, publishing, editing, deleting (docs: methods/statuses, methods/scheduled_statuses)."""

from datetime import UTC, datetime, timedelta
from typing import Final

from fedichat.sandbox.calls import Call, Route
from fedichat.sandbox.drafts import (
    check_schedule,
    read_draft,
    read_media,
    read_parent,
    read_scheduled_at,
    read_texts,
)
from fedichat.sandbox.errors import ApiError, invalid, not_found
from fedichat.sandbox.model import Draft, Planned, Status

IDEMPOTENCY_TIME: Final = timedelta(hours=1)
MOST_AT_ONCE: Final = 20


async def get_status(call: Call) -> object:
    """`GET /api/v1/statuses/:id`."""
    return call.status_json(call.status())


async def get_statuses(call: Call) -> object:
    """`GET /api/v1/statuses?id[]=…` (docs: methods/statuses#index, since 4.3): those that the caller may see.

    More than twenty are refused, as in Mastodon's source (app/controllers/api/v1/statuses_controller.rb).
    """
    asked = call.params.list("id")
    if len(asked) > MOST_AT_ONCE:
        raise invalid("Too many statuses")
    known = (call.world.statuses.get(one) for one in dict.fromkeys(asked))
    return [call.status_json(one) for one in known if one is not None and one.visible_to(call.viewer)]


async def get_context(call: Call) -> object:
    """`GET /api/v1/statuses/:id/context`: as much of it as the caller may see."""
    status = call.status()
    ancestors: list[Status] = []
    above = status.in_reply_to
    while above is not None:
        ancestors.append(above)
        above = above.in_reply_to
    return {
        "ancestors": [call.status_json(it) for it in reversed(ancestors) if it.visible_to(call.viewer)],
        "descendants": [call.status_json(it) for it in _descendants(status) if it.visible_to(call.viewer)],
    }


def _descendants(status: Status) -> list[Status]:
    found: list[Status] = []
    waiting = list(reversed(status.replies))
    while waiting:
        reply = waiting.pop()
        found.append(reply)
        waiting.extend(reversed(reply.replies))
    return found


async def get_history(call: Call) -> object:
    """`GET /api/v1/statuses/:id/history`."""
    return call.entities.history(call.status())


async def get_source(call: Call) -> object:
    """`GET /api/v1/statuses/:id/source`."""
    status = call.status()
    return {"id": status.id, "text": status.text, "spoiler_text": status.spoiler_text}


async def post_status(call: Call) -> object:
    """`POST /api/v1/statuses`: publishes, or schedules if there is a `scheduled_at`."""
    parent = read_parent(call)
    idempotency = call.request.headers.get("Idempotency-Key")
    known = _known(call, idempotency)
    if known is not None:
        return known
    draft = read_draft(call, parent)
    scheduled_at = read_scheduled_at(call)
    if scheduled_at is not None:
        check_schedule(call, scheduled_at)
        planned = Planned(call.world.new_id(), call.account, scheduled_at, draft, idempotency)
        for media in draft.media:
            media.attached = True
        call.world.planned[planned.id] = planned
        _remember(call, idempotency, planned.id)
        return call.entities.planned(planned)
    _check_mentions(call, draft)
    if call.faults.takes_phantom():
        return call.status_json(call.world.compose(call.account, draft))
    status = call.world.publish(call.account, draft)
    _remember(call, idempotency, status.id)
    return call.status_json(status)


def _known(call: Call, idempotency: str | None) -> object:
    """What the same key made within the last hour, or None. Raises ApiError (404) if that is gone."""
    if not idempotency or call.faults.ignore_idempotency:
        return None
    record_id, made_at = call.world.idempotency.get((call.account.id, idempotency), (None, None))
    if record_id is None or made_at is None or call.world.clock() - made_at >= IDEMPOTENCY_TIME:
        return None
    if planned := call.world.planned.get(record_id):
        return call.entities.planned(planned)
    status = call.world.statuses.get(record_id)
    if status is None:
        raise not_found()
    return call.status_json(status)


def _check_mentions(call: Call, draft: Draft) -> None:
    """Refuse a status that tags others than `allowed_mentions` names. Raises ApiError (422).

    Undocumented; from Mastodon's source, app/services/post_status_service.rb, `safeguard_mentions!`, and
    app/controllers/api/v1/statuses_controller.rb, `create`. Other servers ignore the parameter.
    """
    if "allowed_mentions" not in call.params or call.faults.mixes_media:
        return
    allowed = call.params.list("allowed_mentions")
    others = [one for one in call.world.compose(call.account, draft).mentions if one.id not in allowed]
    if others:
        accounts = [call.entities.account(one) for one in others]
        raise ApiError(422, "Post would be sent to unexpected accounts", unexpected_accounts=accounts)


def _remember(call: Call, idempotency: str | None, record_id: str) -> None:
    if idempotency:
        call.world.idempotency[call.account.id, idempotency] = (record_id, call.world.clock())


async def put_status(call: Call) -> object:
    """`PUT /api/v1/statuses/:id`: what is left out is removed, including media."""
    status = call.own_status()
    if status.reblog_of is not None:
        raise not_found()
    media = read_media(call, editing=status)
    text, spoiler_text = read_texts(call, has_more=bool(media or status.poll))
    call.world.edit(
        status,
        text=text,
        spoiler_text=spoiler_text,
        sensitive=call.params.flag("sensitive") or bool(spoiler_text),
        language=call.params.text("language"),
        media=media,
    )
    return call.status_json(status)


async def delete_status(call: Call) -> object:
    """`DELETE /api/v1/statuses/:id`: answers with the source `text` as well, for "delete and redraft".

    Its media are kept for that, unless `delete_media` is set (since 4.4).
    """
    status = call.own_status()
    answer = call.status_json(status) | {"text": status.text}
    call.world.delete(status)
    for media in status.media:
        media.attached = False
        if call.params.flag("delete_media"):
            call.world.media.pop(media.id, None)
    return answer


async def list_planned(call: Call) -> object:
    """`GET /api/v1/scheduled_statuses`."""
    mine = [it for it in call.world.planned.values() if it.owner is call.account]
    return [call.entities.planned(it) for it in sorted(mine, key=lambda it: it.id, reverse=True)]


async def get_planned(call: Call) -> object:
    """`GET /api/v1/scheduled_statuses/:id`."""
    return call.entities.planned(_planned(call))


async def put_planned(call: Call) -> object:
    """`PUT /api/v1/scheduled_statuses/:id`: only the time can be changed."""
    planned = _planned(call)
    try:
        moment = datetime.fromisoformat(call.params.text("scheduled_at") or "")
    except ValueError:
        raise invalid("Scheduled at The scheduled date must be in the future") from None
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    check_schedule(call, moment, moving=planned.id)
    planned.scheduled_at = moment
    return call.entities.planned(planned)


async def delete_planned(call: Call) -> object:
    """`DELETE /api/v1/scheduled_statuses/:id`."""
    planned = _planned(call)
    for media in planned.draft.media:
        media.attached = False
    del call.world.planned[planned.id]
    return {}


def _planned(call: Call) -> Planned:
    planned = call.world.planned.get(call.path("id"))
    if planned is None or planned.owner is not call.account:
        raise not_found()
    return planned


async def get_poll(call: Call) -> object:
    """`GET /api/v1/polls/:id`."""
    poll = call.world.polls.get(call.path("id"))
    if poll is None:
        raise ApiError(404, "Record not found")
    return call.entities.poll(poll, call.viewer)


READ: Final = "read:statuses"
WRITE: Final = "write:statuses"

ROUTES: Final = (
    Route("GET", "/api/v1/statuses", get_statuses, READ, public=True),
    Route("GET", "/api/v1/statuses/{id}", get_status, READ, public=True),
    Route("GET", "/api/v1/statuses/{id}/context", get_context, READ, public=True),
    Route("GET", "/api/v1/statuses/{id}/history", get_history, READ, public=True),
    Route("GET", "/api/v1/statuses/{id}/source", get_source, READ),
    Route("POST", "/api/v1/statuses", post_status, WRITE),
    Route("PUT", "/api/v1/statuses/{id}", put_status, WRITE),
    Route("DELETE", "/api/v1/statuses/{id}", delete_status, WRITE, quota="deletions"),
    Route("GET", "/api/v1/scheduled_statuses", list_planned, READ),
    Route("GET", "/api/v1/scheduled_statuses/{id}", get_planned, READ),
    Route("PUT", "/api/v1/scheduled_statuses/{id}", put_planned, WRITE),
    Route("DELETE", "/api/v1/scheduled_statuses/{id}", delete_planned, WRITE),
    Route("GET", "/api/v1/polls/{id}", get_poll, READ, public=True),
)
