"""What differs between two read models, over snapshots made by hand."""

from typing import Any

import msgspec
import pytest

from projector.differences import (
    AliasDifference,
    Announcement,
    Place,
    RevisionSeen,
    Snapshot,
    compare,
)
from projector.differences import PatchDifference as Patch
from projector.differences import RevisionDifference as Revision
from projector.differences import SeriesDifference as Series


def snapshot(shown: dict[Place, str], reruns: dict[Place, int] | None = None, **others: Any) -> Snapshot:
    """By place the names of its mails; the first is the cover letter's, or "-". Series are named after their place."""
    revisions = {}
    patches: dict[tuple[str, str], list[str]] = {}
    for (series, version), names in shown.items():
        cover, *mails = names.split()
        revisions[series, version] = RevisionSeen(
            "demo", names, None if cover == "-" else cover, tuple(mails), (reruns or {}).get((series, version))
        )
        for number, mail in enumerate(mails, 1):
            patches.setdefault(("demo", mail), []).append(f"{series}/{version} #{number}")
    names_of = {series: f"series {series}" for series, _ in shown}
    placed = {key: tuple(places) for key, places in patches.items()}
    return Snapshot(names_of, revisions, placed, others.get("pending", frozenset()), others.get("aliases", {}))


def found(before: Snapshot, after: Snapshot) -> dict[str, Any]:
    """The lists that are not empty, without the patches, which have a table of their own."""
    differences = compare(before, after)
    assert differences.rebuilt == sum(one.rebuilt for one in differences.announced)
    others = {"patches_moved", "compared", "rebuilt"}
    lists = {name: getattr(differences, name) for name in differences.__struct_fields__ if name not in others}
    return {name: found for name, found in lists.items() if found}


def test_nothing_differs_from_itself() -> None:
    one = snapshot({(1, 1): "a0 a1 a2", (1, 2): "- b1 a2", (7, 1): "c0"})
    assert compare(one, one).is_empty
    assert compare(snapshot({}), snapshot({})).is_empty


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(
            {}, {(1, 1): "a0 a1"},
            {"series_added": [Series(1, "demo", "series 1", ("a0", "a1"))],
             "revisions_added": [Revision("demo", "a0 a1", None, "1/1", ("a0", "a1"))]},
            id="a new series",
        ),
        pytest.param(
            {(1, 1): "a0 a1"}, {},
            {"series_gone": [Series(1, "demo", "series 1", ("a0", "a1"))],
             "revisions_gone": [Revision("demo", "a0 a1", "1/1", None, ("a0", "a1"))]},
            id="a series that is no more",
        ),
        pytest.param(
            {(1, 1): "- a1"}, {(1, 1): "- a1", (1, 2): "- b1"},
            {"series_changed": [Series(1, "demo", "series 1", ("a1", "b1"))],
             "revisions_added": [Revision("demo", "- b1", None, "1/2", ("b1",))]},
            id="a new revision of a series",
        ),
        pytest.param(
            {(1, 1): "- a1", (4, 1): "- b1"}, {(1, 1): "- a1", (1, 2): "- b1"},
            {"series_moved": [Series(4, "demo", "series 4", ("b1",), now=(1,))],
             "series_changed": [Series(1, "demo", "series 1", ("a1", "b1"))],
             "revisions_moved": [Revision("demo", "- b1", "4/1", "1/2", ("b1",))]},
            id="a series that is a revision of another now",
        ),
        pytest.param(
            {(1, 1): "- a1", (1, 2): "- b1"}, {(1, 1): "- a1", (4, 1): "- b1"},
            {"series_added": [Series(4, "demo", "series 4", ("b1",))],
             "series_changed": [Series(1, "demo", "series 1", ("a1",))],
             "revisions_moved": [Revision("demo", "- b1", "1/2", "4/1", ("b1",))]},
            id="a revision that is a series now",
        ),
        pytest.param(
            {(4, 1): "- b1"}, {(3, 1): "- b1"},
            {"series_moved": [Series(4, "demo", "series 4", ("b1",), now=(3,))],
             "revisions_moved": [Revision("demo", "- b1", "4/1", "3/1", ("b1",))]},
            id="a series with another number is not one more",
        ),
        pytest.param(
            {(1, 1): "a0 a1"}, {(1, 1): "a0 a1 a2"},
            {"series_changed": [Series(1, "demo", "series 1", ("a0", "a1", "a2"))],
             "revisions_changed": [Revision("demo", "a0 a1 a2", "1/1", "1/1", ("a0", "a1", "a2"), gained=("a2",))]},
            id="a revision with one mail more",
        ),
        pytest.param(
            {(1, 1): "- a1 a2 a3"}, {(1, 1): "- a1", (1, 2): "- a2 a3"},
            {"series_changed": [Series(1, "demo", "series 1", ("a1", "a2", "a3"))],
             "revisions_added": [Revision("demo", "- a2 a3", None, "1/2", ("a2", "a3"))],
             "revisions_changed": [Revision("demo", "- a1", "1/1", "1/1", ("a1",), lost=("a2", "a3"))]},
            id="a revision that was two: what stays is the same one",
        ),
        pytest.param(
            {(1, 1): "- a1 a2 a3"}, {(2, 1): "- a1", (3, 1): "- a2 a3"},
            {"series_moved": [Series(1, "demo", "series 1", ("a1", "a2", "a3"), now=(2, 3))],
             "revisions_added": [Revision("demo", "- a1", None, "2/1", ("a1",))],
             "revisions_moved": [Revision("demo", "- a2 a3", "1/1", "3/1", ("a2", "a3"), lost=("a1",))]},
            id="a revision that was two, elsewhere: the greater part is the same one",
        ),
        pytest.param(
            {(1, 1): "- a1", (1, 2): "- b1"}, {(1, 1): "- b1", (1, 2): "- a1"},
            {"series_changed": [Series(1, "demo", "series 1", ("b1", "a1"))],
             "revisions_moved": [Revision("demo", "- b1", "1/2", "1/1", ("b1",)),
                                 Revision("demo", "- a1", "1/1", "1/2", ("a1",))]},
            id="two revisions in the other order",
        ),
    ],
)  # fmt: skip
def test_series_and_revisions(before: dict[Place, str], after: dict[Place, str], expected: dict[str, Any]) -> None:
    assert found(snapshot(before), snapshot(after)) == expected


