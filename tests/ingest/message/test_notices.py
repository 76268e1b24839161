"""What programs write: a commit bot's word that a patch was committed, and a bug tracker's notification."""

import pytest

from ingest.message.notices import APPLIED, BUG, COMMITTED, read_notice


def notice(
    subject: str, before: str = "", behind: str = "", author: str = "max@example.org", field: bytes = b""
) -> str:
    return read_notice({field: [b"x"]} if field else {}, subject, author, before, behind)


@pytest.mark.parametrize(
    "before",
    [
        pytest.param("The following commit has been merged into the x86/core branch of tip:\n", id="tip-bot2"),
        pytest.param("Hello,\n\nThe following patches were applied to net.git:\n", id="behind a greeting"),
        pytest.param("Commit-ID:  0123456789abcdef\nGitweb:     https://example.org/\n", id="tip-bot of old"),
        pytest.param("This is an automatic generated email to let you know that ...\n", id="media tree"),
        pytest.param("This is an automated email from the git hooks/post-receive script.\n", id="git's hook"),
        pytest.param(
            "Hi,\n\nFYI, your patch has been queued to LTS release 17.11.2\n".replace("Hi,\n\n", ""), id="DPDK"
        ),
        pytest.param("The patch titled\n     Subject: mm: x\nhas been merged into the mm-stable branch\n", id="-mm"),
        pytest.param("The patch\n\n   spi: x\n\nhas been applied to the spi tree at\n", id="sound tree"),
    ],
)
def test_a_commit_bot_says_so_at_the_start(before: str) -> None:
    assert notice("[tree] x", before) == COMMITTED


@pytest.mark.parametrize(
    "subject",
    [
        "patch 'net: x' has been queued to LTS release 17.11.2",
        '[stable] patch "net: x" has been applied to main',
        'Applied "net: x" to the net tree',
    ],
)
def test_a_commit_bot_says_so_in_the_title(subject: str) -> None:
    assert notice(subject, "net: x\n") == COMMITTED


@pytest.mark.parametrize(
    ("subject", "before"),
    [
        pytest.param("[tip: x86/core] x", "", id="tip's tag"),
        pytest.param("[git:media_tree/master] x", "", id="the tag of a tree in git"),
        pytest.param("[committed] x", "", id="a committer's tag"),
        pytest.param("[PATCH] x", "This patch was applied to Debian's package.\n", id="perhaps a bot's words"),
        pytest.param("[PATCH] x", "Applied to main, thanks.\n", id="perhaps a maintainer's words"),
        pytest.param("[PATCH] x", "Thanks, queued for 6.1.\n", id="with thanks first"),
    ],
)
def test_it_may_say_so(subject: str, before: str) -> None:
    assert notice(subject, before) == APPLIED


@pytest.mark.parametrize(
    ("subject", "before"),
    [
        pytest.param(
            "[PATCH] x", "x: do it.\n\nThe following commit has been merged too early.\n", id="not at the start"
        ),
        pytest.param("[PATCH] say that the patch has been applied", "", id="a title that is none of theirs"),
        pytest.param('Patch "net: x" has been added to the 6.1-stable tree', "This is a note.\n", id="a stable notice"),
        pytest.param("[PATCH] x", "Merged regions are freed twice.\n", id="a word that goes on"),
        pytest.param("[tipc] x", "", id="a tag that begins like theirs"),
        pytest.param("[Bug 12] x", "Free it.\n", id="a bug's number before a patch of a person"),
        pytest.param(
            "bug#4711: [PATCH 1/3] x", "You are receiving this mail because\n", id="a patch sent to a tracker"
        ),
        pytest.param("[Bug 12] [PATCH] x", "Severity: high\n", id="a patch for a bug"),
    ],
)
def test_a_person_wrote_it(subject: str, before: str) -> None:
    assert notice(subject, before) == ""


def test_a_bug_tracker_wrote_it() -> None:
    assert notice("[Bug 12] x", field=b"x-bugzilla-reason") == BUG
    assert notice("[PATCH] x", field=b"x-launchpad-bug") == BUG
    assert notice("[Bug 12] New: x", author="bugzilla-daemon@example.org") == BUG
    assert notice("[JIRA] (X-12) x", author="no-reply.jira@example.org") == BUG
    assert notice("[Bug 12] x", "--- Comment #3 from Ada <ada@example.org> ---\n") == BUG
    assert notice("[bug #12] x", behind="\n-- \nYou are receiving this mail because:\nYou reported the bug.\n") == BUG
    assert notice("[PATCH] x", author="bugzillafan@example.org") == ""
