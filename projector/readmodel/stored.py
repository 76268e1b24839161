"""What the working set has in the tables: how it is loaded by key, and how it is written.

What is loaded is loaded through the connection of the transaction under way. Nothing here decides anything.
"""

from collections.abc import Collection, Iterable
from hashlib import blake2b
from typing import Any

import msgspec
from sqlalchemy import BindParameter, Connection, bindparam, func, select

from projector.assembly.mail import Mail
from projector.assembly.redaction import REDACTED
from projector.assembly.subject import title_of
from projector.readmodel import tables as t
from projector.readmodel.reading import fetch_all
from projector.readmodel.rows import Entry, Filed, PatchState, PostingState, Row, Shown, Thread
from projector.readmodel.statements import chunks, delete_where, select_in, update_rows, upsert

Keyed = tuple[int, str]
"""A project's id, and a key within the project."""

Target = tuple[str, int]
"""What a test result is of: "revision" and the id of its posting, or "patch" and its own."""
Reported = tuple[str, int, str]
"""A target, and the name of a test."""
Tally = dict[str, int]
"""How many results there are of each state."""

_encode = msgspec.msgpack.Encoder().encode
_decode_posting = msgspec.msgpack.Decoder(PostingState).decode
_decode_mail = msgspec.msgpack.Decoder(Mail).decode

_VALUES: BindParameter[Any] = bindparam("values", expanding=True)
_PROJECT: BindParameter[int] = bindparam("project")
_VERSIONS_GONE = select(t.revision_alias.c.version).where(t.revision_alias.c.series_id == bindparam("series"))
_NAMES = select(t.thread_name.c.message_id, t.thread_name.c.thread_id).where(
    t.thread_name.c.project_id == _PROJECT, t.thread_name.c.message_id.in_(_VALUES)
)
_KEYS = select(t.posting_key.c.key, t.posting_key.c.posting_id).where(
    t.posting_key.c.project_id == _PROJECT, t.posting_key.c.key.in_(_VALUES)
)
_POSTINGS_OF_THREADS = select(t.posting.c.id, t.posting.c.thread_id).where(t.posting.c.thread_id.in_(_VALUES))
_POSTINGS_OF_SERIES = select(t.posting.c.id, t.posting.c.series_id).where(t.posting.c.series_id.in_(_VALUES))
_PATCHES = select(
    t.patch.c.id,
    t.patch.c.project_id,
    t.patch.c.state,
    t.patch.c.series_id,
    t.patch.c.last_updated_us,
    t.patch.c.test_state,
    t.patch.c.changed_id,
).where(t.patch.c.id.in_(_VALUES))


_TARGETS = {"revision": t.test_result.c.posting_id, "patch": t.test_result.c.patch_id}
_RESULT_NAMES = [column.name for column in t.test_result.columns]
_RESULT = {
    kind: select(t.test_result).where(column == bindparam("id"), t.test_result.c.test_name == bindparam("name"))
    for kind, column in _TARGETS.items()
}
_TALLY = {
    kind: select(t.test_result.c.state, func.count()).where(column == bindparam("id")).group_by(t.test_result.c.state)
    for kind, column in _TARGETS.items()
}


