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
    """That one is the last of its kind now."""
    values = {"kind": kind.value, "day": reported.day, "until": reported.until}
    tx.execute(upsert(schema.reports, "kind"), values)


def forget_report(tx: Transaction, kind: ReportKind) -> None:
    """That kind is not wanted any more: should it be wanted again, it begins anew."""
    tx.execute(delete(schema.reports).where(schema.reports.c.kind == kind.value))
