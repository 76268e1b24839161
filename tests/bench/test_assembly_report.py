"""The report on a list says what is there, and its signals fire where something is wrong."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from bench.assembly_report import core
from bench.assembly_report.__main__ import main
from bench.assembly_report.core import Result
from bench.assembly_report.judge import certain_rerolls, certain_series, weekly
from bench.assembly_report.picture import Pictures
from bench.assembly_report.report import judge_list
from bench.assembly_report.sight import Sight, look
from bench.assembly_report.wrong import (
    BEGUN_LATER,
    DISJOINT,
    LONE_REROLL,
    OTHER_NUMBER,
    SCATTERED,
    TWO_AUTHORS,
    disjoint_links,
    look_wrong,
)
from projector.assembly.links import Link
from schemas.fact import Fact
from schemas.records import MailReceived
from tests.projector.fold.mailing import answer, mail, series
from tests.projector.fold.world import PROJECT

DAY = 24 * 60


def received(*facts: Fact | Sequence[Fact]) -> list[MailReceived]:
    found: list[MailReceived] = []
    for fact in facts:
        found += [each for each in ([fact] if isinstance(fact, Fact) else fact) if isinstance(each, MailReceived)]
    return found


def assembled(facts: Sequence[MailReceived]) -> tuple[list[Sight], Result]:
    return look(facts), core.run(core.see(facts, PROJECT))


def rerolled() -> list[MailReceived]:
    """A series, its second version with another cover, an answer, and a single patch with its second version."""
    return received(
        series("v1", 2),
        answer("a", "v1-1"),
        series("v2", 2, marker="v2", minute=DAY),
        mail("[PATCH] one", "s1"),
        mail("[PATCH v2] one", "s2", minute=DAY),
    )


def test_the_plain_reader_sees_what_people_see() -> None:
    (sight,) = look(received(mail("[PATCH net v2 3/7] fix leak (v2)", "a", answers=["x", "b"], path="net/a.c")))
    assert (sight.message_id, sight.answers, sight.author) == ("a@example.org", "b@example.org", "ada@example.org")
    assert (sight.number, sight.total, sight.version, sight.name) == (3, 7, 2, "fix leak")
    assert sight.is_patch
    assert sight.files == {"net/a.c"}


def test_what_is_certain_is_found_and_holds() -> None:
    sights, result = assembled(rerolled())
    found = certain_series(sights, result)
    assert [[mail.message_id for mail in each.mails] for each in found] == [
        ["v1-0@example.org", "v1-1@example.org", "v1-2@example.org"],
        ["v2-0@example.org", "v2-1@example.org", "v2-2@example.org"],
    ]
    rerolls = certain_rerolls(sights, result)
    assert [each.mails[1].message_id for each in rerolls] == ["v2-0@example.org", "s2@example.org"]
    assert all(each.holds for each in [*found, *rerolls])
    assert look_wrong(sights, result) == []
    assert disjoint_links(sights, result) == []


@pytest.mark.parametrize("has_cover", [True, False])
def test_a_certain_series_that_is_not_one_revision_is_told(has_cover: bool) -> None:
    sights, result = assembled(received(series("a", 2, has_cover=has_cover)))
    (held,) = certain_series(sights, result)
    (broken,) = certain_series(sights, replace(result, series=[]))
    assert (held.holds, broken.holds) == (True, False)


def test_a_certain_reroll_in_another_series_is_told() -> None:
    sights, result = assembled(rerolled())
    scattered = replace(result, series_of={id: id for id in result.postings})
    assert [each.holds for each in certain_rerolls(sights, scattered)] == [False, False]


def test_each_signal_fires() -> None:
    sights, result = assembled(rerolled())
    lost = replace(result, series=[], series_of={id: id for id in result.postings})
    signals = [finding.signal for finding in look_wrong(sights, lost)]
    assert signals == [SCATTERED, SCATTERED, LONE_REROLL, LONE_REROLL]
    strangers = [replace(sight, author="x@example.org") if sight.number == 2 else sight for sight in sights]
    assert {finding.signal for finding in look_wrong(strangers, result)} == {TWO_AUTHORS}
    skipped = [replace(sight, version=3) if sight.version == 2 else sight for sight in sights]
    assert [finding.signal for finding in look_wrong(skipped, result)] == [OTHER_NUMBER, OTHER_NUMBER]
    later = [replace(sight, version=sight.version + 1) for sight in sights]
    assert {finding.signal for finding in look_wrong(later, result)} == {BEGUN_LATER}


def test_a_link_with_nothing_in_common_is_told_with_its_rule() -> None:
    facts = received(series("a", 2), mail("[PATCH v2] doc: other words", "b", minute=DAY, path="doc/b"))
    sights, result = assembled(facts)
    assert disjoint_links(sights, result) == []
    one, other = sorted(result.postings)
    (finding,) = disjoint_links(sights, replace(result, links={other: Link(one, 4)}))
    assert (finding.signal, finding.mail, finding.rule) == (DISJOINT, other, 4)


def test_a_name_that_comes_every_week_is_listed_with_what_it_became() -> None:
    weeks = [
        series(f"w{n}", 2, name="fixes for net", minute=7 * DAY * n, patch_names=[f"net: {n}", f"net: {n}, too"])
        for n in range(5)
    ]
    (found,) = weekly(*assembled(received(*weeks)))
    assert (found.name, found.times, found.series, found.most_in_one) == ("fixes for net", 5, 5, 1)


def test_a_picture_shows_who_answers_whom_and_where_each_mail_went() -> None:
    sights, result = assembled(received(series("v", 2), answer("a", ["v-0", "v-1"]), answer("b", "gone")))
    pictures = Pictures(sights, result)
    assert [" ".join(line.split("|")[0].split()) for line in pictures.draw(2)] == [
        "1 [PATCH 0/2] net: fix leaks",
        "> 2 [PATCH 1/2] net: part 1",
        "4 Re: [PATCH] net: something",
        "3 [PATCH 2/2] net: part 2",
    ]
    assert [pictures.where(id) for id in (1, 2, 4, 5)] == [
        "S1 r1 cover",
        "S1 r1 1/2",
        "comment on 2",
        "comment, placed nowhere",
    ]
    assert "never came" in pictures.draw(5)[0]


def test_a_report_counts_everything() -> None:
    report = judge_list(PROJECT, [*rerolled(), *rerolled()[:1]], worst=1, whole=1)
    counts = report.counts
    assert (counts["mails"], counts["duplicates"], counts["patches"], counts["covers"]) == (10, 1, 6, 2)
    assert (counts["comments placed"], counts["comments not placed"], counts["other mails"]) == (1, 0, 0)
    assert (counts["series"], counts["revisions"], counts["complete"], counts["links"]) == (2, 4, 4, 2)
    assert (report.links[4], report.signals, report.shown) == (2, {}, ())
    assert report.shuffles is not None
    assert (report.shuffles.core_differs, report.shuffles.faults) == ((), [])


def test_an_mbox_gives_the_tables_or_the_same_as_json(tmp_path: Path) -> None:
    mbox = tmp_path / "list.mbox"
    mbox.write_bytes(b"".join(b"From x Mon Mar  2 09:00:00 2026\n" + fact.raw + b"\n" for fact in rerolled()))
    shown = CliRunner().invoke(main, ["--shuffle-whole", "1", "--partial-wait", "0", str(mbox), str(mbox)])
    assert shown.exit_code == 0, shown.output
    assert "certain series that came out whole" in shown.output
    assert "differences of the fold and the pure core: 0" in shown.output
    assert "partial_wait_seconds 0: 0 partial rerolls announced, of which 0 continue another" in shown.output
    as_json = CliRunner().invoke(main, ["--json", str(mbox)])
    assert json.loads(as_json.output)["all"]["counts"]["certain rerolls"] == 2
    refused = CliRunner().invoke(main, [str(tmp_path)])
    assert (refused.exit_code, "expected an archive of mail" in refused.output) == (1, True)
