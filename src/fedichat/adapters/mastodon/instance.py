"""What an instance says about itself (docs.joinmastodon.org/entities/Instance and /V1_Instance)."""

import re
from dataclasses import dataclass
from typing import Final

from fedichat.adapters.mastodon.entities import Json, host_of, is_json, line_of
from fedichat.ports import Limits

_LARGEST: Final = 2**53
"""The largest number that JSON holds exactly in every language."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What we need to know about it. `domain` is that of local accts; it and `streaming` are empty if unknown."""

    limits: Limits
    domain: str = ""
    streaming: str = ""
    private_is_direct: bool = False
    """Whether `private` may be what Mastodon calls `direct`: snac2 has one word for both."""
    guards_mentions: bool = False
    """Whether a status can name whom it may tag: undocumented, Mastodon's `PostStatusService#safeguard_mentions!`."""


def facts_of(instance: object) -> Facts:
    """The facts in `/api/v2/instance` or `/api/v1/instance`; Mastodon's defaults where it is silent."""
    entity = instance if is_json(instance) else {}
    configuration = _part(entity, "configuration")
    urls = _part(configuration, "urls") | _part(entity, "urls")
    domain = line_of(entity.get("domain")) or _bare_domain(line_of(entity.get("uri")))
    streaming = line_of(urls.get("streaming")) or line_of(urls.get("streaming_api"))
    guards_mentions = _is_mastodon(entity) and "mastodon" in _part(entity, "api_versions")
    return Facts(_limits(entity, configuration), domain, streaming, _is_snac(entity), guards_mentions)


def _limits(entity: Json, configuration: Json) -> Limits:
    statuses, media = _part(configuration, "statuses"), _part(configuration, "media_attachments")
    default = Limits()
    # Older Pleroma and others say only this, and count addresses in full.
    alone = _positive(entity.get("max_toot_chars"))
    told = _positive(statuses.get("max_characters")) or alone
    return Limits(
        characters=told or default.characters,
        url_characters=_positive(statuses.get("characters_reserved_per_url")) if told else default.url_characters,
        attachments=_positive(statuses.get("max_media_attachments")) or default.attachments,
        alt_characters=_positive(media.get("description_limit")) or default.alt_characters,
        image_bytes=_positive(media.get("image_size_limit")) or default.image_bytes,
        video_bytes=_positive(media.get("video_size_limit")) or default.video_bytes,
        media_types=_types(media.get("supported_mime_types")),
        mixes_media=not _is_mastodon(entity),
        edits_warnings=not _is_snac(entity),
        tags_within_words=not _is_mastodon(entity),
        software=line_of(entity.get("version")),
    )


def _is_snac(entity: Json) -> bool:
    """snac2 2.75 leaves a content warning as it was, and has only one word for what is not public."""
    return "snac/" in line_of(entity.get("version"))


def _is_mastodon(entity: Json) -> bool:
    """Mastodon and its forks name `api_versions.mastodon` (4.3) or its source, or have a bare version such as 4.2.1.

    Others add "(compatible; …)" to the version of Mastodon that they follow; GoToSocial's own begins with 0.
    (docs: entities/Instance, `version`, `source_url`, `api_versions`)
    """
    version = line_of(entity.get("version"))
    if "(" in version:
        return False
    is_named = "mastodon" in _part(entity, "api_versions") or "mastodon/mastodon" in line_of(entity.get("source_url"))
    return is_named or re.match(r"[1-9]\d?\.\d+", version) is not None


def _part(entity: Json, name: str) -> dict[str, object]:
    part = entity.get(name)
    return dict(part) if is_json(part) else {}


def _types(told: object) -> frozenset[str] | None:
    types = {entry.lower() for entry in told if isinstance(entry, str)} if isinstance(told, list) else set()
    return frozenset(types) or None


def _positive(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < _LARGEST else None


def _bare_domain(uri: str) -> str:
    """`uri` is a domain on Mastodon, and a whole address on some others."""
    return host_of(uri) if re.match(r"https?://", uri) else uri.partition("/")[0]
