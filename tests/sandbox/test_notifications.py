"""Notifications (https://docs.joinmastodon.org/methods/notifications/)."""

import re

import pytest

from fedichat.sandbox import MALFORMATIONS, Sandbox, SandboxAccount
from fedichat.sandbox.ids import IdStyle
from tests.sandbox.conftest import Api, Clock


async def _mentions(citizen: SandboxAccount, count: int) -> None:
    for number in range(count):
        await citizen.post(f"@bsi {number}")


def _links(header: str) -> dict[str, str]:
    return {relation: url for url, relation in re.findall(r'<([^>]+)>; rel="(\w+)"', header)}


async def test_the_default_page_has_the_newest_40_and_a_page_at_most_80(api: Api, erika: SandboxAccount) -> None:
    await _mentions(erika, 100)
    newest = await api.get("/api/v1/notifications")
    assert len(newest.json) == 40
    assert newest.ids == sorted(newest.ids, key=int, reverse=True)
    assert len((await api.get("/api/v1/notifications?limit=200")).json) == 80


async def test_min_id_pages_upward_and_since_id_leaves_a_gap(api: Api, erika: SandboxAccount) -> None:
    await _mentions(erika, 10)
    ids = (await api.get("/api/v1/notifications")).ids
    upward = await api.get(f"/api/v1/notifications?min_id={ids[8]}&limit=3")
    assert upward.ids == ids[5:8]
    assert (await api.get(f"/api/v1/notifications?since_id={ids[8]}&limit=3")).ids == ids[:3]
    assert (await api.get(f"/api/v1/notifications?max_id={ids[4]}&limit=3")).ids == ids[5:8]
    both = await api.get(f"/api/v1/notifications?min_id={ids[8]}&max_id={ids[5]}")
    assert both.ids == ids[6:8]


async def test_links_lead_through_the_whole_list_in_both_directions(api: Api, erika: SandboxAccount) -> None:
    await _mentions(erika, 25)
    everything = (await api.get("/api/v1/notifications")).ids
    seen: list[str] = []
    page = await api.get("/api/v1/notifications?limit=10&types[]=mention")
    while page.json:
        seen += page.ids
        page = await api.get(_links(page.headers["Link"])["next"].removeprefix(api.url))
    assert seen == everything
    assert "Link" not in page.headers
    upward: list[str] = []
    page = await api.get(f"/api/v1/notifications?limit=10&min_id={everything[-1]}")
    while page.json:
        upward = page.ids + upward
        page = await api.get(_links(page.headers["Link"])["prev"].removeprefix(api.url))
    assert upward == everything[:-1]


async def test_boost_favourite_and_follow_have_their_own_types(
    sandbox: Sandbox, api: Api, office: SandboxAccount, erika: SandboxAccount
) -> None:
    await api.say("Hallo")
    status = sandbox.statuses_of(office)[0]
    erika.boost(status)
    erika.favourite(status)
    erika.follow(office)
    await erika.post("@bsi Frage")
    every = (await api.get("/api/v1/notifications")).json
    assert [row["type"] for row in every] == ["mention", "follow", "favourite", "reblog"]
    assert "status" not in every[1]
    assert every[2]["status"]["id"] == status.id
    some = (await api.get("/api/v1/notifications?types[]=mention&types[]=follow")).json
    assert [row["type"] for row in some] == ["mention", "follow"]
    others = (await api.get("/api/v1/notifications?exclude_types[]=mention&exclude_types[]=follow")).json
    assert [row["type"] for row in others] == ["favourite", "reblog"]


async def test_only_those_named_in_the_text_are_told_and_never_oneself(
    api: Api, office: SandboxAccount, erika: SandboxAccount
) -> None:
    question = await erika.post("@bsi @erika@remote.example Frage")
    await api.say("ohne Namen", in_reply_to_id=question.id)
    assert erika.inbox == []
    await api.say("@erika an jemanden, den es hier nicht gibt", in_reply_to_id=question.id)
    assert erika.inbox == []
    await api.say("@erika@remote.example @bsi Antwort", in_reply_to_id=question.id)
    assert [status.text for status in erika.mentions] == ["@erika@remote.example @bsi Antwort"]
    assert len(office.inbox) == 1


async def test_what_the_policy_filters_is_left_out_unless_asked_for(
    api: Api, office: SandboxAccount, erika: SandboxAccount
) -> None:
    office.filter_notifications_of(erika)
    await erika.post("@bsi Frage")
    assert (await api.get("/api/v1/notifications")).json == []
    assert len((await api.get("/api/v1/notifications?include_filtered=true")).json) == 1
    assert (await api.get("/api/v2/notifications/policy")).json["summary"]["pending_notifications_count"] == 1
    assert len((await api.get("/api/v1/notifications/requests")).json) == 1


