"""Why a mail went where it went, in plain words: from what is known of it to sentences.

`Explanation` is what `patchlog explain --json` prints; `sentences` is what it says to people. What was read from the
mail and what was inferred from others are kept apart.
"""

from collections.abc import Iterator
from datetime import datetime

import msgspec

from projector.assembly import links
from projector.assembly.mail import COMMENT, COVER, PATCH, PULL_REQUEST
from projector.assembly.rerolls import REPLACED_MAX
from projector.assembly.retitled import DAYS
from projector.assembly.tracing import Change, Compared, reroll_text

RULES = {
    links.BY_OPERATOR: "an operator said so",
    links.BY_CHANGE_ID: "the same change-id (rule 1)",
    links.BY_SUPERSEDES: "a Supersedes: or Link to vN: line that names it (rule 2)",
    links.BY_REPLY: "a reply to it (rule 3)",
    links.BY_NAME: "the same name (rule 4)",
    links.BY_PATCHES: "the same patches by the same author, under another name (rule 5)",
}


KINDS = {COVER: "cover letter", PULL_REQUEST: "pull request"}


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """What was read from the mail alone. None and empty: not there. date_from as in ParsedMail."""

    record: int
    source: str
    received_at: datetime
    message_id: str
    message_id_derived: bool
    subject: str
    title: str
    number: int | None
    total: int | None
    reroll: tuple[int, ...] | None
    branch_reroll: tuple[int, ...] | None
    prefix: tuple[str, ...]
    date: datetime
    date_from: str
    author: str
    sender: str
    """The address in the From field as it came; another than `author` where a list rewrote it."""
    references: tuple[str, ...]
    has_diff: bool
    files: int
    change_id: str | None
    supersedes: tuple[str, ...]
    depends_on: tuple[str, ...]
    warnings: tuple[str, ...]
    redacted: bool = False
    """Its words are gone: subject has its brackets alone, and there is no title, author and sender."""


MISSING_MAX = 20
"""So many of the patches that a posting lacks are named, and so many mails that might be one."""


class Inferred(msgspec.Struct, frozen=True, kw_only=True):
    """The posting that the mail is in. role: "cover letter", "patch" or "extra"; place: of a patch, from 1."""

    posting: int
    role: str
    place: int | None
    cover: str | None
    patches: tuple[str, ...]
    """Message-IDs, by their places."""
    total: int
    reroll: tuple[int, ...]
    author: str
    name: str
    is_full: bool
    missing: tuple[int, ...]
    """The orders of 1 to n that no mail has, at most MISSING_MAX of them; of a partial reroll none."""
    might_be_it: tuple[str, ...]
    """The mails of its thread that have a diff by its author, and are in no posting."""
    is_partial: bool
    is_apart: bool
    """Whether it would be a partial reroll, and there are enough of its posting."""
    elsewhere: tuple[str, ...]
    """The mails that it names and is read without, for together there is more of an author than is read."""
    is_beyond_run: bool
    """Whether its author sent more at that time that names no other mail than is read together."""
    is_in_huge_thread: bool
    """Whether its thread has so many mails that it is read with its author's alone."""
    replaces: str | None
    """Of a partial reroll, the Message-ID of the patch whose place it takes."""
    waits_until: datetime | None
    """Until then, by the log's time, more of it may come."""
    announced: int | None
    """The record that announced it."""


class Linked(msgspec.Struct, frozen=True, kw_only=True):
    """How the posting was linked. to is a posting, as are those of candidates and changes; rule is 0 to 5.

    begins: an operator's split says that it links to nothing before it. found: the posting that it would follow, by
    found_rule, if another one of its marker did not go on with that one's series; None where that is `to`. may_follow:
    the one that it may follow under another title. addresses: where the postings named here are.
    """

    to: int | None
    rule: int | None
    reason: str
    begins: bool
    found: int | None = None
    found_rule: int | None = None
    candidates: tuple[Compared, ...]
    changes: tuple[Change, ...]
    addresses: dict[int, str]
    may_follow: int | None = None


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """Where the mail is to be seen. Paths are those of the API; of a comment, target is the Message-ID it is about."""

    series: int | None
    revisions: tuple[int, ...]
    patch: int | None
    depends_on: tuple[int, ...]
    target: str | None
    paths: tuple[str, ...]


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A mail with the same Message-ID that says something else: its record, and the parts in which it differs."""

    record: int
    differs: tuple[str, ...]


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known of a mail in one project; or in none: then `dead_letter` has the reason, and `mend` a way out.

    id: the record that it first came as; `read` is of the record whose bytes count. duplicates: records of further
    deliveries that say the same; copies: the newest of those that do not.
    """

    id: int
    read: Read
    project: str | None = None
    found_by: str = ""
    kind: str = ""
    why_kind: str = ""
    duplicates: tuple[int, ...] = ()
    copies: tuple[Told, ...] = ()
    has_more_copies: bool = False
    inferred: Inferred | None = None
    linked: Linked | None = None
    result: Result | None = None
    dead_letter: str | None = None
    mend: tuple[str, ...] = ()


