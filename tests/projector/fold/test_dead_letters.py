"""Which mails are set aside and why, and what happens to them when somebody asks or has looked."""

from itertools import permutations
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ingest.receipt import receive
from projector.assembly.dead_letters import REASONS
from projector.readmodel import tables as t
from schemas.fact import Fact
from schemas.records import DeadLettersAcknowledged, ProjectAdded, ProjectChanged, RetryRequested
from tests.projector.fold.invariants import check
from tests.projector.fold.mailing import START, mail
from tests.projector.fold.world import World, deliver

BROKEN = b"Subject: [PATCH] x\nX-Relay : lost its mind\nList-Id: <demo.example.org>\n\nHello.\n"
NEW = ProjectAdded(linkname="new", name="New", listid="new.example.org", listemail="new@example.org")
READ_SHARED = "the projects that read shared.example.org"
TAGGED = ProjectAdded(
    linkname="net", name="N", listid="shared.example.org", listemail="s@example.org", subject_prefix_tags=("net",)
)


def odd(raw: bytes, *, recipients: tuple[str, ...] = (), envelope_sender: str | None = "") -> Fact:
    source = "smtp" if envelope_sender is not None else "import:x-1"
    return receive(raw, source=source, received_at=START, envelope_sender=envelope_sender, recipients=recipients)


def letters(world: World) -> dict[int, tuple[str, int | None]]:
    """Record id -> reason, and by which record it was acknowledged."""
    return {row["id"]: (row["reason"], row["acknowledged_id"]) for row in world.rows(t.dead_letter)}


HELD = ProjectAdded(
    linkname="held", name="H", listid="held.example.org", listemail="h@example.org", from_list=("@lists.example.org",)
)
SET_ASIDE = [
    pytest.param(
        mail("[PATCH] x", "a", list_id="held.example.org"),
        ("not-by-list", "it names the list of project held, and did not come from it"),
        id="not by its list",
    ),
    pytest.param(
        mail("[PATCH] x", "a", body="  @@ -1,2 +1,3 @@\n", has_diff=False),
        ("diff-unreadable", "it is for project demo, and has lines of a diff alone"),
        id="a spoiled diff",
    ),
    pytest.param(
        mail("[PATCH] x", "a", list_id="un.example.org"),
        ("no-project", "no project has the list it came by (un.example.org)"),
        id="unknown list",
    ),
    pytest.param(
        mail("[PATCH bpf] x", "a", list_id="shared.example.org"),
        ("no-project", f"{READ_SHARED} take only subjects with tags, and it has none of these"),
        id="another tag",
    ),
    pytest.param(
        odd(b"Subject: x\n\nHello.\n", recipients=("me@here.example",)),
        ("no-project", "it names no list, and no project has an address it was sent to"),
        id="no list",
    ),
    pytest.param(
        odd(b"Subject: x\n\nHello.\n", envelope_sender=None),
        ("no-project", "it names no list, and none was said where it came from"),
        id="no list in an archive",
    ),
    pytest.param(
        odd(b"List-Id: <un.example.org>\nHello,\n"),
        ("no-project", "no project has the list it came by (un.example.org)"),
        id="broken, and of a list that nobody wants",
    ),
    pytest.param(
        odd(BROKEN, recipients=("me@here.example",)),
        ("bad-header", "its header breaks off at line 2, and names no list before that"),
        id="header breaks off before its list",
    ),
    pytest.param(
        odd(BROKEN.replace(b"\n", b"\r\n")),
        ("bad-header", "its header breaks off at line 2, and names no list before that"),
        id="with CRLF",
    ),
    *(
        pytest.param(
            odd(raw),
            ("bad-header", "it has no From, Date, Subject or Message-ID that can be read, and names no list"),
            id=id,
        )
        for id, raw in {"nothing": b"", "no header": b"\x7fELF\n\n\0\xff\n", "trace": b"Received: x\n\ny"}.items()
    ),
]  # fmt: skip


@pytest.mark.parametrize(("fact", "expected"), SET_ASIDE)
def test_why_a_mail_is_set_aside(world: World, fact: Fact, expected: tuple[str, str]) -> None:
    deliver(world, [TAGGED, HELD, fact])
    (letter,) = world.rows(t.dead_letter)
    assert (letter["reason"], letter["detail"]) == expected
    check(world)


def test_every_reason_is_met_above() -> None:
    met = {case.values[1][0] for case in SET_ASIDE if isinstance(case.values[1], tuple)}
    assert met == set(REASONS)


def test_odd_mail_that_a_project_takes_is_never_set_aside(world: World) -> None:
    to_demo = ("demo@example.org",)
    deliver(
        world, [odd(b"", recipients=to_demo), odd(BROKEN, recipients=to_demo), odd(b"\0\n\n\xff", recipients=to_demo)]
    )
    assert letters(world) == {}
    check(world)


