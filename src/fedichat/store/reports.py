"""Which digests have been sent."""

from sqlalchemy import delete, select
from sqlalchemy.dialects.sqlite import insert as upsert

from fedichat.domain.reporting import Reported, ReportKind
from fedichat.store import schema
from fedichat.store.database import Transaction


def last_report(tx: Transaction, kind: ReportKind) -> Reported | None:
    """The last digest of a kind, if there was one."""
    row = tx.execute(select(schema.reports).where(schema.reports.c.kind == kind.value)).first()
    return Reported(row.day, row.until) if row else None


def keep_report(tx: Transaction, kind: ReportKind, reported: Reported) -> None:
    """That one is the last of its kind now."""
    values = {"day": reported.day, "until": reported.until}
    insertion = upsert(schema.reports).values(kind=kind.value, **values)
    tx.execute(insertion.on_conflict_do_update(index_elements=["kind"], set_=values))


def forget_report(tx: Transaction, kind: ReportKind) -> None:
    """That kind is not wanted any more: should it be wanted again, it begins anew."""
    tx.execute(delete(schema.reports).where(schema.reports.c.kind == kind.value))
