"""What `fedichat check` says about tokens."""

import pytest

from fedichat.cli.checking.accounts import missing_scopes
from fedichat.sandbox import Sandbox
from tests.cli.checking.offices import CheckedOffice, starting
from tests.office import Office


async def test_a_revoked_token_is_told(office: Office, sandbox: Sandbox, checked: CheckedOffice) -> None:
    anna = await office.person("anna")
    await office.room(anna, "team", checked.bot)
    sandbox.revoke(checked.tree["accounts"]["bsi"]["access_token"])
    code, lines = await checked.check()
    assert code == 1
    assert [line.partition(": ")[0] for line in starting(lines, "FAIL")] == ["FAIL account bsi"]


async def test_a_token_that_may_only_read_is_told(office: Office, sandbox: Sandbox, checked: CheckedOffice) -> None:
    anna = await office.person("anna")
    await office.room(anna, "team", checked.bot)
    token = sandbox.add_account("reader", scopes="read").token
    checked.tree["accounts"]["bsi"]["access_token"] = token
    code, lines = await checked.check()
    assert code == 1
    assert starting(lines, "FAIL") == ["FAIL account bsi: the token lacks write:statuses; make one with read and write"]


@pytest.mark.parametrize(
    ("scopes", "missing"),
    [
        (["read", "write", "follow"], []),
        (["read:accounts", "read:notifications", "read:statuses", "write:statuses"], []),
        (["read", "write:media"], ["write:statuses"]),
        (["profile", "read:statuses", "write"], ["read:accounts", "read:notifications"]),
    ],
)
def test_a_wide_scope_stands_for_its_narrow_ones(scopes: list[str], missing: list[str]) -> None:
    assert missing_scopes(scopes) == missing
