"""How far the encryption keys of our devices have come."""

from sqlalchemy import func, select
from sqlalchemy.dialects.sqlite import insert as upsert

from fedichat.store import schema
from fedichat.store.database import Transaction


def key_steps(tx: Transaction, fingerprint: str) -> int:
    """The most steps that these keys are known to have made; 0 where nothing is known."""
    table = schema.key_steps
    steps: int | None = tx.execute(select(table.c.steps).where(table.c.fingerprint == fingerprint)).scalar()
    return steps or 0


def keep_key_steps(tx: Transaction, fingerprint: str, steps: int) -> None:
    """They have made so many; fewer than are known change nothing."""
    table = schema.key_steps
    insertion = upsert(table).values(fingerprint=fingerprint, steps=steps)
    most = func.max(table.c.steps, insertion.excluded.steps)
    tx.execute(insertion.on_conflict_do_update(["fingerprint"], set_={"steps": most}))
