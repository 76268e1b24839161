"""What is known of a mail, collected from the read model and the log."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from projector.assembly.explain import Explanation, Told, sentences
from projector.explain import Explainer
from projector.fold import mails as bounds
from projector.readmodel.working import WorkingSet
from schemas.records import MailReceived, ProjectAdded, ProjectChanged
from tests.projector.fold.conftest import world
from tests.projector.fold.mailing import answer, mail, series
from tests.projector.fold.world import World, deliver

__all__ = ["world"]


@contextmanager
def explaining(world: World) -> Iterator[Explainer]:
    engine = world.models.engine(world.generation.number, read_only=True)
    with engine.connect() as connection:
        working = WorkingSet()
        working.connection = connection
        yield Explainer(working, world.log)
    engine.dispose()


def explain(world: World, name: str) -> Explanation:
    """The one explanation of a mail."""
    with explaining(world) as explainer:
        (explanation,) = explainer.explain(f"{name}@example.org")
    return explanation


def test_a_cover_letter_is_explained_with_all_revisions_that_show_it(world: World) -> None:
    (cover, *_) = world.append(*series("a", 2))
    deliver(world, [mail("[PATCH v2] net: part 2", "b", answers=("a-0", "a-2"), minute=60)])
    explanation = explain(world, "a-0")
    assert (explanation.id, explanation.kind) == (cover, "cover")
    assert explanation.inferred is not None and explanation.inferred.role == "cover letter"
    assert explanation.result is not None
    assert (explanation.result.series, explanation.result.revisions, explanation.result.patch) == (cover, (1, 2), None)


def test_a_partial_reroll_says_whose_place_it_takes_and_until_when_it_waits(world: World) -> None:
    deliver(world, [*series("a", 2), mail("[PATCH v2 2/2] net: part 2", "b", answers=("a-0", "a-2"), minute=60)])
    inferred = explain(world, "b").inferred
    assert inferred is not None
    assert (inferred.is_partial, inferred.replaces, inferred.place) == (True, "a-2@example.org", 2)
    assert inferred.waits_until is not None and inferred.announced is None


def test_of_a_series_that_is_waited_for_in_vain_it_is_said_what_lacks_and_what_might_be_it(world: World) -> None:
    mails = series("a", 4)
    lost = mail("net: more", "x", answers="a-0", has_diff=True)
    others = [mail("net: mine", "y", answers="a-0", author="Bob <bob@example.org>", has_diff=True), answer("r", "a-0")]
    deliver(world, [*mails[:2], mails[4], lost, *others])
    inferred = explain(world, "a-1").inferred
    assert inferred is not None
    assert (inferred.is_full, inferred.missing, inferred.might_be_it) == (False, (2, 3), ("x@example.org",))


def test_what_is_read_without_the_rest_of_its_run_says_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "LOOSE_MAX", 2)
    monkeypatch.setattr(bounds, "POSTINGS_MAX", 2)
    deliver(world, [mail(f"[PATCH {n}/3] part {n}", f"v-{n}", minute=n / 60) for n in (1, 2, 3)])
    deliver(world, [mail("[PATCH 1/3] other", "x", minute=999), mail("[PATCH] one", "y", minute=1)])
    found = {name: explain(world, name).inferred for name in ("v-2", "v-3", "x", "y")}
    said = {
        name: (inferred.patches, inferred.is_beyond_run) for name, inferred in found.items() if inferred is not None
    }
    together = ("v-1@example.org", "v-2@example.org")
    assert said == {
        "v-2": (together, True),
        "v-3": (("v-3@example.org",), True),
        "x": (("x@example.org",), False),
        "y": (("y@example.org",), False),
    }


def test_an_extra_is_one(world: World) -> None:
    deliver(world, [*series("a", 2), mail("[PATCH 3/2] net: more", "x", answers="a-0")])
    inferred = explain(world, "x").inferred
    assert inferred is not None and (inferred.role, inferred.place) == ("extra", None)


def test_a_comment_is_shown_with_what_it_answers(world: World) -> None:
    deliver(world, [*series("a", 2), answer("r", "a-1"), answer("s", ("a-1", "r"))])
    explanation = explain(world, "s")
    assert explanation.kind == "comment" and explanation.inferred is None
    assert explanation.result is not None and explanation.result.target == "a-1@example.org"


def test_further_copies_are_named_and_the_first_one_counts(world: World) -> None:
    first, other = world.append(
        mail("[PATCH] net: one", "a", minute=9), mail("[PATCH] net: one", "a", minute=5, body="Earlier.\n")
    )
    world.catch_up()
    (third,) = world.append(mail("[PATCH] net: one", "a", minute=9))
    world.catch_up()
    explanation = explain(world, "a")
    assert (explanation.id, explanation.read.record, explanation.duplicates) == (first, first, (third,))
    assert explanation.copies == (Told(record=other, differs=("message",)),)
    assert explanation.result is not None and explanation.result.patch == first


def test_an_author_that_a_list_rewrote_is_told_from_the_sender(world: World) -> None:
    munged = mail(
        "[PATCH] net: one", "a", author="Ada via demo <demo@example.org>", headers="Reply-To: Ada <ada@example.org>\n"
    )
    deliver(world, [munged])
    read = explain(world, "a").read
    assert (read.author, read.sender) == ("ada@example.org", "demo@example.org")


OTHER_LIST = {"listid": "shared.example.org", "listemail": "shared@example.org"}


@pytest.mark.parametrize(
    ("fact", "expected"),
    [
        pytest.param(mail("[PATCH] net: x", "a"), "its list fields name demo.example.org", id="list"),
        pytest.param(
            mail("[PATCH bpf] x", "a", list_id="shared.example.org"),
            "its list fields name shared.example.org, and its subject has bpf",
            id="tag of a shared list",
        ),
        pytest.param(
            mail("[PATCH] x", "a", list_id="shared.example.org"),
            "its list fields name shared.example.org, and no tag of another",
            id="rest of a shared list",
        ),
        pytest.param(
            MailReceived(source="import:x", received_at=mail("x", "a").received_at, list_id="demo.example.org",
                         raw=b"From: ada@example.org\nSubject: hello\nMessage-ID: <a@example.org>\n\nhello\n"),
            "its archive was imported as demo.example.org",
            id="archive",
        ),
        pytest.param(
            MailReceived(source="smtp", received_at=mail("x", "a").received_at, recipients=("Demo@example.org",),
                         raw=b"From: ada@example.org\nSubject: hello\nMessage-ID: <a@example.org>\n\nhello\n"),
            "it was sent to Demo@example.org",
            id="recipient",
        ),
    ],
)  # fmt: skip
def test_how_a_mail_found_its_project(world: World, fact: MailReceived, expected: str) -> None:
    shared = ProjectAdded(linkname="bpf", name="BPF", **OTHER_LIST, subject_prefix_tags=("bpf",))
    deliver(world, [shared, ProjectAdded(linkname="rest", name="Rest", **OTHER_LIST), fact])
    assert explain(world, "a").found_by == expected


def test_a_project_whose_settings_changed_since_is_said_so(world: World) -> None:
    deliver(world, [mail("[PATCH] net: x", "a")])
    deliver(world, [ProjectChanged(linkname="demo", listid="new.example.org")])
    assert explain(world, "a").found_by == "by settings that were others when it came"
    taken = ProjectAdded(linkname="more", name="More", listid="demo.example.org", listemail="more@example.org")
    deliver(world, [taken])
    assert explain(world, "a").found_by.endswith("now is another's: the settings were others when it came")


def test_a_mail_of_two_lists_is_explained_in_both_projects(world: World) -> None:
    second = ProjectAdded(linkname="two", name="Two", listid="two.example.org", listemail="two@example.org")
    deliver(world, [second, mail("[PATCH] x", "a"), mail("[PATCH] x", "a", list_id="two.example.org")])
    with explaining(world) as explainer:
        assert [found.project for found in explainer.explain("a@example.org")] == ["demo", "two"]


def test_a_dead_letter_of_a_list_with_tags_says_which_they_are(world: World) -> None:
    shared = ProjectAdded(linkname="bpf", name="BPF", **OTHER_LIST, subject_prefix_tags=("bpf",))
    deliver(world, [shared, mail("[PATCH net] x", "a", list_id="shared.example.org")])
    explanation = explain(world, "a")
    assert explanation.dead_letter is not None and explanation.dead_letter.startswith("no-project")
    assert "bpf takes bpf" in explanation.mend[0]


def test_dependencies_are_in_the_result(world: World) -> None:
    (base,) = world.append(mail("[PATCH] net: base", "base"))
    deliver(world, [mail("[PATCH] mm: top", "top", body="Top.\n\nDepends-on: <base@example.org>\n")])
    explanation = explain(world, "top")
    assert explanation.result is not None and explanation.result.depends_on == (base,)
    assert explanation.read.depends_on == ("message-id:base@example.org",)


def test_what_was_never_named_and_what_was_merely_named(world: World) -> None:
    deliver(world, [answer("r", "gone")])
    with explaining(world) as explainer:
        assert explainer.explain("gone@example.org") == []
        assert (explainer.is_named("gone@example.org"), explainer.is_named("none@example.org")) == (True, False)


def test_of_a_work_that_another_one_put_out_it_is_said_what_it_would_follow(world: World) -> None:
    first = series("a", 4, name="net: both")
    one, other, again = (
        series(id, 2, name=name, marker="v2", minute=minute, patch_names=names)
        for id, name, minute, names in (
            ("b", "net: one", 100, ["net: part 1", "net: part 2"]),
            ("c", "net: other", 101, ["net: part 3", "net: part 4"]),
            ("d", "net: another", 200, ["net: part 3", "net: part 4"]),
        )
    )
    deliver(world, [*first, *one, *other, *again])
    linked = explain(world, "c-1").linked
    assert linked is not None
    assert (linked.to, linked.rule) == (None, None)
    assert (linked.addresses[linked.found or 0], linked.found_rule) == ("revision 1 of series 3", 5)
    said = dict(sentences(explain(world, "c-1")))["Link to an earlier revision"]
    assert said[0].startswith("By its rule it would follow revision 1 of series 3: the same patches")
    assert said[1].endswith("continues that series, so it begins a series.")
    assert any("goes on with" in line for line in dict(sentences(explain(world, "d-1")))["Link to an earlier revision"])
    followed = explain(world, "b-1").linked
    assert followed is not None and followed.found is None
