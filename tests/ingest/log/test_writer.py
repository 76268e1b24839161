"""How long a commit waits for company."""

import pytest

from ingest.log.writer import GATHER_MAX_SECONDS, gather_seconds


@pytest.mark.parametrize(
    ("appends", "expected"),
    [
        pytest.param(1, 0.0, id="who comes alone is not held up"),
        pytest.param(2, 0.0008, id="two"),
        pytest.param(5, 0.002, id="the more came the longer"),
        pytest.param(500, GATHER_MAX_SECONDS, id="a bound"),
    ],
)
def test_the_next_commit_waits_for_company(appends: int, expected: float) -> None:
    assert gather_seconds(appends) == expected
