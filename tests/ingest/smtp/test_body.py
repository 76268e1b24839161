"""Where a mail ends, and which bytes are the mail: blocks of any size give the same."""

import asyncio
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.smtp.body import Dropped, read_body

NEXT = b"QUIT\r\n"
ENDLESS = 10**9


def read(
    received: bytes,
    size_max_bytes: int = ENDLESS,
    limit: int = 2**16,
    cuts: Iterable[int] = (),
    room_bytes: int = ENDLESS,
) -> tuple[bytes | Dropped, bytes]:
    """Feed bytes in pieces that end at `cuts`; returns the mail and what is left unread."""
    kept = 0

    def keep(size: int) -> bool:
        nonlocal kept
        kept += size
        return kept <= room_bytes

    def let_go() -> None:
        nonlocal kept
        kept = 0

    async def feed() -> tuple[bytes | Dropped, bytes]:
        reader = asyncio.StreamReader(limit=limit)
        task = asyncio.ensure_future(read_body(reader, size_max_bytes, keep, let_go))
        start = 0
        for cut in (*cuts, len(received)):
            reader.feed_data(received[start:cut])
            start = cut
            await asyncio.sleep(0)
        async with asyncio.timeout(30):
            body = await task
        reader.feed_eof()
        return body, await reader.read()

    return asyncio.run(feed())


def line_by_line(received: bytes) -> tuple[bytes, bytes]:
    """The same by the book: RFC 5321 section 4.5.2, one line at a time."""
    body = b""
    while True:
        line, end, received = received.partition(b"\r\n")
        assert end
        if line == b".":
            return body, received
        body += (line[1:] if line.startswith(b".") else line) + end


CASES = [
    pytest.param(b".\r\n", b"", id="empty"),
    pytest.param(b"\r\n.\r\n", b"\r\n", id="one blank line"),
    pytest.param(b"\r\n\r\n\r\n.\r\n", b"\r\n\r\n\r\n", id="blank lines"),
    pytest.param(b"a: b\r\n\r\nc\r\n.\r\n", b"a: b\r\n\r\nc\r\n", id="plain"),
    pytest.param(b"..\r\n.\r\n", b".\r\n", id="body is a dot"),
    pytest.param(b"..a\r\n...\r\n.\r\n", b".a\r\n..\r\n", id="lines begin with dots"),
    pytest.param(b".a\r\n.\r\n", b"a\r\n", id="dot that was not doubled"),
    pytest.param(b"a.\r\n.\r\n", b"a.\r\n", id="line ends with a dot"),
    pytest.param(b"a\n.\nb\r\n.\r\n", b"a\n.\nb\r\n", id="LF dot LF is content"),
    pytest.param(b"a\r\n.\nb\r\n.\r\n", b"a\r\n\nb\r\n", id="CRLF dot LF is no end"),
    pytest.param(b"a\n.\r\nb\r\n.\r\n", b"a\n.\r\nb\r\n", id="LF dot CRLF is content"),
    pytest.param(b"a\r.\rb\r\n.\r\n", b"a\r.\rb\r\n", id="CR dot CR is content"),
    pytest.param(b"a\r\n.\rb\r\n.\r\n", b"a\r\n\rb\r\n", id="CRLF dot CR is no end"),
    pytest.param(b"a\r.\r\nb\r\n.\r\n", b"a\r.\r\nb\r\n", id="CR dot CRLF is content"),
    pytest.param(b".\n.\r\n\r\n.\r\n", b"\n.\r\n\r\n", id="LF form of the end at the start"),
    pytest.param(b".\r.\r\n.\r\n", b"\r.\r\n", id="CR forms at the start"),
    pytest.param(b"\n.\r\n\r\n.\r\n", b"\n.\r\n\r\n", id="starts with LF dot CRLF"),
    pytest.param(b"\r\r\n.\r\n", b"\r\r\n", id="starts with CR CR LF"),
    pytest.param(b".\r\r\n.\r\n", b"\r\r\n", id="dot CR CRLF"),
    pytest.param(b"\x00\xff\xfe\r\n.\r\n", b"\x00\xff\xfe\r\n", id="NUL and 8 bit"),
    pytest.param(b"x" * 5000 + b"\r\n.\r\n", b"x" * 5000 + b"\r\n", id="long line"),
]


@pytest.mark.parametrize(("received", "expected"), CASES)
@pytest.mark.parametrize("limit", [1, 7, 64, 2**16])
@pytest.mark.parametrize("bytewise", [False, True])
def test_what_is_the_mail(received: bytes, expected: bytes, limit: int, bytewise: bool) -> None:
    cuts = range(1, len(received) + len(NEXT)) if bytewise else ()
    assert read(received + NEXT, limit=limit, cuts=cuts) == (expected, NEXT)


@given(
    st.lists(st.sampled_from([b"\r", b"\n", b".", b"\r\n", b"\r\n.", b"a", b"\x00"])).map(b"".join),
    st.integers(1, 40),
    st.lists(st.integers(0, 60)),
)
def test_blocks_agree_with_lines(content: bytes, limit: int, cuts: list[int]) -> None:
    received = content + b"\r\n.\r\n" + NEXT
    assert read(received, limit=limit, cuts=sorted(min(cut, len(received)) for cut in cuts)) == line_by_line(received)


@pytest.mark.parametrize(
    ("received", "kept"),
    [
        pytest.param(b"12345678\r\n.\r\n", True, id="at the limit"),
        pytest.param(b"123456789\r\n.\r\n", False, id="one above"),
        pytest.param(b"..\r\n..\r\n..12\r\n.\r\n", False, id="dots, above"),
        pytest.param(b"..\r\n..\r\n..1\r\n.\r\n", True, id="doubled dots do not count"),
        pytest.param(b"x" * 100_000 + b"\r\n.\r\n", False, id="far above"),
        pytest.param(b"x\r\n" * 100_000 + b".\r\n", False, id="far above, in lines"),
    ],
)
@pytest.mark.parametrize("limit", [7, 2**16])
def test_a_mail_above_the_limit_is_read_to_its_end_and_dropped(received: bytes, kept: bool, limit: int) -> None:
    body, rest = read(received + NEXT, size_max_bytes=10, limit=limit)
    assert (body is not Dropped.TOO_LARGE, rest) == (kept, NEXT)


@pytest.mark.parametrize("bytewise", [False, True])
def test_a_mail_without_room_is_read_to_its_end_and_dropped_and_a_small_one_needs_none(bytewise: bool) -> None:
    received = b"x" * 100 + b"\r\n.\r\n" + NEXT
    cuts = range(1, len(received)) if bytewise else ()
    assert read(received, limit=7, cuts=cuts, room_bytes=90) == (Dropped.NO_ROOM, NEXT)
    assert read(b"12345\r\n.\r\n" + NEXT, limit=64, room_bytes=0) == (b"12345\r\n", NEXT)
