"""An office beside a real Synapse, with an account in a sandbox, to be checked."""

from collections.abc import AsyncIterator

import pytest

from fedichat.sandbox import Sandbox
from tests.cli.checking.offices import CheckedOffice
from tests.office import Office


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox() as running:
        yield running


@pytest.fixture
async def checked(office: Office, sandbox: Sandbox) -> CheckedOffice:
    token = sandbox.add_account("bsi", display_name="BSI").token
    return CheckedOffice(office, sandbox, await office.account("bot"), token)
