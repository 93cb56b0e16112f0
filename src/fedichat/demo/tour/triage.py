"""The tour's first part: a question arrives, and it is settled who deals with it."""

from fedichat.demo.timeline import Line
from fedichat.demo.tour.guide import head, names
from fedichat.demo.tour.scene import CLAIM, DONE, IGNORE, NEW, Case, Scene


async def question_arrives(scene: Scene) -> Case:
    """A mention becomes a card."""
    guide = scene.guide
    guide.step("A question arrives", "Eine Frage kommt an")
    status = await guide.writes(scene.asker.account, scene.asker.question)
    card = await guide.sees(
        scene.anna,
        scene.team,
        "The mention appears as a card in the team's room.",
        "Die Erwähnung erscheint als Karte im Raum des Teams.",
        lambda line: scene.is_card(line, scene.asker) and NEW in head(line),
    )
    return Case(scene.asker, status, card)


async def one_has_it(scene: Scene, card: Line) -> None:
    """👀 claims; a second claim is refused, with the claimant's name; taking 👀 back releases."""
    guide = scene.guide
    guide.step("Ben takes it with a tap", "Ben übernimmt mit einem Fingertipp")
    tapped = await guide.taps(scene.ben, CLAIM, card)
    await guide.sees(
        scene.anna,
        scene.team,
        "The card says that it is with Ben.",
        "Auf der Karte steht, dass Ben zuständig ist.",
        lambda line: line.event_id == card.event_id and CLAIM in head(line) and names(line, scene.ben),
        brief=True,
    )
    guide.step("Anna wants it too", "Anna will auch übernehmen")
    asked = await guide.says(scene.anna, guide.command("claim", _number(card)), scene.team)
    await guide.sees(
        scene.anna,
        scene.team,
        "The bot refuses, and says that Ben has it.",
        "Abgelehnt, mit dem Hinweis, dass Ben zuständig ist.",
        lambda line: scene.answers(line, asked) and names(line, scene.ben),
    )
    guide.step("Ben gives it back", "Ben gibt den Vorgang ab")
    await guide.untaps(scene.ben, tapped, CLAIM, card)
    await guide.sees(
        scene.anna,
        scene.team,
        "It is back in the queue.",
        "Der Vorgang ist wieder offen.",
        lambda line: line.event_id == card.event_id and NEW in head(line),
        brief=True,
    )


async def anna_takes_it(scene: Scene, card: Line) -> None:
    """A command in the thread needs no number; a note is kept."""
    guide = scene.guide
    guide.step("Anna takes it, in the thread", "Anna übernimmt, im Thread")
    await guide.says(scene.anna, guide.command("claim"), scene.team, card.event_id)
    await guide.sees(
        scene.ben,
        scene.team,
        "No number is needed there: the card says that it is with Anna.",
        "Dort geht es ohne Nummer: Auf der Karte steht, dass Anna zuständig ist.",
        lambda line: line.event_id == card.event_id and CLAIM in head(line) and names(line, scene.anna),
        brief=True,
    )
    guide.step("A note for the colleagues", "Eine Notiz für das Team")
    text = guide.words("asked the bank's press office", "bei der Pressestelle der Bank nachgefragt")
    noted = await guide.says(scene.anna, guide.command("note", text), scene.team, card.event_id)
    await guide.sees_reaction(scene.team, "The note is kept.", "Die Notiz ist gespeichert.", event=noted, key=DONE)
    asked = await guide.says(scene.ben, guide.command("show"), scene.team, card.event_id)
    await guide.sees(
        scene.ben,
        scene.team,
        "Ben finds the note in the ticket's history.",
        "Ben findet die Notiz im Verlauf des Vorgangs.",
        lambda line: scene.answers(line, asked) and text in line.body,
    )


async def rant_is_ignored(scene: Scene) -> None:
    """🙈 closes without an answer."""
    guide = scene.guide
    guide.step("Meanwhile, Ben ignores a rant with a tap", "Inzwischen ignoriert Ben Polemik mit einem Fingertipp")
    await guide.writes(scene.ranter.account, scene.ranter.question)
    card = await guide.sees(
        scene.ben,
        scene.team,
        "That is a card as well.",
        "Auch das ist eine Karte.",
        lambda line: scene.is_card(line, scene.ranter) and NEW in head(line),
        brief=True,
    )
    await guide.taps(scene.ben, IGNORE, card)
    await guide.sees(
        scene.anna,
        scene.team,
        "The ticket is closed.",
        "Der Vorgang ist geschlossen.",
        lambda line: line.event_id == card.event_id and IGNORE in head(line),
        brief=True,
    )


def _number(card: Line) -> str:
    return head(card).split()[0].removeprefix("#")
