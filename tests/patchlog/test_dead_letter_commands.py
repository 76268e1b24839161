"""`patchlog dead-letters`, and what `patchlog status` says of them, on a log that a projector follows."""

import json
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from ingest.receipt import receive
from patchlog.__main__ import patchlog_commands
from patchlog.terminal import plain
from projector.assembly.dead_letters import REASONS
from schemas.fact import Fact
from schemas.records import DeadLettersAcknowledged, ProjectAdded, RetryRequested, RevisionAnnounced
from tests.patchlog.screen import on_a_terminal
from tests.patchlog.station import Station, followed
from tests.projector.fold.mailing import START, mail

TURN = "\N{RIGHT-TO-LEFT OVERRIDE}"
HOSTILE = (
    b"From: =?utf-8?q?Mal=1B[2J=C2=9B31m?= <mal@example.org>\r\n"
    b"Subject: " + f"{TURN}gniht".encode() + b"\x1b]0;t\x07\r\n"
    b"Content-Type: text/plain; charset=klingon-8\r\nX-Relay : lost\r\n\r\n\x1b[31mred\0\x9b1m\r\n\tand \xff more\r\n"
)  # fmt: skip
MAILS = (
    mail("[PATCH] un: fix", "a", list_id="un.example.org", headers="List-Post: <mailto:un@example.org>\n"),
    mail("[PATCH] un: mend", "b", list_id="un.example.org"),
    mail("Re: [PATCH] un: fix", "c", list_id="un.example.org", answers="a"),
    receive(HOSTILE, source="smtp", received_at=START, envelope_sender="", recipients=("me@here.example", "x@y.z")),
    receive(b"", source="import:box-0123abcd", received_at=START),
    mail("[PATCH] hello", "d"),
)
A, B, C, BROKEN, EMPTY, PATCH = 4, 5, 6, 7, 8, 9
UN = ProjectAdded(linkname="un", name="Un", listid="un.example.org", listemail="un@example.org")


@pytest.fixture
def station(data_directory: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Station]:
    yield from followed(Station(data_directory, *MAILS), monkeypatch)


def said(station: Station, after: int = PATCH) -> list[Fact]:
    """The facts that commands put on the log."""
    facts = (record.fact for record in station.log.read(after))
    return [fact for fact in facts if not isinstance(fact, RevisionAnnounced)]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param((), [A, B, C, BROKEN, EMPTY], id="all, oldest first"),
        pytest.param(("--limit", "1"), [A], id="some"),
        pytest.param(("--after", str(BROKEN)), [EMPTY], id="the next"),
        pytest.param(("--reason", "no-project"), [A, B, C], id="one reason"),
        pytest.param(("--alarming",), [BROKEN, EMPTY], id="what alarms"),
        pytest.param(("--alarming", "--reason", "no-project"), [], id="none"),
    ],
)
def test_dead_letters_are_listed(station: Station, options: tuple[str, ...], expected: list[int]) -> None:
    listed = station.run("dead-letters", "list", *options).stdout.splitlines()
    assert [int(line.split("\t")[0]) for line in listed] == expected
    assert [shown["id"] for shown in station.json("dead-letters", "list", *options)] == expected


def test_line_of_the_list_has_reason_state_receipt_and_names(station: Station) -> None:
    rows = [line.split("\t") for line in station.run("dead-letters", "list").stdout.splitlines()]
    assert rows[0] == [
        str(A), "no-project", "-", f"{START:%Y-%m-%d %H:%M:%S}", "<a@example.org>", "[PATCH] un: fix",
    ]  # fmt: skip
    assert [row[2] for row in rows] == ["-", "-", "-", "alarm", "alarm"]
    assert {len(row) for row in rows} == {6}


def test_list_is_a_table_on_a_terminal(station: Station) -> None:
    shown = on_a_terminal(180, "dead-letters", "list", "--data", str(station.folder)).text
    heading, first, *_ = shown.splitlines()
    assert heading.split() == ["id", "reason", "state", "received", "(UTC)", "Message-ID", "subject"]
    assert first.index("<a@") == heading.index("Message-ID")
    assert "\t" not in shown and "\x1b]" not in shown and "\x1b[2J" not in shown and TURN not in shown


