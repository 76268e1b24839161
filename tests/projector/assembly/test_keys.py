"""The keys that stand for words, however many there are."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.message import parse
from projector.assembly import keys
from projector.assembly.keys import keys_of

SENT = datetime(2026, 3, 2, 12, tzinfo=UTC)
WORDS = st.text(st.sampled_from(" \n\t\u2003aé\ud800"), max_size=40)


def key_of_message(text: str) -> bytes:
    head = b"From: Ada <ada@example.org>\nSubject: a\n\n"
    return keys_of(parse(head + text.encode("utf-8", "replace"), SENT), "a").said[2]


@given(text=WORDS, piece=st.integers(1, 5))
def test_the_key_of_a_message_does_not_depend_on_the_pieces_it_is_taken_in(text: str, piece: int) -> None:
    whole = key_of_message(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keys, "PIECE_CHARS", piece)
        assert key_of_message(text) == whole


def test_white_space_alone_has_no_key() -> None:
    assert key_of_message(" \n") == b""
    assert key_of_message(" " * (keys.PIECE_CHARS + 1)) == b""
