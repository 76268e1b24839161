"""`patchlog user` and `patchlog token`, with a projector that reads along and without one."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from argon2 import PasswordHasher

import patchlog.stores
from ingest.smtp.users import read_users
from patchlog.accounts import check_token_name, check_user_name, digest_of, read_expiry
from patchlog.desk import Desk, Said
from schemas.accounts import TokenIssued, TokenRevoked, UserAdded, UserChanged
from schemas.fact import Fact
from tests.patchlog.station import SECOND, Station, followed

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def station(data_directory: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Station]:
    yield from followed(Station(data_directory), monkeypatch)


@pytest.fixture
def alone(data_directory: Path) -> Station:
    """A log that no projector reads."""
    return Station(data_directory)


def test_a_user_is_added_changed_and_listed(station: Station) -> None:
    made = station.json("user", "add", "ada", "--email", "Ada@example.org", "--maintainer-of", "demo")
    assert station.said() == UserAdded(name="ada", emails=("ada@example.org",), maintainer_of=("demo",))
    assert (made["record"], made["folded"]) == (4, True)
    changes = ("--maintainer-of", "two", "--not-maintainer-of", "demo", "--no-emails", "--inactive")
    station.json("user", "set", "ada", *changes)
    assert station.json("user", "list") == [
        {"id": 4, "name": "ada", "emails": [], "maintainer_of": ["two"], "active": False, "has_password": False}
    ]
    assert station.run("user", "list").stdout == "ada\t\ttwo\tinactive\n"


def test_a_password_is_the_first_line_and_only_its_hash_is_kept(station: Station) -> None:
    assert station.run("user", "add", "ada", "--password-stdin", given=" secret \r\nmore\n").exit_code == 0
    fact = station.said()
    assert isinstance(fact, UserAdded)
    assert PasswordHasher().verify(fact.password_hash, " secret ")
    station.run("user", "set", "ada", "--no-password")
    assert station.said() == UserChanged(name="ada", password_hash="")
    assert "tokens alone" in station.run("user", "list").stdout


def test_a_token_is_shown_once_listed_and_revoked(station: Station) -> None:
    station.run("user", "add", "ci")
    shown = station.run("token", "issue", "ci", "--project", "demo", "--test", "ci/*", "--expires", "2090-01-31")
    secret = shown.stdout.split()[-1]
    end = datetime(2090, 1, 31, tzinfo=UTC)
    assert station.said() == TokenIssued(
        user=4, name="ci-1", digest=digest_of(secret), projects=("demo",), tests=("ci/*",), expires_at=end
    )
    assert secret.startswith("patchlog_")
    (listed,) = station.json("token", "list", "--user", "ci")
    assert (listed["id"], listed["name"], listed["expires"]) == (5, "ci-1", "2090-01-31T00:00:00")
    assert secret not in json.dumps(listed)
    assert station.run("token", "list").stdout == "5\tci-1\tci\tdemo\tci/*\texpires 2090-01-31 00:00\n"
    assert station.json("token", "revoke", "ci-1", "--reason", "leaked")["token"]["reason"] == "leaked"
    assert station.said() == TokenRevoked(token=5, reason="leaked")
    assert "revoked before" in station.run("token", "revoke", "5").stderr
    assert station.run("token", "issue", "ci", "--name", "ci-1").exit_code == 0


def test_without_a_projector_the_log_decides(alone: Station, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patchlog.stores, "WAIT_SECONDS", 0.0)
    assert (
        alone.run("user", "add", "ada").stdout
        == "user ada is record 4 of the log; a projector will do it when it runs\n"
    )
    assert alone.run("user", "add", "ada").stderr == "Error: there is a user ada already (record 4)\n"
    secret = alone.json("token", "issue", "ada", "--name", "mine")["secret"]
    assert [token["name"] for token in alone.json("token", "list")] == ["mine"]
    assert secret.startswith("patchlog_")


ADD_NEW = ("project", "add", "new", "--name", "N", "--listid", "n.example.org", "--listemail", "n@example.org")


@pytest.mark.parametrize("is_followed", [False, True], ids=["alone", "followed"])
@pytest.mark.parametrize(
    ("arguments", "other"),
    [
        pytest.param(("user", "add", "ada"), UserAdded(name="ada"), id="user"),
        pytest.param(ADD_NEW, msgspec.structs.replace(SECOND, linkname="new"), id="project"),
    ],
)
def test_of_two_at_once_one_wins(
    data_directory: Path, monkeypatch: pytest.MonkeyPatch, is_followed: bool, arguments: Sequence[str], other: Fact
) -> None:
    station = Station(data_directory)
    stations = followed(station, monkeypatch) if is_followed else iter([station])
    next(stations)
    monkeypatch.setattr(patchlog.stores, "WAIT_SECONDS", 60.0 if is_followed else 0.0)
    say = Desk.say_one

    def say_behind_another(desk: Desk, fact: Fact) -> Said:
        station.log.append([other])
        return say(desk, fact)

    monkeypatch.setattr(Desk, "say_one", say_behind_another)
    lost = station.run(*arguments)
    sentence = f"somebody else was faster: there is a {arguments[0]} {arguments[2]} already (record 4)"
    assert (lost.exit_code, lost.stderr) == (1, f"Error: {sentence}\n")


@pytest.mark.parametrize(
    ("arguments", "status", "expected"),
    [
        pytest.param(("user", "add", "a:b"), 1, "name: expected", id="a colon"),
        pytest.param(("user", "add", "ada", "--email", "nobody"), 1, "email: expected", id="no address"),
        pytest.param(("user", "add", "ada", "--maintainer-of", "x"), 1, "there is no project x", id="no project"),
        pytest.param(("user", "add", "ada", "--password-stdin"), 1, "password: expected", id="empty password"),
        pytest.param(("user", "add", "ci"), 1, "there is a user ci already (record 4)", id="taken"),
        pytest.param(("user", "set", "ci"), 2, "nothing to change", id="no change"),
        pytest.param(("user", "set", "x", "--active"), 1, "there is no user x", id="no user"),
        pytest.param(
            ("user", "set", "ci", "--not-maintainer-of", "demo"), 1, "no maintainer of demo", id="none anyway"
        ),
        pytest.param(("user", "set", "ci", "--no-emails", "--email", "a@b"), 2, "without --email", id="both"),
        pytest.param(("token", "issue", "x"), 1, "there is no user x", id="token of nobody"),
        pytest.param(("token", "issue", "ci", "--project", "x"), 1, "there is no project x", id="token for no project"),
        pytest.param(("token", "issue", "ci", "--expires", "soon"), 1, "expires: expected a duration", id="no time"),
        pytest.param(
            ("token", "issue", "ci", "--expires", "2020-01-01"), 1, "a time to come", id="a time that is over"
        ),
        pytest.param(("token", "issue", "ci", "--name", "17"), 1, "not digits alone", id="a name like an id"),
        pytest.param(("token", "issue", "ci", "--test", ""), 2, "came an empty one", id="no test"),
        pytest.param(
            ("token", "issue", "ci", "--name", "t"), 1, "a token t already (record 5)", id="token's name taken"
        ),
        pytest.param(("token", "list", "--user", "x"), 1, "there is no user x", id="list of nobody"),
        pytest.param(("token", "revoke", "x"), 1, "there is no token x", id="no token"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    station: Station, arguments: Sequence[str], status: int, expected: str
) -> None:
    station.log.append([UserAdded(name="ci"), TokenIssued(user=4, name="t", digest=b"")])
    refused = station.run(*arguments)
    assert (refused.exit_code, expected in refused.stderr) == (status, True), refused.output
    assert station.log.end() == 5


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("12h", datetime(2026, 3, 2, 21, tzinfo=UTC), id="hours"),
        pytest.param("90d", datetime(2026, 5, 31, 9, tzinfo=UTC), id="days"),
        pytest.param("2w", datetime(2026, 3, 16, 9, tzinfo=UTC), id="weeks"),
        pytest.param("2027-01-31", datetime(2027, 1, 31, tzinfo=UTC), id="date"),
        pytest.param("2027-01-31T01:00+02:00", datetime(2027, 1, 30, 23, tzinfo=UTC), id="offset"),
    ],
)
def test_when_a_token_ends(text: str, expected: datetime) -> None:
    assert read_expiry(text, NOW) == expected


@pytest.mark.parametrize("name", ["", "a b", "a:b", "ä", "x" * 101])
def test_names_that_cannot_be_meant(name: str) -> None:
    for check in (check_user_name, check_token_name):
        with pytest.raises(ValueError, match="at most 100 letters"):
            check(name)


def test_a_line_for_the_file_of_smtp_users_can_be_read(alone: Station, tmp_path: Path) -> None:
    shown = alone.run("smtp-user", "mailhost", given="secret word\n")
    (tmp_path / "users").write_text(shown.stdout)
    users = read_users(tmp_path / "users")
    assert (list(users), PasswordHasher().verify(users["mailhost"], "secret word")) == (["mailhost"], True)
    assert alone.run("smtp-user", "mail:host", given="secret word\n").exit_code == 1
    assert alone.run("smtp-user", "mailhost").exit_code == 1
