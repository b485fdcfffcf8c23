"""One file: its page, and the forms that open in place on it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from doleance.accounts import queries as accounts
from doleance.accounts.models import Team, User
from doleance.audit import actions as audit
from doleance.complainants import queries as complainants
from doleance.complainants.models import Address
from doleance.complainants.rules import AddressChannel
from doleance.complaints import queries as complaints
from doleance.complaints import questions
from doleance.complaints.models import Complaint, Grievance
from doleance.complaints.questions import Question
from doleance.deadlines import queries as deadlines
from doleance.desk.queries import dossier as desk
from doleance.desk.queries import worklist
from doleance.desk.queries.dossier import Dossier, GrievanceRow
from doleance.desk.queries.timeline import Show
from doleance.drafting import queries as drafting
from doleance.intake.actions.adopting import said as said_of
from doleance.kernel.clock import now
from doleance.kernel.errors import Refusal
from doleance.notifications import queries as notifications
from doleance.notifications.rules import FOR_PEOPLE, NoticeState, Purpose, Way
from doleance.resolution import queries as resolution
from doleance.resolution.queries import Preview
from doleance.resolution.rules import NextStep
from doleance.staff import deposited, nav, pages, pairs_told
from doleance.staff.forms.circle import CircleForm
from doleance.staff.forms.dossier import (
    AddressForm,
    CloseForm,
    CorrectForm,
    DecideForm,
    GrievanceForm,
    LessonForm,
    NoteForm,
    OwnerForm,
    PartyForm,
    PostalForm,
    ReasonForm,
    ReplyForm,
    RevokeForm,
    TitleForm,
)
from doleance.staff.forms.rules import RulesForm
from doleance.staff.forms.told import AskForm, StatusForm
from doleance.staff.listing import address_of, asked_in
from doleance.staff.rules_told import Told

TEMPLATE = "staff/dossier/page.html"
# What opens in place: on the file (beside its person), or on one of its grievances.
ON_PARTY = frozenset({"reclamant", "adresse", "postale", "statut"})
CIRCLE, OPEN_UP = "cercle", "lever"
ON_FILE = (
    frozenset({"titre", "responsable", "grief", "retirer", "rouvrir", "clore", "lecon", "acces", "regles"})
    | {CIRCLE, OPEN_UP}
    | ON_PARTY
)
ON_GRIEVANCE = frozenset({"corriger", "decider", "ecarter"})
_EMPTY_AT_FIRST: dict[str, type[forms.Form]] = {
    "clore": CloseForm,
    "acces": RevokeForm,
    "reclamant": PartyForm,
    "adresse": AddressForm,
    "postale": PostalForm,
}


@dataclass(frozen=True, slots=True)
class Opened:
    """The form that is open in place, and the grievance or the address it is about."""

    name: str
    form: forms.Form
    grievance: Grievance | None = None
    address: Address | None = None
    told: Told | None = None

    @property
    def is_on_file(self) -> bool:
        """Whether it takes the place of the next step."""
        return self.name in ON_FILE - {"grief", "lecon"} - ON_PARTY


@dataclass(frozen=True, slots=True)
class Shown:
    """What a page shows beside the file itself: what was typed, refused, or is to be read before it leaves."""

    opened: Opened | None = None
    note: NoteForm | None = None
    reply: ReplyForm | None = None
    preview: Preview | None = None
    refusal: Refusal | None = None
    since: int | None = None


def found(request: HttpRequest, reference: str) -> Complaint:
    """The file of that reference. One that somebody may not read answers as one that is not there."""
    complaint = complaints.find(reference=reference, actor=pages.actor_of(request))
    if complaint is None:
        raise Http404
    return complaint


def address(request: HttpRequest, complaint: Complaint, anchor: str = "", **more: str) -> str:
    """The address of the file's page, the list one came from kept."""
    keep = address_of(asked_in(request.GET), **more)
    return f"{reverse('dossier', args=[complaint.reference])}{keep}{anchor}"


