"""Reads public-inbox repositories: a commit a mail, in the order in which the mails came.

Version 1 keeps every mail in the tree, under the SHA-1 of its Message-ID cut 2/38. Version 2 cuts the history into
epochs (git/0.git, git/1.git, ...); a commit's tree holds one file, `m` for a mail that came, `d` for one that was
removed.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import tee
from pathlib import Path

from ingest.archive.contract import ArchivedMail, ArchiveError, OversizeMail, PlaceLost
from ingest.archive.git import Git
from schemas.records import ArchivePlace

_V1_PATH = re.compile(rb"[0-9a-f]{2}/[0-9a-f]{38}(?:/[0-9a-f]{40,64})?")
_LOG = ("log", "--first-parent", "-m", "--raw", "--no-abbrev", "--no-renames", "--no-color", "--no-ext-diff")
_EPOCH_TIME = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Epoch:
    """One repository: its name, its newest commit, how many there are, and whether it is of version 2."""

    name: str
    git: Git
    tip: str
    commits: int
    version_2: bool


@dataclass(frozen=True, slots=True)
class Change:
    """What a commit did to one file: blobs that came and went, and which of its commits this is (from 1)."""

    commit: str
    seconds: int
    number: int
    added: str | None
    removed: str | None


class PublicInbox:
    """The epochs of one inbox. A place is the names of the epochs so far and a commit; a key is a blob's id, which
    stays when history is written anew to take a mail out.

    A mail that was removed again (spam, mostly) is not given.
    """

    unit = "commits"

    def __init__(self, kind: str, epochs: list[Epoch], max_mail_bytes: int) -> None:
        self.kind = kind
        self.size = sum(epoch.commits for epoch in epochs)
        self._epochs = epochs
        self._max_mail_bytes = max_mail_bytes

    def mails(self, after: ArchivePlace | None = None) -> Iterator[ArchivedMail | OversizeMail]:
        begun, commit = self._enter(after) if after else (0, None)
        done = sum(epoch.commits for epoch in self._epochs[:begun])
        for place in range(begun, len(self._epochs)):
            epoch = self._epochs[place]
            names = ",".join(epoch.name for epoch in self._epochs[: place + 1])
            entered = (commit, after.key) if after and commit and place == begun else None
            yield from self._epoch_mails(epoch, names, done, entered)
            done += epoch.commits

    def _enter(self, after: ArchivePlace) -> tuple[int, str]:
        """Find the epoch and the commit to go on from."""
        names, _, commit = after.place.rpartition(":")
        here = [epoch.name for epoch in self._epochs]
        count = len(names.split(","))
        if names.split(",") != here[:count]:
            raise PlaceLost
        epoch = self._epochs[count - 1]
        if epoch.git.ask("rev-parse", "--verify", "--quiet", f"{commit}^{{commit}}") is None:
            raise PlaceLost
        if epoch.git.ask("merge-base", "--is-ancestor", commit, epoch.tip) is None:
            raise PlaceLost
        return count - 1, commit

    def _epoch_mails(
        self, epoch: Epoch, names: str, done: int, entered: tuple[str, str] | None
    ) -> Iterator[ArchivedMail | OversizeMail]:
        commits = [epoch.tip, "--not", f"{entered[0]}^@"] if entered else [epoch.tip]
        if entered:
            done += epoch.commits - int(epoch.git.ask("rev-list", "--count", "--first-parent", *commits) or 0)
        changes = _changes(epoch, commits)
        if entered:
            changes = _behind(changes, *entered)
        kept, asked = tee(_kept(changes, _removals(epoch, commits)))
        blobs = epoch.git.blobs((change.added or "" for change in asked), self._max_mail_bytes)
        for change, blob in zip(kept, blobs, strict=True):
            passed = done + change.number
            if isinstance(blob, int):
                yield OversizeMail(f"{epoch.git.git_dir} commit {change.commit}", blob, passed)
            else:
                at = _EPOCH_TIME + timedelta(seconds=change.seconds) if change.seconds > 0 else None
                yield ArchivedMail(blob, change.added or "", f"{names}:{change.commit}", at, passed)


def _changes(epoch: Epoch, commits: list[str], *limits: str, reverse: bool = True) -> Iterator[Change]:
    order = ["--reverse"] if reverse else []
    commit, seconds, number = "", 0, 0
    for line in epoch.git.lines(*_LOG, *order, "--format=%H %ct", *commits, *limits):
        if not line.startswith(b":"):
            if line:
                name, _, time = line.partition(b" ")
                commit, seconds, number = name.decode(), int(time), number + 1
            continue
        fields, _, path = line.partition(b"\t")
        _, _, old, new, status = fields.split()
        if epoch.version_2:
            if path == b"m" and status != b"D":
                yield Change(commit, seconds, number, new.decode(), None)
            elif path == b"d" and status != b"D":
                yield Change(commit, seconds, number, None, new.decode())
        elif _V1_PATH.fullmatch(path):
            added = new.decode() if status != b"D" else None
            yield Change(commit, seconds, number, added, old.decode() if status != b"A" else None)


def _removals(epoch: Epoch, commits: list[str]) -> Counter[str]:
    """Which blobs are removed within these commits, and how often."""
    limits = ("--", "d") if epoch.version_2 else ("--diff-filter=DM",)
    changes = _changes(epoch, commits, *limits, reverse=False)
    return Counter(change.removed for change in changes if change.removed)


def _kept(changes: Iterator[Change], removals: Counter[str]) -> Iterator[Change]:
    """Those that bring a mail which is not removed later on."""
    for change in changes:
        if change.removed and removals[change.removed]:
            removals[change.removed] -= 1
        if change.added and not removals[change.added]:
            yield change


def _behind(changes: Iterator[Change], commit: str, key: str) -> Iterator[Change]:
    """Those behind the one with which an earlier import stopped, which may be in the middle of a commit."""
    passed = False
    for change in changes:
        if passed or change.commit != commit:
            passed = True
            yield change
        elif change.added == key:
            passed = True


def open_epoch(name: str, git_dir: Path) -> Epoch | None:
    """Look into one repository; None for one without commits. Raises ArchiveError when it holds anything but mail."""
    git = Git(git_dir)
    tip = git.ask("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    if tip is None:  # HEAD may name a branch that was never made, where `init.defaultBranch` was set
        branches = (git.ask("for-each-ref", "--format=%(objectname)", "refs/heads") or "").split()
        if not branches:
            return None
        if len(branches) > 1:
            raise ArchiveError(f"{git_dir}: expected HEAD or one branch, came {len(branches)} branches and no HEAD")
        tip = branches[0]
    names = (git.ask("ls-tree", "--name-only", tip) or "").split("\n")
    version_2 = bool({"m", "d"} & set(names))
    if not version_2 and names != [""] and not any(re.fullmatch("[0-9a-f]{2}", name) for name in names):
        raise ArchiveError(
            f"{git_dir}: expected a public-inbox, with m or d or folders 00 to ff in its tree, "
            f"came {', '.join(names[:3])}"
        )
    commits = int(git.ask("rev-list", "--count", "--first-parent", tip) or 0)
    return Epoch(name, git, tip, commits, version_2)
