"""Every answer that is not the one asked for becomes the error that says what to do."""

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedichat.adapters.mastodon.errors import fault_of, may_refuse_token, refuses_account, retry_after, told_of_token
from fedichat.adapters.mastodon.outcome import Answer, Lost
from fedichat.errors import FarEndError, Gone, Rejected, TagsOthers, TryLater, Unsure

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
DATE = "Mon, 23 Nov 2026 09:00:00 GMT"
PIECES = [
    "Mon,",
    "23",
    "Nov",
    "2026",
    "9:00",
    "24:00:00",
    "GMT",
    "-0100",
    "+99999999999999",
    "99999999999",
    "1e400",
    "T",
    "(",
]


@pytest.mark.parametrize(
    ("outcome", "reading", "changing"),
    [
        (Answer(200, {"id": "1"}), None, None),
        (Answer(200, []), None, None),
        (Answer(202, {"id": "1"}), None, None),
        (Answer(200, None, readable=False), TryLater, Unsure),
        (Answer(200, "text"), TryLater, Unsure),
        (Answer(200, {"error": "busy"}), TryLater, Unsure),
        (Answer(301, None, readable=False), TryLater, Unsure),
        (Answer(400, {"error": "bad"}), Rejected, Rejected),
        (Answer(401, {"error": "no"}), Rejected, Rejected),
        (Answer(403, None, readable=False), Rejected, Rejected),
        (Answer(404, None, readable=False), Gone, Gone),
        (Answer(410, {}), Gone, Gone),
        (Answer(408, None, readable=False), TryLater, Unsure),
        (Answer(422, {"error": "Validation failed"}), Rejected, Rejected),
        (Answer(425, {}), TryLater, TryLater),
        (Answer(429, {}), TryLater, TryLater),
        (Answer(500, None, readable=False), TryLater, Unsure),
        (Answer(502, None, readable=False), TryLater, Unsure),
        (Answer(503, {"error": "x"}), TryLater, Unsure),
        (Answer(504, None, readable=False), TryLater, Unsure),
        (Lost("no connection", sent=False), TryLater, TryLater),
        (Lost("cut", sent=True), TryLater, Unsure),
    ],
)
def test_answers_become_errors(
    outcome: Answer | Lost, reading: type[FarEndError] | None, changing: type[FarEndError] | None
) -> None:
    for is_changing, kind in ((False, reading), (True, changing)):
        fault = fault_of(outcome, "bsi", NOW, changing=is_changing)
        assert type(fault) is (kind or type(None))


@pytest.mark.parametrize(
    ("accounts", "named"),
    [
        ([{"acct": "bob@other.example"}, {"acct": "anna"}], "@bob@other.example, @anna"),
        ([{"acct": f"a{number}"} for number in range(6)], "@a0, @a1, @a2, @a3, @a4, …"),
        ([None, {"acct": 5}, {"acct": "@bob\n"}], "@bob"),
        ([], None),
        ([{"acct": None}], None),
        ("bob", None),
        (None, None),
    ],
)
def test_whom_a_status_would_tag_is_said_but_not_logged(accounts: object, named: str | None) -> None:
    """Mastodon's source: app/controllers/api/v1/statuses_controller.rb, `create`."""
    body = {"error": "Post would be sent to unexpected accounts", "unexpected_accounts": accounts}
    fault = fault_of(Answer(422, body), "bsi", NOW, changing=True)
    assert isinstance(fault, Rejected)
    assert isinstance(fault, TagsOthers) is (named is not None)
    assert f"{named or 'Post would be sent to unexpected accounts'}" in str(fault.told)
    assert "bob" not in str(fault)


