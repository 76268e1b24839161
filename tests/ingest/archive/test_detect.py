"""What a path is: told by what is there, and what was looked for is said when it is nothing."""

import gzip
from pathlib import Path

import pytest

from ingest.archive.contract import ArchiveError
from ingest.archive.detect import open_archive
from tests.ingest.archive.making import mails, mboxrd

LIMIT = 1 << 20


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        pytest.param("a.mbox", mboxrd(mails(1)), "mbox", id="mbox"),
        pytest.param("2020-January.txt.gz", mboxrd(mails(1)), "mbox", id="packed by its name only"),
        pytest.param("a", gzip.compress(mboxrd(mails(1))), "mbox (gzip)", id="packed by its bytes only"),
        pytest.param("a", b"", "mbox", id="empty file"),
        pytest.param("a.EML", b"Subject: a\n\n", ".eml files", id="one mail"),
    ],
)
def test_files(tmp_path: Path, name: str, content: bytes, kind: str) -> None:
    (tmp_path / name).write_bytes(content)
    assert open_archive(tmp_path / name, LIMIT).kind == kind


def test_maildir_needs_new_and_cur(tmp_path: Path) -> None:
    for folder in ("new", "cur"):
        (tmp_path / folder).mkdir()
    assert open_archive(tmp_path, LIMIT).kind == "maildir"


@pytest.mark.parametrize("content", [b"Subject: a\n\n", gzip.compress(b"{}")], ids=["a mail", "packed JSON"])
def test_file_of_something_else_is_refused_saying_how_it_begins(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(ArchiveError, match=r"expected an mbox, .*; it begins with b'(Subject|\{\})"):
        open_archive(tmp_path / "a", LIMIT)


def test_folder_of_something_else_is_refused_saying_what_was_looked_for(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"hello")
    with pytest.raises(ArchiveError, match=r"a public-inbox .* a maildir .* or a folder with \.eml files"):
        open_archive(tmp_path, LIMIT)


def test_path_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match=r"none: no such file or folder"):
        open_archive(tmp_path / "none", LIMIT)
