"""What the sandbox refuses, with Mastodon's own status codes and words."""


class ApiError(Exception):
    """An error as an answer: the HTTP `status`, Mastodon's text as `error`, and `more` fields of the body."""

    def __init__(self, status: int, error: str, **more: object) -> None:
        super().__init__(error)
        self.status = status
        self.body = {"error": error, **more}


def not_found() -> ApiError:
    """Something does not exist, or the caller may not see it."""
    return ApiError(404, "Record not found")


def invalid(problem: str) -> ApiError:
    """A request was understood, but breaks a rule."""
    return ApiError(422, f"Validation failed: {problem}")


def bad_token() -> ApiError:
    """There is no token, or it is unknown or revoked."""
    return ApiError(401, "The access token is invalid")


def bad_scope() -> ApiError:
    """The token is good, but not for this."""
    return ApiError(403, "This action is outside the authorized scopes")


def not_allowed() -> ApiError:
    """The caller may see the record, but may not do this to it."""
    return ApiError(403, "This action is not allowed")


def too_many_requests() -> ApiError:
    """A quota is used up."""
    return ApiError(429, "Too many requests")
