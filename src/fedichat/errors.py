"""Every error of our own, in one tree.

```
FedichatError
├── ConfigError          the configuration cannot be used; lists every problem with its key
├── UsageError           what was typed at the command line cannot be read
├── StartError           the program cannot start; the text says what to do
├── StopError            the program cannot go on (a revoked token): it stops with this text
├── Refusal              what somebody asked for in chat is not done; written for that person
│   └── NotShownYet      what it is about is not in the room yet, or was not recorded yet as being there
├── NotProven            whoever asked for it in chat may be somebody else: it is not done, and nothing has changed
├── AlreadyHandled       this chat event has had its outcome already (a repeat after a restart)
└── FarEndError          a Matrix or fediverse server did not do as asked
    ├── TryLater         it may work later: network, 429, 5xx, nonsense
    │   └── Unsure       it may even have worked: the request went out, the answer never came
    └── Rejected         it will never work as asked: 400, 403, 404, 410, 422
        ├── Gone         the thing asked for is not there (any more): 404, 410
        └── TagsOthers   a status would tag people whom nobody expected: it is not out
```
"""

from collections.abc import Sequence
from dataclasses import dataclass


class FedichatError(Exception):
    """The root of all errors that fedichat raises on purpose."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with the configuration: the dotted key, what is wrong, and what would be right."""

    key: str
    message: str

    def __str__(self) -> str:
        return f"{self.key}: {self.message}" if self.key else self.message


class ConfigError(FedichatError):
    """The configuration cannot be used; `problems` has all of them, not only the first."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


class UsageError(FedichatError):
    """What was typed at the command line cannot be read; the text says what could be."""


class StartError(FedichatError):
    """The program cannot start; the text says why and what to do."""


class StopError(FedichatError):
    """The program cannot go on, and a restart alone will not mend it; the text says what will.

    `told` says to people in rooms, in the middle of a sentence, what is wrong, where there is something to say.
    """

    def __init__(self, reason: str, told: "Refusal | None" = None) -> None:
        super().__init__(reason)
        self.told = told


class Refusal(FedichatError):
    """What somebody asked for is not done, and nothing has changed.

    `message` is a message id of the gettext catalogues with `{name}` fields, `fields` are their values: who
    shows the refusal translates first and fills in afterwards. Values are given as they are, a state as a
    state: `fedichat.chat.wording` puts them into the room's words. `{prefix}`, with which commands begin, and
    `{confirm}`, by which a post is let out (a ✅, or a command), are always there.
    """

    def __init__(self, message: str, **fields: object) -> None:
        super().__init__(message.format(**{"prefix": "!", "confirm": "✅"} | fields))
        self.message = message
        self.fields = fields


class NotShownYet(Refusal):
    """What it is about is not in the room yet, or is there and has not been recorded: that can change at any moment."""


class NotProven(FedichatError):
    """Nobody can be sure who asked for this (see `fedichat.ports.Unproven`): it is not done, nothing has changed."""


class AlreadyHandled(FedichatError):
    """This event has had its outcome in an earlier transaction; nothing is to be done."""


class FarEndError(FedichatError):
    """A Matrix or fediverse server did not do as asked. The text never holds tokens or citizens' words.

    It is for the log. `told` says the same to people in rooms, where there is something to say: a message id with its
    fields, in the middle of a sentence.
    """

    told: Refusal | None = None


class TryLater(FarEndError):
    """It may work later. `retry_after` is in seconds where the server named a time, else None."""

    def __init__(self, reason: str, retry_after: float | None = None, told: Refusal | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after
        self.told = told


class Unsure(TryLater):
    """The request went out and no answer came: it may have been carried out. Look before trying again."""


class Rejected(FarEndError):
    """The server will never do this as asked.

    `status` is the HTTP status, None where there was none; `code` is Matrix's own word for it, where it has one.
    """

    def __init__(self, reason: str, status: int | None = None, told: Refusal | None = None, code: str = "") -> None:
        super().__init__(reason)
        self.status = status
        self.told = told
        self.code = code


class TagsOthers(Rejected):
    """A status is not out: it would have tagged people whom we did not name as allowed."""


class Gone(Rejected):
    """What was asked for is not there (any more), or is not ours to see: 404 or 410."""
