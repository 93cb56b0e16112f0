"""What a decision yields."""

from dataclasses import dataclass

from fedichat.domain.effects import Effect
from fedichat.domain.history import Entry
from fedichat.domain.posts.post import Post
from fedichat.domain.tickets.ticket import Ticket


@dataclass(frozen=True, slots=True)
class Change:
    """The ticket and the post as they are now, what the history keeps, and what must follow."""

    ticket: Ticket | None = None
    post: Post | None = None
    entries: tuple[Entry, ...] = ()
    effects: tuple[Effect, ...] = ()