def viewed(request: HttpRequest, complaint: Complaint, part: str = "") -> None:
    """Write in the reader's own stream that they saw this file, or one part of it; once the answer is built."""
    audit.viewed(reader=pages.actor_of(request).id, what=part or complaint.journal_stream, at=now())


@require_GET
@pages.allowed(*nav.FILES)
def dossier(request: HttpRequest, reference: str) -> HttpResponse:
    """The page of one file. Who looked is journalled."""
    complaint = found(request, reference)
    shown = Shown(opened=_opened(request, complaint), reply=_taken_back(request, complaint))
    response = render(request, TEMPLATE, context_of(request, complaint, shown))
    viewed(request, complaint)
    return response


def refused(request: HttpRequest, complaint: Complaint, shown: Shown) -> HttpResponse:
    """The same page with what is to be mended and all that was typed, status 422. Who looked is journalled."""
    context = context_of(request, complaint, shown)
    if shown.refusal is None:
        response = pages.page(request, TEMPLATE, context, status=pages.REFUSED)
    else:
        response = pages.refused(request, TEMPLATE, context, shown.refusal)
    viewed(request, complaint)
    return response


def context_of(request: HttpRequest, complaint: Complaint, shown: Shown) -> dict[str, Any]:
    """What the page is made of."""
    actor, at, asked = pages.actor_of(request), now(), asked_in(request.GET)
    told = request.GET.get("fil", "")
    show = Show(told) if told in set(Show) else Show.ALL
    file = desk.dossier(complaint=complaint, actor=actor, show=show, since=shown.since, at=at)
    said = said_of(complaint)
    return {
        "now": at,
        "file": file,
        "complaint": complaint,
        "zone": complaint.entity.time_zone,
        "is_mine": complaint.owner_id is not None and complaint.owner_id == actor.user_id,
        "place": worklist.neighbours(actor=actor, asked=asked, complaint=complaint, at=at),
        "show": show,
        "opened": shown.opened or Opened("", forms.Form()),
        "opened_address": str(shown.opened.address.pk) if shown.opened and shown.opened.address else "",
        "opened_number": _opened_number(shown.opened),
        "party_name": complaint.party.name if complaint.party else "",
        "preview": shown.preview,
        "typed": "note" if shown.note else "reply" if shown.reply else "",
        "note": shown.note or NoteForm(),
        "reply": shown.reply or ReplyForm(initial=_usual_reply(file, request.GET.get("voie", ""))),
        "grief": _grief_form(file, shown),
        "ask": _ask_form(file, shown),
        "preferred": AddressChannel(complaint.party.preferred)
        if complaint.party and complaint.party.preferred
        else None,
        "says": [step for step in file.thread if step.place in {"now", "ahead"}],
        "invitation_url": address(request, complaint, "#reponse", voie="invitation"),
        **_just_called(request, complaint),
        "said": said,
        "may_adopt": file.rights.handle and not file.is_over,
        "adoptable": sum(1 for one in said if one.is_adoptable),
        "like": pairs_told.of_file(complaint, actor),
        "drafting": drafting.of_file(complaint, actor=actor, at=at),
        "refused_words": pages.sentence(shown.refusal) if shown.refusal else "",
        "refused_code": shown.refusal.code if shown.refusal else "",
    } | _addresses(request, complaint, file)


def _just_called(request: HttpRequest, complaint: Complaint) -> dict[str, Any]:
    """What is said before hanging up; the way back is read out in the session that recorded the call, and no other."""
    is_over = request.GET.get("appel") == "fini"
    once = deposited.form_of(request, complaint) if is_over else None
    return {"aloud": is_over, "key_once": once, "spoken_key": deposited.key_of(once) if once else ""}


