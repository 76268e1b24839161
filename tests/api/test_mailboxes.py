"""The mboxes of a revision and of a patch."""

import pytest
from falcon.testing import Result, TestClient

from api.mailboxes import file_name


def fetch(client: TestClient, path: str, query: str = "") -> Result:
    result = client.simulate_get(f"/api/1.0{path}", query_string=query)
    assert result.status_code == 200
    assert result.headers["content-type"] == "text/plain"
    return result


def messages(result: Result) -> list[list[str]]:
    """The lines of each mail's message, between its headers and the diffstat."""
    mails = result.text.split("From patchlog Mon Sep 17 00:00:00 2001\n")[1:]
    return [mail.partition("\n\n")[2].partition("---\n")[0].splitlines() for mail in mails]


CY, DI = "Cy <cy@example.org>", "Di <di@example.org>"
ONE = (f"Acked-by: {CY}", f"Reviewed-by: {CY}", f"Signed-off-by: {CY}")
TWO = (f"Acked-by: {DI}", 'Fixes: abcdef123456 ("y")', f"Reviewed-by: {CY}", f"Tested-by: {DI}", f"Signed-off-by: {CY}")
"""What each patch gains; what the cover letter's comments say of patches 2 and 3 is the second one's alone."""


def test_revision_is_its_patches_in_order_with_the_trailers_that_reviewers_gave(client: TestClient) -> None:
    result = fetch(client, "/series/20/revisions/2/mbox/")
    assert result.headers["content-disposition"] == "attachment; filename=Tidy-everything.mbox"
    assert [line for line in result.text.splitlines() if line.startswith("Subject")] == [
        "Subject: [PATCH] 31",
        "Subject: [PATCH] 32",
    ]
    assert messages(result) == [
        ["Why.", "", *ONE],
        ["Why.", "", *TWO],
    ]


def test_patch_has_its_own_trailers_and_those_of_its_cover_letter(client: TestClient) -> None:
    assert messages(fetch(client, "/patches/32/mbox/")) == [["Why.", "", *TWO]]


def test_patch_without_comments_is_as_it_was_sent(client: TestClient) -> None:
    result = fetch(client, "/patches/40/mbox/")
    assert messages(result) == [["Why."]]
    assert result.headers["content-disposition"] == "attachment; filename=stra-e-100-_done.patch"


def test_header_says_whose_patch_it_is_and_where_it_was_sent(client: TestClient) -> None:
    of_series = fetch(client, "/series/20/revisions/2/mbox/").text
    first, second = of_series.split("From patchlog Mon Sep 17 00:00:00 2001\n")[1:]
    fields = """\
Message-ID: <mail-31@example.org>
X-Patchwork-Id: 31
X-Patchwork-Submitter: =?utf-8?q?Ada_=C3=84rlig?= <ada@example.org>
X-Patchwork-Delegate: cy@example.org
To: "Widgets, all" <widgets@example.org>
Cc: =?utf-8?q?Zo=C3=AB?= <zoe@example.org>,
 bo@example.org
In-Reply-To: <mail-30@example.org>
References: <cover@example.org>
 <mail-30@example.org>
List-Id: <widgets.example.org>
MIME-Version: 1.0
"""
    assert fields in first
    assert fields in fetch(client, "/patches/31/mbox/").text
    assert "X-Patchwork-Id: 32\nX-Patchwork-Submitter: " in second
    assert "References" not in second


@pytest.mark.parametrize(
    ("patch", "fields"),
    [
        pytest.param(40, "X-Patchwork-Id: 40\nX-Patchwork-Submitter: bo@example.org\nMIME", id="no reviewer, no name"),
        pytest.param(45, "X-Patchwork-Id: 45\nX-Patchwork-Submitter: =?utf-8?q?Ada_=C3=84rlig?= ", id="pull request"),
    ],
)
def test_header_leaves_out_what_is_not_known(client: TestClient, patch: int, fields: str) -> None:
    assert fields in fetch(client, f"/patches/{patch}/mbox/").text


@pytest.mark.parametrize("path", ["/series/40/revisions/1/mbox/", "/patches/40/mbox/"])
def test_link_leads_to_the_page_of_the_patch(client: TestClient, path: str) -> None:
    assert messages(fetch(client, path, "link=Patchwork")) == [
        ["Why.", "", "Patchwork: https://patches.example.org/patch/40/"]
    ]


def test_empty_link_adds_nothing(client: TestClient) -> None:
    assert messages(fetch(client, "/patches/40/mbox/", "link=")) == [["Why."]]


def test_revision_without_patches_is_an_empty_mbox(client: TestClient) -> None:
    assert fetch(client, "/series/55/revisions/1/mbox/").content == b""


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("[v2,1/2] one: tidy", "v2-1-2-one-tidy.mbox"),
        ("../../etc/passwd", "etc-passwd.mbox"),
        ('a"; filename=b\r\nX: y', "a-filename-b-X-y.mbox"),
        ("語", "patches.mbox"),
        ("x" * 500, "x" * 100 + ".mbox"),
    ],
)
def test_file_name(name: str, expected: str) -> None:
    assert file_name(name, ".mbox") == expected
    assert file_name(name, ".patch") == expected.removesuffix(".mbox") + ".patch"


def test_a_series_of_one_patch_is_an_mbox_all_the_same(client: TestClient) -> None:
    result = fetch(client, "/series/40/revisions/1/mbox/")
    assert result.headers["content-disposition"] == "attachment; filename=tidy.mbox"
