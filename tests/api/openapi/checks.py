"""What schemathesis checks beside its own checks; it loads this file as its hooks.

Each answer is noted in the file that ANSWERED names, so that a test can tell what was reached at all.
"""

import os
from pathlib import Path
from typing import Any

import schemathesis
from schemathesis import Case, CheckContext, Response
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from api.bodies import FORM

TIMES = {"since", "submitted_since", "submitted_before", "updated_since", "updated_before"}


@schemathesis.hook
def after_call(context: Any, case: Case, response: Response) -> None:
    with Path(os.environ["ANSWERED"]).open("a") as answered:
        answered.write(f"{case.operation.label} {response.status_code}\n")


@schemathesis.check
def good_is_taken(ctx: CheckContext, response: Response, case: Case) -> bool | None:
    """What fits the document is not refused, other than because of what is there, or of a text that is no time."""
    if response.status_code in (410, 412):
        return None
    if response.status_code == 400 and (not response.content or _refused(response) & TIMES):
        return None
    return positive_data_acceptance(ctx, response, case)


@schemathesis.check
def bad_is_refused(ctx: CheckContext, response: Response, case: Case) -> bool | None:
    """What does not fit the document is refused. OPTIONS does not look; one text in a form is a list of one, too."""
    if case.method == "OPTIONS" or case.media_type == FORM:
        return None
    return negative_data_rejection(ctx, response, case)


def _refused(response: Response) -> set[str]:
    """The fields that an answer complains of."""
    fields = response.json() if response.headers["content-type"] == ["application/json"] else {}
    return set(fields)