def _addresses(request: HttpRequest, complaint: Complaint, file: Dossier) -> dict[str, Any]:
    """Where the links of the page lead, the list one came from kept."""
    waiting = next((one for one in file.grievances if one.is_waiting), None)
    stuck = next((item for item in file.items if item.notice and item.notice.state in FOR_PEOPLE), None)
    return {
        "keep": address_of(asked_in(request.GET)),
        "plain": address(request, complaint),
        "plain_open": address(request, complaint, ouvrir="-")[:-1],
        "draft_url": address(request, complaint, brouillon="-")[:-1],
        "shows": [(one, address(request, complaint, fil="" if one is Show.ALL else one.value)) for one in Show],
        "undecided": waiting.number if waiting else 0,
        "undecided_url": _grievance_url(request, complaint, "decider", waiting),
        "causeless": next((one.number for one in file.grievances if one.outcome and not one.cause), 0),
        "stuck_anchor": f"#{stuck.anchor}" if stuck else "",
    }


def _grievance_url(request: HttpRequest, complaint: Complaint, name: str, one: GrievanceRow | None) -> str:
    if one is None:
        return ""
    return address(request, complaint, f"#grief-{one.number}", ouvrir=name, grief=str(one.number))


def _usual_reply(file: Dossier, wanted: str) -> dict[str, str]:
    """What the composer proposes: a letter when asked for; where no mail would arrive, a letter or their page."""
    is_to_page = file.has_page and not file.postal and wanted != "courrier"
    unmailed = Way.PAGE if is_to_page else Way.POST
    way = Way.EMAIL if file.answer.address and wanted != "courrier" else unmailed
    invited = {"text": resolution.invitation(file.complaint)} if wanted == "invitation" and file.wants_writing else {}
    return invited | {
        "kind": ReplyForm.FINAL if file.step in {NextStep.ANSWER, NextStep.BOUNCED} else ReplyForm.STEP,
        "way": way.value,
        "postal": file.postal or (file.complaint.party.name if file.complaint.party else ""),
    }


def _grief_form(file: Dossier, shown: Shown) -> GrievanceForm | None:
    """The form of the dialog, unless the same one is open in the page: one thing has one identifier."""
    if not file.rights.handle or file.is_settled or (shown.opened and shown.opened.name == "grief"):
        return None
    return GrievanceForm(categories=complaints.categories())


def _opened_number(opened: Opened | None) -> int:
    """The grievance whose form is open in its own place."""
    return opened.grievance.number if opened and opened.grievance and opened.name in ON_GRIEVANCE else 0


def _ask_form(file: Dossier, shown: Shown) -> AskForm | None:
    """The form of the question to ask next, with what was typed in it when it was refused."""
    if shown.opened is not None and isinstance(shown.opened.form, AskForm):
        return shown.opened.form
    return AskForm(question=file.ask.question) if file.ask and file.rights.handle else None


def _opened(request: HttpRequest, complaint: Complaint) -> Opened | None:
    """The form that the address asks to open."""
    name = request.GET.get("ouvrir", "")
    grievance = grievance_of(complaint, request.GET.get("grief", "")) if name in ON_GRIEVANCE else None
    if name not in ON_FILE and grievance is None:
        return None
    if name == "adresse":
        address = address_in(complaint, request.GET.get("adresse", ""))
        return Opened(name, AddressForm(initial={"value": address.value}), address=address) if address else None
    if name == "reclamant":
        other = desk.candidate(complaint, request.GET.get("qui", ""))
        told = {"name": other.name, "address": other.address} if other else {}
        return Opened(name, PartyForm(initial=told))
    return Opened(name, form_of(name, complaint, grievance), grievance)


def address_in(complaint: Complaint, pk: str) -> Address | None:
    """The way to reach the complainant of that identifier, as an address of a page writes it."""
    ways = complainants.addresses(complaint.party) if complaint.party else []
    return next((way for way in ways if str(way.pk) == pk), None)


def grievance_of(complaint: Complaint, number: str) -> Grievance | None:
    """The grievance of that number, as an address writes it."""
    if not number.isascii() or not number.isdigit():
        return None
    return next((one for one in complaints.grievances(complaint) if one.number == int(number)), None)


