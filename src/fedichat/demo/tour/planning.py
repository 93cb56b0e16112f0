"""The tour's plan: a post goes out on time; a freeze holds the next one back, but not a warning."""

import re

from fedichat.demo.timeline import Line
from fedichat.demo.tour.guide import head
from fedichat.demo.tour.scene import CONFIRM, Scene
from fedichat.domain.names import EventId
from fedichat.sandbox.model import Status

_SOON, _LATER = 6, 12
"""Minutes from now. Together with what the clock is ahead already less than an hour, or commands would be too old."""
_ROUNDED = 60
"""Seconds, because “in 6 minutes” means the next full minute."""
_POST = re.compile(r"\bP(\d+)\b")


async def posts_are_planned(scene: Scene) -> Line:
    """Anna plans two posts, and Ben confirms both. Gives the preview of the later one."""
    guide = scene.guide
    guide.step("The office has something to say itself", "Das Haus veröffentlicht selbst etwas")
    first = await _planned(scene, _SOON, _guide_is_out(scene))
    await guide.taps(scene.anna, CONFIRM, first)
    await guide.sees(
        scene.anna,
        scene.team,
        "Anna cannot confirm her own post: that takes a second person.",
        "Anna kann den eigenen Beitrag nicht freigeben: Es gilt das Vier-Augen-Prinzip.",
        lambda line: scene.is_in(line, first.event_id) and scene.anna.user_id in line.pings,
    )
    await _confirmed(scene, first)
    second = await _planned(scene, _LATER, _tip(scene))
    await _confirmed(scene, second)
    asked = await guide.says(scene.ben, guide.command("plan"), scene.team)
    await guide.sees(
        scene.ben,
        scene.team,
        "The editorial plan lists both.",
        "Im Redaktionsplan stehen beide.",
        lambda line: scene.answers(line, asked) and {_number(first), _number(second)} <= set(_POST.findall(line.body)),
    )
    guide.later("a few minutes later by the bot's clock", "einige Minuten später nach der Uhr des Bots")
    guide.clock.advance(_SOON * 60 + _ROUNDED)
    await guide.sees(
        scene.anna,
        scene.team,
        "It goes out on time, and its thread has the link.",
        "Er erscheint pünktlich; der Link steht im Thread.",
        lambda line: scene.is_in(line, first.event_id) and "http" in line.body,
    )
    guide.insist("Once.", "Einmal.", len(_saying(scene, _guide_is_out(scene))), 1)
    return second


async def crisis(scene: Scene, planned: Line) -> None:
    """Vera freezes the plan, a warning goes out all the same, and what was held back goes out afterwards."""
    guide = scene.guide
    guide.step("A crisis", "Eine Krise")
    reason = guide.words("An incident is being investigated", "Ein Vorfall wird untersucht")
    frozen = await guide.says(scene.vera, guide.command("freeze", reason), scene.supervisors)
    await guide.sees(
        scene.vera,
        scene.supervisors,
        "The bot says what the freeze holds back.",
        "Der Bot nennt, was dadurch angehalten ist.",
        lambda line: scene.answers(line, frozen) and f"P{_number(planned)}" in line.body,
    )
    guide.later("the held post's time passes", "der Termin des angehaltenen Beitrags verstreicht")
    guide.clock.advance(_LATER * 60)
    await _warned(scene)
    guide.insist(
        "What was planned has not gone out.",
        "Der geplante Beitrag ist nicht erschienen.",
        _saying(scene, _tip(scene)),
        [],
    )
    thawed = await guide.says(scene.ben, guide.command("unfreeze"), scene.team)
    await guide.sees(
        scene.ben,
        scene.team,
        "When it ends, the bot lists what is overdue.",
        "Beim Fortsetzen nennt der Bot, was überfällig ist.",
        lambda line: scene.answers(line, thawed) and f"P{_number(planned)}" in line.body,
    )
    await guide.says(scene.ben, guide.command("publish", f"P{_number(planned)}"), scene.team)
    await guide.sees(
        scene.anna,
        scene.team,
        "Ben publishes it: late, and the bot says so.",
        "Ben veröffentlicht ihn: verspätet, und der Bot weist darauf hin.",
        lambda line: scene.is_in(line, planned.event_id) and "http" in line.body,
    )
    guide.insist("It went out once.", "Er ist einmal erschienen.", len(_saying(scene, _tip(scene))), 1)


async def _warned(scene: Scene) -> None:
    guide = scene.guide
    text = guide.words(
        "Warning: please do not open mails with the subject “Your parcel”.",
        "Warnung: Bitte keine Mails mit dem Betreff „Ihr Paket“ öffnen.",
    )
    asked = await guide.says(scene.anna, guide.command("crisis", text), scene.team)
    warning = await _preview(scene, asked, "The warning has a preview first.", "Auch die Warnung hat eine Vorschau.")
    await guide.taps(scene.ben, CONFIRM, warning)
    await guide.sees(
        scene.anna,
        scene.team,
        "One confirmation by somebody else, and it goes out, freeze or not.",
        "Eine Freigabe durch eine zweite Person, und sie erscheint, auch wenn alles andere angehalten ist.",
        lambda line: scene.is_in(line, warning.event_id) and "http" in line.body,
    )
    out = _saying(scene, text)
    guide.insist("Once.", "Einmal.", len(out), 1)
    await guide.sees_reaction(
        scene.team,
        "It is pinned, and the bot shows that.",
        "Sie ist angeheftet, und der Bot zeigt es an.",
        event=warning.event_id,
        key="📌",
    )
    guide.insist("It is pinned to the profile.", "Sie ist im Profil angeheftet.", [one.pinned for one in out], [True])


async def _planned(scene: Scene, minutes: int, text: str) -> Line:
    guide = scene.guide
    when = guide.words(f"in {minutes} minutes", f"in {minutes} Minuten")
    asked = await guide.says(scene.anna, guide.command("schedule", f"{when} | {text}"), scene.team)
    return await _preview(
        scene,
        asked,
        "A preview with the exact time; nothing has been scheduled yet.",
        "Eine Vorschau mit der genauen Zeit; eingeplant ist noch nichts.",
    )


async def _preview(scene: Scene, asked: EventId, en: str, de: str) -> Line:
    return await scene.guide.sees(
        scene.anna,
        scene.team,
        en,
        de,
        lambda line: (
            scene.answers(line, asked) and head(line).startswith("📝 P") and scene.stage.bot in line.reacted("❌")
        ),
    )


async def _confirmed(scene: Scene, preview: Line) -> None:
    await scene.guide.taps(scene.ben, CONFIRM, preview)
    await scene.guide.sees(
        scene.anna,
        scene.team,
        "Ben has confirmed it: it is scheduled.",
        "Ben hat ihn freigegeben: Er ist eingeplant.",
        lambda line: line.event_id == preview.event_id and "🗓" in head(line),
        brief=True,
    )


def _guide_is_out(scene: Scene) -> str:
    return scene.guide.words(
        "Our new guide is out: how to keep your accounts safe.",
        "Unser neuer Ratgeber ist da: So bleiben Konten sicher.",
    )


def _tip(scene: Scene) -> str:
    return scene.guide.words(
        "Tip of the week: update your phone tonight.", "Tipp der Woche: Heute Abend das Telefon aktualisieren."
    )


def _number(preview: Line) -> str:
    found = _POST.search(head(preview))
    return found[1] if found else ""


def _saying(scene: Scene, text: str) -> list[Status]:
    """What the office has published with that text."""
    return [status for status in scene.published_so_far() if text in status.text]
