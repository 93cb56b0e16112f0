"""Who is in the office without servers, and the rooms that they are in."""

from fedichat.domain.names import RoomId, UserId
from fedichat.domain.tickets.mention import Author

BOT = UserId("@fedichat:example.org")
ANNA = UserId("@anna:example.org")
BEN = UserId("@ben:example.org")
EVA = UserId("@eva:example.org")
VERA = UserId("@vera:example.org")
GUS = UserId("@gus:elsewhere.example")

CARL = UserId("@carl:example.org")

TEAM, DIRECT, KRYPTO, NETZ, BOSS, CERT = (
    RoomId("!team"),
    RoomId("!direct"),
    RoomId("!krypto"),
    RoomId("!netz"),
    RoomId("!boss"),
    RoomId("!cert"),
)
ALIASES = {
    "#team:example.org": TEAM,
    "#direct:example.org": DIRECT,
    "#krypto:example.org": KRYPTO,
    "#netz:example.org": NETZ,
    "#boss:example.org": BOSS,
    "#cert:example.org": CERT,
}
IN_ROOM = {
    TEAM: (ANNA, BEN, GUS),
    DIRECT: (ANNA, BEN),
    KRYPTO: (EVA, GUS),
    NETZ: (EVA,),
    BOSS: (VERA,),
    CERT: (BEN, CARL),
}
BSI = Author("bsi@social.example.org", "BSI", "https://social.example.org/@bsi")
