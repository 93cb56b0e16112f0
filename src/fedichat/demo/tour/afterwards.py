"""The tour's last part: order at the desk, and what citizens do with their own words afterwards."""

import contextlib

from fedichat.demo.timeline import Line
from fedichat.demo.tour.guide import head
from fedichat.demo.tour.scene import ANSWERED, CLAIM, DONE, NEW, Scene

_MINUTES = 30
"""Less than an hour: commands that are older than that, by the bot's clock, are no longer carried out."""


async def order_at_the_desk(scene: Scene, card: Line) -> None:
    """Labels, priorities, searching and snoozing, each with one short command."""
    guide, number = scene.guide, head(card).split()[0].removeprefix("#")
    guide.step("Order at the desk", "Ordnung am Arbeitsplatz")
    await _on_card(scene, card, guide.command("label", "phishing"), "🏷 phishing")
    await _on_card(scene, card, guide.command("priority", guide.words("urgent", "dringend")), "🔴")
    word = scene.corrector.corrected.split()[-1].rstrip(".?")
    asked = await guide.says(scene.ben, guide.command("search", word), scene.team)
    await guide.sees(
        scene.ben,
        scene.team,
        "Ben finds what was asked earlier.",
        "Ben findet, was früher gefragt wurde.",
        lambda line: scene.answers(line, asked) and f"#2 {ANSWERED}" in line.body,
    )
    await _on_card(
        scene, card, guide.command("snooze", guide.words(f"{_MINUTES} minutes", f"{_MINUTES} Minuten")), "💤"
    )
    listed = await guide.says(scene.ben, guide.command("queue"), scene.team)
    await guide.sees(
        scene.ben,
        scene.team,
        "It is no longer in the queue, for now.",
        "Der Vorgang steht vorerst nicht mehr in der Liste.",
        lambda line: scene.answers(line, listed) and f"#{number} " not in line.body,
    )


async def _on_card(scene: Scene, card: Line, command: str, sign: str) -> None:
    guide = scene.guide
    said = await guide.says(scene.anna, command, scene.team, card.event_id)
    await guide.sees_reaction(scene.team, "A thumb is answer enough.", "Ein Daumen genügt.", event=said, key=DONE)
    shown = await scene.anna.wait_for(
        scene.team, lambda line: line.event_id == card.event_id and sign in line.body, guide.patience
    )
    guide.insist(f"The card shows {sign}.", f"Auf der Karte steht {sign}.", sign in shown.body, True)  # noqa: FBT003


async def question_is_edited_and_deleted(scene: Scene) -> None:
    """The thread shows the old and the new words; after the deletion, no room has either."""
    guide, citizen = scene.guide, scene.leaker
    scene.stage.account.follow(citizen.account)  # otherwise the server would not report the edit to us
    guide.step("A citizen edits the question", "Jemand bearbeitet die Frage")
    question = await guide.writes(citizen.account, citizen.question)
    card = await guide.sees(
        scene.anna,
        scene.team,
        "Its card appears.",
        "Die Karte erscheint.",
        lambda line: scene.is_card(line, citizen) and NEW in head(line),
        brief=True,
    )
    text = guide.words("Yes, wherever you used the same one.", "Ja, überall, wo dasselbe Kennwort verwendet wurde.")
    _, preview = await scene.draft(scene.team, card, text)
    await guide.corrects(question, citizen.corrected)
    before, after = (words.partition(" ")[2] for words in (citizen.question, citizen.corrected))
    change = await guide.sees(
        scene.anna,
        scene.team,
        "The thread shows what it said before and what it says now.",
        "Der Thread zeigt die alte und die neue Fassung.",
        lambda line: scene.is_in(line, card.event_id) and before in line.body and after in line.body,
    )
    await guide.sees(
        scene.anna,
        scene.team,
        "The draft has to be checked again: its preview is out of date.",
        "Der Entwurf ist noch einmal zu prüfen: Seine Vorschau ist überholt.",
        lambda line: scene.is_over(line, preview),
        brief=True,
    )
    guide.step("… and deletes it", "… und löscht sie")
    known = await scene.seen_so_far(scene.team)
    await guide.deletes(question)
    await _a_minute_passes(scene, card)
    await guide.sees_gone(scene.anna, card, "The card is redacted.", "Die Karte ist gelöscht.")
    await guide.sees_gone(scene.anna, change, "So is the news of the edit.", "Die Meldung der Änderung ebenso.")
    await guide.sees(
        scene.anna,
        scene.team,
        "Anna is notified, and the ticket is closed.",
        "Anna wird benachrichtigt, und der Vorgang ist geschlossen.",
        lambda line: line.event_id not in known and scene.is_bot(line) and scene.anna.user_id in line.pings,
    )
    lines = await scene.anna.lines(scene.team)
    guide.insist(
        "No message has these words any longer.",
        "In keiner Nachricht ist der Text noch zu lesen.",
        [line.body for line in lines if before in line.body or after in line.body],
        [],
    )


async def _a_minute_passes(scene: Scene, card: Line) -> None:
    """A server that says "not there" once may be wrong, so the bot looks twice, a minute apart."""
    guide = scene.guide
    guide.later(
        "a minute later by the bot's clock: servers can be wrong, so it looks twice",
        "eine Minute später nach der Uhr des Bots: Server können sich irren, darum sieht er zweimal nach",
    )
    for _ in range(int(guide.patience)):
        # Nothing shows when it has looked for the first time.
        guide.clock.advance(61)
        with contextlib.suppress(TimeoutError):
            await scene.anna.wait_for(scene.team, lambda line: line.event_id == card.event_id and line.redacted, 1)
            return


async def back_in_the_queue(scene: Scene, card: Line) -> None:
    """What was snoozed comes back, and pings whoever has it."""
    guide = scene.guide
    guide.step("Half an hour later", "Eine halbe Stunde später")
    known = await scene.seen_so_far(scene.team)
    guide.later("by the bot's clock", "nach der Uhr des Bots")
    guide.clock.advance(_MINUTES * 60)
    await guide.sees(
        scene.anna,
        scene.team,
        "What was snoozed is back, and Anna is notified.",
        "Der zurückgestellte Vorgang ist wieder da, und Anna wird benachrichtigt.",
        lambda line: (
            line.event_id not in known and scene.is_in(line, card.event_id) and scene.anna.user_id in line.pings
        ),
    )
    await guide.sees(
        scene.anna,
        scene.team,
        "The card is as it was before.",
        "Die Karte ist wie zuvor.",
        lambda line: line.event_id == card.event_id and CLAIM in head(line) and "💤" not in line.body,
        brief=True,
    )
