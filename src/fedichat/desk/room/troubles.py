"""What does not work at the servers, and that people hear of it: once for an account, once for each post that waits.

An account's server is asked for mentions all the time: as long as that works, it is there and takes the token. What is
wrong with one post only, its own thread hears.
"""

import logging
from dataclasses import replace
from datetime import datetime, timedelta

from fedichat.desk.duty.roster import on_duty
from fedichat.desk.office import LATE, Service, keep, timed, write
from fedichat.desk.settings import Settings
from fedichat.domain.change import Change, entry_of, preview, told_about
from fedichat.domain.effects import Publish, Tell
from fedichat.domain.history import Step
from fedichat.domain.names import SUPERVISORS, Place, PostId, UserId, team_place
from fedichat.domain.phrase import Field, Marked, Phrase, mark
from fedichat.domain.posts.post import Post, PostKind, PostState
from fedichat.domain.time.timer import Timer, TimerKind
from fedichat.store import entries, outbox, posts, timers, troubles
from fedichat.store.database import Transaction
from fedichat.store.troubles import Trouble

log = logging.getLogger(__name__)

AWAY_FOR = timedelta(minutes=5)
"""How long a server does not answer before a room hears of it; that it refuses the token is said at once."""

QUIET = timedelta(minutes=30)
"""What comes and goes is not said more often than that."""

_AFTER_A_START = timedelta(minutes=1)
"""What was wrong before a start is tried first, and said only if it is still wrong."""

ACCESS, AWAY = "access", "away"


class Troubles(Service):
    """Keeps since when something does not work, and says so."""

    @write
    def not_answering(
        self, tx: Transaction, account: str, reason: Phrase, since: datetime, *, is_refused: bool
    ) -> None:
        """Mentions of that account cannot be asked for. `is_refused`: its access token is."""
        known = troubles.find_trouble(tx, _subject(account))
        begun = known.since if known is not None and known.since is not None else since
        told, told_at = (known.told, known.told_at) if known is not None else ("", None)
        kind = ACCESS if is_refused else AWAY
        trouble = Trouble(_subject(account), begun, kind, reason, told, told_at)
        troubles.keep_trouble(tx, trouble)
        _say_in_time(tx, self.settings, account, trouble, self.clock.now())

    @write
    def answering(self, tx: Transaction, account: str) -> None:
        """Mentions of that account were asked for, and came."""
        known = troubles.find_trouble(tx, _subject(account))
        if known is None or known.since is None:
            return
        timers.clear_timer(tx, Timer(TimerKind.TROUBLE, account))
        troubles.keep_trouble(tx, replace(known, since=None))
        if not _was_said(known):
            return
        message = mark(
            "✔ Account {account}: its server answers again. It did not from {since} to {until}; what was written "
            "meanwhile comes in now, and what waited goes out."
        )
        moments = {"since": known.since, "until": self.clock.now()}
        told = Tell(_place_for(self.settings, account), message, {"account": account}, moments=moments)
        outbox.add_effects(tx, [told])
        log.info("trouble-over account=%s kind=%s", account, known.kind)

    @write
    def delayed(self, tx: Transaction, effect: Publish, reason: Phrase) -> None:
        """A try to carry a post out has failed for now. Of a warning that is said at once, else after a moment."""
        post = posts.find_post(tx, effect.post)
        if post is None or not _is_on_its_way(post) or was_told(tx, post):
            return
        now = self.clock.now()
        if post.kind is PostKind.CRISIS or now - effect.not_before >= LATE:
            _say_late(tx, self.settings, post, reason, now)
        else:
            troubles.keep_trouble(tx, Trouble(_subject_of(post.id), now, "", reason))

    def set_up(self, tx: Transaction, now: datetime) -> None:
        """After a start, what does not work is tried once more before it is said."""
        for kind in (TimerKind.TROUBLE, TimerKind.LATE):
            timers.put_off(tx, kind, now, now + _AFTER_A_START)

    @timed
    def fired(self, tx: Transaction, timer: Timer, now: datetime) -> None:
        """Time to say that something does not work, if it still does not."""
        if timer.kind is TimerKind.LATE:
            _look_at_late(tx, self.settings, timer, now)
            return
        account = timer.key
        trouble = troubles.find_trouble(tx, _subject(account))
        if trouble is not None and trouble.since is not None and account in self.settings.accounts:
            _say_in_time(tx, self.settings, account, trouble, now)


def _look_at_late(tx: Transaction, settings: Settings, timer: Timer, now: datetime) -> None:
    number = PostId(timer.number)
    post = posts.find_post(tx, number)
    if post is None or post.publish_after is None or not _is_on_its_way(post):
        troubles.forget_trouble(tx, _subject_of(number))
        return
    if was_told(tx, post):
        outbox.add_effects(tx, [preview(post)])
        return
    known = [troubles.find_trouble(tx, subject) for subject in (_subject_of(number), _subject(post.account))]
    reason = next((one.reason for one in known if one is not None and one.since is not None), None)
    if reason is None and now < post.publish_after + 2 * LATE:
        # It may be its turn just now.
        timers.set_timer(tx, timer, max(now, post.publish_after + LATE) + LATE)
        return
    _say_late(tx, settings, post, reason or Phrase(mark("no answer has come so far")), now)