def test_a_rejection_carries_the_status_and_the_servers_words_on_one_line() -> None:
    fault = fault_of(Answer(422, {"error": "Text\nis too long " + "x" * 500}), "bsi", NOW, changing=True)
    assert isinstance(fault, Rejected)
    assert fault.status == 422
    assert "Text is too long" in str(fault)
    assert len(str(fault)) < 300


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "30"}, 30),
        ({"Retry-After": "Mon, 23 Nov 2026 09:01:00 GMT"}, 60),
        ({"Retry-After": "0"}, 1),
        ({"Retry-After": "999999"}, 3600),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "inf"}, None),
        ({"X-RateLimit-Reset": "2026-11-23T09:05:00.000000Z"}, 300),
        ({"X-RateLimit-Reset": "2026-11-23T09:05:00"}, 300),
        ({"X-RateLimit-Reset": str(int(NOW.timestamp()) + 120)}, 120),
        ({"X-RateLimit-Reset": "45"}, 45),
        ({"X-RateLimit-Reset": "2026-11-23T08:00:00Z"}, 1),
        ({"X-RateLimit-Reset": "never"}, None),
        ({"X-RateLimit-Reset": "nan"}, None),
        ({"X-RateLimit-Reset": "9" * 30}, None),
        ({"X-RateLimit-Reset": "2026-11-23T09:05:00Z", "Date": "Mon, 23 Nov 2026 09:04:00 GMT"}, 60),
        ({"X-RateLimit-Reset": "2026-11-23T09:05:00Z", "Date": "Sat, 21 Nov 2026 09:04:00 GMT"}, 300),
        ({"X-RateLimit-Reset": "2026-11-23T09:05:00Z", "Retry-After": "7", "Date": DATE}, 7),
        ({"Retry-After": "Mon, 23 Nov 2026 09:01:00 +99999999999999"}, None),
        ({"Retry-After": "Mon, 23 Nov 99999999999 09:01:00 GMT"}, None),
        ({"Retry-After": "7", "Date": "Mon, 99999999999 Nov 2026 09:01:00 GMT"}, 7),
    ],
)
def test_the_wait_is_the_one_that_the_server_names(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers, NOW) == seconds


@given(
    st.dictionaries(
        st.sampled_from(["Retry-After", "X-RateLimit-Reset", "Date"]),
        st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=7).map(" ".join),
    )
)
def test_no_header_breaks_us_whatever_it_says(headers: dict[str, str]) -> None:
    seconds = retry_after(headers, NOW)
    assert seconds is None or 1 <= seconds <= 3600


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (Answer(401, {"error": "The access token was revoked"}), True),
        (Answer(401, None, readable=False), True),
        (Answer(422, {"error": "Invalid access token"}), True),
        (Answer(422, {"error": "The token that was sent has expired"}), True),
        (Answer(422, {"error": "Unauthorized: unknown token"}), True),
        (Answer(422, {"error": "Validation failed: an invalid\nchoice; the token was fine"}), False),
        (Answer(422, None, readable=False), True),
        (Answer(422, {"error": "Validation failed: text too long"}), False),
        (Answer(403, {"error": "This action is outside the authorized scopes"}), True),
        (Answer(404, {"error": "invalid token"}), True),
        (Answer(404, {"error": "Record not found"}), False),
        (Answer(410, None, readable=False, text="token revoked"), True),
        (Answer(404, None, readable=False), False),
        (Answer(200, {"error": "invalid_token"}), True),
        (Answer(200, None, readable=False, text="Invalid Bearer token"), True),
        (Answer(200, None, readable=False, text="<html>Please log in"), False),
        (Answer(200, {"id": "1", "error": "invalid_token"}), False),
        (Answer(200, [{"error": "invalid_token"}]), False),
        (Answer(200, {"id": "1"}, headers={"WWW-Authenticate": 'Bearer error="invalid_token"'}), False),
        (Answer(429, {"error": "invalid token"}), False),
        # Another server, measured (shared/facts-2026.md): a revoked token is 400 and plain text.
        (Answer(400, None, readable=False, text="Invalid Bearer token"), True),
        # RFC 6750, 3.1 and RFC 6749, 5.2.
        (Answer(400, {"error": "invalid_grant"}), True),
        (Answer(418, {"error": "invalid_token", "error_description": "It is over"}), True),
        (Answer(409, {}, headers={"WWW-Authenticate": 'Bearer error="invalid_token"'}), True),
        (Answer(500, None, readable=False, text="token expired"), True),
        (Answer(422, {"message": "token revoked"}), True),
        (Answer(422, {"error": {"message": "Invalid token"}}), True),
        (Lost("cut", sent=True), False),
    ],
)
def test_a_bad_token_is_told_from_a_bad_request(outcome: Answer | Lost, *, expected: bool) -> None:
    assert may_refuse_token(outcome) is expected


