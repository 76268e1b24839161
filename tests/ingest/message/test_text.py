"""What is read of a mail as its message and its diff, and what is marked where it could be read otherwise."""

from base64 import b64encode
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.message import parse
from ingest.message.diff import find_start
from schemas.mail import ParsedMail, bytes_of_diff, text_before_diff

RECEIPT = datetime(2024, 5, 2, 12, tzinfo=UTC)
HEAD = b"From: Ann <ann@example.org>\nDate: Thu, 2 May 2024 11:00:00 +0000\nSubject: [PATCH] x\n"
DIFF = b"diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-1\n+2\n"
EVIL = b"diff --git a/y b/y\n--- a/y\n+++ b/y\n@@ -1 +1 @@\n-1\n+EVIL\n"
LOG = b"Why.\n---\n"
MIXED = b"Content-Type: multipart/mixed; boundary=b\n\n"


def read(fields: bytes, body: bytes) -> ParsedMail:
    return parse(HEAD + fields + b"\n" + body, RECEIPT)


def parts(*contents: bytes, kind: bytes = b"mixed") -> ParsedMail:
    body = b"".join(b"--b\n" + content for content in contents) + b"--b--\n"
    return read(b"Content-Type: multipart/" + kind + b"; boundary=b\n", body)


def kinds(mail: ParsedMail) -> list[str]:
    return [mark.kind for mark in mail.marks]


PLAIN = b"\n" + LOG + DIFF
KOI8 = b"Content-Type: text/plain; charset=koi8-r\n"
BASE64 = b"Content-Transfer-Encoding: base64\n"
INNER = b"Content-Type: multipart/mixed; boundary=c\n\n--c\n"
FLOWED = b"Content-Type: text/plain; format=flowed\n"
OCTETS = b"Content-Type: application/octet-stream\n\n"
QUOTED = b"Content-Transfer-Encoding: quoted-printable\n"


def test_a_plain_patch_has_no_mark() -> None:
    mail = read(b"", LOG + DIFF + b"-- \n2.39\n")
    assert (mail.message, mail.diff, mail.diff_bytes, mail.marks) == (LOG.decode(), DIFF.decode(), b"", ())
    assert bytes_of_diff(mail) == DIFF


