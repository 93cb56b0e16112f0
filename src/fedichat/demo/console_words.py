"""What the console itself says, in both languages."""

from fedichat.demo.showing import Both

LOOK = Both(
    """\
With any Matrix client you can look in, too:
  homeserver  {homeserver}
  user        anna        password  {password}
  rooms       {rooms}""",
    """\
Mit jedem Matrix-Client kann man auch selbst hineinsehen:
  Homeserver  {homeserver}
  Konto       anna        Passwort  {password}
  Räume       {rooms}""",
)

GREETING = Both(
    """\
You are Anna of the communications staff. Citizens are about to write to @{account}:
each question becomes a card. Try: !claim 1, then !answer 1 Thank you for asking!,
then + yes to publish what the preview shows. !help lists what the bot understands,
/help what this console does. /quit or Ctrl-D ends it.""",
    """\
Hier schreibt Anna aus der Kommunikation. Gleich melden sich Leute bei @{account}:
jede Frage wird zu einer Karte. Zum Beispiel: !übernehmen 1, dann !antwort 1 Danke!,
dann + ja, um zu veröffentlichen, was die Vorschau zeigt. !hilfe nennt, was der Bot
versteht, /hilfe, was diese Konsole kann. /ende oder Strg-D beendet alles.""",
)

HELP = Both(
    """\
text             say it in the room; commands to the bot begin with !
+ 👀 [1]         react to the card of #1, else to the newest card; also: + claim, + ignore
+ ✅ [P1]        react to the preview of P1, else to the newest preview; also: + yes, + no
- 👀 [1]         take that reaction back
/thread 1 text   say it in the thread of #1, where commands need no number
/edit text       change your last message; after !answer, its preview follows
/room            go to the other room and back
/help, /quit     this list; end the demo (also Ctrl-D, Ctrl-C)""",
    """\
Text             im Raum sagen; Befehle an den Bot beginnen mit !
+ 👀 [1]         auf die Karte von #1 reagieren, sonst auf die neueste; auch: + übernehmen, + ignorieren
+ ✅ [P1]        auf die Vorschau von P1 reagieren, sonst auf die neueste; auch: + ja, + nein
- 👀 [1]         diese Reaktion zurücknehmen
/thread 1 Text   im Thread von #1 sagen, wo Befehle keine Nummer brauchen
/ändern Text     die eigene letzte Nachricht ändern; nach !antwort folgt die Vorschau
/raum            in den anderen Raum wechseln und zurück
/hilfe, /ende    diese Liste; alles beenden (auch Strg-D, Strg-C)""",
)

UNKNOWN = Both(
    "This console does not know {typed}. /help lists what it knows.",
    "Diese Konsole kennt {typed} nicht. /hilfe nennt, was sie kennt.",
)
NO_CARD = Both("There is no card {target} to react to yet.", "Eine Karte {target} gibt es noch nicht.")
NO_PREVIEW = Both(
    "There is no preview {target} to react to. !answer makes one.",
    "Eine Vorschau {target} gibt es nicht. !antwort macht eine.",
)
NO_REACTION = Both("You have not reacted with {key} there.", "Dort steht keine Reaktion {key} von Anna.")
NOTHING_SAID = Both("You have not said anything yet.", "Anna hat noch nichts geschrieben.")
HOW_TO_REACT = Both("For example: + 👀 1", "Zum Beispiel: + 👀 1")
HOW_TO_THREAD = Both("For example: /thread 1 !claim", "Zum Beispiel: /thread 1 !übernehmen")
READS = Both("{name} reads ({audience})", "{name} liest ({audience})")
ROOMS = {
    "team": Both("Social media", "Social Media"),
    "direct": Both("Direct messages", "Direktnachrichten"),
}

KEYS = {
    "yes": "✅", "ja": "✅",
    "no": "❌", "nein": "❌",
    "claim": "👀", "übernehmen": "👀",
    "ignore": "🙈", "ignorieren": "🙈",
}  # fmt: skip
"""Words for emoji that are hard to type."""
ON_PREVIEWS = frozenset({"✅", "❌"})
