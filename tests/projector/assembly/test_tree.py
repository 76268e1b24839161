"""Threads: who answers whom, with place-holders, without cycles (assembly, section 2)."""

import pytest

from projector.assembly.tree import build_tree, threads
from tests.projector.assembly.build import Letter, read


@pytest.mark.parametrize(
    ("letters", "parents"),
    [
        pytest.param([Letter("a", "x")], {}, id="alone"),
        pytest.param([Letter("a", "x"), Letter("b", "Re: x", "a")], {"b": "a"}, id="an answer"),
        pytest.param([Letter("a", "x", "a")], {}, id="itself"),
        pytest.param([Letter("b", "x", "a b")], {"b": "a"}, id="itself last"),
        pytest.param([Letter("c", "x", "a b")], {"c": "b", "b": "a"}, id="place-holders stand where they are named"),
        pytest.param(
            [Letter("a", "x"), Letter("b", "Re: x"), Letter("c", "Re: x", "a b")],
            {"c": "b"},
            id="what others say of a mail that came does not count",
        ),
        pytest.param(
            [Letter("c", "x", "a gone", at=2), Letter("d", "x", "b gone", at=1)],
            {"c": "gone", "d": "gone", "gone": "b"},
            id="of a place-holder, the earliest mail's word counts",
        ),
        pytest.param(
            [Letter("c", "x", "g h", at=1), Letter("d", "x", "h g", at=2)],
            {"c": "h", "d": "g", "h": "g"},
            id="place-holders never answer each other in a circle",
        ),
        pytest.param(
            [Letter("a", "x", "gone", at=1), Letter("b", "x", "a gone", at=2)],
            {"a": "gone", "b": "gone"},
            id="a place-holder does not answer what answers it",
        ),
        pytest.param(
            [Letter("a", "x", "b", at=2), Letter("b", "x", "a", at=1)],
            {"a": "b"},
            id="a cycle is cut above its earliest member",
        ),
        pytest.param(
            [Letter("a", "x", "b"), Letter("b", "x", "a")],
            {"b": "a"},
            id="a cycle of one date is cut above the lower Message-ID",
        ),
        pytest.param(
            [Letter("a", "x", "d", at=5), Letter("b", "x", "d", at=3), Letter("c", "x", "b", at=4),
             Letter("d", "x", "c", at=9), Letter("e", "Re: x", "a", at=1)],
            {"a": "d", "c": "b", "d": "c", "e": "a"},
            id="a cycle with answers, which are not part of it",
        ),
        pytest.param(
            [Letter("a", "x", "gone b"), Letter("b", "x", "gone a"), Letter("c", "x", "a gone")],
            {"b": "a", "c": "gone", "gone": "a"},
            id="a place-holder beside a cycle",
        ),
    ],
)  # fmt: skip
def test_parents(letters: list[Letter], parents: dict[str, str]) -> None:
    for mails in (read(letters), read(letters)[::-1]):
        assert build_tree(mails).parents == parents


def test_depths_count_place_holders_and_come_parents_first() -> None:
    mails = read([Letter("d", "x", "a b c"), Letter("c", "x", "a b"), Letter("e", "x", "b")])
    tree = build_tree(mails)
    assert tree.depths == {"a": 0, "b": 1, "c": 2, "e": 2, "d": 3}
    assert [tree.depth(mail) for mail in mails] == [3, 2, 2]
    seen: set[str | None] = {None}
    for name in tree.depths:
        assert tree.parents.get(name) in seen
        seen.add(name)


def test_depths_below_what_was_measured_before_go_on_from_there() -> None:
    mails = read([Letter("a", "x"), Letter("c", "x", "a b"), Letter("b", "x", "a")])
    assert build_tree(mails).depths == {"a": 0, "b": 1, "c": 2}


def test_a_parent_may_be_merely_named() -> None:
    mails = read([Letter("b", "x", "a"), Letter("c", "x")])
    assert [build_tree(mails).parent(mail) for mail in mails] == ["a", None]


@pytest.mark.parametrize(
    ("letters", "expected"),
    [
        pytest.param([Letter("a", "x"), Letter("b", "x")], [{"a"}, {"b"}], id="strangers"),
        pytest.param([Letter("a", "x", "g"), Letter("b", "x", "g")], [{"a", "b", "g"}], id="by a mail merely named"),
        pytest.param(
            [Letter("a", "x"), Letter("b", "x"), Letter("c", "x", "a b")],
            [{"a", "b", "c"}],
            id="by any reference, not the nearest only",
        ),
    ],
)
def test_threads(letters: list[Letter], expected: list[set[str]]) -> None:
    thread_of = threads(read(letters))
    assert [
        {name for name in thread_of if thread_of[name] == top} for top in dict.fromkeys(thread_of.values())
    ] == expected
