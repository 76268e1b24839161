"""Who may connect, and who has to go when answers that nobody reads hold too much."""

import pytest

from api.crowd import Crowd, Limits, read_limits
from schemas.settings import Settings

LIMITS = Limits(connections_max=4, client_connections_max=2, memory_bytes=100)


def crowd(**clients: str) -> Crowd[str]:
    found = Crowd[str](LIMITS)
    for who, host in clients.items():
        assert found.enter(who, host) is None
    return found


def test_connections_are_counted_by_client_and_in_all() -> None:
    full = crowd(a="192.0.2.1", b="192.0.2.1")
    assert full.enter("c", "192.0.2.1") == "Too many connections of yours, try again later."
    assert full.enter("c", "2001:db8::1") is None
    assert full.enter("d", "2001:db8::2") is None
    assert full.enter("e", "192.0.2.9") == "Too many connections, try again later."
    full.leave("e")  # which never came in
    full.leave("b")
    assert full.enter("e", "192.0.2.1") is None


def test_an_ipv6_network_is_one_client_and_a_proxy_here_is_none() -> None:
    full = crowd(a="2001:db8::1", b="2001:db8::2")
    assert full.enter("c", "2001:db8::3") == "Too many connections of yours, try again later."
    crowd(a="127.0.0.1", b="127.0.0.1", c="127.0.0.1", d="127.0.0.1")


def test_who_waits_longest_of_the_client_that_holds_most_goes_first() -> None:
    held = crowd(a="192.0.2.1", b="192.0.2.2", c="192.0.2.2", d="192.0.2.3")
    assert held.hold("a", 40) == held.hold("b", 30) == held.hold("c", 30) == []
    assert held.hold("d", 10) == ["b"]
    assert held.held_bytes == 80
    assert held.hold("d", 65) == ["a"]
    assert held.held_bytes == 95


def test_no_answer_should_be_made_until_those_who_had_to_leave_have_left() -> None:
    held = crowd(a="192.0.2.1", b="192.0.2.2", c="192.0.2.3")
    held.hold("a", 60)
    assert held.room.is_set()
    assert held.hold("b", 90) == ["a"]
    assert not held.room.is_set()
    held.leave("c")
    assert not held.room.is_set()
    held.leave("a")
    assert held.room.is_set()


def test_an_answer_larger_than_all_is_given_when_all_others_went() -> None:
    held = crowd(a="192.0.2.1", b="192.0.2.2")
    assert held.hold("a", 10) == []
    assert held.hold("b", 1000) == ["a"]
    assert held.hold("a", 10) == ["b"]


def test_what_was_read_or_left_counts_no_more() -> None:
    held = crowd(a="192.0.2.1", b="192.0.2.1")
    held.hold("a", 60)
    held.let_go("a")
    held.hold("b", 60)
    held.leave("b")
    held.leave("b")
    assert held.held_bytes == 0
    assert held.hold("a", 100) == []


def test_limits_are_the_settings_and_more_than_nothing() -> None:
    assert read_limits(Settings()) == Limits()
    assert read_limits(Settings(http_answer_seconds=1.5)).answer_seconds == 1.5
    with pytest.raises(ValueError, match="http_memory_bytes: expected more than 0, came 0"):
        read_limits(Settings(http_memory_bytes=0))
