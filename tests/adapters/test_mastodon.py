"""The adapter against the sandbox: nothing is lost or doubled, and every failure says what it was."""

import asyncio
import logging
import os
import socket
import subprocess
import sys
import textwrap
import time
from datetime import timedelta

import pytest
from aiohttp import web

from fedichat.adapters.mastodon.account import MastodonAccount
from fedichat.adapters.mastodon.entities import View
from fedichat.adapters.mastodon.tags import KnownAccounts
from fedichat.adapters.mastodon.wire import _stays_home
from fedichat.cli.checking.accounts import check_kinds, check_policy
from fedichat.domain.posts.tagging import plain, shown_as_tagged
from fedichat.domain.tickets.mention import Author, Malformed, Mention, StatusId, Visibility
from fedichat.errors import Gone, Rejected, StopError, TagsOthers, TryLater, Unsure
from fedichat.ports import Limits, NewStatus
from fedichat.sandbox import MALFORMATIONS, IdStyle, Quota, RateLimits
from fedichat.sandbox import Limits as ServerLimits
from fedichat.sandbox.model import NewMedia, NotificationType
from tests.adapters.fediverse import START, a_server, scene
from tests.clocks import HandClock

NOTIFICATIONS = r"^/api/v1/notifications$"
STATUSES = r"^/api/v1/statuses$"


def answer(text: str = "@erika@buerger.example Ja.", **fields: object) -> NewStatus:
    return NewStatus(text, **({"visibility": Visibility.UNLISTED} | fields))  # type: ignore[arg-type]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# --- who and where -----------------------------------------------------------------------------------------


async def test_the_instance_tells_who_we_are_and_what_it_allows() -> None:
    async with scene(limits=ServerLimits(max_characters=1000)) as it:
        me = await it.account.me()
        assert me == Author("bsi@social.example", "BSI", f"{it.sandbox.url}/@bsi")
        limits = await it.account.limits()
        assert limits == Limits(1000, 23, video_bytes=103_809_024, media_types=limits.media_types, software="4.4.8")
        assert limits.media_types is not None
        assert {"image/png", "video/mp4", "audio/ogg"} < limits.media_types
        assert "write" in await it.account.scopes()


async def test_limits_are_asked_for_once_an_hour_and_kept_while_the_server_is_down() -> None:
    async with scene() as it:
        await it.account.limits()
        before = it.sandbox.gate.requests
        it.clock.advance(minutes=59)
        await it.account.limits()
        assert it.sandbox.gate.requests == before
        it.clock.advance(minutes=2)
        it.sandbox.faults.answer(503, times=None, path="instance")
        assert (await it.account.limits()).characters == 500


async def test_nobody_waits_for_a_server_that_does_not_tell_its_limits_again() -> None:
    async with scene() as it:
        await it.account.limits()
        it.clock.advance(minutes=61)
        it.sandbox.faults.hold(times=None, path="instance")
        async with asyncio.timeout(4):
            for _ in range(3):
                assert (await it.account.limits()).characters == 500


async def test_a_server_without_v2_is_asked_in_the_old_way() -> None:
    async with scene() as it:
        it.sandbox.faults.no_instance_v2 = True
        assert (await it.account.limits()).software == "4.4.8"
        assert (await it.account.me()).acct == "bsi@social.example"


async def test_a_server_that_tells_nothing_has_mastodons_limits() -> None:
    async with scene() as it:
        it.sandbox.faults.answer(404, times=None, path="instance")
        it.sandbox.faults.answer(404, times=None, path="apps/verify_credentials")
        assert await it.account.limits() == Limits()
        assert await it.account.scopes() == ()
        assert (await it.account.me()).acct.startswith("bsi@127.0.0.1:")


async def test_length_follows_mastodons_rule_where_the_server_does() -> None:
    async with scene() as it:
        count = it.account.length
        limits = Limits()
        assert count("Hallo", limits) == 5
        assert count("👩\u200d👩\u200d👧", limits) == 1
        assert count("@erika@buerger.example ja", limits) == len("@erika ja")
        assert count("https://example.org/" + "x" * 200, limits) == 23
        assert count("ja", limits, "Achtung") == 9
        assert count("a https://example.org/ b", Limits(url_characters=25)) == 2 + 25 + 2
        assert count("a https://example.org/ b", Limits(url_characters=None)) == len("a https://example.org/ b")


# --- mentions ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ids", list(IdStyle))
async def test_a_thousand_mentions_are_paged_upwards_without_loss(ids: IdStyle) -> None:
    async with scene(ids=ids) as it:
        await it.ask("erste")
        (first,) = await it.mentions()
        assert isinstance(first, Mention)
        for number in range(1000):
            it.clock.advance(milliseconds=number % 3)
            await it.erika.post(f"@bsi {number}")
        before = it.sandbox.gate.requests
        assert await it.texts(first.notification_id) == [str(number) for number in range(1000)]
        assert it.sandbox.gate.requests - before < 20


