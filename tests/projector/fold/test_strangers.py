"""What somebody else's mail does to a series, and what it does not."""

import msgspec
import pytest

from projector.assembly import shelf
from projector.fold import candidates, grouping
from projector.readmodel import tables as t
from schemas.accounts import UserAdded
from schemas.fact import Fact, Request
from schemas.records import PatchStateChanged, ProjectChanged, RerunRequested
from tests.projector.fold.invariants import check
from tests.projector.fold.mailing import AUTHOR, OTHER, mail, series
from tests.projector.fold.world import World, deliver

SUPERSEDE = ProjectChanged(linkname="demo", supersedes=True)
MAX = UserAdded(name="max", emails=("otto@example.org",), maintainer_of=("demo",))
ALIAS = ProjectChanged(linkname="demo", author_aliases={"ada@example.org": "otto@example.org"})


@pytest.fixture
def few_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (shelf, candidates, grouping):
        monkeypatch.setattr(module, "WINDOW", 2)


def patch(id: str, marker: str = "", *, minute: float = 0, author: str = AUTHOR, **more: object) -> Fact:
    tag = f"[PATCH {marker}]".replace(" ]", "]")
    return mail(f"{tag} net: fix leak", id, minute=minute, author=author, **more)  # type: ignore[arg-type]  # by name


def parameters(world: World) -> list[dict[str, object]]:
    rows = sorted(world.rows(t.event), key=lambda row: row["event_time_us"])
    return [msgspec.json.decode(row["parameters"]) for row in rows if row["name"] == "series-new-revision"]


@pytest.mark.parametrize(
    ("facts", "state", "told"),
    [
        pytest.param([patch("b", "v2", minute=60)], 9, {"revision": 2}, id="the submitter"),
        pytest.param(
            [patch("b", "v2", minute=60, author=OTHER)], 1, {"revision": 2, "submitter_changed": True}, id="a stranger"
        ),
        pytest.param(
            [MAX, patch("b", "v2", minute=60, author=OTHER)],
            9,
            {"revision": 2, "submitter_changed": True},
            id="a maintainer",
        ),
        pytest.param(
            [ALIAS, patch("b", "v2", minute=60, author=OTHER)], 9, {"revision": 2}, id="the submitter's new address"
        ),
    ],
)
def test_a_strangers_revision_supersedes_nothing(
    world: World, facts: list[Fact], state: int, told: dict[str, object]
) -> None:
    (first,) = world.append(patch("a"))
    deliver(world, [SUPERSEDE, *facts])
    assert len(world.rows(t.series)) == 1
    assert {row["message_id"]: row["state"] for row in world.rows(t.patch)} == {
        "a@example.org": state,
        "b@example.org": 1,
    }
    assert parameters(world)[-1] == told
    own = [row["submitter_id"] == first for row in world.rows(t.revision)]
    assert own == [True, facts[-1].parsed.author.email == "ada@example.org"]  # type: ignore[attr-defined]
    check(world)


@pytest.mark.parametrize(
    "stranger",
    [
        pytest.param(patch("b", minute=60, author=OTHER, answers="a", line="evil();"), id="an answer without a marker"),
        pytest.param(patch("b", minute=60, author=OTHER, body="change-id: x-1\n"), id="the change-id"),
        pytest.param(patch("b", minute=60, author=OTHER, body="Supersedes: <a@example.org>\n"), id="Supersedes"),
        pytest.param(mail("[PATCH v9] net: evil", "b", minute=60, author=OTHER, answers="a"), id="another patch"),
        pytest.param(
            mail("[PATCH v9] net: evil", "b", minute=60, author=OTHER, body="change-id: x-1\n"), id="a copied change-id"
        ),
    ],
)
def test_a_strangers_posting_is_a_series_of_its_own_without_the_patches(world: World, stranger: Fact) -> None:
    deliver(world, [SUPERSEDE, patch("a", body="change-id: x-1\n")])
    before = world.rows(t.series)
    deliver(world, [stranger])
    assert [row for row in world.rows(t.series) if row["id"] == before[0]["id"]] == before, "it did not change at all"
    assert len(world.rows(t.series)) == 2
    check(world)


@pytest.mark.parametrize(
    ("sender", "email"),
    [
        pytest.param("Ada via demo <demo@example.org>", "ada@example.org", id="the list"),
        pytest.param("Ada via demo <eve@example.net>", "eve@example.net", id="who only says so"),
    ],
)
def test_a_from_that_says_via_is_undone_for_the_list_alone(world: World, sender: str, email: str) -> None:
    deliver(world, [patch("a", author=sender, headers="X-Original-From: Ada Author <ada@example.org>\n")])
    assert [row["email"] for row in world.rows(t.person)] == [email]
    (text,) = world.rows(t.patch_text)
    assert text["commit_email"] == email