def test_reason_does_not_depend_on_the_order_of_mails_and_projects(tmp_path: Path) -> None:
    tagless = mail("[PATCH bpf] x", "a", list_id="shared.example.org")
    told: list[Fact] = [NEW, TAGGED, odd(BROKEN, recipients=("new@example.org",)), tagless]
    ends = []
    for number, facts in enumerate(permutations(told)):
        world = World(tmp_path / str(number))
        for fact in (*facts, odd(BROKEN)):
            deliver(world, [fact])
        ends.append(sorted((row["reason"], row["detail"], row["subject"]) for row in world.rows(t.dead_letter)))
        world.close()
    assert all(end == ends[0] for end in ends)
    assert [reason for reason, _, _ in ends[0]] == ["bad-header", "no-project"]


def test_broken_mail_is_read_again_for_a_project_that_has_its_address(world: World) -> None:
    (id,) = world.append(odd(BROKEN, recipients=("new@example.org",)))
    world.catch_up()
    assert letters(world)[id][0] == "bad-header"
    deliver(world, [NEW])
    assert letters(world) == {}
    check(world)


@pytest.fixture
def acknowledged(world: World) -> tuple[int, int]:
    """A broken mail that somebody looked at; gives its record, and that which says so."""
    (id,) = world.append(odd(BROKEN))
    (record,) = world.append(DeadLettersAcknowledged(mails=(id, 99999), note="seen"))
    world.catch_up()
    assert letters(world) == {id: ("bad-header", record)}
    return id, record


def test_first_acknowledgement_counts(world: World, acknowledged: tuple[int, int]) -> None:
    id, record = acknowledged
    deliver(world, [DeadLettersAcknowledged(mails=(id,))])
    assert letters(world) == {id: ("bad-header", record)}


def test_retry_that_fails_again_takes_the_acknowledgement_back(world: World, acknowledged: tuple[int, int]) -> None:
    id, _ = acknowledged
    deliver(world, [RetryRequested(mails=(id,))])
    assert letters(world) == {id: ("bad-header", None)}
    (again,) = world.append(DeadLettersAcknowledged(mails=(id,)))
    world.catch_up()
    assert letters(world) == {id: ("bad-header", again)}
    check(world)


def test_project_that_has_nothing_to_do_with_it_leaves_the_acknowledgement(
    world: World, acknowledged: tuple[int, int]
) -> None:
    id, record = acknowledged
    deliver(world, [NEW])
    assert any(isinstance(entry.fact, RetryRequested) and id in entry.fact.mails for entry in world.log.records)
    assert letters(world) == {id: ("bad-header", record)}


@pytest.mark.parametrize("batch", [1, 2, 100])
def test_all_in_one_batch_or_each_by_itself_ends_alike(tmp_path: Path, batch: int) -> None:
    def end(folder: str, batch: int) -> list[dict[str, Any]]:
        world = World(tmp_path / folder)
        (id,) = world.append(odd(BROKEN))
        world.append(DeadLettersAcknowledged(mails=(id,)), RetryRequested(mails=(id,)), RetryRequested(mails=(id, id)))
        world.append(DeadLettersAcknowledged(mails=(id,)), RetryRequested(mails=(id,), cause=id))
        world.fold(batch)
        rows = world.rows(t.dead_letter) + world.rows(t.count)
        world.close()
        return rows

    assert end("this", batch) == end("that", 3)


def test_a_mail_that_did_not_come_from_its_list_is_read_once_it_may(world: World) -> None:
    deliver(world, [HELD])
    (id, by_list) = world.append(
        mail("[PATCH] x", "a", list_id="held.example.org"),
        msgspec.structs.replace(
            mail("[PATCH] y", "b", list_id="held.example.org"), envelope_sender="held-bounces@lists.example.org"
        ),
    )
    world.catch_up()
    assert [row["id"] for row in world.rows(t.patch)] == [by_list]
    assert letters(world) == {id: ("not-by-list", None)}
    deliver(world, [ProjectChanged(linkname="held", from_list=("@lists.example.org", "list@example.org"))])
    assert [row["id"] for row in world.rows(t.patch)] == [id, by_list]
    check(world)


def test_a_copy_with_a_spoiled_diff_of_what_is_there_is_no_dead_letter(world: World) -> None:
    spoiled = mail("[PATCH] x", "a", body="  @@ -1,2 +1,3 @@\n", has_diff=False)
    deliver(world, [mail("[PATCH] x", "a"), spoiled])
    assert (letters(world), len(world.rows(t.conflicting_copy))) == ({}, 1)
    check(world)


def test_a_copy_with_a_whole_diff_is_a_patch(world: World) -> None:
    spoiled = mail("[PATCH] x", "a", body="  @@ -1,2 +1,3 @@\n", has_diff=False)
    (id, _) = world.append(spoiled, mail("[PATCH] x", "a"))
    world.catch_up()
    assert letters(world) == {id: ("diff-unreadable", None)}
    assert len(world.rows(t.patch)) == 1
    deliver(world, [RetryRequested(mails=(id,))])
    assert (letters(world), len(world.rows(t.conflicting_copy))) == ({}, 1)
    check(world)
