"""An office without servers: the whole bot on a real database; rooms and a fediverse that do as they are told, no more.

Nothing here decides anything: rooms keep what was sent, the fediverse keeps what was published. For tests of what many
small steps lead to; what servers make of it is for the scenarios.
"""

from tests.world.fediverse import Fediverse as Fediverse
from tests.world.people import ANNA as ANNA
from tests.world.people import BEN as BEN
from tests.world.people import BOSS as BOSS
from tests.world.people import BOT as BOT
from tests.world.people import BSI as BSI
from tests.world.people import CARL as CARL
from tests.world.people import CERT as CERT
from tests.world.people import DIRECT as DIRECT
from tests.world.people import EVA as EVA
from tests.world.people import GUS as GUS
from tests.world.people import KRYPTO as KRYPTO
from tests.world.people import NETZ as NETZ
from tests.world.people import TEAM as TEAM
from tests.world.people import VERA as VERA
from tests.world.rooms import Rooms as Rooms
from tests.world.rooms import Sent as Sent
from tests.world.world import World as World
