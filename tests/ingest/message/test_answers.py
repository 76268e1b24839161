"""Which subjects are those of answers, whatever stands before `Re:`."""

import pytest

from ingest.message.answers import is_answer


@pytest.mark.parametrize(
    "subject",
    [
        "Re: x",
        "AW[2]: x",
        "回复：x",
        "[net] RE: x",
        "Fwd: Re: x",
        "***SPAM*** Re: x",
        "{Spam?} Re: x",
        "[EXTERNAL] Re: x",
        "EXTERNAL: Re: x",
        "bug#4711: Re: x",
        "[bug#4711] Re: x",
        "[SUSPECTED SPAM] [net] AW: x",
    ],
)
def test_an_answer_is_one_behind_what_others_put_before(subject: str) -> None:
    assert is_answer(subject)


@pytest.mark.parametrize(
    "subject",
    ["", "x", "Fwd: x", "***SPAM*** x", "bug#4711: x", "net: Re: x", "Regarding: x", "[a", "bug tracker: Re: x"],
)
def test_other_subjects_are_no_answers(subject: str) -> None:
    assert not is_answer(subject)
