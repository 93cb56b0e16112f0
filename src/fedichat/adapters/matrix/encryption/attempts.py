"""How often somebody may try something."""

from datetime import datetime, timedelta

from fedichat.ports import UserId


class AttemptLimit:
    """Allows each person so many times within some time, and only so many people."""

    def __init__(self, times: int, within: timedelta, people: int = 200) -> None:
        self._times = times
        self._within = within
        self._people = people
        self._past: dict[UserId, list[datetime]] = {}

    def may(self, who: UserId, now: datetime) -> bool:
        """Whether they may do it once more; if so, it is counted."""
        since = now - self._within
        recent = {user: [at for at in past if at > since] for user, past in self._past.items()}
        self._past = {user: past for user, past in recent.items() if past}
        past = self._past.get(who, [])
        if len(past) >= self._times or (not past and len(self._past) >= self._people):
            return False
        self._past[who] = [*past, now]
        return True
