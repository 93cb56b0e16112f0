"""For every renderer, the largest that it could ever be given."""

import inspect
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import time
from functools import cache
from importlib import import_module
from zoneinfo import ZoneInfo

import fedichat.render
from fedichat.desk.clock.reminders import Reminded
from fedichat.desk.departments.escalations import Consulted
from fedichat.desk.departments.proposals import Answered, Proposed
from fedichat.desk.departments.remarks import Overheard
from fedichat.desk.duty.handovers import HandoverView
from fedichat.desk.duty.roster import Roster
from fedichat.desk.plan.crisis import Frozen, Thawed
from fedichat.desk.plan.lists import EditorialPlan, ShownPost
from fedichat.desk.reports import Digest, Old
from fedichat.desk.room.views import Card, FollowUp, Preview
from fedichat.desk.tickets.lists import Line, Queue, Wanted
from fedichat.domain import figures
from fedichat.domain.effects import ShowDigest
from fedichat.domain.figures import DepartmentFigures, Figures, OldTicket, PersonFigures, Reason, Scope, Trouble
from fedichat.domain.history import Entry, Step
from fedichat.domain.names import SUPERVISORS, EventId, PostId, TicketId, UserId, department_place, localpart
from fedichat.domain.posts.planning import Concerns
from fedichat.domain.posts.post import Attachment, Out, Planned, PostKind, PostState
from fedichat.domain.posts.readers import MOST_SHOWN, check_showable
from fedichat.domain.reporting import ReportKind
from fedichat.domain.tickets.escalation import Escalation, Proposal
from fedichat.domain.tickets.mention import Author, Media, Poll, StatusId
from fedichat.domain.tickets.remark import Remark, SharedFile
from fedichat.domain.tickets.ticket import TicketState
from fedichat.domain.time.calendar import Calendar, Span
from fedichat.domain.time.period import Period
from fedichat.domain.time.rota import Absence, Turn
from fedichat.domain.time.sla import Due, Reminder, ReminderKind
from fedichat.errors import Refusal
from fedichat.render.card import card, edited, follow_up
from fedichat.render.department import not_carried, proposal, published, remark
from fedichat.render.digest import digest, stats
from fedichat.render.duty import handover, roster
from fedichat.render.lists import found, history, labels, mine, of_author, queue, shown_ticket
from fedichat.render.parts import Rendered, Setting, below
from fedichat.render.plan import frozen, missed_posts, plan, shown_post, thawed
from fedichat.render.preview import preview
from fedichat.render.reminders import reminders
from fedichat.render.words import addressed, all_in_room, markdown, words
from fedichat.store.freezes import Freeze
from fedichat.store.plan import Some
from fedichat.store.rota import Waits
from fedichat.text.i18n import language, phrase
from tests.factories import ANNA, BEN, DAY, ERIKA, MINUTE, NOW, TEAM, a_mention, a_post, a_status, a_ticket

MANY = 1_000
LENGTH = 60_000
"""Bytes of a text: an event brings no more than that, and no server sends a longer one."""

SETTING = Setting(language("en"), ZoneInfo("Europe/Berlin"))
CALENDAR = Calendar(SETTING.zone, ((Span(time(8), time(16)),),) * 5 + ((), ()))
KRYPTO = department_place("krypto")
PEOPLE = tuple(UserId(f"@somebody-with-a-long-name-{number}:example.org") for number in range(MANY))
NUMBERS = [TicketId(number) for number in range(1, MANY + 1)]
POSTS = tuple(PostId(number) for number in range(1, MANY + 1))


def renderers() -> Iterator[tuple[str, Callable[..., Rendered]]]:
    """The public functions of `fedichat.render` that return something rendered, by module and name."""
    for found_module in pkgutil.walk_packages(fedichat.render.__path__, "fedichat.render."):
        module = import_module(found_module.name)
        for name, function in inspect.getmembers(module, inspect.isfunction):
            is_here = function.__module__ == module.__name__ and not name.startswith("_")
            if is_here and inspect.signature(function).return_annotation in (Rendered, "Rendered"):
                yield f"{module.__name__.removeprefix('fedichat.render.')}.{name}", function


