"""nio's client, with the one thing added that must be known before a request may be cancelled."""

from nio import AsyncClient, Response, SyncResponse


class Client(AsyncClient):  # type: ignore[misc] # nio has no types
    """`is_taking_in` is True while an answer to a sync is being taken in.

    Until then a sync can be cancelled and asked for again: neither side has changed. Cancelled in the middle, nio
    (0.26) would keep half of what the answer holds, and throw the rest away the next time, as known already.
    """

    is_taking_in = False

    async def receive_response(self, response: Response) -> None:
        """See nio; called once for each answer."""
        if not isinstance(response, SyncResponse):
            await super().receive_response(response)
            return
        self.is_taking_in = True
        try:
            await super().receive_response(response)
        finally:
            self.is_taking_in = False