def test_dead_letter_is_shown_with_what_mends_it(station: Station) -> None:
    shown = station.run("dead-letters", "show", str(A)).stdout
    for expected in (
        f"Mail {A} is a dead letter: no-project (no alarm)\n",
        "  Why: no project has the list it came by (un.example.org).\n",
        "  envelope sender: <list@example.org>\n",
        "  From: Ada Author <ada@example.org>\n",
        "  Message-ID: <a@example.org>\n",
        "  List-Id: <un.example.org>\n",
        "  List-Post: <mailto:un@example.org>\n",
        "  | Signed-off-by: Ada Author <ada@example.org>\n",
        "    patchlog project add un --name un --listid un.example.org --listemail un@example.org\n",
        f"    patchlog dead-letters retry {A}\n",
    ):
        assert expected in shown


def test_hostile_dead_letter_is_shown_without_what_a_terminal_obeys(station: Station) -> None:
    shown = station.run("dead-letters", "show", str(BROKEN))
    assert shown.exit_code == 0
    assert all(character.isprintable() or character == "\n" for character in shown.stdout)
    for expected in (
        "bad-header (an alarm)",
        "<> (none",
        "<me@here.example>, <x@y.z>",
        "gniht",
        "[31mred",
        "    and ÿ more",
    ):
        assert expected in shown.stdout
    as_json = station.run("dead-letters", "show", str(BROKEN), "--json").stdout
    assert as_json.isascii() and "\x1b" not in as_json
    document = json.loads(as_json)
    assert (document["reason"], document["alarms"], document["size_bytes"]) == ("bad-header", True, len(HOSTILE))
    assert {"name": "Subject", "value": f"{TURN}gniht ]0;t"} in document["header"]


def test_mail_without_anything_is_shown(station: Station) -> None:
    shown = station.run("dead-letters", "show", str(EMPTY)).stdout
    for expected in (
        "no field that Patchlog reads",
        "by import:box-0123abcd, 0 bytes",
        "no list in particular",
        "  none\n",
    ):
        assert expected in shown


@pytest.mark.parametrize("mail_id", [A, BROKEN, EMPTY])
def test_raw_mail_is_printed_byte_for_byte(station: Station, mail_id: int) -> None:
    shown = station.run("dead-letters", "show", str(mail_id), "--raw")
    assert (shown.stdout_bytes, shown.stderr) == (MAILS[mail_id - A].raw, "")


