"""What came of a request: an answer, or none."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer. `body` is its JSON where `readable`, else None; `headers` do not care about case.

    `text` is the beginning of one that is no JSON: some servers say in plain text what they refuse.
    """

    status: int
    body: object = None
    readable: bool = True
    headers: Mapping[str, str] = field(default_factory=dict)
    text: str = ""


@dataclass(frozen=True, slots=True)
class Lost:
    """No answer came. `sent`: the request may have reached the server."""

    reason: str
    sent: bool
    dropped: bool = False
    """The connection was cut, as happens when a server had closed an idle one long before."""
