"""Whose rewriting of From a project undoes: that of its own list, and of those that its settings name.

Lists that rewrite From for DMARC's sake keep the author in other fields. Anybody can write such fields, so they count
only where From has an address that the project knows to rewrite.
"""

import msgspec

from ingest.message.commit import as_git_takes
from ingest.message.marks import FROM_REWRITTEN
from projector.assembly.keys import KEY_BYTES, SAID_BYTES, key
from schemas.mail import Keys, ParsedMail
from schemas.records import ProjectAdded


def as_sent(parsed: ParsedMail, project: ProjectAdded) -> ParsedMail:
    """A mail with the author that counts for a project: the one that a list's rewriting is undone to, or From's."""
    sender = parsed.rewritten
    if sender is None or not _rewriters(project).isdisjoint(_names(sender.email)):
        return parsed
    commit = parsed.commit
    if commit is not None and any(mark.kind == FROM_REWRITTEN for mark in parsed.marks):
        name, email = as_git_takes(sender.name, sender.email)
        commit = msgspec.structs.replace(commit, name=name, email=email)
    marks = tuple(mark for mark in parsed.marks if mark.kind != FROM_REWRITTEN)
    return msgspec.structs.replace(parsed, author=sender, rewritten=None, commit=commit, marks=marks)


def as_sent_by_key(keys: Keys, project: ProjectAdded) -> Keys:
    """The same for the keys of a mail that has no words any more."""
    if not keys.sender or not {key(name) for name in _rewriters(project)}.isdisjoint(keys.sender):
        return keys
    author, _, said = keys.sender
    return msgspec.structs.replace(keys, author=author, said=(said, *keys.said[1:]), sender=(), verified_by=())


def sender_keys(parsed: ParsedMail) -> tuple[bytes, ...]:
    """The keys of who is in a From that was rewritten: of address and domain, and the shorter one of the address."""
    if parsed.rewritten is None:
        return ()
    address, domain = _names(parsed.rewritten.email)
    return key(address, KEY_BYTES), key(domain, KEY_BYTES), key(address, SAID_BYTES)


def _names(email: str) -> tuple[str, str]:
    return email, f"@{email.rpartition('@')[2]}"


def _rewriters(project: ProjectAdded) -> set[str]:
    """Addresses, and domains behind an @. A List-Id is an address with a dot for the @, or a list's own domain."""
    listid = project.listid.lower()
    dots = [place for place, character in enumerate(listid) if character == "."]
    spelled = {f"{listid[:place]}@{listid[place + 1 :]}" for place in dots}
    return {project.listemail.lower(), f"@{listid}", *spelled, *(name.lower() for name in project.rewriters)}
