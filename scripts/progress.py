"""Running commands so that somebody who waits sees that something happens: on a terminal, in a log, in a pipe."""

import os
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator

# Without a terminal, somebody who reads along in a log should see a line at least this often.
SILENCE_SECONDS = 10.0


def say(text: str) -> None:
    """Prints one line at once, also into a pipe."""
    print("setup: " + text, flush=True)


def quietly(doing: str, commands: "list[list[str]]", environment: "dict[str, str]") -> "str | None":
    """Runs commands side by side, showing that they work; gives the words of one that failed, None if none did."""
    with tempfile.TemporaryFile("w+") as words:
        running = [
            subprocess.Popen(command, env=environment, stdout=words, stderr=subprocess.STDOUT, text=True)
            for command in commands
        ]
        progress = Progress(doing)
        while any(process.poll() is None for process in running):
            time.sleep(0.05)
            progress.tick()
        progress.end()
        words.seek(0)
        return words.read() if any(process.returncode for process in running) else None


def openly(doing: str, command: "list[str]", environment: "dict[str, str]") -> int:
    """Runs uv with its progress bars on a terminal, elsewhere with a line for each step; gives its exit code."""
    if sys.stdout.isatty():
        say(doing)
        return subprocess.run(command, env=environment, check=False).returncode
    progress = Progress(doing)
    ours, theirs = os.pipe()
    with subprocess.Popen(command, env=environment, stdout=theirs, stderr=subprocess.STDOUT) as running:
        os.close(theirs)
        for line in lines_of(ours, progress.tick):
            # What was installed in the end is said in the lock already.
            if not line.startswith((" + ", " - ", " ~ ")):
                progress.line(line.strip())
    os.close(ours)
    return running.returncode


def lines_of(pipe: int, meanwhile: "Callable[[], None]") -> "Iterator[str]":
    """The lines that come out of a pipe until it is closed; `meanwhile` is called about every second."""
    rest = b""
    while True:
        ready, _, _ = select.select([pipe], [], [], 1.0)
        meanwhile()
        if not ready:
            continue
        read = os.read(pipe, 65536)
        if not read:
            return
        *lines, rest = (rest + read).split(b"\n")
        yield from (line.decode("utf-8", "replace") for line in lines)


class Progress:
    """A line that moves on a terminal; elsewhere, lines that come often enough."""

    def __init__(self, doing: str) -> None:
        self.doing = doing
        self.started = self.shown = time.monotonic()
        self.moving = sys.stdout.isatty()
        if self.moving:
            print("setup: " + doing, end="", flush=True)
        else:
            say(doing)

    def tick(self) -> None:
        """Shows how long it has taken so far, if it is time for that."""
        now = time.monotonic()
        if now - self.shown < (1.0 if self.moving else SILENCE_SECONDS):
            return
        self.shown = now
        text = "{} … {:.0f} s".format(self.doing, now - self.started)
        if self.moving:
            print("\r\033[Ksetup: " + text, end="", flush=True)
        else:
            say(text)

    def line(self, text: str) -> None:
        """Prints what a command says."""
        self.shown = time.monotonic()
        say(text)

    def end(self) -> None:
        """Leaves the moving line."""
        if self.moving:
            print(flush=True)
