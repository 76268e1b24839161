"""How the bytes of a diff are shown, line for line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.message.view import LINES_MAX, View, view_diff

LABELS = ["", "utf-8", "iso-8859-1", "gb2312", "shift_jis", "big5", "koi8-r", "iso-2022-jp", "utf-7", "hz", "cp500",
          "utf-16", "euc-kr", "y", "windows-1252", "iso-2022-kr"]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "label", "expected"),
    [
        pytest.param(b"+a\n", "", View("+a\n"), id="ASCII"),
        pytest.param("+ä\n".encode(), "", View("+ä\n"), id="UTF-8"),
        pytest.param(b"+\xe4\n", "iso-8859-1", View("+ä\n"), id="ISO-8859-1"),
        pytest.param("+天镕\n".encode("gb18030"), "gb2312", View("+天镕\n"), id="the larger charset"),
        pytest.param(b"+\xe4\n", "", View("+ä\n", False), id="windows-1252, undeclared"),
        pytest.param(b"+\xe4\n+\xc3\xa4\n", "", View("+ä\n+ä\n", False), id="lines in two charsets"),
        pytest.param(b"a\n+\x81\n", "", View("a\n+\\x81\n", False, (1,)), id="in none"),
        pytest.param(b"+a\0b\n", "", View("+a\\x00b\n", False, (0,)), id="NUL"),
        pytest.param(b"+\xc3\xa4\0\n", "", View("+\\xc3\\xa4\\x00\n", False, (0,)), id="NUL beside UTF-8"),
        pytest.param(b"+a\n", "iso-2022-jp", View("+a\n"), id="a charset with states, plain"),
        pytest.param(b"+\x1b$B;3\x1b(B\n", "iso-2022-jp", View("+\\x1b$B;3\\x1b(B\n", False, (0,)), id="and not plain"),
        pytest.param(b"+AGE-\n", "utf-7", View("+AGE-\n", False), id="UTF-7, where a plus sign hides letters"),
        pytest.param(b"~{<:~}\n", "hz", View("~{<:~}\n", False), id="HZ"),
        pytest.param(b"+a\n", "cp500", View("+a\n", False), id="EBCDIC"),
        pytest.param(b"+\x82\n", "shift_jis", View("+‚\n", False), id="a lead byte at the end of a line"),
        pytest.param(b"+\x80\n", "euc-kr", View("+€\n", False), id="no charset of the label"),
    ],
)
def test_view(content: bytes, label: str, expected: View) -> None:
    assert view_diff(content, label) == expected


@given(st.lists(st.sampled_from([b"+", b"-", b"\n", b"\r\n", b"\x1b$B", b"\x0e", b"\x0f", b"\xe4", b"\xc3\xa4", b"\0",
                                 b"\x81", b"+AGE-", b"~{", b"\\", b"a"]) | st.binary(max_size=4), max_size=30),
       st.sampled_from(LABELS))  # fmt: skip
def test_each_line_stands_for_its_bytes(pieces: list[bytes], label: str) -> None:
    content = b"".join(pieces)
    view = view_diff(content, label)
    assert view.text.count("\n") == content.count(b"\n")
    assert "\0" not in view.text
    for line, shown in zip(content.split(b"\n"), view.text.split("\n"), strict=True):
        if line[:1] and line[0] < 128 and line[0] not in (0, 14, 15, 27):
            assert shown[0] == chr(line[0]), "what a line is for git is what it is for a reader"
    if not view.has_one_reading and not view.escaped:
        return
    lines = content.split(b"\n")
    assert all(not lines[number].isascii() or set(lines[number]) & {0, 14, 15, 27} for number in view.escaped)


def test_of_many_lines_in_no_charset_all_are_read_alike() -> None:
    few, many = (b"+\xe4\xc3\xa4\0\x81\n" * count for count in (2, LINES_MAX + 1))
    assert view_diff(few, "").text == "+\\xe4\\xc3\\xa4\\x00\\x81\n" * 2
    assert view_diff(many, "") == View("+äÃ¤\\x00\\x81\n" * (LINES_MAX + 1), False, (0,))
    assert view_diff(b"a\n" + b"+\xe4\n" * LINES_MAX, "").escaped == ()
