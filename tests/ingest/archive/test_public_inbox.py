"""Public-inbox repositories of both versions, made with git itself."""

from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import pytest

from ingest.archive.contract import ArchivedMail, ArchiveError, OversizeMail, PlaceLost
from ingest.archive.detect import open_archive
from schemas.records import ArchivePlace
from tests.ingest.archive.making import (
    add_commits,
    git,
    mail,
    mails,
    make_repository,
    v1_commits,
    v1_path,
    v2_commits,
)

LIMIT = 1 << 20


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    return tmp_path / "inbox"


def read(path: Path, after: ArchivePlace | None = None) -> list[ArchivedMail]:
    return [one for one in open_archive(path, LIMIT).mails(after) if isinstance(one, ArchivedMail)]


def raws(path: Path, after: ArchivePlace | None = None) -> list[bytes]:
    return [one.raw for one in read(path, after)]


def place_of(one: ArchivedMail) -> ArchivePlace:
    return ArchivePlace(1, one.key, one.place)


def test_version_1_gives_the_mails_in_the_order_of_the_commits(inbox: Path) -> None:
    add_commits(make_repository(inbox), v1_commits(mails(100)))
    assert raws(inbox) == mails(100)


def test_version_2_gives_one_epoch_after_the_other(inbox: Path) -> None:
    for epoch in range(11):  # 10 comes after 9, not after 1
        add_commits(make_repository(inbox / f"git/{epoch}.git"), v2_commits(mails(33)[3 * epoch :][:3]))
    make_repository(inbox / "all.git")
    assert raws(inbox) == mails(33)


@pytest.mark.parametrize("folder", ["all.git", "git/0.git"])
def test_single_repository_of_version_2(inbox: Path, folder: str) -> None:
    add_commits(make_repository(inbox / folder), v2_commits(mails(3)))
    assert raws(inbox) == mails(3)
    assert raws(inbox / folder) == mails(3)


def test_repository_with_a_work_tree_around_it(inbox: Path) -> None:
    add_commits(make_repository(inbox / ".git"), v1_commits(mails(3)))
    assert raws(inbox) == mails(3)


def test_repository_without_commits_has_no_mail(inbox: Path) -> None:
    make_repository(inbox)
    assert raws(inbox) == []


def test_branch_is_found_when_head_names_one_that_was_never_made(inbox: Path) -> None:
    add_commits(make_repository(inbox), v1_commits(mails(3)))
    git(inbox, "symbolic-ref", "HEAD", "refs/heads/main")
    assert raws(inbox) == mails(3)


def test_commit_says_when_the_mail_came_and_how_far_we_are(inbox: Path) -> None:
    add_commits(make_repository(inbox), v2_commits(mails(2)))
    first, second = read(inbox)
    assert (first.archived_at, second.archived_at) == (
        datetime(2020, 6, 1, 0, 0, tzinfo=UTC), datetime(2020, 6, 1, 0, 1, tzinfo=UTC)
    )  # fmt: skip
    assert (first.done, second.done, open_archive(inbox, LIMIT).size) == (1, 2, 2)


def test_removed_mail_is_not_given_and_one_that_came_back_is_given_once(inbox: Path) -> None:
    a, spam, ham, b = mails(4)
    version_2 = [
        *v2_commits([a, spam, ham]),
        [("m", None), ("d", spam)],
        [("m", None), ("d", ham)],
        *v2_commits([b, ham]),
    ]
    add_commits(make_repository(inbox / "two"), version_2)
    assert raws(inbox / "two") == [a, b, ham]
    version_1 = [*v1_commits([a, spam, ham]), [(v1_path(spam), None)], [(v1_path(ham), None)], *v1_commits([b, ham])]
    add_commits(make_repository(inbox / "one"), version_1)
    assert raws(inbox / "one") == [a, b, ham]


def test_other_files_of_version_1_are_no_mail(inbox: Path) -> None:
    commits = [[("README", b"hello")], *v1_commits(mails(2)), [("ab/readme", b"x")]]
    add_commits(make_repository(inbox), commits)
    assert raws(inbox) == mails(2)


