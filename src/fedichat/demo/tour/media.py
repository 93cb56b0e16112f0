"""The tour's pictures: a citizen's is shown in the room, and an answer goes out with one of ours."""

from fedichat.demo.tour.answers import OnItsWay, has_gone_out, is_confirmed, office_sees_it
from fedichat.demo.tour.guide import head
from fedichat.demo.tour.scene import NEW, Case, Scene
from fedichat.ports import FileData
from fedichat.sandbox.model import NewMedia
from fedichat.sandbox.pages import png

_SCREEN = png(640, 360, (0, 70, 150))
_POSTER = png(800, 600, (0, 120, 80))
_SIGN = "📎"
_DESCRIBED = (
    "Three steps: switch off, do not pay, call for help",
    "Drei Schritte: ausschalten, nicht zahlen, Hilfe rufen",
)


async def picture_arrives(scene: Scene) -> Case:
    """A question with a picture: the card has the alt text, the thread has the picture."""
    guide, citizen = scene.guide, scene.museum
    guide.step("A question with a picture", "Eine Frage mit Bild")
    described = citizen.part.picture or ""
    picture = NewMedia(_SCREEN, "image/png", described)
    question = await guide.writes_with_picture(citizen.account, citizen.question, "", picture)
    card = await guide.sees(
        scene.anna,
        scene.team,
        "The card has the alt text.",
        "Auf der Karte steht die Bildbeschreibung.",
        lambda line: scene.is_card(line, citizen) and NEW in head(line) and described in line.body,
    )
    shown = await guide.sees(
        scene.anna,
        scene.team,
        "The picture itself is in the thread.",
        "Das Bild selbst steht im Thread.",
        lambda line: scene.is_in(line, card.event_id) and line.file is not None,
    )
    data = await scene.anna.read_file(shown.file) if shown.file else b""
    guide.insist("It is the same picture.", "Es ist dasselbe Bild.", data == _SCREEN, True)  # noqa: FBT003
    return Case(citizen, question, card)


async def picture_is_confirmed(scene: Scene, case: Case) -> OnItsWay:
    """Ben puts a picture into the thread; Anna answers with it, and has to describe it."""
    guide, card = scene.guide, case.card
    guide.step("An answer with a picture", "Eine Antwort mit Bild")
    poster = FileData(guide.words("what-to-do.png", "was-tun.png"), "image/png", _POSTER)
    sent = await guide.sends(scene.ben, poster, scene.team, card.event_id)
    await guide.sees_reaction(
        scene.team,
        "The bot has noticed it: it is the thread's file 1.",
        "Der Bot hat es erfasst, als Datei 1 des Threads.",
        event=sent,
        key=f"{_SIGN}1",
    )
    text = guide.words(
        "Please switch the computer off, and do not pay under any circumstances.",
        "Bitte den Rechner ausschalten und auf keinen Fall zahlen.",
    )
    option = guide.words("--with 1", "--mit 1")
    asked = await guide.says(scene.anna, guide.command("answer", f"{option} {text}"), scene.team, card.event_id)
    await guide.sees(
        scene.anna,
        scene.team,
        "Not without an alt text: people who cannot see the picture have to be able to read what it shows.",
        "Nicht ohne Bildbeschreibung: Auch wer das Bild nicht sehen kann, muss erfahren, was es zeigt.",
        lambda line: scene.answers(line, asked) and "--" in line.body,
    )
    described = guide.words(*_DESCRIBED)
    option = guide.words(f"--with 1 --alt “{described}”", f"--mit 1 --alt „{described}“")
    await guide.says(scene.anna, guide.command("answer", f"{option} {text}"), scene.team, card.event_id)
    preview = await guide.sees(
        scene.anna,
        scene.team,
        "The preview shows the answer with picture and alt text.",
        "Die Vorschau zeigt die Antwort mit Bild und Bildbeschreibung.",
        lambda line: scene.is_preview(line, card.event_id, text) and _SIGN in line.body and described in line.body,
    )
    return await is_confirmed(scene, case, preview)


async def picture_goes_out(scene: Scene, out: OnItsWay) -> None:
    """The citizen gets the answer with the picture."""
    guide = scene.guide
    guide.step("The answer with the picture goes out", "Die Antwort mit dem Bild wird veröffentlicht")
    answer = await has_gone_out(scene, out)
    guide.insist(
        "It has the picture, with its alt text.",
        "Das Bild ist dabei, samt Bildbeschreibung.",
        [(media.data == _POSTER, media.description) for media in answer.media],
        [(True, guide.words(*_DESCRIBED))],
    )
    await office_sees_it(scene, out.case.card, answer, out.preview)