def sentences(explanation: Explanation) -> list[tuple[str, list[str]]]:
    """What to say to people: a heading and some lines each, in the order of the mail's way."""
    parts = [("Read from the mail", list(_read(explanation.read)))]
    if explanation.dead_letter is not None:
        parts.append(("Set aside", [f"No project took it: {explanation.dead_letter}."]))
        parts.append(("What mends it", list(explanation.mend)))
        return parts
    parts.append(("Project and kind", list(_kind(explanation))))
    if explanation.inferred is not None:
        parts.append(("Inferred from other mails", list(_inferred(explanation.inferred))))
    if explanation.linked is not None:
        parts.append(("Link to an earlier revision", list(_linked(explanation.linked))))
        parts.append(("What would have changed that", list(_changes(explanation.linked))))
    if explanation.result is not None:
        parts.append(("Result", list(_result(explanation.result, explanation.kind))))
    return parts


def _read(read: Read) -> Iterator[str]:
    made = " (it had none: made from its content)" if read.message_id_derived else ""
    yield f"Message-ID: <{read.message_id}>{made}, record {read.record} of the log, by {read.source}"
    if read.redacted:
        yield "It is redacted: its words are gone, and it is told apart by keys"
    yield f"Subject: {read.subject}"
    number = f"number {read.number} of {read.total}" if read.number is not None else "no number"
    marker = f"marker {reroll_text(read.reroll)}" if read.reroll else "no marker of a reroll"
    branch = f", branch {reroll_text(read.branch_reroll)}" if read.branch_reroll else ""
    prefix = f", prefix {', '.join(read.prefix)}" if read.prefix else ""
    yield f"Tags: {number}, {marker}{branch}{prefix}; title “{read.title}”"
    places = {"date": "its Date field", "received": "its topmost Received field", "receipt": "its receipt"}
    yield f"Date: {read.date:%Y-%m-%d %H:%M:%S} UTC, from {places[read.date_from]}"
    rewritten = f", rewritten by a list as {read.sender}" if read.sender != read.author else ""
    yield f"Author: {read.author or 'no address'}{rewritten}"
    yield f"References, nearest first: {_names(read.references[::-1])}" if read.references else "References: none"
    yield f"Diff: {_count(read.files, 'file')}" if read.has_diff else "Diff: none"
    if read.change_id is not None:
        yield f"change-id: {read.change_id}"
    if read.supersedes:
        yield f"Supersedes or links to: {_names(read.supersedes)}"
    if read.depends_on:
        yield f"Depends on: {', '.join(read.depends_on)}"
    for warning in read.warnings:
        yield f"Warning: {warning}"


def _kind(explanation: Explanation) -> Iterator[str]:
    yield f"Project {explanation.project}: {explanation.found_by}."
    yield f"Kind: {KINDS.get(explanation.kind, explanation.kind)}, for {explanation.why_kind}."
    if explanation.duplicates:
        yield f"It came {len(explanation.duplicates) + 1} times; again as {_records(explanation.duplicates)}."
    if explanation.id != explanation.read.record:
        yield f"Record {explanation.read.record} counts: it was chosen."
    for copy in explanation.copies:
        yield f"Record {copy.record} has the same Message-ID and another {_listed(copy.differs)}: it changes nothing."
    if explanation.has_more_copies:
        yield "These are the newest of such records; `patchlog copy list` has all of them."


def _inferred(inferred: Inferred) -> Iterator[str]:
    role = f"patch at place {inferred.place}" if inferred.role == "patch" else inferred.role
    many = len(inferred.patches)
    yield f"It is the {role} of a posting of {_count(many, 'patch', 'patches')} (total {inferred.total})."
    if inferred.cover is not None and inferred.role != "cover letter":
        yield f"Cover letter: <{inferred.cover}>."
    yield f"Patches: {_names(inferred.patches)}" if inferred.patches else "No patch of it has come."
    yield f"The posting is called “{inferred.name}”, by {inferred.author}, reroll {reroll_text(inferred.reroll)}."
    if inferred.is_partial:
        yield f"It is a partial reroll: it takes the place of <{inferred.replaces}>."
    elif inferred.is_apart:
        yield (
            f"It would take the place of <{inferred.replaces}>, but {REPLACED_MAX} patches of that posting were"
            " replaced before: it is a posting of its own."
        )
    elif inferred.is_full:
        yield "It is full: patches 1 to n are all there."
    else:
        yield f"It is not full: {_missing(inferred)} missing."
        if inferred.might_be_it:
            yield f"It might be {_names(inferred.might_be_it)}: a diff by its author, not read as a patch."
    if inferred.elsewhere:
        yield f"It is read without {_names(inferred.elsewhere)}: there is too much of one author to read both together."
    if inferred.is_beyond_run:
        yield "It is read without others that its author sent at that time without threading: there are too many."
    if inferred.is_in_huge_thread:
        yield "Its thread is so large that it is read without most mails of others."
    if inferred.waits_until is not None:
        yield f"More of it may come until {inferred.waits_until:%Y-%m-%d %H:%M:%S} UTC by the log's time."
    if inferred.announced is not None:
        yield f"Its revision was announced by record {inferred.announced}."


