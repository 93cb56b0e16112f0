"""Files in rooms: uploaded and downloaded, encrypted where the room is.

Client-server API, v1.16: "Content repository", "Sending encrypted attachments". nio downloads by the old address, which
servers have closed, and would retry in its own way.
"""

import asyncio
import json
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import quote

from aiohttp import ClientResponse
from nio import AsyncClient, ErrorResponse
from nio.crypto.attachments import decrypt_attachment, encrypt_attachment
from nio.exceptions import EncryptionError

from fedichat.adapters.matrix.content import Content, relation
from fedichat.adapters.matrix.errors import error_of, network
from fedichat.adapters.matrix.events import part, word
from fedichat.domain.posts.filetypes import dimensions
from fedichat.errors import FarEndError, Refusal, Rejected, StopError
from fedichat.ports import FileData, FileMessage, SharedFile

SLOWEST = 600.0
"""How many seconds a file may take."""
_DOWNLOAD = "/_matrix/client/v1/media/download"
_OLD_DOWNLOAD = "/_matrix/media/v3/download"
_UPLOAD = "/_matrix/media/v3/upload"
_MESSAGES = {"image": "m.image", "video": "m.video", "audio": "m.audio"}
_CHUNK = 65_536
_MEGABYTE = 1024 * 1024


async def download(client: AsyncClient, file: SharedFile, limit: int) -> FileData:
    """The file in clear. Raises Rejected for one of more than `limit` bytes, and for one that its key does not fit."""
    where = "/".join(quote(name, safe="") for name in file.url.removeprefix("mxc://").split("/", 1))
    try:
        data = await _get(client, f"{_DOWNLOAD}/{where}", limit)
    except Rejected as error:
        if error.status != 404 or "M_UNRECOGNIZED" not in str(error):
            raise
        # Homeservers before v1.11 of the specification.
        data = await _get(client, f"{_OLD_DOWNLOAD}/{where}", limit)
    if file.key is not None:
        data = await asyncio.to_thread(decrypted, data, file.key)
    return FileData(file.name, file.mimetype, data)


async def upload(client: AsyncClient, message: FileMessage, *, encrypted: bool) -> Content:
    """Upload the file; the content of the message that shows it."""
    file = message.file
    if not encrypted:
        address = await _post(client, file.data, file.mimetype, file.name)
        return content_of_file(message, {"url": address})
    data, keys = await asyncio.to_thread(encrypted_file, file.data)
    # Neither its name nor its type is the server's business.
    address = await _post(client, data, "application/octet-stream", "")
    return content_of_file(message, {"file": {**keys, "url": address}})


def encrypted_file(data: bytes) -> tuple[bytes, Mapping[str, object]]:
    """What to upload in place of a file, and the EncryptedFile by which it is read, without its `url`."""
    cipher, keys = encrypt_attachment(data)
    return cipher, keys


def content_of_file(message: FileMessage, source: Mapping[str, object]) -> Content:
    """The content of the m.room.message that shows a file; `source` says where it is."""
    file = message.file
    info: Content = {"mimetype": file.mimetype, "size": len(file.data)}
    if size := dimensions(file.data):
        info |= {"w": size[0], "h": size[1]}
    content: Content = {
        "msgtype": _MESSAGES.get(file.mimetype.partition("/")[0], "m.file"),
        "body": message.caption or file.name,
        "filename": file.name,
        "info": info,
        "m.mentions": {},
        **source,
    }
    if message.caption and message.caption_html:
        content |= {"format": "org.matrix.custom.html", "formatted_body": message.caption_html}
    if related := relation(message.thread, None):
        content["m.relates_to"] = related
    return content


async def _get(client: AsyncClient, path: str, limit: int) -> bytes:
    with network("downloading a file"):
        response = await client.send("GET", path, None, _headers(client), None, SLOWEST)
        async with response:
            if response.status != 200:
                raise await _error(response, "downloading a file")
            told = Refusal("the file is larger than {limit} MB", limit=limit // _MEGABYTE)
            too_large = Rejected(f"the file has more than {limit} bytes", 413, told)
            if (response.content_length or 0) > limit:
                raise too_large
            received = bytearray()
            async for chunk in response.content.iter_chunked(_CHUNK):
                received += chunk
                if len(received) > limit:
                    raise too_large
    return bytes(received)


async def _post(client: AsyncClient, data: bytes, mimetype: str, name: str) -> str:
    path = f"{_UPLOAD}?filename={quote(name, safe='')}" if name else _UPLOAD
    headers = {**_headers(client), "Content-Type": mimetype}
    with network("uploading a file"):
        response = await client.send("POST", path, data, headers, None, SLOWEST)
        async with response:
            if response.status != 200:
                raise await _error(response, "uploading a file")
            said = await client.parse_body(response)
    address = said.get("content_uri") if isinstance(said, dict) else None
    if not isinstance(address, str):
        raise Rejected("uploading a file: the homeserver names no address for it")
    return address


def _headers(client: AsyncClient) -> dict[str, str]:
    return {"Authorization": f"Bearer {client.access_token}"}


async def _error(response: ClientResponse, what: str) -> FarEndError | StopError:
    try:
        said = json.loads(await response.content.read(_CHUNK))
    except ValueError:
        said = {}
    words = said if isinstance(said, dict) else {}
    error = ErrorResponse(word(words, "error"), word(words, "errcode") or None)
    error.transport_response = cast("Any", response)  # nio's own type for it is too narrow
    return error_of(error, what)


def decrypted(data: bytes, key: Mapping[str, object]) -> bytes:
    """What `key`, an EncryptedFile, makes of a file. Raises Rejected where the two do not belong together."""
    try:
        plain: bytes = decrypt_attachment(
            data, word(part(key, "key"), "k"), word(part(key, "hashes"), "sha256"), word(key, "iv")
        )
    except (EncryptionError, ValueError) as error:
        told = Refusal("the file cannot be decrypted")
        raise Rejected(f"{told}: {error}", told=told) from error
    return plain