def test_long_mail_is_cut(data_directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    body = "".join(f"line {n} {'x' * 5000}\n" for n in range(30))
    station = next(
        followed(Station(data_directory, mail("hello", "a", list_id="un.example.org", body=body)), monkeypatch)
    )
    shown = station.run("dead-letters", "show", str(A)).stdout
    assert ("line 19" in shown, "line 20" in shown, "... and 10 more lines" in shown) == (True, False, True)
    assert max(map(len, shown.splitlines())) < 600
    station.log.close()


def test_what_the_output_cannot_say_is_a_question_mark(monkeypatch: pytest.MonkeyPatch) -> None:
    class Latin:
        encoding = "latin-1"

    monkeypatch.setattr("sys.stdout", Latin())
    shown = plain("grün \N{SNOWMAN}\x1b[0m \udc80")
    monkeypatch.undo()
    assert shown == "grün ??[0m ?"


@pytest.mark.parametrize(
    ("arguments", "status", "complaint"),
    [
        pytest.param(("show", str(PATCH)), 1, f"Error: mail {PATCH} is no dead letter\n", id="show a patch"),
        pytest.param(("retry", str(PATCH)), 1, f"Error: mail {PATCH} is no dead letter\n", id="retry a patch"),
        pytest.param(
            ("acknowledge", str(A), "99", "98", "99"), 1, "Error: mails 99, 98 are no dead letters\n", id="two of three"
        ),
        pytest.param(("show", "x"), 2, "'x' is not a valid integer range", id="no number"),
        pytest.param(("show", str(2**63)), 2, "is not in the range", id="larger than any id"),
        pytest.param(("show", str(A), "--raw", "--json"), 2, "expected --raw or --json, came both", id="both ways"),
        pytest.param(("retry",), 2, "Expected one ID or more, or --all, or --reason R; came none", id="retry which?"),
        pytest.param(("acknowledge",), 2, "Expected one ID or more, or --all, or --reason R", id="acknowledge which?"),
        pytest.param(("retry", str(A), "--all"), 2, "expected either IDs, or --all and --reason", id="one and all"),
        pytest.param(("retry", str(A), "--reason", "no-project"), 2, "expected either IDs, or", id="one and a reason"),
        pytest.param(
            ("retry", "--reason", "nothing"),
            2,
            "is not one of 'bad-header', 'diff-unreadable', 'no-project'",
            id="no reason",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused_and_puts_nothing_on_the_log(
    station: Station, arguments: tuple[str, ...], status: int, complaint: str
) -> None:
    refused = station.run("dead-letters", *arguments)
    assert (refused.exit_code, refused.stdout) == (status, "")
    assert complaint in refused.stderr
    assert said(station) == []


UNWANTED, CUT, BARE = "no-project: {} (no project has", "bad-header: {} (its header", "bad-header: {} (it has no"


@pytest.mark.parametrize(
    ("options", "asked", "still"),
    [
        pytest.param((str(B), str(A), str(B)), (B, A), [UNWANTED.format(2)], id="some"),
        pytest.param(("--reason", "bad-header"), (BROKEN, EMPTY), [BARE.format(1), CUT.format(1)], id="one reason"),
        pytest.param(
            ("--all",),
            (A, B, C, BROKEN, EMPTY),
            [BARE.format(1), CUT.format(1), UNWANTED.format(3)],
            id="all",
        ),
    ],
)
def test_retry_is_put_on_the_log_and_says_what_is_a_dead_letter_still(
    station: Station, options: tuple[str, ...], asked: tuple[int, ...], still: list[str]
) -> None:
    heading, *lines = station.run("dead-letters", "retry", *options).stdout.splitlines()
    assert said(station) == [RetryRequested(mails=asked)]
    assert heading == f"{len(asked)} dead letters to read again"
    assert [line.startswith(f"  dead letter still, {start}") for line, start in zip(lines, still, strict=True)] == [
        True for _ in still
    ], lines


def test_retry_says_what_became_of_mails_that_a_project_takes_by_then(station: Station) -> None:
    station.log.append([UN])
    document = json.loads(station.run("dead-letters", "retry", str(B), str(C), str(EMPTY), "--json").stdout)
    assert document["folded"]
    assert {one["id"]: one["became"] for one in document["mails"]} == {B: "patch", C: "comment", EMPTY: "dead letter"}


def test_retry_counts_what_became_of_them(station: Station) -> None:
    station.log.append([UN])
    shown = station.run("dead-letters", "retry", "--all").stdout.splitlines()
    assert shown[:3] == ["5 dead letters to read again", "  comment: 1", "  patch: 2"]


def test_many_are_retried_by_records_of_five_hundred(data_directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    many = [mail(f"[PATCH] un: {n}", f"m{n}", list_id="un.example.org") for n in range(501)]
    station = next(followed(Station(data_directory, *many), monkeypatch))
    shown = station.run("dead-letters", "retry", "--all").stdout
    assert [len(fact.mails) for fact in said(station, A + 500) if isinstance(fact, RetryRequested)] == [500, 1]
    assert shown.startswith("501 dead letters to read again\n  dead letter still, no-project: 501 (")
    station.log.close()


def test_nothing_is_retried_or_acknowledged_where_there_is_no_dead_letter(
    data_directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    station = next(followed(Station(data_directory), monkeypatch))
    assert station.run("dead-letters", "retry", "--all").stdout == "no dead letters\n"
    assert station.run("dead-letters", "acknowledge", "--all").stdout == "no dead letter alarms\n"
    assert said(station, A - 1) == []
    station.log.close()


def test_without_a_projector_it_says_that_they_wait(data_directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    station = Station(data_directory, *MAILS)
    station.follow()
    monkeypatch.setattr("patchlog.stores.WAIT_SECONDS", 0)
    assert "  waits for a projector: 5\n" in station.run("dead-letters", "retry", "--all").stdout
    acknowledged = station.run("dead-letters", "acknowledge", str(EMPTY)).stdout
    assert acknowledged == "1 dead letter acknowledged; a projector will do it when it runs\n"
    station.log.close()


def test_status_alarms_until_somebody_has_looked(station: Station) -> None:
    alarming = station.run("status")
    assert alarming.exit_code == 1
    assert "!  dead letters" in alarming.stdout
    assert "bad-header: 2 (ALARM: 2), no-project: 3" in alarming.stdout
    assert alarming.stderr.startswith("Error: 2 dead letters alarm (bad-header: 2): see `patchlog dead-letters list")
    as_json = station.run("status", "--json")
    assert (as_json.exit_code, json.loads(as_json.stdout)["alarms"]) == (1, {"bad-header": 2})
    assert station.run("status", "--no-alarm").exit_code == 0

    station.run("dead-letters", "acknowledge", str(BROKEN), "--note", "seen")
    one = station.run("status")
    assert (one.exit_code, "Error: 1 dead letter alarms (bad-header: 1)" in one.stderr) == (1, True)
    everything = station.run("dead-letters", "acknowledge", "--all").stdout
    assert everything == "1 dead letter acknowledged; the projector has done it\n"
    assert said(station) == [
        DeadLettersAcknowledged(mails=(BROKEN,), note="seen"),
        DeadLettersAcknowledged(mails=(EMPTY,)),
    ]
    quiet = station.run("status")
    assert (quiet.exit_code, quiet.stderr) == (0, "")
    assert "bad-header: 2, no-project: 3" in quiet.stdout

    station.run("dead-letters", "retry", str(BROKEN))
    assert station.run("status").exit_code == 1


def test_acknowledgement_is_shown_and_said_once(station: Station) -> None:
    document = station.json("dead-letters", "acknowledge", str(BROKEN), str(A), "--note", "seen\x1b[2J")
    assert document["mails"] == [BROKEN, A]
    (record,) = document["records"]
    states = [line.split("\t")[2] for line in station.run("dead-letters", "list").stdout.splitlines()]
    assert states == ["acknowledged", "-", "-", "acknowledged", "alarm"]
    shown = station.run("dead-letters", "show", str(BROKEN)).stdout
    assert f"Acknowledged\n  by record {record} of the log, " in shown and "seen\N{REPLACEMENT CHARACTER}[2J" in shown
    assert station.json("dead-letters", "show", str(BROKEN))["acknowledged"]["note"] == "seen\x1b[2J"
    assert station.run("dead-letters", "acknowledge", str(BROKEN)).stdout == "acknowledged already\n"
    assert len(said(station)) == 1


def test_mail_nobody_wants_alarms_nobody(data_directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    station = next(followed(Station(data_directory, *MAILS[:3]), monkeypatch))
    quiet = station.run("status")
    assert (quiet.exit_code, quiet.stderr, "no-project: 3" in quiet.stdout) == (0, "", True)
    assert station.json("status")["alarms"] == {}
    station.log.close()


@pytest.mark.parametrize("mail_id", [A, BROKEN, EMPTY])
def test_every_command_that_mends_is_one(station: Station, mail_id: int) -> None:
    steps = station.json("dead-letters", "show", str(mail_id))["mend"]
    commands = [shlex.split(step["command"].partition(" > ")[0]) for step in steps if step["command"]]
    assert len(commands) >= 2
    for name, *arguments in commands:
        assert name == "patchlog"
        command: click.Command = patchlog_commands
        while isinstance(command, click.Group):
            found = command.get_command(click.Context(command), arguments[0])
            assert found is not None, arguments
            command, arguments = found, arguments[1:]
        command.make_context("x", arguments, resilient_parsing=False, obj=None)


def test_first_command_that_mends_makes_patches_of_them(station: Station) -> None:
    step = station.json("dead-letters", "show", str(A))["mend"][0]
    assert station.run(*shlex.split(step["command"])[1:]).exit_code == 0
    station.follow()
    assert [letter["id"] for letter in station.json("dead-letters", "list")] == [BROKEN, EMPTY]


def test_saved_and_mended_mail_is_imported(station: Station, tmp_path: Path) -> None:
    raw = station.run("dead-letters", "show", str(BROKEN), "--raw").stdout_bytes
    path = tmp_path / "mail.eml"
    path.write_bytes(raw.replace(b"X-Relay :", b"X-Relay:"))
    imported = station.run("import", str(path), "--list-id", "demo.example.org")
    assert imported.exit_code == 0, imported.output
    station.follow()
    assert [letter["id"] for letter in station.json("dead-letters", "list")] == [A, B, C, BROKEN, EMPTY]
    assert station.json("status", "--no-alarm")["mails"]["other"] == 1


def test_the_page_for_people_tells_of_every_reason() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "dead-letters.md").read_text()
    headings = [line.removeprefix("### `").removesuffix("`") for line in page.splitlines() if line.startswith("### ")]
    assert headings == list(REASONS)
    for name, reason in REASONS.items():
        section = page.partition(f"### `{name}`")[2].partition("\n### ")[0]
        assert reason.meaning in " ".join(section.split())
        assert ("**An alarm.**" in section, "**No alarm.**" in section) == (reason.alarms, not reason.alarms)
        assert "patchlog dead-letters retry" in section
