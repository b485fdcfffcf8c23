"""`/complaints`: told, listed, read."""

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest
from django.urls import reverse
from ninja import Router
from ninja.errors import ValidationError
from ninja.params.functions import Header, Query
from ninja.responses import Status

from doleance.accounts.rules import Actor
from doleance.api import cursors
from doleance.api.description import ERRORS
from doleance.api.schemas import (
    File,
    Flag,
    Follow,
    Grievance,
    Made,
    Moment,
    Named,
    NewComplaint,
    NewContact,
    Person,
    Row,
    Rows,
    Way,
)
from doleance.api.security import Key, caller, once, only, viewed, viewed_file
from doleance.complainants.models import Address, Party
from doleance.complainants.rules import AddressChannel, PartyStatus
from doleance.complaints import access, questions
from doleance.complaints import models as files
from doleance.complaints import queries as complaints
from doleance.complaints.access import Use
from doleance.complaints.models import Complaint
from doleance.complaints.rules import GrievanceState, Outcome, State, Waiting
from doleance.desk.queries import programs
from doleance.desk.queries.programs import Asked, Shown
from doleance.intake.actions import deposits
from doleance.intake.actions.deposits import Submitted
from doleance.intake.deposits import Contact, Deposit, Representative
from doleance.kernel import ids
from doleance.kernel.clock import now
from doleance.kernel.kinds import gettext_noop
from doleance.keys.rules import ONCE, Scope

router = Router(auth=Key(), tags=["complaints"])
PAGE, LONGEST_PAGE = 50, 100


@router.post(
    "",
    response={201: Made, **ERRORS},
    url_name="api_complaint_new",
    operation_id="createComplaint",
    summary=gettext_noop("Déposer une réclamation"),
    description=gettext_noop(
        "Elle entre comme par le formulaire : son dossier, ses délais, son accusé de réception. Recommencer le même "
        "appel (même Idempotency-Key, même contenu) rend la même réponse et n’en fait qu’une."
    ),
)
def create(
    request: HttpRequest,
    told: NewComplaint,
    name: str = Header(..., alias="Idempotency-Key", pattern=ONCE),
) -> Status[Made]:
    """Take in a complaint, once."""
    known = caller(request, Scope.CREATE)
    _check_facts(told)
    call = once(known, name, route="complaints", body=told.model_dump(mode="json", exclude_unset=True))
    done = deposits.transmit(
        deposit=_deposit(told),
        key=known.key,
        once=call.id,
        fingerprint=call.fingerprint,
        asked=request.body.decode(json.detect_encoding(request.body), "replace"),  # half a pair may hide in it
        received_at=told.received_at,
        is_oral=told.is_oral,
        by=known.actor,
        at=now(),
    )
    return Status(201, _made(done, call.id))


def _check_facts(told: NewComplaint) -> None:
    """Refuse an answer to what is not asked: it would be passed over. Raises ValidationError."""
    asked = {one.code for one in questions.questions_of(told.category)}
    unknown = sorted(set(told.facts) - asked)
    if unknown:
        raise ValidationError(
            [{"type": "unknown_question", "loc": ("body", "told", "facts", code)} for code in unknown]
        )


def _deposit(told: NewComplaint) -> Deposit:
    on_behalf = told.representative
    return Deposit(
        branch=told.category,
        text=told.text,
        contact=_contact(told.complainant),
        representative=Representative(_contact(on_behalf.contact), on_behalf.capacity) if on_behalf else None,
        expected=told.expected,
        facts=told.facts,
        wishes=tuple(dict.fromkeys(told.wishes)),
        wanted=told.wanted,
        earlier=told.earlier,
        language=told.language,
    )


def _contact(told: NewContact) -> Contact:
    return Contact(**{name: getattr(told, name) for name in NewContact.model_fields})


def _made(done: Submitted, form: UUID) -> Made:
    """What never changes of a complaint that was taken in: the answer of a call that is made again."""
    complaint = done.complaint
    key = access.secret_for(key=settings.DOLEANCE_FOLLOW_KEY, purpose=Use.KEY, subject=form)
    receipt = access.secret_for(key=settings.DOLEANCE_FOLLOW_KEY, purpose=Use.RECEIPT, subject=form)
    return Made(
        reference=complaint.reference,
        url=url_of(complaint),
        received_at=complaint.received_at,
        registered_at=complaint.registered_at,
        follow=Follow(
            address=f"{settings.DOLEANCE_URL}{reverse('portal_follow')}",
            key=access.written_key(key),
            receipt=f"{settings.DOLEANCE_URL}{reverse('portal_receipt_kept', args=[receipt])}",
        ),
    )


