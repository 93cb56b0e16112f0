"""Plain web pages and pictures, so that the demo's links lead somewhere."""

import struct
import zlib
from html import escape
from typing import Final

from fedichat.sandbox.entities import Entities, timestamp
from fedichat.sandbox.model import Status


def png(width: int, height: int, colour: tuple[int, int, int]) -> bytes:
    """A picture of one colour."""
    line = b"\x00" + bytes(colour) * width
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in ((b"IHDR", head), (b"IDAT", zlib.compress(line * height)), (b"IEND", b""))
    )


EMPTY_PICTURE: Final = png(120, 120, (99, 100, 255))


def status_page(entities: Entities, status: Status) -> str:
    """A status with what it replies to and its public replies."""
    parent = status.in_reply_to
    above = [parent] if parent is not None and parent.visible_to(None) else []
    below = [reply for reply in status.replies if reply.visible_to(None)]
    title = f"{status.author.display_name} (@{status.author.acct})"
    articles = "\n".join(_article(entities, it, focused=it is status) for it in [*above, status, *below])
    return (
        f'<!DOCTYPE html>\n<html><head><meta charset="utf-8"><title>{escape(title)}</title>'
        "<style>body{font-family:sans-serif;max-width:40em;margin:2em auto;padding:0 1em}"
        "article{border:1px solid #ccc;border-radius:.5em;padding:.5em 1em;margin:1em 0}"
        ".invisible{display:none}.ellipsis::after{content:'…'}img{max-width:100%}</style></head>\n"
        f"<body>\n{articles}\n</body></html>\n"
    )


def _article(entities: Entities, status: Status, *, focused: bool) -> str:
    answer = entities.status(status, None)
    warning = f"<p><strong>{escape(status.spoiler_text)}</strong></p>" if status.spoiler_text else ""
    pictures = "".join(
        f'<img src="{entities.url}/media/{media.id}/original" alt="{escape(media.description or "")}">'
        for media in status.media
        if media.kind == "image"
    )
    edited = f", edited {timestamp(status.edited_at)}" if status.edited_at else ""
    when = f"{timestamp(status.created_at)}{edited}"
    name = f"{escape(status.author.display_name)} <small>@{escape(status.author.acct)}</small>"
    link = when if focused else f'<a href="{escape(entities.status_url(status))}">{when}</a>'
    text = f"{warning}{answer['content']}{pictures}"
    return f"<article><header>{name}</header>{text}<footer>{link}</footer></article>"
