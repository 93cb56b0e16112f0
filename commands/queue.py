"""`!queue`: what is open."""

from fedichat.chat.command import Call, Command, Option, Right
from fedichat.desk.tickets.lists import Wanted
from fedichat.domain.phrase import mark
from fedichat.render.lists import queue
from fedichat.render.parts import Rendered

SHOWN = 20


async def run(call: Call) -> Rendered:
    """The open tickets of this room: what is due first, of these the most urgent, of these the oldest."""
    label, department, now = call.options.get("label"), call.options.get("department"), call.desk.now()
    wanted = Wanted(
        label=label.removeprefix("#").casefold() if label else None,
        snoozed="snoozed" in call.options,
        overdue_at=now if "overdue" in call.options else None,
        department=call.desk.departments.escalations.department_named(department) if department else None,
        claimant=call.cause.actor if "mine" in call.options else None,
    )
    found = await call.desk.tickets.lists.queue(call.cause.place, SHOWN, wanted)
    return queue(found, wanted, now, call.setting)


COMMAND = Command(
    name="queue",
    names={"en": ("queue", "open"), "de": ("offen", "liste")},
    summary=mark("List the open tickets: what is due first comes first."),
    right=Right.READ,
    run=run,
    options=(
        Option("overdue", mark("only those that are overdue"), is_flag=True, names={"de": ("überfällig",)}),
        Option("department", mark("only those that this department is asked about"), names={"de": ("fachreferat",)}),
        Option("mine", mark("only your own"), is_flag=True, names={"de": ("meine",)}),
        Option("label", mark("only those with that label"), names={"de": ("schlagwort", "label")}),
        Option("snoozed", mark("only those that are snoozed"), is_flag=True, names={"de": ("zurückgestellt",)}),
    ),
    examples=(
        mark("queue"),
        mark("queue --overdue"),
        mark("queue --department krypto"),
        mark("queue --label tls"),
        mark("queue --snoozed"),
    ),
)
