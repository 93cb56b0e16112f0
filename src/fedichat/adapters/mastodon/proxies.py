"""Which proxy the environment names for an address, for requests that aiohttp makes."""


def proxy_for(url: str) -> str | None:
    """The environment's proxy, as for our other requests; aiohttp's own way would send what ~/.netrc has."""
    # Imported when it is first needed, as all of requests: the start of the process does not wait for it.
    from requests.utils import get_environ_proxies, select_proxy  # noqa: PLC0415 - see above

    return select_proxy(url, get_environ_proxies(url))
