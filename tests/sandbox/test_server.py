"""Tokens, rate limits, media, planned statuses and faults."""

import asyncio
from datetime import timedelta

import aiohttp
import pytest

from fedichat.sandbox import Limits, Quota, RateLimits, Sandbox, SandboxAccount
from tests.sandbox.conftest import Api, Clock

PICTURE = b"\x89PNG\r\n\x1a\n" + b"\0" * 8 + b"\0\0\0\x02\0\0\0\x01"


def _file(data: bytes = PICTURE, content_type: str = "image/png", **fields: str) -> aiohttp.FormData:
    form = aiohttp.FormData()
    form.add_field("file", data, filename="file", content_type=content_type)
    for name, value in fields.items():
        form.add_field(name, value)
    return form


# Instance and tokens


async def test_the_instance_tells_its_limits(sandbox: Sandbox, api: Api) -> None:
    """https://docs.joinmastodon.org/entities/Instance/."""
    v2 = (await api.as_(None).get("/api/v2/instance")).json
    assert v2["configuration"]["statuses"] == {
        "max_characters": 500,
        "max_media_attachments": 4,
        "characters_reserved_per_url": 23,
    }
    assert v2["configuration"]["urls"]["streaming"] == api.url.replace("http", "ws")
    v1 = (await api.as_(None).get("/api/v1/instance/")).json
    assert v1["configuration"]["statuses"] == v2["configuration"]["statuses"]
    sandbox.faults.no_instance_v2 = True
    assert (await api.get("/api/v2/instance")).status == 404


async def test_tokens_are_checked_and_so_are_their_scopes(sandbox: Sandbox, api: Api, office: SandboxAccount) -> None:
    """https://docs.joinmastodon.org/api/oauth-scopes/."""
    me = "/api/v1/accounts/verify_credentials"
    for token in (None, "wrong"):
        refused = await api.as_(token).get(me)
        assert (refused.status, refused.json) == (401, {"error": "The access token is invalid"})
    reader = api.as_(sandbox.world.directory.add_token(office, "read").value)
    assert (await reader.get(me)).json["acct"] == "bsi"
    refused = await reader.say("darf nicht")
    assert (refused.status, refused.json) == (403, {"error": "This action is outside the authorized scopes"})
    narrow = api.as_(sandbox.world.directory.add_token(office, "write:statuses").value)
    assert (await narrow.say("darf")).status == 200
    assert (await narrow.get("/api/v1/notifications")).status == 403
    assert (await narrow.get("/api/v1/apps/verify_credentials")).json["scopes"] == ["write:statuses"]
    sandbox.revoke(office.token)
    assert (await api.get(me)).status == 401


async def test_accounts_are_found_by_name_and_id(api: Api, erika: SandboxAccount) -> None:
    found = (await api.get("/api/v1/accounts/lookup?acct=erika@remote.example")).json
    assert found["id"] == erika.id
    assert (await api.get(f"/api/v1/accounts/{erika.id}")).json == found
    assert (await api.get("/api/v1/accounts/lookup?acct=erika")).status == 404
    assert (await api.get("/api/v1/nothing")).status == 404


# Rate limits: https://docs.joinmastodon.org/api/rate-limits/


async def test_a_used_up_quota_is_429_until_its_reset(clock: Clock) -> None:
    limits = RateLimits(requests=Quota("requests", 3, timedelta(minutes=5)))
    async with Sandbox(clock=clock, rate_limits=limits) as sandbox, aiohttp.ClientSession() as session:
        clock.advance(minutes=1)
        api = Api(session, sandbox.url, sandbox.add_account("bsi").token)
        answers = [await api.get("/api/v1/notifications") for _ in range(4)]
        assert [it.status for it in answers] == [200, 200, 200, 429]
        assert [it.headers["X-RateLimit-Remaining"] for it in answers] == ["2", "1", "0", "0"]
        assert answers[3].json == {"error": "Too many requests"}
        assert answers[3].headers["X-RateLimit-Reset"] == "2026-11-23T09:05:00.000000Z"
        assert (await api.as_(sandbox.add_account("other").token).get("/api/v1/notifications")).status == 200
        clock.advance(minutes=4)
        assert (await api.get("/api/v1/notifications")).status == 200


