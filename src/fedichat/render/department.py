"""What departments and the team are shown of each other: questions, talk, proposals, and what was published."""

from collections.abc import Sequence

from fedichat.desk.departments.escalations import Consulted
from fedichat.desk.departments.proposals import Answered, Proposed
from fedichat.desk.departments.remarks import Overheard
from fedichat.domain.names import TicketId, localpart
from fedichat.domain.phrase import mark
from fedichat.domain.posts.post import PostKind
from fedichat.render.fitting import beginning, with_texts_that_fit
from fedichat.render.parts import Rendered, Setting, Sheet, link, listed
from fedichat.render.words import words
from fedichat.text import html
from fedichat.text.i18n import Language

_LONGEST_NAME = 60
_PUBLISHED_WORDS = {
    PostKind.ANSWER: mark("This was answered:"),
    PostKind.INTERIM: mark("An interim reply went out; the answer is still to come:"),
    PostKind.EDIT: mark("The answer was changed and says now:"),
    PostKind.REMOVAL: mark("The answer was deleted from the server again."),
}


def asked(sheet: Sheet, view: Consulted, ticket: TicketId, setting: Setting, prefix: str) -> None:
    """What a department is asked, on its card, and how it answers; later, that it need not any more."""
    t, escalation = setting.language, view.asked
    if escalation is None:
        return
    if escalation.recalled_by is not None:
        sheet.strong(f"↩ {t('Taken back by {who}.', who=localpart(escalation.recalled_by))}")
        return
    if escalation.question:
        sheet.strong(
            f"❓ {t('Question from the team ({who}):', who=localpart(escalation.asked_by))}", f" {escalation.question}"
        )
    else:
        sheet.strong(f"❓ {t('The team ({who}) asks for help.', who=localpart(escalation.asked_by))}")
    if escalation.is_open and escalation.due_at is not None and escalation.proposed_at is None:
        sheet.line(f"⏰ {t('A proposal is due {moment}.', moment=t.moment(escalation.due_at, setting.zone))}")
    if escalation.is_open:
        how = words(
            t,
            mark("Talk here in the thread: the team reads along. `{prefix}propose {ticket} …` proposes an answer."),
            {"ticket": ticket},
            prefix,
        )
        sheet.line(how.plain, how.html.removeprefix("<p>").removesuffix("</p>"))


def suggestion(
    sheet: Sheet, departments: Sequence[tuple[str, str]], ticket: TicketId, setting: Setting, prefix: str
) -> None:
    """Whom the question seems to be for, and how to ask them."""
    if not departments:
        return
    message = mark("🆘 Seems to be for {departments}: `{prefix}escalate {ticket} {key} …` asks there.")
    names = listed([name for _, name in departments])
    fields: dict[str, str | int] = {"departments": names, "key": departments[0][0], "ticket": ticket}
    said = words(setting.language, message, fields, prefix)
    sheet.line(said.plain, said.html.removeprefix("<p>").removesuffix("</p>"))


def proposals_due(sheet: Sheet, view: Consulted, setting: Setting) -> None:
    """By when departments are to propose something, on the team's card."""
    t = setting.language
    for name, due_at in view.proposals_due:
        moment = t.moment(due_at, setting.zone)
        sheet.line(f"⏰ {t('{department}: a proposal is due {moment}', department=name, moment=moment)}")


def waiting_for(view: Consulted, t: Language) -> str:
    """Whom a ticket waits for; empty when for nobody."""
    return t("waiting for {departments}", departments=listed(view.waiting_for)) if view.waiting_for else ""


def proposals(view: Consulted, t: Language) -> str:
    """How many proposals there are; empty when there is none."""
    return f"💡 {t.plural('{count} proposal', '{count} proposals', view.proposals)}" if view.proposals else ""


def remark(view: Overheard, name: str, setting: Setting) -> Rendered:
    """What a colleague said in another room of the ticket. `name` is what they are called there."""
    said = html.clean(view.remark.text)
    file = f"📎{view.remark.file_number} " if view.remark.file_number else ""
    who = f"{file}{speaker(name, view.department, setting.language)}"

    def made(longest: int | None) -> Rendered:
        sheet = Sheet()
        sheet.strong(f"{who}:" if said else who, f" {beginning(said, longest)}" if said else "")
        return sheet.done()

    return with_texts_that_fit(made)


def not_carried(view: Overheard, name: str, reason: str, setting: Setting, largest: int | None) -> Rendered:
    """In place of a file that could not be brought along, with what was written with it.

    `largest` is the most bytes that would have been, where it had more.
    """
    t, said = setting.language, remark(view, name, setting)
    file = html.clean_line(view.remark.file.name) if view.remark.file else ""
    sheet = Sheet()
    sheet.line(said.plain, said.html)
    if largest is not None:
        megabytes = largest // (1024 * 1024)
        sheet.line(t("“{file}” was not brought along: it is larger than {count} MB.", file=file, count=megabytes))
    else:
        sheet.line(t("“{file}” could not be brought along: {reason}.", file=file, reason=reason.rstrip(".")))
    return sheet.done()


def speaker(name: str, department: str, t: Language) -> str:
    """`Max (Referat Kryptografie)`; `Anna (team)` for the team's own people."""
    return f"{html.clean_line(name)[:_LONGEST_NAME]} ({department or t('team')})"


def proposal(view: Proposed, name: str, setting: Setting, prefix: str, *, in_department: bool) -> Rendered:
    """A proposal, and for the team how to take it."""
    said = html.clean(view.proposal.text)
    return with_texts_that_fit(
        lambda longest: _proposal(view, beginning(said, longest), name, setting, prefix, in_department=in_department)
    )


def _proposal(view: Proposed, said: str, name: str, setting: Setting, prefix: str, *, in_department: bool) -> Rendered:
    t, made, sheet = setting.language, view.proposal, Sheet()
    head = t("Proposal {number} by {who}", number=made.number, who=speaker(name, view.department, t))
    if not made.text:
        sheet.strong(f"💡 {head}", f" – {t('was taken back.')}")
        return sheet.done()
    sheet.strong(f"💡 {head}:")
    sheet.quote(said)
    if not in_department:
        fields: dict[str, str | int] = {"ticket": made.ticket, "number": made.number}
        how = words(
            t,
            mark(
                "To make it the draft: `{prefix}answer {ticket} --proposal {number}`; a text behind it replaces these "
                "words."
            ),
            fields,
            prefix,
        )
        sheet.line(how.plain, how.html.removeprefix("<p>").removesuffix("</p>"))
    return sheet.done()


def published(view: Answered, setting: Setting) -> Rendered:
    """What the office has said to the citizen, or what became of that."""
    return with_texts_that_fit(lambda longest: _published(view, longest, setting))


def _published(view: Answered, longest: int | None, setting: Setting) -> Rendered:
    t, post, sheet = setting.language, view.post, Sheet()
    sheet.strong(f"📣 {t(_PUBLISHED_WORDS[post.kind])}")
    if post.kind is PostKind.REMOVAL:
        return sheet.done()
    for text in post.texts:
        sheet.quote(beginning(html.clean(text), longest))
    url = view.target.url if view.target else post.url
    if url:
        sheet.line(url, link(url, url))
    if view.is_over and post.kind is PostKind.ANSWER:
        sheet.line(t("The team does not read along in this thread any more."))
    return sheet.done()
