"""From an invocation of `!answer` and the like to what is to be published."""

import re

from fedichat.chat.command import Call, Choice, Invocation, Option
from fedichat.domain.names import EventId
from fedichat.domain.phrase import mark
from fedichat.domain.posts.drafts import Draft, FilesMeant
from fedichat.domain.tickets.mention import Visibility
from fedichat.errors import Refusal

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]+)*")
_NUMBER = re.compile(r"#?\d{1,4}")
_EVERY = ("all", "alle")
_FILE = "\N{PAPERCLIP}\N{VARIATION SELECTOR-16}"
"""How the bot shows a file's number; some people type it like that."""

_WARNING = Option("cw", mark('a content warning; `--cw ""` for none'), names={"de": ("warnung", "inhaltswarnung")})
_LANG = Option(
    "lang",
    mark("the language, as a code like de or en"),
    names={"en": ("lang", "language"), "de": ("sprache",)},
)

FILE_OPTIONS = (
    Option(
        "with",
        mark(
            "take files of the thread along: `--with 1,3` by their numbers, `--with all`, or `--with` alone in a reply "
            "to the message that holds one"
        ),
        may_take=rf"[{_FILE}]*\d{{1,4}}(?:\s*,\s*[{_FILE}]*\d{{1,4}})*|all|alle",
        names={"de": ("mit",)},
    ),
    Option(
        "alt",
        mark('the alt text of a file; once for each, in their order: `--alt "A map" --alt "A chart"`'),
        repeats=True,
        names={"en": ("alt", "alt-text"), "de": ("alt", "bildbeschreibung")},
    ),
    Option(
        "no-alt",
        mark("why files may go out without an alt text; this is kept"),
        names={"en": ("no-alt", "without-alt"), "de": ("ohne-alt", "ohne-bildbeschreibung")},
    ),
)
"""The options of commands whose posts may take files along."""

EDIT_OPTIONS = (_WARNING, _LANG)
"""The options of the command that changes what is published."""

POST_OPTIONS = (
    Option(
        "visibility",
        mark("who may read it; never more people than the question"),
        choices=(
            Choice("public", {"de": ("öffentlich",)}),
            Choice("unlisted", {"de": ("nicht-gelistet", "ungelistet")}),
            Choice("private", {"en": ("followers-only", "followers"), "de": ("nur-follower", "follower")}),
            Choice("direct", {"de": ("direkt",)}),
        ),
        names={"de": ("sichtbarkeit",)},
    ),
    _WARNING,
    _LANG,
    Option(
        "all",
        mark("tag the others in the conversation too"),
        is_flag=True,
        names={"de": ("alle",)},
    ),
    *FILE_OPTIONS,
)
"""The options of commands that publish something new."""

PROPOSAL = Option(
    "proposal",
    mark("use a department's proposal, by its number; a text that follows replaces its words"),
    names={"de": ("vorschlag",)},
)


def draft_from(invocation: Invocation, replied_to: EventId | None = None) -> Draft:
    """The draft that the options and the text describe. Refuses an invalid language code, and a draft without any text.

    `replied_to` is the message that the command is a reply to: it may hold a file.
    """
    options = invocation.options
    language = options.get("lang")
    if language is not None and not _LANGUAGE.fullmatch(language):
        raise Refusal("“{language}” is not a language code. For example: `--lang de`", language=language)
    proposal = _proposal(options.get("proposal"))
    command = invocation.command
    if PROPOSAL in command.options and not invocation.text and proposal is None:
        raise Refusal(
            "Something is missing: the {what}. For example: `{prefix}{example}`",
            what=command.text_name,
            example=command.examples[0],
        )
    visibility = options.get("visibility")
    return Draft(
        text=invocation.text,
        visibility=Visibility(visibility) if visibility else None,
        content_warning=options.get("cw"),
        language=language.lower() if language else None,
        tag_all="all" in options,
        proposal=proposal,
        files=_files(options.get("with"), replied_to),
        alts=invocation.repeated.get("alt", ()),
        without_alt=options.get("no-alt", "").strip(),
    )


async def revise(call: Call) -> None:
    """The message that drafted something was edited: draft it again, as the message reads now."""
    await call.desk.posts.drafting.revise(call.cause, call.planned, draft_from(call.invocation))


def _proposal(value: str | None) -> int | None:
    if value is None:
        return None
    if not _NUMBER.fullmatch(value):
        raise Refusal("“{value}” is not the number of a proposal. For example: `--proposal 2`", value=value)
    return int(value.lstrip("#"))


def _files(value: str | None, replied_to: EventId | None) -> FilesMeant | None:
    if value is None:
        return None
    if value.casefold() in _EVERY:
        return FilesMeant(every=True)
    if value:
        return FilesMeant(tuple(int(number.strip().lstrip(_FILE)) for number in value.split(",")))
    return FilesMeant(replied_to=replied_to)
