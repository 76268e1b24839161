"""The running hash of a log: 32 bytes that say what every record up to one of them is, and in which order.

The hash at a record is SHA-256 over the hash at the record before it and the record's digest. Who wrote down the hash
at one record can tell later whether anything up to it was changed, exchanged, added or taken away.
"""

from hashlib import sha256

START = bytes(32)
"""The hash before the first record of a log."""
CHECKPOINT_EVERY = 1000
"""At which record ids a read model keeps it: the multiples of this."""


def advance(running: bytes, digest: bytes) -> bytes:
    """The hash at a record, from the one at the record before it and the record's digest."""
    return sha256(running + digest).digest()