@pytest.mark.parametrize(
    ("mail", "marks", "has_evil"),
    [
        pytest.param(read(b"Subject: other\n", LOG + DIFF), ["repeated-field"], False, id="two subjects"),
        pytest.param(read(b"Subject:  [PATCH] x\n", LOG + DIFF), [], False, id="the same subject twice"),
        pytest.param(parts(PLAIN, OCTETS + EVIL), ["left-out"], False, id="bytes"),
        pytest.param(parts(PLAIN, b"Content-Type: image/png\n\nx\n"), [], False, id="a picture"),
        pytest.param(parts(PLAIN, b"\n" + EVIL, kind=b"alternative"), ["left-out"], False, id="an alternative"),
        pytest.param(parts(PLAIN, b"\n" + EVIL), ["several-diffs"], True, id="two diffs"),
        pytest.param(parts(b"Content-Type: text/x-patch\n\n" + DIFF, b"\nWhy.\n"), ["other-order"], False, id="order"),
        pytest.param(parts(b"Content-Type: text/x-patch\n\n" + DIFF, b"\n \n"), [], False, id="order of nothing"),
        pytest.param(parts(b"Content-Type: message/rfc822\n\nA: b\n" + PLAIN), ["forwarded"], False, id="forwarded"),
        pytest.param(read(b"Content-Type: text/html\n", b"<pre>" + DIFF + b"</pre>"), ["from-html"], False, id="HTML"),
        pytest.param(read(b"", LOG + DIFF + b"-- \n2\n" + EVIL), ["behind-signature"], True, id="behind a signature"),
        pytest.param(read(QUOTED, (LOG + DIFF).replace(b"\n", b"=0D\n")), ["line-ends"], False, id="CRLF"),
        pytest.param(read(FLOWED, LOG + DIFF), [], False, id="flowed, as it was"),
        pytest.param(
            read(FLOWED, LOG + DIFF.replace(b"+2", b"+2 \n+EVIL")), ["flowed"], True, id="flowed: one line"
        ),
        pytest.param(
            read(FLOWED, LOG + DIFF.replace(b"1 +1", b"1,2 +1,2").replace(b"-1\n", b"  a\n-1\n")),
            ["flowed"], False, id="flowed, stuffed",
        ),
        pytest.param(
            read(FLOWED, LOG + DIFF.replace(b"1 +1", b"1,2 +1,2").replace(b"-1\n", b" a\n-1\n")),
            ["flowed"], False, id="said to be flowed",
        ),
        pytest.param(
            read(FLOWED, LOG + DIFF.replace(b"1 +1", b"1,3 +1,3").replace(b"-1\n", b" a\n-1\n")),
            ["flowed"], False, id="flowed, and whole in no way",
        ),
        pytest.param(
            read(b"Content-Type: text/plain; charset=utf-16\n", (LOG + DIFF).decode().encode("utf-16")),
            ["charset"], False, id="a wide charset",
        ),
        pytest.param(read(b"", LOG + DIFF + b"\\ \xe4\n"), ["charset"], False, id="an undeclared charset"),
        pytest.param(read(b"", LOG + DIFF.replace(b"+2", b"+\x81")), ["charset", "escaped"], False, id="no charset"),
        pytest.param(
            read(b"Content-Type: text/plain; charset=iso-2022-kr\n", LOG + DIFF.replace(b"+2", b"+\x0eEVIL\x0f")),
            ["charset", "escaped"], True, id="a charset with states",
        ),
        pytest.param(read(b"", LOG + DIFF.replace(b"+2", b"+\x1b[8m")), ["control-characters"], False, id="ESC"),
        pytest.param(read(b"", LOG + DIFF.replace(b"+2", b"+2\rx")), ["control-characters"], False, id="a lone CR"),
        pytest.param(read(KOI8, "Ы\n".encode("koi8-r") + LOG + DIFF), [], False,
                     id="a message in its charset"),
        pytest.param(read(b"Content-Type: text/plain; charset=shift_jis\n", b"~\n" + LOG + DIFF), ["charset"], False,
                     id="a tilde in Shift_JIS"),
        pytest.param(read(b"Content-Type: text/plain; charset=y\n", LOG + DIFF), ["charset"], False, id="no charset"),
        pytest.param(read(MIXED[:-1], LOG + DIFF), ["no-parts"], False, id="no parts"),
        pytest.param(read(BASE64, b"_" + LOG + DIFF), ["not-encoded"], False, id="no base64"),
        pytest.param(parts(INNER + PLAIN + b"--c--\n"), ["nested"], False,
                     id="parts in parts"),
        pytest.param(parts(b"Why.\n" + LOG + DIFF), ["broken-header"], False, id="a part without a header"),
        pytest.param(parts(b"X: y\nWhy.\n" + LOG + DIFF), ["broken-header"], False, id="a part's header"),
        pytest.param(parts(PLAIN, b"Content-Type: image/png\nx\n"), [], False, id="a picture's header"),
        pytest.param(parse(HEAD[:-1] + b"\xe4\n\n" + LOG + DIFF, RECEIPT), ["charset"], False, id="a subject"),
        pytest.param(read(b"", LOG + b"@@ -1 +1 @@\n" + DIFF), ["left-out"], False, id="notes like a diff"),
        pytest.param(read(b"", LOG + DIFF + b"diff -u\n"), ["left-out"], False, id="a tail like a diff"),
        pytest.param(read(b"X: y\nno field\n", LOG + DIFF), ["broken-header"], False, id="a header that breaks off"),
        pytest.param(read(b"From: \x1bB <b@x.org>\n", LOG + DIFF), ["repeated-field"], False, id="a second From"),
        pytest.param(parse(b"Subject: \x01[PATCH] x\n\n" + LOG + DIFF, RECEIPT),
                     ["control-characters", "author", "date"], False, id="a control character in a field"),
        pytest.param(read(b"", b"W\0hy\n" + LOG + DIFF), ["control-characters"], False, id="a NUL in the message"),
        pytest.param(read(b"", b"W\rhy\n" + LOG + DIFF), ["control-characters"], False, id="a CR in the message"),
        pytest.param(read(b"", LOG + DIFF.replace(b"+2", b"+\x0c")), [], False, id="a form feed"),
        pytest.param(read(b"Content-Type: text/plain; boundary=b\n", LOG + DIFF), ["content-type"], False,
                     id="a text with a boundary"),
        pytest.param(read(b"Content-Type: text/plain; x-charset=a; charset=utf-8\n", LOG + DIFF), ["content-type"],
                     False, id="two charsets"),
        pytest.param(parts(FLOWED + b"\nA.\n", PLAIN), ["content-type"], False, id="a flowed part before"),
        pytest.param(read(b"Content-Type: text/plain; charset=utf-8;\x1bformat=flowed\n", LOG + DIFF), ["content-type"],
                     False, id="a format that git alone reads"),
        pytest.param(read(b"Content-Type: text/plain; format=flowed;\x1bdelsp=yes\n", LOG + DIFF), ["content-type"],
                     False, id="deleted spaces that git alone reads"),
        pytest.param(read(b"Content-Type: text/plain; format=flowed; delsp=yes\n", LOG + DIFF), [], False,
                     id="deleted spaces"),
        pytest.param(read(b"Content-Type: multipart/mixed; boundary=b; format=flowed\n", b"--b\n" + PLAIN + b"--b--\n"),
                     ["content-type"], False, id="a flowed multipart"),
        pytest.param(parts(BASE64 + b"\n" + b64encode(b"Hi") + b"\n", PLAIN), ["line-ends"], False,
                     id="base64 with an open line"),
        pytest.param(parts(BASE64 + b"\n" + b64encode(b"Hi\n") + b"\n", PLAIN), [], False, id="base64 before"),
        pytest.param(parts(QUOTED + b"\nHi=\n", PLAIN), ["line-ends"], False, id="quoted-printable with an open line"),
        pytest.param(parts(QUOTED + b"\nHi\n", PLAIN), [], False, id="quoted-printable before"),
        pytest.param(parts(BASE64 + b"\n" + b64encode(LOG + DIFF[:-1]) + b"\n", b"\nfooter\n"), ["line-ends"], False,
                     id="a diff with an open line"),
        pytest.param(parts(BASE64 + b"\n" + b64encode(LOG + DIFF[:-1]) + b"\n", b"\n\n"), [], False,
                     id="a diff with an open line before nothing"),
        pytest.param(parts(BASE64 + b"\n" + b64encode(LOG + DIFF + b"-- \n2.39") + b"\n", b"\nfooter\n"), [], False,
                     id="a signature with an open line"),
        pytest.param(parts(PLAIN.replace(b"+2", b"+2\n--bc")), ["content-type"], False, id="a line like a boundary"),
        pytest.param(parts(b"Content-Type: image/png\n\nx\n", PLAIN), ["left-out"], False, id="a picture before"),
        pytest.param(parts(PLAIN, b"Content-Type: image/png\n\n@@ -9 +9 @@\n-a\n+EVIL\n"), ["left-out"], False,
                     id="a hunk in a picture"),
        pytest.param(parts(PLAIN.replace(b"+2\n", b""), b"Content-Type: image/png\n\n+EVIL\n"), ["left-out"], False,
                     id="the rest of a hunk in a picture"),
        pytest.param(parts(PLAIN, b"Content-Type: image/png\n\nx\n"), [], False, id="a picture"),
        pytest.param(read(b"From: \xe4 <b@x.org>\n", LOG + DIFF), ["repeated-field"], False, id="a second From, odd"),
        pytest.param(read(b"", "Subject: a\u3000b\n\n".encode() + LOG + DIFF), ["control-characters"], False,
                     id="an odd space"),
        pytest.param(read(b"", b"Subject: =?utf-8?q?a?b?=\n\n" + LOG + DIFF), ["charset"], False, id="no word"),
        pytest.param(read(b"", b"Subject: =?utf-8?b?YQ=YQ?=\n\n" + LOG + DIFF), ["charset"], False, id="odd base64"),
        pytest.param(read(b"", b"Subject: =?utf-8?q?a=00?=\n\n" + LOG + DIFF), ["charset"], False, id="a NUL"),
        pytest.param(read(b"", b"Subject: =?utf-8?q?a?=\n\n" + LOG + DIFF), [], False, id="a word"),
        pytest.param(read(b"", b"Subject: " + b"a" * 5000 + b"\n\n" + LOG + DIFF), ["cut"], False, id="a long title"),
        pytest.param(read(b"", b"Subject: a\n" + b" b\n" * 200 + b"\n" + LOG + DIFF), ["cut"], False, id="many lines"),
        pytest.param(parse(HEAD.replace(b"[PATCH] x", b"") + b"\n" + b"a" * 5000 + b"\n\n" + LOG + DIFF, RECEIPT),
                     ["cut"], False, id="a long first line"),
        pytest.param(read(b"Content-Type: text/plain; charset=big5\n", b"\xa1\x45\n" + LOG + DIFF), ["charset"], False,
                     id="a charset with several tables"),
        pytest.param(
            read(b"", LOG + DIFF.replace(b"+2", "+\u202e\u2066\u200b\u200d\u2060\ufeff".encode())),
            ["deceiving-characters"], False, id="characters that are not seen",
        ),
    ],
)  # fmt: skip
def test_marks(mail: ParsedMail, marks: list[str], has_evil: bool) -> None:
    assert kinds(mail) == marks
    assert (b"EVIL" in bytes_of_diff(mail)) == has_evil
    assert ("EVIL" in mail.diff) == has_evil


