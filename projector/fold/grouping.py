"""Keeps postings linked and grouped into series: looks again at what a changed posting can have changed."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import partial

import msgspec

from projector.assembly import links
from projector.assembly.corrections import Correction, kept_joins
from projector.assembly.draft import UNMARKED
from projector.assembly.events import SERIES_MERGED
from projector.assembly.mail import COMMENT
from projector.assembly.posting import Posting, repeat
from projector.assembly.series import components
from projector.assembly.shelf import WINDOW
from projector.assembly.standing import PostingOf, ReplacedOf
from projector.fold.candidates import (
    candidates,
    has_common_name,
    hold,
    holders,
    note_replaced,
    posting_of,
    replaced_of,
    shelf_of,
    states_of,
    superseded_by,
)
from projector.fold.continuing import Continuing
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
from projector.fold.suggesting import Suggesting
from projector.fold.superseding import Superseding
from projector.readmodel.rows import Filed, PostingState, Shown, Thread
from projector.readmodel.working import WorkingSet
from schemas.records import ProjectAdded


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
        superseding: Superseding,
    ) -> None:
        self._working, self._pending, self._projects, self._corrections = working, pending, projects, corrections
        self._feed = feed
        self._dependencies = Dependencies(working)
        self._rows = SeriesRows(working, pending, self._dependencies, people, find_user)
        self._superseding = superseding
        self._continuing = Continuing(working)
        self._suggesting = Suggesting(working)
        self._suggest_again: set[int] = set()
        self._taken_in: set[int] = set()
        self._waiting: set[int] = set()
        self._touched: set[int] = set()
        self._exchanged: set[int] = set()

    def add(self, thread: Thread, posting: Posting, moment: Moment) -> None:
        """Take in a posting of a new mail that nobody answers yet."""
        thread.postings.add(posting.id)
        note_replaced(self._working, thread, posting)
        self._working.postings.seed(posting.id, None)
        dirty: dict[int, None] = {}
        self._take_in(thread, posting, None, dirty, ())
        self._settle_in(thread.project, posting.id, None, dirty, moment)

    def _settle_in(self, project: int, id: int, old: Posting | None, dirty: dict[int, None], moment: Moment) -> None:
        """Group anew what the only posting that came or changed touches. old: what it was; None where it is new."""
        series: set[int] = set()
        state = self._working.postings.get(id)
        assert state is not None
        before = self._link(dirty, series, state, old)
        if self._amend(project, state, old, dirty, before, moment):
            self._refresh_dependents(project, moment)
        else:
            self._group(project, dirty, series, moment)

    def _amend(
        self,
        project: int,
        state: PostingState,
        old: Posting | None,
        dirty: dict[int, None],
        before: Mapping[int, links.Link | None],
        moment: Moment,
    ) -> bool:
        """Bring a series up to date with a posting of it that is new or changed; False where more may have changed."""
        if self._corrections.naming(state.posting):
            return False
        target = self._working.postings.get(state.link.to) if state.link is not None else None
        leads_back = _leads_back(state, target)
        if old is None:
            home = self._home(state, dirty, before)
            return home is not None and self._rows.follow(project, home, state, moment, leads_back=leads_back)
        is_alone = dirty.keys() <= {state.posting.id} and not before
        return is_alone and self._rows.amend(project, state, old, moment, leads_back=leads_back)

    def _home(self, new: PostingState, dirty: Iterable[int], before: Mapping[int, links.Link | None]) -> int | None:
        """The one series that a new posting joins, without a change to which other postings are in it; else None.

        before: the links that were others. A posting in between holds together what it takes over: what linked to the
        same as it does now; and where all lead to what was sent before, what linked to anything, by its own link or as
        the new beginning of all.
        """
        others = [state for id in dirty if id != new.posting.id and (state := self._working.postings.get(id))]
        target = self._working.postings.get(new.link.to) if new.link is not None else None
        homes = {state.series for state in [*others, *([target] if target is not None else [])]}
        home = homes.pop() if len(homes) == 1 else None
        if home is None or not others:
            return home
        taken_over = all(state.link is not None and state.link.to == new.posting.id for state in others)
        were = [link.to for state in others if (link := before.get(state.posting.id)) is not None]
        if taken_over and all(new.link is not None and new.link.to == to for to in were):
            return home
        leads_on = target is not None or any(before.get(state.posting.id) is None for state in others)
        is_plain = self._rows.is_plain(home) and _leads_back(new, target)
        return home if taken_over and leads_on and is_plain else None

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
        old = states[changed[0].id].posting if changed and changed[0].id in states else None
        for state in removed:
            self._remove(state, thread, dirty, states.keys())
            if state.series is not None:
                series.add(state.series)
        for posting in changed:
            self._take_in(thread, posting, states.get(posting.id), dirty, states.keys())
        for state in removed:
            repeated = self._repeated(thread, state.posting)
            heirs = repeated or [posting for posting in changed if state.posting.id in posting.mails]
            self._hand_on(state, heirs or _with_most(state.posting, changed), dirty)
        thread.replaced = None
        if len(changed) == 1 and not removed:
            self._settle_in(thread.project, changed[0].id, old, dirty, moment)
        else:
            self._link(dirty, series)
            self._group(thread.project, dirty, series, moment)

    def settings_of(self, project: int) -> ProjectAdded:
        """What is set of a project."""
        return self._projects.by_id[project].settings

    def having(self, thread: Thread, mails: Iterable[int]) -> dict[int, PostingState]:
        """The postings of a thread that have some of its mails."""
        known = holders(self._working, thread)
        ids = sorted(set().union(*(known.get(mail, ()) for mail in mails)))
        return {id: state for id in ids if (state := self._working.postings.get(id)) is not None}

    def beside(self, thread: Thread, mails: Iterable[int]) -> set[int]:
        """The mails of the postings of a thread that have some of its mails."""
        return set().union(*(state.posting.mails for state in self.having(thread, mails).values()))

    def postings_of(self, thread: Thread) -> tuple[PostingOf, ReplacedOf]:
        """Ways to find the posting of a thread that has a patch, and how much of one is replaced already."""
        return partial(posting_of, self._working, thread), partial(replaced_of, self._working, thread)

    def settle(self, posting: int, moment: Moment) -> None:
        """The wait for more of a posting is over."""
        state = self._working.postings.get(posting)
        if state is not None and not state.settled:
            state.settled = True
            self._working.postings.put(posting, state)
            self._group(state.project, {posting: None}, set(), moment)

    def restate(
        self, project: int, series: int, moment: Moment, *, patch: int | None = None, about: PostingState | None = None
    ) -> None:
        """The state of a patch changed, or what was announced of a posting."""
        if not self._rows.restate(project, series, moment, patch, about):
            self.refresh(project, series, moment)

    def open_patches(self, shown: Shown) -> set[int]:
        """The patches of a series that wait for a decision."""
        return self._rows.open_patches(shown)

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
        rerun = PostingState(repeat(state.posting, id), state.project, id, link=link, found=link, settled=True)
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
        states = [state for state in states_of(self._working, thread.postings) if _shows(state, mail)]
        self._suggest_again.update(
            id for state in states for id in self._suggesting.following(thread.project, [state.posting])
        )
        self._suggest({state.posting.id: state for state in states})
        for series in sorted({state.series for state in states if state.series is not None}):
            self._rows.stale.add(mail)
            self.refresh(thread.project, series, moment, touch=True)

    # --- keys and links ---

    def _take_in(
        self,
        thread: Thread,
        posting: Posting,
        state: PostingState | None,
        dirty: dict[int, None],
        others: Collection[int],
    ) -> None:
        """Take in a posting as it is now. others: those that may stand below its mails, or did."""
        before = links.filed_under(state.posting) if state is not None else frozenset()
        after = links.filed_under(posting)
        hold(thread, state.posting if state is not None else None, posting)
        is_shown_anew = True  # what it answers changes nothing but its link
        if state is None:
            state = PostingState(posting, thread.project, thread.id)
            self._working.tallies.seed(("revision", posting.id), {})
            self._note_dependents(thread, (posting,), after, dirty, others)
            self._file(thread.project, None, posting, before, after)
        elif msgspec.structs.replace(state.posting, answers=posting.answers) != posting:
            self._note_dependents(thread, (state.posting, posting), before | after, dirty, others)
            self._file(thread.project, state.posting, posting, before, after)
        elif not posting.is_partial:
            is_shown_anew = False
        if is_shown_anew:
            self._continuing.leave(state)
        state.posting, state.thread = posting, thread.id
        self._working.postings.put(posting.id, state)
        dirty[posting.id] = None
        if is_shown_anew:
            self._taken_in.add(posting.id)
        self._wait(state)

    def _remove(self, state: PostingState, thread: Thread, dirty: dict[int, None], others: Collection[int]) -> None:
        """A posting is part of another one now; its numbers lead there."""
        id = state.posting.id
        keys = links.filed_under(state.posting)
        self._continuing.leave(state)
        self._note_dependents(thread, (state.posting,), keys, dirty, others)
        self._file(state.project, state.posting, None, keys, frozenset())
        self._working.postings.drop(id)
        hold(thread, state.posting, None)
        dirty.pop(id, None)
        self._pending.done(REVISION, id)
        self._pending.done(WAIT, id)
        self._rows.leave(state)
        if state.event is not None and state.series is not None:
            self._exchanged.add(state.series)

    def _repeated(self, thread: Thread, removed: Posting) -> Sequence[Posting]:
        """The posting whose patch a mail only repeats, as is known by now, that was thought to be one itself."""
        entry = thread.entries.get(removed.id)
        if entry is None or entry.kind != COMMENT or entry.target is None:
            return ()
        return [state.posting for state in self.having(thread, {entry.target}).values()]

    def _hand_on(self, removed: PostingState, heirs: Iterable[Posting], dirty: dict[int, None]) -> None:
        """The numbers that were announced for a posting that is no more lead to the one that has its mail now."""
        for posting in heirs:
            state = self._working.postings.get(posting.id)
            assert state is not None
            hand_on_sayings(self._working, removed, state, dirty)
            if removed.pinned:
                dirty[posting.id] = None
                own = [pair for pair in state.pinned if pair not in removed.pinned]
                state.pinned = (*removed.pinned, *own)
                if state.event is None:
                    state.event, state.is_rebuilt = removed.event, removed.is_rebuilt
                self._working.postings.put(posting.id, state)
                self._rows.hand_on(removed, state)

    def _file(
        self, project: int, old: Posting | None, new: Posting | None, before: frozenset[str], after: frozenset[str]
    ) -> None:
        """File a posting under other keys than before, or in another place among those that are under them."""
        has_moved = old is not None and new is not None and (old.order, old.author) != (new.order, new.author)
        keys = before | after if has_moved else before ^ after
        self._working.keys.need((project, key) for key in keys)
        for key in sorted(keys):
            filed = self._working.filed(project, key)
            if old is not None and key in before:
                filed.remove(old)
            if new is not None and key in after:
                filed.add(new)

    def _note_dependents(
        self,
        thread: Thread,
        stages: Sequence[Posting],
        keys: frozenset[str],
        dirty: dict[int, None],
        others: Collection[int],
    ) -> None:
        """Whatever may link to a posting, or could before it changed, is looked at again.

        stages: the posting as it was, if it was there before, and as it is; keys: all that it is or was filed under.
        """
        mails = {mail for posting in stages for mail in posting.mails}
        earliest = min(posting.order for posting in stages)
        awaits = {
            links.awaited_key(entry.mail.message_id) for id in mails if (entry := thread.entries.get(id)) is not None
        }
        changes = {links.wanted_key(change) for posting in stages for change in posting.change_ids}
        linking = [key for key in keys if not key.startswith(("run ", "wanted ", "sent "))]
        own = {posting.id for posting in stages}
        wanted = [(thread.project, key) for key in {*linking, *awaits, *changes}]
        for (_, key), filed in self._working.keys.get_all(wanted):
            if filed.ids <= own:
                continue
            is_awaited = key in awaits
            concerns_all = is_awaited or len(filed.ids) in (WINDOW, WINDOW + 1)  # the one more makes a name common
            for id in self._beside(filed, stages, is_awaited=is_awaited):
                other = self._working.postings.get(id)
                if other is not None and (concerns_all or other.posting.order >= earliest):
                    dirty[id] = None  # by a Supersedes: line even to what was sent later, as its Date has it
                if other is not None and other.posting.depends_on:
                    self._waiting.add(id)
        self._suggest_again |= self._suggesting.following(thread.project, stages)
        for id in others:
            other = self._working.postings.get(id)
            if other is not None and not mails.isdisjoint(other.posting.answers):
                dirty[id] = None
        if self._corrections:
            for posting in stages:
                dirty.update(dict.fromkeys(self._corrections.links_to(posting)))

    def _beside(self, filed: Filed, stages: Iterable[Posting], *, is_awaited: bool) -> Iterable[int]:
        """The postings under a key that may link to one, or depend on it, as far as they are looked at."""
        if len(filed.ids) <= WINDOW + 1:
            return filed.ids
        shelf = shelf_of(self._working, filed)
        if is_awaited:
            return set().union(*(shelf.first(stage.author) for stage in stages))
        return set(shelf.newest()).union(*map(shelf.behind, stages))

    def _link(
        self, dirty: dict[int, None], series: set[int], new: PostingState | None = None, old: Posting | None = None
    ) -> dict[int, links.Link | None]:
        """Link what is to be looked at again, and give the links that were others before.

        new: the only posting that came or changed. old: what it was; None where nobody knew it before.
        """
        before: dict[int, links.Link | None] = {}
        looked: list[PostingState] = []
        changed: list[PostingState] = []
        states = [state for id in dirty if (state := self._working.postings.get(id)) is not None]
        dirty.clear()
        for state in sorted(states, key=lambda state: state.posting.order):
            if new is not None and state is not new and self._stays(state, new.posting, old):
                continue
            link = self._find_link(state)
            is_new = state.posting.id in self._taken_in or state.posting.repeats is not None
            if link != state.found or is_new or self._corrections.naming(state.posting):
                self._continuing.find(state, link)
                dirty[state.posting.id] = None
                looked.append(state)
            elif link is not None and link.to in self._taken_in:
                self._continuing.touch(state)
        for state, link in self._continuing.decide(looked):
            if link != state.link:
                changed.append(state)
                dirty[state.posting.id] = None
                before[state.posting.id] = state.link
                state.link = link
                self._working.postings.put(state.posting.id, state)
            if link is not None:
                target = self._working.postings.get(link.to)
                if target is not None and target.series is not None:
                    series.add(target.series)
        self._suggest({state.posting.id: state for state in (*looked, *changed)})
        return before

    def _suggest(self, looked: Mapping[int, PostingState]) -> None:
        """Look again at what those may follow whose links were looked at, and those that may follow what changed."""
        again = states_of(self._working, sorted(self._suggest_again - looked.keys()))
        self._suggest_again.clear()
        self._waiting |= self._suggesting.look([*looked.values(), *again]) - looked.keys()

    def _stays(self, state: PostingState, new: Posting, old: Posting | None) -> bool:
        """Whether a posting's link is surely what it was, now that there is a new one that it might link to.

        old: what the new one was before; None where nobody knew it. Of two the stronger is chosen, whatever others
        there are, but where others' postings are counted; and one that is filed between a posting and its target may
        put this out of sight. What it could have linked to before may have stood in the way of yet another.
        """
        posting, link = state.posting, state.found
        if posting.repeats is not None or self._corrections.naming(posting):
            return False
        superseded = superseded_by(self._working, state)
        if old is not None and links.link(posting, [links.Found(old, None)], superseded) is not None:
            return False
        if link is None:
            others, may_count = [new], posting.reroll > UNMARKED
        else:
            target = self._working.postings.get(link.to)
            if target is None:
                return False
            if target.posting.order < new.order and not self._sees(state, link, target.posting):
                return False  # only what is filed behind the target can put it out of sight
            others = [target.posting, new]
            is_own = target.posting.author == posting.author
            may_count = link.rule > links.BY_NAME or (link.rule == links.BY_NAME and not is_own)
        is_common = has_common_name(self._working, state.project, posting)
        may_count = may_count and not is_common
        found = [links.Found(other, None, is_common) for other in others]
        return not may_count and links.link(posting, found, superseded) == link

    def _sees(self, state: PostingState, link: links.Link, target: Posting) -> bool:
        """Whether what a posting links to is among what it looks at."""
        if link.rule in (links.BY_SUPERSEDES, links.BY_REPLY):
            return True
        keys = [(state.project, key) for key in links.keys(state.posting) & links.keys(target)]
        filed = [filed for _, filed in self._working.keys.get_all(keys)]
        return any(len(each.ids) <= WINDOW for each in filed) or any(
            target.id in shelf_of(self._working, each).before(state.posting) for each in filed
        )

    def _find_link(self, state: PostingState) -> links.Link | None:
        if state.posting.repeats is not None:
            return state.found
        if self._corrections and (said := operators_link(self._corrections.said_of(state))) is not None:
            return said[0]
        found, superseded = candidates(self._working, state)
        return links.link(state.posting, found, superseded) if found else None

    # --- waits ---

    def _wait(self, state: PostingState) -> None:
        posting = state.posting
        if is_awaited(state):
            settings = self.settings_of(state.project)
            wait_seconds = settings.partial_wait_seconds if posting.is_partial else settings.wait_seconds
            end = (posting.received + wait_seconds) * 1_000_000
            self._pending.note(WAIT, posting.id, state.project, end, posting.source)
        else:
            self._pending.done(WAIT, posting.id)

    # --- series ---

    def _group(self, project: int, dirty: Iterable[int], series: set[int], moment: Moment) -> None:
        states = self._members(dirty, series)
        is_corrected = bool(self._corrections) and any(
            self._corrections.naming(state.posting) for state in states.values()
        )
        is_plain = not is_corrected and all(
            state.link is None or _leads_back(state, states.get(state.link.to)) for state in states.values()
        )
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
                    if state.event is not None:
                        self._exchanged.update(id for id in (state.series, name) if id is not None)
                    self._rows.move(state, name)
        for group, name in zip(groups, names, strict=True):
            self._rows.note_gone(group, name)
        for group, name in zip(groups, names, strict=True):
            if name is not None:
                by_id = {state.posting.id: state for state in group}
                members = members_of(group, name)
                is_new, touch = name not in claimed, name in self._touched
                self._rows.write(project, name, members, by_id, moment, is_new=is_new, touch=touch)
                self._rows.note(name, is_plain=is_plain, is_corrected=is_corrected)
        for gone, target in self._rows.retire(claimed, {name for name in names if name is not None}):
            self._feed.put(project, SERIES_MERGED, moment, series=gone, parameters={"merged_into": target})
        self._look_at_superseded(project, moment)
        self._refresh_dependents(project, moment)

    def _look_at_superseded(self, project: int, moment: Moment) -> None:
        """Look again at what is Superseded, where patches, or what was announced, went to another series."""
        rehomed = self._rows.take_rehomed()
        if rehomed or self._exchanged:
            self._superseding.look(rehomed, self._exchanged, project, moment)
        self._exchanged.clear()

    def _refresh_dependents(self, project: int, moment: Moment) -> None:
        """Look again at the series that depend on what changed or moved."""
        for moved in self._rows.take_moved():
            if moved.posting.id not in self._taken_in:
                self._waiting.update(self._dependencies.waiting_for(moved))
            following = states_of(self._working, sorted(self._suggesting.following(project, [moved.posting])))
            self._waiting.update(state.posting.id for state in following if state.may_follow == moved.posting.id)
        self._taken_in.clear()
        if self._waiting:
            states = [state for id in sorted(self._waiting) if (state := self._working.postings.get(id)) is not None]
            self._waiting.clear()
            known = sorted({state.series for state in states if state.series is not None})
            unsure = {series for series in known if not self._rows.restate(project, series, moment, None, None)}
            if unsure:
                self._group(project, {}, unsure, moment)

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


def _with_most(removed: Posting, changed: Iterable[Posting]) -> list[Posting]:
    """The posting that has most of what one had that is no more, and whose own mail is in no posting now."""
    shared = [(len(set(posting.mails) & set(removed.mails)), -posting.id, posting) for posting in changed]
    most, _, posting = max(shared, key=lambda each: each[:2], default=(0, 0, removed))
    return [posting] if most else []


def _leads_back(state: PostingState, target: PostingState | None) -> bool:
    return target is None or target.posting.order < state.posting.order


def _shows(state: PostingState, mail: int) -> bool:
    """Whether a mail is in a posting, or is the cover letter that it shares with another."""
    return mail in state.posting.mails or mail in (state.posting.cover, state.posting.submitter)
