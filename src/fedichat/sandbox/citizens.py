"""Citizens for the demo: they write, correct themselves, insist, think better of it, and answer back."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable

from fedichat.sandbox.accounts import SandboxAccount
from fedichat.sandbox.model import NewMedia, NotificationType, Status
from fedichat.sandbox.pages import png
from fedichat.sandbox.scripts import SCRIPTS, Part
from fedichat.sandbox.server import Sandbox

_CORRECTED, _LATEST = 1, 2
"""How many turns after the mention."""


class Citizens:
    """The cast of the demo. `language` is `de` or `en`. Raises ValueError for any other."""

    def __init__(self, sandbox: Sandbox, office: SandboxAccount, language: str = "en") -> None:
        if language not in SCRIPTS:
            raise ValueError(f"the citizens speak {' and '.join(sorted(SCRIPTS))}, not {language}")
        self._sandbox = sandbox
        self._office = office
        self._language = language
        self._cast = {part: self._appear(part) for part in SCRIPTS[language]}

    @property
    def accounts(self) -> list[SandboxAccount]:
        """The citizens, in the order in which they write."""
        return list(self._cast.values())

    async def talk(self, *, pace: float = 4.0, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        """Write, `pace` seconds apart, and reply to the office's answers until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for part, citizen in self._cast.items():
                tasks.create_task(self._answer_back(part, citizen, pace, sleep))
            await self.write(pace=pace, sleep=sleep)

    async def write(
        self, *, pace: float = 4.0, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> list[Status]:
        """Write the mentions, `pace` seconds apart, and whatever else the parts say. Gives the mentions.

        A correction comes together with the next citizen's mention; a second message, or the deletion, together
        with the mention after that.
        """
        written: list[Status] = []
        cast = list(self._cast.items())
        for turn in range(len(cast) + _LATEST):
            if turn:
                await sleep(pace)
            if turn < len(cast):
                written.append(await self._mention(*cast[turn]))
            for after in range(1, _LATEST + 1):
                if 0 <= turn - after < len(cast):
                    await self._afterwards(*cast[turn - after], written[turn - after], after)
        return written

    async def _afterwards(self, part: Part, citizen: SandboxAccount, status: Status, turns: int) -> None:
        if turns == _CORRECTED and part.edited:
            await citizen.edit(status, self._text(part.edited))
        if turns == _LATEST and part.again:
            await citizen.post(
                self._text(part.again), in_reply_to=status, visibility=part.visibility, language=self._language
            )
        if turns == _LATEST and part.second_thoughts:
            await citizen.delete(status)

    async def _answer_back(
        self, part: Part, citizen: SandboxAccount, pace: float, sleep: Callable[[float], Awaitable[None]]
    ) -> None:
        """Favourite each of the office's answers, and reply to the first one if the part has a reply."""
        replied = False
        for heard in itertools.count():
            row = await citizen.next_notification(heard)
            answer = row.status
            if row.type is not NotificationType.MENTION or answer is None or answer.author is not self._office:
                continue
            await sleep(pace)
            if answer.deleted:
                continue
            citizen.favourite(answer)
            if part.reply and not replied:
                replied = True
                await citizen.post(
                    self._text(part.reply),
                    in_reply_to=answer,
                    visibility=part.visibility,
                    language=self._language,
                )

    async def _mention(self, part: Part, citizen: SandboxAccount) -> Status:
        picture = NewMedia(png(640, 360, (0, 70, 150)), "image/png", part.picture)
        return await citizen.post(
            self._text(part.mention),
            visibility=part.visibility,
            language=self._language,
            spoiler_text=part.spoiler_text,
            media=[picture] if part.picture else [],
            poll=part.poll,
        )

    def _appear(self, part: Part) -> SandboxAccount:
        return self._sandbox.add_account(part.username, domain=part.domain, display_name=part.name)

    def _text(self, text: str) -> str:
        return text.format(office=self._office.username)
