"""The tour's clock: when something is due, who has the duty, and what the supervisors read."""

from fedichat.demo.timeline import Line
from fedichat.demo.tour.guide import head
from fedichat.demo.tour.scene import Scene
from fedichat.domain.names import localpart


async def promises_and_duty(scene: Scene, card: Line) -> None:
    """The card says by when; Ben looks up who has the duty, and swaps."""
    guide = scene.guide
    guide.step("What is promised, and who is on duty", "Was zugesagt ist, und wer Dienst hat")
    shown = await scene.anna.line(scene.team, card.event_id, guide.patience)
    due = [line for line in shown.body.splitlines() if line.startswith("⏰")]
    guide.show.line("\n".join(due))
    guide.insist(
        "The card says when it is due, in the office's working time.",
        "Auf der Karte steht, wann er fällig ist, in der Arbeitszeit des Hauses.",
        len(due),
        1,
    )
    asked = await guide.says(scene.ben, guide.command("duty"), scene.team)
    await guide.sees(
        scene.ben,
        scene.team,
        "Anna has the duty, Ben is next.",
        "Anna hat Dienst, danach kommt Ben.",
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
        "Ben swaps with her, and she is told.",
        "Ben tauscht mit ihr, und sie erfährt es.",
        lambda line: scene.answers(line, swapped) and scene.anna.user_id in line.pings,
    )


async def digest_is_read(scene: Scene) -> None:
    """Vera asks for the digest, which comes by itself each working morning."""
    guide = scene.guide
    guide.step("The supervisors' digest", "Der Tagesbericht der Leitung")
    asked = await guide.says(scene.vera, guide.command("digest", guide.words("today", "heute")), scene.supervisors)
    await guide.sees(
        scene.vera,
        scene.supervisors,
        "It counts what came and what became of it; no word of a citizen's is in it.",
        "Er zählt, was kam und was daraus wurde; kein Wort der Leute steht darin.",
        lambda line: scene.answers(line, asked) and head(line).startswith("📊"),
    )


async def picture_is_there(scene: Scene) -> None:
    """The digest's picture, which is drawn meanwhile, has its description."""
    await scene.guide.sees(
        scene.vera,
        scene.supervisors,
        "The digest's picture has arrived, with its description.",
        "Das Bild zum Tagesbericht ist da, mit seiner Beschreibung.",
        lambda line: scene.is_bot(line) and line.file is not None,
    )
