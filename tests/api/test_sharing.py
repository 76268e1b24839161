"""What one client may take of a worker: turns, time, places to wait at."""

import asyncio
from contextlib import ExitStack

import falcon
import pytest

from api import sharing
from api.sharing import CLIENTS_MAX, MINUTE_US, Budget, Places, Turns


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The time in microseconds, to be set."""
    now = [1_000_000_000]
    monkeypatch.setattr(sharing, "now_us", lambda: now[0])
    return now


def test_who_has_spent_all_comes_again_later(clock: list[int]) -> None:
    budget = Budget(30.0)
    budget.check("a")
    budget.spend("a", 29.0)
    budget.check("a")
    budget.spend("a", 16.0)
    budget.check("b")
    with pytest.raises(falcon.HTTPTooManyRequests) as refused:
        budget.check("a")
    (wait,) = [int(value) for name, value in (refused.value.headers or {}).items() if name == "Retry-After"]
    clock[0] += (wait - 2) * 1_000_000
    with pytest.raises(falcon.HTTPTooManyRequests):
        budget.check("a")
    clock[0] += 2_000_000
    budget.check("a")


def test_who_spent_long_ago_is_forgotten(clock: list[int]) -> None:
    budget = Budget(30.0)
    for n in range(CLIENTS_MAX):
        budget.spend(f"old {n}", 1.0)
    clock[0] += MINUTE_US
    budget.spend("new", 1.0)
    assert list(budget._spent) == ["new"]


def test_one_client_leaves_turns_to_others() -> None:
    async def run() -> list[str]:
        turns, begun, go_on = Turns(4), [], asyncio.Event()

        async def work(client: str) -> None:
            async with turns.one_of(client):
                begun.append(client)
                await go_on.wait()

        async with asyncio.TaskGroup() as group:
            for client in [*"aaaaa", *"bcd"]:
                group.create_task(work(client))
            while len(begun) < 4:
                await asyncio.sleep(0)
            for _ in range(100):
                await asyncio.sleep(0)
            first = list(begun)
            go_on.set()
        assert sorted(begun) == sorted("aaaaabcd"), "all come to their turn"
        return first

    assert sorted(asyncio.run(run())) == ["a", "a", "b", "c"]


def test_places_are_for_all_and_for_one() -> None:
    places = Places(5, 2)
    with ExitStack() as taken:
        for client in ("a", "a", "b"):
            taken.enter_context(places.one_for(client))
        with pytest.raises(falcon.HTTPTooManyRequests), places.one_for("a"):
            pass
        for _ in range(2):  # of nobody in particular
            taken.enter_context(places.one_for(""))
        with pytest.raises(falcon.HTTPTooManyRequests) as refused, places.one_for("c"):
            pass
        assert (refused.value.headers or {})["Retry-After"] == "10"
    with places.one_for("a"), places.one_for("a"):
        pass
    assert not places._taken
