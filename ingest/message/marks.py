"""What is marked in a mail: where a careful reader and git would read it differently, and how it was read here."""

from collections.abc import Iterable, Sequence

from schemas.characters import FORM_FEED, deceiving_in, name_character
from schemas.mail import Mark

REPEATED_FIELD = "repeated-field"
LEFT_OUT = "left-out"
SEVERAL_DIFFS = "several-diffs"
OTHER_ORDER = "other-order"
BEHIND_SIGNATURE = "behind-signature"
FLOWED = "flowed"
FROM_HTML = "from-html"
BROKEN_HEADER = "broken-header"
NO_PARTS = "no-parts"
NESTED = "nested"
FORWARDED = "forwarded"
CONTENT_TYPE = "content-type"
CUT = "cut"
NOT_ENCODED = "not-encoded"
LINE_ENDS = "line-ends"
CHARSET = "charset"
ESCAPED = "escaped"
CONTROLS = "control-characters"
DECEIVING_CHARACTERS = "deceiving-characters"
FROM_REWRITTEN = "from-rewritten"
AUTHOR = "author"
DATE = "date"

_NAMED_MAX = 5
"""How many of the characters that a mail has are named in its mark."""


def repeated_field(name: str, count: int) -> Mark:
    return Mark(REPEATED_FIELD, f"The mail has {count} fields {name}, where one is allowed. The first one counts.")


def left_out(what: str) -> Mark:
    return Mark(LEFT_OUT, f"Left out, neither shown nor applied: {what}.")


def left_out_diff(what: str) -> Mark:
    return Mark(LEFT_OUT, f"A diff was left out: it stands in {what}. It is neither shown nor applied.")


def left_out_behind() -> Mark:
    return Mark(LEFT_OUT, "Lines like a diff's stand behind the diff. They are no part of it, and are not applied.")


def several_diffs(count: int) -> Mark:
    return Mark(
        SEVERAL_DIFFS, f"{count} parts of the mail have a diff. All are shown and applied, one after the other."
    )


def other_order() -> Mark:
    return Mark(OTHER_ORDER, "A patch is attached before the text. The text was read first.")


def behind_signature() -> Mark:
    return Mark(BEHIND_SIGNATURE, "A part of the diff stands behind a signature. It is shown and applied.")


def broken_header(line: int) -> Mark:
    return Mark(
        BROKEN_HEADER, f"The header breaks off at line {line}, without a blank line. All from there on is text."
    )


def broken_part() -> Mark:
    return Mark(BROKEN_HEADER, "The header of a part is not ended by a blank line. What is no field was read as text.")


def notes() -> Mark:
    return Mark(LEFT_OUT, "The notes before the diff have lines like a diff's. They are shown, and not in the mbox.")


def author_missing() -> Mark:
    return Mark(AUTHOR, "No address of an author can be read.")


def no_parts() -> Mark:
    return Mark(NO_PARTS, "The mail says that it has parts, and none can be told apart. It was read as one text.")


def odd_header(name: str) -> Mark:
    return Mark(
        CONTROLS,
        f"The field {name} has control characters, or spaces of other kinds. They were read as spaces, or left out.",
    )


def flowed() -> Mark:
    return Mark(
        FLOWED,
        "The text says format=flowed. Lines that end in a space were joined, and a space was taken from the start of"
        " others (RFC 3676), as git does.",
    )


def not_flowed() -> Mark:
    return Mark(
        FLOWED, "The text says format=flowed, and its diff is whole only as it stands. It was read as it stands."
    )


def doubtful_field(name: str) -> Mark:
    return Mark(CHARSET, f"The field {name} has bytes or encoded words that can be read in several ways.")


def from_html() -> Mark:
    return Mark(FROM_HTML, "The diff was read from HTML, without its tags.")


def nested() -> Mark:
    return Mark(NESTED, "The text stands in parts inside of parts, whose boundaries git would take for text.")