async def test_deletions_have_a_quota_of_their_own(api: Api) -> None:
    answers = [await api.delete("/api/v1/statuses/1") for _ in range(31)]
    assert {it.status for it in answers[:30]} == {404}
    assert answers[30].status == 429
    assert (await api.get("/api/v1/notifications")).status == 200


# Media: https://docs.joinmastodon.org/methods/media/


async def test_a_picture_is_ready_at_once_and_a_video_after_processing(api: Api) -> None:
    picture = await api.post("/api/v2/media", data=_file(description="Ein Bild"))
    assert (picture.status, picture.json["type"], picture.json["description"]) == (200, "image", "Ein Bild")
    assert picture.json["meta"]["original"]["size"] == "2x1"
    served = await api.session.get(picture.json["url"])
    assert await served.read() == PICTURE
    video = await api.post("/api/v2/media", data=_file(content_type="video/mp4"))
    assert (video.status, video.json["url"]) == (202, None)
    media_id = video.json["id"]
    early = await api.say("zu früh", media_ids=[media_id])
    assert (early.status, "not finished processing" in early.json["error"]) == (422, True)
    assert [(await api.get(f"/api/v1/media/{media_id}")).status for _ in range(2)] == [206, 200]
    changed = await api.put(f"/api/v1/media/{media_id}", data={"description": "Ein Film"})
    assert changed.json["description"] == "Ein Film"
    status = (await api.say("", media_ids=[media_id])).json
    assert status["media_attachments"][0]["description"] == "Ein Film"
    assert (await api.say("noch einmal", media_ids=[media_id])).status == 422
    assert (await api.post("/api/v1/media", data=_file(content_type="video/mp4"))).status == 200


async def test_files_that_are_too_large_or_of_no_known_type_are_refused(clock: Clock) -> None:
    async with (
        Sandbox(clock=clock, limits=Limits(image_size=10)) as sandbox,
        aiohttp.ClientSession() as session,
    ):
        api = Api(session, sandbox.url, sandbox.add_account("bsi").token)
        assert (await api.post("/api/v2/media", data=_file())).status == 422
        wrong = await api.post("/api/v2/media", data=_file(b"x", "text/plain"))
        assert wrong.json == {"error": "Validation failed: File content type is invalid, File is invalid"}
        assert (await api.post("/api/v2/media", data=_file(b"x", description="x" * 1501))).status == 422
        assert (await api.post("/api/v2/media")).status == 422
        assert (await api.get("/api/v1/media/1")).status == 404


async def test_a_file_that_no_status_has_is_deleted_after_a_day(api: Api, clock: Clock) -> None:
    first, second = [(await api.post("/api/v2/media", data=_file())).json["id"] for _ in range(2)]
    assert (await api.say("mit Bild", media_ids=[second])).status == 200
    clock.advance(hours=24)
    assert (await api.get(f"/api/v1/media/{first}")).status == 404
    assert (await api.say("zu spät", media_ids=[first])).json == {
        "error": f"Validation failed: Media {first} not found or already attached to another post"
    }
    assert (await api.get(f"/api/v1/media/{second}")).status == 200


# Planned statuses: https://docs.joinmastodon.org/methods/scheduled_statuses/


async def test_a_planned_status_is_published_in_time_under_a_new_id(
    sandbox: Sandbox, api: Api, office: SandboxAccount, erika: SandboxAccount, clock: Clock
) -> None:
    planned = await api.say("@erika@remote.example geplant", scheduled_at="2026-11-23T10:10:00+01:00")
    assert planned.json["scheduled_at"] == "2026-11-23T09:10:00.000Z"
    path = f"/api/v1/scheduled_statuses/{planned.json['id']}"
    assert sandbox.statuses_of(office) == []
    moved = await api.put(path, json={"scheduled_at": "2026-11-23T09:20:00Z"})
    assert moved.json["scheduled_at"] == "2026-11-23T09:20:00.000Z"
    assert (await api.put(path, json={"scheduled_at": "2026-11-23T09:04:00Z"})).status == 422
    clock.advance(minutes=19)
    assert [it["id"] for it in (await api.get("/api/v1/scheduled_statuses")).json] == [planned.json["id"]]
    clock.advance(minutes=1)
    assert (await api.get(path)).status == 404
    assert [status.id for status in erika.mentions] == [sandbox.statuses_of(office)[0].id]
    assert sandbox.statuses_of(office)[0].id != planned.json["id"]


