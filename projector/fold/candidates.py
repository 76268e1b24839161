"""The postings that a posting may link to: found by key, by what it supersedes, and by what it answers."""

from collections import Counter
from collections.abc import Collection, Iterable
from functools import partial

from projector.assembly import links
from projector.assembly.links import Found
from projector.assembly.posting import Posting
from projector.assembly.shelf import WINDOW, Shelf
from projector.assembly.standing import base_of
from projector.readmodel.rows import Filed, PostingState, Thread
from projector.readmodel.working import WorkingSet

LINKS_MAX = 100
"""So many links are followed from a posting to the first of its series."""


def candidates(working: WorkingSet, state: PostingState) -> tuple[list[Found], set[int]]:
    """All that a posting may link to, in order of id, and the mails that it supersedes."""
    posting, project = state.posting, state.project
    ids = looked_at(working, project, links.keys(posting), posting)
    superseded: set[int] = set()
    for thread, mail in _superseded(working, state):
        superseded.add(mail)
        ids |= holders(working, thread).get(mail, set())
    answered = working.threads.get(state.thread) if posting.answers else None
    if answered is not None:
        known = holders(working, answered)
        ids = ids.union(*(known.get(mail, ()) for mail in posting.answers))
    ids.discard(posting.id)
    if not ids:
        return [], superseded
    working.postings.need(ids)
    others = [other for id in sorted(ids) if (other := working.postings.get(id)) is not None]
    return found_by(working, project, posting, others), superseded


def looked_at(working: WorkingSet, project: int, keys: Iterable[str], posting: Posting) -> set[int]:
    """The postings that one finds under some keys: all, or where they are many the nearest before it; by their ids."""
    ids: set[int] = set()
    for _, filed in working.keys.get_all([(project, key) for key in keys]):
        ids |= filed.ids if len(filed.ids) <= WINDOW else shelf_of(working, filed).before(posting)
    return ids


def superseded_by(working: WorkingSet, state: PostingState) -> set[int]:
    """The mails that a posting supersedes, as far as they are there."""
    return {mail for _, mail in _superseded(working, state)}


def _superseded(working: WorkingSet, state: PostingState) -> list[tuple[Thread, int]]:
    found = (_holder(working, state.project, name) for name in state.posting.supersedes)
    return [holder for holder in found if holder is not None]


def found_by(working: WorkingSet, project: int, posting: Posting, others: Iterable[PostingState]) -> list[Found]:
    """What a posting finds, with the series that each is in."""
    known: dict[int, int] = {}
    is_common = has_common_name(working, project, posting)
    found = []
    for other in others:
        is_own = other.posting.author == posting.author
        series = other.series if is_own or is_common else _series(working, other, known)
        found.append(Found(other.posting, series, is_common))
    return found


def has_common_name(working: WorkingSet, project: int, posting: Posting) -> bool:
    """Whether more postings have the name of one than are looked at."""
    bearers = working.keys.get((project, links.name_key(posting.name_key)))
    return bearers is not None and len(bearers.ids) > WINDOW


def shelf_of(working: WorkingSet, filed: Filed) -> Shelf:
    """The postings under a key in their order."""
    if filed.shelf is None:
        states = states_of(working, filed.ids)
        filed.shelf = Shelf(state.posting for state in states)
    return filed.shelf


def states_of(working: WorkingSet, ids: Collection[int]) -> list[PostingState]:
    """Those of some postings that are there."""
    working.postings.need(ids)
    return [state for id in ids if (state := working.postings.get(id)) is not None]


def holders(working: WorkingSet, thread: Thread) -> dict[int, set[int]]:
    """Which postings of a thread have a mail: those of each, by their ids."""
    if thread.holders is None:
        thread.holders = {}
        for state in states_of(working, thread.postings):
            _note_mails(thread.holders, state.posting)
    return thread.holders


def hold(thread: Thread, before: Posting | None, after: Posting | None) -> None:
    """Note which posting of a thread was there, and which is now. None: there was none, or it is no more."""
    if thread.posted is not None:
        thread.posted.subtract([before.author] if before is not None else [])
        thread.posted.update([after.author] if after is not None else [])
    if thread.holders is None:
        return
    if before is not None:
        for mail in before.mails:
            thread.holders[mail].discard(before.id)
    if after is not None:
        _note_mails(thread.holders, after)


def _note_mails(holders: dict[int, set[int]], posting: Posting) -> None:
    for mail in posting.mails:
        holders.setdefault(mail, set()).add(posting.id)


def posted(working: WorkingSet, thread: Thread) -> Counter[bytes]:
    """How many postings of a thread each author has."""
    if thread.posted is None:
        thread.posted = Counter(state.posting.author for state in states_of(working, thread.postings))
    return thread.posted


def by_author(thread: Thread) -> dict[bytes, list[int]]:
    """The mails of each author in a thread."""
    if thread.mails_of is None:
        thread.mails_of = {}
        for id, entry in thread.entries.items():
            thread.mails_of.setdefault(entry.mail.author, []).append(id)
    return thread.mails_of


def posting_of(working: WorkingSet, thread: Thread, patch: int) -> Posting | None:
    """The posting of a thread that has a patch; None where none has."""
    found = states_of(working, holders(working, thread).get(patch, ()))
    return found[0].posting if found else None


def replaced_of(working: WorkingSet, thread: Thread, posting: int, is_own: bool) -> int:
    """How many patches of a posting would be replaced by its author, or by others."""
    if thread.replaced is None:
        thread.replaced = Counter()
        for state in states_of(working, thread.postings):
            note_replaced(working, thread, state.posting)
    return thread.replaced[posting, is_own]


def note_replaced(working: WorkingSet, thread: Thread, posting: Posting) -> None:
    """Count what a posting replaces, or would, of another of its thread."""
    if thread.replaced is not None and (posting.is_partial or posting.is_apart):
        base = base_of(posting, partial(posting_of, working, thread))
        thread.replaced[base.id, posting.author == base.author] += len(posting.patches)


def _series(working: WorkingSet, state: PostingState, known: dict[int, int]) -> int:
    """The series that a posting will be in by the links that are found, before it is decided which of them count.

    It is asked of other authors' postings alone: rule 4 counts their series. One that is in none yet is called by the
    posting that begins it, with a minus. known: what was found of others.
    """
    seen = {state.posting.id}
    while state.found is not None and state.found.to not in seen and len(seen) < LINKS_MAX:
        if state.found.to in known:
            break
        target = working.postings.get(state.found.to)
        if target is None:
            break
        seen.add(state.found.to)
        state = target
    if state.found is not None and state.found.to in known:
        leads_to = known[state.found.to]
    else:
        leads_to = state.series or -state.posting.id
    known.update(dict.fromkeys(seen, leads_to))
    return leads_to


def _holder(working: WorkingSet, project: int, name: str) -> tuple[Thread, int] | None:
    """The thread of a mail, by its Message-ID, and its record id."""
    id = working.names.get((project, name))
    thread = working.threads.get(id) if id is not None else None
    mail = thread.names.get(name) if thread is not None else None
    return (thread, mail) if thread is not None and mail is not None else None
