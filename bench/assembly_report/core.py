"""Runs the pure core over a whole list, with nothing in between: what the rules make of a set of mails."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from projector.assembly import links
from projector.assembly.continuing import Follower, may_stand_apart, one_continuation
from projector.assembly.former import with_real_references
from projector.assembly.links import Found, Link
from projector.assembly.mail import Mail, is_spoiled, read_mail
from projector.assembly.posting import Posting, assemble, half_hour
from projector.assembly.series import Member, Revision, components, revise
from projector.assembly.standing import parent_of
from projector.assembly.tree import threads
from schemas.records import MailReceived, ProjectAdded


@dataclass(frozen=True)
class Result:
    """What a list comes to. mails, kinds and targets by record id; links by the posting that has one; series: the
    revisions of each, and series_of: posting -> its index there; duplicates: mails whose Message-ID came before.
    """

    mails: Mapping[int, Mail]
    kinds: Mapping[int, str]
    targets: Mapping[int, int | None]
    postings: Mapping[int, Posting]
    links: Mapping[int, Link]
    series: Sequence[Sequence[Revision]]
    series_of: Mapping[int, int]
    duplicates: int


def see(facts: Sequence[MailReceived], project: ProjectAdded) -> list[Mail]:
    """The mails as the assembly sees them; ids are 1, 2, ... in the order given. Those that become dead letters, as
    their diff cannot be read, are left out.
    """
    mails = []
    for id, fact in enumerate(facts, 1):
        assert fact.parsed is not None, f"mail {id}: expected what was read from it, came nothing"
        mail = read_mail(id, fact.parsed, project, fact.source, int(fact.received_at.timestamp()))
        if not is_spoiled(mail, fact.parsed):
            mails.append(mail)
    return mails


def run(received: Sequence[Mail], announced: Mapping[int, int] | None = None) -> Result:
    """Assemble, link and number a list. The waits of all postings are over. announced: as in `assemble`."""
    mails = _renamed(_distinct(received))
    postings: list[Posting] = []
    kinds: dict[int, str] = {}
    targets: dict[int, int | None] = {}
    thread_of: dict[int, int] = {}
    for number, thread in enumerate(_threads(mails)):
        assembled = assemble(thread, announced=announced)
        postings += assembled.postings
        kinds |= assembled.kinds
        targets |= assembled.targets
        thread_of |= {posting.id: number for posting in assembled.postings}
    found = _continue_one(_link_all(postings, thread_of, {mail.message_id: mail.id for mail in mails}), postings)
    groups = components({posting.id: found[posting.id].to if posting.id in found else None for posting in postings})
    by_id = {posting.id: posting for posting in postings}
    return Result(
        mails={mail.id: mail for mail in mails},
        kinds=kinds,
        targets=targets,
        postings=by_id,
        links=found,
        series=[revise(Member(by_id[id], settled=True) for id in group) for group in groups],
        series_of={id: number for number, group in enumerate(groups) for id in group},
        duplicates=len(received) - len(mails),
    )


def _distinct(received: Iterable[Mail]) -> list[Mail]:
    """One mail a Message-ID: the first."""
    kept: dict[str, Mail] = {}
    for mail in received:
        kept.setdefault(mail.message_id, mail)
    return list(kept.values())


def _renamed(mails: Sequence[Mail]) -> list[Mail]:
    """The mails, each answering what its author's others are called now."""
    known = {mail.message_id for mail in mails}
    holders: dict[str, list[Mail]] = defaultdict(list)
    for mail in mails:
        for name in mail.former_ids:
            if name not in known:
                holders[name].append(mail)
    return [with_real_references(mail, lambda name: holders.get(name, ())) for mail in mails]


def _continue_one(found: Mapping[int, Link], postings: Iterable[Posting]) -> dict[int, Link]:
    """The links that count, where several postings of one marker link to one."""
    by_id = {posting.id: posting for posting in postings}
    together: dict[tuple[int, tuple[int, ...]], list[Follower]] = defaultdict(list)
    for id, link in found.items():
        if may_stand_apart(by_id[id], link):
            together[link.to, by_id[id].reroll].append(Follower(by_id[id], link))
    counting: dict[int, Link | None] = dict(found)
    for (target, _), followers in together.items():
        counting |= one_continuation(by_id[target], followers)
    return {id: link for id, link in counting.items() if link is not None}


def _threads(mails: Sequence[Mail]) -> Iterator[list[Mail]]:
    """The mails by thread; those that may be of one run without threading are in one."""
    thread_of = threads(mails)
    above: dict[str, str] = {}

    def top(name: str) -> str:
        while above.get(name, name) != name:
            name = above[name]
        return name

    runs: dict[tuple[bytes, int, int], str] = {}
    known = {mail.message_id for mail in mails}
    for mail in mails:
        parent = parent_of(mail)
        if mail.total is not None and (parent is None or parent not in known):
            for step in (-1, 0, 1):
                other = runs.get((mail.author, mail.total, half_hour(mail) + step))
                if other is not None:
                    above[top(other)] = top(thread_of[mail.message_id])
            runs[mail.author, mail.total, half_hour(mail)] = thread_of[mail.message_id]
    grouped: dict[str, list[Mail]] = defaultdict(list)
    for mail in mails:
        grouped[top(thread_of[mail.message_id])].append(mail)
    yield from grouped.values()


def _link_all(
    postings: Iterable[Posting], thread_of: Mapping[int, int], record_of: Mapping[str, int]
) -> dict[int, Link]:
    """The link of each posting that has one. Those before a posting have theirs when it is looked at."""
    ordered = sorted(postings, key=lambda posting: posting.order)
    by_id = {posting.id: posting for posting in ordered}
    filed: dict[str, set[int]] = defaultdict(set)
    holding: dict[int, int] = {}
    beside: dict[int, set[int]] = defaultdict(set)
    for posting in ordered:
        beside[thread_of[posting.id]].add(posting.id)
        for key in links.keys(posting):
            filed[key].add(posting.id)
        for mail in posting.mails:
            holding.setdefault(mail, posting.id)
    series: dict[int, int] = {}
    members: dict[int, list[int]] = {}
    found: dict[int, Link] = {}
    for posting in ordered:
        superseded = {record_of[name] for name in posting.supersedes if name in record_of}
        ids = {id for key in links.keys(posting) for id in filed[key]}
        ids |= beside[thread_of[posting.id]] if posting.answers else set()
        ids |= {holding[mail] for mail in superseded if mail in holding}
        link = links.link(posting, [Found(by_id[id], series.get(id)) for id in sorted(ids)], superseded)
        if link is not None:
            found[posting.id] = link
        _join(series, members, posting.id, link.to if link is not None else posting.id)
    return found


def _join(series: dict[int, int], members: dict[int, list[int]], id: int, target: int) -> None:
    """Put a posting into the series of another one, which may have none yet."""
    for each in (id, target):
        if each not in series:
            series[each] = each
            members[each] = [each]
    one, other = sorted((series[id], series[target]))
    if one != other:
        series.update(dict.fromkeys(members[other], one))
        members[one] += members.pop(other)
