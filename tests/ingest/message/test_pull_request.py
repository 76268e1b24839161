"""Where somebody asks to pull from."""

import pytest

from ingest.message.pull_request import read_pull_url

SINCE = "\nThe following changes since commit 0123:\n\n  Merge 'x' of git://example.org/y (2020-01-01)\n\n"
PHRASE = "are available in the Git repository at:\n\n"
END = "\n\nfor you to fetch changes up to 4567:\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            SINCE + PHRASE + "  git://example.org/x.git tags/v1" + END, "git://example.org/x.git tags/v1", id="usual"
        ),
        pytest.param(
            "\n" + PHRASE.lower() + "  git://example.org/x.git v1" + END, "git://example.org/x.git v1", id="a small git"
        ),
        pytest.param(SINCE + PHRASE + "  https://example.org/x.git" + END, "https://example.org/x.git", id="no ref"),
        pytest.param(
            SINCE + PHRASE + "  https://example.org/x.git for-next  " + END,
            "https://example.org/x.git for-next",
            id="branch, space behind",
        ),
        pytest.param(
            SINCE + PHRASE + "  git+ssh://example.org/x.git next" + END,
            "git+ssh://example.org/x.git next",
            id="git+ssh",
        ),
        pytest.param(SINCE + PHRASE + "  git@example.org:y/x.git next" + END, "git@example.org:y/x.git next", id="scp"),
        pytest.param(
            SINCE + PHRASE + "  git://example.org/x.git \\\n      tags/v1" + END,
            "git://example.org/x.git tags/v1",
            id="backslash",
        ),
        pytest.param(
            SINCE + PHRASE + "  git://example.org/x.git\n    next" + END, "git://example.org/x.git next", id="indented"
        ),
        pytest.param(
            SINCE + PHRASE + "  git://example.org/x.git\ntags/v1" + END, "git://example.org/x.git tags/v1", id="wrapped"
        ),
        pytest.param(
            SINCE + PHRASE + "\xa0 git://example.org/x.git v1\xa0" + END, "git://example.org/x.git v1", id="hard spaces"
        ),
        pytest.param(
            SINCE + PHRASE.lower() + "  ssh://example.org/x.git next" + END,
            "ssh://example.org/x.git next",
            id="old phrase",
        ),
        *[
            pytest.param(SINCE + PHRASE + f"  {written}" + END, read, id=f"as written: {written!r}")
            for written, read in (
                ("<https://example.org/x.git> tags/v1", "https://example.org/x.git tags/v1"),
                ("<https://example.org/x.git>", "https://example.org/x.git"),
                ("https://example.org/x.git<https://example.org/x.git> tags/v1", "https://example.org/x.git tags/v1"),
                ("https://example.org/x.git <https://example.org/x.git/> v1", "https://example.org/x.git v1"),
                ("https://example.org/x.git\n  <https://example.org/x.git> v1", "https://example.org/x.git v1"),
                ("<https://example.org/x.git><https://example.org/x.git> v1", "https://example.org/x.git v1"),
                ("[https://example.org/x.git]<https://example.org/x.git> v1", "https://example.org/x.git v1"),
                ("https://example.org/x.git tags/v1<https://example.org/t/v1>", "https://example.org/x.git tags/v1"),
                ("example.org:/srv/x.git master", "example.org:/srv/x.git master"),
                ("git.example.org:x/y.git", "git.example.org:x/y.git"),
                ("example.org:~ada/x.git next", "example.org:~ada/x.git next"),
                ("ssh://ada@example.org:2222/~ada/x.git v1", "ssh://ada@example.org:2222/~ada/x.git v1"),
                ("https://example.org/x.git branch for-linus", "https://example.org/x.git for-linus"),
                ("https://example.org/x.git tag v1", "https://example.org/x.git tag v1"),
            )
        ],
        pytest.param(
            SINCE + "are available in the git\nrepository at:\n\n  git://example.org/x.git v1" + END,
            "git://example.org/x.git v1",
            id="the phrase is wrapped",
        ),
        pytest.param(
            "\nThe following changes since\ncommit 0123:\n\n  git://example.org/x.git v1" + END,
            "git://example.org/x.git v1",
            id="the first phrase is wrapped",
        ),
        pytest.param(SINCE + "\n  net.c:12: fix\n", None, id="host and path count behind the second phrase alone"),
        pytest.param("\nThe repository moved. changes\n", None, id="words alone"),
        pytest.param(
            "\n" + PHRASE + "  git://example.org/x.git next" + END,
            "git://example.org/x.git next",
            id="second phrase alone",
        ),
        pytest.param(
            SINCE + "\n  git://example.org/x.git next" + END, "git://example.org/x.git next", id="first phrase alone"
        ),
        pytest.param(
            (SINCE + PHRASE + "  git://example.org/x.git next\n").replace("\n", "\n> ") + "\n", None, id="quoted"
        ),
        pytest.param(SINCE + PHRASE + "  my laptop" + END, None, id="no URL"),
        pytest.param(SINCE + PHRASE + "\n" * 2000 + "  git://example.org/x.git\n", None, id="a URL far below"),
        pytest.param("\nplease pull\n  git://example.org/x.git next\n", None, id="another phrase"),
    ],
)
def test_read_pull_url(text: str, expected: str | None) -> None:
    assert read_pull_url(text) == expected
