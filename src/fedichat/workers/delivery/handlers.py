"""Which handler carries out which effect: the one place where an effect's handler is named."""

from collections.abc import Mapping
from typing import Any

from fedichat.desk import Desk
from fedichat.domain import effects
from fedichat.domain.effects import EFFECTS, Effect
from fedichat.ports import Clock, Fediverse, Rooms
from fedichat.workers.delivery.ask import AskHandler
from fedichat.workers.delivery.card import CardHandler
from fedichat.workers.delivery.chart import ChartHandler
from fedichat.workers.delivery.digest import DigestHandler
from fedichat.workers.delivery.discard import DiscardHandler
from fedichat.workers.delivery.follow_up import FollowUpHandler
from fedichat.workers.delivery.gate import Gate
from fedichat.workers.delivery.handler import Handler
from fedichat.workers.delivery.handover import HandoverHandler
from fedichat.workers.delivery.media import MediaHandler
from fedichat.workers.delivery.missed import MissedHandler
from fedichat.workers.delivery.pin import PinHandler
from fedichat.workers.delivery.prepare import PrepareHandler
from fedichat.workers.delivery.preview import PreviewHandler
from fedichat.workers.delivery.proposal import ProposalHandler
from fedichat.workers.delivery.publish import PublishHandler
from fedichat.workers.delivery.published import PublishedHandler
from fedichat.workers.delivery.react import ReactHandler
from fedichat.workers.delivery.redact import RedactHandler
from fedichat.workers.delivery.remark import RemarkHandler
from fedichat.workers.delivery.remind import RemindHandler
from fedichat.workers.delivery.say import SayHandler
from fedichat.workers.delivery.settled import SettledHandler
from fedichat.workers.delivery.tell import TellHandler
from fedichat.workers.delivery.uploading import Uploading
from fedichat.workers.delivery.voice import Voice

Handlers = Mapping[type[Effect], Handler[Any]]


def handlers_of(
    desk: Desk, clock: Clock, rooms: Rooms, voice: Voice, fediverses: Mapping[str, Fediverse], largest_media: int
) -> Handlers:
    """One handler for each class of effect. `largest_media`: in bytes, what of citizens' media is shown in rooms.

    Raises LookupError where a class has none, or a handler is for none.
    """
    ask, follow_up = AskHandler(desk, voice), FollowUpHandler(desk, voice)
    uploading = Uploading(desk, fediverses, voice)
    handlers: Handlers = {
        effects.Ask: ask,
        effects.Discard: DiscardHandler(desk, fediverses),
        effects.Pin: PinHandler(desk, fediverses),
        effects.Prepare: PrepareHandler(desk, fediverses, uploading),
        effects.Publish: PublishHandler(desk, fediverses, uploading, Gate(desk, rooms, clock), clock),
        effects.React: ReactHandler(desk, voice),
        effects.Redact: RedactHandler(desk, voice),
        effects.Remind: RemindHandler(desk, voice),
        effects.Say: SayHandler(desk, voice),
        effects.ShowCard: CardHandler(desk, voice),
        effects.ShowChart: ChartHandler(desk, voice),
        effects.ShowDigest: DigestHandler(desk, voice),
        effects.ShowEdited: follow_up,
        effects.ShowFollowUp: follow_up,
        effects.ShowHandover: HandoverHandler(desk, voice),
        effects.ShowMedia: MediaHandler(desk, voice, fediverses, largest_media),
        effects.ShowMissed: MissedHandler(desk, voice, ask),
        effects.ShowPreview: PreviewHandler(desk, voice),
        effects.ShowProposal: ProposalHandler(desk, voice),
        effects.ShowPublished: PublishedHandler(desk, voice),
        effects.ShowRemark: RemarkHandler(desk, voice),
        effects.ShowSettled: SettledHandler(desk, voice),
        effects.Tell: TellHandler(desk, voice),
    }
    must_be_complete(handlers)
    return handlers


def must_be_complete(handlers: Handlers) -> None:
    """Raise LookupError for an effect without a handler, and for a handler of something that is no effect."""
    odd = {kind.__name__ for kind in {*EFFECTS} ^ handlers.keys()}
    if odd:
        raise LookupError(f"an effect needs one class in EFFECTS and one handler: {', '.join(sorted(odd))}")
