"""What is asked in private stays there."""

from fedichat.demo.office import DEPARTMENT, DEPARTMENT_NAME
from fedichat.demo.timeline import Line
from fedichat.demo.tour.answers import goes_out
from fedichat.demo.tour.guide import AUDIENCES, head
from fedichat.demo.tour.scene import CONFIRM, NEW, WITHDRAW, Case, Scene
from fedichat.domain.names import RoomId
from fedichat.sandbox.model import Status, Visibility


async def question_in_private(scene: Scene, direct: RoomId) -> None:
    """A direct question is shown in the direct room only, and answered to the asker alone."""
    guide, citizen = scene.guide, scene.confider
    guide.step("A question in private", "Eine vertrauliche Frage")
    question = await guide.writes(citizen.account, citizen.question, "direct")
    card = await guide.sees(
        scene.anna,
        direct,
        "Its card is in the room for direct messages.",
        "Die Karte ist im Raum für Direktnachrichten.",
        lambda line: scene.is_card(line, citizen) and NEW in head(line),
    )
    await _department_only_when_sure(scene, direct, card)
    await _wider_is_refused(scene, direct, card)
    guide.step("A private answer", "Eine vertrauliche Antwort")
    text = guide.words(
        "Please disconnect the network and call our hotline now.",
        "Bitte die Geräte sofort vom Netz trennen und unsere Hotline anrufen.",
    )
    _, preview = await scene.draft(direct, card, text)
    answer = await goes_out(scene, Case(citizen, question, card), text, preview)
    _only_the_asker_reads(scene, answer)


async def _department_only_when_sure(scene: Scene, direct: RoomId, card: Line) -> None:
    guide = scene.guide
    guide.step("Anna would like to ask the experts", "Anna möchte die Fachleute fragen")
    await guide.says(scene.anna, guide.command("escalate", DEPARTMENT), direct, card.event_id)
    question = await guide.sees(
        scene.anna,
        direct,
        "The bot asks first, and says who could read it then.",
        "Der Bot fragt erst nach und sagt, wer dann mitlesen könnte.",
        lambda line: (
            scene.is_in(line, card.event_id)
            and guide.words(*DEPARTMENT_NAME) in line.body
            and "Max" in line.body
            and all(scene.stage.bot in line.reacted(key) for key in (CONFIRM, WITHDRAW))
        ),
    )
    await guide.taps(scene.anna, WITHDRAW, question)
    await guide.sees(
        scene.anna,
        direct,
        "Rather not, then.",
        "Dann lieber nicht.",
        lambda line: line.event_id == question.event_id and WITHDRAW in line.body,
    )
    private = scene.confider.question.partition(" ")[2]
    guide.insist(
        "None of it went there.",
        "Dort ist nichts davon angekommen.",
        [line.body for line in await scene.max.lines(scene.department) if private in line.body],
        [],
    )


async def _wider_is_refused(scene: Scene, direct: RoomId, card: Line) -> None:
    guide = scene.guide
    guide.step("An answer that more people could read", "Eine Antwort, die mehr Menschen lesen könnten")
    option = guide.words("--visibility public", "--sichtbarkeit public")
    text = guide.words("Please call our hotline.", "Bitte unsere Hotline anrufen.")
    asked = await guide.says(scene.anna, guide.command("answer", f"{option} {text}"), direct, card.event_id)
    await guide.sees(
        scene.anna,
        direct,
        "Refused, with the reason: an answer is never visible to more people than the question.",
        "Abgelehnt, mit Begründung: Eine Antwort ist nie für mehr Menschen sichtbar als die Frage.",
        lambda line: scene.answers(line, asked) and _names_both_audiences(line.body),
    )
    await scene.has_no_preview(direct, card)


def _names_both_audiences(text: str) -> bool:
    words = [(*AUDIENCES[each], each.value) for each in (Visibility.PUBLIC, Visibility.DIRECT)]
    return all(any(word in text.casefold() for word in of_one) for of_one in words)


def _only_the_asker_reads(scene: Scene, answer: Status) -> None:
    guide = scene.guide
    everybody = scene.stage.sandbox.world.directory.accounts.values()
    readers = {account.acct for account in everybody if answer.visible_to(account)}
    guide.insist(
        "On the fediverse, only the asker and the office can read it.",
        "Im Fediverse können nur die fragende Person und das Amt die Antwort lesen.",
        (readers, answer.visible_to(None)),
        ({scene.confider.account.acct, scene.stage.account.acct}, False),
    )
