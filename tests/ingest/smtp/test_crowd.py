"""What clients may take of us is counted, given back, and refused to one without being taken from another."""

import pytest

from ingest.smtp.crowd import Crowd, Hold, client_of
from ingest.smtp.limits import Limits, mail_memory_bytes, read_limits
from schemas.settings import Settings

LIMITS = Limits(max_mail_bytes=10, sessions_max=3, client_sessions_max=2, memory_bytes=2_000_000)
HALF = LIMITS.client_memory_bytes


@pytest.mark.parametrize(
    ("host", "client"),
    [
        pytest.param("", "unix socket", id="Unix socket"),
        pytest.param("192.0.2.1", "192.0.2.1", id="IPv4"),
        pytest.param("::ffff:192.0.2.1", "192.0.2.1", id="IPv4 mapped"),
        pytest.param("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64", id="IPv6"),
        pytest.param("fe80::1%eth0", "fe80::/64", id="with a zone"),
    ],
)
def test_what_a_connection_is_counted_as(host: str, client: str) -> None:
    assert client_of(host) == client


def test_sessions_are_counted_for_all_and_for_each() -> None:
    crowd = Crowd(LIMITS)
    assert [crowd.enter("a"), crowd.enter("a")] == [None, None]
    assert crowd.enter("a") == "421 4.7.0 Too many sessions of yours, try again later"
    assert crowd.enter("b") is None
    assert crowd.enter("c") == "421 4.3.2 Too many sessions, try again later"
    crowd.leave("a")
    assert [crowd.enter("a"), crowd.enter("c")] == [None, "421 4.3.2 Too many sessions, try again later"]


def hold(crowd: Crowd, client: str, expected_bytes: int = 0, most_bytes: int = 0) -> Hold:
    return Hold(crowd, client, expected_bytes, most_bytes)


def test_room_for_a_whole_mail_is_kept_with_its_first_byte_and_no_step_fails_afterwards() -> None:
    crowd = Crowd(LIMITS)
    with hold(crowd, "a", 300, 900_000) as announced, hold(crowd, "b", 0, 900_000) as silent:
        assert (announced.grow(1), crowd.held_bytes) == (True, 300)
        assert (silent.grow(1), crowd.held_bytes) == (True, 900_300)
        assert (announced.grow(300), crowd.held_bytes) == (True, 1_800_000)
        assert not hold(crowd, "c", 0, 900_000).grow(1)
        assert hold(crowd, "c", 200_000, 900_000).grow(1)
        assert (announced.grow(899_000), silent.grow(899_000)) == (True, True)
        assert crowd.arrived_bytes == 1 + 300 + 899_000 + 1 + 899_000 + 1  # the last is that of the mail of c


def test_one_client_has_half_of_the_memory_and_another_the_rest() -> None:
    crowd = Crowd(LIMITS)
    with hold(crowd, "a") as first:
        assert (first.grow(HALF), first.grow(1)) == (True, False)
        with hold(crowd, "b") as second:
            assert (second.grow(HALF), second.grow(1), hold(crowd, "c").grow(1)) == (True, False, False)
            first.let_go()
            assert (hold(crowd, "a").grow(HALF), hold(crowd, "c").grow(1)) == (True, False)
            crowd.take("a", -HALF)
        assert crowd.held_bytes == 0
    assert crowd.held_bytes == 0


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        pytest.param({"smtp_sessions_max": 0}, "smtp_sessions_max: expected a number above 0, came 0", id="sessions"),
        pytest.param({"smtp_idle_seconds": -1.0}, "smtp_idle_seconds: expected a number above 0", id="seconds"),
        pytest.param({"smtp_mail_seconds": float("nan")}, "smtp_mail_seconds: expected a number above 0", id="nan"),
        pytest.param(
            {"smtp_memory_bytes": 1000, "max_mail_bytes": 900},
            rf"smtp_memory_bytes: expected {mail_memory_bytes(900)} or more, .* \(900\) needs; came 1000",
            id="no room for a mail",
        ),
    ],
)
def test_a_bad_setting_is_named(wrong: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_limits(Settings(**wrong))  # type: ignore[arg-type]  # a table of numbers of any type


def test_the_defaults_are_those_of_the_settings_and_take_the_largest_mail_of_one_client() -> None:
    limits = read_limits(Settings())
    assert limits == Limits()
    assert limits.client_memory_bytes >= mail_memory_bytes(limits.max_mail_bytes)
