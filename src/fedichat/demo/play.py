"""`fedichat demo`: starts everything it needs, plays, and takes it all down again."""

import asyncio
import logging
import os
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path

from fedichat.demo.clock import SteeredClock
from fedichat.demo.console import Console
from fedichat.demo.console_words import LOOK
from fedichat.demo.office import demo_office, who_is_where
from fedichat.demo.showing import Both, Show
from fedichat.demo.stage import PASSWORD, Stage
from fedichat.demo.synapse import Synapse
from fedichat.demo.terminal import Terminal
from fedichat.demo.tour.day import UNDO_SECONDS, play_glimpse, play_tour
from fedichat.demo.tour.guide import Guide, NotAsExpected
from fedichat.sandbox.server import Sandbox

WORKED, FAILED = 0, 1
CONSOLE_UNDO_SECONDS = 10


async def play(*, tour: bool, language: str) -> int:
    """Play the demo or the tour, and give the exit code; SIGTERM and SIGHUP end it in good order as well.

    0: everything happened, or the console was left; 1: something did not happen as it should.
    """
    own_task, loop = asyncio.current_task(), asyncio.get_running_loop()
    ended_by: list[int] = []

    def end(number: int) -> None:
        ended_by.append(number)
        if own_task is not None:
            own_task.cancel()

    for number in (signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, end, number)
    try:
        return await _play(tour, language)
    except asyncio.CancelledError:
        if not ended_by:
            raise
        return 128 + ended_by[0]
    except BrokenPipeError:
        # Whoever was reading has gone (`| head`): Python must not stumble over that when it exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    finally:
        for number in (signal.SIGTERM, signal.SIGHUP):
            loop.remove_signal_handler(number)


async def _play(tour: bool, language: str) -> int:  # noqa: FBT001 - as argparse gives it
    started, show = time.monotonic(), Show()
    is_alone = tour or not _somebody_is_there()
    show.heading(_ABOUT.said_in(language))
    clock = SteeredClock()
    undo_seconds = UNDO_SECONDS if is_alone else CONSOLE_UNDO_SECONDS
    # Servers report few edits, so the bot looks for them: somebody who plays should not wait as long as an office.
    recheck_every = "10 minutes" if is_alone else "1 minute"
    async with _everything(language, clock, undo_seconds=undo_seconds, recheck_every=recheck_every) as stage:
        if not is_alone:
            await _console(stage, show, language)
            return WORKED
        if not tour:
            show.heading(_NOBODY_THERE.said_in(language))
        return await lead(Guide(stage, show, language, clock), started, whole=tour)


async def lead(guide: Guide, started: float, *, whole: bool = True) -> int:
    """Lead through the tour, or only through its beginning, and give the exit code."""
    show = guide.show
    try:
        await (play_tour(guide) if whole else play_glimpse(guide))
    except NotAsExpected as error:
        show.bad(str(error))
        return FAILED
    counts = f"{guide.steps}", f"{guide.checks}", f"{time.monotonic() - started:.0f}"
    show.heading(_HAPPENED.said_in(guide.language).format(*counts))
    return WORKED


async def _console(stage: Stage, show: Show, language: str) -> None:
    show.write("")
    people = f"\n{' ' * 14}".join(f"{name:<12}{rooms}" for name, rooms in who_is_where(stage))
    show.write(LOOK.said_in(language).format(homeserver=stage.synapse.url, password=PASSWORD, people=people))
    async with Terminal() as terminal:
        with _logging_to(terminal):
            await Console(stage, terminal, language).run()
    show.line(_GOODBYE.said_in(language), 0)


@asynccontextmanager
async def _everything(
    language: str, clock: SteeredClock, *, undo_seconds: int, recheck_every: str
) -> AsyncIterator[Stage]:
    """Servers, people and the bot, in a temporary folder; everything is removed at the end."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fedichat-")))
        with _starting(_SYNAPSE.said_in(language)) as where:
            synapse = await stack.enter_async_context(Synapse(folder / "synapse"))
            where.append(synapse.url)
        with _starting(_SANDBOX.said_in(language)) as where:
            sandbox = await stack.enter_async_context(Sandbox())
            where.append(sandbox.url)
        with _starting(_PEOPLE.said_in(language)):
            stage = await stack.enter_async_context(
                demo_office(
                    synapse,
                    sandbox,
                    folder,
                    language=language,
                    undo_seconds=undo_seconds,
                    recheck_every=recheck_every,
                )
            )
        with _starting(_BOT.said_in(language)):
            await stack.enter_async_context(stage.bot_running(clock=clock))
        yield stage


@contextmanager
def _starting(what: str) -> Iterator[list[str]]:
    """A line that begins when something starts and ends when it is up, with the details put into the list."""
    began, details = time.monotonic(), list[str]()
    print(f"  {what} … ", end="", flush=True)
    try:
        yield details
    except BaseException:
        print("✘", flush=True)
        raise
    print("  ".join([f"✔ {time.monotonic() - began:.1f} s", *details]), flush=True)


@contextmanager
def _logging_to(terminal: Terminal) -> Iterator[None]:
    """Print what is logged above what is being typed."""
    handlers = [each for each in logging.getLogger().handlers if isinstance(each, logging.StreamHandler)]
    before = [handler.setStream(terminal) for handler in handlers]
    try:
        yield
    finally:
        for handler, stream in zip(handlers, before, strict=True):
            if stream is not None:
                handler.setStream(stream)


def _somebody_is_there() -> bool:
    return sys.stdin is not None and not sys.stdin.closed and sys.stdin.isatty()


_ABOUT = Both(
    "fedichat demo: everything runs on this machine, in a temporary folder that is removed at the end",
    "fedichat zum Ausprobieren: Alles läuft auf diesem Rechner, in einem Ordner, der am Ende gelöscht wird",
)
_SYNAPSE = Both("a Matrix server (Synapse)", "ein Matrix-Server (Synapse)")
_SANDBOX = Both("a small fediverse (the sandbox)", "ein kleines Fediverse (die Sandbox)")
_PEOPLE = Both("Anna, Ben, Max, Vera and their rooms", "Anna, Ben, Max, Vera und ihre Räume")
_BOT = Both("the bot", "der Bot")
_NOBODY_THERE = Both(
    "There is no terminal to type in, so this is only a glimpse. `fedichat demo --tour` shows everything.",
    "Ohne Terminal sind keine Eingaben möglich, daher nur ein kurzer Einblick. Alles zeigt `fedichat demo --tour`.",
)
_HAPPENED = Both(
    "All of it really happened: {} steps, {} checks, {} seconds.",
    "Das alles ist tatsächlich passiert: {} Schritte, {} Prüfungen, {} Sekunden.",
)
_GOODBYE = Both("Goodbye! Cleaning up.", "Auf Wiedersehen! Es wird aufgeräumt.")