@router.get(
    "",
    response={200: Rows, **ERRORS},
    url_name="api_complaints",
    operation_id="listComplaints",
    summary=gettext_noop("Lister les dossiers"),
    description=gettext_noop(
        "Les derniers reçus d’abord, par pages. Les filtres s’ajoutent. Un filtre inconnu est refusé."
    ),
)
def listed(
    request: HttpRequest,
    state: list[State] = Query([], max_length=len(State)),
    open: Flag | None = Query(None, description=gettext_noop("Oui : ceux qui ne sont pas terminés.")),  # noqa: A002
    late: Flag | None = Query(None, description=gettext_noop("Oui : ceux dont une échéance est passée.")),
    category: str | None = Query(None, max_length=64, description=gettext_noop("Une branche ou une feuille.")),
    received_from: Moment | None = Query(None),
    received_before: Moment | None = Query(None),
    cursor: str | None = Query(None, max_length=cursors.LONGEST),
    limit: int = Query(PAGE, ge=1, le=LONGEST_PAGE),
) -> Rows:
    """A page of the files of this key."""
    known = caller(request, Scope.READ)
    only(request, "state", "open", "late", "category", "received_from", "received_before", "cursor", "limit")
    asked = Asked(
        states=tuple(state),
        is_open=open,
        is_late=late,
        category=(category or "").replace("\x00", ""),
        received_from=received_from,
        received_before=received_before,
    )
    found = programs.files(actor=known.actor, asked=asked, after=cursors.read(cursor), size=limit, at=now())
    shown, more = found[:limit], found[limit:]
    page = Rows(
        items=[Row(**_row(one)) for one in shown],
        next=cursors.write(shown[-1].received_at, shown[-1].pk) if more else None,
    )
    viewed(known, "complaints")
    return page


@router.get(
    "/{reference}",
    response={200: File, **ERRORS},
    url_name="api_complaint",
    operation_id="readComplaint",
    summary=gettext_noop("Lire un dossier"),
    description=gettext_noop(
        "Le dossier, ses gens, ses griefs. L’issue d’un grief y est une fois la réponse partie. Chaque lecture est "
        "inscrite au journal, au nom de votre clé."
    ),
)
def read(request: HttpRequest, reference: str) -> File:
    """One file."""
    known = caller(request, Scope.READ)
    complaint = found(known.actor, reference)
    file = _file(programs.file(complaint))
    viewed_file(known, complaint)
    return file


def found(actor: Actor, reference: str) -> Complaint:
    """The file of that reference, when this program may read it. Raises Http404."""
    wanted = reference.strip().upper()
    complaint = complaints.find(reference=wanted, actor=actor) if ids.is_reference(wanted) else None
    if complaint is None:
        raise Http404
    return complaint


def url_of(complaint: Complaint) -> str:
    """Where the API shows a file."""
    return f"{settings.DOLEANCE_URL}{reverse('api_complaint', args=[complaint.reference])}"


def _row(complaint: Complaint) -> dict[str, Any]:
    same = ("reference", "title", "is_safety", "received_at", "registered_at", "next_due_at", "answered_at")
    told: dict[str, Any] = {name: getattr(complaint, name) for name in (*same, "closed_at", "version")}
    return told | {
        "url": url_of(complaint),
        "state": State(complaint.state),
        "waiting_on": Waiting(complaint.waiting_on),
        "team": Named(id=complaint.team.pk, name=complaint.team.name),
    }


def _file(shown: Shown) -> File:
    complaint = shown.complaint
    status = complaints.known_status(complaint)
    is_told = complaint.answered_at is not None
    return File(
        **_row(complaint),
        language=complaint.language,
        sent_at=complaint.sent_at,
        complainant=_person(complaint.party, shown.ways, status),
        representative=_person(complaint.representative, shown.speaks_by),
        capacity=complaint.capacity,
        grievances=[_grievance(one, is_told=is_told) for one in shown.grievances],
    )


def _person(party: Party | None, ways: Sequence[Address], status: PartyStatus | None = None) -> Person | None:
    if party is None:
        return None
    return Person(
        name=party.name,
        title=party.title,
        status=status or PartyStatus(party.status),
        language=party.language,
        ways=[
            Way(
                channel=AddressChannel(way.channel),
                value=way.value,
                is_verified=way.verified,
                is_invalid=way.invalid_at is not None,
            )
            for way in ways
        ],
    )


def _grievance(one: files.Grievance, *, is_told: bool) -> Grievance:
    return Grievance(
        number=one.number,
        title=one.title,
        category=one.category_id,
        state=GrievanceState(one.state),
        expected=one.expected,
        wanted=one.wanted,
        facts=one.facts,
        outcome=Outcome(one.outcome) if one.outcome and is_told else None,
    )
