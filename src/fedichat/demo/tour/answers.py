"""The tour's second part: an answer is drafted, previewed, changed and confirmed, and goes out once."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from fedichat.demo.timeline import Line
from fedichat.demo.tour.guide import AUDIENCES, head, names, now
from fedichat.demo.tour.scene import ANSWERED, CLAIM, NEW, WITHDRAW, Case, Scene
from fedichat.domain.names import EventId, RoomId
from fedichat.sandbox.model import Status

_WRONG = (
    "That is phishing. Please do not open teh link.",
    "Das ist Phishing. Bitte den Link nciht öffnen.",
)
_RIGHT = (
    "That is phishing. Please do not open the link.",
    "Das ist Phishing. Bitte den Link nicht öffnen.",
)
_ROUNDING = timedelta(milliseconds=5)
"""Servers keep times to the millisecond."""


async def good_answer(scene: Scene, card: Line) -> tuple[str, Line]:
    """Anna drafts an answer, which makes the ticket hers. Gives the text and the preview."""
    guide = scene.guide
    guide.step("Anna answers", "Anna antwortet")
    text = guide.words(*_RIGHT)
    _, preview = await scene.draft(scene.team, card, text)
    return text, preview


async def edited_before_it_goes_out(scene: Scene, card: Line) -> tuple[str, Line]:
    """Editing the message changes the preview; no earlier confirmation counts. Gives the text and the preview."""
    guide = scene.guide
    guide.step("A good answer, with a typo", "Eine gute Antwort mit einem Tippfehler")
    wrong, right = guide.words(*_WRONG), guide.words(*_RIGHT)
    asked, slip = await scene.draft(scene.team, card, wrong)
    await scene.confirm(slip)
    guide.step("Anna sees the typo and edits her message", "Anna sieht den Tippfehler und bearbeitet die Nachricht")
    await guide.rewrites(scene.anna, asked, guide.command("answer", right), scene.team)
    preview = await guide.sees(
        scene.anna,
        scene.team,
        "There is a new preview, which has to be confirmed again.",
        "Es gibt eine neue Vorschau, die erneut freizugeben ist.",
        lambda line: scene.is_preview(line, card.event_id, right) and not scene.is_confirmed(line, line),
    )
    await guide.sees(
        scene.anna,
        scene.team,
        "The old preview is out of date and has no buttons; its confirmation no longer counts.",
        "Die alte Vorschau ist überholt und hat keine Knöpfe mehr; ihre Freigabe gilt nicht.",
        lambda line: scene.is_over(line, slip) and wrong not in line.body,
    )
    guide.insist("Nothing was published.", "Nichts wurde veröffentlicht.", scene.published_so_far(), [])
    return right, preview


@dataclass(frozen=True, slots=True)
class OnItsWay:
    """What was confirmed; `before` is how many answers the citizen had at that moment."""

    case: Case
    preview: Line
    before: int
    confirmed_at: datetime


async def is_confirmed(scene: Scene, case: Case, preview: Line) -> OnItsWay:
    """Anna confirms a preview: it goes out after the undo time."""
    before, confirmed_at = len(scene.guide.answers_to(case.citizen.account)), now()
    await scene.confirm(preview)
    return OnItsWay(case, preview, before, confirmed_at)


async def goes_out(scene: Scene, case: Case, text: str, preview: Line) -> Status:
    """Confirmed, it goes out after the undo time: once, as a reply, with the question's visibility."""
    return await arrives(scene, await is_confirmed(scene, case, preview), text)


async def arrives(scene: Scene, out: OnItsWay, text: str) -> Status:
    """The citizen gets the answer with that text, and the office sees it."""
    case, answer = out.case, await has_gone_out(scene, out)
    scene.guide.insist(
        "It is what the preview showed.",
        "Sie lautet genau wie in der Vorschau.",
        answer.text,
        f"@{case.citizen.account.acct} {text}",
    )
    await office_sees_it(scene, case.card, answer, out.preview)
    return answer


async def has_gone_out(scene: Scene, out: OnItsWay) -> Status:
    """It has appeared: once, as a reply, with the question's visibility, and not before the undo time was over."""
    guide, citizen, question = scene.guide, out.case.citizen, out.case.question
    answer = await guide.hears(
        citizen.account,
        f"{citizen.part.name} is notified of the answer.",
        f"{citizen.part.name} wird über die Antwort benachrichtigt.",
    )
    guide.insist(
        "It went out once.", "Sie ist einmal erschienen.", len(guide.answers_to(citizen.account)), out.before + 1
    )
    guide.insist("It is a reply to the question.", "Sie ist eine Antwort auf die Frage.", answer.in_reply_to, question)
    guide.insist(
        f"It is as visible as the question: {AUDIENCES[question.visibility].en}.",
        f"Sie ist so sichtbar wie die Frage: {AUDIENCES[question.visibility].de}.",
        answer.visibility,
        question.visibility,
    )
    guide.insist(
        f"There were {scene.undo_seconds} seconds to take it back.",
        f"{scene.undo_seconds} Sekunden lang ließ sie sich zurückziehen.",
        answer.created_at >= out.confirmed_at + timedelta(seconds=scene.undo_seconds) - _ROUNDING,
        True,  # noqa: FBT003 - what is wanted
    )
    return answer


