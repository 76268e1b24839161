"""`patchlog series` and `patchlog explain` on a log and a read model that a projector keeps."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

import patchlog.stores
from schemas.fact import Fact
from schemas.records import RevisionLinked, SeriesMerged, SeriesSplit
from tests.patchlog.station import Station, followed
from tests.projector.fold.mailing import mail, series

MAILS = [
    *series("a", 2, name="net: one", patch_names=["net: a", "net: b"]),
    *series("a2", 2, name="net: one", marker="v2", minute=300, patch_names=["net: a", "net: b"]),
    *series("b", 2, name="net: two", minute=600, patch_names=["net: c", "net: d"]),
    mail("[PATCH] two: else", "else", list_id="two.example.org"),
    mail("[PATCH] who: knows", "dead", list_id="three.example.org"),
]
A, A2, B, ELSE, DEAD = 4, 7, 10, 13, 14
"""The record ids of the first mails; as log records 1 to 3 are its opening and the projects."""


@pytest.fixture
def station(data_directory: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Station]:
    yield from followed(Station(data_directory, *MAILS), monkeypatch)


@pytest.mark.parametrize(
    ("arguments", "fact", "lines"),
    [
        pytest.param(
            ("merge", str(B), str(A)),
            SeriesMerged(mails=(B, A), series=(B, A)),
            [f"revision {B}/1 is revision 3 of series {A}", f"revision {A}/1 is revision 1 of series {A}"],
            id="merge",
        ),
        pytest.param(
            ("split", f"{A}/2", "--reason", "no reroll"),
            SeriesSplit(mail=A2, series=A, revision=2, reason="no reroll"),
            [f"revision {A}/2 is revision 1 of series {A2}"],
            id="split",
        ),
        pytest.param(
            ("link", f"{B}/v1", str(A)),
            RevisionLinked(mail=B, to=A, series=B, revision=1, to_series=A),
            [f"revision {B}/1 is revision 3 of series {A}", f"revision {A}/1 is revision 1 of series {A}"],
            id="link",
        ),
    ],
)
def test_a_correction_is_put_on_the_log_and_done(
    station: Station, arguments: Sequence[str], fact: Fact, lines: Sequence[str]
) -> None:
    shown = station.run("series", *arguments)
    assert shown.exit_code == 0, shown.output
    assert station.said() == fact
    assert shown.stdout.splitlines() == [
        f"record {station.log.end()} of the log; the projector has done it",
        *lines,
    ]


def test_a_correction_as_json(station: Station) -> None:
    shown = station.run("series", "split", f"{A}/2", "--json")
    assert json.loads(shown.stdout) == {
        "record": station.log.end(),
        "folded": True,
        "before": [{"project": 2, "series": A, "revision": 2, "mail": A2}],
        "now": [{"project": 2, "series": A2, "revision": 1, "mail": A2}],
    }


def test_a_correction_without_a_projector_waits_for_one(station: Station, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patchlog.stores, "wait_until_folded", lambda *_: False)
    shown = station.run("series", "split", f"{A}/2")
    assert shown.stdout == f"record {station.log.end()} of the log; a projector will do it when it runs\n"


def test_old_numbers_lead_where_their_patches_are(station: Station) -> None:
    station.run("series", "merge", str(A), str(B))
    assert "is in series" in station.run("series", "link", f"{B}/1", str(A)).output
    assert f"there is no revision 2 of a series {B}" in station.run("series", "split", f"{B}/2").stderr
    station.run("series", "split", f"{B}/1")
    assert station.said() == SeriesSplit(mail=B, series=A, revision=3)
    station.run("series", "split", f"{A}/2")
    station.run("series", "merge", f"{A2}", f"{B}")
    assert station.said() == SeriesMerged(mails=(A2, B), series=(A2, B))


@pytest.mark.parametrize(
    ("arguments", "status", "expected"),
    [
        pytest.param(("merge", str(A), str(A)), 1, "one series already", id="merge with itself"),
        pytest.param(("merge", str(A), "99"), 1, "there is no series 99", id="merge with nothing"),
        pytest.param(("merge", str(A), str(ELSE)), 1, "different projects", id="merge of projects"),
        pytest.param(("merge", str(A), "x"), 2, "not a valid integer", id="merge with a word"),
        pytest.param(("split", f"{A}/3"), 1, f"there is no revision 3 of a series {A}", id="split of nothing"),
        pytest.param(("split", str(A)), 2, "expected SERIES/REV", id="split of a series"),
        pytest.param(("split", f"{A}/1"), 1, "begins with revision 1: all others link to it", id="split of the first"),
        pytest.param(("split", f"{B}/1"), 1, "begins with revision 1: it is the only one", id="split of the only one"),
        pytest.param(("link", f"{A}/2", str(A)), 1, "is in series", id="link to its own"),
        pytest.param(("link", f"{A}/2", "99"), 1, "there is no series 99", id="link to nothing"),
        pytest.param(("link", f"{A}/2", str(ELSE)), 1, "different projects", id="link of projects"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    station: Station, arguments: Sequence[str], status: int, expected: str
) -> None:
    end = station.log.end()
    refused = station.run("series", *arguments)
    assert refused.exit_code == status
    assert expected in refused.stderr
    assert station.log.end() == end


def test_a_mail_is_explained_in_words(station: Station) -> None:
    shown = station.run("explain", "<a2-1@example.org>").stdout
    assert "Tags: number 1 of 2, marker v2; title “net: a”" in shown
    assert "Project demo: its list fields name demo.example.org." in shown
    assert f"It follows revision 1 of series {A}: the same name (rule 4)." in shown
    assert f"/api/1.0/series/{A}/revisions/2/" in shown


def test_a_correction_is_explained_with_its_reason(station: Station) -> None:
    station.run("series", "split", f"{A}/2", "--reason", "no reroll")
    station.run("series", "link", f"{B}/1", str(A), "--reason", "renamed")
    split = station.run("explain", "a2-0@example.org").stdout
    assert "An operator said that it begins a series (“no reroll”)." in split
    assert f"By the rules it would be revision 1 of series {A}, the same name (rule 4)" in split
    linked = station.run("explain", "b-2@example.org").stdout
    assert f"It follows revision 1 of series {A}: an operator said so (“renamed”)." in linked


def test_a_mail_is_explained_as_json(station: Station) -> None:
    (explained,) = station.json("explain", "a2-1@example.org")
    assert (explained["project"], explained["kind"], explained["id"]) == ("demo", "patch", A2 + 1)
    linked = explained["linked"]
    assert isinstance(linked, dict)
    assert (linked["to"], linked["rule"]) == (A, 4)


def test_a_dead_letter_is_explained_with_what_mends_it(station: Station) -> None:
    shown = station.run("explain", "dead@example.org").stdout
    assert "no-project" in shown
    assert "--listid three.example.org" in shown


@pytest.mark.parametrize(
    ("message_id", "expected"),
    [
        pytest.param("nobody@example.org", "no mail has it, and none refers to it", id="never heard of"),
        pytest.param("gone@example.org", "other mails refer to it, but it has never come", id="merely named"),
    ],
)
def test_a_mail_that_never_came_cannot_be_explained(station: Station, message_id: str, expected: str) -> None:
    station.log.append([mail("Re: gone", "answer", answers="gone", minute=700)])
    behind = station.run("explain", "answer@example.org")
    assert (behind.exit_code, "the projector is 1 behind the end of the log" in behind.stderr) == (1, True)
    station.follow()
    refused = station.run("explain", message_id)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert expected in refused.stderr
