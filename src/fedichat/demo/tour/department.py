"""The tour's third part: a department is asked, talks, proposes an answer, and sees what came of it."""

from dataclasses import dataclass

from fedichat.demo.office import DEPARTMENT, DEPARTMENT_NAME
from fedichat.demo.showing import Both
from fedichat.demo.timeline import Line
from fedichat.demo.tour.answers import OnItsWay, has_gone_out, is_confirmed
from fedichat.demo.tour.guide import head
from fedichat.demo.tour.scene import CLAIM, NEW, WAITING, Case, Scene
from fedichat.domain.names import EventId
from fedichat.sandbox.model import Status

_PROPOSAL = Both(
    en="TLS 1.2 is enough, if it is set up well. What matters most is to switch off TLS 1.0 and 1.1 now, and not only "
    "once the new server is there. With TLS 1.2, please allow only suites with forward secrecy, that is with ECDHE, "
    "and AES in GCM mode. TLS 1.3 brings all of that by itself and is faster, too. So we recommend offering both: 1.3 "
    "for whoever can, 1.2 for everybody else. Old devices that can do neither should not reach the server any more. "
    "Afterwards, test it from the outside, and once a year from then on.",
    de="TLS 1.2 reicht aus, wenn es gut eingestellt ist. Am wichtigsten ist, TLS 1.0 und 1.1 jetzt abzuschalten und "
    "nicht erst mit dem neuen Server. Bei TLS 1.2 bitte nur Verfahren mit Forward Secrecy erlauben, also mit ECDHE, "
    "und AES im GCM-Modus. TLS 1.3 bringt das alles von selbst mit und ist auch noch schneller. Am besten wird beides "
    "angeboten: 1.3 für alle, die es können, 1.2 für die übrigen. Alte Geräte, die keines von beiden können, sollten "
    "den Server nicht mehr erreichen. Hinterher bitte von außen prüfen, und danach einmal im Jahr.",
)


@dataclass(frozen=True, slots=True)
class Consultation:
    """A case that a department is asked about, and its card in the department's room."""

    case: Case
    there: Line


async def department_is_asked(scene: Scene) -> Consultation:
    """Anna puts a question to the department, which sees both the citizen's question and hers."""
    guide, citizen, name = scene.guide, scene.town, scene.guide.words(*DEPARTMENT_NAME)
    guide.step("A question for experts", "Eine Frage für die Fachleute")
    question = await guide.writes(citizen.account, citizen.question)
    card = await guide.sees(
        scene.anna,
        scene.team,
        "The card says who might know: “TLS” is one of their keywords.",
        "Auf der Karte steht, wer helfen könnte: „TLS“ gehört zu den Stichwörtern des Fachreferats.",
        lambda line: (
            scene.is_card(line, citizen) and NEW in head(line) and "🆘" in line.body and DEPARTMENT in line.body
        ),
    )
    await guide.taps(scene.anna, CLAIM, card)
    asks = guide.words("Is 1.2 enough for a small town?", "Reicht 1.2 für eine kleine Stadt?")
    await guide.says(scene.anna, guide.command("escalate", f"{DEPARTMENT} {asks}"), scene.team, card.event_id)
    await guide.sees(
        scene.anna,
        scene.team,
        "The card says whom it is waiting for.",
        "Auf der Karte steht, auf wen gewartet wird.",
        lambda line: line.event_id == card.event_id and WAITING in head(line) and name in head(line),
        brief=True,
    )
    there = await guide.sees(
        scene.max,
        scene.department,
        "Max, from the department, sees the citizen's question and Anna's.",
        "Max aus dem Fachreferat sieht die Frage aus dem Fediverse und Annas Rückfrage.",
        lambda line: scene.is_card(line, citizen) and asks in line.body,
    )
    return Consultation(Case(citizen, question, card), there)


