"""How far keys had come, for tests without a database."""


class Book:
    """How far keys had come, as fedichat's database has it."""

    def __init__(self) -> None:
        self.steps: dict[str, int] = {}

    async def key_steps(self, fingerprint: str) -> int:
        return self.steps.get(fingerprint, 0)

    async def keep_key_steps(self, fingerprint: str, steps: int) -> None:
        self.steps[fingerprint] = max(steps, self.steps.get(fingerprint, 0))
