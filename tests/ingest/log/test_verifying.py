"""What befalls a log is found and located."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from ingest.log import LogError, open_log
from ingest.log.codec import CHANGED
from ingest.log.running import START, advance
from ingest.log.verifying import Verified, Witness, verify_log
from tests.ingest.log.damage import body, delete, delete_and_close_ranks, exchange, flip_byte, put, rewrite
from tests.ingest.log.facts import MAIL, state

RECORDS = 3500
KEPT = (1000, 2000, 3000, RECORDS)
NOT_AS = "(the running hash at record {} is not the one that the keeper has)"
CHANGED_BETWEEN = "between record {} and record {}: records were exchanged, added, removed or rewritten"
Said = list[str]


def hashes(path: Path) -> dict[int, bytes]:
    """The running hash of a log at the ids that are kept."""
    log = open_log(f"sqlite:///{path}")
    running, found, position = START, {}, 0
    while records := log.read(position):
        for record in records:
            running = advance(running, record.digest)
            if record.id in KEPT:
                found[record.id] = running
        position = records[-1].id
    log.close()
    return found


def verified(path: Path, kept: dict[int, bytes]) -> tuple[Verified, Said]:
    said: Said = []
    log = open_log(f"sqlite:///{path}")
    try:
        found = verify_log(log, [Witness("the keeper", kept)] if kept else [], said.append, lambda done, end: None)
    finally:
        log.close()
    assert found.wrong == len(said)
    return found, said


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("whole") / "log.db"
    log = open_log(f"sqlite:///{path}")
    log.append([MAIL if number % 100 == 0 else state(number) for number in range(2, RECORDS + 1)])
    log.close()
    return path


@pytest.fixture
def path(whole: Path, tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "log.db"
    path.write_bytes(whole.read_bytes())
    yield path


def test_a_log_that_is_whole_has_the_running_hash_that_was_kept(path: Path) -> None:
    kept = hashes(path)
    assert verified(path, kept) == ((RECORDS, RECORDS, kept[RECORDS], 0), [])


def between(first: int, last: int) -> str:
    return f"{CHANGED_BETWEEN.format(first, last)} {NOT_AS.format(last)}"


def rewrite_one(path: Path) -> None:
    log = open_log(f"sqlite:///{path}")
    (record,) = log.get([1234])
    log.close()
    rewrite(path, record, state(99))


def both(path: Path) -> None:
    flip_byte(path, 1234)
    exchange(path, 1500, 1501)


@pytest.mark.parametrize(
    ("befall", "expected"),
    [
        pytest.param(lambda path: flip_byte(path, 1234), [f"record 1234: {CHANGED}"], id="a byte flipped"),
        pytest.param(
            lambda path: [flip_byte(path, id) for id in (7, 1234, 1235, RECORDS)],
            [f"record {id}: {CHANGED}" for id in (7, 1234, 1235, RECORDS)],
            id="bytes flipped in many records",
        ),
        pytest.param(lambda path: exchange(path, 1234, 1236), [between(1001, 2000)], id="two exchanged"),
        pytest.param(lambda path: delete(path, 1234), ["record 1234 is missing"], id="one removed"),
        pytest.param(
            lambda path: [delete(path, id) for id in range(1234, 1240)],
            ["records 1234 to 1239 are missing"],
            id="some removed",
        ),
        pytest.param(
            lambda path: delete(path, RECORDS),
            ["behind record 3499: records up to 3500 are missing, of which the keeper has the hash"],
            id="removed at the end",
        ),
        pytest.param(
            lambda path: delete(path, 1), ["record 2: expected log.opened first, came patch.state-changed"], id="first"
        ),
        pytest.param(
            lambda path: delete_and_close_ranks(path, 2500),
            [
                between(2001, 3000),
                "behind record 3499: records up to 3500 are missing, of which the keeper has the hash",
            ],
            id="removed and hidden",
        ),
        pytest.param(rewrite_one, [between(1001, 2000)], id="rewritten with its digest"),
        pytest.param(both, [f"record 1234: {CHANGED}", between(1001, 2000)], id="a byte, and two exchanged"),
    ],
)
def test_what_befell_it_is_found(path: Path, befall: Callable[[Path], object], expected: Said) -> None:
    kept = hashes(path)
    befall(path)
    assert verified(path, kept)[1] == expected


@pytest.mark.parametrize("place", [0, 5, 20, 40, 100, -1])
def test_a_byte_anywhere_in_a_record_is_found(path: Path, place: int) -> None:
    kept = hashes(path)
    for mask in (0x01, 0x80, 0xFF):
        changed = bytearray(body(path, 1200))
        changed[place] ^= mask
        put(path, 1200, bytes(changed))
        (said,) = verified(path, kept)[1]
        assert said.startswith("record 1200: ")
        changed[place] ^= mask
        put(path, 1200, bytes(changed))


def test_bits_that_say_nothing_and_an_id_that_no_copy_gave_are_found_too(path: Path) -> None:
    whole = body(path, 1200)
    time = whole.index(b"\xd7\xff") + 2
    for place, why in ((time + 3, "its bytes are not as they were written"), (time + 8, "it carries the id 63")):
        changed = bytearray(whole)
        changed[place] ^= 0x80 if place == time + 3 else 0xFF
        put(path, 1200, bytes(changed))
        (said,) = verified(path, {})[1]
        assert said.startswith(f"record 1200: {why}")


def test_records_of_before_there_were_digests_are_held_to_the_running_hash(path: Path) -> None:
    kept = hashes(path)
    for id in (1200, 1300):
        put(path, id, msgspec.msgpack.encode(msgspec.msgpack.decode(body(path, id))[:5]))
    assert verified(path, kept) == ((RECORDS, RECORDS, kept[RECORDS], 0), [])
    other = msgspec.msgpack.encode(msgspec.msgpack.decode(body(path, 1301))[:5])
    put(path, 1200, other)
    assert verified(path, kept)[1] == [between(1001, 2000)]


def test_so_much_damage_that_nothing_can_be_guessed_is_still_listed(path: Path) -> None:
    kept, damaged = hashes(path), range(1100, 1120)
    for id in damaged:
        flip_byte(path, id)
    exchange(path, 2100, 2101)
    assert verified(path, kept)[1] == [*(f"record {id}: {CHANGED}" for id in damaged), between(2001, 3000)]


def test_a_file_whose_pages_are_broken_says_behind_which_record(path: Path) -> None:
    with sqlite3.connect(path) as db:
        page_bytes, pages = (db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_size", "page_count"))
    db.close()
    content = bytearray(path.read_bytes())
    content[page_bytes * (pages // 2) : page_bytes * (pages // 2 + 1)] = bytes(page_bytes)
    path.write_bytes(content)
    with pytest.raises(LogError, match=r"behind record \d+ nothing can be read: .*malformed"):
        verified(path, {})


def test_each_witness_is_heard_by_itself(path: Path) -> None:
    kept = hashes(path)
    rewrite_one(path)
    log = open_log(f"sqlite:///{path}")
    said: Said = []
    witnesses = [Witness("a read model that was made since", hashes(path)), Witness("a note", {1500: kept[2000]})]
    verify_log(log, witnesses, said.append, lambda done, end: None)
    log.close()
    assert said == [
        f"{CHANGED_BETWEEN.format(1, 1500)} (the running hash at record 1500 is not the one that a note has)"
    ]
