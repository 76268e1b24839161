"""Puts a mail into its thread, and works the thread's postings out again where the mail can have changed them."""

from collections import Counter
from collections.abc import Callable, Collection, Container, Iterable, Mapping, Sequence

import msgspec

from projector.assembly.events import NEW_COMMENT, NEW_PATCH
from projector.assembly.links import awaited_key, change_key, name_key, patch_key, run_key
from projector.assembly.mail import COMMENT, COVER, PATCH, PULL_REQUEST, Mail
from projector.assembly.posting import Posting, assemble, half_hour
from projector.assembly.redaction import REDACTED
from projector.assembly.standing import Standing, parent_of
from projector.fold.candidates import by_author, hold, holders, note_replaced, posted, states_of
from projector.fold.copies import Copies
from projector.fold.feed import Feed
from projector.fold.former import FormerIds
from projector.fold.grouping import Grouping
from projector.fold.moment import Moment
from projector.fold.pending import PULL_REQUEST as PULL_REQUEST_PENDING
from projector.fold.pending import Pending
from projector.fold.people import People
from projector.fold.reading import Reading
from projector.fold.shown import ShownMails
from projector.fold.superseding import Superseding
from projector.outcomes import DONE, TARGET_GONE, UNCHANGED, Outcome
from projector.readmodel import tables as t
from projector.readmodel.rows import Entry, PostingState, Row, Thread
from projector.readmodel.working import WorkingSet
from schemas.records import CopyChosen

AUTHOR_MAX, POSTINGS_MAX = 640, 30
"""So many mails, and postings, of one author in one thread are read together; further ones stand apart.

The largest thread of half a million mails of real lists has 637 mails in all.
"""
LOOSE_MAX = 200
"""So many mails of one author that name no others are in one thread; further ones stand apart.

Whoever posts that many threads them: `git send-email` does unless it is told otherwise.
"""
THREAD_MAX = 640
"""In a thread of more, what may change how others were read is read without most mails of other authors."""

MADE_MIN = 20
"""In a thread of so many, what its postings were made of is kept: in a smaller one it is not worth the memory."""

Reread = Callable[[int, int], tuple[Mail, Reading]]
"""The mail of a record that was folded before, as a project sees it by now: of the record and the project."""


