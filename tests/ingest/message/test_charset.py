"""Bytes to text, whatever the label says."""

import pytest

from ingest.message.charset import decode_text


@pytest.mark.parametrize(
    ("content", "label", "expected"),
    [
        pytest.param(b"plain", "", "plain", id="no label, ASCII"),
        pytest.param("ä€".encode(), "", "ä€", id="no label, UTF-8"),
        pytest.param(b"\x93quoted\x94 \xe4", "", "“quoted” ä", id="no label, windows-1252"),
        pytest.param(b"a\x81b", "", "a�b", id="a byte that windows-1252 leaves open"),
        pytest.param("ä".encode(), "us-ascii", "ä", id="labelled ASCII, is UTF-8"),
        pytest.param(b"\xe4", "iso-8859-1", "ä", id="latin-1 as declared"),
        pytest.param(b"\x93\xe4\x80\x94", "iso-8859-1", "“ä€”", id="windows-1252 under latin-1's label"),
        pytest.param(b"\xe4\x81", "iso-8859-1", "ä\x81", id="a control that windows-1252 leaves open"),
        pytest.param(b"\x93\xf0\x94", "iso-8859-9", "“ğ”", id="windows-1254 under latin-5's label"),
        pytest.param("똠".encode("cp949"), "euc-kr", "똠", id="cp949 under euc-kr's label"),
        pytest.param("①".encode("cp932"), "shift_jis", "①", id="cp932 under shift_jis's label"),
        pytest.param("①".encode("cp932"), "windows-31j", "①", id="cp932 by its other name"),
        pytest.param("𠀀".encode("gb18030"), "gbk", "𠀀", id="GB 18030 under GBK's label"),
        pytest.param(b"a\\u0041", "unicode_escape", "a\\u0041", id="a codec that is no charset"),
        pytest.param(b"\xa4", "ISO-8859-15", "€", id="label in capitals"),
        pytest.param(b"\xa4", '"iso-8859-15"', "€", id="label in quotes"),
        pytest.param("ä".encode(), "8bit", "ä", id="a label that is none"),
        pytest.param("ä".encode(), "y", "ä", id="an answer to a question of git send-email"),
        pytest.param(b"\xe4", "x" * 100, "ä", id="a label longer than any"),
        pytest.param(b"aGk=", "base64", "aGk=", id="a codec of Python that is no charset"),
        pytest.param(b"\xff\xe4", "utf-8", "ÿä", id="labelled UTF-8, is not"),
        pytest.param("天镕".encode("gb18030"), "gb2312", "天镕", id="GB 18030 under its small sister's label"),
        pytest.param(b"\xff\xff", "gb2312", "ÿÿ", id="neither of the two"),
        pytest.param(b"\xff", "big5", "ÿ", id="not what the label says"),
        pytest.param(b"plain", "utf-16", "plain", id="single bytes under a wide label"),
        pytest.param("hä".encode("utf-16"), "utf-16", "hä", id="wide text"),
        pytest.param(b"+2AA-", "utf-7", "?", id="half a surrogate pair"),
        pytest.param(b"+AOQ-", "unicode-1-1-utf-7", "ä", id="UTF-7"),
        pytest.param(b"\x80", "x-cp1252", "€", id="x- before a name"),
        pytest.param(b"\xe4", "cp-1251", "д", id="a hyphen in the name of a code page"),
        pytest.param(b"\xb0\xa1", "x-windows-949", "가", id="Korean as some mailers call it"),
        pytest.param(b"\xe4\x80", "iso_8859-1:1987", "ä€", id="colon in a name"),
        pytest.param(b"a\0b\0", "", "ab", id="NULs are dropped"),
    ],
)
def test_decode_text(content: bytes, label: str, expected: str) -> None:
    assert decode_text(content, label) == expected
