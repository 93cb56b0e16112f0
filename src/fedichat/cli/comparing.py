"""The person at the terminal with whom a colleague compares emoji, to verify a running fedichat."""

import json
import os
import select
import socket
import sys
import termios
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from fedichat.adapters.matrix.encryption.sas_emoji import EMOJI
from fedichat.adapters.matrix.encryption.verify_socket import connected
from fedichat.errors import FedichatError
from fedichat.text.terminal import ask, say

_YES: Final = frozenset({"y", "yes", "j", "ja"})
_NO: Final = frozenset({"n", "no", "nein"})
_ENDED: Final = {
    "DONE": "Verified: both sides have the same keys. Their client trusts fedichat from now on.",
    "UNCONFIRMED": "Confirmed here. Their client has not said whether it agrees: ask them what it shows.",
    "MISMATCH": "Not verified: the emoji were not the same. Try again; if they differ again, somebody may be "
    "listening in: tell whoever runs the homeserver.",
    "WRONG_KEYS": "Not verified: their keys are not those that the homeserver shows for them. Try again; if it "
    "happens again, somebody may be listening in: tell whoever runs the homeserver.",
    "CANCELLED": "Not verified: it was cancelled in their client.",
    "REFUSED": "Not verified.",
    "TIMEOUT": "Not verified: it took too long.",
    "NOT_UNDERSTOOD": "Not verified: their client does something that fedichat does not understand. Another of "
    "their clients may work.",
}


def compare(folder: Path, language: str, *, stdin: int | None = None) -> int:
    """Answer colleagues who want to verify fedichat, one after the other, until Ctrl-C; the exit code.

    `folder` is the store folder of the running fedichat. Emoji are named in English, and in the office's `language`.
    `stdin` is the file descriptor that answers are read from. Raises FedichatError if there is nothing to connect to.
    """
    if stdin is None and sys.stdin is None:  # closed by the program that started us
        raise FedichatError("fedichat verify needs a person to answer: run it in a terminal.")
    with _line(folder) as sock:
        return _AtTheTerminal(sock, language, sys.stdin.fileno() if stdin is None else stdin).run()


def _line(folder: Path) -> socket.socket:
    try:
        return connected(folder)
    except PermissionError as error:
        raise FedichatError(
            f"You may not use {folder}. Run this as the user that fedichat runs as, for example: "
            "sudo -u fedichat fedichat verify"
        ) from error
    except (FileNotFoundError, ConnectionRefusedError) as error:
        raise FedichatError(
            f"No fedichat is running with the store folder {folder}, or it has not reached its homeserver yet. "
            "Start it, wait until its log says that it is ready, then run this again."
        ) from error
    except OSError as error:
        raise FedichatError(f"The running fedichat cannot be reached in {folder}: {error.strerror}") from error


