"""What is asked about settling a complaint."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from django.utils.translation import gettext, override

from doleance.complainants import queries as complainants
from doleance.complainants.rules import MAYBE_CONSUMERS, PartyStatus
from doleance.complaints import queries as complaints
from doleance.complaints import rules as complaint_rules
from doleance.complaints.models import Complaint
from doleance.complaints.rules import Check, State
from doleance.deadlines import queries as deadlines
from doleance.deadlines.queries import Holding
from doleance.kernel import clock, languages
from doleance.kernel.errors import Stale
from doleance.kernel.kinds import gettext_noop
from doleance.kernel.moments import long_day
from doleance.notifications import queries as notifications
from doleance.notifications import returns
from doleance.notifications.rules import UNDO_SECONDS, Purpose, postal_lines
from doleance.packs import loader
from doleance.packs.rules import Letter, Must
from doleance.resolution import rules
from doleance.resolution.rules import AnswerFacts


def answer_facts(complaint: Complaint, *, postal: str = "", on_page: bool = False) -> AnswerFacts:
    """What decides whether a reply may leave this file; `postal` is the envelope of a letter.

    `on_page`: it is meant for the page to follow the file, which holds where no mail reaches the complainant.
    """
    party = complaint.party
    bounced = complainants.bounced_of(party) if party and not postal else None
    status = party.status if party else PartyStatus.UNKNOWN
    address = notifications.address_of(complaint)
    known = complaints.facts(complaint)
    refused = rules.refuses(known.findings)
    return AnswerFacts(
        state=State(complaint.state),
        grievances=known.states,
        address=address,
        page=on_page and not address and complaints.has_page(complaint),
        musts=frozenset(must.code for must in _musts(complaint, Letter.FINAL, refused=refused)),
        is_consumer=status in MAYBE_CONSUMERS,
        mediator=complaint.entity.mediator,
        final_leaving=notifications.final_leaving(complaint),
        refused=refused,
        postal=postal,
        bounced=bounced.value if bounced is not None else "",
        final_bounced=returns.final_bounced(complaint),
    )


def _musts(complaint: Complaint, letter: Letter, *, refused: bool) -> list[Must]:
    """What the packs of a file want such a letter to hold."""
    day = clock.day_in(complaint.received_at, complaint.entity.time_zone)
    return [must for code in complaint.regimes for must in loader.musts(code, day, letter, refused=refused)]


def checklist(complaint: Complaint) -> list[tuple[Check, bool]]:
    """The closing checklist of a file, the outbox counted."""
    bounced = returns.final_bounced(complaint)
    facts = complaints.facts(complaint)
    counted = replace(facts, leaving=notifications.leaving(complaint), told=facts.told and not bounced)
    return complaint_rules.checklist(counted)


def subject(complaint: Complaint) -> str:
    """The subject of what we write, in the complainant's language."""
    with override(complaint.language):
        return gettext("Votre réclamation %(reference)s") % {"reference": complaint.reference}


# For regimes whose delays count from writing (FR-ACPR, deadlines.md §1.1): who complained by word of mouth is invited.
INVITATION = gettext_noop(
    "Bonjour,\n\n"
    "Vous nous avez fait part de votre réclamation le {day}. Elle est enregistrée sous la référence {reference}, "
    "et nous l’examinons dès maintenant.\n\n"
    "Les délais de réponse que la réglementation nous fixe partent d’un écrit. Nous vous invitons donc à nous "
    "écrire\u00a0: répondez simplement à ce message, et les délais partiront de sa date. Si vous préférez une lettre, "
    "rappelez-y cette référence.\n\n"
    "Bien à vous,"
)


def invitation(complaint: Complaint) -> str:
    """What invites somebody who complained by word of mouth to write, in their language: a draft for an agent."""
    day = clock.day_in(complaint.received_at, complaint.entity.time_zone)
    tongue = languages.tongue(complaint.language)
    return tongue.say(INVITATION, day=long_day(day, tongue, weekday=False), reference=complaint.reference)


def final_text(complaint: Complaint, text: str, facts: AnswerFacts) -> str:
    """The final answer as it leaves: what was written, then the required blocks in the complainant's language."""
    return "\n\n".join([text.strip(), *_blocks(complaint, facts)])


