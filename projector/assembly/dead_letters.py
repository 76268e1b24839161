"""Why a mail may be a dead letter, which of the reasons is an alarm, and how each is mended.

Every dead letter has one of these reasons: what sets a mail aside takes a `Reason`, so there is none without a meaning
and a way out. docs/dead-letters.md tells people of them.
"""

import re
from collections.abc import Callable, Iterable, Mapping

import msgspec

from ingest.message.headers import find_break, normalise, split_mail

WANTED = frozenset((b"from", b"date", b"subject", b"message-id"))


class Step(msgspec.Struct, frozen=True):
    """Something that mends a dead letter, and the command for it ("": there is none to run)."""

    text: str
    command: str = ""


class DeadMail(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a dead letter that says how to mend it.

    lists: what its list fields name, and the list that its archive was imported as; posting: the address in List-Post;
    tags: each project that reads its list or address by now -> the tags of which it wants one.
    """

    id: int
    lists: tuple[str, ...] = ()
    posting: str = ""
    recipients: tuple[str, ...] = ()
    is_import: bool = False
    tags: Mapping[str, tuple[str, ...]] = msgspec.field(default_factory=dict)


class Reason(msgspec.Struct, frozen=True):
    """name: the word that is stored and shown; meaning: sentences for people; alarms: somebody has to look at it."""

    name: str
    meaning: str
    alarms: bool
    mend: Callable[[DeadMail], Iterable[Step]]


def _mend_no_project(mail: DeadMail) -> Iterable[Step]:
    takes_all = sorted(linkname for linkname, tags in mail.tags.items() if not tags)
    if takes_all:
        yield Step(f"Project {takes_all[0]} takes it by now. It is read again by itself, or by hand:", _retry(mail))
    elif mail.tags:
        first = min(mail.tags)
        shared = "; ".join(f"{linkname} takes {', '.join(words)}" for linkname, words in sorted(mail.tags.items()))
        yield Step(
            f"Projects read the list, but only subjects with one of their tags ({shared}). Let one take more:",
            f"patchlog project set {first} --subject-prefix-tags {','.join(mail.tags[first])},TAG",
        )
        yield Step("Or add a project without tags, which takes the rest:", _add_project(mail))
    elif mail.lists:
        yield Step("Add a project for its list:", _add_project(mail))
    elif mail.is_import:
        yield Step("Import its archive again, as mail of its list:", "patchlog import PATH --list-id LIST-ID")
    else:
        yield Step("It names no list. If it was sent to a list, add a project for that:", _add_project(mail))
    if not takes_all:
        yield Step("When a project takes it, it is read again by itself. To have it read again by hand:", _retry(mail))
    yield Step("If nobody wants it, there is nothing to do: it is no alarm.")


def _mend_bad_header(mail: DeadMail) -> Iterable[Step]:
    yield Step(
        "Look at its bytes, and at who sends what is no mail:", f"patchlog dead-letters show {mail.id} --raw > mail.eml"
    )
    list_id = next(iter(_list_ids(mail)), "LIST-ID")
    yield Step(
        "Where a patch is lost with it: mend the header in mail.eml, and put that on the log:",
        f"patchlog import mail.eml --list-id {list_id}",
    )
    yield Step("Where a project has its address or a newer Patchlog reads it, have it read again:", _retry(mail))
    yield Step("Then, or if it is worth nothing, turn its alarm off:", f"patchlog dead-letters acknowledge {mail.id}")


def _mend_not_by_list(mail: DeadMail) -> Iterable[Step]:
    yield Step("Look at who sent it, and from where:", f"patchlog dead-letters show {mail.id} --raw > mail.eml")
    first = min(mail.tags, default="LINKNAME")
    yield Step(
        "If the list delivers from elsewhere by now, say so; its dead letters are read again by themselves:",
        f"patchlog project set {first} --from-list PATTERN",
    )
    yield Step("To have it read again by hand:", _retry(mail))
    yield Step("If somebody only claims to be the list:", f"patchlog dead-letters acknowledge {mail.id}")


def _mend_diff_unreadable(mail: DeadMail) -> Iterable[Step]:
    yield Step("Look at its bytes, and at what carried them:", f"patchlog dead-letters show {mail.id} --raw > mail.eml")
    yield Step("Ask its author to send it again, as an attachment or by git send-email. If it came otherwise:", "")
    list_id = next(iter(_list_ids(mail)), "LIST-ID")
    yield Step("Mend the diff in mail.eml, and put that on the log:", f"patchlog import mail.eml --list-id {list_id}")
    yield Step("If a newer Patchlog reads it:", _retry(mail))
    yield Step("Then, or if it is worth nothing, turn its alarm off:", f"patchlog dead-letters acknowledge {mail.id}")


NO_PROJECT = Reason(
    "no-project",
    "No project reads the list that it came by, or none takes its subject: nobody here wants it.",
    alarms=False,
    mend=_mend_no_project,
)
BAD_HEADER = Reason(
    "bad-header",
    "Its header breaks the rules of mail (RFC 5322) and names no list, so that nobody can tell for whom it is.",
    alarms=True,
    mend=_mend_bad_header,
)
NOT_BY_LIST = Reason(
    "not-by-list",
    "It names a list, and did not come from where the project's --from-list says that the list delivers from.",
    alarms=True,
    mend=_mend_not_by_list,
)
DIFF_UNREADABLE = Reason(
    "diff-unreadable",
    "Its subject says PATCH, and the diff in it cannot be read: what carried it has wrapped or changed its lines.",
    alarms=True,
    mend=_mend_diff_unreadable,
)

REASONS: Mapping[str, Reason] = {
    reason.name: reason for reason in (NO_PROJECT, BAD_HEADER, NOT_BY_LIST, DIFF_UNREADABLE)
}


def is_alarm(reason: str, acknowledged: int | None) -> bool:
    """Whether somebody has to look at a dead letter. acknowledged: the record that says that somebody has."""
    return REASONS[reason].alarms and acknowledged is None


def _retry(mail: DeadMail) -> str:
    return f"patchlog dead-letters retry {mail.id}"


def _add_project(mail: DeadMail) -> str:
    """The command that adds a project for a mail's list, with what the mail says of it; the rest in capitals."""
    list_id = next(iter(_list_ids(mail)), "")
    address = next(iter(_addresses(mail)), "")
    list_id = list_id or address.replace("@", ".")
    address = address or list_id.replace(".", "@", 1)
    linkname = list_id.partition(".")[0]
    linkname = f"list-{linkname}" if linkname.isdecimal() else linkname
    return (
        f"patchlog project add {linkname or 'LINKNAME'} --name {linkname or 'NAME'}"
        f" --listid {list_id or 'LIST-ID'} --listemail {address or 'ADDRESS'}"
    )


# Only what a shell takes as it stands goes into a command: a mail may say anything.
_WORD = r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}"
_LIST_ID = re.compile(rf"{_WORD}(?:\.{_WORD})+")
_ADDRESS = re.compile(rf"{_WORD}(?:\.{_WORD})*@{_WORD}(?:\.{_WORD})+")


def _list_ids(mail: DeadMail) -> Iterable[str]:
    return (name for name in mail.lists if _LIST_ID.fullmatch(name))


def _addresses(mail: DeadMail) -> Iterable[str]:
    """The list's address; where no list is named, what the mail was sent to."""
    names = (mail.posting, *mail.lists) if mail.lists else (mail.posting, *mail.recipients)
    return (name for name in names if _ADDRESS.fullmatch(name))


def fault_of(raw: bytes) -> str | None:
    """What is wrong with the header of a mail, in words; None where it will do."""
    mail = normalise(raw)
    fields, start = split_mail(mail)
    if not WANTED & fields.keys():
        return "it has no From, Date, Subject or Message-ID that can be read, and names no list"
    line = find_break(mail, start)
    return f"its header breaks off at line {line}, and names no list before that" if line is not None else None