async def test_the_first_look_takes_what_is_young_enough() -> None:
    async with scene() as it:
        await it.ask(*map(str, range(200)))
        since = START + timedelta(seconds=101)
        assert await it.texts(since=since) == [str(number) for number in range(100, 200)]
        assert await it.texts() == [str(number) for number in range(200)]


async def test_nothing_new_costs_one_request_and_no_paging() -> None:
    async with scene() as it:
        await it.ask("a", "b")
        last = (await it.mentions())[-1]
        assert isinstance(last, Mention)
        before = it.sandbox.gate.requests
        assert await it.texts(last.notification_id) == []
        assert it.sandbox.gate.requests - before == 1


@pytest.mark.parametrize("count", [3, 64, 300])
async def test_a_server_that_ignores_cursors_gives_what_it_lists_the_oldest_first(count: int) -> None:
    async with scene() as it:
        it.sandbox.faults.ignore_cursors = True
        await it.ask("bekannt")
        (known,) = await it.mentions()
        assert isinstance(known, Mention)
        await it.ask(*map(str, range(count)))
        listed = min(count, 80)
        assert (await it.texts(known.notification_id))[-listed:] == [str(n) for n in range(count - listed, count)]


async def test_a_server_that_only_ignores_min_id_loses_nothing() -> None:
    """Its newest page comes for every min_id: what lies below is fetched by max_id, and handed on first."""
    async with scene() as it:
        await it.ask("bekannt")
        (known,) = await it.mentions()
        assert isinstance(known, Mention)
        await it.ask(*map(str, range(300)))
        page = it.account._notification_page

        async def without_min_id(params: list[tuple[str, str]]) -> list[object]:
            return await page([pair for pair in params if pair[0] != "min_id"])

        it.account._notifications._fetch = without_min_id
        assert await it.texts(known.notification_id) == [str(number) for number in range(300)]


async def test_a_cursor_that_the_server_no_longer_knows_still_works() -> None:
    async with scene() as it:
        await it.ask("weg", "a", "b")
        gone = it.office.inbox[0]
        it.office.notifications.remove(gone.key)
        assert await it.texts(gone.id) == ["a", "b"]
        assert await it.texts("0f3e-unknown") == ["a", "b"]


async def test_filters_after_the_limit_hide_nothing() -> None:
    async with scene() as it:
        it.sandbox.faults.filter_after_limit = True
        await it.ask("bekannt")
        (known,) = await it.mentions()
        assert isinstance(known, Mention)
        status = await it.office.post("Neues")
        await it.ask("vor dem Sturm")
        for number in range(400):
            it.clock.advance(seconds=1)
            it.sandbox.add_account(f"fan{number}").favourite(status)
        await it.ask("nach dem Sturm")
        for number in range(400):
            it.clock.advance(seconds=1)
            it.sandbox.add_account(f"freund{number}").favourite(status)
        assert await it.texts(known.notification_id) == ["vor dem Sturm", "nach dem Sturm"]


async def test_what_the_notification_policy_keeps_aside_is_read_too() -> None:
    async with scene() as it:
        it.office.filter_notifications_of(it.erika)
        await it.ask("Hallo?")
        assert await it.texts() == ["Hallo?"]


async def test_our_own_statuses_and_boosts_and_favourites_are_no_mentions() -> None:
    async with scene() as it:
        status = await it.office.post("@bsi Selbstgespräch")
        it.erika.favourite(status)
        it.erika.boost(status)
        await it.ask("Hallo?")
        assert await it.texts() == ["Hallo?"]


@pytest.mark.parametrize("how", sorted(MALFORMATIONS))
async def test_a_broken_notification_stops_nobody_behind_it(how: str) -> None:
    async with scene() as it:
        await it.ask("vorher")
        (known,) = await it.mentions()
        assert isinstance(known, Mention)
        it.sandbox.faults.malform(how)
        await it.ask("kaputt", "danach")
        items = await it.mentions(known.notification_id)
        assert len(items) == 2
        assert isinstance(items[-1], Mention)
        assert items[-1].status.text.endswith("danach")
        broken = items[0]
        assert isinstance(broken, Malformed) or broken.status.author.acct == "erika@buerger.example"
        if how == "status visibility unknown":
            assert isinstance(broken, Mention)
            assert broken.status.visibility is Visibility.DIRECT


async def test_pages_without_ids_end() -> None:
    async with scene() as it:
        it.sandbox.faults.malform("id missing", 100)
        await it.ask(*map(str, range(100)))
        items = await it.mentions()
        assert items
        assert all(isinstance(item, Malformed) for item in items)


