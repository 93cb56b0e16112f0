"""A subcommand that ends with an error."""

from collections.abc import Callable


def ends_with(error: BaseException) -> Callable[..., int]:
    def run(*_options: object) -> int:
        raise error

    return run
