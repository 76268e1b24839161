"""What a part says that it is."""

import pytest

from ingest.message.content_type import ContentType, read_content_type


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(b"text/plain", ContentType(), id="plain"),
        pytest.param(b"text/plain; charset=UTF-8", ContentType(charset="utf-8"), id="usual"),
        pytest.param(b'Text/Plain;charset="us-ascii"', ContentType(charset="us-ascii"), id="quoted"),
        pytest.param(
            b"text/plain; charset=utf-8; format=Flowed", ContentType(charset="utf-8", is_flowed=True), id="flowed"
        ),
        pytest.param(
            b'multipart/mixed; boundary="a b;\\"c "',
            ContentType(kind="multipart/mixed", boundary='a b;"c', is_doubtful=True),
            id="boundary",
        ),
        pytest.param(
            b"multipart/mixed; BOUNDARY=x; boundary=y",
            ContentType(kind="multipart/mixed", boundary="x"),
            id="twice: the first",
        ),
        pytest.param(
            b"multipart/mixed; boundary*0=a; boundary*1=b",
            ContentType(kind="multipart/mixed", boundary="ab", is_doubtful=True),
            id="boundary in pieces",
        ),
        pytest.param(
            b"text/x-patch; name*=utf-8''fix%C3%A4.txt",
            ContentType(kind="text/x-patch", is_patch=True),
            id="patch type",
        ),
        pytest.param(
            b"application/octet-stream; name=fix.diff",
            ContentType(kind="application/octet-stream", is_patch=True),
            id="name",
        ),
        pytest.param(b"text", ContentType(), id="no slash"),
        pytest.param(b"text/plain/x; charset=a", ContentType(charset="a"), id="two slashes"),
    ],
)
def test_content_type(value: bytes, expected: ContentType) -> None:
    assert read_content_type({b"content-type": [value]}) == expected


@pytest.mark.parametrize(
    ("disposition", "is_patch"),
    [
        pytest.param(b"attachment; filename=0001-fix.patch", True, id="patch"),
        pytest.param(b'attachment; filename="FIX.DIFF"', True, id="diff in capitals"),
        pytest.param(b"inline; filename=patch", True, id="the bare word"),
        pytest.param(b"inline; filename=cygpath.cc-patch", True, id="behind a dash"),
        pytest.param(b"attachment; filename=chmod.2.patch.txt", True, id="with .txt"),
        pytest.param(b'attachment; filename="=?utf-8?q?a=2Epatch?="', True, id="encoded word"),
        pytest.param(b"attachment; filename*=utf-8''a.patch", True, id="RFC 2231"),
        pytest.param(b"attachment; filename*0*=utf-8''a; filename*1=.patch", True, id="RFC 2231 in pieces"),
        pytest.param(b"attachment; filename=dispatch", False, id="dispatch is no patch"),
        pytest.param(b"attachment; filename=a.patch.gz", False, id="packed"),
        pytest.param(b"attachment", False, id="no name"),
    ],
)
def test_file_names(disposition: bytes, is_patch: bool) -> None:
    fields = {b"content-disposition": [disposition]}
    assert read_content_type(fields) == ContentType(is_patch=is_patch)
    fields[b"content-type"] = [b"text/plain; charset=utf-8"]
    assert read_content_type(fields) == ContentType(charset="utf-8", is_patch=is_patch)


def test_nothing_said_is_plain_text() -> None:
    assert read_content_type({}) == ContentType()
