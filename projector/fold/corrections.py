"""Operators' corrections in the fold: kept by the mails that they name, and asked for by what has these by now."""

from collections.abc import Iterable, Iterator, Mapping

from projector.assembly.corrections import LINK, MERGE, SPLIT, Correction, Cut, Join
from projector.assembly.links import BY_OPERATOR, Link
from projector.assembly.posting import Posting
from projector.readmodel import tables as t
from projector.readmodel.rows import PostingState
from projector.readmodel.working import WorkingSet
from schemas.records import RevisionLinked, SeriesMerged, SeriesSplit


class Corrections:
    """All corrections, in memory. There are few; a mail that none names costs a look at whether there are any."""

    def __init__(self, working: WorkingSet) -> None:
        self._working = working
        self._by_mail: dict[int, list[Correction]] = {}

    def load(self) -> None:
        """Read the corrections of the generation."""
        self._by_mail = {}
        for row in self._working.load_all(t.correction):
            self._keep(
                Correction(row["id"], row["kind"], row["mail_id"], row["other_id"], row["reason"], row["user_id"])
            )

    def __bool__(self) -> bool:
        return bool(self._by_mail)

    def add(self, id: int, fact: SeriesMerged | SeriesSplit | RevisionLinked) -> Correction:
        """Keep what a record says."""
        match fact:
            case SeriesMerged(mails=(mail, other)):
                correction = Correction(id, MERGE, mail, other, fact.reason, fact.user)
            case SeriesSplit(mail=mail):
                correction = Correction(id, SPLIT, mail, None, fact.reason, fact.user)
            case RevisionLinked(mail=mail, to=other):
                correction = Correction(id, LINK, mail, other, fact.reason, fact.user)
        self._keep(correction)
        self._working.add(
            t.correction,
            {
                "id": correction.id,
                "kind": correction.kind,
                "mail_id": correction.mail,
                "other_id": correction.other,
                "reason": correction.reason,
                "user_id": correction.user,
            },
        )
        return correction

    def naming(self, posting: Posting) -> list[Correction]:
        """The corrections that name a mail of a posting, the oldest first."""
        if not self._by_mail:
            return []
        found = {correction.id: correction for mail in posting.mails for correction in self._by_mail.get(mail, ())}
        return [found[id] for id in sorted(found)]

    def said_of(self, state: PostingState) -> Iterator[tuple[Correction, PostingState | None]]:
        """The splits and links of a posting that have an effect, the newest first, with what a link leads to."""
        mails = state.posting.mails
        for correction in reversed(self.naming(state.posting)):
            if correction.mail in mails and correction.kind == SPLIT:
                yield correction, None
            elif correction.mail in mails and correction.kind == LINK:
                target = self._partner(state, correction.other)
                if target is not None:
                    yield correction, target

    def links_to(self, posting: Posting) -> Iterator[int]:
        """The postings that a correction links to one that has the mails of this one."""
        for correction in self.naming(posting):
            if correction.kind == LINK and correction.other in posting.mails:
                state = self._working.posting_with(correction.mail)
                if state is not None:
                    yield state.posting.id

    def joined_to(self, state: PostingState) -> Iterator[tuple[Correction, PostingState]]:
        """The postings that a correction joins to this one's series."""
        for correction in self.naming(state.posting):
            if correction.kind == MERGE:
                other = correction.other if correction.mail in state.posting.mails else correction.mail
                partner = self._partner(state, other)
                if partner is not None:
                    yield correction, partner

    def joins_and_cuts(self, states: Mapping[int, PostingState]) -> tuple[list[Join], list[Cut]]:
        """What was said of some postings, as far as it concerns them alone."""
        joins: dict[int, Join] = {}
        cuts: list[Cut] = []
        for id, state in states.items():
            cuts += (Cut(correction.id, id) for correction, _ in self.said_of(state))
            for correction, partner in self.joined_to(state):
                if partner.posting.id in states:
                    joins[correction.id] = Join(correction.id, id, partner.posting.id)
        return [joins[id] for id in sorted(joins)], cuts

    def _partner(self, state: PostingState, mail: int | None) -> PostingState | None:
        """Another posting of the project, by one of its mails."""
        other = self._working.posting_with(mail) if mail is not None else None
        same = other is None or other.posting.id == state.posting.id or other.project != state.project
        return None if same else other

    def _keep(self, correction: Correction) -> None:
        for mail in sorted({correction.mail} | ({correction.other} if correction.other is not None else set())):
            self._by_mail.setdefault(mail, []).append(correction)


def operators_link(said: Iterable[tuple[Correction, PostingState | None]]) -> tuple[Link | None] | None:
    """The link that the newest of some corrections gives, in a tuple; None where there is no correction."""
    for _, target in said:
        return (Link(target.posting.id, BY_OPERATOR) if target is not None else None,)
    return None
