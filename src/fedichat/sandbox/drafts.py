"""Reading and checking a status that a client wants to publish (docs: methods/statuses#create)."""

import re
from datetime import UTC, datetime, timedelta

from fedichat.sandbox.calls import Call
from fedichat.sandbox.errors import ApiError, invalid
from fedichat.sandbox.limits import Limits
from fedichat.sandbox.model import Draft, Media, Poll, Status, Visibility
from fedichat.sandbox.text import grapheme_count, status_length

REPLY_NOT_FOUND = "The post you are trying to reply to does not appear to exist."


def read_draft(call: Call, parent: Status | None) -> Draft:
    """The status that a call's parameters describe. Raises ApiError (422) for what Mastodon would refuse."""
    params = call.params
    media = read_media(call, editing=None)
    poll = _read_poll(call)
    if poll is not None and media:
        raise invalid("Cannot attach both media and a poll")
    text, spoiler_text = read_texts(call, has_more=bool(media or poll))
    return Draft(
        text=text,
        visibility=_visibility(params.text("visibility")),
        spoiler_text=spoiler_text,
        sensitive=params.flag("sensitive") or bool(spoiler_text),
        language=params.text("language") or "en",
        in_reply_to=parent,
        media=media,
        poll=poll,
        application=call.token.application if call.token else None,
    )


def read_parent(call: Call) -> Status | None:
    """The status being replied to. Raises ApiError (404) if the caller cannot see it."""
    parent_id = call.params.text("in_reply_to_id")
    if parent_id is None:
        return None
    parent = call.world.statuses.get(parent_id)
    if parent is None or not parent.visible_to(call.account):
        raise ApiError(404, REPLY_NOT_FOUND)
    return parent


_EMPHASIS = re.compile(r"\*+([^*]+)\*+")
"""Just enough Markdown to show whether a text is read as Markdown."""


def read_texts(call: Call, *, has_more: bool) -> tuple[str, str]:
    """The text and the content warning; a warning without a text becomes the text. Raises ApiError (422)."""
    text = call.params.text("status") or ""
    spoiler_text = call.params.text("spoiler_text") or ""
    if not text.strip() and spoiler_text:
        text, spoiler_text = spoiler_text, ""
    if not text.strip() and not has_more:
        raise invalid("Text can't be blank")
    limit = call.world.limits.max_characters
    in_full = call.faults.counts_addresses_in_full
    length = len(text) + len(spoiler_text) if in_full else status_length(text, spoiler_text)
    if length > limit:
        raise invalid(f"Text character limit of {limit} exceeded")
    if call.faults.reads_markdown and call.params.text("content_type") != "text/plain":
        text = _EMPHASIS.sub(r"\1", text)
    return text, spoiler_text


def read_media(call: Call, *, editing: Status | None) -> tuple[Media, ...]:
    """The files to attach. Raises ApiError (422)."""
    ids = call.params.list("media_ids")
    if len(ids) > call.world.limits.max_media_attachments:
        raise invalid(f"Cannot attach more than {call.world.limits.max_media_attachments} files")
    known = {media_id: call.world.find_media(media_id) for media_id in ids}
    kept = () if editing is None else editing.media
    media = [
        file
        for file in known.values()
        if file is not None and file.owner is call.account and (not file.attached or file in kept)
    ]
    if len(media) < len(known):
        missing = ", ".join(media_id for media_id, file in known.items() if file not in media)
        raise invalid(f"Media {missing} not found or already attached to another post")
    if (
        not call.faults.mixes_media
        and len(media) > 1
        and any(file.kind in {"video", "audio", "gifv"} for file in media)
    ):
        raise invalid("Cannot attach a video to a post that already contains images")
    if any(file.polls_left for file in media):
        raise invalid("Cannot attach files that have not finished processing. Try again in a moment!")
    return tuple(media)


def _visibility(name: str | None) -> Visibility:
    try:
        return Visibility(name or "public")
    except ValueError:
        raise ApiError(422, f"'{name}' is not a valid visibility") from None


def _read_poll(call: Call) -> Poll | None:
    options = call.params.list("poll[options]")
    if not options:
        return None
    _check_poll(options, call.world.limits)
    expires_in = timedelta(seconds=call.params.number("poll[expires_in]", 0))
    if expires_in < timedelta(minutes=5):
        raise invalid("Expires at is too soon")
    if expires_in > timedelta(seconds=2_629_746):
        raise invalid("Expires at is too far into the future")
    return call.world.new_poll(options, expires_in, multiple=call.params.flag("poll[multiple]"))


def _check_poll(options: list[str], limits: Limits) -> None:
    if len(options) < 2:
        raise invalid("Options must be more than one")
    if len(options) > limits.poll_options:
        raise invalid(f"Options can't contain more than {limits.poll_options} items")
    if any(grapheme_count(option) > limits.poll_option_length for option in options):
        raise invalid(f"Options can't be longer than {limits.poll_option_length} characters each")
    if len(set(options)) < len(options):
        raise invalid("Options contain duplicate items")


def read_scheduled_at(call: Call) -> datetime | None:
    """When to publish; None for at once, which is also what a time in the past means. Raises ApiError (422)."""
    text = call.params.text("scheduled_at")
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ApiError(422, "invalid date") from None
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return None if moment <= call.world.clock() else moment


def check_schedule(call: Call, moment: datetime, *, moving: str | None = None) -> None:
    """Refuse a time less than five minutes ahead, and too many scheduled statuses. Raises ApiError (422)."""
    limits, account = call.world.limits, call.account
    if moment < call.world.clock() + limits.scheduled_ahead:
        raise invalid("Scheduled at The scheduled date must be in the future")
    others = [it for it in call.world.planned.values() if it.owner is account and it.id != moving]
    if len(others) >= limits.scheduled_total:
        raise invalid(f"You have exceeded the limit of {limits.scheduled_total} scheduled posts")
    same_day = [it for it in others if it.scheduled_at.date() == moment.date()]
    if len(same_day) >= limits.scheduled_daily:
        raise invalid(f"You have exceeded the limit of {limits.scheduled_daily} scheduled posts for today")
