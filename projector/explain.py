"""Collects what is known of a mail, from the read model and the log, so that it can be explained."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice

from ingest.log import Log
from ingest.message.headers import header_bytes, normalise, raw_text, split_mail
from ingest.message.mailboxes import read_mailbox
from projector.assembly.dead_letters import Step
from projector.assembly.explain import MISSING_MAX, Explanation, Inferred, Linked, Read, Result, Told
from projector.assembly.keys import keys_of
from projector.assembly.kinds import why_kind
from projector.assembly.links import Found, Link, run_key
from projector.assembly.mail import COMMENT, COVER, PATCH, PULL_REQUEST, read_subject
from projector.assembly.posting import Posting
from projector.assembly.redaction import REDACTED
from projector.assembly.subject import Subject, parse_subject
from projector.assembly.tracing import Compared, changes, compare
from projector.dead_letters import mending
from projector.fold.candidates import candidates
from projector.fold.corrections import Corrections
from projector.fold.mails import THREAD_MAX
from projector.fold.projects import Project, Projects, tagged
from projector.fold.reading import Reading, Received, reading_of
from projector.fold.redacting import Redactions
from projector.readmodel.queries import explaining as queries
from projector.readmodel.queries.copies import copies_of_all
from projector.readmodel.queries.dead_letters import DeadLetter
from projector.readmodel.rows import Entry, PostingState, Thread
from projector.readmodel.working import WorkingSet
from schemas.mail import ParsedMail
from schemas.records import MailReceived

API = "/api/1.0"
MISFITS_MAX = 3
COPIES_MAX = 20


class Explainer:
    """Explains mails as a read model has them. `working` has the connection of a read transaction; nothing is saved."""

    def __init__(self, working: WorkingSet, log: Log) -> None:
        self._working, self._log = working, log
        self._projects = Projects(working)
        self._projects.load()
        self._corrections = Corrections(working)
        self._corrections.load()
        self._redactions = Redactions(working)
        self._redactions.load()

    def explain(self, message_id: str) -> list[Explanation]:
        """What became of a mail: in each project that has it, then as a dead letter. Empty where it never came."""
        found = []
        for _, project in sorted(self._projects.by_id.items()):
            thread = self._thread(project, message_id)
            mail = thread.names.get(message_id) if thread is not None else None
            if thread is not None and mail is not None:
                found.append(self._in_project(project, thread, thread.entries[mail]))
        letters = queries.dead_letters_of(self._working.connection, message_id)
        return found + [self._dead_letter(letter) for letter in letters]

    def is_named(self, message_id: str) -> bool:
        """Whether mails that came refer to a Message-ID."""
        return any(self._thread(project, message_id) is not None for project in self._projects.by_id.values())

    def _thread(self, project: Project, message_id: str) -> Thread | None:
        thread = self._working.names.get((project.id, message_id))
        return self._working.threads.get(thread) if thread is not None else None

    def _in_project(self, project: Project, thread: Thread, entry: Entry) -> Explanation:
        id, fact = entry.mail.id, self._mail(entry.mail.record)
        reading = reading_of(entry.mail.record, fact, self._redactions)
        reading.see(project.settings)
        parsed, subject = reading.parsed, read_subject(reading.parsed.subject, project.settings)
        keys = reading.keys or keys_of(parsed, subject.title)
        state = self._working.posting_in(thread, id)
        copies = copies_of_all(self._working.connection, [id], COPIES_MAX + 1).get(id, [])
        return Explanation(
            id=id,
            read=_read(entry.mail.record, fact, reading, subject),
            project=project.settings.linkname,
            found_by=self._found_by(project, fact, parsed),
            kind=entry.kind,
            why_kind=why_kind(parsed, subject, keys, entry.kind),
            duplicates=queries.duplicates_of(self._working.connection, id),
            copies=tuple(Told(record=record, differs=differs) for record, _, differs in copies[-COPIES_MAX:]),
            has_more_copies=len(copies) > COPIES_MAX,
            inferred=self._inferred(thread, entry, state) if state is not None else None,
            linked=self._linked(state) if state is not None else None,
            result=self._result(thread, entry, state),
        )

    def _mail(self, record: int) -> Received:
        (found,) = self._log.get([record])
        assert isinstance(found.fact, Received), f"record {record}: expected a mail, came {type(found.fact).__name__}"
        return found.fact

    def _found_by(self, project: Project, fact: Received, parsed: ParsedMail) -> str:
        """How a mail found its project, as the settings are by now."""
        ways = [(name, "its list fields name {}") for name in parsed.list_ids]
        ways += [(fact.list_id, "its archive was imported as {}")] if fact.list_id else []
        ways += [(name, "it was sent to {}") for name in _addresses(fact)]
        for name, way in ways:
            sharing = self._projects.sharing(name)
            if sharing:
                said = way.format(name)
                if project not in sharing:
                    return f"{said} now is another's: the settings were others when it came"
                if len(sharing) == 1:
                    return said
                tags = project.settings.subject_prefix_tags
                if tagged(sharing, parsed.subject) is project:
                    return f"{said}, and its subject has {' or '.join(tags)}"
                return f"{said}, and no tag of another" if not tags else f"{said}, and it answers a mail of the project"
        return "by settings that were others when it came"

    def _is_elsewhere(self, thread: Thread, message_id: str) -> bool:
        return self._working.names.get((thread.project, message_id)) not in (None, thread.id)

    def _has_run_elsewhere(self, thread: Thread, posting: Posting) -> bool:
        """Whether a posting's author sent more of the same total at that time, which is in other threads."""
        numbers = {number + step for number in posting.runs for step in (-1, 0, 1)}
        keys = [(thread.project, run_key(posting.author, posting.total, number)) for number in sorted(numbers)]
        return any(not filed.ids <= thread.postings for _, filed in self._working.keys.get_all(keys))

    def _inferred(self, thread: Thread, entry: Entry, state: PostingState) -> Inferred:
        posting, id = state.posting, entry.mail.id
        names = {id: entry.mail.message_id for id, entry in thread.entries.items()}
        place = next((patch.place for patch in posting.patches if patch.id == id), None)
        wait_us = queries.wait_of(self._working.connection, posting.id)
        return Inferred(
            posting=posting.id,
            role="cover letter" if id == posting.cover else "patch" if place is not None else "extra",
            place=place,
            cover=names.get(posting.cover) if posting.cover is not None else None,
            patches=tuple(names[patch.id] for patch in posting.patches),
            total=posting.total,
            reroll=posting.reroll,
            author=self._address(posting.author),
            name=self._title(posting.submitter),
            is_full=posting.is_full,
            missing=_missing(posting),
            might_be_it=tuple(islice(_might_be_it(thread, posting), MISSING_MAX)),
            is_partial=posting.is_partial,
            is_apart=posting.is_apart,
            elsewhere=tuple(name for name in entry.mail.references if self._is_elsewhere(thread, name)),
            is_beyond_run=self._has_run_elsewhere(thread, posting),
            is_in_huge_thread=len(thread.entries) > THREAD_MAX,
            replaces=names.get(posting.answers[0]) if posting.is_partial or posting.is_apart else None,
            waits_until=_moment(wait_us) if wait_us is not None else None,
            announced=state.event,
        )

    def _linked(self, state: PostingState) -> Linked:
        posting = state.posting
        found, superseded = candidates(self._working, state)
        compared = compare(posting, found, superseded, self._title)
        said = next(iter(self._corrections.said_of(state)), None)
        link = state.link
        fitting = [other for other in compared if other.rule is not None]
        misfits = [other for other in compared if other.rule is None]
        shown = tuple(fitting + misfits[: 1 if fitting else MISFITS_MAX])
        nearest = _nearest(found, shown, state.found)
        otherwise = changes(posting, found, superseded, nearest, self._title) if said is None else []
        named = {other.posting for other in shown} | {change.to for change in otherwise if change.to is not None}
        is_apart = state.found is not None and state.found != link
        named.update(other.to for other in (link, state.found) if other is not None)
        named.update([state.may_follow] if state.may_follow is not None else [])
        return Linked(
            to=link.to if link is not None else None,
            rule=link.rule if link is not None else None,
            reason=said[0].reason if said is not None else "",
            begins=said is not None and said[1] is None,
            may_follow=state.may_follow,
            found=state.found.to if state.found is not None and is_apart else None,
            found_rule=state.found.rule if state.found is not None and is_apart else None,
            candidates=shown,
            changes=tuple(otherwise),
            addresses=queries.addresses(self._working.connection, named),
        )

    def _title(self, mail: int) -> str:
        """The title of a cover letter or patch."""
        return self._working.titles.get(mail) or ""

    def _address(self, author: bytes) -> str:
        row = self._working.people.get(author)
        return str(row["email"]) if row is not None and row["email"] is not None else REDACTED

    def _result(self, thread: Thread, entry: Entry, state: PostingState | None) -> Result:
        connection, id = self._working.connection, entry.mail.id
        series = state.series if state is not None else None
        revisions: tuple[int, ...] = ()
        paths = []
        if series is not None:
            is_cover = entry.kind == COVER
            revisions = (
                queries.revisions_under(connection, id, series) if is_cover else queries.revisions_with(connection, id)
            )
            paths = [f"{API}/series/{series}/"]
            paths += [f"{API}/series/{series}/revisions/{number}/" for number in revisions]
        is_patch = entry.kind in (PATCH, PULL_REQUEST)
        if is_patch:
            paths.append(f"{API}/patches/{id}/")
        target = thread.entries.get(entry.target) if entry.target is not None else None
        return Result(
            series=series,
            revisions=revisions,
            patch=id if is_patch else None,
            depends_on=queries.dependencies_of(connection, series) if series is not None else (),
            target=target.mail.message_id if target is not None else None,
            paths=tuple(paths),
        )

    def _dead_letter(self, letter: DeadLetter) -> Explanation:
        fact = self._mail(letter.id)
        reading = reading_of(letter.id, fact, self._redactions)
        steps: tuple[Step, ...] = ()
        if isinstance(fact, MailReceived) and not reading.is_redacted:
            steps = mending(letter, fact, reading.parsed, self._projects)
        return Explanation(
            id=letter.id,
            read=_read(letter.id, fact, reading, parse_subject(reading.parsed.subject)),
            dead_letter=f"{letter.reason}, {letter.detail}",
            mend=tuple(f"{step.text} {step.command}".strip() for step in steps),
        )


