"""Packed archives: unpacked as they are read, and everything that stands before a break is given."""

import bz2
import gzip
import lzma
import random
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from backports import zstd

from ingest.archive.compressed import Unpacking, compression_of
from ingest.archive.contract import ArchiveError

PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress, "bzip2": bz2.compress, "xz": lzma.compress, "zstd": zstd.compress
}  # fmt: skip
every_kind = pytest.mark.parametrize("kind", PACKERS)
TEXT = b"".join(b"line %d %d\n" % (n, n * 7919 % 10007) for n in range(60_000))
NOISE = random.Random(1).randbytes(300_000)


def unpack(path: Path, data: bytes, kind: str) -> tuple[bytes, str]:
    path.write_bytes(data)
    text = b""
    try:
        for chunk in Unpacking(path, kind).chunks():
            text += chunk
    except ArchiveError as error:
        return text, str(error)
    return text, ""


@every_kind
@pytest.mark.parametrize("text", [TEXT, NOISE, b""], ids=["text", "noise", "empty"])
def test_what_was_packed_is_unpacked(tmp_path: Path, kind: str, text: bytes) -> None:
    packed = PACKERS[kind](text)
    assert compression_of(packed) == kind
    assert unpack(tmp_path / "a", packed, kind) == (text, "")


@every_kind
def test_members_behind_each_other_are_one_text(tmp_path: Path, kind: str) -> None:
    packed = PACKERS[kind]
    assert unpack(tmp_path / "a", packed(TEXT) + packed(b"") + packed(NOISE), kind) == (TEXT + NOISE, "")


def test_zeros_behind_the_last_member_are_padding(tmp_path: Path) -> None:
    assert unpack(tmp_path / "a", gzip.compress(TEXT) + b"\0" * 100_000, "gzip") == (TEXT, "")


@every_kind
def test_truncated_file_gives_its_beginning_and_says_where(tmp_path: Path, kind: str) -> None:
    packed = PACKERS[kind](NOISE) + PACKERS[kind](TEXT)
    cut = len(packed) - 20
    text, problem = unpack(tmp_path / "a", packed[:cut], kind)
    assert text.startswith(NOISE)
    assert (NOISE + TEXT).startswith(text)
    assert f"expected {kind} data, came the end of the file near byte {cut} of the file" in problem


@pytest.mark.parametrize("kind", ["gzip", "zstd", "xz"])
def test_everything_before_a_break_in_the_middle_is_given(tmp_path: Path, kind: str) -> None:
    packed = PACKERS[kind](TEXT) + b"something else"
    text, problem = unpack(tmp_path / "a", packed, kind)
    assert text == TEXT
    assert f"byte {len(TEXT)} of the text" in problem


def test_a_broken_block_in_the_middle_loses_nothing_before_it(tmp_path: Path) -> None:
    packer = zlib.compressobj(wbits=31)
    before = packer.compress(TEXT) + packer.flush(zlib.Z_FULL_FLUSH)
    after = packer.compress(NOISE) + packer.flush()
    broken = before + b"\x07" + after[1:]  # a deflate block of type 3, which does not exist (RFC 1951 section 3.2.3)
    text, problem = unpack(tmp_path / "a", broken, "gzip")
    assert TEXT.startswith(text)
    assert len(TEXT) - len(text) <= 1  # zlib looks ahead: the error comes with the byte before it
    assert "invalid block type" in problem
    assert f"byte {len(text)} of the text" in problem
