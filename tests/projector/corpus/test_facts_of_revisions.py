"""The facts of the Patchwork that has series with revisions, as we do."""

from pathlib import Path
from typing import Any

import pytest

from api.mailboxes import file_name
from ingest.message import parse
from schemas.records import PatchStateChanged
from tests.projector.corpus.facts import Archive, Facts, differences, fold
from tests.projector.corpus.orders import Outcome
from tests.projector.fold.world import World, deliver

IN_ANOTHER_ORDER = {
    "MultipleMailCoverLetterSeriesUnordered.testInsertion": "MultipleMailCoverLetterSeries.testInsertion"
}
"""Tests whose facts are said to be those of another one."""

BY_THEMSELVES = {
    "StateChangeEventLogTest.testStateChangeLog",
    "test_rest.py APITest.testRevisionPatchOrdering",
    "test_rest.py APITest.testSeriesMbox",
}
"""Tests whose facts are a sentence, which `test_facts_in_sentences` says in code."""

WITHOUT_MEANING = {
    "note": "a remark about the other facts, not one itself",
    "revision_root_msgid": "a revision has the mails that it was posted in; what a thread began with is no part of it",
}
"""Facts that have no meaning here, each with why."""


def test_facts_of_threads(archive: Archive, tmp_path: Path) -> None:
    tests = {entry["test"]: entry for entry in archive.expected["fdo"]["tests"]}
    checked = 0
    for name, entry in tests.items():
        if name not in BY_THEMSELVES:
            asserted = tests[IN_ANOTHER_ORDER.get(name, name)]["asserted"]
            expected = {fact: value for fact, value in asserted.items() if fact not in WITHOUT_MEANING}
            findings = _findings(archive, tmp_path / name, entry["feed"])
            assert differences(expected, findings) == {}, name
            checked += len(expected)
    assert checked > 30


def _findings(archive: Archive, folder: Path, feed: list[str]) -> Facts:
    mails = archive.mails(*(f"series/fdo/{name}" for name in feed))
    folder.mkdir()
    world, outcome = fold(folder, mails)
    (series,) = outcome.series()
    revisions = series["revisions"]
    first = revisions[0]
    findings = {
        "series": len(outcome.series()),
        "revisions": len(revisions),
        "event_log_entries": sum(not row["by_name_only"] for row in outcome.rows("event")),
        "patches": list(outcome.kinds().values()).count("patch"),
        "patches_in_revision": len(first["patches"]),
        "series_name": series["name"],
        "root_msgid": f"<{first['cover'] or first['patches'][0]}>",
        "patch_msgid": f"<{first['patches'][0]}>",
        "cover_letter": _cover_letter(world, archive),
        "series_last_revision_version": series["version"],
    }
    for revision in revisions:
        place = {"patches": len(revision["patches"]), "patch_msgid": f"<{revision['patches'][0]}>"}
        findings[f"revision_{revision['version']}"] = place
    world.close()
    return findings


def _cover_letter(world: World, archive: Archive) -> str | None:
    """The cover letter; the facts' own words for that of 0010 where it is so."""
    text: str | None = world.everything()["revision"][0]["cover_letter"]
    (mail,) = archive.mails("series/fdo/0010-multiple-mails-cover-letter.mbox")
    body = parse(*mail).message
    end = body.index("\n", body.index(" insertions(+), "))
    if text == body[:end]:
        return "the body of 0010 up to the end of its diffstat, without signature and list footer"
    return text


@pytest.fixture
def four_patches(archive: Archive, tmp_path: Path) -> tuple[World, Outcome]:
    """The world with the series 0010 to 0014."""
    names = [
        entry["file"] for entry in archive.expected["fdo"]["mails"] if "-multiple-mails-cover-letter" in entry["file"]
    ]
    return fold(tmp_path, archive.mails(*names))


def test_facts_in_sentences(four_patches: tuple[World, Outcome]) -> None:
    world, outcome = four_patches
    (series,) = outcome.series()
    names = outcome.names()
    for number, patch in enumerate(series["revisions"][0]["patches"], 1):
        assert names[patch].startswith(f"[{number}/4]")
    assert file_name(series["name"], ".mbox") == "for_each_-intel_-crtc-v2.mbox"
    patches = [row["id"] for row in outcome.rows("patch")]
    deliver(world, [PatchStateChanged(patch=patch, state="Accepted") for patch in patches])
    changes = [row["patch_id"] for row in world.everything()["event"] if row["name"] == "patch-state-change"]
    assert changes == patches
    world.close()


def test_every_test_is_checked(archive: Archive) -> None:
    tests: dict[str, Any] = {entry["test"]: entry["asserted"] for entry in archive.expected["fdo"]["tests"]}
    in_sentences = {name for name, asserted in tests.items() if isinstance(asserted, str)}
    assert in_sentences == BY_THEMSELVES | IN_ANOTHER_ORDER.keys()
    facts = {fact for asserted in tests.values() if isinstance(asserted, dict) for fact in asserted}
    assert facts >= WITHOUT_MEANING.keys()