def form_of(
    name: str, complaint: Complaint, grievance: Grievance | None = None, data: Mapping[str, Any] | None = None
) -> forms.Form:
    """The form of that name for this file, filled with what is there, or with what was typed."""
    given: dict[str, Any] = {"data": data, "initial": {}}
    given["suffix"] = f"-{grievance.number}" if grievance else ""
    match name:
        case "titre":
            given["initial"] |= {"title": complaint.title}
            return TitleForm(**given)
        case "responsable" | "cercle":
            return _people_form(name, complaint, given)
        case "grief":
            return GrievanceForm(**given, categories=complaints.categories())
        case "lecon":
            known = {None: "", True: "oui", False: "non"}[complaint.lesson]
            given["initial"] |= {"lesson": known, "text": complaint.lesson_text}
            return LessonForm(**given)
        case "statut":
            given["initial"] |= StatusForm.told_of(complaint.party) if complaint.party else {}
            return StatusForm(**given)
        case "regles":
            given["initial"] |= {"packs": complaint.regimes}
            return RulesForm(**given, offered=deadlines.offered(complaint))
        case "clore" | "acces" | "reclamant" | "adresse" | "postale":
            return _EMPTY_AT_FIRST[name](**given)
    return _grievance_form(name, grievance, given)


def _people_form(name: str, complaint: Complaint, given: dict[str, Any]) -> forms.Form:
    """Who answers for the file, or who is in its circle."""
    if name == "responsable":
        given["initial"] |= {"to": f"{complaint.team_id}:{complaint.owner_id or ''}"}
        return OwnerForm(**given, teams=_assignable(complaint))
    named = complaints.circle(complaint)
    given["initial"] |= {"inside": [str(one.user_id) for one in named if one.is_inside]}
    given["initial"] |= {"concerned": [str(one.user_id) for one in named if not one.is_inside]}
    return CircleForm(**given, everybody=complaints.house_people())


def _assignable(complaint: Complaint) -> list[tuple[Team, list[User]]]:
    """To whom the file may be given: people of any team of its entity, or those of its circle."""
    if complaint.restricted_at is not None:
        return [(complaint.team, complaints.able(complaint))]
    return accounts.assignable(complaint.entity)


def _grievance_form(name: str, grievance: Grievance | None, given: dict[str, Any]) -> forms.Form:
    match name, grievance:
        case "corriger", Grievance():
            given["initial"] |= {column: getattr(grievance, column) for column in ("title", "wanted", "cause")}
            given["initial"] |= {"category": grievance.category_id}
            return CorrectForm(**given, categories=complaints.categories())
        case "decider", Grievance():
            given["initial"] |= {column: getattr(grievance, column) for column in ("outcome", "reasons", "cause")}
            return DecideForm(**given)
        case "demander", Grievance():
            return AskForm(**{**given, "suffix": ""}, question=_question_in(grievance, given["data"]))
    return ReasonForm(**given)


def _question_in(grievance: Grievance, data: Mapping[str, Any] | None) -> Question:
    """The question of its category that a form answers, its first one where it names none."""
    asked = questions.questions_of(grievance.category_id)
    if not asked:
        raise Http404
    wanted = (data or {}).get("code", "")
    return next((one for one in asked if one.code == wanted), asked[0])


def _taken_back(request: HttpRequest, complaint: Complaint) -> ReplyForm | None:
    """The answer that was retained, back in the composer."""
    try:
        pk = UUID(request.GET.get("brouillon", ""))
    except ValueError:
        return None
    notice = notifications.find(pk, pages.actor_of(request))
    if notice is None or notice.complaint_id != complaint.pk or notice.is_automatic:
        return None
    if notice.state != NoticeState.RETAINED:
        return None
    purpose = Purpose(notice.purpose)
    text = resolution.written(complaint, notice.text, purpose=purpose, at=now())
    kind = ReplyForm.kind_of(purpose)
    return ReplyForm(initial={"kind": kind, "text": text, "way": notice.way, "postal": notice.to_postal})
