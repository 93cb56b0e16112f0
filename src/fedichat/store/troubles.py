"""What does not work at the servers, and what was learned from it."""

from dataclasses import dataclass
from datetime import datetime

from pydantic import TypeAdapter
from sqlalchemy import delete, select

from fedichat.domain.phrase import Phrase
from fedichat.store import schema
from fedichat.store.database import Transaction
from fedichat.store.engines.base import insert_new, upsert

_REASON = TypeAdapter(Phrase)


@dataclass(frozen=True, slots=True)
class Trouble:
    """What does not work, since when, and why, in the middle of a sentence.

    `since` is None when it is over. `told` is the kind of which a room has heard, if it has, and `told_at` when it did
    last.
    """

    subject: str
    since: datetime | None
    kind: str
    reason: Phrase
    told: str = ""
    told_at: datetime | None = None


def find_trouble(tx: Transaction, subject: str) -> Trouble | None:
    """What is known of that, also when it is over."""
    row = tx.execute(select(schema.troubles).where(schema.troubles.c.subject == subject)).first()
    if row is None:
        return None
    return Trouble(row.subject, row.since, row.kind, _REASON.validate_python(row.reason), row.told, row.told_at)


def keep_trouble(tx: Transaction, trouble: Trouble) -> None:
    """Keep the trouble as it is now."""
    values = {name: getattr(trouble, name) for name in ("subject", "since", "kind", "told", "told_at")}
    values["reason"] = _REASON.dump_python(trouble.reason, mode="json")
    tx.execute(upsert(schema.troubles, "subject"), values)


def forget_trouble(tx: Transaction, subject: str) -> None:
    """Forget all about that subject."""
    tx.execute(delete(schema.troubles).where(schema.troubles.c.subject == subject))


def counts_in_full(tx: Transaction, instance: str) -> bool:
    """Whether that instance was seen to count addresses in full."""
    table = schema.counting_in_full
    return tx.execute(select(table.c.at).where(table.c.instance == instance)).first() is not None


def keep_counting_in_full(tx: Transaction, instance: str, at: datetime) -> None:
    """Keep that this instance was seen to do so."""
    tx.execute(insert_new(schema.counting_in_full), {"instance": instance, "at": at})
