"""`!snooze`: not now."""

from fedichat.chat.command import Call, Command, Right, Shown, Takes, Tap, folded
from fedichat.chat.moments import MORNING, moment
from fedichat.domain.phrase import mark
from fedichat.domain.time.when import Refused, read_when

_OFF = {"off", "aus"}
_UNTIL_MORNING = "tomorrow"


async def run(call: Call) -> None:
    """Take the ticket out of the queue until then, or put it back."""
    if folded(call.text) in _OFF:
        await call.desk.tickets.sorting.wake(call.cause, call.ticket)
        return
    until = await moment(call, _moment(call), lambda at: f"snooze #{call.ticket} {at}", day_at=MORNING)
    if until is not None:
        await call.desk.tickets.sorting.snooze(call.cause, call.ticket, until)


def _moment(call: Call) -> str:
    """`!snooze 2 hours` in the thread of #2: the 2 was taken for the ticket."""
    with_number = f"{call.ticket} {call.text}"
    if call.here == call.ticket:
        read = read_when(with_number, call.desk.now(), call.setting.zone, call.t.code)
        if not isinstance(read, Refused) or read.is_understood:
            return with_number
    return call.text or _UNTIL_MORNING


COMMAND = Command(
    name="snooze",
    names={"en": ("snooze",), "de": ("zurückstellen",)},
    summary=mark(
        "Take a ticket out of the queue until a given moment; without one, until 9:00 tomorrow, as a 🔔 on the card "
        "does. With “off” it is back at once."
    ),
    right=Right.TRIAGE,
    run=run,
    ticket=Takes.MUST,
    text=Takes.MAY,
    text_name=mark("moment"),
    number_in_text=True,
    taps=(Tap(Shown.CARD, "🔔"),),
    examples=(
        mark("snooze 42 2 hours"),
        mark("snooze 42 tomorrow"),
        mark("snooze 42 3.12. 14:00"),
        mark("snooze 42 off"),
    ),
)