async def office_sees_it(scene: Scene, card: Line, answer: Status, preview: Line) -> None:
    """The thread has the link, and the card says that it is answered."""
    guide, url = scene.guide, scene.guide.url(answer)
    await guide.sees(
        scene.ben,
        card.room,
        "The thread has the link.",
        "Im Thread steht der Link.",
        lambda line: line.thread == card.event_id and line.event_id != preview.event_id and url in line.body,
    )
    await guide.sees(
        scene.ben,
        card.room,
        "The card says that it has been answered.",
        "Auf der Karte steht, dass geantwortet wurde.",
        lambda line: line.event_id == card.event_id and ANSWERED in head(line) and url in line.body,
        brief=True,
    )


async def citizen_writes_again(scene: Scene, card: Line, answer: Status) -> None:
    """A follow-up joins the ticket's thread and opens it again."""
    guide, text = scene.guide, scene.asker.reply
    guide.step("The citizen writes again", "Eine Nachfrage zur Antwort")
    await guide.writes(scene.asker.account, text, to=answer)
    words = text.partition(" ")[2]
    follow_up = await guide.sees(
        scene.anna,
        scene.team,
        "It joins the same thread.",
        "Sie erscheint im selben Thread.",
        lambda line: scene.is_bot(line) and line.thread == card.event_id and words in line.body,
    )
    guide.insist(
        "Anna, who has the ticket, is pinged.",
        "Anna ist zuständig und wird benachrichtigt.",
        follow_up.pings,
        (scene.anna.user_id,),
    )
    await guide.sees(
        scene.anna,
        scene.team,
        "The ticket is open again, with Anna.",
        "Der Vorgang ist wieder offen, Anna ist zuständig.",
        lambda line: line.event_id == card.event_id and CLAIM in head(line) and names(line, scene.anna),
        brief=True,
    )


async def taken_back(scene: Scene, card: Line) -> str:
    """❌ within the undo time takes a confirmed answer back. Gives the text that must never appear."""
    guide = scene.guide
    guide.step("Second thoughts, just in time", "Gerade noch rechtzeitig zurückgezogen")
    text = guide.words("Gladly! Ask us any time.", "Gern! Weitere Fragen sind jederzeit willkommen.")
    _, preview = await scene.draft(scene.team, card, text)
    await scene.confirm(preview)
    await guide.taps(scene.anna, WITHDRAW, preview)
    await guide.sees(
        scene.anna,
        scene.team,
        "It is withdrawn before it could go out.",
        "Die Antwort ist zurückgezogen, bevor sie erscheinen konnte.",
        lambda line: scene.is_over(line, preview) and not scene.is_confirmed(line, preview),
        brief=True,
    )
    return text


async def question_changes(scene: Scene) -> tuple[Case, str, Line]:
    """The question is edited after the draft, and the draft is confirmed. Gives the case, the text and the preview."""
    guide, citizen = scene.guide, scene.corrector
    guide.step("A question is edited while Anna answers", "Eine Frage wird bearbeitet, während Anna antwortet")
    question = await guide.writes(citizen.account, citizen.question)
    card = await guide.sees(
        scene.anna,
        scene.team,
        "Its card appears.",
        "Die Karte erscheint.",
        lambda line: scene.is_card(line, citizen) and NEW in head(line),
        brief=True,
    )
    text = guide.words(
        "Any passkey that she can unlock with a PIN.", "Jeder Passkey, der sich mit einer PIN entsperren lässt."
    )
    _, preview = await scene.draft(scene.team, card, text)
    await guide.corrects(question, citizen.corrected)
    await scene.confirm(preview)
    return Case(citizen, question, card), text, preview


async def confirmed_again(scene: Scene, case: Case, text: str, first: Line) -> OnItsWay:
    """Nothing goes out to an edited question until it is confirmed again."""
    guide = scene.guide
    guide.step("What the bot noticed just before publishing", "Was dem Bot kurz vor dem Veröffentlichen auffällt")
    # The bot shows a new preview of the same answer, because the question is a different one now.
    second = await guide.sees(
        scene.anna,
        scene.team,
        "The bot has looked at the question again, and Anna is asked to confirm again.",
        "Der Bot hat die Frage noch einmal gelesen: Anna muss erneut freigeben.",
        lambda line: scene.is_preview(line, case.card.event_id, text) and line.event_id != first.event_id,
    )
    await _learns_why(scene, scene.team, case.card.event_id, case.citizen.corrected)
    guide.insist(
        "Nothing has been published in reply to the edited question.",
        "Auf die bearbeitete Frage wurde nichts veröffentlicht.",
        guide.answers_to(case.citizen.account),
        [],
    )
    return await is_confirmed(scene, case, second)


async def _learns_why(scene: Scene, room: RoomId, thread: EventId, now_says: str) -> None:
    words = now_says.partition(" ")[2]
    await scene.guide.sees(
        scene.anna,
        room,
        "She learns what the question says now.",
        "Sie erfährt, wie die Frage jetzt lautet.",
        lambda line: line.thread == thread and words in line.body and scene.anna.user_id in line.pings,
    )
