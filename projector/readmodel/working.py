"""The working set of the fold: what it reads and changes, in memory, saved in one transaction with the position.

How it is loaded and written is in `projector.readmodel.stored`. Nothing here decides anything.
"""

from collections import Counter
from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Table, delete, select, update
from sqlalchemy.exc import DBAPIError

from projector.readmodel import tables as t
from projector.readmodel.cache import Cache
from projector.readmodel.rows import Entry, Filed, PatchState, PostingState, Row, Shown, Thread
from projector.readmodel.statements import delete_where, is_overtaken, notify, select_in, sending, upsert
from projector.readmodel.stored import Keyed, Reported, Stored, Tally, Target


class NotLive(Exception):
    """Somebody else moved this generation's position, or retired it: what was folded here was not written."""


class WorkingSet(Stored):
    """Everything the fold knows of one generation. `connection` is set for the transaction under way."""

    def __init__(self) -> None:
        super().__init__()
        self.names: Cache[Keyed, int] = Cache(self._load_names, self._save_names, 200_000)
        self.threads: Cache[int, Thread] = Cache(self._load_threads, self._save_threads, 5_000)
        self.postings: Cache[int, PostingState] = Cache(self._load_postings, self._save_postings, 20_000)
        self.keys: Cache[Keyed, Filed] = Cache(self._load_keys, self._save_keys, 200_000)
        self.patches: Cache[int, PatchState] = Cache(self._load_patches, self._save_patches, 50_000)
        self.series: Cache[int, Shown] = Cache(self._load_series, self._save_series, 5_000)
        self.titles: Cache[int, str] = Cache(self._load_titles, self._save_titles, 20_000)
        self.people: Cache[bytes, Row] = Cache(self._load_people, self._save_people, 20_000)
        self.results: Cache[Reported, Row] = Cache(self._load_results, self._save_results, 50_000)
        self.tallies: Cache[Target, Tally] = Cache(self._load_tallies, lambda kept, gone: None, 50_000)
        self.counts: Counter[str] = Counter()

    # --- test results ---

    def put_result(self, target: Target, name: str, row: Row) -> None:
        """Set the result of a test, in place of the one that there is."""
        tally = dict(self.tallies.get(target) or {})
        before = self.result(target, name)
        if before is not None:
            tally[before["state"]] -= 1
        tally[row["state"]] = tally.get(row["state"], 0) + 1
        self.results.put((*target, name), row)
        self.tallies.seed(target, tally)

    def result(self, target: Target, name: str) -> Row | None:
        """The result of a test; None where there is none."""
        return self.results.get((*target, name)) if self.tallies.get(target) else None

    def test_states(self, target: Target) -> Tally:
        """How many results of each state a target has; no state without any."""
        return {state: number for state, number in (self.tallies.get(target) or {}).items() if number}

    def all_results(self, target: Target) -> dict[str, Row]:
        """All results of a target by the tests' names: to be asked where they move, for there may be thousands."""
        names = {row["test_name"]: None for row in self.stored_results(target)}
        names.update({name: None for *of, name in self.results.changed() if tuple(of) == target})
        found = {name: self.results.get((*target, name)) for name in names}
        return {name: row for name, row in found.items() if row is not None}

    def forget_results(self, target: Target) -> None:
        """Note that a target has none, or none any more."""
        for name in self.all_results(target) if self.tallies.get(target) else ():
            self.results.seed((*target, name), None)
        self.tallies.seed(target, {})

    def drop_results(self, target: Target) -> None:
        """Take away all results of a patch or a revision."""
        for row in self.all_results(target).values():
            self.remove(t.test_result, row["id"])
        self.forget_results(target)

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

    def find(self, table: Table, key: tuple[Any, ...]) -> Row | None:
        """The row with this primary key, saved or not."""
        fresh = self._rows.get(table.name, {})
        if key in fresh:
            return fresh[key]
        is_it = (column == value for column, value in zip(table.primary_key.columns, key, strict=True))
        row = self.connection.execute(select(table).where(*is_it)).mappings().first()
        return dict(row) if row is not None else None

    def filed(self, project: int, key: str) -> Filed:
        """What is filed under a key, to be changed."""
        filed = self.keys.get((project, key)) or Filed(set(), set(), set())
        self.keys.put((project, key), filed)
        return filed

    def has_event(self, patch: int, *names: str) -> bool:
        """Whether the feed has an event of one of these names for a patch."""
        fresh = self._rows.get(t.event.name, {}).values()
        if any(row is not None and row["patch_id"] == patch and row["name"] in names for row in fresh):
            return True
        stored = select(t.event.c.id).where(t.event.c.patch_id == patch, t.event.c.name.in_(names)).limit(1)
        return self.connection.execute(stored).first() is not None

    def thread_of(self, mail: int) -> Thread | None:
        """The thread that a mail is in, by its record id; None where no mail of a project has it."""
        if mail in self._entries:
            return self._entries[mail][0]
        stored = self.connection.execute(select(t.mail.c.thread_id).where(t.mail.c.id == mail)).scalar()
        return self.threads.get(stored) if stored is not None else None

    def has_mail(self, project: int, message_id: str) -> bool:
        """Whether a project has a mail, and does not merely know its Message-ID."""
        id = self.names.get((project, message_id))
        thread = self.threads.get(id) if id is not None else None
        return thread is not None and thread.names.get(message_id) is not None

    def posting_with(self, mail: int) -> PostingState | None:
        """The posting that has a mail by now; None where none has."""
        thread = self.thread_of(mail)
        return self.posting_in(thread, mail) if thread is not None else None

    def posting_in(self, thread: Thread, mail: int) -> PostingState | None:
        """The posting of a thread that has a mail; None where none has."""
        self.postings.need(thread.postings)
        states = (self.postings.get(id) for id in sorted(thread.postings))
        return next((state for state in states if state is not None and mail in state.posting.mails), None)

    def dead_letters(self) -> list[int]:
        """The record ids of the dead letters, lowest first."""
        stored = self.connection.execute(select(t.dead_letter.c.id)).scalars()
        fresh = self._rows.get(t.dead_letter.name, {})
        kept = {id for id in stored if (id,) not in fresh}
        return sorted(kept | {row["id"] for row in fresh.values() if row is not None})

    # --- what has words of a redacted mail, once `write` has brought everything into the tables ---

    def duplicates_of(self, mail: int) -> list[Row]:
        """The rows of the further deliveries of a mail."""
        return self._rows_where(t.duplicate, t.duplicate.c.mail_id == mail)

    def copy_saying(self, mail: int, said: bytes) -> int | None:
        """The record of the conflicting copy of a mail that says this, saved or not; None where none does."""
        for row in self._rows.get(t.conflicting_copy.name, {}).values():
            if row is not None and (row["mail_id"], row["said"]) == (mail, said):
                return int(row["id"])
        columns = t.conflicting_copy.c
        stored = select(columns.id).where(columns.mail_id == mail, columns.said == said).limit(1)
        return self.connection.execute(stored).scalar()

    def copies_of(self, mail: int) -> list[Row]:
        """The rows of the conflicting copies of a mail, saved or not."""
        stored = self._rows_where(t.conflicting_copy, t.conflicting_copy.c.mail_id == mail)
        rows = {(row["id"],): row for row in stored} | self._rows.get(t.conflicting_copy.name, {})
        return [row for _, row in sorted(rows.items()) if row is not None and row["mail_id"] == mail]

    def events_of(self, patch: int, *names: str) -> list[Row]:
        """The events of these names for a patch."""
        return self._rows_where(t.event, t.event.c.patch_id == patch, t.event.c.name.in_(names))

    def dead_letters_of(self, message_id: str) -> list[Row]:
        """The dead letters with a Message-ID."""
        return self._rows_where(t.dead_letter, t.dead_letter.c.message_id == message_id)

    def people_named_by(self, records: Collection[int]) -> list[Row]:
        """The people who are called as one of these records says."""
        return self._rows_where(t.person, t.person.c.named_by.in_(sorted(records)))

    def lowest_delivery_of(self, person: int, without: Collection[int]) -> int | None:
        """The lowest record of a delivery that names a person; None where there is none but those left out."""
        found: list[int] = []
        for table in (t.mail, t.duplicate, t.conflicting_copy):
            ids = select(table.c.id).where(table.c.author_id == person, table.c.id.not_in(sorted(without)))
            found += self.connection.execute(ids.order_by(table.c.id).limit(1)).scalars()
        return min(found, default=None)

    def _rows_where(self, table: Table, *conditions: ColumnElement[bool]) -> list[Row]:
        rows = self.connection.execute(select(table).where(*conditions).order_by(*table.primary_key.columns))
        return [dict(row) for row in rows.mappings()]

    # --- redirects and the position ---

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

    def write(self) -> None:
        """Bring what is in memory into the tables within the transaction, so that they can be asked. Raises NotLive."""
        position = self.position()
        self._move(position, position)
        with sending(self.connection):
            self._save_all()

    def save(self, before: int, position: int) -> None:
        """Write everything, and move the position from `before`. Raises NotLive when it is no longer there."""
        self._move(before, position)
        with sending(self.connection):
            self._save_all()
            notify(self.connection)

    def _save_all(self) -> None:
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

    def _move(self, before: int, position: int) -> None:
        """Hold off whoever would retire this generation, then compare and set: in one snapshot, as everything here."""
        retired = select(t.meta.c.value).where(t.meta.c.name == "retired").with_for_update(read=True).scalar_subquery()
        moving = update(t.meta).where(t.meta.c.name == "position", t.meta.c.value == before, retired == 0)
        try:
            moved = self.connection.execute(moving.values(value=position)).rowcount == 1
        except DBAPIError as error:
            if not is_overtaken(error):
                raise
            moved = False
        if not moved:
            raise NotLive(f"expected position {before} in a generation that is not retired, found another")

    def _caches(self) -> tuple[Cache[Any, Any], ...]:
        return (
            self.names, self.threads, self.postings, self.keys, self.titles, self.people, self.results, self.tallies,
            self.patches, self.series,
        )  # fmt: skip

    def _save_counts(self) -> None:
        rows = [{"name": name, "n": n} for name, n in sorted(self.counts.items()) if n]
        upsert(self.connection, t.count, rows, adding=("n",))
        if min(self.counts.values(), default=0) < 0:  # what is counted down to nothing leaves no trace
            self.connection.execute(delete(t.count).where(t.count.c.n == 0))
        self.counts.clear()


_KEYS = {table.name: [column.name for column in table.primary_key.columns] for table in t.metadata.sorted_tables}
