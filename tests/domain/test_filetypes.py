"""What files are by their own bytes."""

import pytest

from fedichat.domain.posts.filetypes import EXTENSIONS, dimensions, sniffed
from fedichat.sandbox.pages import png

GIF = b"GIF89a\x03\x00\x02\x00" + bytes(20)
JPEG = b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc0\x00\x0b\x08\x00\x05\x00\x07\x01\x01\x11\x00"


@pytest.mark.parametrize(
    ("data", "mimetype"),
    [
        (png(3, 2, (0, 0, 0)), "image/png"),
        (GIF, "image/gif"),
        (JPEG, "image/jpeg"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", "audio/wav"),
        (b"\x00\x00\x00\x1cftypavif", "image/avif"),
        (b"\x00\x00\x00\x18ftypisom", "video/mp4"),
        (b"\x00\x00\x00\x18ftypqt  ", "video/quicktime"),
        (b"\x00\x00\x00\x18ftypM4A ", "audio/mp4"),
        (b"\x1aE\xdf\xa3webm", "video/webm"),
        (b"OggS\x00", "audio/ogg"),
        (b"fLaC\x00", "audio/flac"),
        (b"ID3\x03", "audio/mpeg"),
        (b"\xff\xfb\x90", "audio/mpeg"),
        (b"\xff\xf1\x50", "audio/aac"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'>", None),
        (b"<!DOCTYPE html><script>", None),
        (b"%PDF-1.7", None),
        (b"", None),
    ],
)
def test_the_first_bytes_tell(data: bytes, mimetype: str | None) -> None:
    assert sniffed(data) == mimetype
    assert mimetype is None or mimetype in EXTENSIONS


@pytest.mark.parametrize(
    ("data", "size"),
    [
        (png(3, 2, (0, 0, 0)), (3, 2)),
        (GIF, (3, 2)),
        (JPEG, (7, 5)),
        (png(3, 2, (0, 0, 0))[:20], None),
        (JPEG[:12], None),
        (b"\xff\xd8\xff\xe0\x00\x00\x00\x00\x00\x00\x00", None),
        (b"text", None),
    ],
)
def test_how_large_a_picture_is(data: bytes, size: tuple[int, int] | None) -> None:
    assert dimensions(data) == size
