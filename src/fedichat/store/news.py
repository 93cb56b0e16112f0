"""What a transaction leaves for others to do: it is known when it commits, so that nobody has to look for it."""

from dataclasses import dataclass, field
from datetime import datetime

from fedichat.store.database import Transaction

_KEY = "news"


@dataclass(slots=True)
class News:
    """`lanes` have something new in them; `is_later`: something is to be carried out at a later moment.

    `look_at` is the earliest moment at which a timer may fire that was not set before, or not for then.
    """

    lanes: set[str] = field(default_factory=set[str])
    is_later: bool = False
    look_at: datetime | None = None

    def has_moment(self, moment: datetime | None) -> None:
        """A timer, or the clock of a promise, is set to that moment."""
        if moment is not None and (self.look_at is None or moment < self.look_at):
            self.look_at = moment


def begun(tx: Transaction) -> News:
    """The news of a transaction that begins."""
    news = tx.info[_KEY] = News()
    return news


def ended(tx: Transaction) -> None:
    """The transaction is over, and its news belongs to whoever began it."""
    tx.info.pop(_KEY, None)


def news_of(tx: Transaction) -> News:
    """The news of the transaction so far."""
    found: News | None = tx.info.get(_KEY)
    return found if found is not None else begun(tx)
