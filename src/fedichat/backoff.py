"""How long to wait before asking a server again."""

import random
from dataclasses import dataclass


@dataclass(slots=True)
class Backoff:
    """Waiting times that double from `first` to `longest` seconds, with jitter."""

    first: float = 1.0
    longest: float = 60.0
    failures: int = 0

    def next(self, retry_after: float | None = None) -> float:
        """Seconds to wait after another failure; never less than the server asked for."""
        whole: float = min(self.longest, self.first * 2.0 ** min(self.failures, 30))
        self.failures += 1
        return max(whole * random.uniform(0.5, 1.0), retry_after or 0.0)

    def reset(self) -> None:
        """It worked."""
        self.failures = 0