def _missing(inferred: Inferred) -> str:
    orders = ", ".join(map(str, inferred.missing))
    if len(inferred.missing) == 1:
        return f"patch {orders} of {inferred.total} is"
    return f"patches {orders}{' and more' if len(inferred.missing) == MISSING_MAX else ''} of {inferred.total} are"


def _linked(linked: Linked) -> Iterator[str]:
    why = f" (“{linked.reason}”)" if linked.reason else ""
    if linked.begins:
        yield f"An operator said that it begins a series{why}."
    elif linked.found is not None:
        assert linked.found_rule is not None
        yield f"By its rule it would follow {_place(linked, linked.found)}: {RULES[linked.found_rule]}."
        begins = "begins a series" if linked.to is None else f"goes on with {_place(linked, linked.to)}"
        yield f"Another work with its marker, and none of its patch names, continues that series, so it {begins}."
    elif linked.to is None:
        yield "It links to nothing before it, so it begins a series."
    else:
        assert linked.rule is not None
        yield f"It follows {_place(linked, linked.to)}: {RULES[linked.rule]}{why}."
    if linked.may_follow is not None:
        yield (
            f"It may follow {_place(linked, linked.may_follow)}: the same author, the next marker, within {DAYS} days,"
            " three in four words of the title and three in five of the files. Nothing is linked by that."
        )
    if not linked.candidates:
        yield "Nothing earlier has its name, a patch name of its author, its change-id, or a mail that it answers."
    for number, compared in enumerate(linked.candidates):
        yield _candidate(linked, compared, number, by_hand=_is_by_hand(linked))
        for rule, miss in compared.misses.items():
            yield f"  not by rule {rule}: {miss}"


def _is_by_hand(linked: Linked) -> bool:
    return linked.begins or linked.rule == links.BY_OPERATOR


def _candidate(linked: Linked, compared: Compared, number: int, *, by_hand: bool) -> str:
    who = "the same author" if compared.same_author else "another author"
    name = "the same name" if compared.same_name else f"named “{compared.name}”"
    prefix = f", prefix {', '.join(compared.prefix)}" if compared.prefix else ""
    common = f" ({'; '.join(compared.common)})" if compared.common else ""
    values = (
        f"{name}{prefix}, {who}, {reroll_text(compared.reroll)}, {_days(compared.days)},"
        f" {len(compared.common)} of {_count(compared.smaller, 'patch name')} in both{common}"
    )
    if compared.rule is None:
        return f"{_place(linked, compared.posting)} does not fit: {values}"
    if number == 0 and not by_hand:
        return f"Compared: {values}"
    otherwise = "By the rules it would be" if number == 0 else "Without that it would be"
    return f"{otherwise} {_place(linked, compared.posting)}, {RULES[compared.rule]}: {values}"


def _changes(linked: Linked) -> Iterator[str]:
    if not linked.changes and not _is_by_hand(linked):
        yield "Nothing in its mails alone, as far as the candidates above go."
    for change in linked.changes:
        if change.to is None:
            yield f"{_capital(change.what)} it would have begun a series."
        else:
            assert change.rule is not None
            yield f"{_capital(change.what)} it would have followed {_place(linked, change.to)}: {RULES[change.rule]}."
    yield "An operator can correct it: patchlog series merge, split or link."


def _result(result: Result, kind: str) -> Iterator[str]:
    if kind == COMMENT:
        about = f"It is shown with <{result.target}>" if result.target else "What it is about has never come"
        yield f"{about}."
    elif kind not in (PATCH, COVER) and not result.paths:
        yield "It is kept, and shown nowhere."
    if result.series is not None:
        numbers = ", ".join(map(str, result.revisions)) or "none yet"
        yield f"Series {result.series}, revision {numbers}."
    elif kind in (PATCH, COVER):
        yield "It is in no series yet: its posting waits for more."
    if result.patch is not None:
        yield f"Patch {result.patch}."
    if result.depends_on:
        yield f"The series depends on series {', '.join(map(str, result.depends_on))}."
    yield from result.paths


def _place(linked: Linked, posting: int) -> str:
    return linked.addresses.get(posting, f"posting {posting}")


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names[:-1]) + (" and " if len(names) > 1 else "") + names[-1]


def _names(names: tuple[str, ...]) -> str:
    return ", ".join(f"<{name}>" for name in names)


def _records(records: tuple[int, ...]) -> str:
    return f"record{'s' if len(records) > 1 else ''} {', '.join(map(str, records))}"


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or f'{one}s'}"


def _days(days: int) -> str:
    return "sent the same day" if days == 0 else f"sent {_count(abs(days), 'day')} {'earlier' if days > 0 else 'later'}"


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
