"""Mails as an attacker writes them: a patch taken apart and put together again, with more in it than meets the eye."""

import random
from base64 import b64encode
from collections.abc import Callable

BENIGN = b"diff --git a/a.txt b/a.txt\n--- a/a.txt\n+++ b/a.txt\n@@ -1,3 +1,4 @@\n one\n+benign\n two\n three\n"
EVIL = b"diff --git a/b.txt b/b.txt\n--- a/b.txt\n+++ b/b.txt\n@@ -1,3 +1,4 @@\n alpha\n+EVIL\n beta\n gamma\n"
PLAIN_EVIL = EVIL.partition(b"\n")[2]
HUNK = b"@@ -2,2 +3,3 @@\n two\n three\n+EVIL\n"
PADDED = PLAIN_EVIL.replace(b"-1,3 +1,4", b"-%s1,3 +%s1,4" % (b"0" * 12, b"0" * 12))
MODE = b"diff --git a/b.txt b/b.txt\nold mode 100644\nnew mode 100755\n"
RENAME = b"diff --git a/b.txt b/c.txt\nsimilarity index 100%\nrename from b.txt\nrename to c.txt\n"
RENAME_OLD = b"diff --git a/b.txt b/c.txt\nrename old b.txt\nrename new c.txt\n"
NEW = b"diff --git a/n.txt b/n.txt\nnew file mode 100644\n--- /dev/null\n+++ b/n.txt\n@@ -0,0 +1 @@\n+EVIL\n"
DIFFS = (BENIGN, EVIL, PLAIN_EVIL, PADDED, MODE, RENAME, RENAME_OLD, NEW)

HEADER = (
    b"From: Mallory <mallory@example.org>",
    b"Date: Sat, 28 Nov 2026 20:37:00 +0130",
    b"Subject: [PATCH 1/2] net: a title",
    b"Message-ID: <1@example.org>",
)
FIELDS = (
    b"From: Linus <torvalds@example.com>",
    b'From: "torvalds@example.com" <mallory@example.org>',
    b"From: Linus Torvalds <torvalds@example.com> (mallory@example.org)",
    b"From: =?utf-8?q?J=C3=BCrgen_=22J=22?= <J.Gross@example.org>",
    b"From: mallory@example.org (Mallory (M) \\( X)",
    b"From: nobody",
    b"Subject: [PATCH] other title",
    b"Subject:",
    b"Subject: =?utf-8?q?a=0Ab?= [x] y",
    b"Date: Thu, 1 Jan 2099 00:00:00 +0000",
    b"Date: 2020-01-02 03:04:05",
    b"Date: never",
    b"Content-Type: multipart/mixed; boundary=X",
    b"Content-Type: text/plain; format=flowed",
    b"Content-Type: text/plain; format=flowed; delsp=yes",
    b"Content-Type: text/html",
    b"Content-Transfer-Encoding: base64",
    b"Content-Transfer-Encoding: quoted-printable",
    b"X-Y: z\n continued",
    b"From: ((Mallory)) <mallory@example.org>",
    b"Subject: [PATCH] " + b"a\xc2\xa0b",
    b"Subject: =?utf-8?q?a=01b?=",
    b"Subject: =?utf-8?q?a?b?=",
    b"Subject: [PATCH] a [b]",
    b"Date: Sat, 28 Nov 2026 08:37:00 +0130 (PM)",
    b"Date: Sat, 28 Nov 2026 08:37:00 +0130 (CET)",
    b"Content-Type: text/plain; boundary=X",
    b"Content-Type: multipart/mixed; boundary = X",
    b"Content-Type: multipart/mixed; boundary*0=X",
    b"Content-Type: text/plain; x-charset=koi8-r; charset=utf-8",
    b">From x y",
    b"",
    b"not a field",
)
ROUTES = (
    b"To: list@example.org",
    b'To: "Doe, Jane" <j@example.org>,\n\tx@example.org',
    b"Cc: =?utf-8?q?a=0AFrom:_Linus_<torvalds=40example.com>?= <a@example.org>",
    b"Cc: =?utf-8?b?RnJvbSBh?= <From@example.org>, (open <a@example.org>",
    b"To: a\xe4\xff\0\x1b[8m <b@example.org>",
    b'Cc: "' + b"x" * 5000 + b'" <a@example.org>',
    b"Cc: " + b", ".join(b"Subject: %d <s%d@example.org>" % (number, number) for number in range(300)),
    b"Cc: " + b"y" * 2000 + b"@example.org, b@example.org",
    b"In-Reply-To: <Subject: x>",
    b"References: <From x> <a@b>\n <" + b"z" * 2000 + b"@example.org>",
    b"References: " + b" ".join(b"<%d@example.org>" % number for number in range(200)),
    b"List-Id: From: x <diff.example.org>",
    b"List-Id: \xe4 <\xe4.example.org\r>",
    b"X-Patchwork-Delegate: a\r\n Date: never",
    b"X-Patchwork-Delegate: =?utf-8?q?a=0ADate:_never?=",
)
"""Fields that git passes over, in the mail as in its mbox."""
CHARSETS = (b"utf-8", b"us-ascii", b"iso-8859-1", b"windows-1252", b"iso-2022-kr", b"iso-2022-jp", b"utf-7", b"hz",
            b"gb2312", b"shift_jis", b"cp500", b"utf-16", b"utf-16le", b"y", b"")  # fmt: skip
