"""Words to keys: by these the assembly compares what it does not see, so that a mail without words keeps its place.

A key is no secret: who guesses the words can see whether a key is theirs.
"""

from hashlib import blake2b

from ingest.message.signature import without_signature
from projector.assembly.subject import closing_reroll, name_key
from schemas.mail import Keys, ParsedMail, bytes_of_diff

KEY_BYTES = 16
FILE_KEY_BYTES = 8
"""Files only say whether two patches touch one; a collision in a thousand million would say that they do."""

PIECE_CHARS = 1 << 20
"""So much of a message is taken apart into words at a time."""

SAID_BYTES = 8
"""A collision only makes two mails look alike, and then the first one stays all the same."""


def key(words: str, size_bytes: int = KEY_BYTES) -> bytes:
    """The key of some words; b"" where there are none."""
    if not words:
        return b""
    return blake2b(words.encode(errors="surrogatepass"), digest_size=size_bytes).digest()


def keys_of(parsed: ParsedMail, title: str) -> Keys:
    """The keys of a mail that has its words. title: what its subject says behind the tags."""
    return Keys(
        author=key(parsed.author.email),
        name=key(name_key(title)),
        closing=closing_reroll(title),
        files=tuple([key(file, FILE_KEY_BYTES) for file in parsed.files]),
        delegate=key(parsed.delegate.strip().lower()),
        has_diff=bool(parsed.diff),
        has_pull_url=parsed.pull_url is not None,
        said=_said(parsed, title),
    )


def _said(parsed: ParsedMail, title: str) -> tuple[bytes, ...]:
    """A digest of each part in SAID. White space in the message does not count: what carries mail changes it."""
    message = _key_of_words(without_signature(parsed.message))
    diff = blake2b(bytes_of_diff(parsed), digest_size=SAID_BYTES).digest() if parsed.diff else b""
    return (*(key(words, SAID_BYTES) for words in (parsed.author.email, title)), message, diff)


def _key_of_words(text: str) -> bytes:
    """`key` of the words of a text with single spaces between, however many millions there are."""
    if len(text) <= PIECE_CHARS:
        return key(" ".join(text.split()), SAID_BYTES)
    hashed = blake2b(digest_size=SAID_BYTES)
    between = ""
    is_empty = True
    for start in range(0, len(text), PIECE_CHARS):
        piece = text[start : start + PIECE_CHARS]
        if words := " ".join(piece.split()):
            gap = "" if is_empty else between or (" " if piece[0].isspace() else "")
            hashed.update(f"{gap}{words}".encode(errors="surrogatepass"))
            is_empty, between = False, " " if piece[-1].isspace() else ""
        else:
            between = " "
    return b"" if is_empty else hashed.digest()
