"""The sandbox as Mastodon.py sees it: the client that fedichat uses."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

import pytest
from mastodon import (
    Mastodon,
    MastodonAPIError,
    MastodonNetworkError,
    MastodonNotFoundError,
    MastodonRatelimitError,
    MastodonUnauthorizedError,
)

from fedichat.sandbox import NO_RATE_LIMITS, Limits, Quota, RateLimits, Sandbox, SandboxAccount
from fedichat.sandbox.pages import png

T = TypeVar("T")
run = asyncio.to_thread


def _client(sandbox: Sandbox, token: str, timeout: float = 5) -> Mastodon:
    return Mastodon(access_token=token, api_base_url=sandbox.url, ratelimit_method="throw", request_timeout=timeout)


async def test_it_finds_out_whom_and_what_it_speaks_to(sandbox: Sandbox, office: SandboxAccount) -> None:
    client = _client(sandbox, office.token)
    assert (await run(client.retrieve_mastodon_version)) == "4.4.8"
    assert (await run(client.account_verify_credentials)).acct == "bsi"
    assert (await run(client.instance_v2)).configuration.statuses.max_characters == 500
    assert set((await run(client.app_verify_credentials)).scopes) >= {"read", "write"}


async def test_it_pages_upward_through_a_backlog_of_a_thousand() -> None:
    async with Sandbox(rate_limits=NO_RATE_LIMITS) as sandbox:
        office = sandbox.add_account("bsi")
        erika = sandbox.add_account("erika", domain="remote.example")
        posted = [(await erika.post(f"@bsi Frage {number}")).id for number in range(1000)]
        client = _client(sandbox, office.token)

        def read_all() -> list[str]:
            found: list[str] = []
            page = client.notifications(types=["mention"], limit=80, min_id="0")
            while page:
                found += [str(row.status.id) for row in reversed(page)]
                page = client.fetch_previous(page)
            return found

        assert await run(read_all) == posted


async def test_it_publishes_once_for_a_key(sandbox: Sandbox, office: SandboxAccount, erika: SandboxAccount) -> None:
    client = _client(sandbox, office.token)
    question = await erika.post("@bsi Frage", visibility="unlisted")

    def answer() -> str:
        status = client.status_post(
            "@erika@remote.example Antwort",
            in_reply_to_id=question.id,
            visibility="unlisted",
            spoiler_text="Zur Frage",
            language="de",
            idempotency_key="fedichat-1",
        )
        return str(status.id)

    assert (await run(answer)) == (await run(answer))
    assert [status.in_reply_to for status in erika.mentions] == [question]
    own = await run(lambda: client.account_statuses(office.id, limit=20))
    assert [(str(it.in_reply_to_id), it.spoiler_text) for it in own] == [(question.id, "Zur Frage")]


async def test_it_attaches_media_edits_and_deletes() -> None:
    async with Sandbox(limits=Limits(media_polls=1)) as sandbox:
        office = sandbox.add_account("bsi")
        client = _client(sandbox, office.token)

        def publish() -> str:
            media = client.media_post(png(4, 4, (0, 0, 0)), mime_type="image/png", description="Schwarz")
            assert media.url is None
            client.media(media.id)
            assert client.media(media.id).url is not None
            client.media_update(media.id, description="Ganz schwarz")
            status = client.status_post("Bild", media_ids=[media.id])
            client.status_update(status.id, "Bild, neu", media_ids=[media.id])
            return str(status.id)

        status_id = await run(publish)
        status = sandbox.statuses_of(office)[0]
        assert (status.id, status.text, status.media[0].description) == (
            status_id,
            "Bild, neu",
            "Ganz schwarz",
        )
        assert len(await run(lambda: client.status_history(status_id))) == 2
        await run(lambda: client.status_delete(status_id))
        with pytest.raises(MastodonNotFoundError):
            await run(lambda: client.status(status_id))


async def test_it_plans_and_cancels(sandbox: Sandbox, office: SandboxAccount) -> None:
    client = _client(sandbox, office.token)
    moment = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
    planned = await run(lambda: client.status_post("Plan", scheduled_at=moment))
    assert [it.scheduled_at for it in await run(client.scheduled_statuses)] == [moment]
    await run(lambda: client.scheduled_status_delete(planned.id))
    assert sandbox.world.planned == {}


@pytest.mark.parametrize(
    ("prepare", "error"),
    [
        (lambda sandbox: sandbox.faults.drop(), MastodonNetworkError),
        (lambda sandbox: sandbox.faults.answer(503), MastodonAPIError),
        (lambda sandbox: sandbox.faults.answer(200, body="<html>"), MastodonAPIError),
        (lambda sandbox: sandbox.world.directory.tokens.clear(), MastodonUnauthorizedError),
    ],
)
async def test_faults_are_the_errors_that_it_knows(
    sandbox: Sandbox, office: SandboxAccount, prepare: Callable[[Sandbox], object], error: type[Exception]
) -> None:
    client = Mastodon(access_token=office.token, api_base_url=sandbox.url, version_check_mode="none")
    prepare(sandbox)
    with pytest.raises(error):
        await run(client.account_verify_credentials)


async def test_it_understands_the_rate_limit() -> None:
    limits = RateLimits(requests=Quota("requests", 1, RateLimits().requests.period))  # type: ignore[union-attr]
    async with Sandbox(rate_limits=limits) as sandbox:
        token = sandbox.add_account("bsi").token
        client = Mastodon(
            access_token=token,
            api_base_url=sandbox.url,
            ratelimit_method="throw",
            version_check_mode="none",
        )
        await run(client.account_verify_credentials)
        with pytest.raises(MastodonRatelimitError):
            await run(client.account_verify_credentials)
