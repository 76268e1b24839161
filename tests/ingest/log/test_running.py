"""The running hash, by values."""

from hashlib import sha256

from ingest.log.running import START, advance

ONE, TWO = sha256(b"1").digest(), sha256(b"2").digest()


def test_it_is_a_chain_of_digests() -> None:
    assert advance(advance(START, ONE), TWO) == sha256(sha256(bytes(32) + ONE).digest() + TWO).digest()


def test_the_order_counts() -> None:
    assert advance(advance(START, ONE), TWO) != advance(advance(START, TWO), ONE)
