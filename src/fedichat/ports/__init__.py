"""What fedichat needs of the world, as Protocols: a clock, the fediverse, the rooms. `adapters` fulfil them.

Both far ends raise only `FarEndError`s (see `fedichat.errors`) for what servers and networks do, and `StopError` when
our own access has been withdrawn.
"""

from fedichat.domain.names import EventId as EventId
from fedichat.domain.names import RoomId as RoomId
from fedichat.domain.names import UserId as UserId
from fedichat.domain.tickets.remark import SharedFile as SharedFile
from fedichat.ports.clock import Clock as Clock
from fedichat.ports.events import AnyHeard as AnyHeard
from fedichat.ports.events import AskedToVerify as AskedToVerify
from fedichat.ports.events import Edited as Edited
from fedichat.ports.events import Heard as Heard
from fedichat.ports.events import Reacted as Reacted
from fedichat.ports.events import Redacted as Redacted
from fedichat.ports.events import Spoken as Spoken
from fedichat.ports.events import Unproven as Unproven
from fedichat.ports.events import Unreadable as Unreadable
from fedichat.ports.fediverse import MOST_AT_ONCE as MOST_AT_ONCE
from fedichat.ports.fediverse import Fediverse as Fediverse
from fedichat.ports.fediverse import Known as Known
from fedichat.ports.fediverse import Limits as Limits
from fedichat.ports.fediverse import NewStatus as NewStatus
from fedichat.ports.fediverse import PublishedStatus as PublishedStatus
from fedichat.ports.fediverse import StreamListener as StreamListener
from fedichat.ports.fediverse import can_wait as can_wait
from fedichat.ports.files import FileData as FileData
from fedichat.ports.rooms import FileMessage as FileMessage
from fedichat.ports.rooms import Mark as Mark
from fedichat.ports.rooms import Message as Message
from fedichat.ports.rooms import Rooms as Rooms
from fedichat.ports.rooms import RoomState as RoomState
from fedichat.ports.troubles import KeyTrouble as KeyTrouble
from fedichat.ports.troubles import RoomBook as RoomBook
from fedichat.ports.troubles import RoomTrouble as RoomTrouble
from fedichat.ports.troubles import StepBook as StepBook
from fedichat.ports.troubles import Trouble as Trouble
