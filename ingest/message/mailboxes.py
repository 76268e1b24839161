"""Names and addresses in From, Reply-To and Cc (RFC 5322 section 3.4), as people and mailers write them."""

import re

from ingest.message.encoded_words import decode_words
from ingest.message.headers import LINE_MAX_BYTES, fold, within_line
from schemas.mail import Mailbox

MAILBOXES_MAX_CHARS = 8192
"""What is read of a list of mailboxes."""
MAILBOXES_MAX = 200
"""How many of them."""

_USUAL = re.compile(r'(?:"([^"\\=]*)"|([\w .\'-]*)) ?<([A-Za-z0-9._%+=-]+@[A-Za-z0-9.-]+)>')
_PIECE = re.compile(r'"[^"]*"|[^",]+|[",]')
_ESCAPED = re.compile(r"\\(.)")
_COMMENT = re.compile(r"\(([^()]*)\)")
_WHITE = re.compile(r"\s+")


def read_mailbox(text: str) -> Mailbox:
    """The first mailbox with an address, else one with the text as its name. text is folded, and not yet decoded."""
    usual = _USUAL.fullmatch(text)
    if usual and len(text) <= LINE_MAX_BYTES:
        return Mailbox(_tidy(usual[1] or usual[2] or ""), usual[3].lower())
    mailboxes = read_mailboxes(text)
    return next((mailbox for mailbox in mailboxes if mailbox.email), mailboxes[0] if mailboxes else Mailbox("", ""))


def read_mailboxes(text: str) -> list[Mailbox]:
    """Every mailbox of a field, in order. A comma separates two unless it is in quotes, or between words without an
    address (`Doe, Jane <jane@example.org>`).
    """
    mailboxes: list[Mailbox] = []
    held: list[str] = []
    for piece in _split_at_commas(text[:MAILBOXES_MAX_CHARS].replace('\\"', "'")):
        held.append(piece)
        if "@" in piece or "<" in piece:
            mailboxes.append(_mailbox(",".join(held)))
            held = []
            if len(mailboxes) == MAILBOXES_MAX:
                break
    if held and (rest := _mailbox(",".join(held))) != Mailbox("", ""):
        mailboxes.append(rest)
    return mailboxes


def _split_at_commas(text: str) -> list[str]:
    pieces = [""]
    current: list[str] = []
    for token in _PIECE.findall(text):
        if token == ",":
            pieces[-1] = "".join(current)
            pieces.append("")
            current = []
        else:
            current.append(token)
    pieces[-1] = "".join(current)
    return pieces


def _mailbox(text: str) -> Mailbox:
    name, bracket, rest = text.rpartition("<")
    if bracket:
        return Mailbox(_name(name), _address(rest.partition(">")[0]))
    comments = _COMMENT.findall(text)
    address = _address(_COMMENT.sub(" ", text))
    if "@" not in address:
        return Mailbox(_name(text), "")
    return Mailbox(_name(comments[-1]) if comments else "", address)


def _name(text: str) -> str:
    if "\\" in text:
        text = _ESCAPED.sub(r"\1", text)
    return _tidy(fold(decode_words(text.replace('"', " ") if '"' in text else text)))


def _tidy(name: str) -> str:
    """Take off the quotes that some mailers send inside of the quotes."""
    return name.strip(" '\",") if name[:1] in "' \"," or name[-1:] in "' \"," else name


def _address(text: str) -> str:
    """Lower case, no white space; `jane at example.org` is what list archives make of an address."""
    if "@" not in text and text.strip().count(" at ") == 1:
        text = text.replace(" at ", "@")
    return within_line(_WHITE.sub("", text).strip("'\"<>").lower())
