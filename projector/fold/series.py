"""Writes series and their revisions, and where what was announced has gone."""

from collections.abc import Callable, Collection, Container, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from projector.assembly.newer import Stand
from projector.assembly.posting import Posting
from projector.assembly.series import Course, Member, Revision, run
from projector.assembly.states import TEST_STATES, series_state, state_of, summarise, worst_test_state
from projector.fold.dependencies import Dependencies
from projector.fold.moment import Moment
from projector.fold.naming import is_awaited
from projector.fold.pending import REVISION, Pending
from projector.fold.people import People
from projector.fold.updated import differs
from projector.readmodel import tables as t
from projector.readmodel.rows import PatchState, PostingState, Row, Shown
from projector.readmodel.working import WorkingSet
from projector.rights import User

SECOND_US = 1_000_000


FindUser = Callable[[bytes], User | None]
"""The user whose name or address has this key."""

NO_NAME = "Series without cover letter"


class SeriesRows:
    """The rows of series and revisions.

    stale: cover letters whose text changed. Whether a series was updated is told without names and texts: those change
    where a mail is replaced or redacted, and that counts by itself, whatever the words were.
    """

    def __init__(
        self, working: WorkingSet, pending: Pending, dependencies: Dependencies, people: People, find_user: FindUser
    ) -> None:
        self._working, self._pending, self._dependencies = working, pending, dependencies
        self._people, self._find_user = people, find_user
        self.stale: set[int] = set()
        self._heirs: dict[int, PostingState] = {}
        self._moved: dict[int, int] = {}
        self._movers: list[PostingState] = []
        self._rehomed: set[int] = set()

    def take_rehomed(self) -> set[int]:
        """The patches that went from one series to another, or to none, since this was asked last."""
        rehomed, self._rehomed = self._rehomed, set()
        return rehomed

    def take_moved(self) -> list[PostingState]:
        """The postings that were moved since this was asked last."""
        moved, self._movers = self._movers, []
        return moved

    def leave(self, state: PostingState) -> None:
        """A posting is no more: its mails are in others."""
        shown = self._working.series.get(state.series) if state.series is not None else None
        if shown is not None:
            shown.postings.discard(state.posting.id)

    def hand_on(self, state: PostingState, heir: PostingState) -> None:
        """A posting that is no more gave its numbers to another."""
        if state.series is not None:
            self._heirs[state.series] = heir
        if heir.pinned and heir.pinned[-1] not in state.pinned:
            self._redirect(state.pinned, *heir.pinned[-1])

    def move(self, state: PostingState, series: int | None) -> None:
        """A posting belongs to another series from now on."""
        if state.series is not None:
            shown = self._working.series.get(state.series)
            if shown is not None:
                shown.postings.discard(state.posting.id)
            if series is not None:
                self._moved.setdefault(state.series, series)
                self._redirect_to(state, series)
        self._movers.append(state)
        state.series = series
        self._working.postings.put(state.posting.id, state)

    def _redirect_to(self, state: PostingState, series: int) -> None:
        """An old series leads to where the mail is that it was named for."""
        for row in self._working.load(t.series_alias, *state.posting.mails):
            self._working.add(t.series_alias, {**row, "target_id": series})

    def note_gone(self, group: Iterable[PostingState], series: int | None) -> None:
        """Keep the numbers free that were announced in other series for postings that are in this one."""
        for state in group:
            for home, version in state.pinned:
                if home != series:
                    self._gone(home).add(version)

    def write(
        self,
        project: int,
        series: int,
        members: Sequence[Member],
        states: Mapping[int, PostingState],
        moment: Moment,
        *,
        is_new: bool,
        touch: bool = False,
    ) -> None:
        """Bring the rows of a series up to date with the postings that are in it.

        touch: it counts as updated whatever changed.
        """
        stored = None if is_new else self._working.series.get(series)
        shown = stored if stored is not None else self._begin(project, series, moment)
        shown.postings |= states.keys()
        shown.gone |= {version for state in states.values() for home, version in state.pinned if home == series}
        shown.gone -= {member.pinned for member in members if member.pinned is not None}
        revisions, shown.course = run(members, shown.gone)
        shown.open = shown.announced = None
        shown.review = max((state.review for state in states.values() if state.review is not None), default=None)
        rows = {revision.version: self._revision_row(series, revision, states, shown) for revision in revisions}
        changed = self._write_revisions(series, shown, rows)
        if touch:  # the rows of a patch that was replaced are new, and know no series
            self._write_homes(series, (), rows.values())
        for revision in revisions:
            self._note(project, series, revision, states[revision.posting.id], moment)
        self._write_series(project, series, shown, moment, touch=changed or touch)

    def note(self, series: int, *, is_plain: bool, is_corrected: bool) -> None:
        """Keep of a series that was written what Shown has by these names."""
        shown = self._working.series.get(series)
        assert shown is not None, f"series {series}: expected a row, found none"
        shown.is_plain, shown.is_corrected = is_plain, is_corrected

    def is_plain(self, series: int) -> bool:
        """Whether all links in a series are known to lead to what was sent before."""
        shown = self._working.series.get(series)
        return shown is not None and shown.is_plain

    def follow(self, project: int, series: int, state: PostingState, moment: Moment, *, leads_back: bool) -> bool:
        """Put the posting of a new mail among the revisions of a series, if no other one changes by that.

        leads_back: whether it links to what was sent before. False, and nothing is done, where the series has to be
        worked out again.
        """
        shown, posting = self._working.series.get(series), state.posting
        if shown is None or shown.course is None or shown.is_corrected or self.stale:
            return False
        if not Member(posting, settled=state.settled).is_ready:
            shown.course.await_more(posting)
        else:
            revision = shown.course.follow(posting, shown.gone)
            if revision is None:
                return False
            self._put(project, series, shown, revision, state, moment)
        if state.series != series:
            self.move(state, series)
        shown.postings.add(posting.id)
        shown.is_plain = shown.is_plain and leads_back
        return True

    def amend(self, project: int, state: PostingState, old: Posting, moment: Moment, *, leads_back: bool) -> bool:
        """Bring a series up to date with a posting of it that grew, if no other revision changes by that.

        old: what it was. False, and nothing is done, where the series has to be worked out again.
        """
        series, posting = state.series, state.posting
        shown = self._working.series.get(series) if series is not None else None
        if series is None or shown is None or shown.course is None or shown.is_corrected or self.stale:
            return False
        if not set(old.mails) <= set(posting.mails):
            return False
        member = Member(posting, settled=state.settled)
        if state.pinned and state.pinned[-1][0] == series:
            revision = shown.course.amend(old, posting, state.pinned[-1][1]) if member.is_ready else None
            if revision is None:
                return False
            self._put(project, series, shown, revision, state, moment)
        elif state.pinned or not self.follow(project, series, state, moment, leads_back=leads_back):
            return False
        shown.is_plain = shown.is_plain and leads_back
        return True

    def _put(
        self, project: int, series: int, shown: Shown, revision: Revision, state: PostingState, moment: Moment
    ) -> None:
        """Write a revision that is new or changed, where no other one is."""
        version, before = revision.version, shown.revisions.get(revision.version)
        row = self._revision_row(series, revision, {state.posting.id: state}, shown)
        if row != before:
            self._working.add(t.revision, row)
            self._write_patches(series, version, before, row)
            shown.revisions[version] = row
        self._settle_in(series, revision.patches)
        self._note_open(shown, revision.patches)
        if shown.announced is not None and row["event_id"] is not None:
            shown.announced = None
        self._note(project, series, revision, state, moment)
        touch = before is None or differs(before, row)
        self._write_series(project, series, shown, moment, touch=touch)

    def restate(self, project: int, series: int, moment: Moment, patch: int | None, about: PostingState | None) -> bool:
        """Bring a series up to date with the state of a patch, and with what was announced of a posting.

        False, and nothing is done, where the series has to be worked out again.
        """
        shown = self._working.series.get(series)
        if shown is None or shown.course is None or shown.course.newest is None or self.stale:
            return False
        if patch is not None:
            self._note_open(shown, [patch])
        if about is not None:
            home, version = about.pinned[-1]
            row = shown.revisions.get(version)
            if row is None or home != series or row["posting_id"] != about.posting.id:
                return False
            self._keep_numbers(about, series, version)
            if row["event_id"] != about.event:
                shown.revisions[version] = {**row, "event_id": about.event}
                self._working.add(t.revision, shown.revisions[version])
                if shown.announced is not None:
                    shown.announced.add(version, place_of(row, about.posting))
        self._write_series(project, series, shown, moment, touch=False)
        return True

    def open_patches(self, shown: Shown) -> set[int]:
        """The patches of a series that wait for a decision."""
        if shown.open is None:
            shown.open = set()
            self._note_open(shown, shown.course.lowest if shown.course is not None else ())
        return shown.open

    def _note_open(self, shown: Shown, patches: Collection[int]) -> None:
        if shown.open is not None:
            self._working.patches.need(patches)
            for id in patches:
                (shown.open.add if is_open(self._working.patches.get(id)) else shown.open.discard)(id)

    def _note(self, project: int, series: int, revision: Revision, state: PostingState, moment: Moment) -> None:
        """Keep the number of a revision, and whether it is to be announced."""
        self._keep_numbers(state, series, revision.version)
        if not revision.is_complete or is_awaited(state):
            self._pending.done(REVISION, state.posting.id)
        elif state.event is None:
            self._pending.note(REVISION, state.posting.id, project, moment.record)

    def _write_series(self, project: int, series: int, shown: Shown, moment: Moment, *, touch: bool) -> None:
        """Write the row of a series whose revisions are written."""
        assert shown.course is not None
        row = self._series_row(project, series, shown.course, shown.revisions)
        row["reviewer_id"] = self._reviewer(shown)
        if touch or differs(shown.row, row):
            shown.row = {**shown.row, **row, "last_updated_us": moment.time_us, "changed_id": moment.record}
            self._working.series.put(series, shown)

    def retire(self, claimed: Iterable[int], kept: set[int]) -> list[tuple[int, int]]:
        """Series that have no postings any more lead to where these went; gives which led where."""
        merged = []
        for series in sorted(set(claimed) - kept):
            shown = self._working.series.get(series)
            if shown is None:
                continue
            for version, row in shown.revisions.items():
                self._drop_revision(series, version, row)
            self._write_homes(series, shown.revisions.values(), ())
            self._working.series.drop(series)
            self._count(shown.row["project_id"], -1)
            heir = self._heirs.get(series)
            target = self._moved.get(series, heir.series if heir is not None else None)
            if target is not None:
                self._working.redirect_series(series, target)
                merged.append((series, target))
        self._moved.clear()
        self.stale.clear()
        self._heirs.clear()
        return merged

    def _begin(self, project: int, series: int, moment: Moment) -> Shown:
        self._count(project, 1)
        if series == moment.record:  # called by the mail that is folded: there was none before
            return Shown({}, {}, set(), set())
        self._working.remove(t.series_alias, series)
        return Shown({}, {}, set(), self._working.numbers_gone(series))

    def _count(self, project: int, n: int) -> None:
        self._working.counts["series"] += n
        self._working.counts[f"series:{project}"] += n

    def _write_revisions(self, series: int, shown: Shown, rows: dict[int, Row]) -> bool:
        """Write what is new of the revisions, and say whether more than words is."""
        before = shown.revisions
        if before == rows:
            return False
        changed = before.keys() != rows.keys() or any(differs(before[version], row) for version, row in rows.items())
        for version, row in before.items():
            if version not in rows:
                self._drop_revision(series, version, row)
        for version, row in rows.items():
            if before.get(version) != row:
                self._working.add(t.revision, row)
                self._write_patches(series, version, before.get(version), row)
        self._write_homes(series, before.values(), rows.values())
        shown.revisions = rows
        return changed

    def _write_patches(self, series: int, version: int, before: Row | None, row: Row) -> None:
        old = patches_of(before) if before is not None else []
        new = patches_of(row)
        for number in range(len(new), len(old)):
            self._working.remove(t.revision_patch, series, version, number)
        for number, patch in enumerate(new):
            if number >= len(old) or old[number] != patch:
                key = {"patch_id": patch, "series_id": series, "version": version, "number": number}
                self._working.add(t.revision_patch, key)

    def _write_homes(self, series: int, before: Iterable[Row], after: Iterable[Row]) -> None:
        """Write which series the patches are in that came or went."""
        here = {patch for row in after for patch in patches_of(row)}
        there = {patch for row in before for patch in patches_of(row)}
        self._settle_in(series, sorted(here ^ there), here)

    def _settle_in(self, series: int, patches: Iterable[int], here: Container[int] | None = None) -> None:
        """Write that patches are in a series, or, those that are not here, no more."""
        for patch in patches:
            state = self._working.patches.get(patch)
            home = series if here is None or patch in here else None
            if state is not None and state.series != home and (home is not None or state.series == series):
                if state.series is not None:
                    self._rehomed.add(patch)
                state.series = home
                self._working.patches.put(patch, state)

    def _drop_revision(self, series: int, version: int, row: Row) -> None:
        self._working.remove(t.revision, series, version)
        for number in range(len(patches_of(row))):
            self._working.remove(t.revision_patch, series, version, number)

    def _keep_numbers(self, state: PostingState, series: int, version: int) -> None:
        """A number that was given leads for ever to where its patches live."""
        here = (series, version)
        pinned = tuple(pair for pair in state.pinned if pair != here)
        if state.pinned == (*pinned, here) and state not in self._heirs.values():
            return
        state.pinned = (*pinned, here)
        self._working.postings.put(state.posting.id, state)
        self._working.remove(t.revision_alias, series, version)
        self._redirect(pinned, series, version)

    def renumber(self, states: Sequence[PostingState]) -> None:
        """Give postings of one series the next numbers of it, in their order; those that they had lead there."""
        (series,) = {state.series for state in states}
        shown = self._working.series.get(series) if series is not None else None
        if series is not None and shown is not None:
            first = max({0, *shown.revisions, *shown.gone}) + 1
            for version, state in enumerate(states, first):
                self._redirect(state.pinned, series, version)
                state.pinned = (*state.pinned, (series, version))
                self._working.postings.put(state.posting.id, state)

    def _redirect(self, pinned: Iterable[tuple[int, int]], series: int, version: int) -> None:
        for old_series, old_version in pinned:
            self._gone(old_series).add(old_version)
            if self._working.series.get(old_series) is None and not self._working.load(t.series_alias, old_series):
                self._working.add(t.series_alias, {"id": old_series, "target_id": series})  # another parser made it
            alias = {"series_id": old_series, "version": old_version}
            self._working.add(t.revision_alias, {**alias, "target_series_id": series, "target_version": version})

    def _gone(self, series: int) -> set[int]:
        shown = self._working.series.get(series)
        return shown.gone if shown is not None else set()

    def _revision_row(self, series: int, revision: Revision, states: Mapping[int, PostingState], shown: Shown) -> Row:
        posting = revision.posting
        return {
            "series_id": series,
            "version": revision.version,
            "posting_id": posting.id,
            "cover_id": revision.cover,
            **self._cover_letter(revision, shown),
            "name": self._name(revision.head),
            "head_id": revision.head,
            "submitter_id": self._people.id_of(posting.author),
            "n_patches": revision.n_patches,
            "reroll": _json(revision.reroll),
            "complete": revision.is_complete,
            "event_id": states[posting.id].event,
            "submitted_us": posting.date * SECOND_US,
            "patches": _json(revision.patches),
            "rerun_of": revision.rerun_of,
            "test_state": worst_test_state(self._working.test_states(("revision", posting.id))),
        }

    def _reviewer(self, shown: Shown) -> int | None:
        """Who was last said to review it, else whom its newest mail that names somebody names."""
        if shown.review is not None:
            return shown.review[1]
        naming = shown.course.naming if shown.course is not None else None
        user = self._find_user(naming.posting.delegate) if naming is not None else None
        return user.id if user is not None else None

    def _cover_letter(self, revision: Revision, shown: Shown) -> Row:
        """The columns of the cover letter: of a large one the digest alone, for many rows are kept in memory."""
        if revision.cover is None:
            return {"cover_letter": None, "cover_digest": None}
        before = shown.revisions.get(revision.version)
        if before is not None and before["cover_id"] == revision.cover and revision.cover not in self.stale:
            return {name: before[name] for name in ("cover_letter", "cover_digest")}
        (row,) = self._working.load(t.cover, revision.cover)
        text = row["text"] if row["digest"] is None else None
        return {"cover_letter": text, "cover_digest": row["digest"]}

    def _name(self, head: int | None) -> str:
        if head is None:
            return NO_NAME
        title = self._working.titles.get(head)
        assert title is not None, f"mail {head}: expected the row of a cover letter or patch, found none"
        return title

    def _series_row(self, project: int, series: int, course: Course, rows: Mapping[int, Row]) -> Row:
        shown, first = course.newest, course.first
        assert shown is not None
        assert first is not None
        patches = [state for id in shown.patches if (state := self._working.patches.get(id)) is not None]
        tested = self._working.test_states(("revision", shown.posting.id))
        return {
            "id": series,
            "project_id": project,
            "name": self._name(shown.head),
            "head_id": shown.head,
            "n_patches": shown.n_patches,
            "submitter_id": rows[first.version]["submitter_id"],
            "submitted_us": first.posting.date * SECOND_US,
            "version": course.last,
            "state": series_state((patch.state for patch in patches), is_complete=shown.is_complete),
            "state_summary": _json(summarise(patch.state for patch in patches)),
            "test_state": rows[shown.version]["test_state"],
            "test_summary": _json({name: tested[name] for name in reversed(TEST_STATES) if name in tested}),
            "depends_on": self._depends_on(project, series, shown),
            "may_follow": self._may_follow(series, first),
        }

    def _may_follow(self, series: int, first: Revision) -> int | None:
        """The series that the first revision of one may follow."""
        state = self._working.postings.get(first.posting.id)
        other = self._working.postings.get(state.may_follow) if state is not None and state.may_follow else None
        return other.series if other is not None and other.series != series else None

    def _depends_on(self, project: int, series: int, revision: Revision) -> str:
        if not revision.depends_on:
            return "[]"
        return _json(self._dependencies.resolve(project, series, revision.depends_on))


def place_of(row: Row, posting: Posting) -> Stand:
    """Where the revision of a posting stands among others of its series, by its row."""
    return msgspec.json.decode(row["reroll"], type=tuple[int, ...]), posting.order


def is_open(patch: PatchState | None) -> bool:
    """Whether a patch is there and still waits for a decision."""
    return patch is not None and not state_of(patch.state).final


def patches_of(row: Row) -> list[int]:
    """The patches of a revision's row."""
    return msgspec.json.decode(row["patches"], type=list[int])


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
