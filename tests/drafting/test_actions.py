"""From a press to a text to read: what leaves, what is kept, and what nobody may ask."""

import json
from datetime import timedelta

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from doleance.audit import verify
from doleance.complaints.actions import circles
from doleance.drafting import actions, queries, rules, tasks
from doleance.drafting.models import Suggestion
from doleance.drafting.rules import Failure, SuggestionState, Task
from doleance.kernel import clock
from doleance.kernel.errors import NotAllowed
from tests import factories
from tests.cast import MORNING
from tests.servers.model import Answer, spoken

pytestmark = pytest.mark.django_db
LETTER = (
    "Bonjour,\n\nMa bouilloire (commande KT-2026-00417) est arrivée cassée le 3 mars, je l’ai payée 49,90 €. "
    "Rappelez-moi au 06 39 98 14 02 ou à h.durand@courriel.example.\n\nHélène Durand\n12 rue des Lilas, 69003 Lyon"
)
HIDDEN = ("Durand", "DURAND", "durand", "Hélène", "06 39 98", "00417", "Lilas", "69003", "courriel.example", "Amélie")


def ask(complaint, cast, task=Task.REPLY):
    return actions.ask(complaint=complaint, task=task, by=cast.amelie.actor(), at=clock.now())


def jobs():
    return list(ProcrastinateJob.objects.filter(task_name=actions.WRITE, status="todo").order_by("id"))


def work():
    """What was asked for, written."""
    waiting = jobs()
    ProcrastinateJob.objects.filter(pk__in=[job.pk for job in waiting]).delete()
    for job in waiting:
        tasks.write(**job.args)


def again(row):
    return Suggestion.objects.get(pk=row.pk)


def test_a_draft_is_asked_for_without_a_name_and_comes_back_with_all_of_them(cast, calendars, switched_on):
    complaint = factories.complaint(cast, text=LETTER)
    factories.grievance(complaint)

    def answer(told):
        said = json.loads(told["messages"][1]["content"])["messages"][0]["texte"]
        name = said.rpartition("\n[PERSONNE")[2].split("]")[0] if "\n[PERSONNE" in said else "_1"
        return f"Bonjour [PERSONNE{name}],\n\nNous remplaçons la bouilloire, payée 49,90 €."

    switched_on.says(answer)
    row = ask(complaint, cast)
    assert queries.shown(complaint, at=clock.now()).is_waiting
    work()
    [told] = switched_on.heard
    left = json.dumps(told, ensure_ascii=False)
    assert not [one for one in HIDDEN if one in left]
    assert "49,90 €" in left
    assert "3 mars" in left
    assert switched_on.keys == ["Bearer clef-secrete"]
    shown = queries.shown(complaint, at=clock.now())
    assert "Durand" in shown.text
    assert "[PERSONNE" not in shown.text
    assert again(row).state == SuggestionState.MADE
    assert queries.sent_for(again(row)) == told, "an auditor reads what left"
    assert b"bouilloire" not in bytes(again(row).sealed)
    assert verify.check().findings == []


def test_taking_it_and_setting_it_aside_are_told_on_the_journal(cast, complaint, switched_on):
    row = ask(complaint, cast)
    work()
    assert actions.take(suggestion=row, by=cast.amelie.actor(), at=MORNING) == "Bonjour,\n\nNous regardons."
    assert (again(row).state, again(row).ended_by) == (SuggestionState.TAKEN, cast.amelie)
    with pytest.raises(rules.NoLonger):
        actions.drop(suggestion=row, by=cast.amelie.actor(), at=MORNING)
    second = ask(complaint, cast, Task.SUMMARY)
    work()
    actions.drop(suggestion=second, by=cast.amelie.actor(), at=MORNING)
    assert queries.shown(complaint, at=clock.now()) is None
    tally = queries.tally(cast.entity)
    assert (tally[SuggestionState.TAKEN], tally[SuggestionState.DROPPED]) == (1, 1)
    assert verify.check().findings == []


def test_one_text_at_a_time(cast, complaint, switched_on):
    ask(complaint, cast)
    with pytest.raises(rules.AlreadyAsked):
        ask(complaint, cast, Task.SUMMARY)
    work()
    with pytest.raises(rules.AlreadyAsked):
        ask(complaint, cast, Task.SUMMARY)
    assert len(switched_on.heard) == 1


