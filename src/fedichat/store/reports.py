"""Which digests have been sent."""

from sqlalchemy import delete, select

from fedichat.domain.reporting import Reported, ReportKind
from fedichat.store import schema
from fedichat.store.database import Transaction
from fedichat.store.engines.base import upsert


def last_report(tx: Transaction, kind: ReportKind) -> Reported | None:
    """The last digest of a kind, if there was one."""
    row = tx.execute(select(schema.reports).where(schema.reports.c.kind == kind.value)).first()
    return Reported(row.day, row.until) if row else None


def keep_report(tx: Transaction, kind: ReportKind, reported: Reported) -> None:
    """Keep that this is the last digest of its kind."""
    values = {"kind": kind.value, "day": reported.day, "until": reported.until}
    tx.execute(upsert(schema.reports, "kind"), values)


def forget_report(tx: Transaction, kind: ReportKind) -> None:
    """Forget that kind, which is no longer wanted: should it be wanted again, it starts over."""
    tx.execute(delete(schema.reports).where(schema.reports.c.kind == kind.value))