class Stored:
    """Loads and saves for the caches of `projector.readmodel.working`, which holds what is not saved yet."""

    connection: Connection

    def __init__(self) -> None:
        self._rows: dict[str, dict[Any, Row | None]] = {}
        self._entries: dict[int, tuple[Thread, Entry]] = {}

    def numbers_gone(self, series: int) -> set[int]:
        """The numbers of a series that lead to revisions of other series."""
        stored = (version for (version,) in fetch_all(self.connection, _VERSIONS_GONE, {"series": series}))
        fresh = {
            version: row for (id, version), row in self._rows.get(t.revision_alias.name, {}).items() if id == series
        }
        return {version for version in stored if version not in fresh} | {
            n for n, row in fresh.items() if row is not None
        }

    # --- threads and their mails ---

    def _load_names(self, keys: Collection[Keyed]) -> dict[Keyed, int]:
        found: dict[Keyed, int] = {}
        for project, names in _by_project(keys).items():
            for chunk in chunks(names):
                rows = fetch_all(self.connection, _NAMES, {"project": project, "values": chunk})
                found.update({(project, name): thread for name, thread in rows})
        return found

    def _save_names(self, kept: list[tuple[Keyed, int]], gone: list[Keyed]) -> None:
        assert not gone, "a name that was seen stays"
        rows = [{"project_id": project, "message_id": name, "thread_id": thread} for (project, name), thread in kept]
        upsert(self.connection, t.thread_name, rows)

    def _load_threads(self, ids: Collection[int]) -> dict[int, Thread]:
        threads: dict[int, Thread] = {}
        for row in select_in(self.connection, t.thread_name, t.thread_name.c.thread_id, ids):
            name, id = row["message_id"], row["thread_id"]
            threads.setdefault(id, Thread(id, row["project_id"], {}, {}, set())).names[name] = None
        for row in select_in(self.connection, t.mail, t.mail.c.thread_id, ids):
            thread = threads[row["thread_id"]]
            thread.entries[row["id"]] = Entry(
                _decode_mail(row["summary"]), row["kind"], row["target_id"], row["author_id"]
            )
            thread.names[row["message_id"]] = row["id"]
        for chunk in chunks(ids):
            for posting, id in fetch_all(self.connection, _POSTINGS_OF_THREADS, {"values": chunk}):
                if id in threads:  # one that repeats another is in none
                    threads[id].postings.add(posting)
        return threads

    def _save_threads(self, kept: list[tuple[int, Thread]], gone: list[int]) -> None:
        """A thread is its mails, names and postings, and these are saved by themselves."""

    def _save_entries(self) -> None:
        rows = [
            {
                "id": entry.mail.id,
                "project_id": thread.project,
                "message_id": entry.mail.message_id,
                "thread_id": thread.id,
                "kind": entry.kind,
                "target_id": entry.target,
                "author_id": entry.author,
                "summary": _encode(entry.mail),
            }
            for thread, entry in self._entries.values()
        ]
        upsert(self.connection, t.mail, rows)
        self._entries.clear()

    # --- postings and the keys that find them ---

    def _load_postings(self, ids: Collection[int]) -> dict[int, PostingState]:
        rows = select_in(self.connection, t.posting, t.posting.c.id, ids)
        return {row["id"]: _decode_posting(row["state"]) for row in rows}

    def _save_postings(self, kept: list[tuple[int, PostingState]], gone: list[int]) -> None:
        delete_where(self.connection, t.posting, ["id"], gone)
        rows = [
            {
                "id": id,
                "project_id": state.project,
                "thread_id": state.thread,
                "series_id": state.series,
                "state": _encode(state),
            }
            for id, state in kept
        ]
        upsert(self.connection, t.posting, rows)

    def _load_keys(self, keys: Collection[Keyed]) -> dict[Keyed, Filed]:
        found: dict[Keyed, set[int]] = {}
        for project, names in _by_project(keys).items():
            hashes = {_hash(name): name for name in names}
            for chunk in chunks(hashes):
                for key, posting in fetch_all(self.connection, _KEYS, {"project": project, "values": chunk}):
                    found.setdefault((project, hashes[key]), set()).add(posting)
        return {key: Filed(ids, set(), set()) for key, ids in found.items()}

    def _save_keys(self, kept: list[tuple[Keyed, Filed]], gone: list[Keyed]) -> None:
        assert not gone, "a key that nothing is filed under is kept as an empty set"
        new, old = [], []
        for (project, name), filed in kept:
            key = _hash(name)
            new += [{"project_id": project, "key": key, "posting_id": id} for id in sorted(filed.added)]
            old += [(project, key, id) for id in sorted(filed.removed)]
            filed.added.clear()
            filed.removed.clear()
        delete_where(self.connection, t.posting_key, ["project_id", "key", "posting_id"], old)
        upsert(self.connection, t.posting_key, new)

    # --- what is shown, as far as the fold looks at it again ---

    def _load_patches(self, ids: Collection[int]) -> dict[int, PatchState]:
        return {
            id: PatchState(*state)
            for chunk in chunks(ids)
            for id, *state in fetch_all(self.connection, _PATCHES, {"values": chunk})
        }

    def _save_patches(self, kept: list[tuple[int, PatchState]], gone: list[int]) -> None:
        """Bring what changed into the rows; a row that is itself new is added before it is saved."""
        fresh = self._rows.get(t.patch.name, {})
        rows = []
        for id, state in kept:
            values = {
                "state": state.state,
                "series_id": state.series,
                "last_updated_us": state.last_updated_us,
                "test_state": state.test_state,
                "changed_id": state.changed,
            }
            row = fresh.get((id,))
            if row is not None:
                row.update(values)
            else:
                rows.append({"id": id, **values})
        update_rows(self.connection, t.patch, rows)

    def _load_series(self, ids: Collection[int]) -> dict[int, Shown]:
        series = select_in(self.connection, t.series, t.series.c.id, ids)
        found = {row["id"]: Shown(row, {}, set(), set()) for row in series}
        for row in select_in(self.connection, t.revision, t.revision.c.series_id, ids):
            found[row["series_id"]].revisions[row["version"]] = row
        for chunk in chunks(ids):
            for posting, id in fetch_all(self.connection, _POSTINGS_OF_SERIES, {"values": chunk}):
                found[id].postings.add(posting)
        for id, shown in found.items():
            shown.gone = self.numbers_gone(id)
        return found

    def _save_series(self, kept: list[tuple[int, Shown]], gone: list[int]) -> None:
        delete_where(self.connection, t.series, ["id"], gone)
        upsert(self.connection, t.series, [shown.row for _, shown in kept])

    def _load_titles(self, ids: Collection[int]) -> dict[int, str]:
        covers = select_in(self.connection, t.cover, t.cover.c.id, ids)
        patches = select_in(self.connection, t.patch, t.patch.c.id, ids)
        return {row["id"]: row["subject"] for row in covers} | {
            row["id"]: REDACTED if row["redacted"] else title_of(row["name"]) for row in patches
        }

    def _save_titles(self, kept: list[tuple[int, str]], gone: list[int]) -> None:
        """A title stands in the row of its cover letter or patch."""

    def _load_people(self, keys: Collection[bytes]) -> dict[bytes, Row]:
        return {row["key"]: row for row in select_in(self.connection, t.person, t.person.c.key, keys)}

    def _save_people(self, kept: list[tuple[bytes, Row]], gone: list[bytes]) -> None:
        upsert(self.connection, t.person, [row for _, row in kept])

    def stored_results(self, target: Target) -> list[Row]:
        """All results of a target that are written."""
        kind, id = target
        return select_in(self.connection, t.test_result, _TARGETS[kind], [id])

    def _load_results(self, reported: Collection[Reported]) -> dict[Reported, Row]:
        found: dict[Reported, Row] = {}
        for kind, id, name in reported:
            for row in fetch_all(self.connection, _RESULT[kind], {"id": id, "name": name}):
                found[kind, id, name] = dict(zip(_RESULT_NAMES, row, strict=True))
        return found

    def _save_results(self, kept: list[tuple[Reported, Row]], gone: list[Reported]) -> None:
        upsert(self.connection, t.test_result, [row for _, row in kept])

    def _load_tallies(self, targets: Collection[Target]) -> dict[Target, Tally]:
        return {(kind, id): dict(fetch_all(self.connection, _TALLY[kind], {"id": id})) for kind, id in targets}


def _by_project(keys: Iterable[Keyed]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for project, name in keys:
        found.setdefault(project, []).append(name)
    return found


def _hash(key: str) -> int:
    """64 bits of a key, signed. Two keys that share them only make a few more postings looked at."""
    return int.from_bytes(blake2b(key.encode(errors="surrogatepass"), digest_size=8).digest(), "big", signed=True)
