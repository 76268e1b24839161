"""Lists in other orders: what the order may change is told from what it may not, on made mail and on real mail."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.assembly_report import core
from bench.assembly_report.folding import Folded, import_all, receive_all
from bench.assembly_report.mails import read_list
from bench.assembly_report.report import judge_list
from bench.assembly_report.shuffle import (
    AFTER_ANNOUNCED,
    IN_ORDER,
    RECEIVED,
    WHOLLY,
    WITHIN_DAYS,
    Run,
    compare,
    core_part,
    judge,
    later,
    shape_of_core,
    shuffle_list,
    wholly,
    within_days,
)
from bench.assembly_report.waits import partial_waits
from schemas.records import MailReceived
from tests.bench.test_assembly_signals import received
from tests.projector.corpus.cases import FOLDER
from tests.projector.fold.conversations import LENIENT, PHASES, Conversation, conversations
from tests.projector.fold.mailing import LIST_ID, START, answer, mail, series
from tests.projector.fold.world import PROJECT


def rerolled(seconds_apart: float = 10) -> list[MailReceived]:
    """A series, and replacements of two of its patches, received as long after each other as they were sent."""
    again = [
        mail(
            f"[PATCH v2 {number}/4] net: part {number}",
            f"b-{number}",
            answers=("a-0", f"a-{number}"),
            minute=60 + number * seconds_apart / 60,
            received=START + timedelta(minutes=60, seconds=number * seconds_apart),
        )
        for number in (2, 3)
    ]
    return received(series("a", 4), again, answer("r", ("a-0", "a-1", "b-2"), minute=90))


def judged(facts: Sequence[MailReceived], base: Folded, other: Folded) -> Run:
    return judge(RECEIVED, IN_ORDER, 0, facts, base, other, PROJECT)


def test_a_member_after_the_announcement_makes_one_more_revision_and_nothing_else_may() -> None:
    facts = rerolled()
    base = import_all(PROJECT, facts)
    together, apart = receive_all(PROJECT, facts), receive_all(PROJECT, facts, partial_wait_seconds=0)
    assert (together.continues, apart.continues) == (0, 1)
    same = judged(facts, base, together)
    assert (same.faults, same.cases) == ((), ())
    other = judged(facts, base, apart)
    assert (other.faults, other.allowed[AFTER_ANNOUNCED]) == ((), 1)
    assert len(other.cases) == 2, "the series as it was, and as it is"


def test_a_further_revision_that_no_announcement_explains_is_a_fault() -> None:
    facts = rerolled()
    base, apart = import_all(PROJECT, facts), receive_all(PROJECT, facts, partial_wait_seconds=0)
    for announced in ({}, dict.fromkeys(("b-2@example.org", "b-3@example.org"), "b-2@example.org")):
        found = judged(facts, base, replace(apart, announced=announced))
        assert [fault.partition(":")[0] for fault in found.faults] == ["series", "series"]
        assert AFTER_ANNOUNCED not in found.allowed


@pytest.mark.parametrize("part", ["comments", "kinds", "patches"])
def test_another_target_kind_or_patch_is_a_fault_beside_what_may_be(part: str) -> None:
    facts = rerolled()
    base, apart = import_all(PROJECT, facts), receive_all(PROJECT, facts, partial_wait_seconds=0)
    wrong = {**apart.found, part: apart.found[part][:-1]}
    found = judged(facts, base, replace(apart, found=wrong))
    assert any(fault.startswith(f"{part}: no more") for fault in found.faults)


@pytest.mark.parametrize("place", [pytest.param(0, id="name"), pytest.param(3, id="state")])
def test_another_name_or_state_of_a_series_is_a_fault_beside_what_may_be(place: int) -> None:
    facts = [*rerolled(), *received(series("z", 2, name="other work", patch_names=["x", "y"]))]
    base, apart = import_all(PROJECT, facts), receive_all(PROJECT, facts, partial_wait_seconds=0)
    assert judged(facts, base, apart).faults == ()
    wrong = [
        (*series[:place], "another", *series[place + 1 :]) if "z-1" in str(series) else series
        for series in apart.found["series"]
    ]
    faults = judged(facts, base, replace(apart, found={**apart.found, "series": sorted(wrong)})).faults
    assert [fault for fault in faults if "another" in fault]


def test_a_difference_between_two_folds_is_told() -> None:
    whole, less = import_all(PROJECT, rerolled()), import_all(PROJECT, rerolled()[:-1])
    assert [change for change in compare(whole.found, less.found) if "r@example.org" in change]
    assert list(compare(whole.found, whole.found)) == []


def test_what_the_core_says_otherwise_is_told() -> None:
    facts = rerolled()
    result = core.run(core.see(facts, PROJECT))
    assert shuffle_list(PROJECT, facts, result, 0, 0).core_differs == ()
    wrong = replace(result, targets=dict.fromkeys(result.targets, 1))
    said = shuffle_list(PROJECT, facts, wrong, 0, 0).core_differs
    assert [change.partition(" (")[0] for change in said] == ["comments: no more", "comments: new"]


def test_a_mail_that_becomes_a_dead_letter_is_not_in_the_core_either() -> None:
    project, facts = read_list(FOLDER / "patches-with-a-mangled-diff.mbox")
    mails = core.see(facts, project)
    assert len(mails) < len(facts)
    shuffles = shuffle_list(project, facts, core.run(mails), 0, 1)
    assert (shuffles.core_differs, shuffles.faults) == ((), [])
    assert judge_list(project, facts, worst=0).counts["set aside"] == len(facts) - len(mails)


def test_shuffled_mails_are_all_there_and_none_comes_before_its_first_receipt() -> None:
    facts = received(
        series("a", 3, minute=0),
        [mail("[PATCH] day", f"d{n}", received=START + timedelta(hours=7 * n)) for n in range(20)],
    )
    for order, mails in ((WITHIN_DAYS, within_days(facts, 3)), (WHOLLY, wholly(facts, 3))):
        assert [fact.raw for fact in mails] != [fact.raw for fact in facts]
        assert sorted(fact.raw for fact in mails) == sorted(fact.raw for fact in facts)
        late = later(mails, order)
        assert all(one.received_at >= other.received_at for one, other in zip(late, mails, strict=True))
        times = [fact.received_at for fact in late]
        assert times == sorted(times)
    days = [fact.received_at.date() for fact in within_days(facts, 3)]
    assert days == sorted(days)


def test_mails_with_one_message_id_keep_their_order() -> None:
    facts = received(*[mail(f"[PATCH] copy {n}", "same") for n in range(20)], *[mail("[PATCH] x", "x")] * 3)
    copies = [fact.raw for fact in wholly(facts, 1) if b"copy" in fact.raw]
    assert copies == [fact.raw for fact in facts if b"copy" in fact.raw]


@pytest.mark.parametrize(
    ("seconds_apart", "expected"), [(10, [(0, 2, 1), (120, 1, 0)]), (300, [(0, 2, 1), (120, 2, 1), (1800, 1, 0)])]
)
def test_late_members_are_counted_by_how_long_they_are_waited_for(
    seconds_apart: float, expected: Sequence[tuple[int, int, int]]
) -> None:
    found = partial_waits(PROJECT, rerolled(seconds_apart), [seconds for seconds, _, _ in expected])
    assert [(wait.seconds, wait.announced, wait.continues) for wait in found] == list(expected)


@settings(max_examples=15, deadline=None, phases=PHASES, suppress_health_check=LENIENT)
@given(conversations(), st.randoms(use_true_random=False), st.sampled_from([60, 600, 4000]))
def test_what_is_received_in_any_order_is_what_the_pure_core_makes_of_it(
    conversation: Conversation, chance: random.Random, most_seconds: int
) -> None:
    """Each mail is on its way for a while, and what is complete is announced at once."""
    facts = [fact for fact in received(conversation.mails) if fact.parsed and LIST_ID in fact.parsed.list_ids]
    sent = [
        (fact.parsed.date + timedelta(seconds=chance.uniform(0, most_seconds)), fact) for fact in facts if fact.parsed
    ]
    late = [msgspec.structs.replace(fact, received_at=at) for at, fact in sorted(sent, key=lambda pair: pair[0])]
    base = import_all(PROJECT, facts)
    result = core.run(core.see(facts, PROJECT))
    assert list(compare(shape_of_core(result, PROJECT, facts), core_part(base.found))) == []
    assert judged(late, base, receive_all(PROJECT, late)).faults == ()


@pytest.mark.parametrize("name", ["spice-devel", "cygwin-patches"])
def test_a_real_list_comes_out_the_same_from_the_fold_the_core_and_any_order(real_mail: Path, name: str) -> None:
    (path,) = (real_mail / "lists").glob(f"{name}*")
    project, facts = read_list(path)
    shuffles = shuffle_list(project, facts, core.run(core.see(facts, project)), 1, 1)
    assert (shuffles.core_differs, shuffles.faults) == ((), [])
    assert [(run.arrival, run.order) for run in shuffles.runs] == [
        ("imported", WITHIN_DAYS),
        ("imported", WHOLLY),
        (RECEIVED, IN_ORDER),
        (RECEIVED, WITHIN_DAYS),
        (RECEIVED, WHOLLY),
    ]
