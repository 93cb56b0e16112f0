"""What the sandbox refuses, with the status and words that Mastodon uses."""


class ApiError(Exception):
    """An answer that is an error: `status` is the HTTP status, the text is Mastodon's `error`; `more` goes along."""

    def __init__(self, status: int, error: str, **more: object) -> None:
        super().__init__(error)
        self.status = status
        self.body = {"error": error, **more}


def not_found() -> ApiError:
    """What does not exist, or must not be seen, is not there."""
    return ApiError(404, "Record not found")


def invalid(problem: str) -> ApiError:
    """A request that was understood and is not allowed to be so."""
    return ApiError(422, f"Validation failed: {problem}")


def bad_token() -> ApiError:
    """No token, or one that is not known (any more)."""
    return ApiError(401, "The access token is invalid")


def bad_scope() -> ApiError:
    """A token that may do other things than this."""
    return ApiError(403, "This action is outside the authorized scopes")


def not_allowed() -> ApiError:
    """An action on a record that one may see but not use so."""
    return ApiError(403, "This action is not allowed")


def too_many_requests() -> ApiError:
    """A quota is used up."""
    return ApiError(429, "Too many requests")