async def test_a_failure_in_the_middle_keeps_what_came_before() -> None:
    async with scene() as it:
        await it.ask("bekannt")
        (known,) = await it.mentions()
        assert isinstance(known, Mention)
        await it.ask(*map(str, range(200)))
        pages = it.account.mentions(known.notification_id, None)
        first = await anext(pages)
        it.sandbox.faults.answer(503, path=NOTIFICATIONS)
        with pytest.raises(TryLater):
            await anext(pages)
        last = first[-1]
        assert isinstance(last, Mention)
        assert await it.texts(last.notification_id) == [str(number) for number in range(len(first), 200)]


# --- conversations -----------------------------------------------------------------------------------------


async def test_a_conversation_is_told_from_both_ends() -> None:
    async with scene() as it:
        first = await it.erika.post("@bsi eins")
        it.clock.advance(seconds=1)
        second = await it.office.post("@erika@buerger.example zwei", in_reply_to=first)
        it.clock.advance(seconds=1)
        third = await it.erika.post("@bsi drei", in_reply_to=second)
        assert [status.id for status in await it.account.earlier(StatusId(third.id))] == [first.id, second.id]
        assert [status.id for status in await it.account.replies(StatusId(first.id))] == [second.id, third.id]


async def test_an_edited_status_is_told_as_it_is_now_and_a_deleted_one_is_gone() -> None:
    async with scene() as it:
        status = await it.erika.post("@bsi Falsch")
        before = await it.account.status(StatusId(status.id))
        it.clock.advance(seconds=5)
        await it.erika.edit(status, "@bsi Richtig")
        after = await it.account.status(StatusId(status.id))
        assert after.text == "@bsi@social.example Richtig"
        assert not after.is_version(before.version)
        await it.erika.delete(status)
        with pytest.raises(Gone):
            await it.account.status(StatusId(status.id))
        with pytest.raises(Gone):
            await it.account.earlier(StatusId(status.id))


# --- publishing --------------------------------------------------------------------------------------------


async def test_an_answer_is_published_as_it_was_meant() -> None:
    async with scene() as it:
        question = await it.erika.post("@bsi Hallo?", visibility="unlisted")
        new = answer(in_reply_to=StatusId(question.id), content_warning="Antwort", language="de")
        made = await it.account.publish(new, "key")
        assert made.visibility is Visibility.UNLISTED
        assert made.url.startswith(it.sandbox.url)
        (status,) = it.sandbox.statuses_of(it.office)
        assert (status.id, status.spoiler_text, status.language) == (made.id, "Antwort", "de")
        (read,) = await it.account.own_statuses(START)
        assert (read.id, read.in_reply_to, read.text) == (made.id, question.id, "@erika@buerger.example Ja.")
        assert len(it.erika.mentions) == 1


async def test_the_same_key_publishes_once() -> None:
    async with scene() as it:
        first = await it.account.publish(answer(), "key")
        assert await it.account.publish(answer(), "key") == first
        assert len(it.sandbox.statuses_of(it.office)) == 1


@pytest.mark.parametrize("status", [500, 502, 503, 504, 200])
@pytest.mark.parametrize("carried_out", [True, False])
async def test_without_a_clear_answer_the_outcome_is_unsure(status: int, *, carried_out: bool) -> None:
    async with scene() as it:
        await it.account.me()
        it.sandbox.faults.answer(status, method="POST", path=STATUSES, after=carried_out)
        with pytest.raises(Unsure):
            await it.account.publish(answer(), "key")
        assert len(await it.account.own_statuses(START)) == carried_out


@pytest.mark.parametrize("verify", [None, 401, 403, 422, 429, 500, 502])
@pytest.mark.parametrize("status", [200, 500, 503])
async def test_nor_is_it_clear_where_a_fault_speaks_of_tokens(status: int, verify: int | None) -> None:
    """What node-fetch says where a server behind the server is broken; who we are may not be answered then."""
    words = '{"error": "invalid json response body, reason: Unexpected token < in JSON at position 0"}'
    async with scene() as it:
        await it.account.me()
        it.sandbox.faults.answer(status, body=words, method="POST", path=STATUSES, after=True)
        if verify is not None:
            it.sandbox.faults.answer(verify, body=words, times=None, path="verify_credentials")
        with pytest.raises(Unsure):
            await it.account.publish(answer(), "key")
        assert len(it.sandbox.statuses_of(it.office)) == 1


@pytest.mark.parametrize("verify", [404, 405, 410, 451])
@pytest.mark.parametrize("status", [200, 500, 503])
async def test_nor_where_who_we_are_is_refused_without_a_word_on_tokens(status: int, verify: int) -> None:
    """As by a gateway that is being set up anew, and knows none of its addresses for a while."""
    words = '{"error": "invalid json response body, reason: Unexpected token < in JSON at position 0"}'
    async with scene() as it:
        await it.account.me()
        it.sandbox.faults.answer(status, body=words, method="POST", path=STATUSES, after=True)
        it.sandbox.faults.answer(verify, body="<html>not here</html>", times=None, path="verify_credentials")
        with pytest.raises(Unsure):
            await it.account.publish(answer(), "key")
        assert len(it.sandbox.statuses_of(it.office)) == 1


