"""An echo on maubot: the same answers as the bare floor's, in the way in which plugins are usually written.

Loaded by maubot alone. Nothing of fedichat imports it, nothing of it is in the wheel.
"""

import json
from pathlib import Path
from typing import Any

from maubot import MessageEvent, Plugin
from maubot.handlers import event
from mautrix.types import EventType, ReactionEvent, TextMessageEventContent


class Echo(Plugin):  # type: ignore[misc] # carries no types here, see pyproject.toml
    async def start(self) -> None:
        answers = json.loads(Path(__file__).with_name("answers.json").read_text(encoding="utf-8"))
        self._edit: dict[str, Any] = answers.pop("edit")["m.new_content"]
        self._answers: dict[str, dict[str, Any]] = answers

    @event.on(EventType.ROOM_MESSAGE)  # type: ignore[untyped-decorator]
    async def answer(self, message: MessageEvent) -> None:
        found = self._answers.get(message.content.body)
        if found is not None and message.sender != self.client.mxid:
            await message.reply(TextMessageEventContent.deserialize(found))

    @event.on(EventType.REACTION)  # type: ignore[untyped-decorator]
    async def edit_card(self, reaction: ReactionEvent) -> None:
        content = TextMessageEventContent.deserialize(self._edit)
        content.set_edit(reaction.content.relates_to.event_id)
        await self.client.send_message(reaction.room_id, content)
