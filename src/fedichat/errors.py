"""Every error that fedichat raises on purpose, in one tree.

```
FedichatError
├── ConfigError          the configuration cannot be used; lists every problem with its key
├── UsageError           what was typed at the command line cannot be understood
├── StartError           the program cannot start; the text says what to do
├── StopError            the program cannot continue (a revoked token): it stops with this text
├── Refusal              what somebody asked for in chat is not done; written for that person
│   └── NotShownYet      what it is about is not in the room yet, or is not yet recorded as being there
├── NotProven            the person who asked for it in chat may be somebody else: nothing is done or changed
├── AlreadyHandled       this chat event has had its outcome already (a repeat after a restart)
└── FarEndError          a Matrix or fediverse server did not do what it was asked
    ├── TryLater         it may work later: network, 429, 5xx, nonsense
    │   └── Unsure       it may even have worked: the request went out, the answer never came
    └── Rejected         it will never work as asked: 400, 403, 404, 410, 422
        ├── Gone         the thing asked for does not exist (any more): 404, 410
        └── TagsOthers   a status would tag people whom nobody expected: it was not published
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
    """The configuration cannot be used; `problems` lists everything that is wrong, not only the first mistake."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


class UsageError(FedichatError):
    """What was typed at the command line cannot be understood; the text says what would be."""


class StartError(FedichatError):
    """The program cannot start; the text says why and what to do."""


class StopError(FedichatError):
    """The program cannot continue, and a restart alone will not help; the text says what will.

    `told` says what is wrong to people in rooms, as part of a sentence, if there is something to say.
    """

    def __init__(self, reason: str, told: "Refusal | None" = None) -> None:
        super().__init__(reason)
        self.told = told


class Refusal(FedichatError):
    """What somebody asked for is not done, and nothing has changed.

    `message` is a message id of the gettext catalogues with `{name}` fields, `fields` are their values: to show the
    refusal, translate first and fill in afterwards. Values stay what they are, a state a state: `fedichat.chat.wording`
    puts them into the room's words. `{prefix}`, with which commands begin, and `{confirm}`, which publishes a post
    (a ✅, or a command), are always there.
    """

    def __init__(self, message: str, **fields: object) -> None:
        super().__init__(message.format(**{"prefix": "!", "confirm": "✅"} | fields))
        self.message = message
        self.fields = fields


class NotShownYet(Refusal):
    """What it is about is not in the room yet, or is not yet recorded as being there: try again in a moment."""


class NotProven(FedichatError):
    """Nobody can be sure who asked for this (see `fedichat.ports.Unproven`): nothing is done or changed."""


class AlreadyHandled(FedichatError):
    """This event had its outcome in an earlier transaction; there is nothing to do."""


class FarEndError(FedichatError):
    """A Matrix or fediverse server did not do what it was asked. The text never contains tokens or citizens' words.

    It is for the log. `told` says the same to people in rooms, if there is something to say: a message id with its
    fields, as part of a sentence.
    """

    told: Refusal | None = None


class TryLater(FarEndError):
    """It may work later. `retry_after` is in seconds if the server named a time, else None."""

    def __init__(self, reason: str, retry_after: float | None = None, told: Refusal | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after
        self.told = told


class Unsure(TryLater):
    """The request went out and no answer came: it may have been carried out. Check before trying again."""


class Rejected(FarEndError):
    """The server will never do this as asked.

    `status` is the HTTP status, None if there was none; `code` is Matrix's error code, if it gave one.
    """

    def __init__(self, reason: str, status: int | None = None, told: Refusal | None = None, code: str = "") -> None:
        super().__init__(reason)
        self.status = status
        self.told = told
        self.code = code


class TagsOthers(Rejected):
    """A status was not published: it would have tagged people whom we had not allowed."""


class Gone(Rejected):
    """What was asked for does not exist (any more), or we may not see it: 404 or 410."""
