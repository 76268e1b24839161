"""The plain pages: well-formed, without scripts, with everything escaped."""

import base64
import hashlib
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from falcon.testing import TestClient

from api.app import create_app
from api.pages.diff import COLOURED_LENGTH_MAX, mark_up
from projector.readmodel import tables
from projector.readmodel.generations import ReadModels
from projector.readmodel.queries.copies import copies_of_all
from schemas.settings import Settings
from tests.api.rows import make_read_model

HTML = "{http://www.w3.org/1999/xhtml}"


def show(client: TestClient, path: str, status: int = 200) -> ElementTree.Element:
    """Fetch a page, and read it as XML."""
    path, _, query = path.partition("?")
    result = client.simulate_get(path, query_string=query)
    assert result.status_code == status
    assert result.headers["content-type"] == "text/html; charset=utf-8"
    return ElementTree.fromstring(result.text.removeprefix("<!DOCTYPE html>\n"))


def links(page: ElementTree.Element) -> list[str]:
    return [link.attrib["href"] for link in page.iter(f"{HTML}a")]


def words(page: ElementTree.Element) -> str:
    return " ".join("".join(page.itertext()).split())


PAGES = [
    "/",
    "/api/docs",
    "/project/widgets/series/",
    "/project/gadgets/series/",
    "/series/20/",
    "/series/55/",
    "/patch/31/",
    "/patch/45/",
]


@pytest.mark.parametrize("path", PAGES)
def test_page_is_well_formed_and_has_no_script(client: TestClient, path: str) -> None:
    page = show(client, path)
    assert not list(page.iter(f"{HTML}script"))
    assert not [name for element in page.iter() for name in element.attrib if name.startswith("on") or name == "style"]
    assert page.find(f"{HTML}body/{HTML}main/{HTML}h1") is not None


@pytest.mark.parametrize("path", [*PAGES, "/nothing"])
def test_policy_allows_the_one_style_and_nothing_else(client: TestClient, path: str) -> None:
    result = client.simulate_get(path)
    style = re.search(r"<style>(.*?)</style>", result.text, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    policy = result.headers["content-security-policy"]
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}';")


@pytest.mark.parametrize("path", PAGES)
def test_links_lead_somewhere(client: TestClient, path: str) -> None:
    for link in links(show(client, path)):
        if link.startswith("/"):
            path, _, query = link.partition("?")
            assert client.simulate_get(path, query_string=query).status_code == 200, link
        else:
            assert link.startswith(("https://", "#")), link


def test_front_page_lists_the_projects(client: TestClient) -> None:
    page = show(client, "/")
    assert "/project/widgets/series/" in links(page)
    assert "Gadgets & Co" in words(page)


def test_project_page_lists_its_series_by_pages(client: TestClient) -> None:
    first = show(client, "/project/widgets/series/?perpage=3")
    assert [link for link in links(first) if link.startswith("/series/")] == [
        "/series/55/",
        "/series/51/",
        "/series/40/",
    ]
    assert "/project/widgets/series/?perpage=3&page=2" in links(first)
    second = show(client, "/project/widgets/series/?perpage=3&page=2")
    assert [link for link in links(second) if link.startswith("/series/")] == ["/series/20/"]
    assert "/project/widgets/series/?perpage=3" in links(second)
    last = show(client, "/project/widgets/series/?perpage=3&page=last")
    assert links(last) == links(second)


def test_series_page_shows_every_revision(client: TestClient) -> None:
    page = show(client, "/series/20/")
    text = words(page)
    for expected in (
        "Tidy <everything>",
        "Ada Ärlig",
        "in progress",
        "All of it.",
        "2 warnings",
        "[2/2] two: tidy",
        "Superseded",
    ):
        assert expected in text
    assert [section.attrib["id"] for section in page.iter(f"{HTML}section")] == ["rev2", "rev1"]
    assert {"/patch/31/", "/patch/22/", "/api/1.0/series/20/revisions/1/mbox/"} <= set(links(page))


def test_series_page_tells_of_other_mails_with_a_cover_letters_message_id(client: TestClient) -> None:
    page = show(client, "/series/20/")
    newest, first = map(words, page.iter(f"{HTML}section"))
    assert "Other mails" not in newest
    assert "Other mails came with this cover letter's Message-ID" in first
    assert "Record 92 of the log, 2024-05-04 10:00: another title, diff" in first
    assert "Other mails" not in words(show(client, "/series/55/"))


