"""Whatever a mail's charset label says, its patch is read, and its text as far as anybody can tell."""

from collections.abc import Iterator

import pytest

from ingest.message import parse
from projector.assembly.mail import PATCH, read_mail
from schemas.records import ProjectAdded
from tests.projector.corpus.cases import RECEIVED

PROJECT = ProjectAdded(linkname="demo", name="Demo", listid="demo.example.org", listemail="demo@example.org")

LABELS: dict[str, tuple[str, ...]] = {
    "": (), "y": (), "yes": (), "n": (), "a": (), "u": (), "i8": (), "8bit": (), "7bit": (), "binary": (), "none": (),
    "default": (), "unknown-8bit": (), "x-unknown": (), "fakescii": (), "us-askey": (), "charset=us-ascii": (),
    "3dutf-8": (), "3dutf-8</div>": (), "iso-88$9-1": (), "--subject='re: [patch]": (), "base64": (), "rot13": (),
    "u\0\0\0d": (), "utf-8 ": ("utf-8",), "us-ascii": ("ascii",), "ANSI_X3.4-1968": ("ascii",), "utf-8": ("utf-8",),
    "UTF8": ("utf-8",), "iso-8859-1": ("cp1252", "latin-1"), "iso8859-1": ("cp1252", "latin-1"),
    "iso-8859-2": ("iso8859-2",),
    "iso-8859-3": ("iso8859-3",), "iso-8859-7": ("iso8859-7",), "ISO-8859-15": ("iso8859-15",),
    "windows-1250": ("cp1250",), "windows-1251": ("cp1251",), "cp-1251": ("cp1251",), "windows-1252": ("cp1252",),
    "windows-1253": ("cp1253",), "windows-1256": ("cp1256",), "cp1257": ("cp1257",), "windows-874": ("cp874",),
    "koi8-r": ("koi8-r",), "koi8-u": ("koi8-u",), "big5": ("big5", "big5hkscs"), "gb2312": ("gb2312", "gb18030"),
    "gbk": ("gbk", "gb18030"), "x-gbk": ("gbk", "gb18030"), "gb18030": ("gb18030",), "euc-jp": ("euc-jp",),
    "iso-2022-jp": ("iso2022-jp", "iso2022-jp-ext"), "shift_jis": ("shift-jis", "cp932"), "utf-7": ("utf-7",),
    "x-windows-949": ("cp949",), "ks_c_5601-1987": ("euc-kr", "cp949"), "unicode-1-1-utf-7": ("utf-7",),
}  # fmt: skip
"""Labels of real mail -> the codecs that they mean, the narrower first; none where they are no charset's name."""

WIDE = ("utf-16", "utf-16le", "UTF-16BE", "utf-32")
WORDS = ("Zoë's Straße", "Zażółć gęślą", "Привет", "Ελλάδα", "سلام", "สวัสดี", "日本語", "天地", "가나다", "plain")


def mail_with(label: str, body: bytes) -> bytes:
    """A patch with a body as it was encoded, and what it is said to be."""
    return (
        b"From: Ada Author <ada@example.org>\nSubject: [PATCH] net: fix leak\nMessage-ID: <a@example.org>\n"
        b"Date: Mon, 03 Mar 2025 09:00:00 +0000\nMIME-Version: 1.0\n"
        b'Content-Type: text/plain; charset="' + label.encode() + b'"\nContent-Transfer-Encoding: 8bit\n\n' + body
    )


DIFF = (
    "diff --git a/net/leak.c b/net/leak.c\nindex 1111111..2222222 100644\n"
    "--- a/net/leak.c\n+++ b/net/leak.c\n@@ -1,2 +1,3 @@\n one\n+free(buffer);\n two\n"
)


def decoded(content: bytes, codecs: tuple[str, ...]) -> str:
    """The rule: as declared, else UTF-8, else windows-1252."""
    for codec in (*codecs, "utf-8"):
        try:
            return content.decode(codec)
        except UnicodeDecodeError:
            continue
    return content.decode("cp1252", "replace")


def bodies(codecs: tuple[str, ...]) -> Iterator[bytes]:
    """Patches in UTF-8, in windows-1252, and in the charset itself with words that it has."""
    yield body_with(WORDS[0], "utf-8")
    yield body_with(WORDS[0], "cp1252")
    yield body_with("10 € a piece", "utf-8")
    for codec in codecs:
        own = (word for word in WORDS if not word.isascii() and word == word.encode(codec, "replace").decode(codec))
        yield body_with(next(own, WORDS[-1]), codec)


def body_with(words: str, codec: str) -> bytes:
    return f"Words: {words}\n---\n{DIFF}".encode(codec)


@pytest.mark.parametrize("label", LABELS)
def test_label(label: str) -> None:
    for body in bodies(LABELS[label]):
        parsed = parse(mail_with(label, body), RECEIVED)
        assert (parsed.message, parsed.diff) == (decoded(body, LABELS[label]).removesuffix(DIFF), DIFF)
        assert read_mail(1, parsed, PROJECT, "smtp", 0).kind == PATCH


@pytest.mark.parametrize("label", WIDE)
def test_label_of_a_wide_charset_on_single_bytes(label: str) -> None:
    parsed = parse(mail_with(label, body_with(WORDS[0], "utf-8")), RECEIVED)
    assert (parsed.message, parsed.diff) == (f"Words: {WORDS[0]}\n---\n", DIFF)


def test_there_are_as_many_labels_as_real_mail_has() -> None:
    assert len(LABELS) + len(WIDE) >= 53
