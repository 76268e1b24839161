"""The facts of a Patchwork that has one series per version: its series are our revisions."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.projector.corpus.cases import Delivery
from tests.projector.corpus.facts import Archive, Facts, differences, fold_each
from tests.projector.corpus.orders import Outcome

WITHOUT_MEANING = {
    "note": "a remark about the other facts, not one itself",
    "series_name_rule": "nobody names a series by hand here; an operator's corrections merge, split and link series",
}
"""Facts that have no meaning here, each with why."""

NO_FACTS = {
    "dependency-base-patch.mbox": "no fact is given; that a dependency is no revision is a case of tests/corpus",
    "dependency-multi-2.mbox.template": "no fact is given; its Depends-on is a place-holder",
    "dependency-one-cover.mbox.template": "no fact is given; its Depends-on is a place-holder",
}
"""Mails of which nothing is asserted, each with why."""

DIFFERENT = {
    ("base-out-of-order.mbox", "series_name_after_each_mail"): (
        "a series without its cover letter is listed when its wait is over, as at the end of an import, and is called "
        "`Series without cover letter`, not like its first patch",
        ["Series without cover letter", "Series without cover letter", "A sample series"],
    ),
}
"""Facts that are otherwise here, each with why, and what is so instead."""


def test_facts_of_series(archive: Archive, tmp_path: Path) -> None:
    asserted = {name: _asserted(entry) for name, entry in archive.expected["getpatchwork"].items()}
    assert {name for name, facts in asserted.items() if not facts} == NO_FACTS.keys()
    groups: dict[str, list[Delivery]] = {}
    for name, facts in asserted.items():
        mails = archive.mails(archive.expected["getpatchwork"][name]["path"])
        first = 1 if "series_name_after_each_mail" in facts else len(mails)
        groups |= {_so_far(name, number): mails[:number] for number in range(first, len(mails) + 1)}
    outcomes = fold_each(tmp_path, groups)
    otherwise: dict[tuple[str, str], Any] = {}
    for name, facts in asserted.items():
        so_far = [outcomes[group] for group in groups if group.startswith(f"{name}.")]
        otherwise |= {(name, fact): pair[1] for fact, pair in differences(facts, _findings(so_far)).items()}
    assert otherwise == {place: value for place, (_, value) in DIFFERENT.items()}
    assert sum(map(len, asserted.values())) > 90


def _so_far(name: str, number: int) -> str:
    return f"{name}.{number}"


def _asserted(entry: Facts) -> Facts:
    """All that the tests of an mbox assert; of one fact they assert the same."""
    asserted: Facts = {}
    for test in entry["tests"] if isinstance(entry["tests"], list) else ():
        for fact, value in test["asserted"].items():
            if value is not None and fact not in WITHOUT_MEANING:
                assert asserted.setdefault(fact, value) == value
    return asserted


def _findings(so_far: Sequence[Outcome]) -> Facts:
    """What is so after the last mail; of the names, after each that was folded."""
    outcome = so_far[-1]
    revisions = [revision for row in outcome.series() for revision in row["revisions"]]
    kinds = list(outcome.kinds().values())
    return {
        "covers": kinds.count("cover"),
        "patches": kinds.count("patch"),
        "comments": kinds.count("comment"),
        "series": len(revisions),
        "patches_per_series": [len(revision["patches"]) for revision in revisions],
        "covers_per_series": [int(revision["cover"] is not None) for revision in revisions],
        "received_all": all(revision["complete"] for revision in revisions),
        "patch_mbox_content_type_headers": outcome.mbox().count(b"\nContent-Type:"),
        "series_name_after_each_mail": [_only_name(outcome) for outcome in so_far],
    }


def _only_name(outcome: Outcome) -> str | None:
    names = [row["name"] for row in outcome.series()]
    return names[0] if len(names) == 1 else None


def test_tables_name_facts_that_are_there(archive: Archive) -> None:
    entries = archive.expected["getpatchwork"]
    assert entries.keys() >= NO_FACTS.keys()
    facts = {fact for entry in entries.values() if entry["tests"] != "see dependencies" for fact in _all_facts(entry)}
    assert WITHOUT_MEANING.keys() <= facts


def _all_facts(entry: Facts) -> set[str]:
    return {fact for test in entry["tests"] for fact in test["asserted"]}