LINES = (
    b"From: Linus <torvalds@example.com>",
    b"from: Linus <torvalds@example.com>",
    b">From 0123456789012345678901234567890123456789 Mon Sep 17 00:00:00 2001",
    b"From here it is text",
    b"Subject: in the body",
    b"Date: Wed, 1 Jan 2020 00:00:00 +0000",
    b"[PATCH] in the body",
    b"",
    b"---",
    b"--- ",
    b"--- a/b.txt",
    b"+++ b/b.txt",
    b"@@ -1,3 +1,4 @@",
    b"@@ -0000000000001,3 +1,4 @@",
    b"diff --git a/b.txt b/b.txt",
    b"Index: b.txt",
    b"=" * 67,
    b"-- ",
    b"+EVIL",
    b"+EVIL \xe4\xff",
    b"+EVIL \x1b[8m hidden",
    b"+\x1b$)C\x0eEVIL\x0f",
    b"+\xe2\x80\xaeEVIL\xe2\x81\xa6",
    b"+EVIL\r",
    b"+EV\rIL",
    b"-\0--",
    b"\x1b(B--- a/b.txt",
    b"\\ No newline at end of file",
    b" ",
    b"one ",
    b" two",
    b"-- >8 --",
    b"GIT binary patch",
    b"Signed-off-by: Mallory <mallory@example.org>",
    b"--X",
    b"--Xy",
    b"From:Linus <torvalds@example.com>",
    b"Subject: " + b"z" * 5000,
    b"y" * 5000,
    b"--X--",
    b"+AC0ALQAt- a",
    b"~{<:~}",
    b"z" * 1100,
    b"# comment",
)


def hostile_mail(seed: int) -> bytes:
    """The mail of a seed, with LF lines."""
    chance = random.Random(seed)
    header = list(HEADER)
    body = _body(chance)
    for _ in range(chance.choice((0, 1, 1, 2, 3))):
        field = chance.choice(FIELDS)
        if field.startswith(b"Content-Transfer-Encoding"):
            body = _encoded(chance, field, body)
        header.insert(chance.randrange(len(header) + 1), field)
    if chance.random() < 0.4:
        kind = b"Content-Type: text/plain; charset=" + chance.choice(CHARSETS)
        header.insert(chance.randrange(len(header) + 1), kind + chance.choice((b"", b"; format=flowed")))
    elif chance.random() < 0.4:
        header.append(b"Content-Type: multipart/" + chance.choice((b"mixed", b"alternative", b"x")) + b"; boundary=X")
        body = _parts(chance, body)
    routing = random.Random(f"routes of {seed}")
    header += routing.sample(ROUTES, routing.choice((0, 1, 2, 4)))
    mail = b"\n".join(header) + b"\n\n" + body
    return chance.choice(BREAKS)(chance, mail)


def _body(chance: random.Random) -> bytes:
    lines = [b"Why this is done.", b"", b"Signed-off-by: Mallory <mallory@example.org>", b"---", b" a.txt | 1 +", b""]
    text = b"\n".join(lines) + b"\n" + BENIGN + b"-- \n2.39\n"
    for _ in range(chance.choice((0, 0, 1, 2))):
        text = _inserted(chance, text, chance.choice(DIFFS).rstrip(b"\n"))
    for _ in range(chance.choice((0, 0, 1, 2, 4))):
        text = _inserted(chance, text, chance.choice(LINES))
    return text


def _inserted(chance: random.Random, text: bytes, lines: bytes) -> bytes:
    there = text.split(b"\n")
    there.insert(chance.choice((0, len(there) - 1, chance.randrange(len(there)))), lines)
    return b"\n".join(there)


def _encoded(chance: random.Random, field: bytes, body: bytes) -> bytes:
    if chance.random() < 0.2:
        return body
    if b"base64" in field:
        cut = chance.randrange(len(body))
        pieces = [body] if chance.random() < 0.5 else [body[:cut], body[cut:]]
        return b"".join(b64encode(piece) + b"\n" for piece in pieces)
    quoted = body.replace(b"=", b"=3D")
    return chance.choice((quoted, body, quoted.replace(b"benign", b"ben=\nign"), quoted.replace(b"\n", b"=0D\n")))


def _parts(chance: random.Random, body: bytes) -> bytes:
    kinds = (b"", b"Content-Type: text/plain", b"Content-Type: application/octet-stream", b"Content-Type: text/x-patch",
             b"Content-Type: message/rfc822\n\nFrom: Linus <torvalds@example.com>", b"Content-Type: text/html",
             b"Content-Type: image/png", b"Content-Type: text/plain; format=flowed",
             b"Content-Type: text/plain; charset=" + chance.choice(CHARSETS),
             b"Content-Type: multipart/alternative; boundary=Y\n\n--Y")  # fmt: skip
    contents = [body, *(chance.choice((*DIFFS, HUNK, b"+EVIL\n", b"footer\n")) for _ in range(chance.randrange(3)))]
    chance.shuffle(contents)
    before, behind = (chance.choice((b"", b"text\n", EVIL)) for _ in range(2))
    parts = b"".join(b"--X\n" + chance.choice(kinds) + b"\n\n" + content for content in contents)
    return before + parts + chance.choice((b"--X--\n", b"")) + behind


def _whole(chance: random.Random, mail: bytes) -> bytes:
    return mail


def _bytes_changed(chance: random.Random, mail: bytes) -> bytes:
    changed = bytearray(mail)
    for _ in range(chance.randrange(1, 4)):
        changed[chance.randrange(len(changed))] = chance.choice((0, 9, 10, 13, 27, 32, 43, 45, 0x81, 0xE4, 0xFF))
    return bytes(changed)


def _lines_lost(chance: random.Random, mail: bytes) -> bytes:
    lines = mail.split(b"\n")
    del lines[chance.randrange(len(lines))]
    return b"\n".join(lines)


BREAKS: tuple[Callable[[random.Random, bytes], bytes], ...] = (_whole, _whole, _whole, _bytes_changed, _lines_lost)