def forwarded() -> Mark:
    return Mark(FORWARDED, "The diff stands in a mail inside the mail.")


def doubtful_type() -> Mark:
    return Mark(
        CONTENT_TYPE, "The charset or the parts of the mail can be told in several ways. RFC 2045 and RFC 2046 counted."
    )


def not_encoded() -> Mark:
    return Mark(NOT_ENCODED, "The text says that it is base64, and is not. It was read as it stands.")


def line_ends() -> Mark:
    return Mark(LINE_ENDS, "Every line of the encoded text ends in CRLF. The lines were read as ending in LF.")


def open_line() -> Mark:
    return Mark(LINE_ENDS, "A part does not end its last line. It was read as ended before the next part begins.")


def charset(label: str) -> Mark:
    """For bytes that are not in the charset that their part declares, or that could be read in several ways."""
    said = f"The mail declares the charset {label!r}" if label else "The mail declares no charset"
    return Mark(CHARSET, f"{said}, and not all bytes can be read in one way by it.")


def unknown_charset(label: str) -> Mark:
    return Mark(CHARSET, f"The mail declares the charset {label!r}, which nobody knows. It was read as UTF-8.")


def recoded(label: str) -> Mark:
    return Mark(CHARSET, f"The mail is in the charset {label!r}. It was changed to UTF-8, the diff, too.")


def escaped(first: int) -> Mark:
    return Mark(ESCAPED, f"From line {first} of the diff on, escapes such as \\x1b stand for bytes that are no text.")


def dropped() -> Mark:
    return Mark(CONTROLS, "The message has NULs or carriage returns inside of its lines. They were left out.")


def message_escaped() -> Mark:
    return Mark(ESCAPED, "The message is shown with escapes such as \\x1b for bytes that could hide where it ends.")


def author_read(email: str) -> Mark:
    return Mark(AUTHOR, f"The author's address can be read in several ways. It was read as {email!r}.")


def author_named(name: str) -> Mark:
    return Mark(AUTHOR, f"The author's name can be read in several ways. It was read as {name!r}.")


def cut() -> Mark:
    return Mark(CUT, "The title or another field is longer than what is read of it. The rest was left out.")


def from_rewritten(email: str) -> Mark:
    return Mark(FROM_REWRITTEN, f"The list put itself in the place of the author. The author was read as {email!r}.")


def author_passed_over() -> Mark:
    return Mark(AUTHOR, "The text begins with a From: line without an address. It counts as nobody's.")


def date_read(date: str) -> Mark:
    return Mark(DATE, f"The Date field is not written as RFC 5322 says. It was read as {date}.")


def date_passed_over() -> Mark:
    return Mark(
        DATE, "A Date cannot be read as that of a commit. Another Date, or the time of receipt, stands in its place."
    )


def deceiving(texts: Iterable[str]) -> Sequence[Mark]:
    """Give the marks for characters that deceive the eye: controls, and those that reorder or are not seen."""
    found: dict[str, None] = {}
    for text in texts:
        if not (text.isascii() and text.isprintable()):
            found.update(dict.fromkeys(deceiving_in(text)))
    found.pop(FORM_FEED, None)
    controls = [character for character in found if character < " " or "\x7f" <= character < "\xa0"]
    others = [character for character in found if character not in controls]
    marks = []
    if controls:
        marks.append(Mark(CONTROLS, f"The mail has control characters: {_names(controls)}."))
    if others:
        text = f"The mail has characters that are not seen, or that change the order of reading: {_names(others)}."
        marks.append(Mark(DECEIVING_CHARACTERS, text))
    return marks


def _names(characters: Sequence[str]) -> str:
    names = [name_character(character) for character in sorted(characters)]
    more = f" and {len(names) - _NAMED_MAX} more" if len(names) > _NAMED_MAX else ""
    return ", ".join(names[:_NAMED_MAX]) + more
