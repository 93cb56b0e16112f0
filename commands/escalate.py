"""`!escalate`: ask a department."""

from fedichat.chat.command import Call, Command, Option, Right, Shown, Takes, Tap
from fedichat.chat.parsing import without_flag
from fedichat.desk.posts.drafting import CONFIRM
from fedichat.domain.phrase import mark
from fedichat.domain.tickets.escalation import department_and_question


async def run(call: Call) -> None:
    """Ask the department that the text begins with; without one, offer all departments."""
    department, words = department_and_question(call.text, call.desk.settings.departments)
    question, is_sure = without_flag(_SURE, words)
    sure = is_sure or "sure" in call.options
    await call.desk.departments.escalations.escalate(
        call.cause, call.ticket, department or None, question, sure=sure, is_for_anybody=call.is_for_anybody
    )


async def propose_remark(call: Call) -> None:
    """A ✅ on what an expert said: that is to be the answer."""
    await call.desk.departments.proposals.mark_proposal(call.cause, call.shown)


_SURE = Option(
    "sure",
    mark("for a private ticket: everybody in the department's room may read it"),
    is_flag=True,
    lets_out=True,
    names={"de": ("sicher",)},
)

COMMAND = Command(
    name="escalate",
    names={"en": ("escalate",), "de": ("weiterleiten", "eskalieren")},
    summary=mark(
        "Ask a department: it gets the ticket and the question in its room, and the two threads become one "
        "conversation. A 🆘 on the card offers the departments."
    ),
    right=Right.CONSULT,
    run=run,
    ticket=Takes.MUST,
    text=Takes.MAY,
    text_name=mark("department and question"),
    options=(_SURE,),
    taps=(Tap(Shown.CARD, "🆘"), Tap(Shown.REMARK, CONFIRM, propose_remark)),
    examples=(mark("escalate 42 krypto Is that still secure?"), mark("escalate 42")),
)
