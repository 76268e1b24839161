"""How a thread stands, so that a mail which changes nothing of it is placed without a look at all the others.

A mail that nobody answers yet, and that is in no posting with others by any rule of section 3, is one: a comment, or a
patch without a number. What it comes to hangs on what stands above it, and nothing hangs on it. For every other mail
`place` says that the thread has to be assembled anew; both ways give the same.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import pairwise

import msgspec

from projector.assembly.draft import UNMARKED, Draft, Drafting, Marker, numbered
from projector.assembly.drafts import nearest_above
from projector.assembly.mail import COMMENT, COVER, PATCH, Mail
from projector.assembly.posting import Assembled, Posting, finish
from projector.assembly.rerolls import REPLACED_MAX, replaces
from projector.assembly.tree import Tree, build_tree

PostingOf = Callable[[int], Posting]
"""The posting that has a patch among its own, by the patch's record id."""
ReplacedOf = Callable[[int, bool], int]
"""How many patches of a posting would be replaced by its author, or by others."""

_NO_TREE = Tree({}, {}, {})


class Standing:
    """What the mails of a thread came to, as far as later ones ask for it."""

    def __init__(self, tree: Tree, above: dict[str, Mail | None], kinds: Mapping[int, str]) -> None:
        self._mails, self._above, self._kinds = dict(tree.mails), above, dict(kinds)
        self._placed = {name: parent for name, parent in tree.parents.items() if name not in tree.mails}
        self._tokens: dict[int, Marker] = {}
        self._last = max((mail.id for mail in self._mails.values()), default=0)
        for mail in self._mails.values():
            self._note_token(mail)

    @classmethod
    def of(cls, mails: Iterable[Mail], kinds: Mapping[int, str]) -> "Standing":
        """How the mails of a thread stand, given what each of them was found to be."""
        tree = build_tree(mails)
        return cls(tree, nearest_above(tree, kinds), kinds)

    @classmethod
    def after(cls, assembled: Assembled) -> "Standing":
        """How a thread stands that was just assembled."""
        return cls(assembled.tree, assembled.above, assembled.kinds)

    def absorb(self, other: "Standing") -> None:
        """Take in another thread. No mail of either names one of the other."""
        self._mails.update(other._mails)
        self._above.update(other._above)
        self._kinds.update(other._kinds)
        self._placed.update(other._placed)
        for first, token in other._tokens.items():
            self._tokens[first] = max(self._tokens.get(first, ()), token)
        self._last = max(self._last, other._last)

    def __contains__(self, mail: int) -> bool:
        return mail in self._kinds

    def among(self, mails: Collection[Mail]) -> Iterator[Mail]:
        """Some mails as they are read without the others: each answers the nearest above it, if that is there."""
        names = {mail.message_id for mail in mails}
        for mail in mails:
            above, parent = self._above[mail.message_id], parent_of(mail)
            if parent not in names and above is not None and above.message_id in names:
                yield msgspec.structs.replace(mail, references=(above.message_id,))
            else:
                yield mail

    def takes(self, mail: Mail) -> bool:
        """Whether a new mail of the thread, which no other one names, changes nothing of it."""
        if mail.kind == COVER or mail.may_be_cover or mail.may_be_patch or not self.knows(mail):
            return False
        return mail.kind != PATCH or self._stands_alone(mail)

    def add(self, mail: Mail) -> None:
        """Take in a mail that no other one names, and whose references are known."""
        name, parent = mail.message_id, parent_of(mail)
        if parent is None:
            self._above[name] = None
        else:
            above = self._mails.get(parent)
            is_posted = above is not None and self._kinds[above.id] in (PATCH, COVER)
            self._above[name] = above if is_posted else self._above.setdefault(parent, None)
        self._mails[name], self._kinds[mail.id] = mail, mail.kind
        self._last = max(self._last, mail.id)
        self._note_token(mail)

    def target(self, mail: Mail) -> int | None:
        """What a mail that was added is about, if it is a comment."""
        above = self._above[mail.message_id]
        return above.id if above is not None and self._kinds[mail.id] == COMMENT else None

    def post(self, mail: Mail, posting_of: PostingOf, replaced_of: ReplacedOf) -> Posting | None:
        """The posting of a patch that was added; None where it hangs on how others were found together."""
        draft = Draft(mail.author, mail.reroll or UNMARKED, None)
        work = Drafting(_NO_TREE, (mail,), self._kinds, {mail.id: draft.marker}, {}, {}, self._above)
        work.place(work.open(draft), mail, 1)
        above = self._above[mail.message_id]
        if above is not None and self._kinds[above.id] == PATCH:
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
        base = base_of(answered, posting_of)
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
        """Whether a mail's references tell nothing new of who answers whom."""
        names = [name for name in mail.references if name != mail.message_id]
        if len(names) > 1 and not all(name in self._above for name in names):
            return False
        return all(below in self._mails or self._placed.get(below) == above for above, below in pairwise(names))

    def _stands_alone(self, mail: Mail) -> bool:
        """Whether a patch is in a posting of its own, whatever others there are."""
        if numbered(mail) or (mail.total is not None and not mail.references):
            return False
        if mail.reroll is None:
            is_marked_alone = mail.branch_reroll is None
        else:
            is_marked_alone = self._tokens.get(mail.reroll[0], ()) <= mail.reroll
        name = parent_of(mail)
        parent = self._mails.get(name) if name is not None else None
        may_fill_cover = parent is not None and self._kinds[parent.id] == COVER and parent.author == mail.author
        return is_marked_alone and not (may_fill_cover and parent is not None and parent.total == 1)

    def _note_token(self, mail: Mail) -> None:
        """A branch token counts as a reroll once a mail of the thread has the one before."""
        may_count = mail.kind in (PATCH, COVER) or mail.may_be_cover
        if may_count and mail.branch_reroll is not None and mail.reroll is None:
            first = mail.branch_reroll[0]
            self._tokens[first] = max(self._tokens.get(first, ()), mail.branch_reroll)


def base_of(posting: Posting, posting_of: PostingOf) -> Posting:
    """The posting, not itself a partial reroll or more of one than count, that a posting is of."""
    while posting.is_partial or posting.is_apart:
        posting = posting_of(posting.answers[0])
    return posting


def parent_of(mail: Mail) -> str | None:
    """The Message-ID that a mail answers, as `build_tree` has it where there is no cycle."""
    return next((name for name in reversed(mail.references) if name != mail.message_id), None)
