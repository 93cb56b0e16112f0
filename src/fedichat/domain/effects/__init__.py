"""What must follow a decision: recorded with it in one transaction, carried out afterwards by delivery.

Every effect can be repeated safely, and what it shows is read when it is carried out, so that a late one shows the
present. Effects of one lane are carried out in order, lanes side by side.

An effect is one class here, listed in `EFFECTS`, and one handler in `workers/delivery`.
"""

from fedichat.domain.effects.base import AccountEffect as AccountEffect
from fedichat.domain.effects.base import Effect as Effect
from fedichat.domain.effects.base import Queue as Queue
from fedichat.domain.effects.base import RoomEffect as RoomEffect
from fedichat.domain.effects.base import StatusEffect as StatusEffect
from fedichat.domain.effects.base import account_lanes as account_lanes
from fedichat.domain.effects.posts import Discard as Discard
from fedichat.domain.effects.posts import Pin as Pin
from fedichat.domain.effects.posts import Prepare as Prepare
from fedichat.domain.effects.posts import Publish as Publish
from fedichat.domain.effects.posts import ShowMissed as ShowMissed
from fedichat.domain.effects.posts import ShowPreview as ShowPreview
from fedichat.domain.effects.reports import ShowChart as ShowChart
from fedichat.domain.effects.reports import ShowDigest as ShowDigest
from fedichat.domain.effects.reports import ShowHandover as ShowHandover
from fedichat.domain.effects.said import Ask as Ask
from fedichat.domain.effects.said import React as React
from fedichat.domain.effects.said import Redact as Redact
from fedichat.domain.effects.said import Remind as Remind
from fedichat.domain.effects.said import Say as Say
from fedichat.domain.effects.said import ShowSettled as ShowSettled
from fedichat.domain.effects.said import Tell as Tell
from fedichat.domain.effects.tickets import ShowCard as ShowCard
from fedichat.domain.effects.tickets import ShowEdited as ShowEdited
from fedichat.domain.effects.tickets import ShowFollowUp as ShowFollowUp
from fedichat.domain.effects.tickets import ShowMedia as ShowMedia
from fedichat.domain.effects.tickets import ShowProposal as ShowProposal
from fedichat.domain.effects.tickets import ShowPublished as ShowPublished
from fedichat.domain.effects.tickets import ShowRemark as ShowRemark
from fedichat.domain.phrase import Field as Field

EFFECTS: tuple[type[Effect], ...] = (
    Ask,
    Discard,
    Pin,
    Prepare,
    Publish,
    React,
    Redact,
    Remind,
    Say,
    ShowCard,
    ShowChart,
    ShowDigest,
    ShowEdited,
    ShowFollowUp,
    ShowHandover,
    ShowMedia,
    ShowMissed,
    ShowPreview,
    ShowProposal,
    ShowPublished,
    ShowRemark,
    ShowSettled,
    Tell,
)
"""Every effect that the outbox can hold, kept there by the class's name."""
