"""What every log driver must do: subclass `LogContract` and say how a log is opened."""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from datetime import timedelta

import msgspec
import pytest

from ingest import clock
from ingest.log import Log, LogClosedError, LogError, open_log
from ingest.log.contract import READ_MAX_BYTES
from schemas.fact import Fact
from schemas.records import FACT_TYPES, LogClosed, LogOpened, PatchStateChanged, Record
from tests.ingest.log.facts import EVERY_FACT, MAIL, PARSED, state

Opened = Callable[[], Log]

APPENDER = """
import sys
from ingest.log import open_log
from tests.ingest.log.facts import state
log = open_log(sys.argv[1])
for number in range(1_000_000):
    print(*log.append([state(number), state(number)]), flush=True)
"""

TURN_HOLDER = """
import sys, time
from ingest.log import open_log
turn = open_log(sys.argv[1]).turn("work")
print(turn.wait(60), flush=True)
time.sleep(600)
"""


def append_many(url: str, worker: int, count: int) -> list[list[int]]:
    """Run in a process of its own: append pairs that name their worker."""
    log = open_log(url)
    try:
        return [log.append([state(worker), state(worker)]) for _ in range(count)]
    finally:
        log.close()


def numbers(records: list[Record]) -> list[int]:
    return [record.fact.patch for record in records if isinstance(record.fact, PatchStateChanged)]


