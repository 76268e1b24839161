"""Users, tokens and requests, as the fold decides them."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from projector.outcomes import (
    CHANGED_MEANWHILE,
    CONFLICT,
    DONE,
    FORBIDDEN,
    KEY_REUSED,
    REPEATED,
    TARGET_GONE,
    UNAUTHORIZED,
    UNCHANGED,
)
from projector.readmodel import tables as t
from schemas.accounts import TokenIssued, TokenRevoked, UserAdded, UserChanged
from schemas.fact import Fact, Request
from schemas.records import PatchStateChanged, RerunRequested, SeriesChanged, TestResultReported
from tests.projector.fold.invariants import check
from tests.projector.fold.mailing import series
from tests.projector.fold.world import World

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def statuses(world: World, *facts: Fact) -> list[str]:
    """What became of facts that are appended now."""
    ids = world.append(*facts)
    world.catch_up()
    found = {row["id"]: row["status"] for row in world.rows(t.outcome)}
    return [found[id] for id in ids]


@pytest.fixture
def patches(world: World) -> tuple[int, ...]:
    ids = world.append(*series("a", 2))
    world.catch_up()
    return tuple(ids[1:])


def add(world: World, name: str, **fields: object) -> int:
    (id,) = world.append(UserAdded(name=name, **fields))  # type: ignore[arg-type]  # by name
    world.catch_up()
    return id


def issue(world: World, user: int, **fields: object) -> int:
    (id,) = world.append(TokenIssued(user=user, name="t", digest=b"d", **fields))  # type: ignore[arg-type]  # by name
    world.catch_up()
    return id


def test_a_name_is_taken_once(world: World) -> None:
    assert statuses(world, UserAdded(name="ada"), UserAdded(name="ada", password_hash="x")) == [DONE, CONFLICT]
    (row,) = world.rows(t.account)
    assert (row["name"], row["password_hash"], row["active"]) == ("ada", "", True)


def test_a_change_says_what_it_changes(world: World) -> None:
    add(world, "ada", emails=("ada@example.org",), maintainer_of=("demo",))
    facts = [
        UserChanged(name="ada", maintainer_of=("two", "demo"), password_hash="x"),
        UserChanged(name="ada", maintainer_of=("demo", "two")),
        UserChanged(name="ada", active=False, emails=()),
        UserChanged(name="nobody", active=False),
    ]
    assert statuses(world, *facts) == [DONE, UNCHANGED, DONE, TARGET_GONE]
    (row,) = world.rows(t.account)
    assert (row["emails"], row["maintainer_of"], row["password_hash"], row["active"]) == (
        "[]", '["demo","two"]', "x", False,
    )  # fmt: skip


def test_tokens_are_issued_to_users_and_revoked_once(world: World) -> None:
    ada = add(world, "ada")
    token = issue(world, ada, projects=("demo",), tests=("ci/*",), expires_at=LONG_AGO)
    facts = [
        TokenIssued(user=99, name="t", digest=b"e"),
        TokenRevoked(token=token, reason="leaked"),
        TokenRevoked(token=token, reason="again"),
        TokenRevoked(token=99),
    ]
    assert statuses(world, *facts) == [TARGET_GONE, DONE, UNCHANGED, TARGET_GONE]
    (row,) = world.rows(t.token)
    assert (row["reason"], row["revoked_us"] is not None, row["projects"]) == ("leaked", True, '["demo"]')
    assert row["expires_us"] == int(LONG_AGO.timestamp()) * 1_000_000


def requested(patches: Sequence[int], request: Request) -> list[Fact]:
    """One request of each kind."""
    return [
        TestResultReported(
            target="revision", patches=tuple(patches), test_name="ci/a", state="success", request=request
        ),
        TestResultReported(
            target="patch", patches=tuple(patches[:1]), test_name="ci/a", state="success", request=request
        ),
        PatchStateChanged(patch=patches[0], state="Rejected", request=request),
        SeriesChanged(mail=patches[0], reviewer=request.user, request=request),
        RerunRequested(patches=tuple(patches), request=request),
    ]


@pytest.mark.parametrize(
    ("user", "token", "expected"),
    [
        pytest.param({"maintainer_of": ("demo",)}, None, [DONE] * 5, id="maintainer"),
        pytest.param({"maintainer_of": ("demo",)}, {"projects": ("two",)}, [FORBIDDEN] * 5, id="token for another"),
        pytest.param({}, None, [FORBIDDEN] * 5, id="nobody"),
        pytest.param({}, {"tests": ("ci/*",)}, [DONE] * 2 + [FORBIDDEN] * 3, id="token for tests"),
        pytest.param(
            {"emails": ("ada@example.org",)}, None, [FORBIDDEN, FORBIDDEN, DONE, FORBIDDEN, DONE], id="submitter"
        ),
        pytest.param({"maintainer_of": ("demo",)}, {"expires_at": LONG_AGO}, [UNAUTHORIZED] * 5, id="expired"),
    ],
)
def test_rights_are_the_fold_s(
    world: World,
    patches: tuple[int, ...],
    user: dict[str, object],
    token: dict[str, object] | None,
    expected: list[str],
) -> None:
    id = add(world, "somebody", **user)
    request = Request(user=id, token=issue(world, id, **token) if token is not None else None)
    assert statuses(world, *requested(patches, request)) == expected
    check(world)


def test_who_is_nobody_by_now_changes_nothing(world: World, patches: tuple[int, ...]) -> None:
    ada, other = add(world, "ada", maintainer_of=("demo",)), add(world, "other", maintainer_of=("demo",))
    token = issue(world, ada)
    world.append(TokenRevoked(token=token))
    nobodies = [
        Request(user=99),
        Request(user=ada, token=99),
        Request(user=other, token=token),
        Request(user=ada, token=token),
    ]
    facts = [PatchStateChanged(patch=patches[0], state="Accepted", request=request) for request in nobodies]
    assert statuses(world, *facts) == [UNAUTHORIZED] * 4
    world.append(UserChanged(name="ada", active=False))
    assert statuses(world, PatchStateChanged(patch=patches[0], state="3", request=Request(user=ada))) == [UNAUTHORIZED]
    assert {row["state"] for row in world.rows(t.patch)} == {1}


def test_a_key_has_one_effect(world: World, patches: tuple[int, ...]) -> None:
    ada, otto = add(world, "ada", maintainer_of=("demo",)), add(world, "otto", maintainer_of=("demo",))

    def said(state: str, **fields: object) -> PatchStateChanged:
        request = Request(**{"user": ada, "key": "k", "digest": state.encode(), **fields})  # type: ignore[arg-type]
        return PatchStateChanged(patch=patches[0], state=state, request=request)

    facts = [said("Rejected"), PatchStateChanged(patch=patches[0], state="New"), said("Rejected"), said("Accepted")]
    assert statuses(world, *facts) == [DONE, DONE, REPEATED, KEY_REUSED]
    assert world.rows(t.patch)[0]["state"] == 1
    repeated = world.rows(t.outcome)[-2]
    assert repeated["original_id"] == repeated["id"] - 2
    assert statuses(world, said("Accepted", user=otto), said("Rejected", part=1)) == [DONE, DONE]


def test_of_two_changes_of_one_version_one_wins(world: World, patches: tuple[int, ...]) -> None:
    ada = add(world, "ada", maintainer_of=("demo",))
    seen = Request(user=ada, if_match=(world.rows(t.patch)[0]["changed_id"],))
    facts = [PatchStateChanged(patch=patches[0], state=state, request=seen) for state in ("Accepted", "Rejected")]
    assert statuses(world, *facts) == [DONE, CHANGED_MEANWHILE]
    of_series = Request(user=ada, if_match=(world.rows(t.series)[0]["changed_id"],))
    reviews = [SeriesChanged(mail=patches[1], reviewer=id, request=of_series) for id in (ada, None)]
    assert statuses(world, *reviews) == [DONE, CHANGED_MEANWHILE]
    assert world.rows(t.series)[0]["reviewer_id"] == ada


@pytest.mark.parametrize(
    ("fact", "expected"),
    [
        pytest.param(PatchStateChanged(patch=99, state="Accepted"), TARGET_GONE, id="no patch"),
        pytest.param(PatchStateChanged(patch=3, state="x"), TARGET_GONE, id="no such state or patch"),
        pytest.param(SeriesChanged(mail=99, reviewer=None), TARGET_GONE, id="no series"),
        pytest.param(SeriesChanged(mail=4, reviewer=99), CONFLICT, id="no reviewer"),
        pytest.param(SeriesChanged(mail=4, reviewer=None), UNCHANGED, id="no reviewer before either"),
        pytest.param(RerunRequested(patches=(99,)), TARGET_GONE, id="no revision"),
    ],
)
def test_what_is_not_there(world: World, patches: tuple[int, ...], fact: Fact, expected: str) -> None:
    assert statuses(world, fact) == [expected]


def test_a_replay_comes_to_the_same(
    world: World, patches: tuple[int, ...], tmp_path_factory: pytest.TempPathFactory
) -> None:
    ada = add(world, "ada", maintainer_of=("demo",))
    token = issue(world, ada)
    statuses(world, *requested(patches, Request(user=ada, token=token, key="k")), TokenRevoked(token=token))
    other = World(tmp_path_factory.mktemp("again"), world.log)
    other.fold()
    assert other.everything() == world.everything()
    other.close()
