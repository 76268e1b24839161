"""Maildirs and folders of .eml files: which files are mails, in which order, under which names."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.archive.contract import ArchivedMail, OversizeMail, PlaceLost
from ingest.archive.files import FileArchive, delivery_time, eml_files, maildir
from schemas.records import ArchivePlace
from tests.ingest.archive.making import mail

LIMIT = 1 << 20


@pytest.fixture
def box(tmp_path: Path) -> Path:
    for folder in ("new", "cur", "tmp"):
        (tmp_path / "box" / folder).mkdir(parents=True)
    return tmp_path / "box"


def found(archive: FileArchive | None) -> list[tuple[str, bytes]]:
    assert archive is not None
    return [(one.key, one.raw) for one in archive.mails() if isinstance(one, ArchivedMail)]


def test_maildir_is_read_in_the_order_of_delivery(box: Path) -> None:
    (box / "new/999.M5P1.host").write_bytes(mail(2))
    (box / "cur/1000.M7P1.host:2,S").write_bytes(mail(4))
    (box / "cur/1000.M6P1.host:2,RS").write_bytes(mail(3))
    (box / "cur/998_1.host").write_bytes(mail(5))
    (box / "new/99.1_2.host").write_bytes(mail(1))
    (box / "new/.hidden").write_bytes(mail(6))
    (box / "tmp/1.M1.host").write_bytes(mail(7))
    assert found(maildir(box, LIMIT)) == [
        ("99.1_2.host", mail(1)), ("999.M5P1.host", mail(2)), ("1000.M6P1.host", mail(3)),
        ("1000.M7P1.host", mail(4)), ("998_1.host", mail(5)),
    ]  # fmt: skip


def test_mail_that_a_mail_program_moves_meanwhile_is_read_where_it_went(box: Path) -> None:
    (box / "new/1.a.host").write_bytes(mail(1))
    archive = maildir(box, LIMIT)
    (box / "new/1.a.host").rename(box / "cur/1.a.host:2,S")
    assert found(archive) == [("1.a.host", mail(1))]


def test_mail_that_was_deleted_meanwhile_is_passed_over(box: Path) -> None:
    (box / "new/1.a.host").write_bytes(mail(1))
    (box / "new/2.a.host").write_bytes(mail(2))
    archive = maildir(box, LIMIT)
    (box / "new/1.a.host").unlink()
    assert found(archive) == [("2.a.host", mail(2))]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("1577836800.M123P45.host:2,S", datetime(2020, 1, 1, 0, 0, 0, 123, tzinfo=UTC), id="microseconds"),
        pytest.param("1577836800.V80I3M42P1.host", datetime(2020, 1, 1, 0, 0, 0, 42, tzinfo=UTC), id="others before M"),
        pytest.param("1577836800.45_1.host", datetime(2020, 1, 1, tzinfo=UTC), id="old style"),
        pytest.param("0.1.host", None, id="no time"),
        pytest.param("mail", None, id="another name"),
        pytest.param("99999999999999.1.host", None, id="too many digits"),
    ],
)
def test_delivery_time(name: str, expected: datetime | None) -> None:
    assert delivery_time(name) == expected


def test_eml_files_are_found_below_and_ordered_by_path(tmp_path: Path) -> None:
    for name in ("b/1.eml", "a/2.EML", "a/10.eml", "c.eml", "a/notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    names = ["a/10.eml", "a/2.EML", "b/1.eml", "c.eml"]
    assert found(eml_files(tmp_path, LIMIT)) == [(name, name.encode()) for name in names]


def test_one_eml_file_is_an_archive_of_one(tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(mail(1))
    assert found(eml_files(tmp_path / "a.eml", LIMIT)) == [("a.eml", mail(1))]


def test_name_that_is_no_utf8_becomes_a_key_that_can_be_stored(tmp_path: Path) -> None:
    (tmp_path / "a\udcff.eml").write_bytes(mail(1))
    assert found(eml_files(tmp_path, LIMIT)) == [("a\\xff.eml", mail(1))]


def test_file_above_the_limit_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(b"x" * 101)
    archive = eml_files(tmp_path, 100)
    assert archive is not None
    assert list(archive.mails()) == [OversizeMail(str(tmp_path / "a.eml"), 101, 101)]


def test_folder_has_no_place_to_go_on_from(tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(mail(1))
    archive = eml_files(tmp_path, LIMIT)
    assert archive is not None
    with pytest.raises(PlaceLost):
        next(archive.mails(ArchivePlace(1, "a.eml")))
