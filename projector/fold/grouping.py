"""Keeps postings linked and grouped into series: looks again at what a changed posting can have changed."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from projector.assembly import links
from projector.assembly.corrections import Correction, kept_joins
from projector.assembly.events import SERIES_MERGED
from projector.assembly.posting import Posting, repeat
from projector.assembly.series import components
from projector.fold.candidates import candidates
from projector.fold.corrections import Corrections, operators_link
from projector.fold.dependencies import Dependencies
from projector.fold.feed import Feed
from projector.fold.inheriting import hand_on_sayings
from projector.fold.moment import Moment
from projector.fold.naming import is_awaited, members_of, name_series
from projector.fold.pending import REVISION, WAIT, Pending
from projector.fold.people import People
from projector.fold.projects import Projects
from projector.fold.series import FindUser, SeriesRows, patches_of
from projector.readmodel.rows import PostingState, Thread
from projector.readmodel.working import WorkingSet


class Grouping:
    """Postings, their links, and the series that these make."""

    def __init__(
        self,
        working: WorkingSet,
        pending: Pending,
        projects: Projects,
        corrections: Corrections,
        feed: Feed,
        people: People,
        find_user: FindUser,
    ) -> None:
        self._working, self._pending, self._projects, self._corrections = working, pending, projects, corrections
        self._feed = feed
        self._dependencies = Dependencies(working)
        self._rows = SeriesRows(working, pending, self._dependencies, people, find_user)
        self._taken_in: set[int] = set()
        self._waiting: set[int] = set()
        self._touched: set[int] = set()

    def regroup(
        self,
        thread: Thread,
        states: Mapping[int, PostingState],
        changed: Sequence[Posting],
        removed: Sequence[PostingState],
        moment: Moment,
    ) -> None:
        """Take in what became of a thread's postings, and bring the series that this touches up to date."""
        if not changed and not removed:
            return
        dirty: dict[int, None] = {}
        series: set[int] = set()
        for posting in changed:
            if posting.id not in states:  # its mails are in this thread alone: nothing is stored of it
                self._working.postings.seed(posting.id, None)
        for state in removed:
            self._remove(state, thread, dirty)
            if state.series is not None:
                series.add(state.series)
        for posting in changed:
            self._take_in(thread, posting, states.get(posting.id), dirty)
        for state in removed:
            self._hand_on(state, changed, dirty)
        self._link(dirty, series)
        self._group(thread.project, dirty, series, moment)

    def settle(self, posting: int, moment: Moment) -> None:
        """The wait for more of a posting is over."""
        state = self._working.postings.get(posting)
        if state is not None and not state.settled:
            state.settled = True
            self._working.postings.put(posting, state)
            self._group(state.project, {posting: None}, set(), moment)

    def refresh(self, project: int, series: int, moment: Moment, *, touch: bool = False) -> None:
        """Work a series out again: what is known of its patches or announcements changed.

        touch: it counts as updated even where nothing else is shown of it.
        """
        self._touched = {series} if touch else set()
        self._group(project, {}, {series}, moment)
        self._touched = set()

    def repeat(self, state: PostingState, moment: Moment) -> PostingState:
        """Make a copy of a posting's revision a revision of its own, called by the record that is folded."""
        id = moment.record
        link = links.Link(state.posting.id, links.BY_RERUN)
        rerun = PostingState(repeat(state.posting, id), state.project, id, link=link, settled=True)
        self._working.tallies.seed(("revision", id), {})
        self._working.postings.put(id, rerun)
        self._group(state.project, {id: None, state.posting.id: None}, set(), moment)
        return rerun

    def correct(self, correction: Correction, moment: Moment) -> None:
        """Do what a correction says; nothing where a mail that it names is in no posting, or in another project."""
        mails = (correction.mail,) if correction.other is None else (correction.mail, correction.other)
        states = [state for mail in mails if (state := self._working.posting_with(mail)) is not None]
        dirty: dict[int, None] = {state.posting.id: None for state in states}
        if len(states) == len(mails) and len({state.project for state in states}) == 1:
            series: set[int] = set()
            self._link(dirty, series)
            self._group(states[0].project, dirty, series, moment)

    def revisions_with(self, states: Iterable[PostingState], mail: int) -> set[int]:
        """The postings among some, and those of their series, whose revision has a mail, by their ids."""
        states = [state for state in states if _shows(state, mail)]
        found = {state.posting.id for state in states}
        for series in {state.series for state in states if state.series is not None}:
            shown = self._working.series.get(series)
            rows = shown.revisions.values() if shown is not None else ()
            found.update(row["posting_id"] for row in rows if row["cover_id"] == mail or mail in patches_of(row))
        return found

    def renew(self, postings: Collection[int], moment: Moment) -> None:
        """The revisions of some postings begin anew; one that was announced gets a number, and is announced again."""
        for id in postings:
            self._working.drop_results(("revision", id))
        states = [state for id in postings if (state := self._working.postings.get(id)) is not None]
        by_series: dict[int, list[PostingState]] = {}
        for state in sorted(states, key=lambda state: state.posting.order):
            if state.series is not None:
                by_series.setdefault(state.series, []).append(state)
        for series, members in sorted(by_series.items()):
            announced = [state for state in members if state.event is not None]
            for state in announced:
                state.event, state.chosen = None, moment.record
            if announced:
                self._rows.renumber(announced)
            self.refresh(members[0].project, series, moment, touch=True)

    def replaced(self, mail: int) -> None:
        """Other bytes count for a mail from now on."""
        self._rows.stale.add(mail)

    def reworded(self, thread: Thread, mail: int, moment: Moment) -> None:
        """The words of a mail are others now, or gone: the series that show it count as updated, whatever they were."""
        self._working.postings.need(thread.postings)
        states = [state for id in thread.postings if (state := self._working.postings.get(id)) is not None]
        for series in sorted({state.series for state in states if state.series is not None and _shows(state, mail)}):
            self._rows.stale.add(mail)
            self.refresh(thread.project, series, moment, touch=True)

    # --- keys and links ---

    def _take_in(self, thread: Thread, posting: Posting, state: PostingState | None, dirty: dict[int, None]) -> None:
        before = links.filed_under(state.posting) if state is not None else frozenset()
        after = links.filed_under(posting)
        if state is None:
            state = PostingState(posting, thread.project, thread.id)
            self._working.tallies.seed(("revision", posting.id), {})
            self._note_dependents(thread, (posting,), after, dirty)
        else:
            self._note_dependents(thread, (state.posting, posting), before | after, dirty)
        self._file(thread.project, posting.id, before, after)
        state.posting, state.thread = posting, thread.id
        self._working.postings.put(posting.id, state)
        self._taken_in.add(posting.id)
        dirty[posting.id] = None
        self._wait(state)

    def _remove(self, state: PostingState, thread: Thread, dirty: dict[int, None]) -> None:
        """A posting is part of another one now; its numbers lead there."""
        id = state.posting.id
        keys = links.filed_under(state.posting)
        self._note_dependents(thread, (state.posting,), keys, dirty)
        self._file(state.project, id, keys, frozenset())
        self._working.postings.drop(id)
        dirty.pop(id, None)
        self._pending.done(REVISION, id)
        self._pending.done(WAIT, id)
        self._rows.leave(state)

    def _hand_on(self, removed: PostingState, changed: Iterable[Posting], dirty: dict[int, None]) -> None:
        """The numbers that were announced for a posting that is no more lead to the one that has its mail."""
        for posting in changed:
            if removed.posting.id in posting.mails:
                state = self._working.postings.get(posting.id)
                assert state is not None
                hand_on_sayings(self._working, removed, state, dirty)
                if removed.pinned:
                    own = [pair for pair in state.pinned if pair not in removed.pinned]
                    state.pinned = (*removed.pinned, *own)
                    self._rows.hand_on(removed, state)

    def _file(self, project: int, id: int, before: frozenset[str], after: frozenset[str]) -> None:
        self._working.keys.need((project, key) for key in before ^ after)
        for key in sorted(before ^ after):
            filed = self._working.filed(project, key)
            (filed.ids.add if key in after else filed.ids.discard)(id)

    def _note_dependents(
        self, thread: Thread, stages: Sequence[Posting], keys: frozenset[str], dirty: dict[int, None]
    ) -> None:
        """Whatever may link to a posting, or could before it changed, is looked at again.

        stages: the posting as it was, if it was there before, and as it is; keys: all that it is or was filed under.
        """
        mails = {mail for posting in stages for mail in posting.mails}
        earliest = min(posting.order for posting in stages)
        awaits = {
            links.awaited_key(entry.mail.message_id) for id in mails if (entry := thread.entries.get(id)) is not None
        }
        wanted = [(thread.project, key) for key in keys | awaits if not key.startswith("run ")]
        self._working.keys.need(wanted)
        for key in wanted:
            filed = self._working.keys.get(key)
            for id in filed.ids if filed is not None else ():
                other = self._working.postings.get(id)
                if other is not None and (key[1] in awaits or other.posting.order >= earliest):
                    dirty[id] = None  # by a Supersedes: line even to what was sent later, as its Date has it
                if other is not None and other.posting.depends_on:
                    self._waiting.add(id)
        for id in thread.postings:
            other = self._working.postings.get(id)
            if other is not None and not mails.isdisjoint(other.posting.answers):
                dirty[id] = None
        if self._corrections:
            for posting in stages:
                dirty.update(dict.fromkeys(self._corrections.links_to(posting)))

    def _link(self, dirty: dict[int, None], series: set[int]) -> None:
        states = [state for id in dirty if (state := self._working.postings.get(id)) is not None]
        dirty.clear()
        for state in sorted(states, key=lambda state: state.posting.order):
            dirty[state.posting.id] = None
            link = self._find_link(state)
            if link != state.link:
                state.link = link
                self._working.postings.put(state.posting.id, state)
            if link is not None:
                target = self._working.postings.get(link.to)
                if target is not None and target.series is not None:
                    series.add(target.series)

    def _find_link(self, state: PostingState) -> links.Link | None:
        if state.posting.repeats is not None:
            return state.link
        if self._corrections and (said := operators_link(self._corrections.said_of(state))) is not None:
            return said[0]
        found, superseded = candidates(self._working, state)
        return links.link(state.posting, found, superseded) if found else None

    # --- waits ---

    def _wait(self, state: PostingState) -> None:
        posting = state.posting
        if is_awaited(state):
            wait_seconds = self._projects.by_id[state.project].settings.wait_seconds
            end = (posting.received + wait_seconds) * 1_000_000
            self._pending.note(WAIT, posting.id, state.project, end, posting.source)
        else:
            self._pending.done(WAIT, posting.id)

    # --- series ---

    def _group(self, project: int, dirty: Iterable[int], series: set[int], moment: Moment) -> None:
        states = self._members(dirty, series)
        targets = {id: state.link.to if state.link is not None else None for id, state in states.items()}
        joins: Iterable[tuple[int, int]] = ()
        if self._corrections:
            joins = [(join.one, join.other) for join in kept_joins(targets, *self._corrections.joins_and_cuts(states))]
        groups = [[states[id] for id in ids] for ids in components(targets, joins)]
        claimed = {id for id in series | {state.series for state in states.values()} if id is not None}
        names = name_series(groups, claimed)
        for group, name in zip(groups, names, strict=True):
            for state in group:
                if state.series != name:
                    self._rows.move(state, name)
        for group, name in zip(groups, names, strict=True):
            self._rows.note_gone(group, name)
        for group, name in zip(groups, names, strict=True):
            if name is not None:
                by_id = {state.posting.id: state for state in group}
                members = members_of(group, name)
                is_new, touch = name not in claimed, name in self._touched
                self._rows.write(project, name, members, by_id, moment, is_new=is_new, touch=touch)
        for gone, target in self._rows.retire(claimed, {name for name in names if name is not None}):
            self._feed.put(project, SERIES_MERGED, moment, series=gone, parameters={"merged_into": target})
        self._refresh_dependents(project, moment)

    def _refresh_dependents(self, project: int, moment: Moment) -> None:
        """Look again at the series that depend on what changed or moved."""
        for moved in self._rows.take_moved():
            if moved.posting.id not in self._taken_in:
                self._waiting.update(self._dependencies.waiting_for(moved))
        self._taken_in.clear()
        if self._waiting:
            states = [state for id in sorted(self._waiting) if (state := self._working.postings.get(id)) is not None]
            self._waiting.clear()
            series = {state.series for state in states if state.series is not None}
            if series:
                self._group(project, {}, series, moment)

    def _members(self, dirty: Iterable[int], series: set[int]) -> dict[int, PostingState]:
        """All postings of the series that are touched, those that are new, and what these link to."""
        ids = set(dirty)
        states: dict[int, PostingState] = {}
        todo = set(series)
        done: set[int] = set()
        while ids or todo:
            for name in todo - done:
                shown = self._working.series.get(name)
                ids |= shown.postings if shown is not None else set()
            done |= todo
            todo = set()
            self._working.postings.need(ids)
            fresh = {id: state for id in sorted(ids) if (state := self._working.postings.get(id)) is not None}
            ids = set()
            for id, state in fresh.items():
                states[id] = state
                if state.series is not None and state.series not in done:
                    todo.add(state.series)
                if state.link is not None and state.link.to not in states:
                    ids.add(state.link.to)
                if self._corrections:
                    ids.update(partner.posting.id for _, partner in self._corrections.joined_to(state))
            ids -= states.keys()
        return {id: states[id] for id in sorted(states)}


def _shows(state: PostingState, mail: int) -> bool:
    """Whether a mail is in a posting, or is the cover letter that it shares with another."""
    return mail in state.posting.mails or mail in (state.posting.cover, state.posting.submitter)