def test_marks_say_what_was_done() -> None:
    mail = read(b"Subject: other\n", LOG + DIFF.replace(b"+2", "+\x1b\u202e".encode()))
    assert [mark.text for mark in mail.marks] == [
        "The mail has 2 fields Subject, where one is allowed. The first one counts.",
        "The mail has control characters: U+001B.",
        "The mail has characters that are not seen, or that change the order of reading: U+202E.",
    ]
    many = read(b"", LOG + DIFF.replace(b"+2", "+\u2060\u2061\u2062\u2063\u2064\u2066\u2067".encode()))
    assert many.marks[0].text.endswith("U+2060, U+2061, U+2062, U+2063, U+2064 and 2 more.")
    two = read(b"", LOG + DIFF.replace(b"\n-1\n", b"\n-\x81\n").replace(b"+2", b"+\x81"))
    assert [mark.text for mark in two.marks] == [
        "The mail declares no charset, and not all bytes can be read in one way by it.",
        "From line 5 of the diff on, escapes such as \\x1b stand for bytes that are no text.",
    ]


def test_a_diff_that_is_no_utf_8_keeps_its_bytes() -> None:
    diff = DIFF.replace(b"+2", b"+\xe4")
    mail = read(b"Content-Type: text/plain; charset=iso-8859-1\n", b"\xe4\n---\n" + diff)
    assert (mail.message, mail.diff, mail.diff_bytes) == ("ä\n---\n", diff.decode("latin-1"), diff)


