"""Whether two mails with one Message-ID say the same."""

from datetime import UTC, datetime

import pytest

from ingest.message import parse
from projector.assembly.copies import differences, digest_of
from projector.assembly.mail import Mail, read_mail
from schemas.mail import Keys
from tests.projector.fold.world import PROJECT

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DIFF = "---\n a.c | 1 +\n\ndiff --git a/a.c b/a.c\n--- a/a.c\n+++ b/a.c\n@@ -1 +1,2 @@\n one\n+two\n-- \n2.39\n"
TEXT = "Why it is so.\n\nSigned-off-by: A <a@x.org>\n"


def read(subject: str = "[PATCH 1/2] net: fix", text: str = TEXT + DIFF, author: str = "A <a@x.org>") -> Mail:
    raw = f"From: {author}\nSubject: {subject}\nMessage-ID: <m@x.org>\nDate: Mon, 2 Mar 2026 09:00:00 +0000\n\n{text}"
    return read_mail(1, parse(raw.encode(), AT), PROJECT, "smtp", 0)


FOOTER = "_" * 47 + "\ndemo mailing list\n"


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        pytest.param(read(), (), id="the same"),
        pytest.param(read(subject="[demo] [PATCH 1/2] net: fix"), (), id="the list's tag"),
        pytest.param(read(subject="[other] [PATCH 1/2] net: fix"), (), id="another list's tag"),
        pytest.param(read(author="Ada via X <a@x.org>"), (), id="another name of the address"),
        pytest.param(read(text=TEXT + DIFF + FOOTER), (), id="the list's footer"),
        pytest.param(read(text=TEXT.replace(" it ", "  it\n") + DIFF), (), id="white space"),
        pytest.param(read(author="B <b@x.org>"), ("author",), id="author"),
        pytest.param(read(subject="[PATCH 1/2] net: fixed"), ("title",), id="title"),
        pytest.param(read(subject="[PATCH v2 1/2] net: fix"), ("title",), id="marker"),
        pytest.param(read(subject="[PATCH 2/2] net: fix"), ("title",), id="place"),
        pytest.param(read(text=TEXT.replace("so", "not so") + DIFF), ("message",), id="message"),
        pytest.param(read(text=TEXT + DIFF.replace("+two", "+2")), ("diff",), id="diff"),
        pytest.param(read(text=TEXT + DIFF.replace("+two", "+two ")), ("diff",), id="white space of the diff"),
        pytest.param(read("net: else", "Else.\n", "B <b@x.org>"), ("author", "title", "message", "diff"), id="all"),
    ],
)
def test_mails_are_compared_part_by_part(other: Mail, expected: tuple[str, ...]) -> None:
    mail = read()
    assert differences(mail, other) == differences(other, mail) == expected
    assert (digest_of(mail) == digest_of(other)) == (not expected)


def test_of_what_is_not_known_any_more_nothing_differs() -> None:
    """A stub that an older version made has no digests of what its mail said."""
    old = Keys(b"a", b"n", None, (), b"", has_diff=True, has_pull_url=False)
    parsed = parse(b"Subject: [PATCH]\nMessage-ID: <m@x.org>\n\n", AT)
    stub = read_mail(1, parsed, PROJECT, "smtp", 0, keys=old)
    assert differences(stub, read()) == differences(read(), stub) == ()


def test_of_two_prefixes_neither_of_which_has_the_other_one_differs() -> None:
    mails = [read(subject=f"[PATCH {tree} 1/2] net: fix") for tree in ("net", "usb")]
    assert differences(*mails) == ("title",)
