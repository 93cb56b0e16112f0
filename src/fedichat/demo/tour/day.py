"""The tour: a day at the desk, which plays and checks itself."""

import re

from fedichat.demo.person import Person
from fedichat.demo.tour.afterwards import back_in_the_queue, order_at_the_desk, question_is_edited_and_deleted
from fedichat.demo.tour.answers import (
    arrives,
    citizen_writes_again,
    confirmed_again,
    edited_before_it_goes_out,
    goes_out,
    good_answer,
    question_changes,
    taken_back,
)
from fedichat.demo.tour.clock import digest_is_read, picture_is_there, promises_and_duty
from fedichat.demo.tour.department import (
    Consultation,
    department_is_asked,
    expert_proposes,
    interim_goes_out,
    interim_is_confirmed,
    proposal_goes_out,
    two_rooms_talk,
)
from fedichat.demo.tour.guide import Guide, head
from fedichat.demo.tour.media import picture_arrives, picture_goes_out, picture_is_confirmed
from fedichat.demo.tour.planning import crisis, posts_are_planned
from fedichat.demo.tour.private import question_in_private
from fedichat.demo.tour.scene import Scene
from fedichat.demo.tour.triage import anna_takes_it, one_has_it, question_arrives, rant_is_ignored
from fedichat.domain.names import RoomId

UNDO_SECONDS = 4
"""Long enough to take something back in time on a busy machine, short enough to wait for."""

_TICKET = re.compile(r"^#(\d+) ", re.MULTILINE)


async def play_tour(guide: Guide, undo_seconds: int = UNDO_SECONDS) -> None:
    """Play the whole tour in the demo's office, while the bot runs. Raises NotAsExpected."""
    scene = Scene(guide, undo_seconds)
    case = await question_arrives(scene)
    await one_has_it(scene, case.card)
    await anna_takes_it(scene, case.card)
    text, preview = await edited_before_it_goes_out(scene, case.card)
    guide.step("Out it goes", "Die Antwort wird veröffentlicht")
    answer = await goes_out(scene, case, text, preview)
    await citizen_writes_again(scene, case.card, answer)
    never = await taken_back(scene, case.card)
    edited, reply, first = await question_changes(scene)
    await rant_is_ignored(scene)  # meanwhile, the undo time is running
    corrected = await confirmed_again(scene, edited, reply, first)
    asked = await department_is_asked(scene)  # meanwhile as well
    guide.step("The answer to the edited question goes out", "Die bearbeitete Frage wird beantwortet")
    await arrives(scene, corrected, reply)
    await _experts(scene, asked)
    picture = await picture_is_confirmed(scene, await picture_arrives(scene))
    await order_at_the_desk(scene, case.card)  # meanwhile as well
    await picture_goes_out(scene, picture)
    await question_in_private(scene, scene.direct)
    await question_is_edited_and_deleted(scene)
    await back_in_the_queue(scene, case.card)
    await promises_and_duty(scene, case.card)
    await digest_is_read(scene)
    await crisis(scene, await posts_are_planned(scene))
    await picture_is_there(scene)  # it was drawn meanwhile
    await _what_is_open(scene)
    await _all_in_all(scene, never)


async def _experts(scene: Scene, asked: Consultation) -> None:
    interim = await interim_is_confirmed(scene, asked.case)
    await two_rooms_talk(scene, asked)
    await interim_goes_out(scene, interim)
    text = await expert_proposes(scene, asked)
    await proposal_goes_out(scene, asked, text)


async def play_glimpse(guide: Guide, undo_seconds: int = UNDO_SECONDS) -> None:
    """Play only the heart of it, from question to answer. Raises NotAsExpected."""
    scene = Scene(guide, undo_seconds)
    case = await question_arrives(scene)
    text, preview = await good_answer(scene, case.card)
    await goes_out(scene, case, text, preview)


async def _what_is_open(scene: Scene) -> None:
    guide = scene.guide
    guide.step("What is left", "Was noch offen ist")
    asked = await guide.says(scene.anna, guide.command("queue"), scene.team)
    shown = await guide.sees(
        scene.anna,
        scene.team,
        "Anna gets the list of open tickets.",
        "Anna bekommt die Liste der offenen Vorgänge.",
        lambda line: scene.answers(line, asked),
    )
    guide.insist(
        "Only the one whose answer was withdrawn is open.",
        "Offen ist nur der Vorgang, dessen Antwort zurückgezogen wurde.",
        _TICKET.findall(shown.body),
        ["1"],
    )


async def _all_in_all(scene: Scene, never: str) -> None:
    """What must be true in the end. Nothing is still to come, as an account's posts go out in order."""
    guide = scene.guide
    guide.step("All in all", "Das Ergebnis")
    published = scene.published_so_far()
    readers = [status.mentions[0].acct for status in published if status.mentions]
    # The town, which the department helped, got an interim reply and an answer in two parts.
    answered = [scene.asker, scene.corrector, *[scene.town] * 3, scene.museum, scene.confider]
    guide.insist(
        "Five citizens have one answer each, one of them an interim reply before it, and nobody else has any.",
        "Fünf Personen haben je eine Antwort, eine davon vorab einen Zwischenstand; sonst hat niemand eine.",
        readers,
        [citizen.account.acct for citizen in answered],
    )
    guide.insist(
        "What was withdrawn never appeared.",
        "Was zurückgezogen wurde, ist nie erschienen.",
        [status for status in published if never in status.text],
        [],
    )
    guide.insist(
        "Each question has one card in its own room.",
        "Jede Frage hat eine Karte in ihrem eigenen Raum.",
        [await _cards(scene, person, room) for person, room in _rooms(scene)],
        [["1", "2", "3", "4", "5"], ["6"], ["4"], []],
    )
    private = scene.confider.question.partition(" ")[2]
    guide.insist(
        "No other room has anything of the private question.",
        "Von der vertraulichen Frage ist in keinem anderen Raum etwas zu lesen.",
        [
            line.body
            for person, room in _rooms(scene)
            for line in await person.lines(room)
            if private in line.body and room != scene.direct
        ],
        [],
    )


def _rooms(scene: Scene) -> list[tuple[Person, RoomId]]:
    """Every room, each with somebody who reads it."""
    rooms = [(scene.ben, scene.team), (scene.ben, scene.direct), (scene.max, scene.department)]
    return [*rooms, (scene.vera, scene.supervisors)]


async def _cards(scene: Scene, person: Person, room: RoomId) -> list[str]:
    heads = [head(line) for line in await person.lines(room) if scene.is_bot(line) and not line.reply_to]
    return [number for shown in heads for number in _TICKET.findall(shown)]
