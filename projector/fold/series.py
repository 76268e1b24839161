"""Writes series and their revisions, and where what was announced has gone."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from projector.assembly.series import Revision, newest
from projector.assembly.states import TEST_STATES, series_state, summarise, worst_test_state
from projector.fold.pending import REVISION, Pending
from projector.readmodel import tables as t
from projector.readmodel.rows import PostingState, Row, Shown
from projector.readmodel.working import WorkingSet

SECOND_US = 1_000_000


class Moment(msgspec.Struct, frozen=True):
    """The record that is folded: its id, and when it was recorded, in microseconds since 1970."""

    record: int
    time_us: int


def microseconds(moment: datetime) -> int:
    """An aware UTC datetime as whole microseconds since 1970."""
    return int(moment.timestamp()) * 1_000_000 + moment.microsecond


class SeriesRows:
    """The rows of series and revisions. stale: cover letters whose text changed."""

    def __init__(self, working: WorkingSet, pending: Pending) -> None:
        self._working, self._pending = working, pending
        self.stale: set[int] = set()
        self._orphans: dict[int, tuple[tuple[int, int], ...]] = {}
        self._moved: dict[int, int] = {}

    def leave(self, state: PostingState) -> None:
        """A posting is no more: its mails are in others, and so are the numbers that it was given."""
        if state.pinned:
            self._orphans[state.posting.id] = state.pinned
        shown = self._working.series.get(state.series) if state.series is not None else None
        if shown is not None:
            shown.postings.discard(state.posting.id)

    def move(self, state: PostingState, series: int | None) -> None:
        """A posting belongs to another series from now on."""
        if state.series is not None:
            shown = self._working.series.get(state.series)
            if shown is not None:
                shown.postings.discard(state.posting.id)
            if series is not None:
                self._moved.setdefault(state.series, series)
        state.series = series
        self._working.postings.put(state.posting.id, state)

    def write(
        self,
        project: int,
        series: int,
        revisions: Sequence[Revision],
        states: Mapping[int, PostingState],
        moment: Moment,
        *,
        is_new: bool,
    ) -> None:
        """Bring the rows of a series up to date with its revisions."""
        stored = None if is_new else self._working.series.get(series)
        shown = stored if stored is not None else self._begin(project, series)
        shown.postings |= states.keys()
        rows = {revision.version: self._revision_row(series, revision, states, shown) for revision in revisions}
        changed = self._write_revisions(series, shown, rows, moment)
        for revision in revisions:
            state = states[revision.posting.id]
            self._keep_numbers(state, series, revision.version)
            if not revision.is_complete:
                self._pending.done(REVISION, state.posting.id)
            elif state.event is None:
                self._pending.note(REVISION, state.posting.id, project, moment.record)
        row = self._series_row(project, series, revisions, rows)
        if changed or any(shown.row.get(name) != value for name, value in row.items()):
            shown.row = {"reviewer_id": None, **shown.row, **row, "last_updated_us": moment.time_us}
            self._working.series.put(series, shown)

    def retire(self, claimed: Iterable[int], kept: set[int]) -> None:
        """Series that have no postings any more lead to where these went."""
        for series in sorted(set(claimed) - kept):
            shown = self._working.series.get(series)
            if shown is None:
                continue
            for version, row in shown.revisions.items():
                self._drop_revision(series, version, row)
            self._working.series.drop(series)
            self._count(shown.row["project_id"], -1)
            target = self._moved.get(series)
            if target is not None:
                self._working.redirect_series(series, target)
        self._moved.clear()
        self._orphans.clear()
        self.stale.clear()

    def _begin(self, project: int, series: int) -> Shown:
        self._count(project, 1)
        self._working.remove(t.series_alias, series)
        return Shown({}, {}, set())

    def _count(self, project: int, n: int) -> None:
        self._working.counts["series"] += n
        self._working.counts[f"series:{project}"] += n

    def _write_revisions(self, series: int, shown: Shown, rows: dict[int, Row], moment: Moment) -> bool:
        changed = False
        for version, row in list(shown.revisions.items()):
            if version not in rows:
                self._drop_revision(series, version, row)
                changed = True
        for version, row in rows.items():
            before = shown.revisions.get(version)
            if before == row:
                continue
            changed = True
            self._working.add(t.revision, row)
            self._write_patches(series, version, before, row, moment)
        shown.revisions = rows
        return changed

    def _write_patches(self, series: int, version: int, before: Row | None, row: Row, moment: Moment) -> None:
        old = _patches(before) if before is not None else []
        new = _patches(row)
        for number in range(len(new), len(old)):
            self._working.remove(t.revision_patch, series, version, number)
        for number, patch in enumerate(new):
            if number >= len(old) or old[number] != patch:
                key = {"patch_id": patch, "series_id": series, "version": version, "number": number}
                self._working.add(t.revision_patch, key)
            state = self._working.patches.get(patch)
            if state is not None and state.series != series:
                state.series = series
                self._working.patches.put(patch, state)

    def _drop_revision(self, series: int, version: int, row: Row) -> None:
        self._working.remove(t.revision, series, version)
        for number, patch in enumerate(_patches(row)):
            self._working.remove(t.revision_patch, series, version, number)
            state = self._working.patches.get(patch)
            if state is not None and state.series == series:
                state.series = None
                self._working.patches.put(patch, state)

    def _keep_numbers(self, state: PostingState, series: int, version: int) -> None:
        """A number that was announced leads for ever to where its patches live."""
        inherited = [pair for mail in state.posting.mails for pair in self._orphans.get(mail, ())]
        if not state.pinned and not inherited:
            return
        here = (series, version)
        pinned = tuple(dict.fromkeys(pair for pair in (*inherited, *state.pinned) if pair != here))
        if state.pinned == (*pinned, here):
            return
        state.pinned = (*pinned, here)
        self._working.postings.put(state.posting.id, state)
        self._working.remove(t.revision_alias, series, version)
        for old_series, old_version in pinned:
            alias = {"series_id": old_series, "version": old_version}
            self._working.add(t.revision_alias, {**alias, "target_series_id": series, "target_version": version})

    def _revision_row(self, series: int, revision: Revision, states: Mapping[int, PostingState], shown: Shown) -> Row:
        posting = revision.posting
        results = self._working.results.get(("revision", posting.id)) or {}
        return {
            "series_id": series,
            "version": revision.version,
            "posting_id": posting.id,
            "cover_id": revision.cover,
            "cover_letter": self._cover_letter(revision, shown),
            "name": revision.name,
            "submitter_id": self._person(posting.author),
            "n_patches": revision.n_patches,
            "complete": revision.is_complete,
            "event_id": states[posting.id].event,
            "submitted_us": posting.date * SECOND_US,
            "patches": _json(revision.patches),
            "test_state": worst_test_state(result["state"] for result in results.values()),
        }

    def _cover_letter(self, revision: Revision, shown: Shown) -> str | None:
        if revision.cover is None:
            return None
        before = shown.revisions.get(revision.version)
        if before is not None and before["cover_id"] == revision.cover and revision.cover not in self.stale:
            return str(before["cover_letter"])
        (row,) = self._working.load(t.cover, revision.cover)
        return str(row["text"])

    def _person(self, email: str) -> int:
        row = self._working.people.get(email)
        assert row is not None, f"author {email!r} of a posting: expected a row of table person, found none"
        return int(row["id"])

    def _series_row(self, project: int, series: int, revisions: Sequence[Revision], rows: Mapping[int, Row]) -> Row:
        shown = newest(revisions)
        first = min(revisions, key=lambda revision: revision.posting.order)
        patches = [state for id in shown.patches if (state := self._working.patches.get(id)) is not None]
        results = (self._working.results.get(("revision", shown.posting.id)) or {}).values()
        counts = {name: sum(result["state"] == name for result in results) for name in reversed(TEST_STATES)}
        return {
            "id": series,
            "project_id": project,
            "name": shown.name,
            "n_patches": shown.n_patches,
            "submitter_id": rows[first.version]["submitter_id"],
            "submitted_us": first.posting.date * SECOND_US,
            "version": max(rows),
            "state": series_state((patch.state for patch in patches), is_complete=shown.is_complete),
            "state_summary": _json(summarise(patch.state for patch in patches)),
            "test_state": rows[shown.version]["test_state"],
            "test_summary": _json({name: n for name, n in counts.items() if n}),
        }


def _patches(row: Row) -> list[int]:
    return msgspec.json.decode(row["patches"], type=list[int])


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
