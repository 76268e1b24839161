"""A mail that was redacted leaves the same rows as one of which the log never had more than a stub."""

import random
import tempfile
from collections.abc import Sequence
from pathlib import Path

import msgspec
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ingest.receipt import receive
from projector.readmodel import tables as t
from schemas.accounts import UserAdded
from schemas.fact import Fact, Request
from schemas.records import (
    CopyChosen,
    ImportFinished,
    MailReceived,
    MailRedacted,
    PatchStateChanged,
    ProjectAdded,
    ProjectChanged,
    Record,
    SeriesChanged,
    TestResultReported,
)
from tests.projector.fold.conversations import SECOND, SOURCE, Conversation, conversations
from tests.projector.fold.invariants import check
from tests.projector.fold.listlog import ListLog
from tests.projector.fold.mailing import OTHER, mail
from tests.projector.fold.stubs import stubbed
from tests.projector.fold.world import World

PHASES = [Phase.explicit, Phase.reuse, Phase.generate]  # a failing example is small enough; shrinking takes minutes
LENIENT = [HealthCheck.too_slow, HealthCheck.data_too_large]
LATE = ProjectAdded(linkname="late", name="Late", listid="late.example.org", listemail="late@example.org")
PULL = """The following changes since commit 1111111111111111111111111111111111111111:

are available in the Git repository at:

  https://git.example.org/linux.git tags/quartz

for you to fetch changes up to 2222222222222222222222222222222222222222:
"""
VOUCHED = "Authentication-Results: mx.example.org; dkim=pass header.d=example.org\n"
_FOLDER = tempfile.TemporaryDirectory(prefix="patchlog-redactions-")


def folder() -> Path:
    return Path(tempfile.mkdtemp(dir=_FOLDER.name))


def message_id(fact: Fact) -> str:
    assert isinstance(fact, MailReceived) and fact.parsed is not None
    return fact.parsed.message_id


def reworded(fact: Fact, chance: random.Random) -> MailReceived:
    """The same Message-ID with other words: of another author, under another title, an hour earlier or later."""
    assert isinstance(fact, MailReceived)
    raw = fact.raw
    if chance.random() < 0.5:
        raw = raw.replace(b"From: Ada Author <ada@", b"From: Ada B. <b@")
    if chance.random() < 0.5:
        raw = raw.replace(b"] net: ", b"] Net: ").replace(b"] doc: ", b"] other: ")
    raw = raw.replace(b" 09:", chance.choice([b" 09:", b" 08:", b" 10:"])) + b"\nand so on\n"
    return receive(raw, source=fact.source, received_at=fact.received_at, recipients=("someone@example.net",))


def more_mails() -> list[Fact]:
    """What conversations lack: pull requests, a mail for nobody, one found by its recipient, people of many names."""
    by_recipient = mail("[PATCH] net: by its recipient", "rcpt", list_id="", minute=50)
    return [
        mail("[GIT PULL] fixes for quartz", "pull", body=PULL, has_diff=False, minute=20),
        mail("[PATCH] late: fix", "late", list_id="late.example.org", author=OTHER),
        mail("[PATCH] nobody: fix", "nobody", list_id="none.example.org"),
        msgspec.structs.replace(by_recipient, recipients=("Demo@example.org",)),
        mail(
            "[PATCH] net: via",
            "via",
            author="Q via demo <demo@example.org>",
            headers=f"{VOUCHED}Reply-To: Q <q@example.org>\n",
        ),
        mail(
            "[PATCH] net: claim",
            "claim",
            author="Q via x <x@example.net>",
            headers=f"{VOUCHED}X-Original-From: q@example.org\n",
        ),
        mail("a question", "other", author="Quartz <ada@example.org>", minute=2),
        mail("Re: a question", "reply", answers="other", author="Q. <q@example.org>", body="Acked-by: Q <q@q.org>\n"),
        mail("[PATCH] net: state", "state", headers="X-Patchwork-State: accepted\nX-Patchwork-Delegate: Max \n"),
        mail("[PATCH] net: state", "state2", headers="X-Patchwork-Delegate: ada@example.org\n", minute=90),
    ]


def told_between(chance: random.Random, end: int) -> list[Fact]:
    """What others say in between: states and reviewers on condition, results; settings that change."""
    record = chance.randint(1, end)
    seen = Request(user=4, if_match=tuple(range(chance.randint(1, end), end + 1)))
    asked: list[Fact] = [
        PatchStateChanged(patch=record, state="under review", request=seen),
        SeriesChanged(mail=record, reviewer=4, request=seen),
        TestResultReported(target="patch", patches=(record,), test_name="build", state="success"),
        ProjectChanged(linkname="demo", author_aliases={"otto@example.org": "ada@example.org"}),
        LATE,
        ProjectChanged(linkname="demo", require_dkim="mx.example.org"),
        CopyChosen(record=record, reason="forged"),
        CopyChosen(record=chance.randint(1, end), reason="forged"),
    ]
    return [fact for fact in asked if chance.random() < 0.1]