async def interim_is_confirmed(scene: Scene, case: Case) -> OnItsWay:
    """A holding reply in the office's usual words, with a preview like anything else."""
    guide = scene.guide
    guide.step("An interim reply, so that nobody is left wondering", "Ein Zwischenstand verkürzt das Warten")
    await guide.says(scene.anna, guide.command("interim"), scene.team, case.card.event_id)
    preview = await guide.sees(
        scene.anna,
        scene.team,
        "The preview shows the office's usual words.",
        "Die Vorschau zeigt den üblichen Wortlaut.",
        lambda line: scene.is_preview(line, case.card.event_id, ""),
    )
    return await is_confirmed(scene, case, preview)


async def two_rooms_talk(scene: Scene, asked: Consultation) -> None:
    """What is said in one room appears in the other."""
    guide, team, there = scene.guide, asked.case.card, asked.there
    guide.step("Meanwhile: two rooms, one conversation", "Inzwischen: zwei Räume, ein Gespräch")
    said = guide.words("1.2 will do, but 1.0 has to go at once.", "1.2 genügt, aber 1.0 muss sofort weg.")
    await guide.says(scene.max, said, scene.department, there.event_id)
    name = guide.words(*DEPARTMENT_NAME)
    await guide.sees(
        scene.anna,
        scene.team,
        "Anna reads it in her own thread, with the name of who said it.",
        "Anna liest im eigenen Thread mit und sieht, wer schreibt.",
        lambda line: scene.is_in(line, team.event_id) and f"Max ({name}): {said}" in line.body,
    )
    asks = guide.words("Could you put that into an answer?", "Lässt sich daraus eine Antwort machen?")
    await guide.says(scene.anna, asks, scene.team, team.event_id)
    await guide.sees(
        scene.max,
        scene.department,
        "Max reads what Anna says.",
        "Max liest, was Anna sagt.",
        lambda line: scene.is_in(line, there.event_id) and line.body.startswith("Anna (") and asks in line.body,
    )


async def interim_goes_out(scene: Scene, out: OnItsWay) -> None:
    """The citizen gets the interim reply, and the ticket stays open."""
    guide, card = scene.guide, out.case.card
    guide.step("The interim reply goes out", "Der Zwischenstand wird veröffentlicht")
    reply = await has_gone_out(scene, out)
    guide.insist(
        "It is what the preview showed.",
        "Er lautet genau wie in der Vorschau.",
        f"> {reply.text}" in out.preview.body,
        True,  # noqa: FBT003 - what is wanted
    )
    url = guide.url(reply)
    await guide.sees(
        scene.anna,
        scene.team,
        "The ticket is still waiting for the experts; the card has the interim reply.",
        "Der Vorgang wartet weiter auf das Fachreferat; die Karte führt den Zwischenstand.",
        lambda line: line.event_id == card.event_id and WAITING in head(line) and url in line.body,
        brief=True,
    )


async def expert_proposes(scene: Scene, asked: Consultation) -> str:
    """An expert proposes an answer, but cannot publish anything. Gives the proposal's text."""
    guide, there = scene.guide, asked.there
    guide.step("The expert proposes an answer", "Das Fachreferat schlägt eine Antwort vor")
    text = guide.words(*_PROPOSAL)
    await guide.says(scene.max, guide.command("propose", text), scene.department, there.event_id)
    proposal = await guide.sees(
        scene.anna,
        scene.team,
        "The proposal is in Anna's thread, together with what she can do with it.",
        "Der Vorschlag steht in Annas Thread, mit einem Hinweis, wie es weitergeht.",
        lambda line: scene.is_in(line, asked.case.card.event_id) and "💡" in head(line) and text in line.body,
    )
    guide.insist(
        "Anna is pinged, and nobody else.", "Anna wird benachrichtigt, sonst niemand.", proposal.pings,
        (scene.anna.user_id,),
    )  # fmt: skip
    guide.step("The expert tries to publish", "Das Fachreferat will veröffentlichen")
    published = scene.published_so_far()
    tried = await guide.says(scene.max, guide.command("publish"), scene.department, there.event_id)
    await guide.sees(
        scene.max,
        scene.department,
        "Kindly refused: the team decides what goes out.",
        "Freundlich abgelehnt: Über Veröffentlichungen entscheidet das Team.",
        lambda line: scene.answers(line, tried) and "`!" in line.body,
    )
    guide.insist("Nothing was published.", "Es wurde nichts veröffentlicht.", scene.published_so_far(), published)
    return text


