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
    if related := relation(message.thread, message.reply_to):
        content["m.relates_to"] = related
    return content


def reaction(target: EventId, key: str) -> Content:
    """The content of an m.reaction."""
    return {"m.relates_to": {"rel_type": "m.annotation", "event_id": target, "key": key}}


def relation(thread: EventId | None, reply_to: EventId | None) -> Content | None:
    """The `m.relates_to` of a message in a thread, or of a reply; None of one that is neither."""
    if thread is not None:
        return {
            "rel_type": "m.thread",
            "event_id": thread,
            # Clients without threads show the message as a reply to this.
            "m.in_reply_to": {"event_id": reply_to or thread},
            "is_falling_back": reply_to is None,
        }
    return {"m.in_reply_to": {"event_id": reply_to}} if reply_to is not None else None


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


def _mentions(people: Sequence[UserId]) -> Content:
    return {"user_ids": list(people)} if people else {}