class Redacted:
    """A world in which one mail was redacted among others, at some time, by the live projector."""

    def __init__(self, facts: Sequence[Fact], chance: random.Random, batch: int) -> None:
        self._chance, self.world = chance, World(folder())
        self.world.append(SECOND, UserAdded(name="max", emails=("ada@example.org",), maintainer_of=("demo", "two")))
        target = chance.choice(facts)
        self.message_id = message_id(target)
        again = [reworded(chance.choice([target, chance.choice(facts)]), chance) for _ in range(4)]
        mails = [*facts, *again, reworded(target, chance)]
        chance.shuffle(mails)
        self.places: list[int] = []
        first = next(place for place, fact in enumerate(mails) if message_id(fact) == self.message_id)
        when = chance.randint(first, len(mails) - 1)
        for place, fact in enumerate(mails):
            self._append(fact, chance, batch)
            if place >= when and (place == when or chance.random() < 0.1):
                self._redact()
        self._append(ImportFinished(source=SOURCE, mails=len(mails)), chance, batch)
        self.world.catch_up(batch)
        if chance.random() < 0.5:
            self._redact()
            self.world.catch_up(batch)

    def _append(self, fact: Fact, chance: random.Random, batch: int) -> None:
        self.world.append(fact, *told_between(chance, self.world.log.end()))
        if chance.random() < 0.7:
            self.world.catch_up(batch)

    def _redact(self) -> None:
        records = self.world.log.records
        mails = [record.id for record in records if _has_id(record, self.message_id)]
        if self._chance.random() < 0.3:  # one copy alone
            alone = [id for id in mails if self._chance.random() < 0.5] or mails[:1]
            fact = MailRedacted(message_id=self.message_id, mails=tuple(alone), reason="asked", record=alone[0])
            self.places += self.world.append(fact)
            return
        self.places += self.world.append(MailRedacted(message_id=self.message_id, mails=tuple(mails), reason="asked"))


def _has_id(record: Record, name: str) -> bool:
    return isinstance(record.fact, MailReceived) and message_id(record.fact) == name


def folded(log: ListLog, batch: int) -> World:
    world = World(folder(), log)
    world.fold(batch)
    return world


def overtaken(log: ListLog, stubs: ListLog, at: int, batch: int) -> World:
    """A projector that has folded up to a record when the log's records are replaced."""
    early = ListLog()
    early.records = list(log.records[:at])
    world = World(folder(), early)
    world.fold(batch)
    early.records[:] = stubs.records
    world.fold(batch)
    return world


@settings(max_examples=25, deadline=None, phases=PHASES, suppress_health_check=LENIENT)
@given(conversations(), st.randoms(use_true_random=False), st.sampled_from([1, 7, 500]))
def test_a_redacted_mail_leaves_what_its_stub_leaves(
    conversation: Conversation, chance: random.Random, batch: int
) -> None:
    lived = Redacted([*conversation.mails, *more_mails()], chance, batch)
    expected, stubs = lived.world.everything(), stubbed(lived.world.log)
    check(lived.world)
    end = lived.world.log.end()
    for other in (
        folded(lived.world.log, chance.choice([1, 7, 500])),
        folded(stubs, batch),
        overtaken(lived.world.log, stubs, chance.randint(1, end), batch),
    ):
        for name, rows in other.everything().items():
            assert rows == expected[name], f"table {name}, {lived.message_id} redacted by {lived.places}"
        assert other.generation.announcements() == [], "nothing is left to announce"
        other.close()
    lived.world.close()


def test_a_person_is_called_as_the_lowest_record_with_words_says() -> None:
    world = World(folder())
    late = mail("[PATCH] late: fix", "x", list_id="late.example.org", author="Otto One <otto@example.org>")
    first = mail("[PATCH] net: fix", "y", author="Otto Two <otto@example.org>")
    (_, named), (third,) = (
        world.append(late, first),
        world.append(mail("[PATCH] z", "z", author="O3 <otto@example.org>")),
    )
    world.catch_up()
    assert called(world) == (named, "otto@example.org", "Otto Two")
    world.append(LATE)
    world.catch_up()
    assert called(world) == (named, "otto@example.org", "Otto One"), "its record is the lowest, though read again last"
    for message_id, name in (("x", "Otto Two"), ("y", "O3")):
        world.append(MailRedacted(message_id=f"{message_id}@example.org", mails=(named,)))
        world.catch_up()
        assert called(world) == (named, "otto@example.org", name)
    world.append(MailRedacted(message_id="z@example.org", mails=(third,)))
    world.catch_up()
    assert called(world) == (named, None, "[redacted]"), "no mail names them any more"
    (again,) = world.append(mail("[PATCH] w", "w", author="Otto Again <otto@example.org>"))
    world.catch_up()
    assert called(world) == (named, "otto@example.org", "Otto Again"), "the same person, found by the key"
    assert world.rows(t.person)[0]["named_by"] == again
    world.close()


def called(world: World) -> tuple[int, str | None, str]:
    """The only person."""
    ((id, email, name),) = ((row["id"], row["email"], row["name"]) for row in world.rows(t.person))
    return id, email, name
