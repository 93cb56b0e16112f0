"""The demo's citizens behave as people do."""

import asyncio

import pytest

from fedichat.sandbox import Citizens, Sandbox, SandboxAccount, Visibility


async def _no_time(_seconds: float) -> None:
    await asyncio.sleep(0)


@pytest.mark.parametrize("language", ["de", "en"])
async def test_they_write_in_the_office_inbox_one_privately_and_one_with_a_correction(
    sandbox: Sandbox, office: SandboxAccount, language: str
) -> None:
    citizens = Citizens(sandbox, office, language)
    written = await citizens.write(sleep=_no_time)
    assert office.mentions == written
    assert len({status.author for status in written}) == len(written) >= 5
    assert [status.visibility for status in written].count(Visibility.DIRECT) == 1
    assert [status.edited_at is not None for status in written].count(True) == 1
    assert {status.language for status in written} == {language}
    assert any(status.media and status.spoiler_text for status in written)
    assert any(status.poll for status in written)


async def test_they_answer_back_once_in_the_same_privacy(sandbox: Sandbox, office: SandboxAccount) -> None:
    citizens = Citizens(sandbox, office, "de")
    talk = asyncio.create_task(citizens.talk(sleep=_no_time))
    count = len(citizens.accounts)
    heard = [await office.next_notification(number) for number in range(count)]
    for row in heard:
        assert row.status is not None
        await office.post(f"@{row.account.acct} Antwort", in_reply_to=row.status, visibility=row.status.visibility)
        await office.post(f"@{row.account.acct} Nachtrag", in_reply_to=row.status, visibility=row.status.visibility)
    # Each of two answers is favoured by everybody; four have something to say to the first one.
    for number in range(count, count + 2 * count + 4):
        await asyncio.wait_for(office.next_notification(number), 5)
    talk.cancel()
    replies = office.mentions[count:]
    assert len(replies) == 4
    for reply in replies:
        assert reply.in_reply_to is not None
        assert (reply.in_reply_to.author, reply.visibility) == (office, reply.in_reply_to.visibility)


async def test_they_speak_two_languages(sandbox: Sandbox, office: SandboxAccount) -> None:
    with pytest.raises(ValueError, match="de and en"):
        Citizens(sandbox, office, "fr")
