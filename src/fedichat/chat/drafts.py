"""From an invocation of `!answer` to what is to be published."""

import re

from fedichat.chat.command import Invocation
from fedichat.domain.mention import Visibility
from fedichat.domain.post import Draft
from fedichat.errors import Refusal

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]+)*")


def draft_from(invocation: Invocation) -> Draft:
    """The draft that the options and the text describe. Refuses a language that is none."""
    options = invocation.options
    language = options.get("lang")
    if language is not None and not _LANGUAGE.fullmatch(language):
        raise Refusal("“{language}” is not a language code. For example: `--lang de`", language=language)
    visibility = options.get("visibility")
    return Draft(
        text=invocation.text,
        visibility=Visibility(visibility) if visibility else None,
        content_warning=options.get("cw"),
        language=language.lower() if language else None,
        tag_all="all" in options,
    )
