"""The tour's clock: when something is due, who is on duty, and what the supervisors read."""

from fedichat.demo.timeline import Line
from fedichat.demo.tour.guide import head
from fedichat.demo.tour.scene import Scene
from fedichat.domain.names import localpart


async def promises_and_duty(scene: Scene, card: Line) -> None:
    """The card says when it is due; Ben looks up who is on duty, and swaps."""
    guide = scene.guide
    guide.step("What is promised, and who is on duty", "Was zugesagt ist und wer Dienst hat")
    shown = await scene.anna.line(scene.team, card.event_id, guide.patience)
    due = [line for line in shown.body.splitlines() if line.startswith("⏰")]
    guide.show.line("\n".join(due))
    guide.insist(
        "The card says when it is due, counted in the office's working hours.",
        "Auf der Karte steht die Frist, gerechnet in der Arbeitszeit des Hauses.",
        len(due),
        1,
    )
    asked = await guide.says(scene.ben, guide.command("duty"), scene.team)
    await guide.sees(
        scene.ben,
        scene.team,
        "Anna is on duty, Ben is next.",
        "Anna hat Dienst, danach Ben.",
        lambda line: (
            scene.answers(line, asked)
            and localpart(scene.anna.user_id) in head(line)
            and localpart(scene.ben.user_id) in line.body
        ),
    )
    swapped = await guide.says(
        scene.ben,
        f"{guide.command('duty', guide.words('swap', 'tausch'))} @{localpart(scene.anna.user_id)}",
        scene.team,
    )
    await guide.sees(
        scene.anna,
        scene.team,
        "Ben swaps with her, and she is notified.",
        "Ben tauscht mit ihr, und sie wird benachrichtigt.",
        lambda line: scene.answers(line, swapped) and scene.anna.user_id in line.pings,
    )


async def digest_is_read(scene: Scene) -> None:
    """Vera asks for the digest, which otherwise comes every working morning."""
    guide = scene.guide
    guide.step("The supervisors' digest", "Der Tagesbericht der Leitung")
    asked = await guide.says(scene.vera, guide.command("digest", guide.words("today", "heute")), scene.supervisors)
    await guide.sees(
        scene.vera,
        scene.supervisors,
        "It counts what came in and what became of it, without quoting any citizen.",
        "Er zählt, was eingegangen ist und was daraus wurde, ohne Zitate aus den Anfragen.",
        lambda line: scene.answers(line, asked) and head(line).startswith("📊"),
    )


async def picture_is_there(scene: Scene) -> None:
    """The digest's picture, which was drawn meanwhile, comes with its description."""
    await scene.guide.sees(
        scene.vera,
        scene.supervisors,
        "The digest's picture has arrived, with its description.",
        "Das Bild zum Tagesbericht ist da, mit seiner Beschreibung.",
        lambda line: scene.is_bot(line) and line.file is not None,
    )