async def test_too_soon_is_refused_a_past_time_publishes_at_once_and_cancelling_works(
    sandbox: Sandbox, api: Api, office: SandboxAccount, clock: Clock
) -> None:
    soon = await api.say("gleich", scheduled_at="2026-11-23T09:04:59Z")
    assert soon.json == {"error": "Validation failed: Scheduled at The scheduled date must be in the future"}
    past = await api.say("gestern", scheduled_at="2026-11-22T09:00:00Z")
    assert past.json["content"] == "<p>gestern</p>"
    later = await api.say("später", scheduled_at="2026-11-23T12:00:00Z")
    assert (await api.delete(f"/api/v1/scheduled_statuses/{later.json['id']}")).json == {}
    clock.advance(hours=5)
    await api.get("/api/v1/scheduled_statuses")
    assert [status.text for status in sandbox.statuses_of(office)] == ["gestern"]


async def test_only_25_statuses_can_be_planned_for_a_day(api: Api) -> None:
    answers = [await api.say(f"{n}", scheduled_at="2026-11-24T12:00:00Z") for n in range(26)]
    assert {it.status for it in answers[:25]} == {200}
    assert answers[25].status == 422
    assert (await api.say("x", scheduled_at="2026-11-25T12:00:00Z")).status == 200


# Faults


async def test_errors_come_as_often_as_asked_for_and_only_where(sandbox: Sandbox, api: Api) -> None:
    fault = sandbox.faults.answer(503, times=2, path="/notifications")
    sandbox.faults.answer(200, method="POST", body="<html>")
    assert (await api.get("/api/v2/instance")).status == 200
    assert [(await api.get("/api/v1/notifications")).status for _ in range(3)] == [503, 503, 200]
    assert fault.hits == 2
    page = await api.say("Hallo")
    assert (page.status, page.text, page.headers["Content-Type"]) == (
        200,
        "<html>",
        "text/html; charset=utf-8",
    )


@pytest.mark.parametrize("after", [False, True])
async def test_a_lost_answer_leaves_the_outcome_open(
    sandbox: Sandbox, api: Api, office: SandboxAccount, after: bool
) -> None:
    sandbox.faults.drop(method="POST", path="/statuses", after=after)
    with pytest.raises((aiohttp.ServerDisconnectedError, aiohttp.ClientOSError)):
        await api.say("angekommen?")
    assert len(sandbox.statuses_of(office)) == int(after)
    assert (await api.say("jetzt")).status == 200


@pytest.mark.parametrize("after", [False, True])
async def test_a_held_request_is_never_answered(
    sandbox: Sandbox, api: Api, office: SandboxAccount, after: bool
) -> None:
    fault = sandbox.faults.hold(method="POST", after=after)
    with pytest.raises(asyncio.TimeoutError):
        await api.post("/api/v1/statuses", json={"status": "x"}, timeout=aiohttp.ClientTimeout(total=0.2))
    assert (fault.hits, len(sandbox.statuses_of(office))) == (1, int(after))
    sandbox.faults.release()


async def test_leaving_the_sandbox_lets_go_of_held_requests(clock: Clock) -> None:
    async with aiohttp.ClientSession() as session:
        async with Sandbox(clock=clock) as sandbox:
            sandbox.faults.hold(path="v2")
            held = asyncio.create_task(session.get(f"{sandbox.url}/api/v2/instance"))
            await session.get(f"{sandbox.url}/api/v1/instance")
        with pytest.raises(aiohttp.ClientError):
            await held
