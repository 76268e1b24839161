"""Decides what was asked for: whether a request came before, who asks, and what is kept of the outcome."""

from collections.abc import Callable

from projector.fold.accounts import Accounts
from projector.fold.moment import Moment
from projector.outcomes import CHANGED_MEANWHILE, KEY_REUSED, REPEATED, Outcome, Refused
from projector.readmodel import tables as t
from projector.readmodel.working import WorkingSet
from projector.rights import Actor
from schemas.fact import Request


class Asking:
    """A request as what it changes sees it: who asks, and on which condition. Without a request an operator asks."""

    def __init__(self, actor: Actor | None, request: Request | None) -> None:
        self.actor = actor
        self.user = request.user if request is not None else None
        self._if_match = request.if_match if request is not None else None

    def check(self, status: str, refuse: Callable[[Actor], str | None]) -> None:
        """Raise Refused where a rule has something against who asks. An operator may do everything."""
        refusal = refuse(self.actor) if self.actor is not None else None
        if refusal is not None:
            raise Refused(status, refusal)

    def check_version(self, version: int) -> None:
        """Raise Refused where the target is not in the state that who asks has seen."""
        if self._if_match is not None and version not in self._if_match:
            raise Refused(CHANGED_MEANWHILE, "It was changed in the meantime; read it again.")


class Requests:
    """Outcomes, and the keys of requests that must have one effect only."""

    def __init__(self, working: WorkingSet, accounts: Accounts) -> None:
        self._working, self._accounts = working, accounts

    def decide(self, request: Request | None, moment: Moment, act: Callable[[Asking], Outcome]) -> None:
        """Do what a record asks for, if it may be done, and keep what became of it."""
        try:
            outcome = self._decide(request, moment, act)
        except Refused as refusal:
            outcome = refusal.outcome
        self.keep(moment, outcome)

    def keep(self, moment: Moment, outcome: Outcome) -> None:
        """Write what became of the record that is folded."""
        self._working.add(
            t.outcome,
            {
                "id": moment.record,
                "status": outcome.status,
                "detail": outcome.detail,
                "original_id": outcome.original,
                "document": outcome.document,
            },
        )

    def _decide(self, request: Request | None, moment: Moment, act: Callable[[Asking], Outcome]) -> Outcome:
        if request is None:
            return act(Asking(None, None))
        actor = self._accounts.actor(request, moment)
        before = self._came_before(request, moment) if request.key else None
        return before or act(Asking(actor, request))

    def _came_before(self, request: Request, moment: Moment) -> Outcome | None:
        key = (request.user, request.key, request.part)
        first = self._working.find(t.idempotency, key)
        if first is None:
            row = dict(zip(("user_id", "key", "part"), key, strict=True))
            self._working.add(t.idempotency, {**row, "record_id": moment.record, "digest": request.digest})
            return None
        if first["digest"] != request.digest:
            return Outcome(KEY_REUSED, f"The key {request.key!r} came before, with another request.")
        return Outcome(REPEATED, original=first["record_id"])
