"""`!digest`: how things stand, now and not only in the morning."""

from fedichat.chat.command import Call, Command, Right, Takes
from fedichat.domain.phrase import mark
from fedichat.domain.time.period import parse_period


async def run(call: Call) -> None:
    """The digest of a period with its picture; without a period, today's once more."""
    desk = call.desk
    period = parse_period(call.text, desk.reports.today()) if call.text.strip() else desk.reports.usual_period()
    await desk.reports.ask_for_digest(call.cause, period)


COMMAND = Command(
    name="digest",
    names={"en": ("digest",), "de": ("tagesbericht", "bericht")},
    summary=mark(
        "Show the digest: of a period, or else of the last working day. With what is overdue, held up or has failed, "
        "and a picture of the last 14 working days."
    ),
    right=Right.REPORT,
    run=run,
    text=Takes.MAY,
    text_name=mark("period"),
    examples=(mark("digest"), mark("digest last week")),
)
