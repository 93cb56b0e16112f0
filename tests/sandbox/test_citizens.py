"""The demo's citizens behave as people do."""

import asyncio

import pytest

from fedichat.sandbox import Citizens, Sandbox, SandboxAccount, Visibility


async def _no_time(_seconds: float) -> None:
    await asyncio.sleep(0)


@pytest.mark.parametrize("language", ["de", "en"])
async def test_they_write_to_the_office_as_people_do(sandbox: Sandbox, office: SandboxAccount, language: str) -> None:
    citizens = Citizens(sandbox, office, language)
    written = await citizens.write(sleep=_no_time)
    [deleted] = [status for status in written if status.deleted]
    [again] = [status for status in office.mentions if status not in written]
    assert again.in_reply_to in written
    assert [status for status in office.mentions if status is not again] == [it for it in written if it is not deleted]
    assert len({status.author for status in written}) == len(written) >= 7
    assert [status.visibility for status in written].count(Visibility.DIRECT) == 1
    assert [status.edited_at is not None for status in written].count(True) == 2
    assert {status.language for status in written} == {language}
    assert any(status.media and status.media[0].description and status.spoiler_text for status in written)
    assert any(status.poll for status in written)
    assert any("TLS" in status.text for status in written)


async def test_they_answer_back_once_in_the_same_privacy(sandbox: Sandbox, office: SandboxAccount) -> None:
    citizens = Citizens(sandbox, office, "de")
    talk = asyncio.create_task(citizens.talk(sleep=_no_time))
    count = len(citizens.accounts) + 1  # one of them writes twice
    questions = [(await office.next_notification(number)).status for number in range(count)]
    async with asyncio.timeout(5):
        while len(office.mentions) == count:  # noqa: ASYNC110 - until one of them has thought better of it
            await asyncio.sleep(0)
    for status in office.mentions:
        if status.in_reply_to is None:
            for text in ("Antwort", "Nachtrag"):
                await office.post(f"@{status.author.acct} {text}", in_reply_to=status, visibility=status.visibility)
    # Each of two answers is favoured by all who are left; five have something to say to the first one.
    for number in range(count, count + 2 * (count - 2) + 5):
        await asyncio.wait_for(office.next_notification(number), 5)
    talk.cancel()
    replies = [status for status in office.mentions if status not in questions]
    assert len(replies) == 5
    for reply in replies:
        assert reply.in_reply_to is not None
        assert (reply.in_reply_to.author, reply.visibility) == (office, reply.in_reply_to.visibility)


async def test_they_speak_two_languages(sandbox: Sandbox, office: SandboxAccount) -> None:
    with pytest.raises(ValueError, match="de and en"):
        Citizens(sandbox, office, "fr")