def test_copy_of_a_revision_is_told_from_it() -> None:
    before = snapshot({(1, 1): "- a1", (1, 2): "- a1"}, {(1, 2): 9})
    after = snapshot({(1, 1): "- a1", (1, 2): "- b1", (1, 3): "- a1"}, {(1, 3): 9})
    assert found(before, after) == {
        "series_changed": [Series(1, "demo", "series 1", ("a1", "b1"))],
        "revisions_added": [Revision("demo", "- b1", None, "1/2", ("b1",))],
        "revisions_moved": [Revision("demo", "- a1", "1/2", "1/3", ("a1",))],
    }


def test_patches_that_changed_place() -> None:
    before = snapshot({(1, 1): "- a1 a2 a3", (1, 2): "- b1 a2"})
    after = snapshot({(1, 1): "- a1 a3 a2", (1, 2): "- c1 a2"})
    after = msgspec.structs.replace(after, patches={**after.patches, ("demo", "d1"): ()})
    assert compare(before, after).patches_moved == [
        Patch("demo", "a2", ("1/1 #2", "1/2 #2"), ("1/1 #3", "1/2 #2")),
        Patch("demo", "a3", ("1/1 #3",), ("1/1 #2",)),
        Patch("demo", "b1", ("1/2 #1",), None),
        Patch("demo", "c1", None, ("1/2 #1",)),
        Patch("demo", "d1", None, ()),
    ]


def test_announcements_and_aliases_that_were_there_before_are_none() -> None:
    old, new = (Announcement("series-new-revision", "demo", place, ("a1",)) for place in ("1/1", "1/2"))
    before = snapshot({}, pending=frozenset([old]), aliases={"4/1": "1/2", "4": "1", "5/1": "1/3"})
    after = snapshot({}, pending=frozenset([old, new]), aliases={"4/1": "1/2", "5/1": "1/4", "6": "1"})
    assert found(before, after) == {
        "announced": [new],
        "aliases": [AliasDifference("5/1", "1/4"), AliasDifference("6", "1")],
    }
