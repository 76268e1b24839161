"""Which project a mail belongs to, and what becomes of mail that no project wants."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import pytest

from ingest.receipt import receive
from projector.readmodel import tables as t
from schemas.fact import Fact
from schemas.records import MailReceived, ProjectAdded, ProjectChanged, RetryRequested
from tests.projector.fold.invariants import check
from tests.projector.fold.mailing import mail, series
from tests.projector.fold.world import PROJECT, World, deliver, feed


def counts(world: World) -> dict[str, int]:
    return {row["name"]: row["n"] for row in world.rows(t.count)}


def homes(world: World) -> dict[str, str]:
    """Message-ID (without domain) -> linkname."""
    names = {row["id"]: row["linkname"] for row in world.rows(t.project)}
    return {row["message_id"].partition("@")[0]: names[row["project_id"]] for row in world.rows(t.mail)}


@pytest.fixture
def shared(tmp_path: Path) -> Iterator[World]:
    """Three projects that share one list: two with tags, and one that takes the rest."""
    world = World(tmp_path, project=msgspec.structs.replace(PROJECT, linkname="rest"))
    for tag in ("i-g-t", "docs"):
        world.append(msgspec.structs.replace(PROJECT, linkname=tag, subject_prefix_tags=(tag,)))
    yield world
    world.close()


def test_mail_of_a_list_that_no_project_has_becomes_a_dead_letter(world: World) -> None:
    (id,) = world.append(mail("[PATCH] net: fix", "a", list_id="other.example.org"))
    world.catch_up()
    (letter,) = world.rows(t.dead_letter)
    assert (letter["id"], letter["reason"], letter["message_id"]) == (id, "no-project", "a@example.org")
    assert letter["detail"] == "no project has the list it came by (other.example.org)"
    assert world.rows(t.mail) == []
    check(world)


def test_added_project_reads_its_dead_letters_again_under_their_own_ids(world: World) -> None:
    ids = world.append(*_elsewhere(series("a", 2)))
    world.catch_up()
    assert len(world.rows(t.dead_letter)) == 3
    world.append(ProjectAdded(linkname="new", name="New", listid="other.example.org", listemail="o@example.org"))
    world.catch_up()
    assert world.rows(t.dead_letter) == []
    assert [row["id"] for row in world.rows(t.patch)] == ids[1:]
    assert len(feed(world)) == 1
    assert counts(world).get("dead-letter:no-project", 0) == 0
    check(world)


def test_retries_are_cut_into_records_of_five_hundred(world: World) -> None:
    deliver(world, _elsewhere([mail(f"[PATCH] net: {n}", f"a{n}") for n in range(501)]))
    deliver(world, [ProjectAdded(linkname="new", name="New", listid="other.example.org", listemail="o@example.org")])
    retries = [record.fact for record in world.log.records if isinstance(record.fact, RetryRequested)]
    assert [len(fact.mails) for fact in retries] == [500, 1]
    assert len(world.rows(t.patch)) == 501


def test_taken_linkname_has_no_effect(world: World) -> None:
    before = world.rows(t.project)
    deliver(world, [msgspec.structs.replace(PROJECT, name="Another")])
    assert world.rows(t.project) == before


def test_changed_project_keeps_what_was_not_said(world: World) -> None:
    deliver(world, [ProjectChanged(linkname="demo", web_url="http://example.org/"), ProjectChanged(linkname="none")])
    (row,) = world.rows(t.project)
    assert (row["web_url"], row["name"], row["listid"]) == ("http://example.org/", "Demo", "demo.example.org")


def test_changed_list_reads_dead_letters_again(world: World) -> None:
    deliver(world, _elsewhere([mail("[PATCH] net: fix", "a")]))
    deliver(world, [ProjectChanged(linkname="demo", listid="other.example.org")])
    assert (world.rows(t.dead_letter), len(world.rows(t.patch))) == ([], 1)


@pytest.mark.parametrize(
    ("subject", "home"),
    [
        pytest.param("[PATCH i-g-t 1/2] tests: add", "i-g-t", id="one project's tag"),
        pytest.param("[i-g-t,PATCH] tests: add", "i-g-t", id="tag in front"),
        pytest.param("Re: [PATCH Docs] say it", "docs", id="any case, in an answer"),
        pytest.param("[PATCH] drm: add", "rest", id="no tag"),
        pytest.param("about i-g-t", "rest", id="outside of brackets it is no tag"),
    ],
)
def test_projects_that_share_a_list_are_told_by_their_tags(shared: World, subject: str, home: str) -> None:
    deliver(shared, [mail(subject, "a")])
    assert homes(shared) == {"a": home}


def test_tag_of_the_project_is_not_shown(shared: World) -> None:
    deliver(shared, [mail("[PATCH i-g-t v2] tests: add", "a")])
    assert [row["name"] for row in shared.rows(t.patch)] == ["[v2] tests: add"]


def test_mail_without_a_list_goes_by_its_recipient_or_by_its_archive(world: World) -> None:
    bare = mail("[PATCH] net: fix", "a", list_id="")
    assert bare.parsed is not None
    by_recipient = msgspec.structs.replace(bare, recipients=("x@example.org", "Demo@example.org"))
    by_archive = msgspec.structs.replace(mail("[PATCH] net: 2", "b", list_id=""), list_id="demo.example.org")
    deliver(world, [by_recipient, by_archive, msgspec.structs.replace(mail("[PATCH] net: 3", "c", list_id=""))])
    assert homes(world) == {"a": "demo", "b": "demo"}
    assert [row["message_id"] for row in world.rows(t.dead_letter)] == ["c@example.org"]


def test_same_mail_by_two_lists_is_a_record_of_each_project(world: World) -> None:
    deliver(world, [ProjectAdded(linkname="two", name="Two", listid="two.example.org", listemail="two@example.org")])
    deliver(world, [mail("[PATCH] net: fix", "a"), mail("[PATCH] net: fix", "a", list_id="two.example.org")])
    assert len(world.rows(t.patch)) == len(world.rows(t.series)) == 2
    check(world)


def _elsewhere(facts: Sequence[Fact]) -> list[Fact]:
    """The same mails by a list that no project has."""

    return [
        receive(
            fact.raw.replace(b"<demo.example.org>", b"<other.example.org>"),
            source=fact.source,
            received_at=fact.received_at,
            envelope_sender="list@example.org",
            recipients=(),
        )
        for fact in facts
        if isinstance(fact, MailReceived)
    ]
