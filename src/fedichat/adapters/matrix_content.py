"""From fedichat's messages to the content of Matrix events (client-server API, v1.16)."""

from collections.abc import Sequence

from fedichat.ports import EventId, Message, UserId

Content = dict[str, object]


def content_of(message: Message) -> Content:
    """The content of an m.room.message.

    An edit wakes nobody: as the specification has it, the outer `m.mentions` of an edit names only people who
    were not mentioned before, and whoever is to be woken gets a message of their own.
    """
    content = _body(message)
    if message.replaces is not None:
        return _as_edit(content, message.replaces)
    relation = _relation(message)
    if relation:
        content["m.relates_to"] = relation
    return content


def reaction(target: EventId, key: str) -> Content:
    """The content of an m.reaction."""
    return {"m.relates_to": {"rel_type": "m.annotation", "event_id": target, "key": key}}


def _body(message: Message) -> Content:
    content: Content = {
        "msgtype": "m.notice" if message.notice else "m.text",
        "body": message.plain,
        "m.mentions": _mentions(message.mentions),
    }
    if message.html:
        content["format"] = "org.matrix.custom.html"
        content["formatted_body"] = message.html
    return content


def _as_edit(new: Content, target: EventId) -> Content:
    edit: Content = {**new, "body": f"* {new['body']}", "m.mentions": {}}
    if "formatted_body" in new:
        edit["formatted_body"] = f"* {new['formatted_body']}"
    edit["m.new_content"] = new
    edit["m.relates_to"] = {"rel_type": "m.replace", "event_id": target}
    return edit


def _relation(message: Message) -> Content | None:
    if message.thread is not None:
        return {
            "rel_type": "m.thread",
            "event_id": message.thread,
            # Clients without threads show the message as a reply to this.
            "m.in_reply_to": {"event_id": message.reply_to or message.thread},
            "is_falling_back": message.reply_to is None,
        }
    if message.reply_to is not None:
        return {"m.in_reply_to": {"event_id": message.reply_to}}
    return None


def _mentions(people: Sequence[UserId]) -> Content:
    return {"user_ids": list(people)} if people else {}