@pytest.mark.parametrize("verify", [404, 410])
@pytest.mark.parametrize("status", [400, 403])
async def test_nor_is_a_refused_question_gone_because_who_we_are_is(status: int, verify: int) -> None:
    async with scene() as it:
        await it.account.me()
        it.sandbox.faults.answer(status, path="/api/v1/statuses/1")
        it.sandbox.faults.answer(verify, times=None, path="verify_credentials")
        with pytest.raises(Rejected) as caught:
            await it.account.status(StatusId("1"))
        assert not isinstance(caught.value, Gone)
        assert caught.value.status == status


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_where_a_post_is_answered_with_another_address_it_may_be_out(status: int) -> None:
    async with scene() as it:
        await it.account.me()
        it.sandbox.faults.answer(status, method="POST", path=STATUSES, after=True)
        with pytest.raises(Unsure):
            await it.account.publish(answer(), "key")
        assert len(it.sandbox.statuses_of(it.office)) == 1


async def test_a_connection_cut_after_the_request_leaves_it_unsure() -> None:
    async with scene() as it:
        it.sandbox.faults.drop(method="POST", path=STATUSES, after=True)
        with pytest.raises(Unsure):
            await it.account.publish(answer(), "key")


async def test_an_answer_that_never_comes_leaves_it_unsure() -> None:
    async with scene(request_timeout=0.3) as it:
        it.sandbox.faults.hold(method="POST", path=STATUSES)
        with pytest.raises(Unsure):
            await it.account.publish(answer(), "key")


async def test_where_nobody_listens_nothing_was_published() -> None:
    account = MastodonAccount("bsi", f"http://127.0.0.1:{free_port()}", "token", HandClock(START))
    with pytest.raises(TryLater) as caught:
        await account.publish(answer(), "key")
    assert not isinstance(caught.value, Unsure)
    await account.close()


async def test_an_unknown_host_is_no_reason_to_look_for_what_was_published() -> None:
    account = MastodonAccount("bsi", "http://nowhere.invalid", "token", HandClock(START))
    with pytest.raises(TryLater) as caught:
        await account.publish(answer(), "key")
    assert not isinstance(caught.value, Unsure)
    await account.close()


async def test_a_status_that_is_too_long_is_rejected_with_the_servers_words() -> None:
    async with scene() as it:
        with pytest.raises(Rejected, match="500") as caught:
            await it.account.publish(answer("x" * 501), "key")
        assert caught.value.status == 422


async def test_an_answer_to_what_is_gone_is_gone() -> None:
    async with scene() as it:
        with pytest.raises(Gone):
            await it.account.publish(answer(in_reply_to=StatusId("1")), "key")


async def test_what_the_server_has_not_kept_is_gone_when_it_is_read_back() -> None:
    async with scene() as it:
        it.sandbox.faults.phantoms = 1
        made = await it.account.publish(answer(), "key")
        with pytest.raises(Gone):
            await it.account.status(made.id)
        assert await it.account.own_statuses(None) == ()


async def test_many_statuses_are_asked_for_in_one_request_that_pages_nothing() -> None:
    """Followed: docs.joinmastodon.org/methods/statuses/#index."""
    async with scene(rate_limits=RateLimits(paging=Quota("paging", 1, timedelta(minutes=15), by_user=True))) as it:
        await it.ask(*map(str, range(20)))
        ids = [StatusId(status.id) for status in it.office.mentions]
        await it.account.me()
        before = it.sandbox.gate.requests
        for _ in range(3):
            found = await it.account.statuses_by_id(ids)
        assert it.sandbox.gate.requests == before + 3
        assert {one: status.id for one, status in found.items()} == dict(zip(ids, ids, strict=True))
        assert found[ids[3]] == await it.account.status(ids[3])
        await it.erika.delete(it.office.mentions[3])
        assert set(await it.account.statuses_by_id(ids)) == {*ids} - {ids[3]}


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, '{"error": "Not Found"}'),
        (405, '{"error": "Method not allowed"}'),
        (422, '{"error": "Too many"}'),
        (404, ""),
        (200, "<html>"),
        (200, "{}"),
        (200, '{"statuses": []}'),
        (200, "[7, null]"),
        (200, '[{"id": "a stranger"}]'),
        (500, "<html>"),
    ],
)
async def test_a_server_that_shows_no_many_statuses_is_asked_for_each_alone_and_tried_again_in_an_hour(
    status: int, body: str
) -> None:
    """snac2 and GoToSocial have no such request; others may answer it with anything."""
    async with scene() as it:
        await it.ask("eins", "zwei")
        ids = [StatusId(one.id) for one in it.office.mentions]
        await it.account.me()
        it.sandbox.faults.answer(status, path=STATUSES, method="GET", body=body, content_type="application/json")
        before = it.sandbox.gate.requests
        assert await it.account.statuses_by_id(ids) == {}
        assert await it.account.statuses_by_id(ids) == {}
        assert it.sandbox.gate.requests == before + 1
        it.clock.advance(hours=1)
        assert set(await it.account.statuses_by_id(ids)) == {*ids}


