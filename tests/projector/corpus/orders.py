"""One case in many orders of arrival: each order is a project of its own in one world."""

import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from api.mbox import compose
from ingest.message import parse
from projector.readmodel import tables as t
from projector.readmodel.rows import PostingState
from schemas.mail import PARSER_VERSION, Commit, MboxMail, ParsedMail
from schemas.records import ImportFinished, MailReceived, ProjectAdded
from tests.projector.corpus.cases import RECEIVED, Delivery
from tests.projector.fold.world import Rows, World

SEEDS = 5
BATCHES = (500, 1, 500, 3, 500)
"""The sizes in which the orders are folded, in turn: they change nothing."""
GIVEN = "given"


def orders(mails: Sequence[Delivery]) -> dict[str, list[Delivery]]:
    """The orders in which a case's mails arrive: that of the file, reversed, and shuffled with seeds."""
    at_once = [Delivery(mail.raw, RECEIVED) for mail in mails]
    found = {GIVEN: list(mails), "reversed": at_once[::-1]}
    for seed in range(SEEDS):
        found[f"seed{seed}"] = random.Random(seed).sample(at_once, len(mails))
    return found


def arrive(place: Path | str, orders: Mapping[str, Sequence[Delivery]], listid: str = "") -> World:
    """Fold every order in its project, which is called like it, and announce what is complete.

    place is as for World. The mails name no list, or all the same `listid`, which is only sensible where there is one
    order.
    """
    projects = [_project(name, listid or f"demo.{name}.example.org") for name in orders]
    world = World(place, project=projects[0])
    world.append(*projects[1:])
    parsed: dict[Delivery, ParsedMail] = {}
    for number, (name, mails) in enumerate(orders.items()):
        for mail in mails:
            if mail not in parsed:
                parsed[mail] = parse(*mail)
            world.append(_received(mail, parsed[mail], name))
        world.append(ImportFinished(source=f"import:{name}", mails=len(mails)))
        world.catch_up(batch=BATCHES[number % len(BATCHES)])
    return world


def _project(name: str, listid: str) -> ProjectAdded:
    return ProjectAdded(linkname=name, name=name, listid=listid, listemail=listid.replace(".", "@", 1))


def _received(mail: Delivery, parsed: ParsedMail, order: str) -> MailReceived:
    return MailReceived(
        source=f"import:{order}",
        received_at=mail.received_at,
        list_id=f"demo.{order}.example.org",
        raw=mail.raw,
        parser_version=PARSER_VERSION,
        parsed=parsed,
    )


class Outcome:
    """What the mails of a project came to, in Message-IDs. A mail that has none is called `none:` and its subject."""

    def __init__(self, tables: Mapping[str, Rows], project: str) -> None:
        (self._project,) = [row["id"] for row in tables["project"] if row["linkname"] == project]
        self._tables = tables
        self._subjects = {row["id"]: row["name"] for row in tables["patch"]}
        self.ids = {row["id"]: self._called(row) for row in self.rows(t.mail.name)}

    def rows(self, table: str) -> Rows:
        return [row for row in self._tables[table] if row["project_id"] == self._project]

    def _called(self, row: dict[str, Any]) -> str:
        name: str = row["message_id"]
        return f"none:{self._subjects[row['id']]}" if name.endswith("@patchlog.invalid") else name

    def series(self) -> list[dict[str, Any]]:
        """Every series with its revisions by Date."""
        return [{**row, "revisions": self._revisions(row["id"])} for row in self.rows("series")]

    def _revisions(self, series: int) -> list[dict[str, Any]]:
        rows = [row for row in self._tables["revision"] if row["series_id"] == series]
        return [
            {
                "patches": [self.ids[id] for id in msgspec.json.decode(row["patches"], type=list[int])],
                "cover": self.ids.get(row["cover_id"]),
                "complete": row["complete"],
                "version": row["version"],
            }
            for row in sorted(rows, key=lambda row: (row["submitted_us"], row["version"]))
        ]

    def kinds(self) -> dict[str, str]:
        return {self.ids[row["id"]]: row["kind"] for row in self.rows("mail")}

    def comments(self) -> dict[str, str | None]:
        return {self.ids[row["id"]]: self.ids.get(row["target_id"]) for row in self.rows("comment")}

    def names(self) -> dict[str, str]:
        return {self.ids[row["id"]]: row["name"] for row in self.rows("patch")}

    def links(self) -> dict[str, tuple[set[str], int] | None]:
        """For each mail, of the earliest posting that has it: all mails of what this is linked to, and the rule."""
        states = [msgspec.msgpack.decode(row["state"], type=PostingState) for row in self.rows("posting")]
        states.sort(key=lambda state: state.posting.order, reverse=True)
        mails = {state.posting.id: {self.ids[id] for id in state.posting.mails} for state in states}
        return {
            mail: (mails[state.link.to], state.link.rule) if state.link is not None else None
            for state in states
            for mail in mails[state.posting.id]
        }

    def may_follow(self) -> list[tuple[str, str]]:
        """The series that may follow another one, and this: each by the lowest patch of its first revision."""
        first = {row["id"]: self._revisions(row["id"])[0]["patches"][:1] for row in self.rows("series")}
        rows = (row for row in self.rows("series") if row["may_follow"] is not None)
        return sorted((first[row["id"]][0], first[row["may_follow"]][0]) for row in rows)

    def mbox(self) -> bytes:
        """All patches, as the API gives them."""
        patches = {row["id"] for row in self.rows("patch")}
        texts = [row for row in self._tables["patch_text"] if row["patch_id"] in patches]
        return compose((self._mail(row), ()) for row in texts)

    def _mail(self, row: Mapping[str, Any]) -> MboxMail:
        commit = Commit(*(row[f"commit_{field}"] for field in Commit.__struct_fields__))
        diff = (row["content"] or "").encode() if row["diff_bytes"] is None else row["diff_bytes"]
        return MboxMail(self.ids[row["patch_id"]], commit, row["message"], diff)

    def events(self, name: str) -> Rows:
        return [row for row in self.rows("event") if row["name"] == name]
