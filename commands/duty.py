"""`!duty`: who has it, and what changes that."""

from collections.abc import Mapping
from datetime import date

from fedichat.chat.command import Call, Command, Right, Shown, Takes, Tap
from fedichat.chat.whom_and_when import people_and_days, person_and_days
from fedichat.desk.posts.drafting import CONFIRM
from fedichat.domain.names import UserId, localpart
from fedichat.domain.phrase import mark
from fedichat.domain.time.days import Days
from fedichat.errors import FarEndError, Refusal
from fedichat.render.duty import roster
from fedichat.render.parts import Rendered


async def run(call: Call) -> Rendered:
    """Who has the duty, until when, and who comes next."""
    return roster(await call.desk.duty.roster.roster(call.cause.place), call.setting)


async def acknowledge(call: Call) -> None:
    """Whoever has the duty now says so under the message that told them."""
    await call.desk.duty.handovers.acknowledge(call.cause, call.shown)


async def swap(call: Call) -> None:
    """Swap two turns: one's own and a colleague's, or two colleagues'."""
    people, days = people_and_days(call.text, await _people(call), _today(call))
    one, other = people if len(people) > 1 else [call.cause.actor, *people]
    _must_be_own(call, one)
    await call.desk.duty.roster.swap_duty(call.cause, one, other, days)


async def absent(call: Call) -> None:
    """Somebody is away; others have their turns meanwhile."""
    person, days = person_and_days(call.text, await _people(call), _today(call))
    _must_be_own(call, person)
    if days is None:
        raise Refusal("From when to when? For example: `{prefix}duty absent @ben 21.12.–2.1.`")
    await call.desk.duty.roster.away(call.cause, person or call.cause.actor, days)


async def present(call: Call) -> None:
    """Somebody is back after all, from today or from a given day."""
    person, days = person_and_days(call.text, await _people(call), _today(call))
    _must_be_own(call, person)
    await call.desk.duty.roster.present(
        call.cause, person or call.cause.actor, days or Days(_today(call), _today(call))
    )


async def _people(call: Call) -> Mapping[UserId, str]:
    """The people of the rotation and those in the team's rooms, with their display names."""
    people: dict[UserId, str] = {user: localpart(user) for user in call.desk.duty.roster.duty_people}
    try:
        for place in call.desk.duty.roster.duty_rooms:
            people |= await call.people(place)
    except FarEndError:
        raise Refusal("I cannot find out just now who is in the room. Please try again in a moment.") from None
    return people


def _today(call: Call) -> date:
    return call.desk.now().astimezone(call.setting.zone).date()


def _must_be_own(call: Call, person: UserId | None) -> None:
    if person not in (None, call.cause.actor) and not call.holds(Right.ROSTER):
        raise Refusal(
            "A colleague's duty is changed by the supervisors in their room, or by people whom the configuration "
            "allows to. You can change your own: `{prefix}duty absent 21.12.–2.1.`"
        )


SWAP = Command(
    name="duty swap",
    names={"en": ("duty swap",), "de": ("dienst tausch", "dienst tauschen")},
    summary=mark(
        "Swap turns with a colleague: the next one of each, or those that hold the days given, yours first. "
        "Supervisors swap those of two people."
    ),
    right=Right.TRIAGE,
    run=swap,
    text=Takes.MUST,
    text_name=mark("person"),
    examples=(mark("duty swap @ben"), mark("duty swap @ben 7.12. 14.12."), mark("duty swap @ana @ben")),
)
ABSENT = Command(
    name="duty absent",
    names={"en": ("duty absent",), "de": ("dienst abwesend",)},
    summary=mark(
        "Say that you are away; your turns go to the next in the rotation. Supervisors can say it for others, too."
    ),
    right=Right.TRIAGE,
    run=absent,
    text=Takes.MUST,
    text_name=mark("days"),
    examples=(mark("duty absent 21.12.–2.1."), mark("duty absent @ben 21.12.–2.1."), mark("duty absent today")),
)
PRESENT = Command(
    name="duty present",
    names={"en": ("duty present",), "de": ("dienst anwesend",)},
    summary=mark("Say that you are back after all, from today or from a given day."),
    right=Right.TRIAGE,
    run=present,
    text=Takes.MAY,
    text_name=mark("day"),
    examples=(mark("duty present"), mark("duty present 28.12."), mark("duty present @ben")),
)
COMMAND = Command(
    name="duty",
    names={"en": ("duty",), "de": ("dienst",)},
    summary=mark("Show who is on duty, until when, who is next, and who is away."),
    right=Right.READ,
    run=run,
    examples=(mark("duty"),),
    taps=(Tap(Shown.HANDOVER, CONFIRM, acknowledge),),
    parts=(SWAP, ABSENT, PRESENT),
)
