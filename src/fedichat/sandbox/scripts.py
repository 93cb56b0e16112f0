"""What the demo's citizens say, in German and English; `{office}` is the office's handle."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Part:
    """One citizen's part: the first mention, what becomes of it, and a reply to the answer.

    Some correct themselves (`edited`), write `again` before anybody has answered, or delete it on `second_thoughts`.
    """

    username: str
    domain: str
    name: str
    mention: str
    edited: str | None = None
    again: str | None = None
    second_thoughts: bool = False
    reply: str | None = None
    visibility: str = "public"
    spoiler_text: str = ""
    picture: str | None = None
    poll: tuple[str, ...] = ()


GERMAN: Final = (
    Part(
        "erika",
        "burgdorf.example",
        "Erika Mustermann",
        "@{office} Guten Morgen! Meine Bank schreibt mir, ich soll mein Konto über einen Link bestätigen: "
        "https://www.meine-bank.example/kundenbereich/konto-bestaetigen?kunde=4711 – ist das echt? #Phishing",
        reply="@{office} Danke für die schnelle Antwort! Dann lösche ich die Nachricht. 🙂",
    ),
    Part(
        "jonas_w",
        "norden.example",
        "Jonas Wiechert",
        "@{office} Welche Passkeys empfehlt ihr für Senioren? Meine Mutter (78) hat ein altes Tablett.",
        edited="@{office} Welche Passkeys empfehlt ihr für Senioren? Meine Mutter (78) hat ein altes Tablet.",
        reply="@{office} Verstanden. Und was macht sie, wenn das Tablet einmal verloren geht?",
    ),
    Part(
        "klartext_kalle",
        "stammtisch.example",
        "Kalle redet Klartext",
        "@{office} Jeden Monat eine neue Warnung, und am Ende passiert doch wieder NICHTS. "
        "Wofür zahlen wir euch eigentlich?!",
        again="@{office} Und natürlich wieder keine Antwort. War ja klar.",
        reply="@{office} Na gut, wenigstens antwortet hier mal ein Mensch.",
    ),
    Part(
        "mina",
        "praxis.example",
        "Mina Özdemir",
        "@{office} Vertraulich: In unserer Arztpraxis sind seit heute früh alle Dateien verschlüsselt. "
        "An wen wenden wir uns, und sollen wir die Rechner ausschalten?",
        visibility="direct",
        reply="@{office} Vielen Dank, wir rufen dort gleich an.",
    ),
    Part(
        "technikmuseum",
        "kultur.example",
        "Technikmuseum am Fluss",
        "@{office} So sah unser Bildschirm heute Morgen aus. Müssen wir uns Sorgen machen?",
        spoiler_text="Screenshot einer Schadsoftware",
        picture="Blauer Bildschirm mit einer Lösegeldforderung in englischer Sprache",
    ),
    Part(
        "frag_fatma",
        "schule.example",
        "Fatma, Klassensprecherin",
        "@{office} Wir sammeln für den Projekttag: Wovor habt ihr im Netz am meisten Respekt?",
        poll=("Betrugs-SMS", "Datenlecks", "Deepfakes"),
        visibility="unlisted",
    ),
    Part(
        "lena_it",
        "stadtverwaltung.example",
        "Lena aus dem Rechenzentrum",
        "@{office} Auf einem alten Server unserer Stadt läuft noch TLS 1.0. Reicht es, auf TLS 1.2 umzustellen, "
        "oder muss es 1.3 sein?",
        reply="@{office} Danke! Und womit prüfen wir hinterher, ob alles richtig eingestellt ist?",
    ),
    Part(
        "timo",
        "fluss.example",
        "Timo Brandt",
        "@{office} Mein Kennwort Flieder-Garten-88 stand in einem Datenleck. Muss ich es jetzt überall ändern?",
        edited="@{office} Mein Kennwort stand in einem Datenleck. Muss ich es jetzt überall ändern?",
        second_thoughts=True,
    ),
)

ENGLISH: Final = (
    Part(
        "emma",
        "brookside.example",
        "Emma Hartley",
        "@{office} Good morning! My bank wants me to confirm my account through this link: "
        "https://www.my-bank.example/customers/confirm-account?customer=4711 - is that real? #phishing",
        reply="@{office} Thanks for the quick answer! I will delete the message then. 🙂",
    ),
    Part(
        "jonas_w",
        "northern.example",
        "Jonas Whitaker",
        "@{office} Which passkeys do you recomend for my mother? She is 78 and has an old tablet.",
        edited="@{office} Which passkeys do you recommend for my mother? She is 78 and has an old tablet.",
        reply="@{office} Understood. And what should she do if she loses the tablet one day?",
    ),
    Part(
        "plainspoken_pete",
        "tavern.example",
        "Pete speaks plainly",
        "@{office} A new warning every month, and in the end NOTHING happens anyway. "
        "What exactly are we paying you for?!",
        again="@{office} And of course no answer again. I knew it.",
        reply="@{office} Fair enough, at least a human being answers here.",
    ),
    Part(
        "mina",
        "surgery.example",
        "Mina Osman",
        "@{office} In confidence: all files in our doctor's surgery have been encrypted since this morning. "
        "Whom do we call, and should we switch the computers off?",
        visibility="direct",
        reply="@{office} Thank you very much, we are calling them right now.",
    ),
    Part(
        "techmuseum",
        "culture.example",
        "Museum of Technology",
        "@{office} This is what our screen looked like this morning. Should we be worried?",
        spoiler_text="Screenshot of malware",
        picture="Blue screen with a ransom note in English",
    ),
    Part(
        "ask_fatima",
        "school.example",
        "Fatima, class representative",
        "@{office} We are collecting for our project day: what on the net are you most wary of?",
        poll=("Fraudulent texts", "Data leaks", "Deepfakes"),
        visibility="unlisted",
    ),
    Part(
        "lena_it",
        "townhall.example",
        "Lena from the data centre",
        "@{office} One of our town's old servers still speaks TLS 1.0. Is moving to TLS 1.2 enough, "
        "or does it have to be 1.3?",
        reply="@{office} Thank you! And how do we check afterwards that everything is set up properly?",
    ),
    Part(
        "tim",
        "riverside.example",
        "Tim Brand",
        "@{office} My password lilac-garden-88 was in a data leak. Do I have to change it everywhere now?",
        edited="@{office} My password was in a data leak. Do I have to change it everywhere now?",
        second_thoughts=True,
    ),
)

SCRIPTS: Final = {"de": GERMAN, "en": ENGLISH}
