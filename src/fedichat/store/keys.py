"""How far the encryption keys of our devices have come."""

from sqlalchemy import select

from fedichat.store import schema
from fedichat.store.database import Transaction
from fedichat.store.engines.base import greater, incoming, upsert


def key_steps(tx: Transaction, fingerprint: str) -> int:
    """The most steps that these keys are known to have made; 0 where nothing is known."""
    table = schema.key_steps
    steps: int | None = tx.execute(select(table.c.steps).where(table.c.fingerprint == fingerprint)).scalar()
    return steps or 0


def keep_key_steps(tx: Transaction, fingerprint: str, steps: int) -> None:
    """Keep how many steps these keys have made; fewer than are known change nothing."""
    table = schema.key_steps
    most = greater(table.c.steps, incoming(table).steps)
    tx.execute(upsert(table, "fingerprint", changes={"steps": most}), {"fingerprint": fingerprint, "steps": steps})
