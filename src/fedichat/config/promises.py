"""What the office promises, and the hours in which it works."""

from datetime import date, time
from typing import Annotated, Self

from pydantic import Field, model_validator

from fedichat.config.section import Section
from fedichat.config.types import HolidaysCode, Keyword, OneOrMore, Percent, ShortName, Spans, WorkDuration
from fedichat.domain.tickets.mention import Visibility
from fedichat.domain.tickets.ticket import Priority
from fedichat.domain.time.calendar import Span
from fedichat.domain.time.sla import Policy


class SlaPolicy(Section):
    """What is promised for the tickets that meet every condition. Whatever is left out is as in `sla`."""

    account: Annotated[frozenset[ShortName], OneOrMore] = frozenset()
    priority: Annotated[frozenset[Priority], OneOrMore] = frozenset()
    label: Annotated[frozenset[Keyword], OneOrMore] = frozenset()
    visibility: Annotated[frozenset[Visibility], OneOrMore] = frozenset()
    first_response: WorkDuration | None = None
    resolution: WorkDuration | None = None
    interim_extends: WorkDuration | None = None
    remind_at: tuple[Percent, ...] | None = None
    offer_interim_at: Percent | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not (self.account or self.priority or self.label or self.visibility):
            raise ValueError(
                "needs account, priority, label or visibility: what applies to every ticket belongs in sla itself"
            )
        return self._ascending()

    def _ascending(self) -> Self:
        if list(self.remind_at or ()) != sorted(set(self.remind_at or ())):
            raise ValueError("remind_at must ascend, such as [50%, 80%]")
        return self


class Sla(Section):
    """What the office promises. `remind_at` are percents of the time, ascending."""

    first_response: WorkDuration = Field(examples=["2 working days"])
    resolution: WorkDuration | None = None
    interim_extends: WorkDuration | None = None
    remind_at: tuple[Percent, ...] = (50, 80)
    offer_interim_at: Percent = 90
    forgotten_after: WorkDuration | None = None
    policies: tuple[SlaPolicy, ...] = ()

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        if list(self.remind_at) != sorted(set(self.remind_at)):
            raise ValueError("remind_at must ascend, such as [50%, 80%]")
        return self

    def all_policies(self) -> tuple[Policy, ...]:
        """In the order in which they are tried; the last one applies to every ticket."""
        return (*map(self._policy, self.policies), self._policy(None))

    def _policy(self, one: SlaPolicy | None) -> Policy:
        return Policy(
            first_response=(one and one.first_response) or self.first_response,
            resolution=(one and one.resolution) or self.resolution,
            interim_extends=(one and one.interim_extends) or self.interim_extends,
            remind_at=self.remind_at if one is None or one.remind_at is None else one.remind_at,
            offer_interim_at=(one and one.offer_interim_at) or self.offer_interim_at,
            accounts=one.account if one else frozenset(),
            priorities=one.priority if one else frozenset(),
            labels=one.label if one else frozenset(),
            visibilities=one.visibility if one else frozenset(),
        )


class WorkingHours(Section):
    """When the office is open, in its zone; on a day that is left out it is closed."""

    mon: Spans = ()
    tue: Spans = ()
    wed: Spans = ()
    thu: Spans = ()
    fri: Spans = ()
    sat: Spans = ()
    sun: Spans = ()
    holidays: HolidaysCode | None = None
    days_off: frozenset[date] = frozenset()
    half_days: dict[date, Spans] = Field(default={})
    """Days with their own hours, whatever hours they would have otherwise."""

    @model_validator(mode="after")
    def _opens(self) -> Self:
        if not any(self.week):
            raise ValueError("needs hours on at least one day of the week, such as mon: “08:00-16:30”")
        if both := sorted(self.days_off & set(self.half_days)):
            raise ValueError(f"{both[0]} is in both days_off and half_days; keep one of them")
        return self

    @property
    def week(self) -> tuple[Spans, ...]:
        """Monday to Sunday."""
        return (self.mon, self.tue, self.wed, self.thu, self.fri, self.sat, self.sun)


_NINE_TO_FIVE = (Span(time(9), time(17)),)
USUAL_HOURS = WorkingHours(
    mon=_NINE_TO_FIVE, tue=_NINE_TO_FIVE, wed=_NINE_TO_FIVE, thu=_NINE_TO_FIVE, fri=_NINE_TO_FIVE
)
"""The hours if none are configured."""