def test_copies_of_one_mail_hide_none_of_another(tmp_path: Path) -> None:
    url = make_read_model(f"sqlite:///{tmp_path}/readmodel.db")
    engine = ReadModels(url).engine(1)
    of_patch, of_cover = tables.conflicting_copy.c.id == 90, tables.conflicting_copy.c.id == 92
    with engine.begin() as connection:
        for template, first in ((of_patch, 1000), (of_cover, 2000)):
            (row,) = connection.execute(tables.conflicting_copy.select().where(template)).mappings()
            more = [{**row, "id": first + n, "said": bytes([n])} for n in range(25)]
            connection.execute(tables.conflicting_copy.insert(), more)
        named = copies_of_all(connection, [20, 31], 20)
    engine.dispose()
    assert {mail: [record for record, *_ in found] for mail, found in named.items()} == {
        20: list(range(2005, 2025)),
        31: list(range(1005, 1025)),
    }
    client = TestClient(create_app(Settings(database=url, base_url="https://patches.example.org")))
    for path in ("/series/20/", "/patch/31/"):
        assert words(show(client, path)).count("These are the newest; patchlog copy list has all of them.") == 1


def test_incomplete_series_says_so(client: TestClient) -> None:
    assert "incomplete" in words(show(client, "/series/55/"))


def test_patch_page_shows_the_diff_and_the_comments(client: TestClient) -> None:
    page = show(client, "/patch/31/")
    spans = {"".join(span.itertext()): span.attrib["class"] for span in page.iter(f"{HTML}span")}
    assert spans["-old <b>"] == "removed"
    assert spans["+new [U+000C] & tidy"] == "added"
    assert spans["[U+000C]"] == "mark"
    assert spans["@@ -1 +1 @@"] == "part"
    assert "Fine <by> me 71." in words(page)
    assert {"/series/20/", "/api/1.0/patches/31/mbox/"} <= set(links(page))


def test_patch_page_tells_of_other_mails_with_its_message_id(client: TestClient) -> None:
    page = words(show(client, "/patch/31/"))
    assert "Other mails came with this Message-ID" in page
    assert "Record 90 of the log, 2024-05-04 10:00: another title, diff" in page and "Record 91" not in page
    assert "Other mails" not in words(show(client, "/patch/40/"))


@pytest.mark.parametrize(
    ("path", "said"), [("/patch/31/", "(verified:"), ("/patch/40/", "(not verified:"), ("/patch/61/", "")]
)
def test_patch_page_says_whether_somebody_vouches_for_the_author(client: TestClient, path: str, said: str) -> None:
    page = words(show(client, path))
    assert [text for text in ("(verified:", "(not verified:") if text in page] == [said][: bool(said)]


def test_link_of_a_result_that_is_no_web_page_is_no_link(client: TestClient) -> None:
    page = show(client, "/patch/40/")
    assert "lint" in words(page)
    assert not [link for link in links(page) if link.startswith("javascript")]


def test_pull_request_page_shows_what_to_pull(client: TestClient) -> None:
    assert "git://example.org/w.git main" in words(show(client, "/patch/45/"))


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/patch/msgid/mail-31@example.org/", "/patch/31/"),
        ("/patch/msgid/mail-31@example.org", "/patch/31/"),
        ("/patch/msgid/%3Cmail-31@example.org%3E/", "/patch/31/"),
        ("/patch/msgid/a/b%25c+d@example.org/", "/patch/51/"),
        ("/patch/msgid/a%2Fb%25c%2Bd%40example.org", "/patch/51/"),
    ],
)
def test_patch_is_found_by_its_message_id(client: TestClient, path: str, target: str) -> None:
    result = client.simulate_get(path)
    assert result.status_code == 302
    assert result.headers["location"] == f"https://patches.example.org{target}"


@pytest.mark.parametrize(
    "path",
    [
        "/nothing/",
        "/series/999/",
        "/patch/999/",
        "/patch/x/",
        "/patch/msgid/x@example.org/",
        "/project/nothing/series/",
    ],
)
def test_page_that_is_not_there(client: TestClient, path: str) -> None:
    assert "Not found." in words(show(client, path, 404))


def test_page_behind_the_last(client: TestClient) -> None:
    assert "Invalid page." in words(show(client, "/project/widgets/series/?page=9", 404))


def test_links_keep_the_path_of_the_configured_url(database: str) -> None:
    client = TestClient(create_app(Settings(database=database, base_url="https://example.org/lists/")))
    assert "/lists/project/widgets/series/" in links(show(client, "/"))
    assert "/lists/project/widgets/series/?perpage=3&page=2" in links(
        show(client, "/project/widgets/series/?perpage=3")
    )


