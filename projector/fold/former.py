"""Which mails of a thread had another Message-ID before, and whose references lead to them by it."""

from collections.abc import Iterable

from projector.assembly.former import HoldersOf, with_real_references
from projector.assembly.mail import Mail
from projector.readmodel.rows import Thread
from projector.readmodel.working import WorkingSet


class FormerIds:
    """The ids that a provider replaced, in memory, from when a thread is first asked for them."""

    def __init__(self, working: WorkingSet) -> None:
        self._working = working

    def renamed(self, mail: Mail, threads: Iterable[Thread]) -> Mail:
        """A mail that is new, with the references that it would have if nobody had replaced any ids."""
        known = [thread for thread in threads if self._of(thread)]
        if not known:
            return mail
        ways = [self._holders(thread) for thread in known]
        return with_real_references(mail, lambda name: [other for holders in ways for other in holders(name)])

    def take_in(self, thread: Thread, mail: Mail) -> bool:
        """Note a mail that is in its thread now, and say whether others answer another one by that."""
        former = self._of(thread)
        for name in mail.former_ids:
            if mail.id not in former.setdefault(name, []):
                former[name].append(mail.id)
        if not mail.former_ids and mail.message_id not in former:
            return False
        names, holders, is_changed = {mail.message_id, *mail.former_ids}, self._holders(thread), False
        for entry in thread.entries.values():
            if not names.isdisjoint(entry.mail.given or entry.mail.references):
                again = with_real_references(entry.mail, holders)
                if again is not entry.mail:
                    entry.mail, is_changed = again, True
                    self._working.touch(thread, entry)
        return is_changed

    def _of(self, thread: Thread) -> dict[str, list[int]]:
        if thread.former is None:
            thread.former = {}
            for id, entry in thread.entries.items():
                for name in entry.mail.former_ids:
                    thread.former.setdefault(name, []).append(id)
        return thread.former

    def _holders(self, thread: Thread) -> HoldersOf:
        former = self._of(thread)

        def holders(name: str) -> list[Mail]:
            if thread.names.get(name) is not None:
                return []
            return [thread.entries[id].mail for id in former.get(name, ())]

        return holders
