"""The sandbox's world: what people publish, who may see it, and who is notified."""

from collections.abc import Callable
from datetime import datetime, timedelta

from fedichat.sandbox.directory import Directory
from fedichat.sandbox.ids import IdFactory, IdStyle
from fedichat.sandbox.limits import Limits
from fedichat.sandbox.model import (
    Account,
    Draft,
    Media,
    NewMedia,
    Notification,
    NotificationType,
    Planned,
    Poll,
    Revision,
    Status,
    Visibility,
)
from fedichat.sandbox.text import handles

UNATTACHED_TIME = timedelta(days=1)
"""How long an uploaded file is kept while no status uses it."""

Listener = Callable[[Account, str, "Status | Notification | str"], None]


def commit_now(_row: Notification, commit: Callable[[], None]) -> None:
    """Make a new row visible at once."""
    commit()


class World:
    """All records, in memory. `clock` gives the time, as aware datetimes in UTC.

    A notification gets its id at once; `commit` decides when the row becomes visible. On a real server, rows
    do not always become visible in the order of their ids.
    """

    def __init__(
        self, clock: Callable[[], datetime], domain: str, limits: Limits, ids: IdStyle = IdStyle.SNOWFLAKE
    ) -> None:
        self.clock = clock
        self.directory = Directory(domain)
        self.limits = limits
        self.ids = IdFactory(ids)
        self.commit: Callable[[Notification, Callable[[], None]], None] = commit_now
        self.listeners: list[Listener] = []
        self.statuses: dict[str, Status] = {}
        self.media: dict[str, Media] = {}
        self.polls: dict[str, Poll] = {}
        self.planned: dict[str, Planned] = {}
        self.idempotency: dict[tuple[str, str], tuple[str, datetime]] = {}
        """Which record an account's idempotency key made, and when."""

    def follow(self, follower: Account, account: Account) -> None:
        """Follow at once; doing it again changes nothing."""
        if account not in follower.following:
            follower.following.add(account)
            account.followers.add(follower)
            self._notify(account, NotificationType.FOLLOW, follower, None)

    # Statuses

    def new_id(self) -> str:
        """An id for a new record."""
        return self.ids.text(self.ids.new_key(self.clock()))

    def publish(self, author: Account, draft: Draft) -> Status:
        """Publish a status, and notify the people it mentions."""
        status = self.compose(author, draft)
        for media in status.media:
            media.attached = True
        if status.in_reply_to is not None:
            status.in_reply_to.replies.append(status)
        self._record(status)
        for account in status.mentions:
            self._notify(account, NotificationType.MENTION, author, status)
        return status

    def compose(self, author: Account, draft: Draft) -> Status:
        """The status that would be published. It is not recorded, so nobody can see it. Raises ValueError."""
        parent = draft.in_reply_to
        if parent is not None and (parent.deleted or not parent.visible_to(author)):
            raise ValueError(f"{author.acct} cannot reply to status {parent.id}: deleted, or not visible to them")
        key = self.ids.new_key(self.clock())
        status = Status(
            self.ids.text(key),
            key,
            author,
            draft.text,
            draft.visibility,
            self.clock(),
            spoiler_text=draft.spoiler_text,
            sensitive=draft.sensitive,
            language=draft.language,
            application=draft.application,
            in_reply_to=parent,
            media=draft.media,
            poll=draft.poll,
        )
        status.mentions = self._mentioned(status)
        status.audience.update(status.mentions)
        return status

    def edit(
        self,
        status: Status,
        *,
        text: str,
        spoiler_text: str | None = None,
        sensitive: bool | None = None,
        language: str | None = None,
        media: tuple[Media, ...] | None = None,
    ) -> None:
        """Change a status, and notify the accounts that are newly mentioned and those that boosted it."""
        before = revision(status)
        after = Revision(
            text,
            status.spoiler_text if spoiler_text is None else spoiler_text,
            status.sensitive if sensitive is None else sensitive,
            self.clock(),
            status.media if media is None else media,
        )
        status.language = language or status.language
        if (after.text, after.spoiler_text, after.sensitive, after.media) == (
            before.text, before.spoiler_text, before.sensitive, before.media
        ):  # fmt: skip
            return
        status.revisions.append(before)
        status.text, status.spoiler_text, status.sensitive = after.text, after.spoiler_text, after.sensitive
        status.media, status.edited_at = after.media, after.created_at
        for file in after.media:
            file.attached = True
        status.mentions = self._mentioned(status)
        for account in status.mentions:
            if account not in status.audience:
                status.audience.add(account)
                self._notify(account, NotificationType.MENTION, status.author, status)
        for account in status.reblogs:
            self._notify(account, NotificationType.UPDATE, status.author, status)
        for account in self._followers(status) | status.participants():
            if status.visible_to(account):
                self._emit(account, "status.update", status)

    def delete(self, status: Status) -> None:
        """Delete a status and its boosts; notifications about it disappear."""
        if status.deleted:
            return
        status.deleted = True
        for boost in list(status.reblogs.values()):
            self.delete(boost)
        if status.reblog_of is not None:
            status.reblog_of.reblogs.pop(status.author, None)
            self._withdraw(NotificationType.REBLOG, status.author, status.reblog_of)
        for reply in status.replies:
            reply.in_reply_to = None
        if status.in_reply_to is not None:
            status.in_reply_to.replies.remove(status)
        self.statuses.pop(status.id, None)
        status.author.statuses.remove(status.key)
        for row in status.notifications:
            row.recipient.notifications.remove(row.key)
        for account in self._followers(status) | status.audience:
            self._emit(account, "delete", status.id)

    def reblog(self, account: Account, status: Status, visibility: Visibility | None = None) -> Status:
        """Boost a status; boosting it again returns the first boost. Raises ValueError if it may not be boosted."""
        own_private = status.visibility is Visibility.PRIVATE and status.author is account
        if status.visibility not in {Visibility.PUBLIC, Visibility.UNLISTED} and not own_private:
            raise ValueError("private and direct statuses cannot be boosted")
        if account in status.reblogs:
            return status.reblogs[account]
        key = self.ids.new_key(self.clock())
        shown = Visibility.PRIVATE if own_private else visibility or Visibility.PUBLIC
        boost = Status(self.ids.text(key), key, account, "", shown, self.clock(), reblog_of=status)
        status.reblogs[account] = boost
        self._record(boost)
        self._notify(status.author, NotificationType.REBLOG, account, status)
        return boost

    def favourite(self, account: Account, status: Status) -> None:
        """Favourite a status; doing it again changes nothing."""
        if account not in status.favourited_by:
            status.favourited_by[account] = None
            self._notify(status.author, NotificationType.FAVOURITE, account, status)

    def unfavourite(self, account: Account, status: Status) -> None:
        """Take a favourite back, and the notification about it."""
        if account not in status.favourited_by:
            return
        del status.favourited_by[account]
        self._withdraw(NotificationType.FAVOURITE, account, status)

    # What statuses carry

    def add_media(self, owner: Account, file: NewMedia, polls: int = 0) -> Media:
        """Store a file."""
        media = Media(self.new_id(), owner, file.data, file.content_type, file.description, self.clock(), polls)
        self.media[media.id] = media
        return media

    def find_media(self, media_id: str) -> Media | None:
        """That file. One that no status has used within a day is deleted, as by Mastodon's vacuum."""
        media = self.media.get(media_id)
        if media is not None and not media.attached and self.clock() - media.uploaded_at >= UNATTACHED_TIME:
            del self.media[media_id]
            return None
        return media

    def new_poll(self, options: list[str], expires_in: timedelta, *, multiple: bool = False) -> Poll:
        """A poll that ends after a time."""
        poll = Poll(self.new_id(), options, self.clock() + expires_in, multiple, [0] * len(options))
        self.polls[poll.id] = poll
        return poll

    def publish_due(self) -> None:
        """Publish the scheduled statuses whose time has come, under new ids."""
        now = self.clock()
        due = sorted((it for it in self.planned.values() if it.scheduled_at <= now), key=lambda it: it.scheduled_at)
        for planned in due:
            del self.planned[planned.id]
            parent = planned.draft.in_reply_to
            if parent is None or (not parent.deleted and parent.visible_to(planned.owner)):
                self.publish(planned.owner, planned.draft)

    # Inside

    def _mentioned(self, status: Status) -> list[Account]:
        found = (self.directory.resolve(handle, status.author) for handle in handles(status.text))
        return list(dict.fromkeys(account for account in found if account is not None))

    def _record(self, status: Status) -> None:
        self.statuses[status.id] = status
        status.author.statuses.add(status.key, status)
        for account in self._followers(status):
            if status.visible_to(account):
                self._emit(account, "update", status)

    @staticmethod
    def _followers(status: Status) -> set[Account]:
        return {status.author, *status.author.followers}

    def _notify(self, recipient: Account, why: NotificationType, account: Account, status: Status | None) -> None:
        if recipient is account:
            return
        # docs: entities/NotificationPolicy: what is dropped is never made.
        if recipient.policy["for_not_following"] == "drop" and account not in recipient.following:
            return
        key = self.ids.new_key(self.clock())
        row = Notification(self.ids.text(key), key, why, recipient, account, self.clock(), status)
        row.filtered = account in recipient.filters
        if status is not None:
            status.notifications.append(row)

        def commit() -> None:
            if status is not None and status.deleted:
                return
            recipient.notify(row)
            if not row.filtered:
                self._emit(recipient, "notification", row)

        self.commit(row, commit)

    @staticmethod
    def _withdraw(why: NotificationType, account: Account, status: Status) -> None:
        for row in status.notifications:
            if row.type is why and row.account is account:
                row.recipient.notifications.remove(row.key)

    def _emit(self, account: Account, event: str, payload: Status | Notification | str) -> None:
        for listener in self.listeners:
            listener(account, event, payload)


def revision(status: Status) -> Revision:
    """What a status says now."""
    since = status.edited_at or status.created_at
    return Revision(status.text, status.spoiler_text, status.sensitive, since, status.media)