async def test_a_server_that_wants_to_be_left_alone_is_not_asked_for_each_of_many() -> None:
    async with scene() as it:
        await it.ask("eins", "zwei")
        ids = [StatusId(one.id) for one in it.office.mentions]
        await it.account.me()
        it.sandbox.faults.answer(429, path=STATUSES, method="GET", headers={"Retry-After": "60"})
        with pytest.raises(TryLater):
            await it.account.statuses_by_id(ids)


async def test_the_newest_own_statuses_are_one_page() -> None:
    async with scene() as it:
        for number in range(50):
            await it.office.post(str(number))
        it.office.boost(await it.erika.post("Neu"))
        newest = await it.account.own_statuses(None)
        assert [status.text for status in newest] == [str(number) for number in range(49, 9, -1)]


async def test_own_statuses_go_back_as_far_as_asked() -> None:
    async with scene() as it:
        for number in range(100):
            it.clock.advance(seconds=60)
            await it.office.post(str(number))
        it.office.boost(await it.erika.post("Neu"))
        recent = await it.account.own_statuses(START + timedelta(minutes=21))
        assert [status.text for status in recent] == [str(number) for number in range(99, 19, -1)]


# --- errors ------------------------------------------------------------------------------------------------


async def test_a_rate_limit_says_how_long_to_wait() -> None:
    quota = RateLimits(Quota("requests", 5, timedelta(minutes=5)), None, None, None)
    async with scene(rate_limits=quota) as it:
        it.clock.advance(seconds=100)
        for _ in range(5):
            await it.account.scopes()
        with pytest.raises(TryLater) as caught:
            await it.account.scopes()
        assert caught.value.retry_after == 200


@pytest.mark.parametrize("status", [200, 500, 502, 503, 429])
async def test_a_web_page_instead_of_json_is_tried_later(status: int) -> None:
    async with scene() as it:
        await it.account.me()
        it.sandbox.faults.answer(status, path=NOTIFICATIONS, headers={"Retry-After": "7"})
        with pytest.raises(TryLater):
            await it.mentions()


async def test_a_cut_connection_is_tried_again_once_for_reading() -> None:
    async with scene() as it:
        await it.account.me()
        it.sandbox.faults.drop(path=NOTIFICATIONS)
        assert await it.mentions() == []
        it.sandbox.faults.drop(path=NOTIFICATIONS, times=2)
        with pytest.raises(TryLater):
            await it.mentions()


async def test_a_revoked_token_stops_with_what_to_do_and_without_the_token() -> None:
    async with scene() as it:
        await it.account.me()
        it.sandbox.revoke(it.office.token)
        for call in (it.mentions(), it.account.publish(answer(), "key"), it.account.scopes()):
            with pytest.raises(StopError, match=r"'bsi'.*accounts\.bsi\.access_token") as caught:
                await call
            assert it.office.token not in str(caught.value)


async def test_a_single_401_does_not_stop_us() -> None:
    async with scene() as it:
        await it.account.me()
        it.sandbox.faults.answer(401, path=NOTIFICATIONS)
        with pytest.raises(Rejected):
            await it.mentions()


@pytest.mark.parametrize("status", [200, 202, 400, 401, 403, 404, 406, 410, 422, 498, 500, 503])
async def test_a_refused_token_is_one_whatever_the_status(status: int) -> None:
    """Measured elsewhere: 400 with plain text "Invalid Bearer token" (shared/facts-2026.md)."""
    async with scene() as it:
        await it.account.me()
        it.sandbox.faults.token_refusal = status, f"Invalid Bearer token {it.office.token}\n"
        it.sandbox.revoke(it.office.token)
        # Where nobody can tell whether the post was taken, that counts more; the look for it tells of the token.
        is_clear = 400 <= status < 500
        published = it.account.publish(answer(), "key")
        for call, error in (
            (it.mentions(), StopError),
            (published, StopError if is_clear else Unsure),
            (it.account.scopes(), StopError),
        ):
            with pytest.raises(error, match="Invalid Bearer token •••") as caught:
                await call
            assert it.office.token not in str(caught.value)
            assert isinstance(caught.value, StopError | Unsure)
            assert caught.value.told is not None
            assert it.office.token not in str(caught.value.told)


async def test_a_post_that_is_refused_for_its_token_alone_can_be_tried_again() -> None:
    async with scene() as it:
        await it.account.me()
        it.sandbox.faults.answer(401, method="POST")
        with pytest.raises(TryLater):
            await it.account.publish(answer(), "key")


