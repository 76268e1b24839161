"""One record to bytes and back, over versions."""

import itertools
from datetime import timedelta
from hashlib import sha256
from random import Random
from typing import Any

import msgspec
import pytest
from backports import zstd

from ingest.log.codec import CHANGED, LARGE_BYTES, Codec, Packed
from ingest.log.contract import LogError
from ingest.receipt import receive
from schemas.fact import Fact
from schemas.records import STUB_TYPES, Record
from tests.ingest.log.facts import EVERY_FACT, MAIL, WHEN, state


class Moved(Fact, frozen=True, kw_only=True):
    """A fact with a history: version 1 said `place`, version 2 `street`, version 3 says `street` and `town`."""

    type_name = "moved"
    version = 3
    street: str
    town: str


def street(fields: dict[str, Any]) -> dict[str, Any]:
    return {"street": fields["place"]}


def town(fields: dict[str, Any]) -> dict[str, Any]:
    return fields | {"town": "unknown"}


HISTORY = Codec((Moved,), {("moved", 1): street, ("moved", 2): town})


def stored(version: int, fields: dict[str, Any], type_name: str = "moved") -> bytes:
    return HISTORY.seal(packed(type_name, version, zstd.compress(msgspec.msgpack.encode(fields))), WHEN)


def packed(type_name: str, version: int, body: bytes) -> Packed:
    return Packed(type_name, version, body, sha256(body).digest())


def as_before(sealed: bytes) -> bytes:
    """The record as it was stored before there were digests."""
    return msgspec.msgpack.encode(msgspec.msgpack.decode(sealed)[:5])


@pytest.mark.parametrize("fact", EVERY_FACT, ids=lambda fact: type(fact).__name__)
def test_round_trip(fact: Fact) -> None:
    codec = Codec()
    sealed = codec.seal(codec.pack(fact), WHEN)
    digest = fact.digest if isinstance(fact, STUB_TYPES) else msgspec.msgpack.decode(sealed)[5]
    assert codec.unpack(7, sealed) == Record(7, WHEN, fact, digest), "a stub counts as what it stands for"


