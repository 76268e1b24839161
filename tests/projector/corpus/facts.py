"""The test series of two Patchwork code bases, and what their own tests assert of each."""

import json
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ingest.message import parse
from tests.projector.corpus.cases import RECEIVED, Delivery, read_mbox
from tests.projector.corpus.orders import GIVEN, Outcome, arrive
from tests.projector.fold.invariants import check
from tests.projector.fold.world import World

Facts = dict[str, Any]
"""What a test asserts: name of the fact -> value; null where it asserts nothing."""


class Archive:
    """The archive in memory. expected: its expected.json."""

    def __init__(self, path: Path) -> None:
        with tarfile.open(path) as archive:
            self._files = {
                member.name: content.read()
                for member in archive.getmembers()
                if (content := archive.extractfile(member)) is not None
            }
        self.expected: Facts = json.loads(self._files["series/expected.json"])

    def mails(self, *paths: str) -> list[Delivery]:
        """The mails of some files, each an mbox or a single mail, all received at one time."""
        mails: list[Delivery] = []
        for path in paths:
            content = self._files[path]
            raws = [mail.raw for mail in read_mbox(content)] if content.startswith(b"From ") else [content]
            mails += [Delivery(raw, RECEIVED) for raw in raws]
        return mails


def fold(folder: Path, mails: Sequence[Delivery]) -> tuple[World, Outcome]:
    """Fold mails of one list, or of none, in a project of that list, to the end of their import."""
    world = arrive(folder, {GIVEN: mails}, _list_of(mails))
    check(world)
    return world, Outcome(world.everything(), GIVEN)


def fold_each(folder: Path, groups: Mapping[str, Sequence[Delivery]]) -> dict[str, Outcome]:
    """What each group of mails comes to by itself: those of no list in one world, the others in one each."""
    unlisted = {name: mails for name, mails in groups.items() if not _list_of(mails)}
    outcomes: dict[str, Outcome] = {}
    for number, orders in enumerate([unlisted, *({name: groups[name]} for name in groups if name not in unlisted)]):
        (folder / str(number)).mkdir()
        world = arrive(folder / str(number), orders, "" if orders is unlisted else _list_of(*orders.values()))
        check(world)
        tables = world.everything()
        outcomes |= {name: Outcome(tables, name) for name in orders}
        world.close()
    return outcomes


def _list_of(mails: Sequence[Delivery]) -> str:
    lists = {name for mail in mails for name in parse(*mail).list_ids[:1]}
    assert len(lists) <= 1, f"expected mails of one list, came those of {sorted(lists)}"
    return next(iter(lists), "")


def differences(expected: Facts, found: Facts) -> dict[str, tuple[Any, Any]]:
    """What is found otherwise than expected: name of the fact -> (expected, found). All expected ones must be known."""
    assert expected.keys() <= found.keys(), f"facts without a finding: {sorted(expected.keys() - found.keys())}"
    return {name: (value, found[name]) for name, value in expected.items() if found[name] != value}
