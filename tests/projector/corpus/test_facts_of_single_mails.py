"""The facts of two Patchwork code bases about the reading of single mails."""

from pathlib import Path
from typing import Any

import pytest

from ingest.message import parse
from schemas.mail import ParsedMail
from tests.projector.corpus.facts import Archive, Facts, fold_each

DIFFERENT: dict[tuple[str, str], tuple[str, Any]] = {}
"""Facts that are otherwise here, each with why, and what is so instead."""


@pytest.mark.parametrize("group", ["getpatchwork", "fdo"])
def test_facts_of_single_mails(archive: Archive, tmp_path: Path, group: str) -> None:
    expected = archive.expected
    entries = expected["getpatchwork_single_mails"] if group == "getpatchwork" else expected["fdo"]["single_mails"]
    otherwise: dict[tuple[str, str], Any] = {}
    mails = {name: archive.mails(f"series/{group}-single/{name}") for name in entries}
    outcomes = fold_each(tmp_path, mails)
    for name, entry in entries.items():
        (mail,) = mails[name]
        shown = outcomes[name].rows("patch")
        for fact, value in entry["asserted"].items():
            found = _found(fact, value, parse(*mail), shown)
            if found != value:
                otherwise[name, fact] = found
        if "pull-request-new" in entry.get("also", ""):
            assert [row["name"] for row in outcomes[name].rows("event")] == ["pull-request-new"]
    assert otherwise == {place: found for place, (_, found) in DIFFERENT.items()}


def _found(fact: str, value: Any, mail: ParsedMail, shown: list[Facts]) -> Any:
    """What is so of a fact: `value` itself where it holds."""
    if fact in ("message", "comment"):
        return bool(mail.message.strip())
    if fact == "pull_url":
        (row,) = shown
        return "present" if value == "present" and row["pull_url"] else row["pull_url"]
    if fact in ("patches_stored", "patch_object"):
        return len(shown)
    if fact == "neither_contains":
        return None if value in mail.message or value in mail.diff else value
    if fact.startswith(("message_does_not_", "comment_does_not_")):
        text = mail.message.rstrip("\n")
        fails = text.endswith(value) if fact.endswith("_end") else value in text
        return None if fails else value
    return _found_in_diff(fact, value, mail.diff)


def _found_in_diff(fact: str, value: Any, diff: str) -> Any:
    if fact == "diff":
        return bool(diff)
    if fact == "diff_starts":
        return diff[: len(value)]
    if fact == "diff_ends":
        return diff.rstrip("\n")[-len(value) :]
    if fact == "diff_contains":
        return [text for text in value if text in diff]
    assert fact == "diff_counts", f"fact {fact!r}: expected one of those that are known"
    return {text: diff.count(text) for text in value}
