"""How phrases about time are understood, as JSON."""

import io
import json
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from fedichat.cli.arguments import WRONG_INPUT
from fedichat.domain.time import when
from fedichat.text.i18n import Language, language
from fedichat.text.terminal import say

Answer = dict[str, str | list[str] | None]


def explain(phrases: Sequence[str], now: str | None, zone: str, lang: str) -> int:
    """Print one JSON object for each phrase, or for each line of standard input if there are none; the exit code.

    `now` is ISO 8601, in the zone if it has no offset; None is the present.
    """
    try:
        there = _zone(zone)
        at = _now(now, there)
    except ValueError as error:
        say(error, error=True)
        return WRONG_INPUT
    for stream in (sys.stdin, sys.stdout):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")
    for phrase in phrases or _lines():
        read = when.suggest_when(phrase, at or datetime.now(UTC), there, lang)
        say(json.dumps(answer(read, there, language(lang)), ensure_ascii=False))
    return 0


def _lines() -> Iterator[str]:
    return (line.removesuffix("\n") for line in sys.stdin)


def answer(read: when.When, zone: ZoneInfo, t: Language) -> Answer:
    """What is printed: moments in ISO 8601 with the zone's offset, texts in the language, null for what does not apply.

    `echo` is how the bot says it in a room; typed back, it has the same meaning.
    """
    empty: Answer = dict.fromkeys(("kind", "at", "candidates", "rule", "reason", "echo"))
    match read:
        case when.Instant(at):
            return empty | {"kind": "instant", "at": _iso(at, zone), "echo": _echo(at, zone, t)}
        case when.Day(day):
            return empty | {"kind": "date", "at": day.isoformat(), "echo": t.day(day)}
        case when.Recurring(rule, first):
            echo = when.echo_rule(rule, t.code)
            return empty | {"kind": "recurrence", "at": _iso(first, zone), "rule": rule, "echo": echo}
        case when.Ambiguous(candidates, reason):
            moments = [_iso(at, zone) for at in candidates]
            return empty | {"kind": "ambiguous", "candidates": moments, "reason": t.refused(reason)}
        case when.Suggestion(at):
            return empty | {"kind": "suggestion", "at": _iso(at, zone), "echo": _echo(at, zone, t)}
        case when.Refused(refusal):
            return empty | {"kind": "refused", "reason": t.refused(refusal)}


def _echo(at: datetime, zone: ZoneInfo, t: Language) -> str:
    return t.moment(at, zone, seconds=at.second != 0)


def _iso(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).isoformat()


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        from fedichat.config.readers import zone

        return zone(name)


def _now(text: str | None, zone: ZoneInfo) -> datetime | None:
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"“{text}” is not a moment; write it like “2026-12-03T09:00”") from None
    return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
