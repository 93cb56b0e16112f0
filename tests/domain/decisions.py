"""What tests of decisions share: somebody who asks, and what is said."""

from dataclasses import replace

from fedichat.domain.cause import Cause
from fedichat.domain.change import DONE, Change
from fedichat.domain.effects import React, Tell
from fedichat.domain.names import EventId, UserId
from tests.factories import ANNA, NOW, TEAM

TYPED = Cause(EventId("$said"), ANNA, TEAM, NOW, answer_to=EventId("$said"))
TAPPED = replace(TYPED, answer_to=None)
SEEN = React(TEAM, EventId("$said"), DONE)


def told(change: Change) -> list[tuple[tuple[UserId, ...], str]]:
    """What is said, and whom it wakes."""
    return [(one.meant, one.message) for one in change.effects if isinstance(one, Tell)]
