"""Media attachments (docs: methods/media)."""

from typing import Final

from aiohttp import web

from fedichat.sandbox.calls import Call, Route
from fedichat.sandbox.errors import invalid, not_found
from fedichat.sandbox.limits import AUDIO_TYPES, IMAGE_TYPES, VIDEO_TYPES, Limits
from fedichat.sandbox.model import Media, NewMedia


async def upload(call: Call) -> object:
    """`POST /api/v2/media`: 202 and no `url` while the file is being processed."""
    media = _store(call, call.world.limits)
    return web.json_response(call.entities.media(media), status=202 if media.polls_left else 200)


async def upload_and_wait(call: Call) -> object:
    """`POST /api/v1/media`: the old way, which answers when the file is ready."""
    media = _store(call, call.world.limits)
    media.polls_left = 0
    return call.entities.media(media)


def _store(call: Call, limits: Limits) -> Media:
    field = call.params.files.get("file")
    if field is None:
        raise invalid("File can't be blank")
    data, content_type = field.file.read(), field.content_type
    if content_type not in {*IMAGE_TYPES, *VIDEO_TYPES, *AUDIO_TYPES}:
        raise invalid("File content type is invalid, File is invalid")
    size = limits.image_size if content_type in IMAGE_TYPES else limits.video_size
    if len(data) > size:
        raise invalid(f"File file size must be less than {size // 1_048_576} MB")
    description = _description(call, limits)
    file = NewMedia(data, content_type, description)
    media = call.world.add_media(call.account, file, limits.polls_for(content_type))
    media.focus = _focus(call)
    return media


def _description(call: Call, limits: Limits) -> str | None:
    description = call.params.text("description")
    if description is not None and len(description) > limits.description_length:
        raise invalid(f"Description is too long (maximum is {limits.description_length} characters)")
    return description


def _focus(call: Call) -> tuple[float, float] | None:
    text = call.params.text("focus")
    if text is None:
        return None
    try:
        x, y = (float(part) for part in text.split(","))
    except ValueError:
        return None
    return x, y


async def get_media(call: Call) -> object:
    """`GET /api/v1/media/:id`: 206 while the file is processed."""
    media = _own_media(call)
    processing = media.polls_left > 0
    answer = web.json_response(call.entities.media(media), status=206 if processing else 200)
    media.polls_left = max(0, media.polls_left - 1)
    return answer


async def put_media(call: Call) -> object:
    """`PUT /api/v1/media/:id`: description and focus."""
    media = _own_media(call)
    if "description" in call.params:
        media.description = _description(call, call.world.limits)
    media.focus = _focus(call) or media.focus
    return call.entities.media(media)


async def delete_media(call: Call) -> object:
    """`DELETE /api/v1/media/:id`: not while it belongs to a status."""
    media = _own_media(call)
    if media.attached:
        raise invalid("Media attachment is currently used by a status")
    del call.world.media[media.id]
    return {}


async def serve_file(call: Call) -> object:
    """The file itself, also in place of its thumbnail (`small`); no token is needed."""
    media = call.world.find_media(call.path("id"))
    if media is None:
        raise not_found()
    return web.Response(body=media.data, content_type=media.content_type)


def _own_media(call: Call) -> Media:
    media = call.world.find_media(call.path("id"))
    if media is None or media.owner is not call.account:
        raise not_found()
    return media


WRITE: Final = "write:media"

ROUTES: Final = (
    Route("POST", "/api/v2/media", upload, WRITE, quota="media"),
    Route("POST", "/api/v1/media", upload_and_wait, WRITE, quota="media"),
    Route("GET", "/api/v1/media/{id}", get_media, WRITE),
    Route("PUT", "/api/v1/media/{id}", put_media, WRITE),
    Route("DELETE", "/api/v1/media/{id}", delete_media, WRITE),
    Route("GET", "/media/{id}/{size:original|small}", serve_file, public=True),
)
