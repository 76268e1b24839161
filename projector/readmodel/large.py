"""Texts that are too large to be read with a list of others: known by a digest, and read piece by piece.

Only a row with such a text has a digest. A list is read without large texts, and the tag of its answer is made of their
digests. Who reads the next piece compares the digest, and so sees whether it is still the same text.
"""

from hashlib import blake2b

LARGE_BYTES = 65536
"""What is larger is read piece by piece: a hundred texts of a list take a few MB at most."""
DIGEST_BYTES = 16
_PIECE_CHARS = 1 << 20


def digest_of_large(*texts: str | bytes | None) -> str | None:
    """The digest of texts that are read together, in hexadecimal digits; None where none of them is large."""
    if not any(text is not None and _is_large(text) for text in texts):
        return None
    hashed = blake2b(digest_size=DIGEST_BYTES)
    for text in texts:
        hashed.update(b"\0" if text is None else b"\1")
        for start in range(0, len(text or ""), _PIECE_CHARS):
            piece = (text or "")[start : start + _PIECE_CHARS]
            hashed.update(piece.encode("utf-8", "surrogatepass") if isinstance(piece, str) else piece)
    return hashed.hexdigest()


def _is_large(text: str | bytes) -> bool:
    if len(text) * 4 <= LARGE_BYTES:
        return False
    return len(text) > LARGE_BYTES or (isinstance(text, str) and len(text.encode("utf-8", "replace")) > LARGE_BYTES)
