"""What people send to a list, drawn by hypothesis: every kind of posting, reroll, answer and accident."""

from collections.abc import Sequence
from typing import Any

import msgspec
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st

from ingest.receipt import receive
from schemas.fact import Fact
from schemas.records import MailReceived, ProjectAdded
from tests.projector.fold.mailing import LIST_ID, OTHER, answer, mail, series

PHASES = [Phase.explicit, Phase.reuse, Phase.generate]  # a failing example is small enough; shrinking takes minutes
LENIENT = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture]

SOURCE = "import:test"
SECOND = ProjectAdded(linkname="two", name="Two", listid="two.example.org", listemail="two@example.org")
NAMES = ["net: fix leaks", "net: rework locking, part two", "doc: say what is meant"]
THREADINGS = ["shallow", "deep", "none"]
LATER = [
    "answer", "single", "placed", "reply", "thread", "resend", "extra", "robot", "unmarked", "supersedes", "change",
    "renamed", "predecessors", "parted",
]  # fmt: skip


class Conversation:
    """Mails in the order in which they were sent. Shows itself by a line a mail."""

    def __init__(self, mails: Sequence[Fact]) -> None:
        self.mails = [msgspec.structs.replace(fact, source=SOURCE) for fact in mails]

    def __repr__(self) -> str:
        return "\n".join(map(line, self.mails))


def line(fact: Fact) -> str:
    """A mail in one line: its Message-ID, what it answers, its subject and time."""
    assert isinstance(fact, MailReceived) and fact.parsed is not None
    parsed = fact.parsed
    above = ",".join(name.partition("@")[0] for name in parsed.references)
    lists = "" if LIST_ID in parsed.list_ids else " (second list)"
    return f"{parsed.message_id.partition('@')[0]} <- {above or '-'}: {parsed.subject} {parsed.date:%d %H:%M:%S}{lists}"


@st.composite
def conversations(draw: st.DrawFn) -> Conversation:
    """One to three series and what follows them; a tenth of the mails got lost, some came by a second list too."""
    mails: list[Fact] = []
    for number in range(draw(st.integers(1, 3))):
        mails += _conversation(draw, f"t{number}", minute=number * draw(st.sampled_from([0, 7, 2000])))
    kept = [fact for fact in mails if draw(st.integers(0, 9)) or fact is mails[0]]
    return Conversation([*kept, *(elsewhere(fact) for fact in kept if not draw(st.integers(0, 7)))])


def elsewhere(fact: Fact) -> MailReceived:
    """The same mail as another list sent it, with that list's footer."""
    assert isinstance(fact, MailReceived)
    raw = fact.raw.replace(LIST_ID.encode(), SECOND.listid.encode()) + b"\n_______\ntwo mailing list\n"
    return receive(
        raw, source=fact.source, received_at=fact.received_at, envelope_sender=fact.envelope_sender, recipients=()
    )


def _conversation(draw: st.DrawFn, id: str, minute: float) -> list[Fact]:
    total = draw(st.integers(1, 4))
    name = draw(st.sampled_from(NAMES))
    has_cover = draw(st.booleans())
    threading = draw(st.sampled_from(THREADINGS))
    mails = series(id, total, name=name, has_cover=has_cover, threading=threading, minute=minute)
    ids = [f"{id}-{number}" for number in range(0 if has_cover else 1, total + 1)]
    for step in range(draw(st.integers(0, 4))):
        later = minute + draw(st.sampled_from([3, 40, 300])) * (step + 1)
        above = draw(st.sampled_from(ids))
        fresh = f"{id}.{step}"
        ids.append(fresh)
        mails += _later(draw, fresh, above, total, name, later)
    return mails


def _later(draw: st.DrawFn, id: str, above: str, total: int, name: str, minute: float) -> list[Fact]:
    kind = draw(st.sampled_from(LATER))
    marker = draw(st.sampled_from(["", "v2", "v3"]))
    place = draw(st.integers(1, total))
    if kind == "parted":
        return _parted(draw, id, above, total, marker, minute)
    if kind in ("reply", "thread", "renamed", "predecessors"):
        return _again(draw, kind, id, above, total, name, marker, minute)
    known: dict[str, tuple[str, dict[str, Any]]] = {
        "single": (f"[PATCH {marker}] net: part {place}", {"answers": above}),
        "placed": (f"[PATCH {marker} {place}/{total}] net: part {place}", {"answers": above}),
        "resend": (f"[PATCH RESEND {place}/{total}] net: part {place}", {}),
        "extra": (f"[PATCH {total + 1}/{total}] net: one more", {"answers": above}),
        "robot": ("[PATCH] net: fix what robots found", {"answers": above, "author": OTHER}),
        "unmarked": (f"net: part {place}, again", {"answers": above}),
        "supersedes": (
            f"[PATCH] net: in place of {place}",
            {"headers": "", "body": f"Supersedes: <{above}@example.org>\n"},
        ),
        "change": (f"[PATCH {marker}] net: tracked", {"body": f"change-id: {name[:3]}-1\n"}),
    }
    if kind not in known:
        return [answer(id, above, minute=minute)]
    subject, options = known[kind]
    return [mail(subject, id, minute=minute, **options)]


def _parted(draw: st.DrawFn, id: str, above: str, total: int, marker: str, minute: float) -> list[Fact]:
    """The set as two works, which may have a patch in common."""
    answers = draw(st.sampled_from(["", above]))
    half = (total + 1) // 2
    names = [f"net: part {n}" for n in range(1, total + 1)]
    shared = names[:1] if draw(st.integers(0, 3)) == 0 else []
    mails = []
    for number, part in enumerate([names[:half], [*shared, *names[half:]]]):
        if part:
            mails += series(
                f"{id}.{number}",
                len(part),
                name=f"net: work {number}",
                marker=marker,
                minute=minute + number,
                answers=answers,
                patch_names=part,
            )
    return mails


def _again(
    draw: st.DrawFn, kind: str, id: str, above: str, total: int, name: str, marker: str, minute: float
) -> list[Fact]:
    """The whole series once more: in reply, in a new thread, renamed, or each patch below the one it replaces."""
    threading = draw(st.sampled_from(THREADINGS))
    if kind == "reply":
        return series(id, total, name=name, marker=marker, minute=minute, answers=above)
    if kind == "thread":
        return series(id, total, name=name, marker=marker, minute=minute, threading=threading)
    if kind == "renamed":
        return series(id, total, name=f"{name}, renamed", marker="v4", minute=minute, threading=threading)
    before = above.rpartition("-")[0] or above
    return [
        mail(
            f"[PATCH {marker} {n}/{total}] net: part {n}", f"{id}-{n}", answers=f"{before}-{n}", minute=minute + n / 60
        )
        for n in range(1, total + 1)
    ]