@pytest.mark.parametrize(
    ("first", "message"),
    [
        pytest.param(b"\nHi,\n", "Hi,\nWhy.\n---\n", id="text"),
        pytest.param(b"\nHi,\n\n", "Hi,\n\nWhy.\n---\n", id="text, blank line"),
        pytest.param(QUOTED + b"\nHi,\n", "Hi,\nWhy.\n---\n", id="quoted-printable"),
        pytest.param(QUOTED + b"\nHi,\n\n", "Hi,\n\nWhy.\n---\n", id="quoted-printable, blank line"),
        pytest.param(BASE64 + b"\n" + b64encode(b"Hi,\n") + b"\n\n", "Hi,\nWhy.\n---\n", id="base64"),
        pytest.param(BASE64 + b"\n" + b64encode(b"Hi,\n\n") + b"\n", "Hi,\n\nWhy.\n---\n", id="base64, blank line"),
    ],
)
def test_a_message_that_goes_on_in_the_next_part_has_a_blank_line_where_git_reads_one(
    first: bytes, message: str
) -> None:
    mail = parts(first, PLAIN)
    assert (mail.message, mail.diff, mail.marks) == (message, DIFF.decode(), ())


def test_a_patch_attached_to_text_in_another_charset_has_the_charsets_of_both() -> None:
    mail = parts(
        b"Content-Type: text/plain; charset=koi8-r\n\n" + "Текст\n".encode("koi8-r"),
        b"Content-Type: text/x-patch; charset=utf-8\n\n" + DIFF.replace(b"+2", "+ä".encode()),
    )
    assert (mail.message, mail.diff, mail.marks) == ("Текст\n", DIFF.replace(b"+2", "+ä".encode()).decode(), ())


@pytest.mark.parametrize(
    ("message", "charset"),
    [
        pytest.param(b"-\0--\n--- a/y\n+++ b/y\n@@ -1 +1 @@\n-1\n+EVIL\n", b"us-ascii", id="NUL"),
        pytest.param(b"-\r--\n--\r- a/y\n+++ b/y\n@@ -1 +1 @@\n-1\n+EVIL\n", b"us-ascii", id="CR"),
        pytest.param(b"+AC0ALQAt-\n+AC0- a\n", b"utf-7", id="UTF-7"),
        pytest.param(b"\x1b(B--- a/y\n\x1b(B+++ b/y\n\x1b(B@@ -1 +1 @@\n-1\n+EVIL\n", b"iso-2022-jp", id="ISO 2022"),
    ],
)
def test_a_message_hides_no_diff(message: bytes, charset: bytes) -> None:
    mail = read(b"Content-Type: text/plain; charset=" + charset + b"\n", message + DIFF)
    text = f"\n{mail.message}{bytes_of_diff(mail).decode('latin-1')}"
    assert find_start(text) == len(mail.message), "git finds no diff in the message"


