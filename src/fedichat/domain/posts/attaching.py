"""Which files go along with a post, and whether the instance will take them: decided before anything is uploaded."""

from collections.abc import Sequence
from dataclasses import dataclass

from fedichat.domain.names import EventId
from fedichat.domain.posts.drafts import Draft
from fedichat.domain.posts.post import Attachment
from fedichat.domain.posts.publishable import publishable
from fedichat.domain.tickets.remark import Remark, SharedFile
from fedichat.errors import Refusal

_MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Allowed:
    """What the instance takes, and whether this office insists on alt texts. Sizes in bytes, lengths in characters."""

    attachments: int
    alt_characters: int
    image_bytes: int
    video_bytes: int
    media_types: frozenset[str] | None
    alt_required: bool
    mixes_media: bool = False

    def largest(self, kind: str) -> int:
        """How large a file of that kind may be."""
        return self.image_bytes if kind == "image" else self.video_bytes


def kind_of(mimetype: str) -> str:
    """What a file is: image, video, audio, or whatever else its type begins with."""
    return mimetype.partition("/")[0]


def chosen(
    draft: Draft, files: Sequence[Remark], own: EventId | None, before: Sequence[Attachment]
) -> tuple[Remark, ...]:
    """The files that go along, out of all of the ticket's.

    `own` is the message that holds the command, `before` what the post had so far. A file whose caption is the command
    goes along by itself. Refuses what is not there, and what is not clear.
    """
    by_event = {file.event: file for file in files}
    first = (by_event[own],) if own is not None and own in by_event else ()
    meant = draft.files
    if meant is None:
        return first
    if meant.every:
        return _all(files)
    named: tuple[Remark, ...] = tuple(_numbered(number, files) for number in meant.numbers)
    if not named and meant.replied_to is not None and meant.replied_to in by_event:
        named = (by_event[meant.replied_to],)
    if not named and not first:
        # A message that was edited does not tell any more what it replied to.
        named = tuple(by_event[one.remark] for one in before if one.remark in by_event) or _only(files)
    return tuple({one.event: one for one in (*first, *named)}.values())


def attached(
    files: Sequence[Remark], draft: Draft, allowed: Allowed, before: Sequence[Attachment]
) -> tuple[Attachment, ...]:
    """The files as attachments, with their alt texts. Refuses what the instance would not take.

    What is uploaded already, and is described as before, need not be uploaded again.
    """
    _check_together(files, allowed)
    if draft.alts and not files:
        raise Refusal("There is an `--alt`, but no file goes along: `--with` takes one of the thread along.")
    if len(draft.alts) > len(files):
        raise Refusal(
            "There are more alt texts than files: {alts} for {files}. Each `--alt` is for one file, in their order.",
            alts=len(draft.alts),
            files=len(files),
        )
    given = (*draft.alts, *(None for _ in range(len(files) - len(draft.alts))))
    return tuple(_attachment(file, alt, draft, allowed, before) for file, alt in zip(files, given, strict=True))


def _attachment(
    remark: Remark, given: str | None, draft: Draft, allowed: Allowed, before: Sequence[Attachment]
) -> Attachment:
    file = _file(remark)
    _check_alone(file, allowed)
    alt = publishable(remark.text if given is None else given)
    if len(alt) > allowed.alt_characters:
        raise Refusal(
            "The alt text of {file} is too long by {over}: {length} of {limit} characters.",
            file=_name(remark),
            over=len(alt) - allowed.alt_characters,
            length=len(alt),
            limit=allowed.alt_characters,
        )
    if not alt and allowed.alt_required and not draft.without_alt:
        raise Refusal(
            '{file} has no alt text. Describe it with `--alt "…"` or in its caption; if it is to go out without one, '
            'say why: `--no-alt "reason"`.',
            file=_name(remark),
        )
    new = Attachment(remark.event, file.name, file.mimetype, file.size, alt)
    same = (one for one in before if one.remark == new.remark and one.alt == new.alt)
    return next(same, new)


def _check_together(files: Sequence[Remark], allowed: Allowed) -> None:
    if len(files) > allowed.attachments:
        raise Refusal(
            "These are {count} files, and the instance takes {limit} with a post: {files}. `--with {number}` takes "
            "one of them.",
            count=len(files),
            limit=allowed.attachments,
            files=_listed(files),
            number=files[0].file_number or 1,
        )
    alone = [file for file in files if kind_of(_file(file).mimetype) != "image"]
    if len(files) > 1 and alone and not allowed.mixes_media:
        raise Refusal(
            "A video or a sound goes alone, without other files: {file}. `--with {number}` takes only that one.",
            file=_name(alone[0]),
            number=alone[0].file_number or 1,
        )


def _check_alone(file: SharedFile, allowed: Allowed) -> None:
    kind = kind_of(file.mimetype)
    known = kind in {"image", "video", "audio"}
    if not known or (allowed.media_types is not None and file.mimetype not in allowed.media_types):
        raise Refusal(
            "The instance does not take files like {file} ({type}). It takes: {types}.",
            file=file.name,
            type=file.mimetype,
            types=", ".join(sorted(allowed.media_types or {"image/*", "video/*", "audio/*"})),
        )
    if file.size is not None and file.size > allowed.largest(kind):
        raise Refusal(
            "{file} is too large: {size} MB, and the instance takes {limit} MB.",
            file=file.name,
            size=_megabytes(file.size),
            limit=_megabytes(allowed.largest(kind)),
        )


def _all(files: Sequence[Remark]) -> tuple[Remark, ...]:
    if not files:
        raise Refusal("There is no file in this ticket's thread. Send it there first, then `--with` takes it along.")
    return tuple(files)


def _only(files: Sequence[Remark]) -> tuple[Remark, ...]:
    if len(files) > 1:
        raise Refusal(
            "Which file? {files} – for example `--with {number}`, or `--with all`; or `--with` in a reply to the "
            "message that holds it.",
            files=_listed(files),
            number=files[0].file_number or 1,
        )
    return _all(files)


def _numbered(number: int, files: Sequence[Remark]) -> Remark:
    for file in files:
        if file.file_number == number:
            return file
    if not files:
        return _all(files)[0]
    raise Refusal("There is no file {number} any more. There are: {files}", number=number, files=_listed(files))


def _listed(files: Sequence[Remark]) -> str:
    return ", ".join(map(_name, files))


def _name(remark: Remark) -> str:
    return f"📎{remark.file_number} {_file(remark).name}"


def _file(remark: Remark) -> SharedFile:
    if remark.file is None:
        raise LookupError(remark.event)
    return remark.file


def _megabytes(size: int) -> str:
    return f"{size / _MEGABYTE:.1f}".removesuffix(".0")