def test_a_large_record_says_the_same_and_small_ones_behind_it_too() -> None:
    codec, raw = Codec(), MAIL.raw + b"+large\r\n" * (LARGE_BYTES // 8)
    facts = (MAIL, msgspec.structs.replace(MAIL, raw=raw, parsed=None, parser_version=0), MAIL)
    sealed = [codec.seal(codec.pack(fact), WHEN) for fact in facts]
    assert [codec.unpack(7, each).fact for each in sealed] == list(facts)
    assert sealed[0] == sealed[2] == Codec().seal(Codec().pack(MAIL), WHEN)


def test_the_text_of_a_large_mail_that_was_read_is_on_the_log_once() -> None:
    text = Random(1).randbytes(LARGE_BYTES // 2).hex()
    raw = b"Message-ID: <large@example.org>\r\n\r\n" + text.encode()
    unread = receive(raw, source="smtp", received_at=WHEN, envelope_sender="", recipients=(), parsed_max_bytes=0)
    was_read = receive(raw, source="smtp", received_at=WHEN, envelope_sender="", recipients=())
    assert was_read.parsed is not None and unread.parsed is None
    once, with_parsed = (len(Codec().pack(fact).body) for fact in (unread, was_read))
    assert with_parsed < 1.2 * once


def test_a_record_that_is_replaced_keeps_its_time_and_the_id_that_it_carried() -> None:
    codec = Codec()
    for id in (None, 7):
        replaced = codec.replace(7, codec.seal(codec.pack(EVERY_FACT[0]), WHEN, id), EVERY_FACT[1])
        assert (codec.unpack(7, replaced).fact, codec.front(7, replaced).id) == (EVERY_FACT[1], id)
        assert codec.front(7, replaced).recorded_at == WHEN


def test_a_copied_record_keeps_its_id_and_its_digest() -> None:
    codec = Codec()
    sealed = codec.seal(codec.pack(state(1)), WHEN)
    copied = codec.copy(3, sealed)
    assert codec.front(3, copied).id == 3
    assert codec.unpack(3, copied) == codec.unpack(3, sealed)
    assert copied == codec.seal(codec.pack(state(1)), WHEN, id=3)


def test_the_front_is_read_without_the_body() -> None:
    codec = Codec()
    assert codec.front(7, codec.seal(packed("mail.received", 1, b"no frame"), WHEN, 3)) == ("mail.received", WHEN, 3)


def test_the_digest_is_of_type_version_time_and_body() -> None:
    type_name, version, recorded_at, _, body, digest = msgspec.msgpack.decode(Codec().seal(Codec().pack(MAIL), WHEN))
    assert (type_name, version, recorded_at) == ("mail.received", 1, WHEN)
    said = f"mail.received\n1\n{1_709_209_859_123_456}\n".encode() + sha256(body).digest()
    assert digest == sha256(said).digest()


def test_any_byte_that_changed_is_noticed_or_says_the_same() -> None:
    codec = Codec()
    sealed = codec.seal(codec.pack(MAIL), WHEN)
    alike = set()
    for place, mask in itertools.product(range(len(sealed)), (0x01, 0x80, 0xFF)):
        changed = bytearray(sealed)
        changed[place] ^= mask
        try:
            assert codec.unpack(5, bytes(changed)) == codec.unpack(5, sealed)
            alike.add(place)
        except LogError as error:
            assert str(error).startswith("record 5: ")
            for read in (codec.front, codec.copy):
                with pytest.raises(LogError):
                    read(5, bytes(changed))
    time = sealed.index(b"\xd7\xff") + 2
    assert alike == {time + 2, time + 3, time + 8}  # bits below the microsecond, and the id that a copy would carry


def test_content_that_was_changed_whole_is_noticed() -> None:
    codec = Codec()
    type_name, version, recorded_at, id, _, digest = msgspec.msgpack.decode(codec.seal(codec.pack(state(1)), WHEN))
    other, later = codec.pack(state(2)).body, recorded_at + timedelta(microseconds=1)
    for changed in ((type_name, version, recorded_at, id, other, digest), (type_name, version, later, id, b"", digest)):
        with pytest.raises(LogError, match=f"^record 8: {CHANGED}$"):
            codec.unpack(8, msgspec.msgpack.encode(changed))


def test_a_record_of_before_there_were_digests_has_the_same_one() -> None:
    codec = Codec()
    sealed = codec.seal(codec.pack(MAIL), WHEN)
    assert codec.unpack(5, as_before(sealed)) == codec.unpack(5, sealed)
    assert codec.copy(5, as_before(sealed)) == codec.copy(5, sealed)
    with pytest.raises(LogError, match=r"^record 5: expected a 'mail\.received' version 1: "):
        codec.unpack(5, as_before(sealed).replace(codec.pack(MAIL).body, b"x" * len(codec.pack(MAIL).body)))


def test_a_mail_and_its_parsed_form_together_take_less_than_the_mail() -> None:
    codec = Codec()
    text = "".join(f"+{number}: one line of a patch\n" for number in range(200))
    assert MAIL.parsed is not None
    mail = msgspec.structs.replace(MAIL, raw=text.encode(), parsed=msgspec.structs.replace(MAIL.parsed, diff=text))
    assert len(codec.pack(mail).body) < len(mail.raw) / 2


@pytest.mark.parametrize(
    ("version", "fields", "expected"),
    [
        pytest.param(1, {"place": "a"}, Moved(street="a", town="unknown"), id="two steps"),
        pytest.param(2, {"street": "b"}, Moved(street="b", town="unknown"), id="one step"),
        pytest.param(3, {"street": "c", "town": "d"}, Moved(street="c", town="d"), id="as it is"),
        pytest.param(3, {"street": "c", "town": "d", "more": 1}, Moved(street="c", town="d"), id="field not known"),
    ],
)
def test_an_old_version_is_read_as_the_new_one(version: int, fields: dict[str, Any], expected: Moved) -> None:
    assert HISTORY.unpack(1, stored(version, fields)).fact == expected


@pytest.mark.parametrize(
    ("body", "message"),
    [
        pytest.param(stored(4, {}), "record 5: expected 'moved' up to version 3, came version 4", id="version ahead"),
        pytest.param(stored(0, {}), "record 5: expected 'moved' up to version 3, came version 0", id="no upcaster"),
        pytest.param(stored(1, {}, "gone"), "record 5: expected a known type, came 'gone' version 1", id="type"),
        pytest.param(stored(3, {"street": 1}), "record 5: expected a 'moved' version 3: ", id="field of another type"),
        pytest.param(
            HISTORY.seal(packed("moved", 3, b"junk"), WHEN), "record 5: expected a 'moved' version 3: ", id="no frame"
        ),
        pytest.param(b"junk", "record 5: expected type, version, time, id, body and digest: ", id="no record"),
    ],
)
def test_what_cannot_be_read_is_named(body: bytes, message: str) -> None:
    with pytest.raises(LogError) as caught:
        HISTORY.unpack(5, body)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(zstd.compress(b"x" * 100_000), 100_000, id="what it says of itself"),
        pytest.param(b"no frame", None, id="no frame"),
    ],
)
def test_what_a_record_takes_unpacked_is_told_without_unpacking_it(body: bytes, expected: int | None) -> None:
    record = HISTORY.seal(packed("moved", 3, body), WHEN)
    assert HISTORY.size_bytes(record) == (expected or len(record))


def test_what_is_no_record_takes_what_it_takes() -> None:
    assert HISTORY.size_bytes(b"nothing of ours") == 15
