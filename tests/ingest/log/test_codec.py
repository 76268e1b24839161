"""One record to bytes and back, over versions."""

from typing import Any

import msgspec
import pytest
from backports import zstd

from ingest.log.codec import Codec, Packed
from ingest.log.contract import LogError
from schemas.records import Fact, Record
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
    return HISTORY.seal(Packed(type_name, version, zstd.compress(msgspec.msgpack.encode(fields))), WHEN)


@pytest.mark.parametrize("fact", EVERY_FACT, ids=lambda fact: type(fact).__name__)
def test_round_trip(fact: Fact) -> None:
    codec = Codec()
    assert codec.unpack(7, codec.seal(codec.pack(fact), WHEN)) == Record(7, WHEN, fact)


def test_a_copied_record_keeps_its_own_id() -> None:
    codec = Codec()
    assert codec.unpack(7, codec.seal(codec.pack(state(1)), WHEN, id=3)).id == 3


def test_the_front_is_read_without_the_body() -> None:
    codec = Codec()
    assert codec.front(7, codec.seal(Packed("mail.received", 1, b"no frame"), WHEN, 3)) == ("mail.received", WHEN, 3)


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
            HISTORY.seal(Packed("moved", 3, b"junk"), WHEN), "record 5: expected a 'moved' version 3: ", id="no frame"
        ),
        pytest.param(b"junk", "record 5: expected type, version, time, id and body: ", id="no record"),
    ],
)
def test_what_cannot_be_read_is_named(body: bytes, message: str) -> None:
    with pytest.raises(LogError) as caught:
        HISTORY.unpack(5, body)
    assert str(caught.value).startswith(message)