def _blocks(complaint: Complaint, facts: AnswerFacts) -> list[str]:
    with override(complaint.language):
        mediator = f"{gettext(rules.MEDIATOR_SENTENCE)}\n{facts.mediator.strip()}"
        authority, court = gettext(rules.AUTHORITY_SENTENCE), gettext(rules.COURT_SENTENCE)
    wanted = [
        (rules.needs_mediator(facts), mediator),
        (rules.needs_authority(facts), authority),
        (rules.needs_court(facts), court),
    ]
    return [block for is_wanted, block in wanted if is_wanted]


def putting_off(complaint: Complaint, facts: AnswerFacts, at: datetime) -> Holding:
    """What a holding reply written at `at` does to the file. Raises what `may_put_off` does."""
    found = deadlines.holding(complaint, at)
    leaves_at = at + timedelta(seconds=UNDO_SECONDS)
    is_leaving = notifications.holding_leaving(complaint)
    rules.may_put_off(facts, before=found.before if found else None, leaves_at=leaves_at, is_leaving=is_leaving)
    assert found is not None
    return found


def holding_text(complaint: Complaint, text: str, until: date) -> str:
    """The holding reply as it leaves: the reasons that were written, then the day of the answer, in their language."""
    return f"{text.strip()}\n\n{_until(complaint, until)}"


def _until(complaint: Complaint, until: date) -> str:
    tongue = languages.tongue(complaint.language)
    return tongue.say(rules.HOLDING_SENTENCE, day=long_day(until, tongue))


def written(complaint: Complaint, text: str, *, purpose: Purpose = Purpose.FINAL, at: datetime | None = None) -> str:
    """What a person wrote of a text that was to leave: without the blocks that would be joined again at `at`."""
    blocks = _blocks(complaint, answer_facts(complaint)) if purpose is Purpose.FINAL else []
    found = deadlines.holding(complaint, at) if purpose is Purpose.HOLDING and at is not None else None
    for block in reversed([*blocks, *([_until(complaint, found.until)] if found else [])]):
        text = text.removesuffix(block).rstrip()
    return text


@dataclass(frozen=True, slots=True)
class Preview:
    """A mail, or a letter to print, exactly as it would leave, and what it must hold."""

    to: str
    subject: str
    text: str
    is_letter: bool = False
    is_page: bool = False
    demands: Sequence[rules.Demand] = ()


_LETTERS = {Purpose.FINAL: Letter.FINAL, Purpose.HOLDING: Letter.HOLDING}


def preview(
    *,
    complaint: Complaint,
    text: str,
    purpose: Purpose,
    seen: int,
    postal: str | None = None,
    on_page: bool = False,
    at: datetime,
) -> Preview:
    """What would leave, read before it is sent; by post when `postal` gives the lines of an envelope.

    `on_page`: as for `answer_facts`.

    Raises what sending it would: EmptyText, Stale, BadPostal, as `may_answer` and `putting_off`.
    """
    if not text.strip():
        raise complaint_rules.EmptyText
    if seen != complaint.version:
        raise Stale(version=complaint.version)
    envelope = "" if postal is None else "\n".join(postal_lines(postal))
    facts = answer_facts(complaint, postal=envelope, on_page=on_page)
    match purpose:
        case Purpose.FINAL:
            rules.may_answer(facts)
            body = final_text(complaint, text, facts)
        case Purpose.HOLDING:
            body = holding_text(complaint, text, putting_off(complaint, facts, at).until)
        case _:
            rules.may_reply(facts)
            body = text.strip()
    musts = _musts(complaint, _LETTERS[purpose], refused=facts.refused) if purpose in _LETTERS else []
    return Preview(
        to=envelope or facts.address,
        subject=subject(complaint),
        text=body,
        is_letter=bool(envelope),
        is_page=facts.page and not envelope,
        demands=rules.demands(musts, is_consumer=facts.is_consumer),
    )


def next_step(complaint: Complaint, facts: AnswerFacts, points: Sequence[tuple[Check, bool]]) -> rules.NextStep:
    """What this file asks for now; `facts` are its `answer_facts`, `points` its `checklist`."""
    return rules.next_step(
        rules.StepFacts(
            state=facts.state,
            is_owned=complaint.owner_id is not None,
            grievances=facts.grievances,
            final_leaving=facts.final_leaving,
            stuck=notifications.stuck(complaint),
            is_reachable=bool(
                facts.address or facts.postal or notifications.postal_of(complaint) or complaints.has_page(complaint)
            ),
            is_complete=all(met for _, met in points),
            final_bounced=facts.final_bounced,
        )
    )
