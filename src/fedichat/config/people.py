"""The people of the office: departments, supervisors, who is on duty, and who may do what."""

from datetime import date

from pydantic import Field

from fedichat.config.section import AnyRoomRef, Section
from fedichat.config.types import (
    CommandName,
    ConfigRelativePath,
    HandoverMoment,
    Keyword,
    ShownText,
    UserId,
    WorkDuration,
)


class Department(Section):
    """Experts whom the team can ask."""

    room: AnyRoomRef = Field(examples=["“#krypto:example.org”"])
    name: ShownText = Field(examples=["Referat Kryptografie"])
    keywords: tuple[Keyword, ...] = ()
    answer_within: WorkDuration | None = None


class Supervisors(Section):
    """Those who read the digest and may freeze all posts."""

    room: AnyRoomRef = Field(examples=["“#leitung:example.org”"])


class Duty(Section):
    """Who is on duty, week by week, in this order."""

    rotation: tuple[UserId, ...] = Field(min_length=1, examples=["[“@ana:example.org”, “@ben:example.org”]"])
    handover: HandoverMoment = Field(default="mon 09:00", validate_default=True)
    since: date | None = None
    """A day in the first person's week; without it, weeks are counted from Monday, 1 January 2024."""
    ics: ConfigRelativePath | None = None
    """A calendar file with shifts, which replace the rotation; absolute."""


class User(Section):
    """What a person may not do although their room allows it, or may do although it does not.

    Names of commands, or of rights (read, propose, triage, consult, answer, publish, roster), which mean all commands
    that need them.
    """

    deny: frozenset[CommandName] = frozenset()
    allow: frozenset[CommandName] = frozenset()