@cache
def examples(sign: str) -> Mapping[str, tuple[Rendered, str]]:
    """By renderer, what it makes of the largest there can be, and what is said then of what was left out."""
    t = SETTING.language
    long = sign * (LENGTH // len(sign.encode()))
    middle = long[:2_000]  # a thousand of them are too many all the same
    cut = "more characters, too many for one message."
    author = Author(f"{'erika' * 400}@remote.example", long, ERIKA.url)
    media = tuple(Media("image", f"https://remote.example/{number}.png", long) for number in range(16))
    mentions = tuple(f"somebody{number}@remote{number}.example" for number in range(MANY))
    status = a_status(
        author=author, text=long, html="", content_warning=long, media=media, poll=Poll((long,) * 10), mentions=mentions
    )
    mention = replace(a_mention(status=status), earlier=(status,) * 10)
    wide = replace(a_ticket(state=TicketState.IGNORED, reason=long), labels=(long,))
    asked = Escalation(TicketId(42), KRYPTO, long, ANNA, NOW)
    view = Card(a_ticket(), [mention] * MANY, MANY, (), None, Consulted(("Krypto",), MANY, asked))
    follow = FollowUp(mention, a_ticket(), None)
    lines = [Line(replace(wide, id=number, labels=(middle,)), middle, middle) for number in NUMBERS]
    entries = [Entry(TicketId(42), NOW, Step.NOTED, ANNA, middle, PostId(7))] * MANY
    outs = tuple(Out(StatusId(str(number)), f"https://social.example/{number}") for number in range(20))
    ahead = Planned(due_at=NOW + DAY, labels=(long,), audience=long)
    planned = replace(a_post(text=long, kind=PostKind.PLANNED, state=PostState.CONFIRMED, out=outs), about=ahead)
    one = replace(planned, text=middle, about=replace(ahead, labels=(middle,)))
    some = Some([one] * MANY, 2 * MANY)
    said = Overheard(
        Remark(EventId("$r"), TicketId(42), KRYPTO, BEN, long, NOW, SharedFile("a" * 100, "a/b", "mxc://a/b"), 1),
        "Krypto", None, (), takes_part=True,
    )  # fmt: skip
    made = Proposal(TicketId(42), 2, KRYPTO, BEN, long, EventId("$r"), NOW)
    proposed = Proposed(made, a_ticket(), "Krypto", None, None, takes_part=True)
    period = Period(NOW.date(), NOW.date() + DAY)
    counted = Figures(
        period,
        ignored=tuple(Reason(f"{number} {middle}", 1) for number in range(MANY)),
        departments=tuple(DepartmentFigures(department_place(f"{number}")) for number in range(MANY)),
        people=tuple(PersonFigures(user, 1) for user in PEOPLE),
    )
    told = Digest(
        counted, NOW,
        Trouble((("post/bsi", MANY),), MANY, POSTS, POSTS),
        [Old(OldTicket(number, TEAM, TicketState.NEW, NOW - DAY, NOW, False)) for number in NUMBERS],
        [figures.Planned(number, "bsi", NOW) for number in POSTS],
        {department_place(f"{number}"): long[:200] for number in range(MANY)},
    )  # fmt: skip
    waits = Waits(MANY, NUMBERS, NUMBERS, NUMBERS, NUMBERS, NUMBERS)
    reminded = [
        Reminded(
            Reminder(number, SUPERVISORS, ReminderKind.OVERDUE, NOW, NOW),
            a_ticket(id=number, claimant=PEOPLE[number - 1]), Due(NOW, -MINUTE, NOW), "",
        )
        for number in NUMBERS
    ]  # fmt: skip
    refusal = phrase(Refusal("Nothing was published: {text}", text=long))
    sentence = words(t, "{reason}", all_in_room({"reason": refusal}, SETTING))
    plan_view = EditorialPlan([one] * MANY, [one] * MANY, some, NOW, NOW + 60 * DAY, Freeze(NOW, ANNA, long), {})
    return {
        "card.card": (card(view, SETTING), "[…]"),
        "card.follow_up": (follow_up(follow, SETTING), "[…]"),
        "card.edited": (edited(follow, long, SETTING), "[…]"),
        "department.remark": (remark(said, long, SETTING), "[…]"),
        "department.not_carried": (not_carried(said, long, long, SETTING, None), cut),
        "department.proposal": (proposal(proposed, long, SETTING, "!", in_department=False), "[…]"),
        "department.published": (
            published(Answered(a_post(parts=(long,) * 4, out=outs), None, None), SETTING),
            "[…]",
        ),
        "digest.digest": (
            digest(told, ShowDigest(SUPERVISORS, period, ReportKind.DAILY, NOW), lambda *_: None, SETTING),
            cut,
        ),
        "digest.stats": (stats(counted, Scope(label=long), told.departments, SETTING), cut),
        "duty.roster": (
            roster(
                Roster(
                    [Turn(NOW, NOW + DAY, user, ANNA) for user in PEOPLE],
                    [Absence(user, NOW.date(), NOW.date() + DAY) for user in PEOPLE],
                    acknowledged=False,
                ),
                SETTING,
            ),
            cut,
        ),
        "duty.handover": (handover(HandoverView(ANNA, BEN, NOW, NOW + DAY, BEN, True, waits), SETTING, "!"), "#10 …"),
        "lists.queue": (queue(Queue(lines, 2 * MANY, MANY), Wanted(label=long), NOW, SETTING), cut),
        "lists.mine": (mine(lines, NOW, SETTING), cut),
        "lists.found": (found(lines, MANY, NOW, SETTING), cut),
        "lists.of_author": (of_author(lines, 2 * MANY, long, NOW, SETTING), cut),
        "lists.labels": (labels(replace(wide, labels=(long,) * 20), SETTING), cut),
        "lists.history": (history(entries, SETTING), "Only the newest steps fit here"),
        "lists.shown_ticket": (shown_ticket(view, entries, NOW, SETTING), "Only the newest steps fit here"),
        "plan.plan": (plan(plan_view, CALENDAR, NOW, SETTING), cut),
        "plan.missed_posts": (missed_posts(some, SETTING, "!"), "… and 1940 more."),
        "plan.frozen": (frozen(Frozen(some, [one] * MANY, MANY), SETTING, "!"), "… and 1940 more."),
        "plan.thawed": (thawed(Thawed(MANY, some, POSTS), SETTING, "!"), "… and 1940 more."),
        "plan.shown_post": (shown_post(ShownPost(planned, entries, ""), SETTING), cut),
        "preview.preview": (largest_previews(sign)["an answer to a thousand people"][0], "and 980 more"),
        "reminders.reminders": (reminders(reminded, PEOPLE, SETTING, "!"), "… and 985 more."),
        "words.words": (sentence, cut),
        "words.addressed": (addressed(sentence, PEOPLE), cut),
        "words.markdown": (markdown(long), cut),
        "parts.below": (below(markdown(long), markdown(long)), cut),
    }


@cache
def largest_previews(sign: str) -> Mapping[str, tuple[Rendered, str]]:
    """The largest drafts that the desk makes previews of, by what they are; each with what is said of it last."""
    size = MOST_SHOWN
    while True:
        text = (sign * size)[:size]
        alts = [text[: size // 8]] * 4
        try:
            check_showable(text, text[: size // 8], *alts)
        except Refusal:
            size = size * 9 // 10
        else:
            break
    files = tuple(Attachment(EventId("$f"), "ж" * 100, "image/png", 1, alt) for alt in alts)
    mentions = tuple(f"{'somebody' * 40}{number}@remote{number}.example" for number in range(MANY))
    tagging = f"{text[: len(text) * 2 // 3]} " + " ".join(f"@somebody{number}@remote.example" for number in range(50))
    answer = a_post(text=tagging, content_warning=text[: size // 8], attachments=files)
    question = a_mention(status=a_status(mentions=mentions))
    usual = Preview(answer, a_ticket(), question, 1, None, (), None, four_eyes=True)
    target = a_post(id=PostId(6), text=text[: size // 3], state=PostState.PUBLISHED)
    change = a_post(text=text[: size // 3], kind=PostKind.EDIT, target=PostId(6), content_warning=text[: size // 8])
    planned = replace(
        a_post(text=text, kind=PostKind.PLANNED, content_warning=text[: size // 8]),
        about=Planned(due_at=NOW + DAY, labels=(sign * LENGTH,) * 10, audience=sign * LENGTH),
    )
    undescribed = tuple(replace(one, alt="") for one in files)
    beside = tuple((number, "ж" * 100) for number in range(MANY))
    concerns = Concerns(POSTS[:100], PostId(1), True, {"en": "a", "de": "b"}, True, True)
    made = {
        "an answer to a thousand people": usual,
        "an answer without alt texts": replace(
            usual, post=replace(answer, attachments=undescribed, without_alt=sign * LENGTH)
        ),
        "an answer that leaves files behind": replace(usual, left_behind=beside),
        "a change": replace(usual, post=change, target=target),
        "a planned post": replace(usual, post=planned, ticket=None, question=None, concerns=concerns, now=NOW),
    }
    last = f"Four eyes: ✅ counts by somebody other than {localpart(ANNA)}."
    return {what: (preview(view, [size] * len(view.post.texts), size, SETTING), last) for what, view in made.items()}
