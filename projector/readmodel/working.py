"""The working set of the fold: what it reads and changes, in memory, saved in one transaction with the position.

What is loaded is loaded through the connection of the transaction under way. Nothing here decides anything.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from hashlib import blake2b
from typing import Any

import msgspec
from sqlalchemy import Connection, Table, bindparam, select, update

from projector.assembly.mail import Mail
from projector.readmodel import tables as t
from projector.readmodel.cache import Cache
from projector.readmodel.rows import Entry, Filed, PatchState, PostingState, Row, Shown, Thread
from projector.readmodel.statements import chunks, delete_where, select_in, upsert

Keyed = tuple[int, str]
"""A project's id, and a key within the project."""

_encode = msgspec.msgpack.Encoder().encode
_decode_posting = msgspec.msgpack.Decoder(PostingState).decode
_decode_mail = msgspec.msgpack.Decoder(Mail).decode


class NotLive(Exception):
    """Somebody else moved this generation's position, or retired it: what was folded here was not written."""


class WorkingSet:
    """Everything the fold knows of one generation. `connection` is set for the transaction under way."""

    def __init__(self) -> None:
        self.connection: Connection
        self.names: Cache[Keyed, int] = Cache(self._load_names, self._save_names, 200_000)
        self.threads: Cache[int, Thread] = Cache(self._load_threads, self._save_threads, 5_000)
        self.postings: Cache[int, PostingState] = Cache(self._load_postings, self._save_postings, 20_000)
        self.keys: Cache[Keyed, Filed] = Cache(self._load_keys, self._save_keys, 200_000)
        self.patches: Cache[int, PatchState] = Cache(self._load_patches, self._save_patches, 50_000)
        self.series: Cache[int, Shown] = Cache(self._load_series, self._save_series, 5_000)
        self.people: Cache[str, Row] = Cache(self._load_people, self._save_people, 20_000)
        self.results: Cache[tuple[str, int], dict[str, Row]] = Cache(self._load_results, self._save_results, 5_000)
        self.counts: Counter[str] = Counter()
        self._rows: dict[str, dict[Any, Row | None]] = {}
        self._entries: dict[int, tuple[Thread, Entry]] = {}

    # --- rows that the fold writes and does not look at again ---

    def add(self, table: Table, row: Row) -> None:
        """Write a row, in place of the one with its primary key."""
        key = tuple([row[name] for name in _KEYS[table.name]])
        self._rows.setdefault(table.name, {})[key] = row

    def remove(self, table: Table, *key: Any) -> None:
        """Take away the row with this primary key."""
        self._rows.setdefault(table.name, {})[key] = None

    def touch(self, thread: Thread, entry: Entry) -> None:
        """Note that a mail of a thread is new or changed."""
        self._entries[entry.mail.id] = (thread, entry)

    def load_all(self, table: Table) -> list[Row]:
        """All rows of a small table as they are stored, in the order of its primary key."""
        rows = self.connection.execute(select(table).order_by(*table.primary_key.columns))
        return [dict(row) for row in rows.mappings()]

    def load(self, table: Table, *ids: int) -> list[Row]:
        """The rows with these ids, saved or not, in the order given; an id that has none is left out."""
        (column,) = table.primary_key.columns
        fresh = self._rows.get(table.name, {})
        missing = [id for id in ids if (id,) not in fresh]
        found: dict[int, Row | None] = {id: fresh.get((id,)) for id in ids}
        if missing:
            found.update({row[column.name]: row for row in select_in(self.connection, table, column, missing)})
        return [row for row in found.values() if row is not None]

    def filed(self, project: int, key: str) -> Filed:
        """What is filed under a key, to be changed."""
        filed = self.keys.get((project, key)) or Filed(set(), frozenset())
        self.keys.put((project, key), filed)
        return filed

    def numbers_gone(self, series: int) -> set[int]:
        """The numbers of a series that lead to revisions of other series."""
        columns = t.revision_alias.c
        stored = self.connection.execute(select(columns.version).where(columns.series_id == series)).scalars()
        fresh = {
            version: row for (id, version), row in self._rows.get(t.revision_alias.name, {}).items() if id == series
        }
        return {version for version in stored if version not in fresh} | {
            n for n, row in fresh.items() if row is not None
        }

    def has_event(self, patch: int, name: str) -> bool:
        """Whether the feed has an event of this name for a patch."""
        fresh = self._rows.get(t.event.name, {}).values()
        if any(row is not None and (row["patch_id"], row["name"]) == (patch, name) for row in fresh):
            return True
        stored = select(t.event.c.id).where(t.event.c.patch_id == patch, t.event.c.name == name).limit(1)
        return self.connection.execute(stored).first() is not None

    def thread_of(self, mail: int) -> Thread | None:
        """The thread that a mail is in, by its record id; None where no mail of a project has it."""
        if mail in self._entries:
            return self._entries[mail][0]
        stored = self.connection.execute(select(t.mail.c.thread_id).where(t.mail.c.id == mail)).scalar()
        return self.threads.get(stored) if stored is not None else None

    def posting_with(self, mail: int) -> PostingState | None:
        """The posting that has a mail by now; None where none has."""
        thread = self.thread_of(mail)
        return self.posting_in(thread, mail) if thread is not None else None

    def posting_in(self, thread: Thread, mail: int) -> PostingState | None:
        """The posting of a thread that has a mail; None where none has."""
        self.postings.need(thread.postings)
        states = (self.postings.get(id) for id in sorted(thread.postings))
        return next((state for state in states if state is not None and mail in state.posting.mails), None)

    def dead_letters(self, reason: str) -> list[int]:
        """The record ids of the dead letters with this reason, lowest first."""
        columns = t.dead_letter.c
        stored = self.connection.execute(select(columns.id).where(columns.reason == reason)).scalars()
        fresh = self._rows.get(t.dead_letter.name, {})
        kept = {id for id in stored if (id,) not in fresh}
        return sorted(kept | {row["id"] for row in fresh.values() if row is not None and row["reason"] == reason})

    def redirect_series(self, series: int, target: int) -> None:
        """A series is now another one, and so are those that led to it."""
        columns = t.series_alias.c
        stored = self.connection.execute(select(columns.id).where(columns.target_id == series)).scalars()
        fresh = (row["id"] for row in self._rows.get(t.series_alias.name, {}).values() if row is not None)
        for id in {series, *stored, *fresh}:
            if id == series or self.load(t.series_alias, id)[:1] == [{"id": id, "target_id": series}]:
                self.add(t.series_alias, {"id": id, "target_id": target})

    def position(self) -> int:
        """The id of the last record that was folded."""
        return int(self.connection.execute(select(t.meta.c.value).where(t.meta.c.name == "position")).scalar_one())

    # --- saving ---

    def save(self, before: int, position: int) -> None:
        """Write everything, and move the position from `before`. Raises NotLive when it is no longer there."""
        retired = select(t.meta.c.value).where(t.meta.c.name == "retired").scalar_subquery()
        moved = self.connection.execute(
            update(t.meta)
            .where(t.meta.c.name == "position", t.meta.c.value == before, retired == 0)
            .values(value=position)
        )
        if moved.rowcount != 1:
            raise NotLive(f"expected position {before} in a generation that is not retired, found another")
        self._save_entries()
        for cache in self._caches():
            cache.save()
        for name, rows in self._rows.items():
            table = t.metadata.tables[name]
            keys = [column.name for column in table.primary_key.columns]
            gone = [key if len(keys) > 1 else key[0] for key, row in rows.items() if row is None]
            delete_where(self.connection, table, keys, gone)
            upsert(self.connection, table, [row for row in rows.values() if row is not None])
        self._rows.clear()
        self._save_counts()

    def forget(self) -> None:
        """Forget all that was not saved, and all that is cached."""
        for cache in self._caches():
            cache.forget()
        self._rows.clear()
        self._entries.clear()
        self.counts.clear()

    def _caches(self) -> tuple[Cache[Any, Any], ...]:
        return (
            self.names, self.threads, self.postings, self.keys, self.people, self.results, self.patches, self.series,
        )  # fmt: skip

    def _save_counts(self) -> None:
        changed = {name: n for name, n in self.counts.items() if n}
        stored = {row["name"]: row["n"] for row in select_in(self.connection, t.count, t.count.c.name, list(changed))}
        rows = [{"name": name, "n": stored.get(name, 0) + n} for name, n in sorted(changed.items())]
        upsert(self.connection, t.count, rows)
        self.counts.clear()

    # --- threads and their mails ---

    def _load_names(self, keys: Collection[Keyed]) -> dict[Keyed, int]:
        found: dict[Keyed, int] = {}
        table = t.thread_name.c
        for project, names in _by_project(keys).items():
            for chunk in chunks(names):
                rows = self.connection.execute(
                    select(table.message_id, table.thread_id).where(
                        table.project_id == project, table.message_id.in_(chunk)
                    )
                )
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
            thread.entries[row["id"]] = Entry(_decode_mail(row["summary"]), row["kind"], row["target_id"])
            thread.names[row["message_id"]] = row["id"]
        for chunk in chunks(ids):
            columns = t.posting.c
            for posting, id in self.connection.execute(
                select(columns.id, columns.thread_id).where(columns.thread_id.in_(chunk))
            ):
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
        table = t.posting_key.c
        for project, names in _by_project(keys).items():
            hashes = {_hash(name): name for name in names}
            for chunk in chunks(hashes):
                rows = self.connection.execute(
                    select(table.key, table.posting_id).where(table.project_id == project, table.key.in_(chunk))
                )
                for key, posting in rows:
                    found.setdefault((project, hashes[key]), set()).add(posting)
        return {key: Filed(ids, frozenset(ids)) for key, ids in found.items()}

    def _save_keys(self, kept: list[tuple[Keyed, Filed]], gone: list[Keyed]) -> None:
        assert not gone, "a key that nothing is filed under is kept as an empty set"
        new, old = [], []
        for (project, name), filed in kept:
            key = _hash(name)
            new += [{"project_id": project, "key": key, "posting_id": id} for id in sorted(filed.ids - filed.stored)]
            old += [(project, key, id) for id in sorted(filed.stored - filed.ids)]
            filed.stored = frozenset(filed.ids)
        delete_where(self.connection, t.posting_key, ["project_id", "key", "posting_id"], old)
        upsert(self.connection, t.posting_key, new)

    # --- what is shown, as far as the fold looks at it again ---

    def _load_patches(self, ids: Collection[int]) -> dict[int, PatchState]:
        table = t.patch.c
        found = {}
        for chunk in chunks(ids):
            rows = self.connection.execute(
                select(
                    table.id, table.project_id, table.state, table.series_id, table.last_updated_us, table.test_state
                ).where(table.id.in_(chunk))
            )
            found.update({row[0]: PatchState(*row[1:]) for row in rows})
        return found

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
            }
            row = fresh.get((id,))
            if row is not None:
                row.update(values)
            else:
                rows.append({"b_id": id, **values})
        if rows:
            self.connection.execute(_UPDATE_PATCH, rows)

    def _load_series(self, ids: Collection[int]) -> dict[int, Shown]:
        series = select_in(self.connection, t.series, t.series.c.id, ids)
        found = {row["id"]: Shown(row, {}, set(), set()) for row in series}
        for row in select_in(self.connection, t.revision, t.revision.c.series_id, ids):
            found[row["series_id"]].revisions[row["version"]] = row
        for chunk in chunks(ids):
            table = t.posting.c
            for posting, series in self.connection.execute(
                select(table.id, table.series_id).where(table.series_id.in_(chunk))
            ):
                found[series].postings.add(posting)
        for id, shown in found.items():
            shown.gone = self.numbers_gone(id)
        return found

    def _save_series(self, kept: list[tuple[int, Shown]], gone: list[int]) -> None:
        delete_where(self.connection, t.series, ["id"], gone)
        upsert(self.connection, t.series, [shown.row for _, shown in kept])

    def _load_people(self, emails: Collection[str]) -> dict[str, Row]:
        return {row["email"]: row for row in select_in(self.connection, t.person, t.person.c.email, emails)}

    def _save_people(self, kept: list[tuple[str, Row]], gone: list[str]) -> None:
        upsert(self.connection, t.person, [row for _, row in kept])

    def _load_results(self, targets: Collection[tuple[str, int]]) -> dict[tuple[str, int], dict[str, Row]]:
        found: dict[tuple[str, int], dict[str, Row]] = {}
        columns = {"revision": t.test_result.c.posting_id, "patch": t.test_result.c.patch_id}
        for kind, column in columns.items():
            ids = [id for target, id in targets if target == kind]
            for row in select_in(self.connection, t.test_result, column, ids) if ids else ():
                found.setdefault((kind, row[column.name]), {})[row["test_name"]] = row
        return found

    def _save_results(self, kept: list[tuple[tuple[str, int], dict[str, Row]]], gone: list[tuple[str, int]]) -> None:
        upsert(self.connection, t.test_result, [row for _, results in kept for row in results.values()])


def _by_project(keys: Iterable[Keyed]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for project, name in keys:
        found.setdefault(project, []).append(name)
    return found


def _hash(key: str) -> int:
    """64 bits of a key, signed. Two keys that share them only make a few more postings looked at."""
    return int.from_bytes(blake2b(key.encode(errors="surrogatepass"), digest_size=8).digest(), "big", signed=True)


_KEYS = {table.name: [column.name for column in table.primary_key.columns] for table in t.metadata.sorted_tables}

_UPDATE_PATCH = (
    update(t.patch)
    .where(t.patch.c.id == bindparam("b_id"))
    .values({name: bindparam(name) for name in ("state", "series_id", "last_updated_us", "test_state")})
)