def _say_in_time(tx: Transaction, settings: Settings, account: str, trouble: Trouble, now: datetime) -> None:
    if trouble.since is None or _was_said(trouble):
        return
    at = trouble.since if trouble.kind == ACCESS else trouble.since + AWAY_FOR
    if trouble.told == trouble.kind and trouble.told_at is not None:
        at = max(at, trouble.told_at + QUIET)
    if now < at:
        timers.set_timer(tx, Timer(TimerKind.TROUBLE, account), at)
        return
    message = mark(
        "⚠️ Account {account}, since {moment}: {reason}. No mentions come in and nothing goes out until it answers "
        "again. It is tried all the time; nothing is lost."
    )
    if trouble.kind == ACCESS:
        message = mark(
            "⚠️ Account {account}, since {moment}: {reason}. No mentions come in and nothing goes out; what is "
            "confirmed waits. Whoever runs fedichat must give it a new token."
        )
    officer = on_duty(tx, settings, now)
    fields: dict[str, Field] = {"account": account, "reason": trouble.reason}
    meant = (officer,) if officer is not None else ()
    told = Tell(_place_for(settings, account), message, fields, meant=meant, moments={"moment": trouble.since})
    outbox.add_effects(tx, [told])
    troubles.keep_trouble(tx, replace(trouble, told=trouble.kind, told_at=now))
    timers.clear_timer(tx, Timer(TimerKind.TROUBLE, account))
    log.warning("trouble-told account=%s kind=%s", account, trouble.kind)


def _say_late(tx: Transaction, settings: Settings, post: Post, reason: Phrase, now: datetime) -> None:
    """In the post's thread, once; its preview does not go on saying when it goes out."""
    until = (post.due_at or post.publish_after or now) + settings.grace
    people: tuple[UserId | None, ...] = ()
    if post.kind is PostKind.CRISIS:
        people = (post.author, post.confirmed_by, on_duty(tx, settings, now))
    meant = tuple(dict.fromkeys(user for user in people if user is not None))
    told = told_about(post, _late_words(post), meant=meant, moments={"moment": until}, reason=reason)
    entries = (entry_of(post, Step.DELAYED, None, now, said=reason),)
    keep(tx, Change(entries=entries, effects=(told, preview(post))))
    troubles.forget_trouble(tx, _subject_of(post.id))
    log.warning("post-late post=%d state=%s", post.id, post.state)


def _late_words(post: Post) -> Marked:
    if post.says_something and post.state is PostState.PUBLISHING:
        return mark(
            "It is not known yet whether P{post} is out: {reason}. It is looked for, and never published twice."
        )
    if not post.says_something:
        return mark("P{post} could not be carried out yet: {reason}. It is tried again and again.")
    if post.kind is PostKind.CRISIS:
        return mark("P{post} could not be published yet: {reason}. It is tried again and again.")
    if post.kind is PostKind.PLANNED:
        return mark(
            "P{post} could not be published at its time yet: {reason}. It is tried again until {moment}; "
            "`{prefix}withdraw P{post}` takes it back."
        )
    return mark("P{post} is not out yet: {reason}. It is tried again and again; ❌ on its preview takes it back.")


def was_told(tx: Transaction, post: Post) -> bool:
    """Whether the room knows of the trouble, since the post was confirmed last."""
    steps = [entry.step for entry in entries.history_of_post(tx, post.id)]
    since = steps[::-1].index(Step.CONFIRMED) if Step.CONFIRMED in steps else len(steps)
    return Step.DELAYED in steps[len(steps) - since :]


def waits_since(tx: Transaction, post: Post, now: datetime) -> datetime | None:
    """Since when a post waits for the server, if its thread has heard so."""
    moment = post.publish_after
    if moment is None or not _is_on_its_way(post) or now < moment:
        return None
    return moment if was_told(tx, post) else None


def _is_on_its_way(post: Post) -> bool:
    return post.state in (PostState.CONFIRMED, PostState.PUBLISHING)


def _was_said(trouble: Trouble) -> bool:
    """Whether a room has heard of it since it began; that the token is refused says more than that nobody answers."""
    is_of_now = trouble.told_at is not None and trouble.since is not None and trouble.told_at >= trouble.since
    return is_of_now and trouble.told in (trouble.kind, ACCESS)


def _place_for(settings: Settings, account: str) -> Place:
    return SUPERVISORS if settings.has_supervisors else team_place(account)


def _subject(account: str) -> str:
    return f"account {account}"


def _subject_of(number: PostId) -> str:
    return f"post {number}"
