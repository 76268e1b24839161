"""How long a commit waits for company, and what waits for it."""

import msgspec
import pytest

from ingest.log.writer import FACT_BYTES, GATHER_MAX_SECONDS, gather_seconds, weight
from schemas.fact import Fact
from tests.ingest.log.facts import MAIL, state


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


@pytest.mark.parametrize(
    ("fact", "expected"),
    [
        pytest.param(state(1), 0, id="no mail"),
        pytest.param(MAIL, 2 * len(MAIL.raw), id="a mail, and what was read of it"),
        pytest.param(msgspec.structs.replace(MAIL, parsed=None), len(MAIL.raw), id="a mail that was not read"),
    ],
)
def test_what_waits_is_counted_by_what_it_holds(fact: Fact, expected: int) -> None:
    assert weight(fact) == FACT_BYTES + expected
