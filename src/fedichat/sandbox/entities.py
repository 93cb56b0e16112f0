"""The JSON of the Mastodon API (docs: entities/*), as one viewer sees it."""

import struct
from collections.abc import Sequence
from datetime import UTC, datetime

from fedichat.sandbox.model import (
    Account,
    Media,
    Notification,
    NotificationType,
    Planned,
    Poll,
    Revision,
    Status,
    Token,
)
from fedichat.sandbox.text import Handle, hashtags, to_html
from fedichat.sandbox.world import World, revision

Json = dict[str, object]


def timestamp(moment: datetime) -> str:
    """An ISO time in UTC with milliseconds, as Mastodon writes it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"


class Entities:
    """Makes JSON out of records; `url` is the sandbox's address once it serves, without a slash at the end."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.url = ""

    def account(self, account: Account) -> Json:
        """docs: entities/Account."""
        profile = self.profile_url(account)
        picture = f"{self.url}/avatars/original/missing.png"
        return {
            "id": account.id,
            "username": account.username,
            "acct": account.acct,
            "display_name": account.display_name,
            "locked": False,
            "bot": account.bot,
            "discoverable": True,
            "indexable": False,
            "group": False,
            "created_at": timestamp(account.created_at.replace(hour=0, minute=0, second=0, microsecond=0)),
            "note": self._html(account.note, account),
            "url": profile,
            "uri": f"https://{account.domain or self._world.directory.domain}/users/{account.username}",
            "avatar": picture,
            "avatar_static": picture,
            "header": picture,
            "header_static": picture,
            "followers_count": len(account.followers),
            "following_count": len(account.following),
            "statuses_count": len(account.statuses),
            "last_status_at": None,
            "hide_collections": None,
            "noindex": False,
            "emojis": [],
            "roles": [],
            "fields": [],
        }

    def own_account(self, account: Account) -> Json:
        """docs: entities/Account#CredentialAccount."""
        source = {
            "privacy": "public",
            "sensitive": False,
            "language": None,
            "note": account.note,
            "fields": [],
            "follow_requests_count": 0,
        }
        return self.account(account) | {"source": source}

    def status(self, status: Status, viewer: Account | None, token: Token | None = None) -> Json:
        """docs: entities/Status. `favourited` and the like depend on the `viewer`."""
        shown = status.reblog_of or status
        parent = shown.in_reply_to if status is shown else None
        answer: Json = {
            "id": status.id,
            "created_at": timestamp(status.created_at),
            "in_reply_to_id": parent.id if parent else None,
            "in_reply_to_account_id": parent.author.id if parent else None,
            "sensitive": shown.sensitive,
            "spoiler_text": shown.spoiler_text,
            "visibility": status.visibility.value,
            "language": shown.language,
            "uri": self.status_uri(status),
            "url": self.status_url(shown),
            "replies_count": len(shown.replies),
            "reblogs_count": len(shown.reblogs),
            "favourites_count": len(shown.favourited_by),
            "quotes_count": 0,
            "edited_at": timestamp(shown.edited_at) if shown.edited_at else None,
            "content": self._html(shown.text, shown.author) if shown.raw_html is None else shown.raw_html,
            "reblog": self.status(status.reblog_of, viewer, token) if status.reblog_of else None,
            "application": {"name": status.application, "website": None} if status.application else None,
            "account": self.account(status.author),
            "media_attachments": [self.media(media) for media in shown.media],
            "mentions": [self._mention(account) for account in shown.mentions],
            "tags": [{"name": tag, "url": self._tag_url(tag)} for tag in hashtags(shown.text)],
            "emojis": [],
            "card": None,
            "poll": self.poll(shown.poll, viewer) if shown.poll else None,
        }
        return answer | self._relation(shown, viewer)

    def _relation(self, status: Status, viewer: Account | None) -> Json:
        if viewer is None:
            return {}
        flags: Json = {
            "favourited": viewer in status.favourited_by,
            "reblogged": viewer in status.reblogs,
            "muted": False,
            "bookmarked": viewer in status.bookmarked_by,
            "filtered": [],
        }
        return flags | ({"pinned": status.pinned} if status.author is viewer else {})

    def _mention(self, account: Account) -> Json:
        return {
            "id": account.id,
            "username": account.username,
            "url": self.profile_url(account),
            "acct": account.acct,
        }

    def notification(self, row: Notification) -> Json:
        """docs: entities/Notification."""
        alone = row.type is NotificationType.FOLLOW or row.status is None
        answer: Json = {
            "id": row.id,
            "type": row.kind,
            "created_at": timestamp(row.created_at),
            "group_key": f"ungrouped-{row.id}",
            "account": self.account(row.account),
        }
        if not alone and row.status is not None:
            answer["status"] = self.status(row.status, row.recipient)
        return answer

    def media(self, media: Media) -> Json:
        """docs: entities/MediaAttachment; `url` is null while the file is being processed."""
        address = f"{self.url}/media/{media.id}"
        meta: Json = {}
        if size := _png_size(media.data):
            width, height = size
            sizes = {"width": width, "height": height, "size": f"{width}x{height}", "aspect": width / height}
            meta = {"original": sizes, "small": sizes}
        if media.focus is not None:
            meta["focus"] = {"x": media.focus[0], "y": media.focus[1]}
        return {
            "id": media.id,
            "type": media.kind,
            "url": None if media.polls_left else f"{address}/original",
            "preview_url": f"{address}/small",
            "remote_url": None,
            "preview_remote_url": None,
            "text_url": None,
            "meta": meta,
            "description": media.description,
            "blurhash": None,
        }

    def poll(self, poll: Poll, viewer: Account | None) -> Json:
        """docs: entities/Poll."""
        answer: Json = {
            "id": poll.id,
            "expires_at": timestamp(poll.expires_at),
            "expired": poll.expires_at <= self._world.clock(),
            "multiple": poll.multiple,
            "votes_count": sum(poll.votes),
            "voters_count": len(poll.voters),
            "options": [
                {"title": title, "votes_count": votes} for title, votes in zip(poll.options, poll.votes, strict=True)
            ],
            "emojis": [],
        }
        return answer if viewer is None else answer | {"voted": viewer.id in poll.voters, "own_votes": []}

    def history(self, status: Status) -> list[Json]:
        """docs: entities/StatusEdit, the oldest version first."""
        return [self._edit(status, version) for version in [*status.revisions, revision(status)]]

    def _edit(self, status: Status, version: Revision) -> Json:
        return {
            "content": self._html(version.text, status.author),
            "spoiler_text": version.spoiler_text,
            "sensitive": version.sensitive,
            "created_at": timestamp(version.created_at),
            "account": self.account(status.author),
            "poll": None,
            "media_attachments": [self.media(media) for media in version.media],
            "emojis": [],
        }

    def planned(self, planned: Planned) -> Json:
        """docs: entities/ScheduledStatus."""
        draft = planned.draft
        media_ids = [media.id for media in draft.media]
        parameters: Json = {
            "text": draft.text,
            "poll": _planned_poll(draft.poll),
            "media_ids": media_ids or None,
            "sensitive": draft.sensitive,
            "spoiler_text": draft.spoiler_text,
            "visibility": draft.visibility.value,
            "in_reply_to_id": draft.in_reply_to.id if draft.in_reply_to else None,
            "language": draft.language,
            "application_id": 1,
            "scheduled_at": None,
            "idempotency": planned.idempotency,
            "with_rate_limit": False,
        }
        return {
            "id": planned.id,
            "scheduled_at": timestamp(planned.scheduled_at),
            "params": parameters,
            "media_attachments": [self.media(media) for media in draft.media],
        }

    def profile_url(self, account: Account) -> str:
        """Where a profile can be read; the sandbox also shows people from other servers."""
        return f"{self.url}/@{account.acct}"

    def status_url(self, status: Status) -> str:
        """Where a status can be read."""
        return f"{self.profile_url(status.author)}/{status.id}"

    def status_uri(self, status: Status) -> str:
        """The name by which servers know a status."""
        author = status.author
        tail = "/activity" if status.reblog_of else ""
        domain = author.domain or self._world.directory.domain
        return f"https://{domain}/users/{author.username}/statuses/{status.id}{tail}"

    def _html(self, text: str, author: Account) -> str:
        def profile(handle: Handle) -> str | None:
            account = self._world.directory.resolve(handle, author)
            return None if account is None else self.profile_url(account)

        return to_html(text, profile, self._tag_url)

    def _tag_url(self, tag: str) -> str:
        return f"https://{self._world.directory.domain}/tags/{tag}"


def _planned_poll(poll: Poll | None) -> Json | None:
    if poll is None:
        return None
    options: Sequence[str] = poll.options
    return {"options": list(options), "multiple": poll.multiple, "expires_at": timestamp(poll.expires_at)}


def _png_size(data: bytes) -> tuple[int, int] | None:
    """The width and height of a PNG; that is enough for `meta` in the demo and the tests."""
    if not data.startswith(b"\x89PNG\r\n\x1a\n") or len(data) < 24:
        return None
    width, height = struct.unpack(">II", data[16:24])
    return (width, height) if width and height else None
