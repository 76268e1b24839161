"""A posting in the making, and what is known while postings are made (assembly, section 3)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from projector.assembly.mail import COVER, PATCH, Mail
from projector.assembly.tree import Tree, threads

RUN_SECONDS = 1800
"""Mails of one `git send-email` lie at most so far apart, by Date, each of the one before."""

Marker = tuple[int, ...]
UNMARKED: Marker = (1,)
PARTIAL_SECONDS = 120
"""Replacements of single patches that lie so far apart, each of the one before, are of one revision, by default."""


@dataclass(eq=False, slots=True)
class Draft:
    """A posting in the making.

    places: order -> the patch that has it, 1 for one without; opener: the first patch; last: the latest Date. Of a
    partial reroll, answered is the patch that it replaces, base the posting that it is of in the end, and floor the
    reroll that it has where no marker says one. is_apart: it would be one, and there are enough.
    """

    author: bytes
    marker: Marker
    total: int | None
    cover: Mail | None = None
    shares_cover: bool = False
    opener: Mail | None = None
    places: dict[int, Mail] = field(default_factory=dict)
    extras: list[Mail] = field(default_factory=list)
    excused: set[int] = field(default_factory=set)
    """The orders that nobody waits for: their mails are ignored."""
    answered: Mail | None = None
    base: "Draft | None" = None
    is_apart: bool = False
    floor: Marker = UNMARKED
    last: int = 0

    @property
    def is_partial(self) -> bool:
        """Whether it is a partial reroll."""
        return self.answered is not None and not self.is_apart

    @property
    def is_full(self) -> bool:
        """Whether orders 1..n are all there or excused; one unnumbered patch is."""
        total = self.total or 1
        return sum(1 <= place <= total for place in {*self.places, *self.excused}) == total

    @property
    def is_whole(self) -> bool:
        """Whether it is a cover letter with all its patches threaded below: no run of unthreaded mail adds to it."""
        roots = sum(not mail.references for mail in self.mails())
        return self.cover is not None and not self.shares_cover and self.is_full and roots == 1

    @property
    def root(self) -> Mail:
        """The mail that opened it."""
        root = self.cover if self.cover is not None and not self.shares_cover else self.opener
        assert root is not None
        return root

    @property
    def head(self) -> Mail:
        """The mail that it is named for: its cover letter, else its lowest patch."""
        return self.cover if self.cover is not None else self.places[min(self.places)]

    def mails(self) -> list[Mail]:
        """What was sent with it: its own cover letter, its patches, its extras."""
        own = [self.cover] if self.cover is not None and not self.shares_cover else []
        return [*own, *self.places.values(), *self.extras]


@dataclass(eq=False, slots=True)
class Drafting:
    """What is known while postings are drafted.

    mails: all, by Date; kinds: record id -> kind; markers: record id -> reroll as marked; answers: Message-ID -> the
    patches that answer it directly; announced: record id of a patch -> the partial reroll, already announced, that
    nothing else may join. above, once covers are known: Message-ID -> the nearest cover letter or patch above; about:
    the same, or a pull request that is nearer.
    sent_again: record id of a patch of which nothing is left -> the one that was sent again for it.
    lines: record id of a cover letter or patch -> itself and those above it, as far as they were asked for.
    of: record id of a patch -> its draft; replaced: record id of a patch in a partial reroll -> the place it takes.
    """

    tree: Tree
    mails: Sequence[Mail]
    kinds: dict[int, str]
    markers: Mapping[int, Marker]
    answers: Mapping[str, Sequence[Mail]]
    announced: Mapping[int, int]
    above: dict[str, Mail | None] = field(default_factory=dict)
    about: dict[str, Mail | None] = field(default_factory=dict)
    drafts: list[Draft] = field(default_factory=list)
    of: dict[int, Draft] = field(default_factory=dict)
    replaced: dict[int, int] = field(default_factory=dict)
    partial_seconds: int = PARTIAL_SECONDS
    sent_again: dict[int, Mail] = field(default_factory=dict)
    lines: dict[int, tuple[int, ...]] = field(default_factory=dict)

    def open(self, draft: Draft) -> Draft:
        self.drafts.append(draft)
        return draft

    def place(self, draft: Draft, mail: Mail, place: int) -> None:
        draft.places[place] = mail
        draft.opener = draft.opener or mail
        draft.last = max(draft.last, mail.date)
        self.of[mail.id] = draft

    def extend(self, draft: Draft, mail: Mail) -> None:
        draft.extras.append(mail)
        self.of[mail.id] = draft

    def merge(self, draft: Draft, other: Draft) -> None:
        """Put all of another draft into a draft whose places it leaves free."""
        for place, mail in other.places.items():
            self.place(draft, mail, place)
        for mail in other.extras:
            self.extend(draft, mail)
        draft.cover = draft.cover or other.cover
        draft.last = max(draft.last, other.last)

    def may_join(self, draft: Draft, mail: Mail) -> bool:
        """Whether the place is free, and no announced partial reroll would gain or lose a patch."""
        if mail.number in draft.places or not self.announced:
            return mail.number not in draft.places
        announced = self.announced.get(mail.id)
        return all(self.announced.get(other.id) == announced for other in draft.places.values())

    def reroll(self, draft: Draft) -> Marker:
        """The reroll of a draft: its marker, else that of some of its patches, else what its name's end says."""
        said = {self.markers[mail.id] for mail in draft.mails() if mail.reroll or self.markers[mail.id] != UNMARKED}
        if said:
            return draft.marker if draft.marker in said else max(said)
        return draft.head.closing or draft.floor


def numbered(mail: Mail) -> bool:
    """Whether a patch says its place: x/n with x and n above 0."""
    return bool(mail.number) and bool(mail.total)


def runs(mails: Iterable[Mail]) -> Iterator[list[Mail]]:
    """Sort mails, of which there are some, by Date, and cut them where the next is more than RUN_SECONDS later."""
    run: list[Mail] = []
    for mail in sorted(mails, key=lambda mail: mail.order):
        if run and mail.date - run[-1].date > RUN_SECONDS:
            yield run
            run = []
        run.append(mail)
    yield run


def in_one_run(sent: Sequence[Mail], others: Iterable[Mail]) -> list[Mail]:
    """Those of `others`, by Date, that are in one run with mails that were sent."""
    ids = {mail.id for mail in sent}
    found = []
    for run in runs([*sent, *others]):
        if any(mail.id in ids for mail in run):
            found += [mail for mail in run if mail.id not in ids]
    return found


def read_markers(mails: Sequence[Mail]) -> dict[int, Marker]:
    """The reroll of each mail as marked. A branch token is one where the thread has the reroll before."""
    markers = {mail.id: mail.reroll or UNMARKED for mail in mails}
    branches = [(mail, mail.branch_reroll) for mail in mails if mail.branch_reroll is not None and mail.reroll is None]
    if branches:
        thread_of = threads(mails)
        said = [
            (thread_of[mail.message_id], mail.reroll) for mail in mails if mail.reroll and mail.kind in (PATCH, COVER)
        ]
        for mail, token in branches:
            thread = thread_of[mail.message_id]
            if any(other == thread and reroll < token and reroll[0] == token[0] for other, reroll in said):
                markers[mail.id] = token
    return markers
