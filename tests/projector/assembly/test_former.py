"""References by Message-IDs that a provider replaced (assembly, section 1)."""

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from projector.assembly.former import with_real_references
from projector.assembly.mail import Mail
from tests.projector.assembly.build import Letter, read


def mail(name: str, answers: str = "", *, at: float = 0, by: str = "ada") -> Mail:
    (found,) = read([Letter(name, "[PATCH] one", answers, at=at, by=by)])
    return found


def renamed(mail: Mail, holders: Mapping[str, Sequence[Mail]]) -> Mail:
    return with_real_references(mail, lambda name: holders.get(name, ()))


def test_what_the_same_author_sent_is_answered_under_its_new_id() -> None:
    found = renamed(mail("p", "old gone"), {"old": [mail("new")]})
    assert (found.references, found.given) == (("new", "gone"), ("old", "gone"))


def test_nobody_else_can_say_that_a_mail_was_theirs() -> None:
    answering = mail("p", "old")
    assert renamed(answering, {"old": [mail("new", by="eve")]}) is answering


def test_a_mail_does_not_answer_itself() -> None:
    answering = mail("p", "old")
    assert renamed(answering, {"old": [mail("p")]}) is answering


def test_of_several_the_earliest_counts_and_a_real_one_ends_it() -> None:
    two = [mail("later", at=5), mail("new")]
    found = renamed(mail("p", "old"), {"old": two})
    assert found.references == ("new",)
    assert renamed(found, {"old": two}) is found, "asked again it stays"
    assert renamed(found, {"old": two[:1]}).references == ("later",)
    assert renamed(found, {}) == mail("p", "old")


def test_one_that_is_named_under_both_ids_is_named_once_where_it_is_nearer() -> None:
    found = renamed(mail("p", "new other old"), {"old": [mail("new")]})
    assert found.references == ("other", "new")
    assert found == replace(mail("p", "other new"), given=("new", "other", "old"))