def test_going_on_behind_every_mail_gives_the_rest(inbox: Path) -> None:
    add_commits(make_repository(inbox / "git/0.git"), v2_commits(mails(4)[:2]))
    add_commits(make_repository(inbox / "git/1.git"), v2_commits(mails(4)[2:]))
    for number, one in enumerate(read(inbox), start=1):
        assert raws(inbox, place_of(one)) == mails(4)[number:]
    assert [one.done for one in read(inbox, place_of(read(inbox)[2]))] == [4]


def test_going_on_in_the_middle_of_a_commit_with_several_mails(inbox: Path) -> None:
    commits = [v1_commits([one])[0] for one in mails(2)]
    many = sorted([files[0] for files in v1_commits([mail(3), mail(4), mail(5)])])
    add_commits(make_repository(inbox), [*commits, many])
    found = read(inbox)
    assert len(found) == 5
    for number, one in enumerate(found, start=1):
        assert raws(inbox, place_of(one)) == [later.raw for later in found[number:]]


def test_grown_repository_gives_what_is_new(inbox: Path) -> None:
    add_commits(make_repository(inbox / "git/0.git"), v2_commits(mails(2)))
    last = place_of(read(inbox)[-1])
    add_commits(inbox / "git/0.git", v2_commits([mail(3)]), first_minute=10)
    add_commits(make_repository(inbox / "git/1.git"), v2_commits([mail(4)]), first_minute=20)
    assert raws(inbox, last) == [mail(3), mail(4)]


def test_history_that_was_written_anew_is_no_place_to_go_on_from(inbox: Path) -> None:
    add_commits(make_repository(inbox), v2_commits(mails(3)))
    found = read(inbox)
    git(inbox, "update-ref", "-d", "refs/heads/master")
    add_commits(inbox, v2_commits([mail(1), mail(3)]), first_minute=50)
    with pytest.raises(PlaceLost):
        read(inbox, place_of(found[-1]))
    assert [one.key for one in read(inbox)] == [found[0].key, found[2].key]


def test_unknown_commit_and_older_epoch_that_came_later_are_no_places_to_go_on_from(inbox: Path) -> None:
    add_commits(make_repository(inbox / "git/1.git"), v2_commits(mails(3)))
    last = read(inbox)[-1]
    with pytest.raises(PlaceLost):
        read(inbox, ArchivePlace(3, last.key, "1:" + "0" * 40))
    add_commits(make_repository(inbox / "git/0.git"), v2_commits([mail(9)]))
    with pytest.raises(PlaceLost):
        read(inbox, place_of(last))


def test_blob_above_the_limit_is_named_and_those_around_it_are_read(inbox: Path) -> None:
    add_commits(make_repository(inbox), v2_commits([mail(1), mail(2, body="x" * 3_000_000 + "\n"), mail(3)]))
    first, large, last = open_archive(inbox, LIMIT).mails()
    assert isinstance(first, ArchivedMail) and isinstance(last, ArchivedMail)
    assert (first.raw, last.raw) == (mail(1), mail(3))
    assert isinstance(large, OversizeMail) and large.size_bytes > 3_000_000


def test_repository_of_something_else_is_refused(inbox: Path) -> None:
    add_commits(make_repository(inbox), [[("main.c", b"int x;")]])
    with pytest.raises(ArchiveError, match=r"expected a public-inbox, .* came main\.c"):
        open_archive(inbox, LIMIT)


def test_without_git_the_error_says_what_is_missing(inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_repository(inbox)
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(ArchiveError, match="needs the program git"):
        open_archive(inbox, LIMIT)


def test_missing_blob_is_said_after_the_mails_before_it(inbox: Path) -> None:
    add_commits(make_repository(inbox), v2_commits(mails(3)))
    keys = [one.key for one in read(inbox)]
    (inbox / "objects" / keys[2][:2] / keys[2][2:]).unlink()
    found = open_archive(inbox, LIMIT).mails()
    assert [one.raw for one in islice(found, 2) if isinstance(one, ArchivedMail)] == mails(2)
    with pytest.raises(ArchiveError, match=f"expected the blob {keys[2]}, came {keys[2]} missing"):
        next(found)
