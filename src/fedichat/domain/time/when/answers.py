"""What is said of phrases that name no moment: why, and what to write instead."""

from datetime import date

from fedichat.domain.time.when.said import Complaint
from fedichat.domain.time.when.values import Refused, Weekday
from fedichat.errors import Refusal

_SHOWN = 60


def shown(text: str) -> str:
    """The phrase as it is quoted: one line, not too long."""
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else line[:_SHOWN] + "…"


def not_understood(text: str) -> Refused:
    """The grammar does not have it."""
    refusal = Refusal(
        "I do not understand “{text}” as a time. Write it like “2 hours”, “tomorrow 9:00”, “friday 14:00”, "
        "“3.12. 14:00” or “2026-12-03 14:00”.",
        text=shown(text),
    )
    return Refused(refusal, is_understood=False)


def meant(text: str, near: str) -> Refused:
    """A letter is wrong, and what was meant is no single moment."""
    return Refused(Refusal("I do not understand “{text}”. Is “{near}” meant?", text=shown(text), near=near))


def past(text: str) -> Refused:
    """It is over."""
    return Refused(Refusal("“{text}” is past. Write when it will be, with the date if need be.", text=shown(text)))


def too_far(text: str) -> Refused:
    """Nobody plans that far."""
    return Refused(Refusal("“{text}” is more than three years away.", text=shown(text)))


def missing(text: str) -> Refused:
    """No such day, or no such time."""
    return Refused(Refusal("“{text}” does not exist: there is no such day or time.", text=shown(text)))


def skipped(text: str) -> Refused:
    """The hour that the clocks skip."""
    return Refused(
        Refusal("“{text}” does not exist: the clocks are put forward then. Say another time.", text=shown(text))
    )


def contradiction(text: str, day: date) -> Refused:
    """The weekday is not that date's."""
    refusal = Refusal(
        "“{text}” contradicts itself: {day} is a {weekday}. Which of the two is right?",
        text=shown(text),
        day=f"{day:%d.%m.%Y}",
        weekday=Weekday(day.weekday()),
    )
    return Refused(refusal)


def at_odds(text: str) -> Refused:
    """The time of day is not in that part of the day, or the days exclude each other."""
    return Refused(Refusal("“{text}” contradicts itself. Write it like “tomorrow 14:00”.", text=shown(text)))


def lacks_time(text: str) -> Refused:
    """A recurrence without a time of day."""
    return Refused(Refusal("“{text}” lacks the time of day. Add it, such as “9:00”.", text=shown(text)))


def lacks_weekday(text: str) -> Refused:
    """Weekly, monthly or yearly, and on which day?"""
    return Refused(
        Refusal(
            "“{text}” does not say on which day. Write it like “every monday 9:00” or "
            "“on the 1st of every month 9:00”.",
            text=shown(text),
        )
    )


def twelve_hours(text: str) -> Refused:
    """A recurrence at 3: in the night, or in the afternoon?"""
    return Refused(
        Refusal("“{text}” can be before or after noon. Write the time like “03:00” or “15:00”.", text=shown(text))
    )


def not_every_month(text: str) -> Refused:
    """The 31st of every month."""
    return Refused(
        Refusal(
            "Not every month has the day in “{text}”. Write “on the last day of the month”, or a day up to the 28th.",
            text=shown(text),
        )
    )


def never(text: str) -> Refused:
    """A recurrence that ends before it begins."""
    return Refused(Refusal("“{text}” ends before it begins.", text=shown(text)))


def complained(complaint: Complaint, text: str) -> Refused:
    """Words that make the phrase impossible, whatever else it says."""
    quoted = shown(text)
    match complaint:
        case Complaint.VAGUE:
            refusal = Refusal("“{text}” is too vague. Name a day and a time, such as “tomorrow 9:00”.", text=quoted)
        case Complaint.PAST:
            return past(text)
        case Complaint.MISSING:
            return missing(text)
        case Complaint.WORKING:
            refusal = Refusal(
                "“{text}” counts working time. By an office's calendar that is written with a figure, such as “2 "
                "working days”; else say a date.",
                text=quoted,
            )
        case Complaint.TOO_OFTEN:
            refusal = Refusal("“{text}” is more often than daily, which is not possible.", text=quoted)
        case Complaint.SATURDAYS:
            refusal = Refusal(
                "“{text}” may count Saturdays or not. Write “monday to friday” or “monday to saturday”.", text=quoted
            )
        case Complaint.WEEKDAYS:
            refusal = Refusal("“{text}” may mean five days or seven. Write “monday to friday” or “daily”.", text=quoted)
        case Complaint.NTH:
            refusal = Refusal(
                "“{text}” can be every so many weeks, or once a month. Write “every 3 weeks on monday” or "
                "“on the third monday of the month”.",
                text=quoted,
            )
    return Refused(refusal)


def vague(text: str) -> Refused:
    """A week, and which day of it?"""
    return complained(Complaint.VAGUE, text)


def several(text: str) -> Refusal:
    """Why somebody is asked."""
    return Refusal("“{text}” can be understood in several ways.", text=shown(text))


def twice(text: str) -> Refusal:
    """The hour that the clocks repeat."""
    return Refusal("“{text}” comes twice: the clocks are put back then.", text=shown(text))


def part_only(text: str) -> Refusal:
    """`tomorrow evening`."""
    return Refusal("“{text}” does not say at what time.", text=shown(text))


def which_week(text: str) -> Refusal:
    """`next tuesday`, said on a monday."""
    return Refusal("“{text}” can be this week's or next week's.", text=shown(text))


def from_what(text: str) -> Refusal:
    """`one hour`, of something that has a time already."""
    return Refusal("“{text}” can be counted from its own time or from now.", text=shown(text))


def zone_name(text: str) -> Refusal:
    """Standard time named where summer time holds."""
    return Refusal("“{text}” names a time that the clocks do not show on that day.", text=shown(text))


def unknown_zone(text: str, zone: str) -> Refused:
    """An abbreviation with several meanings, or none."""
    return Refused(
        Refusal(
            "I do not know the time zone “{zone}” in “{text}”. Leave it out, or write “UTC”.",
            text=shown(text),
            zone=zone.upper(),
        )
    )


def recurs_in_zone(text: str) -> Refused:
    """`every monday 10:00 UTC` would move on the office's clocks twice a year."""
    return Refused(
        Refusal("What recurs follows the office's clocks. Write “{text}” without a time zone.", text=shown(text))
    )


def either_date(text: str) -> Refused:
    """`until 3/12`."""
    return Refused(Refusal("The date in “{text}” can be read in two ways. Write it like 2026-12-03.", text=shown(text)))
