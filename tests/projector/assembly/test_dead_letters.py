"""What mends a dead letter, by its reason and by what its mail says."""

import pytest

from projector.assembly import dead_letters
from projector.assembly.dead_letters import BAD_HEADER, NO_PROJECT, REASONS, DeadMail, Reason, is_alarm

UN = "un.example.org"
LINUX = "linux-net@lists.example.org"
ADD = "patchlog project add {0} --name {0} --listid {1} --listemail {2}"
ADD_ANY = "patchlog project add LINKNAME --name NAME --listid LIST-ID --listemail ADDRESS"


def commands(reason: Reason, mail: DeadMail) -> list[str]:
    return [step.command for step in reason.mend(mail) if step.command]


def test_every_reason_is_in_the_table_with_a_meaning() -> None:
    made = [value for value in vars(dead_letters).values() if isinstance(value, Reason)]
    assert {reason.name: reason for reason in made} == REASONS
    assert all(reason.meaning.endswith(".") for reason in made)


@pytest.mark.parametrize("reason", REASONS.values(), ids=REASONS)
@pytest.mark.parametrize("lists", [(), ("l.example.org",)], ids=["no list", "a list"])
@pytest.mark.parametrize("is_import", [True, False], ids=["imported", "by SMTP"])
def test_every_reason_has_a_way_out_with_a_command(reason: Reason, lists: tuple[str, ...], is_import: bool) -> None:
    mail = DeadMail(id=17, lists=lists, is_import=is_import)
    assert all(command.startswith("patchlog ") for command in commands(reason, mail))
    assert "patchlog dead-letters retry 17" in commands(reason, mail)


@pytest.mark.parametrize(
    ("mail", "command"),
    [
        pytest.param({"lists": (UN,)}, ADD.format("un", UN, "un@example.org"), id="list"),
        pytest.param(
            {"lists": (UN,), "posting": "all@example.org", "recipients": ("me@here.example",)},
            ADD.format("un", UN, "all@example.org"),
            id="list with its address",
        ),
        pytest.param({"lists": (LINUX,)}, ADD.format("linux-net", LINUX.replace("@", "."), LINUX), id="address alone"),
        pytest.param(
            {"lists": (LINUX, "net.example.org")}, ADD.format("net", "net.example.org", LINUX), id="id and address"
        ),
        pytest.param({"lists": ("7.example.org",)}, ADD.format("list-7", "7.example.org", "7@example.org"), id="7"),
        pytest.param({"lists": ("$(rm).x.y", "-x.y", "a b.c"), "recipients": ("a@b.c",)}, ADD_ANY, id="no word"),
        pytest.param({"recipients": (LINUX,)}, ADD.format("linux-net", LINUX.replace("@", "."), LINUX), id="sent to"),
        pytest.param({}, ADD_ANY, id="nothing said"),
        pytest.param({"is_import": True}, "patchlog import PATH --list-id LIST-ID", id="archive of no list"),
        pytest.param(
            {"is_import": True, "lists": (UN,)},
            ADD.format("un", UN, "un@example.org"),
            id="archive of a list",
        ),
        pytest.param(
            {"lists": (UN,), "tags": {"net": ("net", "nxt"), "bpf": ("bpf",)}},
            "patchlog project set bpf --subject-prefix-tags bpf,TAG",
            id="tags",
        ),
        pytest.param(
            {"lists": (UN,), "tags": {"bpf": ("bpf",), "rest": ()}},
            "patchlog dead-letters retry 17",
            id="a project takes it by now",
        ),
    ],
)  # fmt: skip
def test_first_thing_that_mends_a_mail_without_a_project(mail: dict[str, object], command: str) -> None:
    assert commands(NO_PROJECT, DeadMail(id=17, **mail))[0] == command  # type: ignore[arg-type]


def test_projects_of_the_list_are_named_with_their_tags_and_one_may_take_the_rest() -> None:
    steps = list(NO_PROJECT.mend(DeadMail(id=1, lists=("a.b",), tags={"net": ("net", "net-next"), "bpf": ("bpf",)})))
    assert "(bpf takes bpf; net takes net, net-next)" in steps[0].text
    assert steps[1].command.startswith("patchlog project add a --name a --listid a.b")


def test_broken_header_is_mended_by_hand_or_the_alarm_is_turned_off() -> None:
    assert commands(BAD_HEADER, DeadMail(id=17)) == [
        "patchlog dead-letters show 17 --raw > mail.eml",
        "patchlog import mail.eml --list-id LIST-ID",
        "patchlog dead-letters retry 17",
        "patchlog dead-letters acknowledge 17",
    ]


def test_what_nobody_wants_is_no_alarm_and_what_broke_a_rule_is_until_somebody_looked() -> None:
    assert not is_alarm("no-project", None)
    assert is_alarm("bad-header", None)
    assert not is_alarm("bad-header", 30)
