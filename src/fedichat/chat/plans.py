"""From an invocation of `!schedule` and the like to what is to be planned."""

from collections.abc import Sequence
from dataclasses import replace

from fedichat.chat.command import Call, Option
from fedichat.chat.drafts import FILE_OPTIONS, POST_OPTIONS, draft_from
from fedichat.chat.moments import understood
from fedichat.chat.wording import worded
from fedichat.domain.names import SUPERVISORS, team_place
from fedichat.domain.phrase import mark
from fedichat.domain.posts.planning import Doubt, Plan
from fedichat.domain.posts.post import Post, PostKind
from fedichat.domain.posts.publishable import publishable_line
from fedichat.domain.tickets.sorting import labels_in
from fedichat.domain.time import when
from fedichat.domain.time.when import When
from fedichat.errors import Refusal

ACCOUNT = Option(
    "account",
    mark("the account that publishes it; by default, the one whose room this is"),
    names={"de": ("konto",)},
)
_READERS = mark("who may read it; a planned post cannot be direct")
_PLANNED = tuple(
    replace(option, summary=_READERS) if option.name == "visibility" else option
    for option in POST_OPTIONS
    if option.name != "all"
)
PLAN_OPTIONS = (
    *_PLANNED,
    ACCOUNT,
    Option("label", mark("what it belongs to, for the plan"), repeats=True, names={"de": ("schlagwort", "label")}),
    Option("audience", mark("who it is for, in your own words, for the plan"), names={"de": ("zielgruppe",)}),
)
"""The options of commands that plan something."""

CRISIS_OPTIONS = (
    *(option for option in _PLANNED if option.name in ("cw", "lang", "visibility")),
    *FILE_OPTIONS,
)


async def plan_from(call: Call, before: Post | None = None) -> tuple[Plan, Doubt | None]:
    """What is to be planned, and what must be asked about its time; until that is answered it has no time.

    `before` is the post that the message made before it was edited.
    """
    invocation = call.invocation
    moment = publishable_line(invocation.moment)
    plan = Plan(
        draft=draft_from(invocation, call.replied_to),
        labels=labels_in(" ".join(invocation.repeated.get("label", ())))[0],
        audience=invocation.options.get("audience", "").strip(),
        moment=moment,
        keeps_time=before is not None and before.plan is not None and before.plan.moment == moment,
        files=call.files,
    )
    if plan.keeps_time or not invocation.moment:
        return plan, None
    meant = await understood(call, invocation.moment)
    match meant:
        case when.Instant(at):
            return replace(plan, due_at=at), None
        case when.Recurring(rule, first):
            return replace(plan, due_at=first, rule=rule), None
        case _:
            return plan, doubt_about(call, invocation.moment, meant)


async def replan(call: Call) -> None:
    """The message that planned a post was edited: plan the post again, as the message reads now."""
    post = await call.desk.posts.finding.post(call.planned, call.cause)
    await _must_stay_with(call, post)
    asked, doubt = await plan_from(call, post)
    await call.desk.plan.scheduling.replan(call.cause, post.id, asked, doubt)


def doubt_about(call: Call, words: str, meant: When) -> Doubt:
    """Why the words do not give one moment, and which moments they may mean."""
    match meant:
        case when.Ambiguous(candidates):
            return Doubt(
                mark("“{words}” can mean several times. Which one? {candidates}"), {"words": words}, candidates
            )
        case when.Suggestion(at):
            return Doubt(mark("Does “{words}” mean this time? {candidates}"), {"words": words}, (at,))
        case when.Refused(refusal):
            fields = worded(refusal, call.t).fields
            return Doubt(refusal.message, {name: str(value) for name, value in fields.items()})
        case when.Recurring():
            return Doubt(mark("“{words}” repeats; a single time is needed here."), {"words": words})
        case _:
            return Doubt(mark("“{words}” names a day. At what time? For example: “{words} 10:00”."), {"words": words})


async def account_of(call: Call) -> str:
    """The account to publish on. Refuses if that is unclear, or if the caller may not post for that account."""
    return (await _accounts(call, [call.options["account"]] if "account" in call.options else []))[0]


async def accounts_of(call: Call) -> list[str]:
    """The accounts to publish on, for commands that take several."""
    if "all-accounts" in call.options:
        return await _accounts(call, call.desk.settings.accounts)
    return await _accounts(call, call.invocation.repeated.get("account", ()))


async def _must_stay_with(call: Call, post: Post) -> None:
    """Refuse an edited message that names different accounts from those that the post was made for."""
    if not {"account", "all-accounts"} & set(call.options):
        return
    known = await call.desk.plan.scheduling.accounts_with(call.cause, post.id)
    meant = await accounts_of(call) if post.kind is PostKind.CRISIS else [await account_of(call)]
    if set(meant) != set(known):
        raise Refusal(
            "P{post} is for {accounts}, and editing its message does not change that. For other accounts, send a new "
            "one.",
            post=post.id,
            accounts=", ".join(known),
        )


async def _accounts(call: Call, named: Sequence[str]) -> list[str]:
    known = {name.casefold(): name for name in call.desk.settings.accounts}
    if not named and call.room.account is not None:
        return [call.room.account]
    meant = [known.get(name.casefold(), "") for name in named] or (list(known.values()) if len(known) == 1 else [])
    if not meant or "" in meant:
        raise Refusal(
            "Which account? Name it with `--account {example}`; there are: {accounts}.",
            example=min(known.values()),
            accounts=", ".join(known.values()),
        )
    for account in meant:
        await _must_belong(call, account)
    return list(dict.fromkeys(meant))


async def _must_belong(call: Call, account: str) -> None:
    """Refuse to post for an account if the caller is neither in its team's room nor in the supervisors'."""
    if call.room.account == account:
        return
    for place in (team_place(account), SUPERVISORS):
        is_there = place in call.desk.settings.places
        if place == call.room.place or (is_there and call.cause.actor in await call.people(place)):
            return
    raise Refusal("You are not in the room of {account}'s team, so you cannot post for that account.", account=account)
