"""A post whose moment has come while something that was said before is not heard yet."""

from datetime import datetime

from fedichat.desk.office import Service, keep, read, write
from fedichat.desk.room.troubles import was_told
from fedichat.domain.change import Change, entry_of, told_about
from fedichat.domain.effects import Publish
from fedichat.domain.history import Step
from fedichat.domain.phrase import mark
from fedichat.domain.posts import planning
from fedichat.domain.posts.post import Post, PostKind, PostState
from fedichat.store import entries, posts
from fedichat.store.database import Transaction


class Unheard(Service):
    """What becomes of posts that wait for our ears."""

    @read
    def is_to_wait(self, tx: Transaction, effect: Publish, *, without_ears: bool) -> bool:
        """Whether the post goes on waiting for what was said before its moment.

        `without_ears`: the homeserver has not answered for so long that answers and warnings go out. What is planned
        waits for as long as it may be late. Of a thread that is partly out, the rest does not wait without ears.
        """
        post = posts.find_post(tx, effect.post)
        if post is None or post.state not in (PostState.CONFIRMED, PostState.PUBLISHING):
            return False
        if post.kind is PostKind.PLANNED and not post.out:
            return not planning.is_over(post, self.clock.now(), self.settings.grace)
        return not without_ears

    @write
    def tell_that_it_waits(self, tx: Transaction, effect: Publish) -> None:
        """Something said here is being dealt with, and takes long: the room hears once why the post waits for it."""
        post = posts.find_post(tx, effect.post)
        if post is None or post.state is not PostState.CONFIRMED or was_told(tx, post):
            return
        message = mark("P{post} waits: something that was said before its time is still being read. Then it goes out.")
        waits = entry_of(post, Step.DELAYED, None, self.clock.now())
        keep(tx, Change(entries=(waits,), effects=(told_about(post, message),)))


def go_unheard(tx: Transaction, post: Post, now: datetime) -> None:
    """Keep, and tell the room once for each confirmation, that a post goes out although the room could not be heard."""
    steps = [entry.step for entry in entries.history_of_post(tx, post.id)]
    newest_first = steps[::-1]
    since = newest_first.index(Step.CONFIRMED) if Step.CONFIRMED in steps else len(steps)
    if Step.UNHEARD in newest_first[:since]:
        return
    message = mark(
        "P{post} went on its way {moment} unheard: the Matrix server had not answered for a minute. A ❌ or an edit "
        "from that minute came too late."
    )
    told = told_about(post, message, meant=(post.confirmed_by or post.author,), moments={"moment": now})
    keep(tx, Change(entries=(entry_of(post, Step.UNHEARD, None, now),), effects=(told,)))
