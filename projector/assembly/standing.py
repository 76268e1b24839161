"""How a thread stands, so that a mail which changes nothing of it is placed without a look at all the others.

A mail that nobody answers yet, and that is in no posting with others by any rule of section 3, is one: a comment, or a
patch without a number. What it comes to hangs on what stands above it, and nothing hangs on it. For every other mail
`place` says that the thread has to be assembled anew; both ways give the same.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

import msgspec

from projector.assembly.draft import UNMARKED, Draft, Drafting, Marker, numbered
from projector.assembly.drafts import nearest_above
from projector.assembly.mail import COMMENT, COVER, IGNORED, PATCH, Mail
from projector.assembly.posting import Assembled, Posting, finish
from projector.assembly.repeats import POSTED, posted_above, repeats
from projector.assembly.rerolls import REPLACED_MAX, adds_files, replaces
from projector.assembly.tree import Tree, build_tree, is_placed_by_others

PostingOf = Callable[[int], Posting | None]
"""The posting that has a patch among its own, by the patch's record id; None where all was sent again for it."""
ReplacedOf = Callable[[int, bool], int]
"""How many patches of a posting would be replaced by its author, or by others."""

_NO_TREE = Tree({}, {}, {})


class Standing:
    """What the mails of a thread came to, as far as later ones ask for it."""

    def __init__(self, tree: Tree, above: dict[str, Mail | None], kinds: Mapping[int, str]) -> None:
        self._mails, self._above, self.kinds = dict(tree.mails), above, dict(kinds)
        self._parents = dict(tree.parents)
        self._below: dict[str, list[str]] | None = None
        self._is_mixed = False
        self._tokens: dict[int, Marker] = {}
        self._last = max((mail.id for mail in self._mails.values()), default=0)
        for mail in self._mails.values():
            self._note_token(mail)
        for name in self._parents.keys() - above.keys():
            self._hang_aside(name)

    @classmethod
    def of(cls, mails: Iterable[Mail], kinds: Mapping[int, str]) -> "Standing":
        """How the mails of a thread stand, given what each of them was found to be.

        Which patches only repeat the one above is found anew.
        """
        tree = build_tree(mails)
        found = dict(kinds)
        found.update({mail.id: PATCH for mail in tree.mails.values() if _is_repeated(mail, kinds)})
        return cls(tree, nearest_above(tree, found), found)

    @classmethod
    def after(cls, assembled: Assembled) -> "Standing":
        """How a thread stands that was just assembled."""
        return cls(assembled.tree, assembled.about, assembled.kinds)

    def absorb(self, other: "Standing") -> None:
        """Take in another thread. No mail of either names one of the other.

        Where both have branch tokens, those of one may count for the other: then nothing is certain any more.
        """
        self._mails.update(other._mails)
        self._above.update(other._above)
        self.kinds.update(other.kinds)
        self._parents.update(other._parents)
        self._below = None
        self._is_mixed = self._is_mixed or other._is_mixed or bool(self._tokens and other._tokens)
        for first, token in other._tokens.items():
            self._tokens[first] = max(self._tokens.get(first, ()), token)
        self._last = max(self._last, other._last)

    def __contains__(self, mail: int) -> bool:
        return mail in self.kinds

    def among(self, mails: Collection[Mail]) -> Iterator[Mail]:
        """Some mails as they are read without the others: each answers the nearest above it, if that is there."""
        names = {mail.message_id for mail in mails}
        for mail in mails:
            if _is_repeated(mail, self.kinds):
                mail = msgspec.structs.replace(mail, kind=COMMENT)
            above, parent = posted_above(self._above, self.kinds, mail.message_id), parent_of(mail)
            if parent not in names and above is not None and above.message_id in names:
                yield msgspec.structs.replace(mail, references=(above.message_id,))
            else:
                yield mail

    def takes(self, mail: Mail) -> bool:
        """Whether a new mail of the thread, which no other one names, changes nothing of it."""
        may_be_more = mail.kind == COVER or mail.may_be_cover or mail.may_be_patch
        may_be_more = may_be_more or (mail.kind == IGNORED and numbered(mail))
        if self._is_mixed or may_be_more or not self.knows(mail):
            return False
        return mail.kind != PATCH or self._stands_alone(mail)

    def add(self, mail: Mail) -> str:
        """Take in a mail that no other one names, and whose references are known. Gives what it is."""
        names = [name for name in mail.references if name != mail.message_id]
        for above, below in zip([None, *names], names, strict=False):
            if below not in self._above:
                self._hang(below, above)
        self._hang(mail.message_id, names[-1] if names else None)
        self._mails[mail.message_id], self.kinds[mail.id] = mail, self._kind(mail, self._above[mail.message_id])
        self._last = max(self._last, mail.id)
        self._note_token(mail)
        return self.kinds[mail.id]

    def place(self, mail: Mail) -> list[int] | None:
        """Take in a mail that others may name, and give those that have another cover letter or patch above them now.

        None, and nothing is done, where who answers whom has to be worked out again.
        """
        name = mail.message_id
        if name in self._mails or is_placed_by_others(mail) or not self.knows(mail) or self._answers_what_answers(mail):
            return None
        below = self._answers()
        if below is None or self._tells_otherwise(mail, below):
            return None
        former = self._parents.pop(name, None)
        if former is not None:
            below[former].remove(name)
        self.add(mail)
        changed, todo = [], [name]
        while todo:
            here = todo.pop()
            above = self._above_answers(here)
            for child in below.get(here, ()):
                if self._above[child] is not above:
                    self._above[child] = above
                    todo.append(child)
                    if child in self._mails:
                        changed.append(self._mails[child].id)
        return changed

    def _tells_otherwise(self, mail: Mail, below: Mapping[str, Sequence[str]]) -> bool:
        """Whether a mail that comes to stand above others makes one of them a comment, or a patch again."""
        names = (name for name in reversed(mail.references) if name != mail.message_id and name in self._above)
        nearest = next(map(self._above_answers, names), None)
        kind = self._kind(mail, nearest)
        if kind in POSTED:
            nearest = mail
        elif nearest is not None:
            kind = self.kinds[nearest.id]
        todo = [mail.message_id]
        while todo:
            for child in below.get(todo.pop(), ()):
                other = self._mails.get(child)
                if other is not None and repeats(other, nearest, kind) != _is_repeated(other, self.kinds):
                    return True
                if other is None or self.kinds[other.id] not in POSTED:
                    todo.append(child)
        return False

    def _kind(self, mail: Mail, above: Mail | None) -> str:
        """What a mail is with this one above it."""
        is_repeated = above is not None and repeats(mail, above, self.kinds[above.id])
        return COMMENT if is_repeated else mail.kind

    def _hang(self, name: str, parent: str | None) -> None:
        """Put a name below the one that it answers."""
        if parent is None:
            self._above[name] = None
            return
        self._above[name] = self._above_answers(parent)
        self._parents[name] = parent
        if self._below is not None:
            self._below.setdefault(parent, []).append(name)

    def _hang_aside(self, name: str) -> None:
        """Find what is above a name that no mail answers, though mails tell what it answers."""
        path = [name]
        while (parent := self._parents.get(path[-1])) is not None and parent not in self._above:
            path.append(parent)
        for here in reversed(path):
            parent = self._parents.get(here)
            self._above[here] = None if parent is None else self._above_answers(parent)

    def _above_answers(self, name: str) -> Mail | None:
        """The nearest cover letter, patch or pull request above what answers a name."""
        mail = self._mails.get(name)
        is_posted = mail is not None and self.kinds[mail.id] in POSTED
        return mail if is_posted else self._above[name]

    def _answers_what_answers(self, mail: Mail) -> bool:
        """Whether a mail refers to one that stands below it."""
        seen: set[str] = set()
        for name in mail.references if mail.message_id in self._above else ():
            here: str | None = name if name != mail.message_id else None
            while here is not None and here not in seen:
                seen.add(here)
                here = self._parents.get(here)
        return mail.message_id in seen

    def _answers(self) -> dict[str, list[str]] | None:
        """The names right below each; None where mails say different things of one that never came."""
        if self._below is None:
            for mail in self._mails.values():
                names = (name for name in mail.references if name != mail.message_id)
                for above, below in pairwise(names):
                    if is_placed_by_others(self._mails.get(below)) and self._parents.get(below) != above:
                        return None
            self._below = {}
            for name, parent in self._parents.items():
                self._below.setdefault(parent, []).append(name)
        return self._below

    def target(self, mail: Mail) -> int | None:
        """What a mail that was added is about, if it is a comment."""
        above = self._above[mail.message_id]
        return above.id if above is not None and self.kinds[mail.id] == COMMENT else None

    def post(self, mail: Mail, posting_of: PostingOf, replaced_of: ReplacedOf) -> Posting | None:
        """The posting of a patch that was added; None where it hangs on how others were found together."""
        draft = Draft(mail.author, mail.reroll or UNMARKED, None)
        work = Drafting(_NO_TREE, (mail,), self.kinds, {mail.id: draft.marker}, {}, {}, self._above)
        work.place(work.open(draft), mail, 1)
        above = posted_above(self._above, self.kinds, mail.message_id)
        if above is not None and self.kinds[above.id] == PATCH:
            if above.may_be_patch or (above.branch_reroll is not None and above.reroll is None):
                return None
            markers = {mail.id: draft.marker, above.id: above.reroll or UNMARKED}
            work.markers = markers
            if replaces(work, mail, above):
                place = self._replace(draft, mail, above, posting_of, replaced_of)
                if place is None:
                    return None
                work.replaced[mail.id] = place
        return finish(work, draft, frozenset())

    def _replace(
        self, draft: Draft, mail: Mail, above: Mail, posting_of: PostingOf, replaced_of: ReplacedOf
    ) -> int | None:
        """Make a draft the replacement of the patch above, and give its place there.

        None where the postings above may have been told from one another by more than is kept of them.
        """
        answered = posting_of(above.id)
        if answered is None:
            return None
        base = base_of(answered, posting_of)
        if len(base.patches) > 1 and adds_files(mail, above):
            return None  # it may have been made of several patches
        is_marked = bool(mail.reroll) or mail.closing is not None
        if (answered.is_numbered and not is_marked) or (base is not answered and base.is_numbered and base.answers):
            return None
        if mail.id < self._last:
            return None
        draft.is_apart = replaced_of(base.id, mail.author == base.author) >= REPLACED_MAX
        draft.answered, draft.floor = above, answered.reroll
        if not base.is_numbered:
            return 1
        there = next((patch.place for patch in answered.patches if patch.id == above.id), None)
        return (there if answered.is_partial else None) or above.number or 1

    def knows(self, mail: Mail) -> bool:
        """Whether a mail's references tell nothing new of who answers whom among those that are known."""
        names = [name for name in mail.references if name != mail.message_id]
        return all(
            not is_placed_by_others(self._mails.get(below))
            or below not in self._above
            or self._parents.get(below) == above
            for above, below in pairwise(names)
        )

    def _stands_alone(self, mail: Mail) -> bool:
        """Whether a patch is in a posting of its own, whatever others there are."""
        name = parent_of(mail)
        if numbered(mail) or (mail.total is not None and name not in self._mails):
            return False
        if mail.reroll is None:
            is_marked_alone = mail.branch_reroll is None
        else:
            is_marked_alone = self._tokens.get(mail.reroll[0], ()) <= mail.reroll
        parent = self._mails.get(name) if name is not None else None
        if parent is None or parent.author != mail.author or parent.total != 1:
            return is_marked_alone
        return is_marked_alone and COVER not in (parent.kind, self.kinds[parent.id])

    def _note_token(self, mail: Mail) -> None:
        """A branch token counts as a reroll once a mail of the thread has the one before."""
        may_count = mail.kind in (PATCH, COVER) or mail.may_be_cover
        if may_count and mail.branch_reroll is not None and mail.reroll is None:
            first = mail.branch_reroll[0]
            self._tokens[first] = max(self._tokens.get(first, ()), mail.branch_reroll)


def _is_repeated(mail: Mail, kinds: Mapping[int, str]) -> bool:
    """Whether a mail is a patch by itself, and was found to repeat the one above."""
    return mail.kind == PATCH and kinds[mail.id] == COMMENT


def base_of(posting: Posting, posting_of: PostingOf) -> Posting:
    """The posting, not itself a partial reroll or more of one than count, that a posting is of.

    One that replaces a patch of no posting is of itself: all was sent again since, where not all is read together.
    """
    while posting.is_partial or posting.is_apart:
        above = posting_of(posting.answers[0])
        if above is None:
            break
        posting = above
    return posting


def parent_of(mail: Mail) -> str | None:
    """The Message-ID that a mail answers, as `build_tree` has it where there is no cycle."""
    return next((name for name in reversed(mail.references) if name != mail.message_id), None)
