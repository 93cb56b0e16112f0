"""What was heard in rooms: events that have had their outcome, reactions, and how far we have listened."""

from fedichat.desk.office import Service, read, write
from fedichat.domain.cause import Cause
from fedichat.domain.names import EventId, UserId
from fedichat.store import inbox
from fedichat.store.database import Transaction
from fedichat.store.inbox import Reaction as Reaction


class Heard(Service):
    """What was heard: events that have had their outcome, reactions, and the sync token."""

    @read
    def was_handled(self, tx: Transaction, event: EventId) -> bool:
        """Whether a chat event had its outcome already."""
        return inbox.was_seen(tx, event)

    @write
    def keep_reaction(self, tx: Transaction, cause: Cause, target: EventId, key: str) -> None:
        """Keep somebody's reaction, so that taking it back can be understood."""
        inbox.keep_reaction(tx, Reaction(cause.event, target, cause.actor, key), cause.at)

    @read
    def find_reaction(self, tx: Transaction, event: EventId) -> Reaction | None:
        """A reaction that was kept."""
        return inbox.find_reaction(tx, event)

    @read
    def sync_token(self, tx: Transaction, user: UserId) -> str | None:
        """Up to where the rooms have been heard."""
        return inbox.sync_token(tx, user)

    @write
    def keep_sync_token(self, tx: Transaction, user: UserId, token: str) -> None:
        """The rooms have been heard up to here, and everything before has its outcome."""
        inbox.keep_sync_token(tx, user, token)