def test_diff_that_is_very_long_stays_plain() -> None:
    assert mark_up("+<\n" * (COLOURED_LENGTH_MAX // 3)).startswith("<span")
    assert mark_up("+<\n" * COLOURED_LENGTH_MAX).startswith("+&lt;\n+")


def test_page_of_a_patch_is_bounded_whatever_was_said(database: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    if not database.startswith("sqlite"):
        pytest.skip("what a page shows is the same from every database")
    url = make_read_model(f"sqlite:///{tmp_path_factory.mktemp('long')}/0/readmodel.db")
    models = ReadModels(url)
    engine = models.engine(1)
    with engine.begin() as connection:
        (template,) = connection.execute(tables.comment.select().limit(1)).mappings().all()
        rows = [{**template, "id": 1000 + n, "target_id": 40, "text": f"Said {n}. " * 5000} for n in range(120)]
        connection.execute(tables.comment.insert(), rows)
        connection.execute(tables.patch_text.update().values(content="+x\n" * 500_000, message="y\n" * 500_000))
        (result,) = connection.execute(
            tables.test_result.select().where(tables.test_result.c.patch_id == 40)
        ).mappings()
        tests = [{**result, "id": 5000 + n, "test_name": f"t{n:04}", "summary": "z" * 9000} for n in range(900)]
        connection.execute(tables.test_result.insert(), tests)
    engine.dispose()
    client = TestClient(create_app(Settings(database=url, base_url="https://patches.example.org")))
    sizes, shown, path = [], [], "/patch/40/?page=1"
    while path:
        answer = client.simulate_get(path.partition("?")[0], query_string=path.partition("?")[2])
        assert answer.status_code == 200
        sizes.append(len(answer.content))
        page = ElementTree.fromstring(answer.text)
        shown += [article.attrib["id"] for article in page.iter(f"{HTML}article")]
        path = next((a.attrib["href"] for a in page.iter(f"{HTML}a") if a.get("rel") == "next"), "")
    assert len(shown) == len(set(shown)) >= 120
    assert max(sizes) < 2_500_000
    assert answer.text.count("This is the beginning") == 2 and "These are the first" in answer.text
    assert client.simulate_get("/patch/40/", query_string="page=99").status_code == 404


def test_page_of_a_series_is_bounded_whatever_was_posted(
    database: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    if not database.startswith("sqlite"):
        pytest.skip("what a page shows is the same from every database")
    url = make_read_model(f"sqlite:///{tmp_path_factory.mktemp('wide')}/0/readmodel.db")
    models = ReadModels(url)
    engine = models.engine(1)
    of_series = tables.revision.c.series_id == 40
    with engine.begin() as connection:
        (template,) = connection.execute(tables.revision.select().where(of_series)).mappings().all()
        letter = {"cover_letter": "So it is. " * 9000}
        rows = [{**template, **letter, "version": n, "posting_id": 4000 + n} for n in range(2, 36)]
        connection.execute(tables.revision.insert(), rows)
        (result,) = connection.execute(
            tables.test_result.select().where(tables.test_result.c.target == "revision").limit(1)
        ).mappings()
        tests = [{**result, "id": 5000 + n, "posting_id": 4035, "test_name": f"t{n:04}", "summary": "z" * 9000}
                 for n in range(4000)]  # fmt: skip
        connection.execute(tables.test_result.insert(), tests)
        lines = [{"patch_id": 40, "series_id": 40, "version": version, "number": number}
                 for version in (30, 35) for number in range(5000)]  # fmt: skip
        connection.execute(tables.revision_patch.insert(), lines)
    engine.dispose()
    client = TestClient(create_app(Settings(database=url, base_url="https://patches.example.org")))
    sizes, shown, said, path = [], [], "", "/series/40/?perpage=100"
    while path:
        answer = client.simulate_get(path.partition("?")[0], query_string=path.partition("?")[2])
        assert answer.status_code == 200
        sizes.append(len(answer.content))
        said += answer.text
        page = ElementTree.fromstring(answer.text)
        shown += [section.attrib["id"] for section in page.iter(f"{HTML}section")]
        path = next((a.attrib["href"] for a in page.iter(f"{HTML}a") if a.get("rel") == "next"), "")
    assert shown == [f"rev{version}" for version in range(35, 0, -1)]
    assert max(sizes) < 1_000_000
    assert (said.count("These are the first"), said.count("This is the beginning")) == (2, 34)
    assert said.count("There are more results") == 1, "none is said to have more that has no results at all"
    assert client.simulate_get("/series/40/", query_string="page=99").status_code == 404
