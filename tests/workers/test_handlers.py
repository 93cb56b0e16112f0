"""Every effect has exactly one handler, and says all that the outbox and delivery need to know of it."""

import inspect
from collections.abc import AsyncIterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest

from fedichat.domain import effects
from fedichat.domain.effects import EFFECTS, Effect, ShowCard
from fedichat.workers.delivery.handlers import Handlers, must_be_complete
from tests.world import World


@pytest.fixture
async def handlers(tmp_path: Path) -> AsyncIterator[Handlers]:
    world = await World.open(tmp_path)
    yield world.app.delivery._handlers
    await world.close()


def defined() -> set[type[Effect]]:
    modules = [import_module(f"{effects.__name__}.{found.name}") for found in iter_modules(effects.__path__)]
    classes = [kind for module in modules for _, kind in inspect.getmembers(module, inspect.isclass)]
    return {kind for kind in classes if issubclass(kind, Effect) and not kind.__module__.endswith(".base")}


def test_every_effect_that_is_defined_can_be_recorded() -> None:
    assert {*EFFECTS} == defined()
    assert len(EFFECTS) == len({kind.__name__ for kind in EFFECTS}), "the outbox keeps them by name"


async def test_an_office_does_not_open_with_an_effect_that_nothing_carries_out(handlers: Handlers) -> None:
    must_be_complete(handlers)
    with pytest.raises(LookupError, match="ShowCard"):
        must_be_complete({kind: handler for kind, handler in handlers.items() if kind is not ShowCard})


async def test_an_office_does_not_open_with_a_handler_for_no_effect(handlers: Handlers) -> None:
    class Sing(Effect):
        pass

    with pytest.raises(LookupError, match="Sing"):
        must_be_complete({**handlers, Sing: handlers[ShowCard]})