async def proposal_goes_out(scene: Scene, asked: Consultation, text: str) -> None:
    """The proposal becomes the answer. It is too long for one post, so it goes out as a thread."""
    guide, case = scene.guide, asked.case
    guide.step("Too long for one post: a thread", "Zu lang für einen Beitrag: ein Thread")
    option = guide.words("--proposal 1", "--vorschlag 1")
    await guide.says(scene.anna, guide.command("answer", option), scene.team, case.card.event_id)
    preview = await guide.sees(
        scene.anna,
        scene.team,
        "The proposal becomes the draft. The preview shows all of it: two numbered parts, each with its length.",
        "Der Vorschlag wird zum Entwurf. Die Vorschau zeigt ihn ganz: zwei nummerierte Teile, jeweils mit Länge.",
        lambda line: scene.is_preview(line, case.card.event_id, "(1/2)") and "(2/2)" in line.body,
    )
    before = guide.answers_to(case.citizen.account)
    await scene.confirm(preview)
    parts = await _both_parts(scene, case)
    guide.insist(
        "These two parts went out, and nothing else.",
        "Genau diese beiden Teile sind erschienen.",
        guide.answers_to(case.citizen.account),
        [*before, *parts],
    )
    guide.insist(
        "They are what the preview showed.",
        "Sie lauten genau wie in der Vorschau.",
        [part.text for part in parts if f"> {part.text}" not in preview.body],
        [],
    )
    guide.insist(
        "Together they make up the proposal.",
        "Zusammen ergeben sie den Vorschlag.",
        " ".join(_without_frame(part, case, number) for number, part in enumerate(parts, 1)),
        text,
    )
    limit = scene.stage.sandbox.world.limits.max_characters
    guide.insist(
        f"Neither is longer than {limit} characters.",
        f"Keiner ist länger als {limit} Zeichen.",
        [part.text for part in parts if _length(part, case) > limit],
        [],
    )
    guide.insist(
        "The first replies to the question, the second to the first.",
        "Der erste antwortet auf die Frage, der zweite auf den ersten.",
        [part.in_reply_to for part in parts],
        [case.question, parts[0]],
    )
    await _department_sees_it(scene, asked.there.event_id, parts)


async def _both_parts(scene: Scene, case: Case) -> list[Status]:
    name = case.citizen.part.name
    return [
        await scene.guide.hears(
            case.citizen.account,
            f"{name} is notified of part {number}.",
            f"{name} wird über Teil {number} benachrichtigt.",
        )
        for number in (1, 2)
    ]


def _length(part: Status, case: Case) -> int:
    """By Mastodon's rule: the domain in a mention does not count."""
    return len(part.text.replace(f"@{case.citizen.account.acct}", f"@{case.citizen.account.username}"))


def _without_frame(part: Status, case: Case, number: int) -> str:
    return part.text.removeprefix(f"@{case.citizen.account.acct} ").removesuffix(f" ({number}/2)")


async def _department_sees_it(scene: Scene, thread: EventId, parts: list[Status]) -> None:
    await scene.guide.sees(
        scene.max,
        scene.department,
        "The department sees what was answered.",
        "Das Fachreferat sieht, was geantwortet wurde.",
        lambda line: scene.is_in(line, thread) and "📣" in line.body and all(part.text in line.body for part in parts),
    )
