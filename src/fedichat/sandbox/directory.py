"""Who is there: accounts by id and by handle, and the access tokens given to them."""

import secrets
from typing import Final

from fedichat.sandbox.model import Account, Token
from fedichat.sandbox.text import Handle

DEFAULT_SCOPES: Final = "read write follow push"


class Directory:
    """The accounts that the server knows; `domain` is its own."""

    def __init__(self, domain: str) -> None:
        self.domain = domain
        self.accounts: dict[str, Account] = {}
        self.tokens: dict[str, Token] = {}
        self._handles: dict[tuple[str, str | None], Account] = {}

    def add(self, account: Account) -> None:
        """Enter an account. Raises ValueError if its handle is taken."""
        handle = (account.username.lower(), account.domain)
        if handle in self._handles:
            raise ValueError(f"there is already an account {account.username}@{account.domain or self.domain}")
        self.accounts[account.id] = account
        self._handles[handle] = account

    def add_token(self, account: Account, scopes: str, value: str | None = None) -> Token:
        """Give an account one more access token; scopes are separated by spaces."""
        token = Token(value or secrets.token_urlsafe(32), account, frozenset(scopes.split()), "fedichat")
        self.tokens[token.value] = token
        return token

    def find(self, acct: str) -> Account | None:
        """The account of `user` or `user@domain`."""
        username, _, domain = acct.lstrip("@").partition("@")
        return self._handles.get((username.lower(), self.home(domain or None)))

    def resolve(self, handle: Handle, author: Account) -> Account | None:
        """The account that a handle in an author's text means.

        Without a domain it means somebody on the author's own server. Citizens elsewhere may leave out
        the sandbox's domain as well: their own clients would have completed it.
        """
        username = handle.username.lower()
        if handle.domain is not None:
            return self._handles.get((username, self.home(handle.domain)))
        return self._handles.get((username, author.domain)) or (
            self._handles.get((username, None)) if author.domain is not None else None
        )

    def home(self, domain: str | None) -> str | None:
        """A domain as accounts carry it: None for the server's own, otherwise in lower case."""
        return None if domain is None or domain.lower() == self.domain.lower() else domain.lower()
