"""Which mails of a thread had another Message-ID before, and whose references lead to them by it."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from functools import cache

from projector.assembly.former import HoldersOf, with_real_references
from projector.assembly.mail import Mail
from projector.fold.candidates import by_author
from projector.readmodel.rows import Former, Thread
from projector.readmodel.working import WorkingSet

ASKED = 2
"""So many mails of an author that had one Message-ID are asked: the first, and one more if that is who asks."""


class FormerIds:
    """The ids that a provider replaced, in memory, from when a thread is first asked for them.

    Anybody can send a thousand mails that say they had the same ones: of each author's the first two are asked, and
    only the author's own mails are looked at again.
    """

    def __init__(self, working: WorkingSet) -> None:
        self._working = working

    def renamed(self, mail: Mail, threads: Iterable[Thread]) -> Mail:
        """A mail that is new, with the references that it would have if nobody had replaced any ids."""
        known = list(threads)
        return with_real_references(mail, _holders(known, mail.author)) if any(map(_former, known)) else mail

    def take_in(self, thread: Thread, mail: Mail) -> bool:
        """Note a mail that is in its thread now, and say whether others answer another one by that."""
        former = _former(thread)
        _note(former, mail)
        place = (*mail.order, mail.id)
        first = tuple(name for name in mail.former_ids if place in former[name][mail.author][:ASKED])
        return self._look_at(thread, {mail.author: {*first}}, [mail])

    def look(self, thread: Thread, mails: Sequence[Mail]) -> bool:
        """Look again at whatever names mails that came, went or are others now, and say whether it answers another."""
        had: dict[bytes, set[str]] = {}
        for mail in mails:
            had.setdefault(mail.author, set()).update(mail.former_ids)
        return self._look_at(thread, had, mails)

    def _look_at(self, thread: Thread, had: dict[bytes, set[str]], mails: Iterable[Mail]) -> bool:
        """had: by author the names that mails had before. mails: those that have others, which go before these."""
        for mail in mails:
            for author in _former(thread).get(mail.message_id, ()):
                had.setdefault(author, set()).add(mail.message_id)
        changed = [self._look_by(thread, author, names) for author, names in had.items() if names]
        return any(changed)

    def _look_by(self, thread: Thread, author: bytes, names: set[str]) -> bool:
        """As `look`, at the mails of an author that name any of some."""
        holders, is_changed = _holders([thread], author), False
        for id in by_author(thread).get(author, ()):
            entry = thread.entries[id]
            if not names.isdisjoint(entry.mail.given or entry.mail.references):
                again = with_real_references(entry.mail, holders)
                if again is not entry.mail:
                    entry.mail, is_changed = again, True
                    self._working.touch(thread, entry)
        return is_changed


def _former(thread: Thread) -> Former:
    if thread.former is None:
        thread.former = {}
        for entry in thread.entries.values():
            _note(thread.former, entry.mail)
    return thread.former


def _note(former: Former, mail: Mail) -> None:
    place = (*mail.order, mail.id)
    for name in mail.former_ids:
        places = former.setdefault(name, {}).setdefault(mail.author, [])
        at = bisect_left(places, place)
        if places[at : at + 1] != [place]:
            places.insert(at, place)


def _holders(threads: Sequence[Thread], author: bytes) -> HoldersOf:
    """The mails of an author that had a Message-ID before: of each thread the first."""

    def holders(name: str) -> list[Mail]:
        if any(thread.names.get(name) is not None for thread in threads):
            return []
        found = ((thread, _former(thread).get(name, {}).get(author, ())) for thread in threads)
        return [thread.entries[id].mail for thread, places in found for _, _, id in places[:ASKED]]

    return cache(holders)
