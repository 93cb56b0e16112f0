"""The instance itself, and plain web pages (docs: methods/instance)."""

from typing import Final

from aiohttp import web

from fedichat.sandbox.calls import Call, Route
from fedichat.sandbox.entities import Json
from fedichat.sandbox.errors import not_found
from fedichat.sandbox.limits import AUDIO_TYPES, IMAGE_TYPES, VIDEO_TYPES, Limits
from fedichat.sandbox.pages import EMPTY_PICTURE, status_page
from fedichat.sandbox.text import URL_LENGTH

VERSION: Final = "4.4.8"
API_VERSION: Final = 6


def _configuration(limits: Limits) -> Json:
    return {
        "accounts": {"max_featured_tags": 10, "max_pinned_statuses": 5},
        "statuses": {
            "max_characters": limits.max_characters,
            "max_media_attachments": limits.max_media_attachments,
            "characters_reserved_per_url": URL_LENGTH,
        },
        "media_attachments": {
            "description_limit": limits.description_length,
            "supported_mime_types": [*IMAGE_TYPES, *VIDEO_TYPES, *AUDIO_TYPES],
            "image_size_limit": limits.image_size,
            "image_matrix_limit": 33_177_600,
            "video_size_limit": limits.video_size,
            "video_frame_rate_limit": 120,
            "video_matrix_limit": 8_294_400,
        },
        "polls": {
            "max_options": limits.poll_options,
            "max_characters_per_option": limits.poll_option_length,
            "min_expiration": 300,
            "max_expiration": 2_629_746,
        },
    }


async def get_instance_v2(call: Call) -> object:
    """`GET /api/v2/instance`."""
    if call.faults.no_instance_v2:
        raise not_found()
    more: Json = {
        "urls": {"streaming": _streaming_url(call), "status": None, "about": f"{call.entities.url}/about"},
        "vapid": {"public_key": ""},
        "translation": {"enabled": False},
        "limited_federation": False,
    }
    return {
        "domain": call.world.directory.domain,
        "title": "fedichat sandbox",
        "version": _version(call),
        "source_url": "" if call.faults.mixes_media else "https://github.com/mastodon/mastodon",
        "description": "A small server for trying and testing fedichat.",
        "usage": {"users": {"active_month": len(call.world.directory.accounts)}},
        "thumbnail": {"url": f"{call.entities.url}/avatars/original/missing.png"},
        "icon": [],
        "languages": ["de", "en"],
        "configuration": _configuration(call.world.limits) | more,
        "registrations": {"enabled": False, "approval_required": False, "message": None, "url": None},
        "api_versions": {} if call.faults.mixes_media else {"mastodon": API_VERSION},
        "contact": {"email": "", "account": None},
        "rules": [],
    }


async def get_instance_v1(call: Call) -> object:
    """`GET /api/v1/instance`."""
    return {
        "uri": call.world.directory.domain,
        "title": "fedichat sandbox",
        "short_description": "A small server for trying and testing fedichat.",
        "description": "",
        "email": "",
        "version": _version(call),
        "urls": {"streaming_api": _streaming_url(call)},
        "stats": {
            "user_count": len(call.world.directory.accounts),
            "status_count": len(call.world.statuses),
            "domain_count": 1,
        },
        "thumbnail": f"{call.entities.url}/avatars/original/missing.png",
        "languages": ["de", "en"],
        "registrations": False,
        "approval_required": False,
        "invites_enabled": False,
        "configuration": _configuration(call.world.limits),
        "contact_account": None,
        "rules": [],
    }


def _version(call: Call) -> str:
    """Mastodon's version, or one as servers write it that are only compatible."""
    return f"2.7.2 (compatible; {call.world.directory.domain} 1.0)" if call.faults.mixes_media else VERSION


def _streaming_url(call: Call) -> str:
    return "ws" + call.entities.url.removeprefix("http")


async def get_status_page(call: Call) -> object:
    """`GET /@user/:id`: a public status for people."""
    status = call.visible_status(call.path("id"))
    if status.author.acct != call.path("acct"):
        raise not_found()
    return web.Response(text=status_page(call.entities, status), content_type="text/html")


async def get_picture(_call: Call) -> object:
    """The picture of accounts that have none."""
    return web.Response(body=EMPTY_PICTURE, content_type="image/png")


ROUTES: Final = (
    Route("GET", "/api/v2/instance", get_instance_v2, public=True),
    Route("GET", "/api/v1/instance", get_instance_v1, public=True),
    Route("GET", "/@{acct}/{id}", get_status_page, public=True),
    Route("GET", "/avatars/original/missing.png", get_picture, public=True),
)