VOUCHED = "Authentication-Results: mx.example.org; dkim=pass header.d=example.org\n"
DKIM = ProjectChanged(linkname="demo", require_dkim="mx.example.org")
ADA = UserAdded(name="ada", emails=("ada@example.org",))


@pytest.mark.parametrize(
    ("headers", "verified", "state"),
    [
        pytest.param(VOUCHED, True, 9, id="verified"),
        pytest.param("", False, 1, id="nobody vouches"),
        pytest.param(VOUCHED.replace("mx.", "evil."), False, 1, id="somebody else vouches"),
    ],
)
def test_an_author_for_whom_nobody_vouches_supersedes_nothing(
    world: World, headers: str, verified: bool, state: int
) -> None:
    deliver(world, [SUPERSEDE, DKIM, ADA, patch("a", headers=VOUCHED), patch("b", "v2", minute=60, headers=headers)])
    assert {row["message_id"]: (row["verified"], row["state"]) for row in world.rows(t.patch)} == {
        "a@example.org": (True, state),
        "b@example.org": (verified, 1),
    }
    (ada,) = (row["id"] for row in world.rows(t.account))
    (own,) = (row["id"] for row in world.rows(t.patch) if row["message_id"] == "b@example.org")
    asked = Request(user=ada)
    deliver(
        world,
        [PatchStateChanged(patch=own, state="RFC", request=asked), RerunRequested(patches=(own,), request=asked)],
    )
    said = "done" if verified else "forbidden"
    assert [row["status"] for row in world.rows(t.outcome)][-2:] == [said, said], "an author unverified is no user"
    check(world)


def test_where_nobody_is_asked_nobody_is_doubted(world: World) -> None:
    deliver(world, [patch("a")])
    assert [row["verified"] for row in world.rows(t.patch)] == [None]


def test_a_rewritten_from_is_vouched_for_where_it_is_undone(world: World) -> None:
    """The signature is that of the author's domain."""
    headers = VOUCHED + "X-Original-From: Ada <ada@example.org>\n"
    deliver(world, [DKIM, patch("a", author="Ada via demo <demo@example.org>", headers=headers)])
    deliver(world, [mail("[PATCH] else", "b", author="Ada via x <x@sub.example.org>", headers=headers)])
    assert [row["verified"] for row in world.rows(t.patch)] == [True, False]


@pytest.mark.parametrize("tags", ["2/2", "3/2", "1/2"])
def test_a_strangers_patch_takes_no_place_in_a_posting_that_is_whole(world: World, tags: str) -> None:
    """Whatever Date it bears."""
    deliver(world, series("a", 2, minute=10))
    before = {name: world.rows(table) for name, table in (("revision", t.revision), ("event", t.event))}
    evil = mail(f"[PATCH {tags}] net: part 2", "evil", answers="a-0", minute=0, author=OTHER)
    deliver(world, [evil])
    assert [row for row in world.rows(t.revision) if row["series_id"] == before["revision"][0]["series_id"]] == (
        before["revision"]
    )
    assert world.rows(t.event)[: len(before["event"])] == before["event"]
    check(world)


@pytest.mark.usefixtures("few_looked_at")
def test_strangers_who_await_a_mail_first_do_not_keep_its_author_from_it(world: World) -> None:
    eve = "Eve <eve@example.org>"
    awaiting = "Supersedes: <v1@example.org>\n"
    deliver(
        world,
        [mail(f"[PATCH] eve {n}", f"e{n}", minute=n, author=eve, path=f"e{n}.c", body=awaiting) for n in range(9)],
    )
    deliver(world, [mail("[PATCH v2] net: new name", "v2", minute=300, body=awaiting)])
    deliver(world, [mail("[PATCH] net: old name", "v1", minute=200)])
    check(world)
    shown = {row["name"]: (row["series_id"], row["version"]) for row in world.rows(t.revision) if "net:" in row["name"]}
    assert len({series for series, _ in shown.values()}) == 1
    assert len(shown) == 2


@pytest.mark.usefixtures("few_looked_at")
def test_the_name_that_many_use_makes_nobody_the_next_of_another(world: World) -> None:
    people = [f"P{n} <p{n}@example.org>" for n in range(3)]
    deliver(world, [mail("[PATCH] typo", "p0", minute=0, author=people[0])])
    deliver(world, [mail("[PATCH v2] typo", "p1", minute=1, author=people[1])])
    assert [row["version"] for row in world.rows(t.series)] == [2]
    deliver(world, [mail("[PATCH v3] typo", "p2", minute=2, author=people[2])])
    check(world)
    assert [row["version"] for row in world.rows(t.series) if row["version"] > 1] == []
    assert len(world.rows(t.revision)) == 3
