"""What our messages look like as Matrix content."""

import pytest

from fedichat.adapters.matrix.content import Content, content_of, reaction
from fedichat.ports import EventId, Message, UserId

ROOT, CARD, ANNA = EventId("$root"), EventId("$card"), UserId("@anna:office.test")
HTML = {"format": "org.matrix.custom.html", "formatted_body": "<b>a</b>"}

CASES: list[tuple[str, Message, Content]] = [
    (
        "a notice to nobody",
        Message("a", "<b>a</b>"),
        {"msgtype": "m.notice", "body": "a", **HTML, "m.mentions": {}},
    ),
    (
        "a text without HTML for somebody",
        Message("a", "", notice=False, mentions=(ANNA,)),
        {"msgtype": "m.text", "body": "a", "m.mentions": {"user_ids": [ANNA]}},
    ),
    (
        "in a thread",
        Message("a", "", thread=ROOT),
        {
            "msgtype": "m.notice",
            "body": "a",
            "m.mentions": {},
            "m.relates_to": {
                "rel_type": "m.thread",
                "event_id": ROOT,
                "is_falling_back": True,
                "m.in_reply_to": {"event_id": ROOT},
            },
        },
    ),
    (
        "a reply in a thread",
        Message("a", "", thread=ROOT, reply_to=CARD),
        {
            "msgtype": "m.notice",
            "body": "a",
            "m.mentions": {},
            "m.relates_to": {
                "rel_type": "m.thread",
                "event_id": ROOT,
                "is_falling_back": False,
                "m.in_reply_to": {"event_id": CARD},
            },
        },
    ),
    (
        "a reply",
        Message("a", "", reply_to=CARD),
        {
            "msgtype": "m.notice",
            "body": "a",
            "m.mentions": {},
            "m.relates_to": {"m.in_reply_to": {"event_id": CARD}},
        },
    ),
    (
        "an edit wakes nobody again",
        Message("a", "<b>a</b>", notice=False, thread=ROOT, mentions=(ANNA,)).editing(CARD),
        {
            "msgtype": "m.text",
            "body": "* a",
            "format": "org.matrix.custom.html",
            "formatted_body": "* <b>a</b>",
            "m.mentions": {},
            "m.new_content": {
                "msgtype": "m.text",
                "body": "a",
                **HTML,
                "m.mentions": {"user_ids": [ANNA]},
            },
            "m.relates_to": {"rel_type": "m.replace", "event_id": CARD},
        },
    ),
]


@pytest.mark.parametrize(("message", "content"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_message_becomes(message: Message, content: Content) -> None:
    assert content_of(message) == content


def test_a_reaction_annotates() -> None:
    assert reaction(CARD, "✅") == {"m.relates_to": {"rel_type": "m.annotation", "event_id": CARD, "key": "✅"}}