def _nearest(found: list[Found], shown: tuple[Compared, ...], link: Link | None) -> Posting | None:
    """The candidate that would be the next to be linked to."""
    wanted = next((other.posting for other in shown if link is None or other.posting != link.to), None)
    return next((other.posting for other in found if other.posting.id == wanted), None)


def _addresses(fact: Received) -> tuple[str, ...]:
    """Whom a mail was sent to; of a redacted one only keys are left."""
    return fact.recipients if isinstance(fact, MailReceived) else ()


def _read(record: int, fact: Received, reading: Reading, subject: Subject) -> Read:
    parsed, keys = reading.parsed, reading.keys
    fields, _ = split_mail(normalise(reading.raw or b""))
    return Read(
        record=record,
        source=fact.source,
        received_at=fact.received_at,
        message_id=parsed.message_id,
        message_id_derived=parsed.message_id_derived,
        subject=parsed.subject,
        title=subject.title,
        number=subject.number,
        total=subject.total,
        reroll=subject.reroll,
        branch_reroll=subject.branch_reroll,
        prefix=subject.prefix,
        date=parsed.date,
        date_from=parsed.date_from,
        author=parsed.author.email,
        sender=read_mailbox(raw_text(header_bytes(fields, b"from"))).email,
        references=parsed.references,
        has_diff=keys.has_diff if keys is not None else bool(parsed.diff),
        files=len(keys.files if keys is not None else parsed.files),
        change_id=parsed.change_id,
        supersedes=parsed.supersedes,
        depends_on=parsed.depends_on,
        warnings=tuple(mark.text for mark in parsed.marks),
        redacted=reading.is_redacted,
    )


def _moment(time_us: int) -> datetime:
    return datetime.fromtimestamp(time_us // 1_000_000, UTC)


def _missing(posting: Posting) -> tuple[int, ...]:
    if posting.is_full or posting.is_partial:
        return ()
    there = {patch.place for patch in posting.patches}
    return tuple(islice((number for number in range(1, posting.total + 1) if number not in there), MISSING_MAX))


def _might_be_it(thread: Thread, posting: Posting) -> Iterator[str]:
    """The mails that could be what a posting lacks: they have a diff by its author, and are comments."""
    if not posting.is_full and not posting.is_partial:
        for entry in thread.entries.values():
            if entry.kind == COMMENT and entry.mail.files and entry.mail.author == posting.author:
                yield entry.mail.message_id
