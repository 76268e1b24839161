"""What reading one mail takes in memory: a bound for each byte of it, whatever stands in it."""

import tracemalloc
from datetime import UTC, datetime

import pytest

from ingest.message import parse
from ingest.message.flowed import BLOCK_BYTES, unflow

SIZE_BYTES = 1 << 20
TIMES_MAX = 6
"""Beside the mail itself: its text, once in bytes and once in characters, the diff in both, and what a step makes."""
TIMES_MAX_WIDE = 12
"""Where one character in it is beyond the basic plane: Python takes four bytes for each character of such a text."""
HEAD = b"From: Ada <ada@example.org>\r\nSubject: [PATCH] large\r\nMessage-ID: <large@example.org>\r\n"
DIFF = b"diff --git a/x b/x\r\n--- a/x\r\n+++ b/x\r\n@@ -0,0 +1,%d @@\r\n"


def mail(fields: bytes, before: bytes, line: bytes) -> bytes:
    count = SIZE_BYTES // len(line)
    return HEAD + fields + b"\r\n" + before.replace(b"%d", b"%d" % count) + line * count


@pytest.mark.parametrize(
    ("raw", "times_max"),
    [
        pytest.param(mail(b"", DIFF, b"+" + b"x" * 60 + b"\r\n"), TIMES_MAX, id="a large diff"),
        pytest.param(mail(b"", DIFF, b"+\r\n"), TIMES_MAX, id="a diff of short lines"),
        pytest.param(mail(b"", b"", b"-\r\n"), TIMES_MAX, id="short lines"),
        pytest.param(mail(b"", DIFF, b"+\x01\x02\x03\x04\x05\x06\r\n"), TIMES_MAX, id="control characters"),
        pytest.param(mail(b"", DIFF, b"+\xe2\x80\xae\r\n"), TIMES_MAX, id="marks that turn the direction of writing"),
        pytest.param(mail(b"", b"", b"Reviewed-by: A <a@b>\r\n"), TIMES_MAX, id="trailers"),
        pytest.param(mail(b"Content-Type: text/plain; format=flowed\r\n", DIFF, b"+x \r\n"), TIMES_MAX, id="flowed"),
        pytest.param(mail(b"", DIFF + "+😀\r\n".encode(), b"+" + b"x" * 60 + b"\r\n"), TIMES_MAX_WIDE, id="wide"),
    ],
)
def test_reading_a_mail_takes_a_few_times_its_size(raw: bytes, times_max: int) -> None:
    parse(raw[:1000], datetime.now(UTC))  # what is made once
    tracemalloc.start()
    try:
        parse(raw, datetime.now(UTC))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < times_max * len(raw)


def test_a_flowed_line_goes_on_in_the_next_block() -> None:
    line = b"x" * BLOCK_BYTES + b" "
    assert unflow(line + b"\n" + line + b"\nend\n", delsp=False, joined_first=False) == line + line + b"end\n"
