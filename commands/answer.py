"""`!answer`: draft an answer and see its preview."""

from fedichat.chat.command import Call, Choice, Command, Option, Right, Takes
from fedichat.chat.drafts import draft_from
from fedichat.i18n import mark


async def run(call: Call) -> None:
    """Draft it; nothing goes out before somebody confirms the preview."""
    await call.desk.answer(call.cause, call.ticket, draft_from(call.invocation))


COMMAND = Command(
    name="answer",
    names={"en": ("answer", "reply"), "de": ("antwort", "antworten")},
    summary=mark("Draft an answer and see exactly what would appear. ✅ on the preview publishes it."),
    right=Right.ANSWER,
    run=run,
    ticket=Takes.MUST,
    text=Takes.MUST,
    options=(
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
        Option("cw", mark('a content warning; `--cw ""` for none'), names={"de": ("warnung", "inhaltswarnung")}),
        Option(
            "lang",
            mark("the language, as a code like de or en"),
            names={"en": ("lang", "language"), "de": ("sprache",)},
        ),
        Option(
            "all",
            mark("tag the others in the conversation too"),
            is_flag=True,
            names={"de": ("alle",)},
        ),
    ),
    examples=(
        mark("answer 42 Thank you for asking! …"),
        mark('answer 42 --visibility unlisted --cw "security" The text'),
    ),
)