async def test_filters_after_the_limit_give_short_and_empty_pages(
    sandbox: Sandbox, api: Api, office: SandboxAccount, erika: SandboxAccount
) -> None:
    sandbox.faults.filter_after_limit = True
    await erika.post("@bsi zuerst")
    await api.say("Hallo")
    for number in range(5):
        citizen = sandbox.add_account(f"fan{number}")
        citizen.favourite(sandbox.statuses_of(office)[0])
    assert (await api.get("/api/v1/notifications?types[]=mention&limit=5")).json == []
    assert len((await api.get("/api/v1/notifications?types[]=mention&limit=6")).json) == 1


async def test_ids_can_become_visible_out_of_order(sandbox: Sandbox, api: Api, erika: SandboxAccount) -> None:
    sandbox.faults.hold_commits = True
    await erika.post("@bsi erst")
    sandbox.faults.hold_commits = False
    await erika.post("@bsi dann")
    first = (await api.get("/api/v1/notifications")).ids
    sandbox.faults.commit_held()
    second = (await api.get("/api/v1/notifications")).ids
    assert second == [*first, second[1]]
    assert (await api.get(f"/api/v1/notifications?min_id={first[0]}")).json == []


async def test_rows_come_late_and_shuffled_under_a_commit_delay(
    sandbox: Sandbox, office: SandboxAccount, erika: SandboxAccount
) -> None:
    sandbox.faults.commit_delay = (0.0, 0.05)
    for _ in range(20):
        await erika.post("@bsi Frage")
    assert office.inbox == []
    heard = [await office.next_notification(number) for number in range(20)]
    keys = [row.key for row in heard]
    assert keys != sorted(keys)
    assert [row.key for row in office.inbox] == sorted(keys)


async def test_a_deleted_mention_takes_its_notification_with_it(api: Api, erika: SandboxAccount) -> None:
    status = await erika.post("@bsi Frage")
    row = (await api.get("/api/v1/notifications")).ids[0]
    assert (await api.get(f"/api/v1/notifications/{row}")).json["status"]["id"] == status.id
    await erika.delete(status)
    assert (await api.get("/api/v1/notifications")).json == []
    assert (await api.get(f"/api/v1/notifications/{row}")).status == 404
    gone = await api.get(f"/api/v1/statuses/{status.id}")
    assert (gone.status, gone.json) == (404, {"error": "Record not found"})


async def test_an_edit_keeps_the_notification_and_shows_the_new_text(
    api: Api, erika: SandboxAccount, clock: Clock
) -> None:
    status = await erika.post("@bsi Frge")
    clock.advance(minutes=1)
    await erika.edit(status, "@bsi Frage")
    rows = (await api.get("/api/v1/notifications")).json
    assert len(rows) == 1
    assert rows[0]["status"]["edited_at"] == "2026-11-23T09:01:00.000Z"
    history = (await api.get(f"/api/v1/statuses/{status.id}/history")).json
    assert [version["content"].rpartition(" ")[2] for version in history] == ["Frge</p>", "Frage</p>"]


@pytest.mark.parametrize("how", sorted(MALFORMATIONS))
async def test_a_malformed_row_stays_where_it_is_among_good_ones(
    sandbox: Sandbox, api: Api, erika: SandboxAccount, how: str
) -> None:
    await erika.post("@bsi gut")
    sandbox.faults.malform(how)
    bad = await erika.post("@bsi schlecht")
    await erika.post("@bsi auch gut")
    whole = sandbox.entities.notification(bad.notifications[0])
    for _ in range(2):
        rows = (await api.get("/api/v1/notifications")).json
        assert len(rows) == 3
        assert [row["status"]["content"][-8:-4] for row in (rows[0], rows[2])] == [" gut", " gut"]
        assert rows[1] != whole


async def test_dismissed_notifications_go(api: Api, erika: SandboxAccount) -> None:
    await _mentions(erika, 2)
    newest, oldest = (await api.get("/api/v1/notifications")).ids
    await api.post(f"/api/v1/notifications/{newest}/dismiss")
    assert (await api.get("/api/v1/notifications")).ids == [oldest]
    await api.post("/api/v1/notifications/clear")
    assert (await api.get("/api/v1/notifications")).json == []


async def test_servers_that_ignore_cursors_give_the_newest_page(
    sandbox: Sandbox, api: Api, erika: SandboxAccount
) -> None:
    sandbox.faults.ignore_cursors = True
    await _mentions(erika, 5)
    newest = (await api.get("/api/v1/notifications?limit=2")).ids
    assert (await api.get("/api/v1/notifications?limit=2&min_id=0")).ids == newest


async def test_ids_may_be_ulids(clock: Clock) -> None:
    async with Sandbox(clock=clock, ids=IdStyle.ULID) as sandbox:
        office, erika = sandbox.add_account("bsi"), sandbox.add_account("erika", domain="remote.example")
        await _mentions(erika, 3)
        ids = [row.id for row in office.inbox]
        assert all(len(it) == 26 and not it.isdigit() for it in ids)
        assert [sandbox.world.ids.text(sandbox.world.ids.key(it) or 0) for it in ids] == ids == sorted(ids)
