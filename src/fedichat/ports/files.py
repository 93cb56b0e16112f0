"""Files on their way between the rooms and the fediverse."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FileData:
    """The bytes of a file, with its name and MIME type."""

    name: str
    mimetype: str
    data: bytes