async def test_a_missing_scope_is_a_rejection() -> None:
    async with scene() as it:
        reader = it.sandbox.add_account("nur_lesen", scopes="read")
        account = MastodonAccount("nur_lesen", it.sandbox.url, reader.token, it.clock)
        with pytest.raises(Rejected, match="scope"):
            await account.publish(answer(), "key")
        await account.close()


async def test_the_token_is_in_no_error_and_no_log(caplog: pytest.LogCaptureFixture) -> None:
    async with scene() as it:
        it.sandbox.faults.answer(500, times=None, path="")
        with caplog.at_level(logging.DEBUG), pytest.raises(TryLater) as caught:
            await it.account.me()
        assert it.office.token not in str(caught.value) + caplog.text


# --- changing and deleting what is published ----------------------------------------------------------------


async def test_an_edit_changes_words_warning_and_language_and_leaves_the_rest(caplog: pytest.LogCaptureFixture) -> None:
    async with scene() as it:
        await it.ask("Frage")
        made = await it.account.publish(answer(content_warning="TLS", language="de"), "key")
        await it.account.edit(made.id, answer("@erika@buerger.example No.", language="en"))
        status = it.sandbox.statuses_of(it.office)[-1]
        assert (status.text, status.spoiler_text, status.sensitive) == ("@erika@buerger.example No.", "", False)
        assert (status.language, status.visibility.value) == ("en", "unlisted")
        assert status.edited_at is not None
        assert len(status.revisions) == 1
        seen = await it.account.status(made.id)
        assert (seen.text, seen.edited_at) == ("@erika@buerger.example No.", status.edited_at)


async def test_a_text_stays_as_its_preview_shows_it_where_the_account_writes_markdown() -> None:
    """GoToSocial's source, internal/processing/status/common.go: what names no content type has the account's."""
    async with scene() as it:
        it.sandbox.faults.reads_markdown = True
        made = await it.account.publish(answer("@erika@buerger.example Ports *80* and **443**"), "key")
        assert it.sandbox.statuses_of(it.office)[-1].text == "@erika@buerger.example Ports *80* and **443**"
        await it.account.edit(made.id, answer("@erika@buerger.example Port *443*"))
        assert it.sandbox.statuses_of(it.office)[-1].text == "@erika@buerger.example Port *443*"


async def test_the_same_edit_twice_is_the_same_once() -> None:
    async with scene() as it:
        made = await it.account.publish(answer(), "key")
        for _ in range(2):
            await it.account.edit(made.id, answer("@erika@buerger.example Nein."))
        assert len(it.sandbox.statuses_of(it.office)[-1].revisions) == 1


async def test_an_edit_keeps_the_media_that_it_names() -> None:
    async with scene() as it:
        file = NewMedia(b"\x89PNG", "image/png", "Ein Plan")
        media = it.sandbox.world.add_media(it.office, file, 0)
        made = await it.account.publish(answer(media=(media.id,)), "key")
        await it.account.edit(made.id, answer("@erika@buerger.example Nein.", media=(media.id,)))
        assert [file.id for file in it.sandbox.statuses_of(it.office)[-1].media] == [media.id]
        await it.account.edit(made.id, answer("@erika@buerger.example Nein."))
        assert it.sandbox.statuses_of(it.office)[-1].media == ()


async def test_what_is_deleted_is_gone_and_cannot_be_changed_or_deleted_again() -> None:
    async with scene() as it:
        made = await it.account.publish(answer(), "key")
        await it.account.delete(made.id)
        assert it.sandbox.statuses_of(it.office) == []
        for again in (it.account.delete(made.id), it.account.edit(made.id, answer("x")), it.account.status(made.id)):
            with pytest.raises(Gone):
                await again


async def test_a_server_that_cannot_delete_is_not_taken_for_one_that_did() -> None:
    async with scene() as it:
        made = await it.account.publish(answer(), "key")
        it.sandbox.faults.answer(404, path=r"^/api/v1/statuses/", method="DELETE")
        with pytest.raises(Rejected, match="please do it there") as refused:
            await it.account.delete(made.id)
        assert not isinstance(refused.value, Gone)


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
@pytest.mark.parametrize("status", [500, 502])
async def test_a_change_without_a_clear_answer_is_unsure(method: str, status: int) -> None:
    async with scene() as it:
        made = await it.account.publish(answer(), "key")
        it.sandbox.faults.answer(status, path=r"^/api/v1/statuses/", method=method)
        with pytest.raises(Unsure):
            await (it.account.delete(made.id) if method == "DELETE" else it.account.edit(made.id, answer("x")))


async def test_what_is_not_ours_cannot_be_changed() -> None:
    async with scene() as it:
        theirs = await it.erika.post("Hallo")
        with pytest.raises(Rejected):
            await it.account.edit(StatusId(theirs.id), answer("x"))
        with pytest.raises(Rejected):
            await it.account.delete(StatusId(theirs.id))


