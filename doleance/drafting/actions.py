"""Asking a language model for a text, keeping what left and what came, and what people make of it."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from procrastinate.contrib.django import app

from doleance.accounts.models import Entity
from doleance.accounts.rules import Actor, Permission, require
from doleance.audit import actions as audit
from doleance.audit import queries as audit_queries
from doleance.audit import seal
from doleance.complaints.actions import dossiers
from doleance.complaints.models import Complaint
from doleance.drafting import queries, rules
from doleance.drafting.models import DraftingChoice, Suggestion
from doleance.drafting.rules import Failure, SuggestionState, Task
from doleance.kernel.db import hold, write

WRITE = "drafting.write"  # the job, by the name it is deferred by
BEHIND = -2  # people's work comes first
ONE_AT_A_TIME = "drafting"  # a slow model holds one place of the worker, and no more
_LONGEST_MODEL = 120


@write
def choose(*, entity: Entity, is_on: bool, by: Actor, at: datetime) -> DraftingChoice:
    """Let the language model be asked about the files of an entity, or not. Who changes settings may."""
    require(by, Permission.SETTINGS)
    hold(f"drafting:{entity.pk}")
    choice = DraftingChoice.objects.filter(entity=entity).first() or DraftingChoice(entity=entity)
    if choice.is_on == is_on:
        return choice
    choice.is_on = is_on
    choice.save()
    audit.record(
        stream=choice.journal_stream, code="drafting_chosen", by=by.id, at=at, facts={}, rows=[(choice, None)]
    )
    return choice


@write
def ask(*, complaint: Complaint, task: Task, by: Actor, at: datetime) -> Suggestion:
    """Have the model write about a file; the job leaves with this write.

    Who may: those who may write to the complainant. Raises NoModel, ClosedCircle, AlreadyAsked, NothingToSay.
    """
    require(by, Permission.SEND)
    current = dossiers.locked(complaint, by=by)
    endpoint = queries.endpoint()
    if endpoint is None or not queries.is_on(current.entity):
        raise rules.NoModel
    if not queries.may_leave(current):
        raise rules.ClosedCircle
    if queries.waiting(current) is not None:
        raise rules.AlreadyAsked
    if not queries.conversation(current):
        raise rules.NothingToSay
    row = Suggestion.objects.create(
        complaint=current, task=task, model=endpoint.model[:_LONGEST_MODEL], asked_by_id=by.user_id, asked_at=at
    )
    _record(row, "suggestion_asked", by, at, rows_made=True)
    app.configure_task(WRITE, queue="upkeep", priority=BEHIND, lock=ONE_AT_A_TIME).defer(suggestion_id=str(row.pk))
    return row


@write
def keep(*, suggestion: Suggestion, asked: Mapping[str, Any], text: str, by: Actor, at: datetime) -> None:
    """Keep what left and the text that came; nothing when nobody waits for it any more."""
    _settle(suggestion, SuggestionState.MADE, asked=asked, text=text, by=by, at=at)


@write
def give_up(
    *, suggestion: Suggestion, failure: Failure, asked: Mapping[str, Any] | None = None, by: Actor, at: datetime
) -> None:
    """Note why there is no text, and what had left when something had; nothing when nobody waits for it any more."""
    _settle(suggestion, SuggestionState.FAILED, failure=failure, asked=asked, by=by, at=at)


def _settle(
    suggestion: Suggestion,
    state: SuggestionState,
    *,
    failure: Failure | None = None,
    asked: Mapping[str, Any] | None = None,
    text: str = "",
    by: Actor,
    at: datetime,
) -> None:
    current = dossiers.locked(suggestion.complaint, by=None)
    row = Suggestion.objects.select_for_update(of=("self",)).get(pk=suggestion.pk)
    if row.state != SuggestionState.WANTED:
        return
    if audit_queries.is_erased(current.party_id or current.pk):  # erased while the model wrote: nothing is kept anew
        state, failure, asked = SuggestionState.FAILED, failure or Failure.CLOSED, None
    row.state, row.failure, row.made_at = state, failure or "", at
    if asked is not None:
        told = json.dumps({"asked": asked, "text": text}, ensure_ascii=False).encode()
        row.sealed = seal.seal(row.pk, current.party_id or current.pk, told)
    row.save()
    _record(row, "suggestion_made" if failure is None else "suggestion_failed", by, at)


@write
def take(*, suggestion: Suggestion, by: Actor, at: datetime) -> str:
    """Take a draft into a reply that somebody writes: its text. Nothing leaves by it. Raises NoLonger.

    Who may: those who may write to the complainant.
    """
    return _end(suggestion, SuggestionState.TAKEN, "suggestion_taken", by, at)


@write
def drop(*, suggestion: Suggestion, by: Actor, at: datetime) -> None:
    """Set a text aside. Who may, and raises: as `take`."""
    _end(suggestion, SuggestionState.DROPPED, "suggestion_dropped", by, at)


def _end(suggestion: Suggestion, state: SuggestionState, code: str, by: Actor, at: datetime) -> str:
    require(by, Permission.SEND)
    dossiers.locked(suggestion.complaint, by=by)
    row = Suggestion.objects.select_for_update(of=("self",)).get(pk=suggestion.pk)
    if row.state == SuggestionState.TAKEN == state and row.ended_by_id == by.user_id:
        return queries.text_of(row)  # pressed twice, or the page sent again
    if row.state != SuggestionState.MADE or (state is SuggestionState.TAKEN and row.task != Task.REPLY):
        raise rules.NoLonger
    row.state, row.ended_by_id, row.ended_at = state, by.user_id, at
    row.save()
    _record(row, code, by, at)
    return queries.text_of(row)


def _record(row: Suggestion, code: str, by: Actor, at: datetime, *, rows_made: bool = False) -> None:
    """One event on the file's chain; no reader of the file is interrupted by it."""
    current = dossiers.locked(row.complaint, by=None)
    columns = None if rows_made else ["state", "failure", "ended_by_id"]
    dossiers.record(current, code, by=by, at=at, rows=[(row, columns)], facts={"task": row.task})


def depend_on(complaint: Complaint, subject: UUID) -> None:
    """Let what was written about a file depend on somebody else's key, inside a write: its person changed."""
    rows = Suggestion.objects.filter(complaint=complaint, sealed__isnull=False).order_by("id")
    for pk in rows.values_list("pk", flat=True):
        seal.rewrap(pk, subject)
