"""No combination of parameters, values, orders and expansion is a mistake of ours, whatever list it is asked of."""

import asyncio
from collections.abc import Callable, Iterator
from itertools import product
from urllib.parse import urlencode

import msgspec
import pytest
from falcon.testing import ASGIConductor

from api.app import create_app
from api.openapi.operations import all_operations
from api.openapi.parameters import make_parameters
from schemas import rest
from schemas.settings import Settings

Combinations = Callable[[], Iterator[tuple[str, dict[str, str]]]]
PLACES = {"project": "widgets", "series": "20", "version": "1", "patch": "21"}
ODD_VALUES = ("", "self", "null", "last", "0", "7", "-1", "99999999999999999999", "done,new,success", "a,b,c",
              "2024-05-05", "\0", "\ufffe", "[*?\\", "ä" * 3000, ",".join(f"x{n}" for n in range(61)))  # fmt: skip
"""What is a value of some parameter, and odd to the others."""
TAKEN = (200, 301, 302, 400, 404)


def readable_paths() -> list[str]:
    """Every path that can be read, with objects in it that there are."""
    return [operation.path.format(**PLACES) for operation in all_operations() if operation.method == "get"]


def lists_by_pages() -> list[str]:
    found = [each.path.format(**PLACES) for each in all_operations() if each.method == "get" and "page" in each.query]
    assert len(found) >= 9
    return found


def parameter_names() -> list[str]:
    """All that are known to any list; each is asked of every one."""
    return sorted({each["name"] for each in make_parameters().values() if each["in"] == "query"} - {"wait"})


def orderings() -> list[str]:
    """Every field of every document, and those of the objects that stand in it when it is expanded."""
    documents = [one for one in vars(rest).values() if isinstance(one, type) and issubclass(one, msgspec.Struct)]
    fields = sorted({name for one in documents for name in one.__struct_fields__})
    return [*fields, "submitter.name", "project.name", "reviewer.username", "reviewer.name", "nonsense"]


def one_by_one() -> Iterator[tuple[str, dict[str, str]]]:
    """Every parameter with every value, of everything that can be read, expanded or not."""
    for path, name, value, related in product(readable_paths(), parameter_names(), ODD_VALUES, ("", "expand")):
        yield path, {"related": related, name: value}


def in_every_order() -> Iterator[tuple[str, dict[str, str]]]:
    """Every parameter with every order, of every list, expanded or not."""
    for path, field, sign, related in product(lists_by_pages(), orderings(), ("", "-"), ("", "expand")):
        yield path, {"related": related, "ordering": sign + field}
    names = [name for name in parameter_names() if name not in ("ordering", "related", "page", "perpage", "link")]
    for path, name, field, related in product(lists_by_pages(), names, known_orders(), ("", "expand")):
        yield path, {"related": related, "ordering": field, name: "7"}
        yield path, {"related": related, "ordering": field, name: "new"}


def known_orders() -> tuple[str, ...]:
    return ("-id", "submitter.name", "project.name,-reviewer.username", "-date", "event_time", "last_updated,name")


@pytest.mark.parametrize("combinations", [one_by_one, in_every_order])
def test_no_combination_is_a_mistake_of_ours(database: str, combinations: Combinations) -> None:
    async def ask() -> list[str]:
        app = create_app(Settings(database=database, base_url="https://patches.example.org"))
        wrong, number = [], 0
        async with ASGIConductor(app) as conductor:
            for path, parameters in combinations():
                result = await conductor.simulate_get(f"/api/1.0{path}", query_string=urlencode(parameters))
                number += 1
                if result.status_code not in TAKEN:
                    wrong.append(f"{result.status_code} {path}?{urlencode(parameters)[:120]}")
        assert number > 1000
        return wrong

    assert asyncio.run(ask()) == []
