"""Of mails with one Message-ID the first one stays, whatever a later one says, and when."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from ingest.receipt import receive
from projector.readmodel import tables as t
from schemas.fact import Fact
from schemas.records import ImportFinished, MailReceived, PatchStateChanged, TestResultReported
from tests.projector.fold.invariants import check
from tests.projector.fold.mailing import OTHER, answer, mail, series
from tests.projector.fold.world import Rows, World, deliver

TOLD = ("conflicting_copy", "duplicate", "count", "meta", "checkpoint", "log_time")
"""The tables that tell of a further copy, or how far the log was read; all others have what is shown."""
FORGED = {
    "another diff": {"path": "net/evil.c"},
    "another author": {"author": OTHER},
    "another title": {},
    "another message": {"body": "Nothing to see here.\n"},
    "another place": {},
}
DIFFERS = {
    "another diff": ["message", "diff"],
    "another author": ["author"],
    "another title": ["title", "message", "diff"],
    "another message": ["message"],
    "another place": ["title"],
}


def forged(how: str, minute: float) -> MailReceived:
    """A second mail with the Message-ID of the first patch of a series."""
    title = "[PATCH 1/2] net: part 1"
    subject = {"another title": "[PATCH 1/2] net: evil", "another place": "[PATCH 2/2] net: part 1"}.get(how, title)
    fact = mail(title, "a-1", answers="a-0", minute=minute, **{"path": "net/part1.c", **FORGED[how]})  # type: ignore[arg-type]
    if how == "another title":
        return mail(subject, "a-1", answers="a-0", minute=minute, path="net/part1.c")
    raw = fact.raw.replace(title.encode(), subject.encode(), 1)
    return _received(fact, raw)


def _received(fact: MailReceived, raw: bytes) -> MailReceived:
    return receive(raw, source=fact.source, received_at=fact.received_at, envelope_sender="list@example.org")


def shown(world: World) -> dict[str, Rows]:
    return {name: rows for name, rows in world.everything().items() if name not in TOLD}


def said_of(ids: Sequence[int]) -> list[Fact]:
    """A state, a result and a comment."""
    return [
        PatchStateChanged(patch=ids[1], state="accepted"),
        TestResultReported(target="revision", patches=tuple(ids[1:]), test_name="build", state="success"),
        answer("r", ("a-0", "a-1")),
    ]


@pytest.mark.parametrize("is_late", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("minute", [-60, 1 / 60, 60], ids=["earlier", "same date", "later"])
@pytest.mark.parametrize("how", FORGED)
def test_a_second_mail_changes_nothing_that_is_shown(world: World, is_late: bool, minute: float, how: str) -> None:
    ids = world.append(*series("a", 2))
    world.catch_up()
    deliver(world, said_of(ids) if is_late else [])
    before, end = shown(world), world.log.end()
    (copy,) = world.append(forged(how, minute))
    world.catch_up()
    assert shown(world) == before
    assert world.log.end() == copy == end + 1, "nothing is announced"
    (row,) = world.rows(t.conflicting_copy)
    assert (row["id"], row["mail_id"], row["counts"], row["acknowledged_id"]) == (copy, ids[1], False, None)
    assert msgspec.json.decode(row["differs"]) == DIFFERS[how]
    deliver(world, said_of(ids))
    states = {row["id"]: (row["state"], row["submitter_id"]) for row in world.rows(t.patch)}
    assert states == {ids[1]: (3, ids[0]), ids[2]: (1, ids[0])}, "what is said later is said of the first one"
    check(world)


@pytest.mark.parametrize("batch", [1, 500])
def test_a_replay_keeps_the_same_copy(world: World, tmp_path: Path, batch: int) -> None:
    facts = series("a", 2)
    deliver(world, [*facts[:2], *(forged(how, -5) for how in FORGED), *facts[2:], forged("another diff", 5)])
    replayed = World(tmp_path, world.log)
    replayed.fold(batch)
    assert replayed.everything() == world.everything()
    assert replayed.generation.announcements() == []
    replayed.close()


def test_a_copy_that_comes_first_stays_though_its_date_is_later(world: World) -> None:
    facts = series("a", 2)
    deliver(world, [forged("another diff", 600), *facts])
    (patch,) = [row for row in world.rows(t.patch) if row["message_id"] == "a-1@example.org"]
    (text,) = [row for row in world.rows(t.patch_text) if row["patch_id"] == patch["id"]]
    assert "net/evil.c" in text["content"]


def test_what_comes_again_is_told_once(world: World) -> None:
    deliver(world, [*series("a", 2), *[forged("another diff", 5)] * 2])
    deliver(world, [forged("another diff", 5), forged("another author", 5)])
    assert [row["differs"] for row in world.rows(t.conflicting_copy)] == ['["message","diff"]', '["author"]']
    counts = {row["name"]: row["n"] for row in world.rows(t.count)}
    assert (counts["mail:conflicting-copy"], counts["mail:duplicate"]) == (2, 2)
    check(world)


def test_a_forger_is_nobody(world: World) -> None:
    """Nobody is listed who only ever sent a copy of somebody else's mail."""
    deliver(world, [*series("a", 2), forged("another author", 5)])
    assert [row["email"] for row in world.rows(t.person)] == ["ada@example.org"]


FOOTER = b"\n" + b"_" * 47 + b"\ndemo mailing list\nhttps://lists.example.org/demo\n"


def as_delivered(fact: Fact) -> Fact:
    """The same mail as the list sent it: with its tag, its footer, and a later trace."""
    assert isinstance(fact, MailReceived)
    raw = b"Received: from lists.example.org; Mon, 2 Mar 2026 09:00:07 +0000\n" + fact.raw
    return _received(fact, raw.replace(b"\nSubject: ", b"\nSubject: [demo] ") + FOOTER)


def test_importing_what_came_by_smtp_changes_nothing_and_announces_nothing(world: World) -> None:
    pulls: list[Fact] = [
        mail(f"[GIT PULL] fixes {n}", f"p-{n}", body=PULL.format(n), has_diff=False, minute=n) for n in range(10)
    ]
    facts = [*series("a", 3), answer("r", "a-1"), *pulls]
    deliver(world, facts)
    before, end = shown(world), world.log.end()
    again = [msgspec.structs.replace(as_delivered(fact), source="import:archive") for fact in facts]  # type: ignore[type-var]
    deliver(world, [*again, ImportFinished(source="import:archive", mails=len(again))])
    assert shown(world) == before
    assert world.log.end() == end + len(again) + 1, "nothing is announced"
    assert world.rows(t.conflicting_copy) == []


PULL = """The following changes since commit 1111111111111111111111111111111111111111:

are available in the Git repository at:

  https://git.example.org/linux.git tags/fixes-{}

for you to fetch changes up to 2222222222222222222222222222222222222222:
"""