def test_it_is_off_until_somebody_who_may_switches_it_on(cast, complaint, model):
    with pytest.raises(rules.NoModel):
        ask(complaint, cast)
    with pytest.raises(NotAllowed):
        actions.choose(entity=cast.entity, is_on=True, by=cast.amelie.actor(), at=MORNING)
    actions.choose(entity=cast.entity, is_on=True, by=cast.nadia.actor(), at=MORNING)
    ask(complaint, cast)
    actions.choose(entity=cast.entity, is_on=False, by=cast.nadia.actor(), at=MORNING)
    work()
    assert model.heard == [], "switched off in between, nothing leaves"
    assert queries.waiting(complaint) is None
    assert verify.check().findings == []


def test_who_may_not_write_to_the_complainant_may_not_ask(cast, complaint, switched_on):
    for person in (cast.paul, cast.chloe, cast.nadia):
        with pytest.raises(NotAllowed):
            actions.ask(complaint=complaint, task=Task.REPLY, by=person.actor(), at=MORNING)
    assert jobs() == []


def test_a_closed_circle_never_leaves_not_even_when_it_closes_in_between(cast, complaint, switched_on):
    row = ask(complaint, cast)
    circles.restrict(
        complaint=complaint,
        inside=[cast.amelie, cast.ines],
        concerned=[],
        reason="Mise en cause",
        by=cast.amelie.actor(),
        at=MORNING,
    )
    work()
    assert switched_on.heard == []
    assert again(row).failure == Failure.CLOSED
    complaint.refresh_from_db()
    with pytest.raises(rules.ClosedCircle):
        ask(complaint, cast)


def test_a_file_without_words_is_not_sent(cast, calendars, switched_on):
    complaint = factories.complaint(cast, text="")
    with pytest.raises(rules.NothingToSay):
        ask(complaint, cast)


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (Answer(b"Bien s\xc3\xbbr ! Voici un brouillon"), Failure.NOT_JSON),
        (Answer(spoken("Bonjour [PERSONNE_77],")), Failure.UNFIT),
        (Answer(spoken("Cliquez sur https://ailleurs.example")), Failure.UNFIT),
        (Answer(status=401), Failure.REFUSED),
    ],
)
def test_a_bad_answer_is_refused_at_once_and_what_left_is_kept(cast, complaint, switched_on, answer, failure):
    switched_on.answers.append(answer)
    row = ask(complaint, cast)
    work()
    assert (again(row).state, again(row).failure) == (SuggestionState.FAILED, failure)
    assert jobs() == []
    assert queries.sent_for(again(row)) == switched_on.heard[0]
    shown = queries.shown(complaint, at=clock.now())
    assert (shown.text, shown.row.failure) == ("", failure)
    assert ask(complaint, cast).pk != row.pk, "another one may be asked for"
    assert verify.check().findings == []


def test_a_passing_trouble_is_tried_once_more(cast, complaint, switched_on):
    switched_on.answers += [Answer(status=503), Answer(spoken("Bonjour, nous regardons."))]
    row = ask(complaint, cast)
    work()
    assert again(row).state == SuggestionState.WANTED
    [later] = jobs()
    assert later.scheduled_at is not None
    work()
    assert queries.text_of(again(row)) == "Bonjour, nous regardons."
    switched_on.answers += [Answer(status=500), Answer(status=500)]
    actions.drop(suggestion=row, by=cast.amelie.actor(), at=MORNING)
    other = ask(complaint, cast)
    work()
    work()
    assert again(other).failure == Failure.SERVER
    assert jobs() == []


def test_a_job_that_died_leaves_nobody_waiting(cast, complaint, switched_on):
    late = factories.complaint(cast)
    before = clock.now() - tasks.LOST - timedelta(minutes=1)
    row = actions.ask(complaint=complaint, task=Task.REPLY, by=cast.amelie.actor(), at=before)
    recent = ask(late, cast)
    tasks.give_up_lost(0)
    assert again(row).failure == Failure.LOST
    assert again(recent).state == SuggestionState.WANTED
    ProcrastinateJob.objects.filter(args__suggestion_id=str(recent.pk)).delete()
    work()
    assert again(row).state == SuggestionState.FAILED, "what comes too late changes nothing"
    assert switched_on.heard == []


def test_old_failures_are_told_no_more(cast, complaint, switched_on):
    switched_on.answers.append(Answer(b""))
    ask(complaint, cast)
    work()
    assert queries.shown(complaint, at=clock.now() + queries.FRESH + timedelta(minutes=1)) is None


def test_without_a_model_nothing_is_asked_of_the_database(cast, complaint, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert not queries.is_on(cast.entity)
