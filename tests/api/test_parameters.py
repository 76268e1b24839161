"""What the parameters of a query are read as."""

import pytest

from api.parameters import (
    FieldError,
    InvalidPage,
    read_flag,
    read_id,
    read_link_tag,
    read_list,
    read_ordering,
    read_page,
    read_time,
    read_words,
)
from projector.readmodel.queries import LAST, Page
from tests.api.rows import us


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "2015-10-20T19:49:49.494183", us("2015-10-20T19:49:49.494183"), id="as an event's time is written"
        ),
        pytest.param("2015-10-20T19:49:49", us("2015-10-20T19:49:49"), id="whole seconds"),
        pytest.param("2015-10-20", us("2015-10-20"), id="a date is its midnight"),
        pytest.param("2015-10-20T19:49:49Z", us("2015-10-20T19:49:49"), id="Z"),
        pytest.param("2015-10-20T19:49:49+02:00", us("2015-10-20T17:49:49"), id="offset"),
        pytest.param("2015-10-20T19:49:49-0130", us("2015-10-20T21:19:49"), id="offset without a colon"),
        pytest.param("2015-10-20T19:49:49.5 02:00", us("2015-10-20T17:49:49.5"), id="a plus that became a space"),
        pytest.param("2015-10-20 19:49", us("2015-10-20T19:49:00"), id="a space for the T"),
        pytest.param("2015-10-20 19:49 02:00", us("2015-10-20T17:49:00"), id="both spaces"),
        pytest.param("1969-12-31T23:59:59", -1_000_000, id="before 1970"),
    ],
)
def test_time(text: str, expected: int) -> None:
    assert read_time("since", text) == expected


@pytest.mark.parametrize(
    "text",
    ["yesterday", "2015-13-01", "2015-10-20T25:00:00", "1445370589", "2015-10-20T19:49:49+99:00", "\ufffd", "12:30"],
)
def test_malformed_time_names_its_field(text: str) -> None:
    with pytest.raises(FieldError) as caught:
        read_time("updated_since", text)
    ((field, (message,)),) = caught.value.errors.items()
    assert field == "updated_since"
    assert repr(text) in message


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5", 5), (" 5", 5), ("007", 7), ("9223372036854775807", 2**63 - 1), ("9223372036854775808", 0),
        ("9" * 400, 0), ("-5", 0), ("0", 0), ("abc", None), ("", None), ("5x", None), ("٣", None), ("1_0", None),
        ("-", None),
    ],
)  # fmt: skip
def test_id(text: str, expected: int | None) -> None:
    assert read_id(text) == expected


@pytest.mark.parametrize(
    ("perpage", "page", "expected"),
    [
        pytest.param(None, None, Page(20, 1), id="neither"),
        pytest.param("5", "3", Page(5, 3), id="both"),
        pytest.param("100", "1", Page(100, 1), id="the largest size"),
        pytest.param("101", "1", Page(100, 1), id="over the largest"),
        pytest.param("9" * 50, "1", Page(100, 1), id="far over the largest"),
        pytest.param("0", None, Page(20, 1), id="size 0"),
        pytest.param("-1", None, Page(20, 1), id="size below 0"),
        pytest.param("many", None, Page(20, 1), id="no size"),
        pytest.param("", "", Page(20, 1), id="both empty"),
        pytest.param("7", "last", Page(7, LAST), id="the last"),
    ],
)
def test_page(perpage: str | None, page: str | None, expected: Page) -> None:
    assert read_page(perpage, page) == expected


@pytest.mark.parametrize("page", ["0", "-1", "Last", "last ", "1.5", "٣", " 1"])
def test_invalid_page(page: str) -> None:
    with pytest.raises(InvalidPage):
        read_page(None, page)


def test_comma_list_leaves_out_what_is_empty() -> None:
    assert read_list(" a, b,,c ") == ["a", "b", "c"]


def test_words_are_compared_without_case_and_hyphens() -> None:
    assert read_words("In-Progress,DONE,under_review") == ["in progress", "done", "under review"]


def test_ordering_is_a_comma_list_without_repeats() -> None:
    assert read_ordering("-name,id,-name") == ("-name", "id")
    assert read_ordering(None) == ()


@pytest.mark.parametrize("tag", ["Patchwork", "Link", "X-Seen-At"])
def test_link_tag(tag: str) -> None:
    assert read_link_tag(tag) == tag


@pytest.mark.parametrize("tag", ["a b", "a:", "a\nb", "-x", "é", "x" * 65])
def test_link_tag_that_is_no_trailer(tag: str) -> None:
    with pytest.raises(FieldError):
        read_link_tag(tag)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("true", True), ("TRUE", True), ("1", True), ("false", False), ("False", False), ("0", False), ("", False)],
)
def test_flag(text: str, expected: bool) -> None:
    assert read_flag("rebuilt", text) is expected
    assert read_flag("rebuilt", None) is False


@pytest.mark.parametrize("text", ["yes", "2", "true,false", " true", "tru", "ſ"])
def test_flag_that_is_neither(text: str) -> None:
    with pytest.raises(FieldError):
        read_flag("rebuilt", text)


def test_no_link_tag() -> None:
    assert read_link_tag(None) is None
    assert read_link_tag("") is None