@pytest.mark.parametrize("status", [400, 401, 403, 422, 418, 500])
def test_whoever_refuses_to_say_who_we_are_refuses_the_token(status: int) -> None:
    """`verify_credentials` takes nothing that could be wrong (docs: methods/accounts)."""
    assert refuses_account(Answer(status, None, readable=False, text="Invalid Bearer token"))
    assert refuses_account(Answer(status, None, readable=False)) == (status in {400, 401, 403, 422})
    assert not refuses_account(Answer(429, {"error": "invalid token"}))


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (Answer(400, None, readable=False, text="Invalid Bearer token\n"), "Invalid Bearer token"),
        (Answer(400, None, readable=False, text="a\x1b[31m\u202eb\r\nc"), "a[31mb c"),
        (Answer(400, "No such thing."), "No such thing"),
        (
            Answer(403, None, readable=False, text="<html><h1>403 Forbidden</h1><p>nginx</p></html>"),
            "403 Forbidden nginx",
        ),
        (Answer(422, {"error": "too_long", "error_description": "Too long"}), "too_long: Too long"),
        (Answer(422, {"error": {"message": "Too long"}}), "Too long"),
        (Answer(422, {"message": "Too long"}), "Too long"),
        # However it is wrapped: RFC 9457, JSON:API, and what frameworks make of a form that they refuse.
        (Answer(422, {"title": "Too long", "status": 422, "detail": "At most 500"}), "Too long: At most 500"),
        (Answer(400, {"errors": [{"message": "Too long"}]}), "Too long"),
        (Answer(400, {"errors": {"status": ["is too long", "is odd"]}}), "is too long: is odd"),
        (Answer(400, {"error": ["Too long"]}), "Too long"),
        (Answer(400, {"error": {"code": 7, "text": "Too long"}}), "Too long"),
        (Answer(400, {"error": None, "reason": "Too long"}), "Too long"),
        (Answer(400, ["Too long", 5, None, [" "], "Too long"]), "Too long"),
    ],
)
def test_what_the_server_says_is_shown_on_one_line(outcome: Answer, words: str) -> None:
    fault = fault_of(outcome, "bsi", NOW, changing=True)
    assert isinstance(fault, Rejected)
    assert fault.told is not None
    assert str(fault.told) == f"the server says “{words}” ({outcome.status})"
    assert str(told_of_token(outcome)) == f"the server refuses the access token: “{words}”"


@pytest.mark.parametrize(
    "outcome",
    [Lost("cut", sent=True), Answer(429, {}), Answer(503, {}), Answer(200, None, readable=False), Answer(302)],
)
def test_whatever_may_work_later_has_words_for_people_too(outcome: Answer | Lost) -> None:
    fault = fault_of(outcome, "bsi", NOW, changing=True)
    assert fault is not None
    assert fault.told is not None


@pytest.mark.parametrize("word", ["invalid ", "token ", "invalid", "token", "expired revoked ", "to\n", "ken "])
def test_a_long_error_takes_no_longer_than_its_length(word: str) -> None:
    """Of 64 kB; one pattern with `.*` between the words took seconds for it, with the event loop held."""
    text = word * (64_000 // len(word))
    begun = time.thread_time()
    for _ in range(10):
        may_refuse_token(Answer(422, {"error": text}))
        fault_of(Answer(422, {"error": text}), "bsi", NOW, changing=True)
    assert time.thread_time() - begun < 1
