"""Mbox files: what separates mails, what is unescaped, and what times separator lines say."""

import lzma
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.archive.contract import OversizeMail
from ingest.archive.mbox import MboxArchive, separator_time, split
from tests.ingest.archive.making import mail, mails, mboxrd

LISTS = Path(__file__).parents[4] / "shared/mail/lists"
LIMIT = 1 << 20


def bodies(text: bytes, chunk_bytes: int = 1 << 20) -> list[bytes | None]:
    chunks = [text[at : at + chunk_bytes] for at in range(0, len(text), chunk_bytes)]
    return [piece.body for piece in split(chunks, 0, LIMIT)]


lines = st.sampled_from(
    [b"", b"\r", b"From ", b"From a Thu Jan  2 03:04:05 2020", b">From b", b">>From ", b"Subject: a", b"> From", b"F"]
) | st.binary(max_size=8).map(lambda line: line.replace(b"\n", b""))
messages = st.lists(lines, max_size=8).map(lambda some: b"".join(line + b"\n" for line in some))


@given(st.lists(messages, max_size=6), st.integers(1, 40))
def test_any_messages_written_as_mboxrd_are_read_back_exactly(written: list[bytes], chunk_bytes: int) -> None:
    assert bodies(mboxrd(written), chunk_bytes) == written


@given(st.lists(messages, min_size=1, max_size=6))
def test_offsets_and_sizes_cover_the_file_without_gaps(written: list[bytes]) -> None:
    text = mboxrd(written)
    at = 0
    for piece in split([text], 0, LIMIT):
        assert piece.offset == at
        at += piece.size_bytes
    assert at == len(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(b"", [], id="empty file"),
        pytest.param(b"From a\nX: y\n\nFrom here on\nand on\n", [b"X: y\n\nFrom here on\nand on\n"], id="a sentence"),
        pytest.param(b"From a\nX: y\n\nFrom b\nX: z\n\n", [b"X: y\n", b"X: z\n"], id="no time, but a field behind it"),
        pytest.param(b"From a\nX: y\nFrom b Thu Jan  2 03:04:05 2020\n", None, id="no blank line before it"),
        pytest.param(b"From a\r\nX: y\r\n\r\nb\r\n\r\nFrom b\r\nX: z\r\n\r\n",
                     [b"X: y\r\n\r\nb\r\n", b"X: z\r\n"], id="CRLF"),
        pytest.param(b"\n\r\n\nFrom a\nX: y\n\n", [b"X: y\n"], id="blank lines first"),
        pytest.param(b"From a\nX: y\n\nlast", [b"X: y\n\nlast"], id="no line end at the end"),
        pytest.param(b"From a\nX: y\n", [b"X: y\n"], id="no blank line at the end"),
        pytest.param(b"From a\nX: y\n\nFrom b Thu Jan  2 03:04:05 2020", [b"X: y\n", b""], id="ends in a separator"),
        pytest.param(b"From a\nX: y\n\nFrom", [b"X: y\n\nFrom"], id="ends in the word"),
        pytest.param(b"From a\nX: y\n\nFrom b\nZ: ", [b"X: y\n", b"Z: "], id="ends in a field"),
        pytest.param(b"From a\nX: y\n\n>From x\n>>From y\n> From z\n",
                     [b"X: y\n\nFrom x\n>From y\n> From z\n"], id="mboxo and mboxrd escapes"),
        pytest.param(b"From ann at example.org  Thu Jan  2 03:04:05 2020\nFrom: ann at example.org (Ann)\n\nb\n\n",
                     [b"From: ann at example.org (Ann)\n\nb\n"], id="pipermail"),
        pytest.param(b"Subject: no mbox\n", [], id="no mbox"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("chunk_bytes", [1, 7, 1 << 20])
def test_separators(text: bytes, expected: list[bytes] | None, chunk_bytes: int) -> None:
    assert bodies(text, chunk_bytes) == ([text.partition(b"\n")[2]] if expected is None else expected)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param(
            b"From mboxrd@z Thu Jan  2 03:04:05 2020", datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC), id="asctime"
        ),
        pytest.param(b"From a b  Thu Jan 02 03:04 2020\r", datetime(2020, 1, 2, 3, 4, tzinfo=UTC), id="no seconds"),
        pytest.param(
            b"From 17@xxx Thu Jan 02 03:04:05 +0100 2020", datetime(2020, 1, 2, 2, 4, 5, tzinfo=UTC), id="zone"
        ),
        pytest.param(
            b"From - Thu Jan  2 03:04:05 2020 -0130", datetime(2020, 1, 2, 4, 34, 5, tzinfo=UTC), id="zone last"
        ),
        pytest.param(
            b"From a Thu Jan  2 03:04:05 CET 2020", datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC), id="zone by name"
        ),
        pytest.param(b"From a Thu Jan 32 03:04:05 2020", None, id="no such day"),
        pytest.param(b"From a", None, id="none"),
        pytest.param(b"From mboxrd@z Thu Jan  1 00:00:00 1970", None, id="public-inbox's for none"),
        pytest.param(b"From 0123456789 Mon Sep 17 00:00:00 2001", None, id="format-patch's for none"),
        pytest.param(b"From a Thu Jan  1 00:00:00 +2359 0001", None, id="before all time"),
    ],
)
def test_separator_time(line: bytes, expected: datetime | None) -> None:
    assert separator_time(line) == expected


@pytest.mark.parametrize("chunk_bytes", [1000, 1 << 20])
def test_mail_above_the_limit_is_named_and_those_around_it_are_read(chunk_bytes: int) -> None:
    large = mail(2, body="x" * 79 + "\n") + b"y\n" * 2_000_000
    text = mboxrd([mail(1), large, mail(3)])
    chunks = (text[at : at + chunk_bytes] for at in range(0, len(text), chunk_bytes))
    found = list(split(chunks, 0, 100_000))
    assert [piece.body for piece in found] == [mail(1), None, mail(3)]
    assert found[1].offset == len(mboxrd([mail(1)]))
    assert found[1].size_bytes == len(mboxrd([large]))
    assert found[2].offset == len(mboxrd([mail(1), large]))


def test_archive_says_where_an_oversize_mail_is(tmp_path: Path) -> None:
    path = tmp_path / "a.mbox"
    path.write_bytes(mboxrd([mail(1), mail(2, body="x" * 5000 + "\n")]))
    *_, last = MboxArchive(path, None, 4000).mails()
    assert isinstance(last, OversizeMail)
    assert last.where == f"byte {len(mboxrd([mail(1)]))}"


def test_progress_ends_at_the_size(tmp_path: Path) -> None:
    path = tmp_path / "a.mbox"
    path.write_bytes(mboxrd(mails(3)))
    archive = MboxArchive(path, None, LIMIT)
    assert [mail.done for mail in archive.mails()][-1] == archive.size


@pytest.mark.skipif(not LISTS.is_dir(), reason="needs the real mail beside the repository")
@pytest.mark.parametrize("path", sorted(LISTS.glob("*.mbox.xz")) if LISTS.is_dir() else [], ids=lambda path: path.name)
def test_real_lists_have_as_many_mails_as_separators(path: Path) -> None:
    separators = len(re.findall(rb"^From mboxrd@z ", lzma.decompress(path.read_bytes()), re.MULTILINE))
    found = list(MboxArchive(path, "xz", 26214400).mails())
    assert len(found) == separators
    assert not any(isinstance(one, OversizeMail) for one in found)
