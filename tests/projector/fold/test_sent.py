"""Where a patch was sent, as its mbox tells it."""

import msgspec

from projector.fold.shown import REFERENCES_MAX_CHARS
from projector.readmodel import tables as t
from schemas.mail import Mailbox, Sent
from schemas.records import MailRedacted
from tests.projector.fold.mailing import LIST_ID, mail, series
from tests.projector.fold.world import World, deliver


def sent(world: World) -> list[Sent]:
    return [msgspec.json.decode(row["sent"], type=Sent) for row in world.rows(t.patch_text)]


def test_recipients_references_and_list_of_a_patch_are_kept(world: World) -> None:
    headers = 'To: "Nets, all" <net@example.org>\nCc: Zo\u00eb <zoe@example.org>, bo@example.org\n'
    deliver(world, [mail("[PATCH] net: fix", "p", answers=("a", "b"), headers=headers)])
    assert sent(world) == [
        Sent(
            (Mailbox("Nets, all", "net@example.org"),),
            (Mailbox("Zo\u00eb", "zoe@example.org"), Mailbox("", "bo@example.org")),
            ("a@example.org", "b@example.org"),
            LIST_ID,
        )
    ]


def test_of_many_references_the_nearest_are_kept(world: World) -> None:
    answers = [f"{number}{'x' * 200}" for number in range(60)]
    deliver(world, [mail("[PATCH] net: fix", "p", answers=answers)])
    ((_, _, references, _),) = map(msgspec.structs.astuple, sent(world))
    assert references == tuple(f"{answer}@example.org" for answer in answers[60 - len(references) :])
    assert REFERENCES_MAX_CHARS - 300 < sum(map(len, references)) <= REFERENCES_MAX_CHARS


def test_redacted_patch_says_of_nobody_that_it_was_sent_to_them(world: World) -> None:
    _, first, _ = world.append(*series("a", 2))
    deliver(world, [MailRedacted(message_id="a-1@example.org", mails=(first,), reason="asked for")])
    assert [row["message_id"] for row in world.rows(t.patch) if not row["redacted"]] == ["a-2@example.org"]
    assert [each.references for each in sent(world)] == [("a-0@example.org",)]