# --- calls that hang ---------------------------------------------------------------------------------------


async def test_calls_that_hang_hold_up_nobody() -> None:
    async with scene(deadline=0.3) as it:
        await it.account.me()
        it.sandbox.faults.hold(path=NOTIFICATIONS, times=5)
        hanging = [asyncio.create_task(it.mentions()) for _ in range(5)]
        for task in hanging:
            with pytest.raises(TryLater):
                await task
        assert await it.mentions() == []
        began = time.monotonic()
        await it.account.close()
        assert time.monotonic() - began < 0.1


def test_a_call_that_hangs_does_not_delay_the_exit_of_the_interpreter() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        silent.settimeout(60)
        program = f"""
            import asyncio
            import sys
            from fedichat.adapters.mastodon.account import MastodonAccount
            from tests.clocks import HandClock

            async def main():
                url = "http://127.0.0.1:{silent.getsockname()[1]}"
                account = MastodonAccount("x", url, "t", HandClock(), request_timeout=600, deadline=600)
                call = asyncio.create_task(account.me())
                await asyncio.to_thread(sys.stdin.read)
                call.cancel()
                await account.close()

            asyncio.run(main())
        """
        command = [sys.executable, "-c", textwrap.dedent(program)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, env=os.environ) as process:
            connection, _ = silent.accept()
            process.communicate(timeout=60)  # a tenth of the call's own limits
            assert process.returncode == 0
            connection.close()


# --- kinds of notifications --------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["pending.reply", "mention.of.tomorrow"])
@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("strict", [False, True])
async def test_a_mention_by_another_name_is_one(kind: str, late: bool, strict: bool) -> None:
    async with scene() as it:
        it.sandbox.faults.mentions_are = kind
        it.sandbox.faults.filter_after_limit = late
        it.sandbox.faults.minds_unknown_types = strict
        await it.ask("erste")
        first = (await it.mentions())[-1]
        assert isinstance(first, Mention)
        for _ in range(3):
            await it.ask("zweite", "dritte")
            assert (await it.texts(first.notification_id))[-2:] == ["zweite", "dritte"]


async def test_what_does_not_mention_us_is_none_and_is_counted() -> None:
    async with scene() as it:
        await it.ask("Frage")
        ours = await it.office.post("Guten Morgen")
        for kind in ("bite", "bite", "favourite", "pending.favourite"):
            it.sandbox.world._notify(it.office, NotificationType.FAVOURITE, it.erika, ours)
            it.office.inbox[-1].named = kind
        assert await it.texts() == ["Frage"]
        assert await it.account.strange_kinds() == {"bite": 2}
        (line,) = check_kinds("bsi", {"bite": 2})
        assert str(line).startswith("warn account bsi: 2 notifications of the unknown kind “bite”")


async def test_what_the_policy_drops_is_told() -> None:
    """Followed: docs.joinmastodon.org/entities/NotificationPolicy."""
    async with scene() as it:
        it.office.policy["for_not_following"] = "drop"
        await it.ask("nie gehört")
        assert await it.texts() == []
        found = [str(finding) for finding in check_policy("bsi", await it.account.policy())]
        assert [line[:4] for line in found] == ["FAIL", "ok  "]
        assert "people whom the account does not follow are ignored" in found[0]
        assert "accounts that moderators have limited are filtered" in found[1]
        it.sandbox.faults.answer(404, times=None, path="policy")
        assert await it.account.policy() == {}


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ("drop", "FAIL account bsi: mentions from bots are ignored by the server"),
        ("Drop ", "FAIL account bsi: mentions from bots are ignored by the server"),
        ("filter", "ok   account bsi: mentions from bots are filtered by the server"),
        ("accept", ""),
        ("reject", "warn account bsi: mentions from bots: the server says “reject”, which fedichat does not know"),
        (None, "warn account bsi: mentions from bots: the server says “”, which fedichat does not know"),
        (["drop"], "warn account bsi: mentions from bots: the server says “”, which fedichat does not know"),
    ],
)
async def test_only_what_is_known_to_arrive_is_said_to_arrive(said: object, line: str) -> None:
    async def policy(_request: web.Request) -> web.Response:
        return web.json_response({"for_bots": said, "summary": {"pending_requests_count": 0}})

    async with a_server(policy) as server:
        account = MastodonAccount("bsi", server, "token", HandClock(START))
        found = [str(finding) for finding in check_policy("bsi", await account.policy())]
        await account.close()
    assert [one[: len(line)] for one in found] == ([line] if line else [])


# --- redirects ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_no_redirect_makes_another_server_our_instance(status: int) -> None:
    seen: list[str] = []

    async def other(request: web.Request) -> web.Response:
        seen.append(request.path)
        return web.json_response({"domain": "evil.example", "urls": {"streaming": "wss://evil.example"}})

    async with scene() as it, a_server(other) as elsewhere:
        it.sandbox.faults.answer(status, times=None, headers={"Location": f"{elsewhere}/x"})
        with pytest.raises(TryLater, match=r"redirects to http://127\.0\.0\.1"):
            await it.account.me()
    assert seen == []