class Mails:
    """Threads, and the mails in them."""

    def __init__(
        self,
        working: WorkingSet,
        pending: Pending,
        grouping: Grouping,
        people: People,
        feed: Feed,
        reread: Reread,
        redacted: Container[str | int],
        superseding: Superseding,
    ) -> None:
        self._working, self._pending, self._grouping = working, pending, grouping
        self._people, self._feed, self._reread = people, feed, reread
        self._shown = ShownMails(working, people, superseding)
        self._former = FormerIds(working)
        self.copies = Copies(working, people, redacted)

    def prefetch(self, mails: Sequence[tuple[int, Mail]]) -> None:
        """Load what a batch of mails will ask for in a few queries. Changes nothing."""
        working = self._working
        names = {(project, name) for project, mail in mails for name in _names(mail)}
        working.names.need(names)
        threads = {id for name in names if (id := working.names.get(name)) is not None}
        working.threads.need(threads)
        known = [thread for id in sorted(threads) if (thread := working.threads.get(id)) is not None]
        working.postings.need(posting for thread in known for posting in thread.postings)
        working.people.need({mail.author for _, mail in mails})
        working.keys.need({(project, key) for project, mail in mails for key in _first_keys(mail)})

    def receive(self, project: int, mail: Mail, reading: Reading, moment: Moment) -> str:
        """Put a mail into its thread; one that is there already stays as it is. Gives what it became."""
        working = self._working
        working.names.need((project, name) for name in _names(mail))
        known = working.names.get((project, mail.message_id))
        was_named = bool(self._found(project, (mail.message_id, *mail.former_ids)))
        if known is not None:
            thread = self._thread(known)
            holder = thread.names.get(mail.message_id)
            if holder is not None:
                return self.copies.receive(project, thread.entries[holder], mail, reading)
        author = self._people.meet(mail, reading)
        found = self._found_by(project, mail)
        mail = self._former.renamed(mail, map(self._thread, found))
        is_leaf = len(found) == 1 and not was_named and self._standing(self._thread(min(found))).takes(mail)
        if is_leaf or not any(self._has_enough(self._thread(id), mail) for id in found):
            thread = self._join(project, mail, found)
            is_leaf = is_leaf or (len(found) != 1 and not was_named and self._standing(thread).takes(mail))
        else:
            thread = self._begin(project, mail)
        self._take_name(thread, mail.message_id)
        for name in (*mail.references, *mail.former_ids):
            owner = working.names.get((project, name))
            if owner is None:
                working.names.put((project, name), thread.id)
            if owner in (None, thread.id):
                thread.names.setdefault(name, None)
        if not self._found(project, mail.references) <= {thread.id}:
            thread.stands_apart = True
        thread.names[mail.message_id] = mail.id
        entry = thread.entries[mail.id] = Entry(mail, mail.kind, author=author)
        if thread.mails_of is not None:
            thread.mails_of.setdefault(mail.author, []).append(mail.id)
        if self._former.take_in(thread, mail):
            was_named, is_leaf = True, False
            thread.standing = thread.stands_apart = None
        if not is_leaf or not self._attach(thread, entry, reading, moment):
            entry.kind = ""
            self._place(thread, entry, reading, moment, is_named=was_named)
        if entry.kind == COMMENT:
            self._tell_of_comment(thread, entry, moment)
        return entry.kind

    def _take_name(self, thread: Thread, name: str) -> None:
        """Let a name lead to the thread of its mail, also where another one, which is read without it, named it."""
        known = self._working.names.get((thread.project, name))
        if known not in (None, thread.id):
            other = self._thread(known)
            del other.names[name]
            other.stands_apart = True
        self._working.names.put((thread.project, name), thread.id)

    def _thread(self, id: int) -> Thread:
        thread = self._working.threads.get(id)
        assert thread is not None, f"thread {id}: a name points to it, and it is not there"
        return thread

    def choose(self, fact: CopyChosen, moment: Moment) -> Outcome:
        """Another copy of a mail counts from now on: what has the mail is a new revision, and begins anew."""
        row = next(iter(self._working.load(t.conflicting_copy, fact.record)), None)
        if row is None:
            return Outcome(TARGET_GONE, f"Record {fact.record} is no copy that differs from another mail.")
        if row["counts"]:
            return Outcome(UNCHANGED)
        mail = row["mail_id"]
        before = self._grouping.revisions_with(self._posted(mail), mail)
        self._working.drop_results(("patch", mail))
        self._exchange(row, moment)
        after = self._grouping.revisions_with(self._posted(mail), mail)
        self._grouping.renew({*before, *after}, moment)
        return Outcome(DONE)

    def prefer(self, patches: Sequence[int], moment: Moment) -> tuple[int, ...]:
        """What was announced counts: of the patches that an announcement names, give those that they are here.

        Which mail came first may look otherwise to a newer parser, or to other settings.
        """
        here = []
        for patch in patches:
            for row in self._working.load(t.conflicting_copy, patch):
                if not row["counts"]:
                    self._exchange(row, moment)
            further = (t.conflicting_copy, t.duplicate)
            rows = [row for table in further for row in self._working.load(table, patch)]
            here.append(rows[0]["mail_id"] if rows else patch)
        return tuple(here)

    def _posted(self, mail: int) -> list[PostingState]:
        """The postings of the thread that a mail is in."""
        thread = self._working.thread_of(mail)
        return list(self._states(thread).values()) if thread is not None else []

    def _exchange(self, row: Row, moment: Moment) -> None:
        """Show a copy of a mail in its place, under the number that the mail has."""
        project, id = row["project_id"], row["mail_id"]
        thread = self._working.thread_of(id)
        assert thread is not None, f"mail {id}: expected a thread, found none"
        entry, (mail, reading) = thread.entries[id], self._reread(row["id"], project)
        self._shown.hide(project, id, entry.kind)
        self.copies.exchange(row, entry.mail, mail, self._people.meet(mail, reading), moment)
        thread = self._refer(thread, mail)
        before, again = entry.mail, msgspec.structs.replace(mail, id=id, record=mail.id, received=entry.mail.received)
        entry.mail = again
        thread.mails_of = thread.stands_apart = thread.former = None  # the author and the references may be others
        entry.mail = self._former.renamed(again, [thread])
        if self._former.look(thread, [before, again]):
            thread.standing = None
        entry.kind = ""
        self._grouping.replaced(id)
        self._place(thread, entry, reading, moment, is_named=True)
        self._grouping.reworded(thread, id, moment)

    def _refer(self, thread: Thread, mail: Mail) -> Thread:
        """Take in what a mail refers to that its thread does not know."""
        references = tuple(name for name in _names(mail) if name not in thread.names)
        self._working.names.need((thread.project, name) for name in references)
        thread = self._join_threads(thread.project, thread, self._found(thread.project, references))
        for name in references:
            if self._working.names.get((thread.project, name)) is None:
                self._working.names.put((thread.project, name), thread.id)
            thread.names.setdefault(name, None)
        return thread

    def counts(self, mail: int) -> int:
        """The record whose words are shown as a mail's."""
        thread = self._working.thread_of(mail)
        assert thread is not None, f"mail {mail}: expected a thread, found none"
        return thread.entries[mail].mail.record

    def answering(self, project: int, message_id: str) -> list[int]:
        """The mails of a project that refer to one, by record id."""
        known = self._working.names.get((project, message_id))
        entries = self._thread(known).entries if known is not None else {}
        return sorted(id for id, entry in entries.items() if message_id in entry.mail.references)

    def may_leave(self, mail: int, project: int) -> bool:
        """Whether a mail is of another project, and neither in a series nor shown beside a copy that differs."""
        thread = self._working.thread_of(mail)
        if thread is None or thread.project == project or self._working.copies_of(mail):
            return False
        state = self._working.posting_in(thread, mail)
        return thread.entries[mail].kind != PULL_REQUEST and (state is None or state.series is None)

    def move(self, mail: int, project: int, moment: Moment) -> None:
        """Give a mail to another project, as if it had come there."""
        thread = self._working.thread_of(mail)
        assert thread is not None, f"mail {mail}: expected a thread, found none"
        entry = thread.entries.pop(mail)
        self._shown.hide(thread.project, mail, entry.kind)
        thread.names[entry.mail.message_id] = None
        thread.mails_of = thread.stands_apart = thread.standing = thread.former = None
        self._former.look(thread, [entry.mail])
        self._reassemble(thread, {}, moment)
        again, reading = self._reread(entry.mail.record, project)
        self.receive(project, msgspec.structs.replace(again, id=mail), reading, moment)

    def redact(self, project: int, message_id: str, moment: Moment, only: Container[int] | None = None) -> int | None:
        """Take away the words of a mail; gives the record of its first delivery, None where the project has none.

        only: the records whose words go; None: all. What was folded before has to be in the tables.
        """
        known = self._working.names.get((project, message_id))
        thread = self._thread(known) if known is not None else None
        mail = thread.names.get(message_id) if thread is not None else None
        if thread is None or mail is None:
            return None
        entry = thread.entries[mail]
        if only is None or mail in only:
            entry.author = None
            self._working.touch(thread, entry)
        if only is None or entry.mail.record in only:
            self._shown.redact(entry, moment)
            self._grouping.reworded(thread, mail, moment)
        return mail

    def _found_by(self, project: int, mail: Mail) -> set[int]:
        """The threads that a new mail belongs to: of what it refers to, and of the runs that it may be in."""
        found = self._found(project, _names(mail))
        if len(found) > 1:
            found = self._without_apart(project, mail, found)
        if len(found) > 1 and self._would_have_much(found):
            above = self._working.names.get((project, parent_of(mail) or mail.message_id))
            found = {above} if above in found else {self._largest(found).id}
        if mail.total is not None and self._is_loose(project, mail):
            for number in (half_hour(mail) - 1, half_hour(mail), half_hour(mail) + 1):
                key = run_key(mail.author, mail.total, number)
                filed = self._working.keys.get((project, key))
                for posting in sorted(filed.ids) if filed is not None and len(filed.ids) < POSTINGS_MAX else ():
                    state = self._working.postings.get(posting)
                    if state is not None:
                        found.add(state.thread)
        return found

    def _is_loose(self, project: int, mail: Mail) -> bool:
        """As `is_loose`, of a new mail."""
        parent = parent_of(mail)
        known = self._working.names.get((project, parent)) if parent is not None else None
        return parent is None or known is None or self._thread(known).names.get(parent) is None

    def _without_apart(self, project: int, mail: Mail, found: set[int]) -> set[int]:
        """Of the threads that a mail refers to, the one apart that it answers, else all that are not apart."""
        parent = self._working.names.get((project, parent_of(mail) or mail.message_id))
        if parent is not None and self._stands_apart(self._thread(parent)):
            return {parent}
        return {id for id in found if not self._stands_apart(self._thread(id))}

    def _would_have_much(self, threads: Collection[int]) -> bool:
        """Whether threads had half of what is read together of an author of several of them, if they became one.

        Anybody can name mails of many threads: that never leaves their authors without room for more. Who has mails in
        one of them alone loses no room, and holds up no one.
        """
        mails: Counter[bytes] = Counter()
        postings: Counter[bytes] = Counter()
        threads_of: Counter[bytes] = Counter()
        known = [self._thread(id) for id in sorted(threads)]
        if sum(len(thread.entries) for thread in known) < POSTINGS_MAX // 2:
            return False
        for thread in known:
            mails.update({author: len(ids) for author, ids in by_author(thread).items()})
            postings.update(posted(self._working, thread))
            threads_of.update(by_author(thread).keys())
        return any(
            number > 1 and (mails[author] >= AUTHOR_MAX // 2 or postings[author] >= POSTINGS_MAX // 2)
            for author, number in threads_of.items()
        )

    def _stands_apart(self, thread: Thread) -> bool:
        """Whether the mails of a thread refer to such of another one."""
        if thread.stands_apart is None:
            named = {name for entry in thread.entries.values() for name in entry.mail.references}
            self._working.names.need((thread.project, name) for name in named)
            thread.stands_apart = not self._found(thread.project, named) <= {thread.id}
        return thread.stands_apart

    def _has_enough(self, thread: Thread, mail: Mail) -> bool:
        """Whether a thread has as much of a mail's author as is read together."""
        if len(thread.entries) < POSTINGS_MAX:
            return False
        own = self._mails_of(thread, mail.author)
        if len(own) >= AUTHOR_MAX:
            return True
        if parent_of(mail) is None and len(own) >= LOOSE_MAX:
            loose = sum(parent_of(thread.entries[id].mail) is None for id in own)
            if loose >= LOOSE_MAX:
                return True
        return posted(self._working, thread)[mail.author] >= POSTINGS_MAX and not self._fills(thread, mail)

    def _fills(self, thread: Thread, mail: Mail) -> bool:
        """Whether a mail answers a posting of its author that lacks it."""
        above = next((id for name in reversed(mail.references) if (id := thread.names.get(name)) is not None), None)
        ids = holders(self._working, thread).get(above, ()) if above is not None else ()
        postings = [state.posting for state in states_of(self._working, ids)]
        return any(
            posting.author == mail.author
            and (posting.is_numbered, posting.total) == (True, mail.total)
            and all(patch.place != mail.number for patch in posting.patches)
            for posting in postings
        )

    def _mails_of(self, thread: Thread, author: bytes) -> Sequence[int]:
        """The mails of an author in a thread."""
        return by_author(thread).get(author, ())

    def _begin(self, project: int, mail: Mail) -> Thread:
        thread = Thread(mail.id, project, {}, {}, set())
        self._working.threads.seed(thread.id, thread)
        return thread

    def _join(self, project: int, mail: Mail, found: Collection[int]) -> Thread:
        """The thread of a new mail: those that were found for it become one."""
        if not found:
            return self._begin(project, mail)
        return self._join_threads(project, self._largest(found), found)

    def _largest(self, ids: Iterable[int]) -> Thread:
        return max((self._thread(id) for id in sorted(ids)), key=lambda thread: len(thread.entries))

    def _found(self, project: int, names: Iterable[str]) -> set[int]:
        return {id for name in names if (id := self._working.names.get((project, name))) is not None}

    def _join_threads(self, project: int, thread: Thread, ids: Iterable[int]) -> Thread:
        for id in sorted(ids):
            if id != thread.id:
                self._absorb(thread, self._thread(id))
                self._working.threads.drop(id)
        return thread

    def _absorb(self, thread: Thread, other: Thread) -> None:
        """Take the mails of another thread into one; no mail of either names one of the other."""
        states = states_of(self._working, sorted(other.postings))
        for name in other.names:
            self._working.names.put((thread.project, name), thread.id)
        for entry in other.entries.values():
            self._working.touch(thread, entry)
            if thread.mails_of is not None:
                thread.mails_of.setdefault(entry.mail.author, []).append(entry.mail.id)
        if (thread.former, other.former) != ({}, {}):
            thread.former = None
        thread.entries.update(other.entries)
        thread.names.update(other.names)
        thread.postings |= other.postings
        thread.stands_apart = False if (thread.stands_apart, other.stands_apart) == (False, False) else None
        if thread.standing is not None:
            thread.standing.absorb(self._standing(other))
        for state in states:
            hold(thread, None, state.posting)
        for state in states:
            state.thread = thread.id
            self._working.postings.put(state.posting.id, state)
            note_replaced(self._working, thread, state.posting)

    def _standing(self, thread: Thread) -> Standing:
        """How a thread stands: asked before a mail is put into it, and kept up to date."""
        if thread.standing is None:
            entries = thread.entries
            kinds = {id: entry.kind for id, entry in entries.items()}
            thread.standing = Standing.of((entry.mail for entry in entries.values()), kinds)
        return thread.standing

    def _attach(self, thread: Thread, entry: Entry, reading: Reading, moment: Moment) -> bool:
        """Take in a mail that changes nothing of its thread; False where it has to be read with the others."""
        mail, standing = entry.mail, self._standing(thread)
        kind = standing.add(mail)
        posting = None
        if kind == PATCH:
            posting = standing.post(mail, *self._grouping.postings_of(thread))
            if posting is None or not self._are_posted(thread, posting.answers):
                return False
        entry.kind = ""
        self._turn(thread, entry, kind, standing.target(mail), {mail.id: reading}, moment)
        if posting is not None:
            self._grouping.add(thread, posting, moment)
        return True

    def _are_posted(self, thread: Thread, mails: Iterable[int]) -> bool:
        """Whether covers and patches are in postings: one that is in none was sent again, and another stands for it."""
        known = holders(self._working, thread)
        return all(known.get(mail) for mail in mails)

    def _place(self, thread: Thread, entry: Entry, reading: Reading, moment: Moment, *, is_named: bool) -> None:
        """Read a mail with the others of its thread. is_named: whether others may answer it, or did what it was."""
        if len(thread.entries) <= THREAD_MAX:
            self._reassemble(thread, {entry.mail.id: reading}, moment)
        else:
            self._reassemble_own(thread, entry, reading, moment, is_named=is_named)

    def _reassemble_own(
        self, thread: Thread, entry: Entry, reading: Reading, moment: Moment, *, is_named: bool
    ) -> None:
        """Read a mail without most others of its thread; what each answers of them is known from before."""
        changed: list[int] | None = None
        if thread.standing is not None:
            is_there = entry.mail.id in thread.standing and not is_named
            changed = [] if is_there else thread.standing.place(entry.mail)
        if changed is None:
            thread.standing = None
        entry.kind = entry.mail.kind
        standing = self._standing(thread)
        others = [
            other.mail for id, other in thread.entries.items() if changed is None and other.kind != standing.kinds[id]
        ]
        own = {id: thread.entries[id] for id in sorted(self._read_with(thread, [entry.mail, *others]))}
        placed = own | {id: thread.entries[id] for id in changed or ()}
        states = self._grouping.having(thread, own)
        result = assemble(standing.among([other.mail for other in own.values()]), states, *self._so_far(thread, states))
        if changed is None or any(thread.entries[id].kind != kind for id, kind in result.kinds.items()):
            placed = thread.entries
            kinds = {id: other.kind for id, other in placed.items()} | result.kinds
            standing = thread.standing = Standing.of((other.mail for other in placed.values()), kinds)
        entry.kind = ""
        found = {id: (result.kinds.get(id, other.kind), standing.target(other.mail)) for id, other in placed.items()}
        self._apply(thread, found, result.postings, states, {entry.mail.id: reading}, moment)

    def _read_with(self, thread: Thread, mails: Sequence[Mail]) -> set[int]:
        """All mails of a thread that have to be read with some of it.

        These are all mails by the same authors, and by the authors of what is in one posting with these mails (another
        copy may have another author); then whatever is in one posting with any of them.
        """
        ids = {mail.id for mail in mails}
        authors = {thread.entries[id].mail.author for id in ids | self._grouping.beside(thread, ids)}
        found = ids.union(*(self._mails_of(thread, author) for author in authors))
        while more := self._grouping.beside(thread, found) - found:
            found |= more
        return found

    def _reassemble(self, thread: Thread, readings: dict[int, Reading], moment: Moment) -> None:
        states = self._states(thread)
        mails = [entry.mail for entry in thread.entries.values()]
        made = thread.made or {} if len(mails) >= MADE_MIN else None
        result = assemble(mails, states, *self._so_far(thread, states), made)
        thread.standing, thread.made = Standing.after(result), result.made
        placed = {id: (result.kinds[id], result.targets.get(id)) for id in thread.entries}
        self._apply(thread, placed, result.postings, states, readings, moment)

    def _so_far(self, thread: Thread, states: Mapping[int, PostingState]) -> tuple[dict[int, int], int]:
        """What was announced, and how far apart replacements lie that are of one revision."""
        return _announced(states), self._grouping.settings_of(thread.project).partial_wait_seconds

    def _apply(
        self,
        thread: Thread,
        placed: Mapping[int, tuple[str, int | None]],
        postings: Iterable[Posting],
        states: dict[int, PostingState],
        readings: dict[int, Reading],
        moment: Moment,
    ) -> None:
        """Bring mails up to date with what they were found to be, and about what, and states with their postings."""
        for id, (kind, target) in placed.items():
            entry = thread.entries[id]
            if kind != entry.kind:
                self._turn(thread, entry, kind, target, readings, moment)
            elif target != entry.target:
                entry.target = target
                self._working.touch(thread, entry)
                self._shown.retarget(entry)
        found = {posting.id: posting for posting in postings}
        changed = [posting for id, posting in found.items() if _differs(states.get(id), posting)]
        removed = [state for id, state in sorted(states.items()) if id not in found]
        thread.postings = (thread.postings - states.keys()) | found.keys()
        self._grouping.regroup(thread, states, changed, removed, moment)

    def _states(self, thread: Thread) -> dict[int, PostingState]:
        self._working.postings.need(thread.postings)
        states = {id: self._working.postings.get(id) for id in sorted(thread.postings)}
        return {id: state for id, state in states.items() if state is not None}

    def _tell_of_patch(self, thread: Thread, entry: Entry, moment: Moment) -> None:
        id = entry.mail.id
        if id == moment.record or not self._working.has_event(id, NEW_PATCH):
            parameters = {"message_id": entry.mail.message_id}
            self._feed.put(thread.project, NEW_PATCH, moment, patch=id, parameters=parameters)

    def _tell_of_comment(self, thread: Thread, entry: Entry, moment: Moment) -> None:
        about = thread.entries.get(entry.target) if entry.target is not None else None
        patch = about.mail.id if about is not None and about.kind in (PATCH, PULL_REQUEST) else None
        parameters: dict[str, int | str] = {"comment": entry.mail.id, "message_id": entry.mail.message_id}
        self._feed.put(thread.project, NEW_COMMENT, moment, patch=patch, parameters=parameters)

    def _turn(
        self,
        thread: Thread,
        entry: Entry,
        kind: str,
        target: int | None,
        readings: dict[int, Reading],
        moment: Moment,
    ) -> None:
        """A mail is new, or is something else than was thought before others came."""
        id = entry.mail.id
        if entry.kind:
            self._shown.hide(thread.project, id, entry.kind)
        entry.kind, entry.target = kind, target
        self._working.touch(thread, entry)
        reading = readings.get(id) or self._reread(entry.mail.record, thread.project)[1]
        self._shown.show(thread.project, entry, reading)
        if kind == PATCH:
            self._tell_of_patch(thread, entry, moment)
        if kind == PULL_REQUEST or (kind == PATCH and reading.parsed.pull_url):
            url = REDACTED if reading.is_redacted else reading.parsed.pull_url or ""
            self._pending.note(PULL_REQUEST_PENDING, id, thread.project, moment.record, url)


def _announced(states: Mapping[int, PostingState]) -> dict[int, int]:
    """The partial reroll of each patch that was announced in one."""
    return {
        patch.id: state.posting.id
        for state in states.values()
        if state.posting.is_partial and state.event is not None
        for patch in state.posting.patches
    }


def _differs(state: PostingState | None, posting: Posting) -> bool:
    return state is None or state.posting != posting


def _names(mail: Mail) -> tuple[str, ...]:
    """The Message-IDs that a mail has, had or names."""
    return (mail.message_id, *mail.references, *mail.former_ids)


def _first_keys(mail: Mail) -> list[str]:
    """The keys that the posting of a new mail will surely ask for."""
    if mail.kind not in (PATCH, COVER):
        return []
    keys = [name_key(mail.name_key), patch_key(mail.author, mail.name_key), awaited_key(mail.message_id)]
    keys += [awaited_key(name) for name in mail.supersedes]
    if mail.change_id is not None:
        keys.append(change_key(mail.change_id))
    if mail.total is not None:
        keys += [run_key(mail.author, mail.total, half_hour(mail) + step) for step in (-1, 0, 1)]
    return keys
