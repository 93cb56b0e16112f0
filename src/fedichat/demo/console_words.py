"""What the console itself says, in both languages."""

from fedichat.demo.showing import Both

LOOK = Both(
    """\
You can also look in with any Matrix client:
  homeserver  {homeserver}
  password    {password}, the same for everybody
  people      {people}""",
    """\
Die Räume lassen sich auch mit jedem Matrix-Client ansehen:
  Homeserver  {homeserver}
  Passwort    {password} (für alle gleich)
  Personen    {people}""",
)

GREETING = Both(
    """\
You are Anna, of the communications staff. Citizens are about to write to
@{account}, and each question becomes a card. Try !claim 1, then
!answer 1 Thanks, then + yes to publish what the preview shows. Or ask the
experts, with !escalate 1 krypto Is that so?, and answer as one of them:
/room max. Plan a post, with !schedule in 2 minutes | Good morning!, and
confirm it as a colleague: /room ben, then + yes. Vera is the supervisor:
/room vera, then !digest. !help lists what the bot understands, /help what
this console can do. /quit or Ctrl-D ends the demo.""",
    """\
Hier schreibt Anna aus der Pressestelle. Gleich gehen bei @{account} Fragen
ein, und jede wird zu einer Karte. Zum Beispiel: !übernehmen 1, dann !antwort 1
Danke!, dann + ja, um zu veröffentlichen, was die Vorschau zeigt. Oder das
Fachreferat fragen, mit !weiterleiten 1 krypto Stimmt das?, und dort selbst
antworten: /raum max. Einen Beitrag planen, mit !planen in 2 Minuten |
Guten Morgen!, und als zweite Person freigeben: /raum ben, dann + ja. Vera
gehört zur Leitung: /raum vera, dann !tagesbericht. !hilfe zeigt, was der Bot
versteht, /hilfe, was diese Konsole kann. /ende oder Strg-D beendet alles.""",
)

HELP = Both(
    """\
text             say it in the room; commands to the bot begin with !
+ 👀 [1]         react to the card of #1, or to the newest card;
                 also: + claim, + ignore, + experts, + snooze
+ ✅ [P1]        react to the preview of P1, or to the newest thing to tap;
                 also: + yes, + no, + 1
- 👀 [1]         take that reaction back
/thread 1 text   say it in the thread of #1 (or of P1), where commands need no
                 number
/picture 1 text  put a picture into that thread, for !answer 1 --with 1 …
/edit text       change your last message; after !answer, its preview follows
/room [name]     go to the next room, or to that one; with the experts you
                 are Max, with the supervisors Vera. /room ben: you are Anna's
                 colleague, who may confirm what she plans; /room anna
/help, /quit     this list; end the demo (also Ctrl-D, Ctrl-C)""",
    """\
Text             im Raum sagen; Befehle an den Bot beginnen mit !
+ 👀 [1]         auf die Karte von #1 reagieren, sonst auf die neueste;
                 auch: + übernehmen, + ignorieren, + fragen, + zurückstellen
+ ✅ [P1]        auf die Vorschau von P1 reagieren, sonst auf die neueste
                 Nachricht mit Knöpfen; auch: + ja, + nein, + 1
- 👀 [1]         diese Reaktion zurücknehmen
/thread 1 Text   im Thread von #1 (oder von P1) sagen, wo Befehle keine Nummer
                 brauchen
/bild 1 Text     ein Bild in diesen Thread stellen, für !antwort 1 --mit 1 …
/ändern Text     die eigene letzte Nachricht ändern; nach !antwort folgt die
                 Vorschau
/raum [Name]     in den nächsten oder den genannten Raum wechseln; im Fachreferat
                 schreibt Max, bei der Leitung Vera. /raum ben: im Team
                 schreibt Ben, der Annas Planung freigeben darf; /raum anna
/hilfe, /ende    diese Übersicht; alles beenden (auch Strg-D, Strg-C)""",
)

UNKNOWN = Both(
    "This console does not know {typed}. /help lists what it can do.",
    "Die Eingabe {typed} ist hier unbekannt. /hilfe zeigt, was die Konsole kann.",
)
NO_CARD = Both("There is no card{target} here yet.", "Eine Karte{target} gibt es hier noch nicht.")
NO_PREVIEW = Both(
    "There is no preview{target} here. !answer and !schedule make one.",
    "Eine Vorschau{target} gibt es hier nicht. Sie entsteht mit !antwort oder !planen.",
)
NO_REACTION = Both("You have not reacted with {key} there.", "Dort gibt es keine eigene Reaktion {key}.")
NOTHING_SAID = Both("You have not said anything yet.", "Bisher wurde hier nichts geschrieben.")
HOW_TO_REACT = Both("For example: + 👀 1", "Zum Beispiel: + 👀 1")
HOW_TO_THREAD = Both("For example: /thread 1 !claim", "Zum Beispiel: /thread 1 !übernehmen")
HOW_TO_PICTURE = Both("For example: /picture 1", "Zum Beispiel: /bild 1")
PICTURE = Both("what-to-do.png", "was-tun.png")
NO_ROOM = Both(
    "There is no room {name}. There are: {rooms}", "Einen Raum {name} gibt es nicht. Zur Wahl stehen: {rooms}"
)
READS = Both("{name} reads ({audience})", "{name} liest ({audience})")
ROOMS = {
    "team": Both("Social media", "Social Media"),
    "direct": Both("Direct messages", "Direktnachrichten"),
    "supervisors": Both("Supervisors", "Leitung"),
}

KEYS = {
    "yes": "✅", "ja": "✅",
    "no": "❌", "nein": "❌",
    "claim": "👀", "übernehmen": "👀",
    "ignore": "🙈", "ignorieren": "🙈",
    "experts": "🆘", "fragen": "🆘",
    "snooze": "🔔", "zurückstellen": "🔔",
    "1": "1\ufe0f\u20e3", "2": "2\ufe0f\u20e3",
}  # fmt: skip
"""Words for emoji that are hard to type."""
ON_CARDS = frozenset({"👀", "🙈", "🆘", "🔔"})
