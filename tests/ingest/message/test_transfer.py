"""Transfer encodings, whole and broken."""

import pytest

from ingest.message.transfer import Transferred, decode_base64_lines, decode_transfer


@pytest.mark.parametrize(
    ("content", "encoding", "expected"),
    [
        pytest.param(b"a=3Db\n", b"7bit", b"a=3Db\n", id="7bit"),
        pytest.param(b"a=3Db\n", b"command-line", b"a=3Db\n", id="unknown"),
        pytest.param(b"a=3Db=\nc =\n\n", b"Quoted-Printable", b"a=bc \n", id="quoted-printable"),
        pytest.param(b"a=ZZ=", b"quoted-printable", b"a=ZZ", id="broken quoted-printable"),
        pytest.param(b"==3D =G =\n\0x\ny=", b"quoted-printable", b"== =G y", id="quoted-printable as git reads it"),
        pytest.param(b"a==3Db\n", b"Quoted-printable (x)", b"a==b\n", id="an equals sign too many, and a comment"),
        pytest.param(b"a=0D\nb=0D\n", b"quoted-printable", b"a\nb\n", id="every line ends in CRLF"),
        pytest.param(b"a\n+b=0D\n", b"quoted-printable", b"a\n+b\r\n", id="a file's CR"),
        pytest.param(b"aGVs\nbG8=\n", b"base64", b"hello", id="base64"),
        pytest.param(b"aGVsbG8\n", b"BASE64", b"hello", id="no padding"),
        pytest.param(b"aGVsbG8hA", b"base64", b"hello!", id="six bits too many"),
        pytest.param(b"aGVsbG8h\n___\nlist footer\n", b"base64", b"hello!", id="footer behind"),
        pytest.param(b"aGVsbG8=\nlist\n", b"base64", b"hello", id="footer behind the padding"),
        pytest.param(b"Not (base64)\n", b"base64", b"Not (base64)\n", id="not base64 at all"),
        pytest.param(b"\n\n-- x\n", b"base64", b"\n\n-- x\n", id="not base64 behind empty lines"),
        pytest.param(b"YQ0KYg0K", b"base64", b"a\nb\n", id="base64 of CRLF text"),
        pytest.param(b"", b"base64", b"", id="empty"),
    ],
)
def test_decode_transfer(content: bytes, encoding: bytes, expected: bytes) -> None:
    assert decode_transfer(content, encoding).content == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(b"aGVsbG8h\n__\nlist footer\n", Transferred(b"hello!", b"__\nlist footer\n"), id="a footer"),
        pytest.param(b"aGk=\naGk=\n", Transferred(b"hi", b"aGk=\n"), id="more behind the padding"),
        pytest.param(b"aA== \n_\n", Transferred(b"h", b"_\n"), id="padding, then a footer"),
        pytest.param(b"YQ0KYg0K_\n", Transferred(b"YQ0KYg0K_\n"), id="never was base64"),
        pytest.param(b"YQ0KYg0K\n", Transferred(b"a\nb\n", b"", True), id="line ends of the transport"),
    ],
)
def test_what_stands_behind_an_encoded_text_is_given_too(content: bytes, expected: Transferred) -> None:
    assert decode_transfer(content, b"base64") == expected


def test_base64_line_by_line() -> None:
    assert decode_base64_lines(b"YWJj!\nYWJjZA=\n-A\nYWI\n") == b"abcabcdab"