def test_a_message_that_could_hide_a_diff_is_shown_with_escapes() -> None:
    mail = read(b"", b"--\0- a/y\n++\0+ b/y\n@\0@ -1 +1 @@\n-1\n+EVIL\n" + DIFF)
    assert mail.message == "--\\x00- a/y\n++\\x00+ b/y\n@\\x00@ -1 +1 @@\n-1\n+EVIL\n"
    assert kinds(mail) == ["escaped"]


@pytest.mark.parametrize("subject", [b"Re: [PATCH] x", b"[PATCH] Re: x"])
def test_an_answer_has_the_commit_that_it_would_make_should_it_be_a_patch(subject: bytes) -> None:
    mail = parse(b"Subject: " + subject + b"\n\nFrom: B <b@x.org>\n\nWhy.\n" + DIFF + b"-- \n2\n", RECEIPT)
    assert mail.commit is not None
    before = "From: B <b@x.org>\n\nWhy.\n"
    assert (mail.message, text_before_diff(mail)) == (f"{before}{DIFF.decode()}-- \n2\n", before)
    assert before[mail.commit.message_start : mail.commit.message_end] == "Why.\n"
    assert (mail.commit.name, mail.commit.title) == ("B", "x")


PIECES = st.sampled_from(
    [b"\n", b"\r\n", b"\r", b"\0", b"---\n", b"--- a/x\n", b"+++ b/x\n", b"@@ -1 +1 @@\n", b"-1\n", b"+2\n", DIFF, EVIL,
     b"diff --git a b\n", b"old mode 1\n", b"Index: x\n", b"=" * 67 + b"\n", b"From: B <b@x.org>\n", b"Subject: y\n",
     b"\x1b(B", b"\x1b$B", b"\x0e", b"+AC0-", b"\xe4", b"\x81", "ä".encode(), b"-- \n", b" ", b"~{", b"text\n", b"-",
     b"--"]
)  # fmt: skip
CHARSETS = st.sampled_from([b"utf-8", b"us-ascii", b"iso-8859-1", b"iso-2022-jp", b"utf-7", b"hz", b"gb2312", b"cp500",
                            b"shift_jis", b"utf-16"])  # fmt: skip
KINDS = st.sampled_from([b"", b"; format=flowed", b"; format=flowed; delsp=yes"])


@given(st.lists(PIECES, max_size=25).map(b"".join), CHARSETS, KINDS)
def test_git_finds_the_diff_of_any_text_where_it_is_shown(body: bytes, charset: bytes, kind: bytes) -> None:
    mail = read(b"Content-Type: text/plain; charset=" + charset + kind + b"\n", body)
    if mail.diff:
        assert mail.commit is not None
        assert mail.diff.count("\n") == bytes_of_diff(mail).count(b"\n")
        encoded = mail.message.encode().decode("latin-1")
        assert find_start(f"\n{encoded}{bytes_of_diff(mail).decode('latin-1')}") == len(encoded)
        assert 0 <= mail.commit.message_start <= mail.commit.message_end <= len(mail.message)


def test_flowed_diffs_are_read_as_git_does_unless_they_are_whole_only_as_they_stand() -> None:
    stuffed = read(FLOWED, LOG + DIFF.replace(b"1 +1", b"1,2 +1,2").replace(b"-1\n", b"  a\n-1\n"))
    as_sent = read(FLOWED, LOG + DIFF.replace(b"1 +1", b"1,2 +1,2").replace(b"-1\n", b" a\n-1\n"))
    assert stuffed.diff == as_sent.diff
    assert [mark.text for mark in stuffed.marks] != [mark.text for mark in as_sent.marks]
    broken = read(FLOWED, LOG + DIFF.replace(b"1 +1", b"1,3 +1,3").replace(b"-1\n", b" a\n-1\n"))
    assert broken.diff.endswith("@@ -1,3 +1,3 @@\n")