@pytest.mark.parametrize(
    ("here", "there", "stays"),
    [
        ("https://a.example/x", "https://a.example/y", True),
        ("http://a.example/x", "https://a.example/x", True),
        ("https://a.example/x", "http://a.example/x", False),
        ("https://a.example/x", "https://b.example/x", False),
        ("https://a.example/x", "https://a.example:444/x", False),
        ("https://a.example/x", "https://a.example.b.example/x", False),
        ("https://a.example/x", "https://[::1/x", False),
    ],
)
def test_a_redirect_stays_at_home_and_never_gets_less_secure(here: str, there: str, stays: bool) -> None:
    assert _stays_home(here, there) is stays


# --- whom a status may tag ---------------------------------------------------------------------------------
# Undocumented; mastodon/mastodon app/services/post_status_service.rb, `safeguard_mentions!`.


@pytest.fixture
def blind_to_bob(monkeypatch: pytest.MonkeyPatch) -> None:
    """Our own rule misses him."""

    def missing(text: str, asker: str, *, within_words: bool) -> tuple[str, ...]:
        return tuple(one for one in shown_as_tagged(text, asker, within_words=within_words) if "bob" not in one)

    monkeypatch.setattr("fedichat.adapters.mastodon.tags.shown_as_tagged", missing)


TO_BOB = "@erika@buerger.example Ja, sagt @bob@buerger.example."


@pytest.mark.usefixtures("blind_to_bob")
@pytest.mark.parametrize("read_as", ["mention", "status", "earlier", "replies"])
async def test_where_all_are_known_mastodon_refuses_to_tag_anybody_else(read_as: str) -> None:
    async with scene() as it:
        bob = it.sandbox.add_account("bob", domain="buerger.example")
        question = await it.erika.post("@bsi Hallo?")
        reply = await it.office.post("Hallo.", in_reply_to=question)
        match read_as:
            case "mention":
                await it.mentions()
            case "status":
                await it.account.status(StatusId(question.id))
            case "earlier":
                await it.account.earlier(StatusId(reply.id))
            case _:
                thanks = await it.erika.post("Danke", in_reply_to=reply)
                assert thanks.id in [one.id for one in await it.account.replies(StatusId(reply.id))]
        with pytest.raises(TagsOthers) as caught:
            await it.account.publish(answer(TO_BOB), "key")
        assert str(caught.value.told) == "the server would also tag @bob@buerger.example, whom the preview did not name"
        assert "bob" not in str(caught.value)
        assert len(it.sandbox.statuses_of(it.office)) == 1
        assert bob.mentions == []
        await it.account.publish(answer("@erika@buerger.example Ja, sagt @bsi."), "key")
        assert len(it.sandbox.statuses_of(it.office)) == 2


def test_of_the_asker_s_handle_mastodon_may_tag_the_whole_only() -> None:
    """`@erika@münchen.de` begins like `@erika`, and like `@erika@m`: whoever that is, no preview named them."""
    known = KnownAccounts()
    ids = {"erika@xn--mnchen-3ya.de": "1", "erika@social.example": "2", "bob@buerger.example": "3"}
    known.learn({plain(acct): found for acct, found in ids.items()})
    new = answer("@erika@münchen.de Ja, sagt @bob@buerger.example.", asker="erika@münchen.de")
    assert known.allowed(new, View("social.example")) == [("allowed_mentions[]", "1"), ("allowed_mentions[]", "3")]


@pytest.mark.usefixtures("blind_to_bob")
async def test_a_text_that_tags_nobody_lets_mastodon_tag_nobody() -> None:
    async with scene() as it:
        it.sandbox.add_account("bob", domain="buerger.example")
        with pytest.raises(TagsOthers):
            await it.account.publish(answer("Neu bei @bob@buerger.example."), "key")
        await it.account.publish(answer("Neu bei uns."), "key")


@pytest.mark.usefixtures("blind_to_bob")
async def test_where_one_is_not_known_or_the_server_is_no_mastodon_it_says_afterwards_whom_it_tags() -> None:
    for is_mastodon in (True, False):
        async with scene() as it:
            it.sandbox.faults.mixes_media = not is_mastodon
            it.sandbox.add_account("bob", domain="buerger.example")
            if not is_mastodon:
                await it.ask("Frage")
                await it.mentions()
            made = await it.account.publish(answer(TO_BOB), "key")
            assert made.mentions == ("erika@buerger.example", "bob@buerger.example")
            assert await it.account.edit(made.id, answer("@bob@buerger.example Nein, @bsi.")) == (
                "bob@buerger.example",
            )
