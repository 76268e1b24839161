"""Lines that name other mails and changes."""

import pytest

from ingest.message.trailers import Trailers, read_trailers


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("hello: world\nsee https://example.org/a@b\n", Trailers(), id="nothing"),
        pytest.param(
            "change-id: 2024-x-1 \nchange-id: other\n", Trailers(change_id="2024-x-1"), id="change-id, the first"
        ),
        pytest.param("Change-Id: I0123\n", Trailers(), id="Gerrit's is none"),
        pytest.param(" change-id: x\n> change-id: x\n", Trailers(), id="not at the start of a line"),
        pytest.param(
            "base-commit: \nSupersedes: <a@x>\n",
            Trailers(supersedes=("a@x",)),
            id="a line that says nothing, then another",
        ),
        pytest.param(
            "base-commit: 0123456789abcdef\nbase-commit: fedcba9\n", Trailers(base_commit="0123456789abcdef"), id="base"
        ),
        pytest.param(
            "base-commit: unknown\nBase-Commit: fedcba9 (x)\n", Trailers(base_commit="fedcba9"), id="base that is one"
        ),
        pytest.param(
            "Supersedes: <a@x>, <b@x>\nsupersedes: c@x\nSupersedes: <a@x>\nSupersedes: v1\n",
            Trailers(supersedes=("a@x", "b@x", "c@x")),
            id="supersedes",
        ),
        pytest.param(
            "Supersedes: https://lore.example.org/all/a%2Fb@x/\n", Trailers(supersedes=("a/b@x",)), id="by URL"
        ),
        pytest.param(
            "Supersedes: https://lore.example.org/all/%3CX1@xX%3E/\n",
            Trailers(supersedes=("X1@xX",)),
            id="by URL, with its brackets",
        ),
        pytest.param(
            "- Link to v2: https://lore.example.org/r/b@x\n- Link to v1: https://lore.example.org/r/a%40x/\n",
            Trailers(supersedes=("b@x", "a@x")),
            id="b4's changelog",
        ),
        pytest.param(
            "v1: https://example.org/l/a@x/T/#u\n V3: <https://example.org/b@x>\n* link to v4: http://e.org/c@x/raw).\n",
            Trailers(supersedes=("a@x", "b@x", "c@x")),
            id="as people write it",
        ),
        pytest.param(
            "v1: https://example.org/patch/123/\nv2: https://example.org/@x\nv3: https://example.org/a%20b@x\n",
            Trailers(),
            id="URLs without a Message-ID",
        ),
        pytest.param(
            "> Link to v1: https://lore.example.org/r/a@x\nLink: https://e.org/a@x\n",
            Trailers(),
            id="quoted, no version",
        ),
        pytest.param(
            "Based-on: <a@x>\nDepends-on: b@x\nDepends-On: the other one\nprerequisite-message-id: <a@x>\n"
            "prerequisite-change-id: 2024-y:v3\nprerequisite-patch-id: 012\n",
            Trailers(depends_on=("message-id:a@x", "message-id:b@x", "change-id:2024-y")),
            id="dependencies",
        ),
        pytest.param(
            "> Supersedes: <a@x>\n Supersedes: <a@x>\nSupersedes: \t \nSupersedes:\n",
            Trailers(),
            id="quoted, indented, empty",
        ),
    ],
)
def test_read_trailers(text: str, expected: Trailers) -> None:
    assert read_trailers("\n" + text) == expected


def test_a_thousand_lines_are_read() -> None:
    text = "".join(f"\nSupersedes: <{number}@x>" for number in range(1100))
    assert len(read_trailers(text).supersedes) == 1000
    text = "".join(f"\nv{number}: https://example.org/{number}@x" for number in range(1100))
    assert len(read_trailers(text).supersedes) == 1000
