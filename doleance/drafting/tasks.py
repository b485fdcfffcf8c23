"""Jobs of drafting: the model is asked outside any transaction, and a request that is lost is said to be."""

from datetime import timedelta
from uuid import UUID

import structlog
from procrastinate.contrib.django import app

from doleance.accounts.rules import machine
from doleance.drafting import actions, endpoint, queries, rules
from doleance.drafting.models import Suggestion
from doleance.drafting.rules import BadAnswer, Failure, SuggestionState
from doleance.kernel import clock

_MACHINE = machine("drafting")
MOST_TRIES = 2
AGAIN_S = 20  # before the second try
LOST = timedelta(minutes=15)
_SOME = 100
log = structlog.get_logger()


@app.task(name=actions.WRITE, queue="upkeep")
def write(suggestion_id: str, tries: int = 1) -> None:
    """Ask the model for one text and keep it, or say why there is none; a passing trouble is tried once more."""
    suggestion = queries.by_id(UUID(suggestion_id))
    if suggestion is None or suggestion.state != SuggestionState.WANTED:
        return
    where = queries.endpoint()
    if where is None or not queries.may_leave(suggestion.complaint):
        _close(suggestion, tries)
        return
    asked, masks = queries.request_for(suggestion, where.model)
    try:
        told = rules.answer(endpoint.ask(where, asked))
        if not masks.is_known(told):
            raise BadAnswer(Failure.UNFIT)
        try:
            text = masks.show(told)
        except KeyError as error:
            raise BadAnswer(Failure.UNFIT) from error
    except BadAnswer as bad:
        log.warning("nothing_drafted", why=bad.failure.value, tries=tries)
        if bad.failure in rules.PASSING and tries < MOST_TRIES:
            again = write.configure(
                schedule_in={"seconds": AGAIN_S}, priority=actions.BEHIND, lock=actions.ONE_AT_A_TIME
            )
            again.defer(suggestion_id=suggestion_id, tries=tries + 1)
            return
        actions.give_up(suggestion=suggestion, failure=bad.failure, asked=asked, by=_MACHINE, at=clock.now())
        return
    actions.keep(suggestion=suggestion, asked=asked, text=text, by=_MACHINE, at=clock.now())


def _close(suggestion: Suggestion, tries: int) -> None:
    """Nothing is sent any more. What a first try had sent is kept all the same: the record hides nothing that left."""
    asked = queries.request_for(suggestion, suggestion.model)[0] if tries > 1 else None
    failure = Failure.CLOSED if asked is None else Failure.SERVER
    actions.give_up(suggestion=suggestion, failure=failure, asked=asked, by=_MACHINE, at=clock.now())


@app.task(name="drafting.give_up_lost", queue="upkeep")
def give_up_lost(timestamp: int) -> None:  # noqa: ARG001
    """Say of texts whose job died that they will not come: another may be asked for."""
    now = clock.now()
    for one in queries.lost(before=now - LOST, most=_SOME):
        _lose(one)


def _lose(suggestion: Suggestion) -> None:
    actions.give_up(suggestion=suggestion, failure=Failure.LOST, by=_MACHINE, at=clock.now())
