"""A log with a bit of all that can be on one."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from ingest.log import Log
from ingest.receipt import receive
from schemas.accounts import TokenIssued, TokenRevoked, UserAdded, UserChanged
from schemas.fact import Fact, Request
from schemas.records import (
    CopiesAcknowledged,
    CopyChosen,
    DeadLettersAcknowledged,
    MailRedacted,
    PatchStateChanged,
    ProjectAdded,
    ProjectChanged,
    RerunRequested,
    RetryRequested,
    SeriesChanged,
    SeriesMerged,
    SeriesSplit,
    TestResultReported,
)
from tests.projector.fold.mailing import START, answer, mail, series
from tests.projector.fold.world import PROJECT

OTHER = ProjectAdded(linkname="other", name="Other", listid="other.example.org", listemail="o@example.org")
PULL = "The following changes since commit 1:\n\nare available in the Git repository at:\n\n  git://example.org/x v1\n"


class Telling:
    """Appends facts, and has the projector fold and announce all there is before the next ones."""

    def __init__(self, log: Log, follow: Callable[[], object]) -> None:
        self._log, self._follow = log, follow

    def __call__(self, *facts: Fact) -> list[int]:
        ids = self._log.append(facts)
        self._follow()
        return ids


def tell_everything(tell: Telling) -> None:
    """Rerolls, comments, results, states, people, reruns, pull requests, corrections, dead letters, refusals."""
    tell(PROJECT)
    maintainer, author, token, lost = tell_people(tell)
    first = tell(
        *series("a", 3),
        answer("r1", ("a-0", "a-2"), body="Reviewed-by: Otto <otto@example.org>\n"),
        answer("r2", "a-0", body="A cover letter at last.\n"),
        answer("r3", ("a-0", "r2"), body="Indeed.\n"),
    )
    patches = first[1:4]
    tell(
        TestResultReported(target="revision", patches=tuple(patches), test_name="build", state="warning", summary="hm"),
        TestResultReported(target="patch", patches=tuple(patches[:1]), test_name="style", state="success"),
        PatchStateChanged(patch=patches[0], state="accepted"),
    )
    tell_asked_for(tell, patches, maintainer, author, token, lost)
    tell_reruns(tell, patches, author)
    tell(ProjectChanged(linkname="demo", supersedes=True))
    tell(
        *series("b", 3, marker="v2", minute=60, answers="a-0"),
        mail("[PATCH v3] net: part 2", "c", answers=("a-0", "b-0", "b-2"), minute=90),
        mail("[PATCH] elsewhere: fix", "d", list_id="other.example.org"),
    )
    tell(OTHER)
    tell(*series("y", 2, name="net: two", marker="v3", minute=900, patch_names=["net: c", "net: d"]))
    tell(*series("x", 2, name="net: two", marker="v2", minute=800, answers="c", patch_names=["net: c", "net: d"]))
    tell(mail("[GIT PULL] fixes", "p", body=PULL, has_diff=False), mail("[PATCH] x", "q", list_id="none.example.org"))
    tell_corrections(tell)
    tell_dead_letters(tell)
    tell_strangers(tell)


def tell_people(tell: Telling) -> tuple[int, int, int, int]:
    """A maintainer, an author, somebody who left, and tokens; gives the first two, a token for CI, and a lost one."""
    maintainer, author, _ = tell(
        UserAdded(name="max", emails=("max@example.org",), password_hash="$argon2id$max", maintainer_of=("demo",)),
        UserAdded(name="ada", emails=("ada@example.org",)),
        UserAdded(name="gus"),
    )
    tell(UserAdded(name="max"), UserChanged(name="gus", active=False), UserChanged(name="nobody", active=True))
    token, lost, _ = tell(
        TokenIssued(user=maintainer, name="ci", digest=b"c" * 32, projects=("demo",), tests=("ci.*",)),
        TokenIssued(user=maintainer, name="lost", digest=b"l" * 32),
        TokenIssued(user=maintainer, name="old", digest=b"o" * 32, expires_at=datetime(2020, 1, 1, tzinfo=UTC)),
    )
    tell(TokenRevoked(token=lost, reason="left in a train"), TokenRevoked(token=lost))
    return maintainer, author, token, lost


def tell_asked_for(tell: Telling, patches: Sequence[int], maintainer: int, author: int, token: int, lost: int) -> None:
    """What people ask for, what is refused to them, and keys that come again."""
    of_max, of_ada = Request(user=maintainer), Request(user=author)
    of_ci, keyed = Request(user=maintainer, token=token), Request(user=maintainer, key="once", digest=b"1" * 16)
    changed = PatchStateChanged(patch=patches[1], state="under review", request=of_max)
    tell(
        _result(patches, "ci.build", "failure", of_ci),
        _result(patches, "other", "failure", of_ci),
        _result(patches, "ci.build", "success", Request(user=maintainer, token=lost)),
        _result(patches, "build", "success", of_ada),
        _result(patches, "kept", "pending", keyed),
        _result(patches, "kept", "pending", keyed),
        _result(patches, "kept", "failure", Request(user=maintainer, key="once", digest=b"2" * 16)),
        changed,
        changed,
        PatchStateChanged(patch=patches[2], state="rfc", request=of_ada),
        PatchStateChanged(patch=patches[2], state="accepted", request=Request(user=maintainer, if_match=(1, 2))),
        PatchStateChanged(patch=99999, state="accepted", request=of_max),
        SeriesChanged(mail=patches[0], reviewer=author, request=of_max),
        SeriesChanged(mail=patches[0], reviewer=99999, request=of_max),
        SeriesChanged(mail=patches[0], reviewer=maintainer, request=of_ada),
    )


def tell_reruns(tell: Telling, patches: Sequence[int], author: int) -> None:
    """A copy of a revision, a copy of that copy, results of both, and one of what is not complete."""
    named = tuple(patches)
    (rerun,) = tell(RerunRequested(patches=named, request=Request(user=author)))
    (again,) = tell(RerunRequested(patches=named, rerun=rerun))
    tell(
        TestResultReported(target="revision", patches=named, rerun=rerun, test_name="build", state="failure"),
        TestResultReported(target="revision", patches=named, rerun=again, test_name="build", state="success"),
        RerunRequested(patches=(99999,)),
    )
    incomplete = tell(*series("i", 3, name="net: never", minute=3000)[:-1])
    tell(RerunRequested(patches=tuple(incomplete[1:])))


def tell_corrections(tell: Telling) -> None:
    """Series that an operator joined, and one that was taken apart."""
    one = tell(*series("m", 1, name="net: m", minute=5000, has_cover=False))
    two = tell(*series("n", 1, name="net: n", minute=6000, has_cover=False))
    tell(SeriesMerged(mails=(one[0], two[0])))
    tell(SeriesSplit(mail=two[0]))
    tell(SeriesMerged(mails=(one[0], two[0]), reason="after all"))


def tell_dead_letters(tell: Telling) -> None:
    """Dead letters of each reason: acknowledged, asked to be read again, read again for a project, and taken by one."""
    unwanted, for_later, nameless, broken, seen, late = tell(
        mail("[PATCH] x", "u", list_id="none.example.org"),
        mail("[PATCH] later: x", "l", list_id="later.example.org"),
        odd(b"Subject: hello\n\nHello.\n"),
        odd(b"Hello,\nSubject: a\n\nb\n"),
        odd(b"Subject: hello\nto whom it may concern\n\nb\n"),
        odd(b"", "later@example.org"),
    )
    tell(
        DeadLettersAcknowledged(mails=(broken, seen, unwanted, 99999), note="a broken relay"),
        DeadLettersAcknowledged(mails=(broken, nameless)),
        RetryRequested(mails=(seen, nameless, 99999)),
    )
    spoiled = [
        mail(f"[PATCH] spoiled {n}", f"spoiled-{n}", body="  @@ -1,2 +1,3 @@\n", has_diff=False) for n in range(2)
    ]
    tell(DeadLettersAcknowledged(mails=tell(*spoiled)[:1]))
    tell(ProjectAdded(linkname="later", name="Later", listid="later.example.org", listemail="later@example.org"))
    tell(RetryRequested(mails=(for_later, late, seen)), DeadLettersAcknowledged(mails=(for_later, late)))


def tell_strangers(tell: Telling) -> None:
    """Mail that did not come from its list, authors for whom nobody vouches, and copies that say something else."""
    tell(
        ProjectAdded(
            linkname="held",
            name="Held",
            listid="held.example.org",
            listemail="held@example.org",
            from_list=("@lists.example.org",),
            require_dkim="mx.example.org",
            supersedes=True,
        )
    )
    away, other, _ = tell(*(mail(f"[PATCH] held: {n}", f"held-{n}", list_id="held.example.org") for n in range(3)))
    tell(DeadLettersAcknowledged(mails=(away,)), RetryRequested(mails=(other,)))
    tell(ProjectChanged(linkname="held", from_list=()))
    vouched = "Authentication-Results: mx.example.org; dkim=pass header.d=example.org\n"
    tell(mail("[PATCH] held: 0", "vouched", list_id="held.example.org", headers=vouched, minute=1))
    tell(ProjectChanged(linkname="held", from_list=("@lists.example.org",)))
    left, seen = tell(*(mail(f"[PATCH] more: {n}", f"more-{n}", list_id="held.example.org") for n in range(2)))
    tell(DeadLettersAcknowledged(mails=(seen,)))
    tell(*series("k", 2, minute=9000))
    forged = mail("[PATCH 1/2] net: part 1", "k-1", answers="k-0", author="Eve <eve@example.org>", path="evil.c")
    (copy, again, kept) = tell(forged, forged, mail("[PATCH 2/2] net: evil", "k-2", answers="k-0"))
    tell(CopyChosen(record=copy, reason="to see"), CopyChosen(record=left, reason="no copy"))
    tell(CopiesAcknowledged(records=(kept, again), note="seen"))
    tell(MailRedacted(message_id="k-2@example.org", mails=(kept,), record=kept))


def odd(raw: bytes, *recipients: str) -> Fact:
    """A mail of any bytes, as it comes by SMTP."""
    return receive(raw, source="smtp", received_at=START, envelope_sender="", recipients=recipients)


def _result(patches: Sequence[int], test_name: str, state: str, request: Request) -> TestResultReported:
    return TestResultReported(
        target="revision", patches=tuple(patches), test_name=test_name, state=state, request=request
    )