class LogContract:
    """The common suite. A subclass gives `url`, a log that is not there yet; every test gets one of its own."""

    @pytest.fixture
    def url(self) -> str:
        raise NotImplementedError

    @pytest.fixture
    def opened(self, url: str) -> Iterator[Opened]:
        logs: list[Log] = []

        def another() -> Log:
            logs.append(open_log(url))
            return logs[-1]

        yield another
        for log in logs:
            log.close()

    @pytest.fixture
    def log(self, opened: Opened) -> Log:
        return opened()

    def test_a_new_log_holds_the_record_that_opened_it(self, log: Log) -> None:
        (record,) = log.read(0)
        assert (record.id, record.fact, log.end()) == (1, LogOpened(base=0), 1)

    def test_many_who_open_a_new_log_at_once_open_it_once(self, opened: Opened) -> None:
        with ThreadPoolExecutor(8) as pool:
            logs = list(pool.map(lambda _: opened(), range(8)))
        assert [[type(record.fact) for record in log.read(0)] for log in logs] == [[LogOpened]] * 8

    def test_ids_are_dense_and_in_the_order_of_the_facts(self, log: Log) -> None:
        assert log.append([state(1), state(2)]) == [2, 3]
        assert log.append([state(3)]) == [4]
        assert [record.id for record in log.read(0)] == [1, 2, 3, 4]
        assert numbers(log.read(0)) == [1, 2, 3]

    def test_nothing_to_append_gives_no_ids_and_no_record(self, log: Log) -> None:
        assert (log.append([]), log.end()) == ([], 1)

    def test_facts_submitted_one_after_the_other_are_recorded_in_that_order(self, log: Log) -> None:
        futures = [log.submit([state(number)]) for number in range(300)]
        assert [future.result(30) for future in futures] == [[number + 2] for number in range(300)]
        assert numbers(log.read(0)) == list(range(300))

    def test_what_was_accepted_cannot_be_cancelled(self, log: Log) -> None:
        future = log.submit([state(1)])
        assert not future.cancel()
        assert future.result(30) == [2]

    @pytest.mark.parametrize("fact", EVERY_FACT, ids=lambda fact: type(fact).__name__)
    def test_a_fact_comes_back_as_it_went(self, log: Log, fact: Fact) -> None:
        (record_id,) = log.append([fact])
        assert [record.fact for record in log.get([record_id])] == [fact]

    def test_every_registered_type_is_among_the_facts_that_come_back(self) -> None:
        assert {type(fact) for fact in EVERY_FACT} | {LogOpened, LogClosed} == set(FACT_TYPES)

    def test_a_mail_of_25_megabytes_comes_back(self, log: Log) -> None:
        mail = msgspec.structs.replace(MAIL, raw=os.urandom(26_214_400), parsed=None)
        (record_id,) = log.append([mail])
        assert [record.fact for record in log.get([record_id])] == [mail]

    def test_a_fact_of_an_unknown_type_is_refused_and_takes_its_whole_append_along(self, log: Log) -> None:
        class Unheard(Fact, frozen=True, kw_only=True):
            type_name = "unheard.of"

        with pytest.raises(LogError, match=r"registered type, came Unheard \('unheard\.of'\)"):
            log.append([state(1), Unheard(), state(2)])
        assert (log.append([state(3)]), numbers(log.read(0))) == ([2], [3])

    def test_a_bad_append_does_not_harm_those_that_wait_beside_it(self, log: Log) -> None:
        futures: list[Future[list[int]]] = []
        for number in range(50):
            futures.append(log.submit([state(number)]))
            futures.append(log.submit([Fact()]))
        wait(futures, 30)
        assert [type(future.exception()) for future in futures[1::2]] == [LogError] * 50
        assert numbers(log.read(0)) == list(range(50))

    def test_a_parsed_mail_that_cannot_be_written_is_left_out_and_the_mail_kept(self, log: Log) -> None:
        (record_id,) = log.append(
            [msgspec.structs.replace(MAIL, parsed=msgspec.structs.replace(PARSED, subject="\udcff"))]
        )
        assert log.get([record_id])[0].fact == msgspec.structs.replace(MAIL, parsed=None, parser_version=0)

    def test_read_goes_on_behind_an_id_and_stops_at_the_limit(self, log: Log) -> None:
        log.append([state(number) for number in range(10)])
        assert [record.id for record in log.read(3, limit=4)] == [4, 5, 6, 7]
        assert [record.id for record in log.read(9)] == [10, 11]
        assert log.read(11) == []

    def test_large_records_are_read_in_several_goes_without_a_gap(self, log: Log) -> None:
        mail = msgspec.structs.replace(MAIL, raw=os.urandom(3_000_000), parsed=None)
        for _ in range(5):
            log.append([mail])
        seen: list[int] = []
        while records := log.read(seen[-1] if seen else 0):
            seen += [record.id for record in records]
        assert seen == [1, 2, 3, 4, 5, 6]

    def test_records_are_read_by_what_they_take_unpacked(self, log: Log) -> None:
        mail = msgspec.structs.replace(MAIL, raw=b"x" * (READ_MAX_BYTES // 4), parsed=None)
        large = msgspec.structs.replace(MAIL, raw=b"x" * (READ_MAX_BYTES + 1), parsed=None)
        log.append([mail] * 7)
        log.append([large])
        log.append([mail])
        seen: list[list[int]] = []
        while records := log.read(seen[-1][-1] if seen else 1):
            seen.append([record.id for record in records])
        assert seen == [[2, 3, 4], [5, 6, 7], [8], [9], [10]]
        assert [stored.id for stored in log.read_stored(1)] == [2, 3, 4, 5, 6, 7, 8, 9, 10]

    def test_get_gives_what_is_there_in_the_order_of_ids(self, log: Log) -> None:
        log.append([state(number) for number in range(5)])
        assert [record.id for record in log.get([5, 99, 2, 5, 0])] == [2, 5]
        assert log.get([]) == []

    def test_recorded_at_lies_between_before_and_after_and_never_falls(self, log: Log) -> None:
        before = clock.now()
        log.append([state(1), state(2)])
        log.append([state(3)])
        times = [record.recorded_at for record in log.read(1)]
        assert times == sorted(times)
        assert before <= times[0] and times[-1] <= clock.now()
        assert {time.utcoffset() for time in times} == {timedelta(0)}

    def test_recorded_at_does_not_fall_when_the_clock_was_set_back(
        self, opened: Opened, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ahead = clock.now() + timedelta(days=1)
        with monkeypatch.context() as patched:
            patched.setattr(clock, "now", lambda: ahead)
            opened().append([state(1)])
        opened().append([state(2)])
        assert [record.recorded_at for record in opened().read(1)] == [ahead, ahead]

    def test_a_wait_without_news_says_so(self, log: Log) -> None:
        assert not log.wait(1, 0.0)
        assert not log.wait(1, 0.05)
        assert log.wait(0, 0.0)

    def test_a_follower_sees_what_another_opener_appends(self, opened: Opened) -> None:
        follower, author = opened(), opened()
        seen: list[Record] = []

        def follow() -> None:
            while len(seen) < 41 and follower.wait(len(seen), 30.0):
                seen.extend(follower.read(len(seen)))

        thread = threading.Thread(target=follow)
        thread.start()
        for number in range(40):
            author.append([state(number)])
        thread.join(30)
        assert numbers(seen) == list(range(40))

    def test_many_threads_share_one_log(self, log: Log) -> None:
        def work(worker: int) -> list[int]:
            ids = [id for _ in range(20) for id in log.append([state(worker), state(worker)])]
            assert len(log.get(ids)) == 40
            return ids

        with ThreadPoolExecutor(8) as pool:
            given = list(pool.map(work, range(8)))
        assert sorted(id for ids in given for id in ids) == list(range(2, 322))
        for worker, ids in enumerate(given):
            assert numbers(log.get(ids)) == [worker] * 40

    def test_many_processes_share_one_log(self, url: str, opened: Opened) -> None:
        with multiprocessing.get_context("spawn").Pool(3) as pool:
            given = pool.starmap(append_many, [(url, worker, 25) for worker in range(3)])
        log = opened()
        assert sorted(id for pairs in given for pair in pairs for id in pair) == list(range(2, 152))
        assert all(second == first + 1 for pairs in given for first, second in pairs)
        for worker, pairs in enumerate(given):
            assert numbers(log.get([id for pair in pairs for id in pair])) == [worker] * 50

    def test_a_killed_process_loses_nothing_it_was_promised_and_leaves_no_half_append(
        self, url: str, opened: Opened
    ) -> None:
        process = subprocess.Popen([sys.executable, "-c", APPENDER, url], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        promised = [process.stdout.readline().split() for _ in range(100)]
        process.send_signal(signal.SIGKILL)
        promised += [line.split() for line in process.stdout.read().splitlines(keepends=True) if line.endswith("\n")]
        process.stdout.close()
        process.wait()
        records = opened().read(1, limit=1_000_000)
        assert int(promised[-1][-1]) <= len(records) + 1
        assert numbers(records) == [number // 2 for number in range(len(records))]
        assert len(records) % 2 == 0

    def test_a_log_opened_again_goes_on_where_it_stopped(self, opened: Opened) -> None:
        opened().append([state(1)])
        again = opened()
        assert (again.end(), again.append([state(2)]), numbers(again.read(0))) == (2, [3], [1, 2])

    def test_close_makes_durable_what_was_accepted(self, opened: Opened) -> None:
        log = opened()
        futures = [log.submit([state(number)]) for number in range(200)]
        log.close()
        assert [future.done() for future in futures] == [True] * 200
        assert numbers(opened().read(0)) == list(range(200))

    def test_a_log_that_its_owner_closed_takes_nothing(self, opened: Opened) -> None:
        log = opened()
        log.close()
        assert isinstance(log.submit([state(1)]).exception(30), LogError)
        assert opened().end() == 1

    def test_a_log_that_moved_refuses_appends_from_everybody(self, opened: Opened) -> None:
        mover, other = opened(), opened()
        other.append([state(1)])
        assert mover.append([state(2), LogClosed(moved_to="elsewhere")]) == [3, 4]
        for log in (mover, other, opened()):
            with pytest.raises(LogClosedError, match="moved"):
                log.append([state(3)])
            assert [type(record.fact) for record in log.read(3)] == [LogClosed]

    def test_what_waits_behind_the_closing_record_is_refused(self, log: Log) -> None:
        futures = [log.submit([fact]) for fact in (state(1), LogClosed(), state(2))]
        wait(futures, 30)
        assert [type(future.exception()) for future in futures] == [type(None), type(None), LogClosedError]
        assert log.end() == 3

    def test_nothing_can_be_appended_together_with_and_behind_the_closing_record(self, log: Log) -> None:
        with pytest.raises(LogClosedError, match="last"):
            log.append([LogClosed(), state(1)])
        assert log.append([state(2)]) == [2]

    def test_an_append_that_was_given_up_may_turn_up_and_does_no_harm(self, log: Log) -> None:
        with suppress(LogError):  # it may be faster than no time at all, where the machine is busy with others
            log.append([msgspec.structs.replace(MAIL, raw=os.urandom(20_000_000), parsed=None)], timeout_seconds=0.0)
        (retried,) = log.append([state(2)])
        assert [record.id for record in log.get(range(1, retried + 1))] == list(range(1, retried + 1))
        assert log.get([retried])[0].fact == state(2)

    def test_one_at_a_time_has_the_turn_and_it_passes_on_when_that_one_leaves(self, opened: Opened) -> None:
        first = opened().turn("work")
        assert first.wait(60)
        others = [opened().turn("work") for _ in range(2)]
        assert [turn.wait(1.0) for turn in (first, *others)] == [True, False, False]
        assert [turn.is_ours() for turn in (first, *others)] == [True, False, False]
        first.tell(1)
        first.close()
        assert not first.is_ours()
        for _ in range(600):
            if others[0].wait(0.1) or others[1].wait(0.1):
                break
        assert [turn.is_ours() for turn in others].count(True) == 1
        for turn in others:
            turn.close()

    def test_turns_of_different_names_have_nothing_to_do_with_each_other(self, log: Log) -> None:
        turns = [log.turn("work one"), log.turn("work two")]
        assert [turn.wait(60) for turn in turns] == [True, True]
        for turn in turns:
            turn.close()

    def test_the_turn_of_a_killed_process_passes_on(self, url: str, log: Log) -> None:
        process = subprocess.Popen([sys.executable, "-c", TURN_HOLDER, url], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        assert process.stdout.readline() == "True\n"
        turn = log.turn("work")
        assert not turn.wait(0.5)
        process.kill()
        process.wait()
        process.stdout.close()
        assert turn.wait(60)
        turn.close()