class _AtTheTerminal:
    def __init__(self, sock: socket.socket, language: str, stdin: int) -> None:
        self._sock = sock
        self._language = language
        self._stdin = stdin
        self._is_open = True
        """Whether anything can still be typed."""
        self._typed = b""
        self._heard = b""
        self._asker = ""
        self._is_asking = False

    def run(self) -> int:
        try:
            while True:
                watched: list[socket.socket | int] = [self._sock, *([self._stdin] if self._is_open else [])]
                ready, _, _ = select.select(watched, [], [])
                if self._sock in ready and (code := self._hear()) is not None:
                    return code
                if self._stdin in ready:
                    self._read()
        except KeyboardInterrupt:
            if not self._asker:
                say("")
                return 0
            say("")
            say("Cancelled; their client has been notified.")
            raise

    # --- what fedichat says ---

    def _hear(self) -> int | None:
        """Show what has come; the exit code if that was the end, else None."""
        try:
            data = self._sock.recv(65_536)
        except ConnectionResetError:
            data = b""
        if not data:
            self._new_line()
            say("fedichat has stopped; nothing more can be verified. Start it, then run this again.", error=True)
            return 1
        *lines, self._heard = (self._heard + data).split(b"\n")
        for line in lines:
            self._show(json.loads(line))
        return None

    def _show(self, message: Mapping[str, object]) -> None:
        shows: dict[object, Callable[[Mapping[str, object]], None]] = {
            "hello": self._hello,
            "asked": self._asked,
            "compare": self._compare,
            "ended": self._ended,
            "taken": self._taken,
        }
        if message.get("says") in shows:
            shows[message["says"]](message)

    def _hello(self, it: Mapping[str, object]) -> None:
        say(f"{it['user']}, device {it['device']}, fingerprint {it['fingerprint']}")
        say("Waiting for somebody in one of fedichat's rooms to verify it in their client. Ctrl-C ends this.")

    def _asked(self, it: Mapping[str, object]) -> None:
        self._new_line()
        self._asker = str(it["user"])
        device = f"{it['device_name']} ({it['device']})" if it["device_name"] else str(it["device"])
        say(f"{it['user']} (“{it['name']}”) asks, from the device {device}.")
        if not it["is_signed"]:
            say("They have not verified that device themselves; until they do, it may be unable to read fedichat.")
        say("Their client goes on by itself; type n and Enter to refuse.")

    def _compare(self, it: Mapping[str, object]) -> None:
        say("Compare this with what their client shows, face to face or on the phone, not in a chat:")
        for line in _lines(it, self._language):
            say(f"  {line}")
        self._forget_what_was_typed()
        if not self._is_open:
            say("Nobody can answer here (standard input is closed).", error=True)
            self._answer(matches=False)
            return
        self._is_asking = True
        ask("Do they match? [y/N]")

    def _ended(self, it: Mapping[str, object]) -> None:
        self._new_line()
        reason = f" They say: “{it['reason']}”" if it["reason"] else ""
        say(f"Not verified: {it['reason']}" if it["outcome"] == "BROKE" else f"{_ENDED[str(it['outcome'])]}{reason}")
        self._asker = ""
        say("Waiting for the next one. Ctrl-C ends this.")

    def _taken(self, _it: Mapping[str, object]) -> None:
        raise FedichatError("Somebody else is running fedichat verify already; only one person can at a time.")

    # --- what the person says ---

    def _read(self) -> None:
        for line in self._typed_lines():
            word = line.strip().lower()
            if self._is_asking:
                self._is_asking = False
                self._answer(matches=word in _YES)
            elif self._asker and word in _NO:
                say("Refused. They get no answer until you run this again.")
                self._answer(matches=False)
        if not self._is_open and self._is_asking:
            self._new_line()
            self._answer(matches=False)

    def _typed_lines(self) -> Iterator[str]:
        data = os.read(self._stdin, 4096)
        self._is_open = bool(data)
        *lines, self._typed = (self._typed + data).split(b"\n")
        return (line.decode(errors="replace") for line in lines)

    def _forget_what_was_typed(self) -> None:
        """Whatever was typed before there was anything to compare is no answer to it."""
        self._typed = b""
        if os.isatty(self._stdin):
            termios.tcflush(self._stdin, termios.TCIFLUSH)
        while self._is_open and select.select([self._stdin], [], [], 0)[0]:
            self._is_open = bool(os.read(self._stdin, 4096))

    def _answer(self, *, matches: bool) -> None:
        if matches:
            say("Waiting for their answer.")
        self._sock.sendall(json.dumps({"matches": matches}).encode() + b"\n")

    def _new_line(self) -> None:
        """Continue below a question that no longer needs an answer."""
        if self._is_asking:
            self._is_asking = False
            say("")


def _lines(it: Mapping[str, object], language: str) -> Iterator[str]:
    """What to compare, line by line."""
    emoji, decimals = it["emoji"], it["decimals"]
    if isinstance(emoji, list) and emoji:
        for one in (EMOJI[number] for number in emoji):
            yield f"{one.sign}  {one.german} ({one.english})" if language == "de" else f"{one.sign}  {one.english}"
    elif isinstance(decimals, list):
        yield " ".join(str(number) for number in decimals)
