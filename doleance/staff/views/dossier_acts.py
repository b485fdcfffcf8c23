"""What one does on a file: each view is one form and one action. Refused, the same page keeps what was typed."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from doleance.accounts.models import Team, User
from doleance.complainants import actions as complainants
from doleance.complainants.rules import AddressChannel, AddressKnown
from doleance.complaints import queries as complaint_queries
from doleance.complaints.actions import access, grievances
from doleance.complaints.actions import dossiers as complaints
from doleance.complaints.models import Complaint, Exchange, Grievance
from doleance.complaints.rules import Outcome
from doleance.kernel.clock import now
from doleance.kernel.errors import NotAllowed, Refusal
from doleance.notifications import queries as notification_queries
from doleance.notifications.actions import deciding as notifications
from doleance.notifications.models import Notice
from doleance.notifications.rules import Decision, NoticeState, Purpose, Way
from doleance.resolution import actions as resolution
from doleance.resolution import queries as resolution_queries
from doleance.staff import nav, pages
from doleance.staff.forms.dossier import NoteForm, ReplyForm, TakeForm
from doleance.staff.views import outbox
from doleance.staff.views.dossier import (
    TEMPLATE,
    Opened,
    Shown,
    address,
    context_of,
    form_of,
    found,
    grievance_of,
    refused,
    viewed,
)

post = require_http_methods(["GET", "POST"])
Do = Callable[[Complaint, dict[str, Any], dict[str, Any]], object]


def act(request: HttpRequest, reference: str, name: str, do: Do, *, anchor: str = "", said: str = "") -> HttpResponse:
    """Run one action with what a form of the file says; `name` is how the form is opened in place.

    `do` is given the file, the form's data, and who acts when. Who comes by the address alone is shown the form.
    """
    complaint = found(request, reference)
    if request.method != "POST":
        return redirect(address(request, complaint, ouvrir=name))
    form = form_of(name, complaint, data=request.POST)
    return run(request, complaint, Opened(name, form), do, anchor=anchor, said=said)


def run(
    request: HttpRequest, complaint: Complaint, opened: Opened, do: Do, *, anchor: str = "", said: str = ""
) -> HttpResponse:
    """Do what the opened form asks, then the page again; refused, the page with what was typed."""
    if not opened.form.is_valid():
        return refused(request, complaint, Shown(opened=opened))
    data = opened.form.cleaned_data
    try:
        do(complaint, data, {"by": pages.actor_of(request), "at": now()})
    except Refusal as refusal:
        if outbox.is_here(request):
            return outbox.refused(request, refusal)
        return refused(request, complaint, Shown(opened=opened, refusal=refusal, since=data.get("since")))
    if said:
        messages.success(request, said)
    return redirect("outbox") if outbox.is_here(request) else _back(request, complaint, anchor)


def _back(request: HttpRequest, complaint: Complaint, anchor: str = "", **more: str) -> HttpResponse:
    """The page again; the list when the file is no longer this person's to read."""
    mine = complaint_queries.find(reference=complaint.reference, actor=pages.actor_of(request))
    return redirect(address(request, complaint, anchor, **more)) if mine else redirect("dossiers")


@post
@pages.allowed(*nav.FILES)
def rename(request: HttpRequest, reference: str) -> HttpResponse:
    """Give the file a title of ours."""

    def do(complaint: Complaint, data: dict[str, Any], who: dict[str, Any]) -> object:
        return complaints.rename(complaint=complaint, title=data["title"], seen=data["seen"], **who)

    return act(request, reference, "titre", do)


@post
@pages.allowed(*nav.FILES)
def assign(request: HttpRequest, reference: str) -> HttpResponse:
    """Give the file to a team and a person."""
    complaint = found(request, reference)
    if request.method != "POST":
        return redirect(address(request, complaint, ouvrir="responsable"))
    form = form_of("responsable", complaint, data=request.POST)

    def do(complaint: Complaint, data: dict[str, Any], who: dict[str, Any]) -> object:
        team_id, _, owner_id = data["to"].partition(":")
        team = Team.objects.get(pk=team_id)
        owner = User.objects.get(pk=owner_id) if owner_id else None
        return complaints.assign(complaint=complaint, owner=owner, team=team, seen=data["seen"], **who)

    said = gettext("Le dossier %(reference)s est confié.") % {"reference": complaint.reference}
    return run(request, complaint, Opened("responsable", form), do, said=said)


@post
@pages.allowed(*nav.FILES)
def withdraw(request: HttpRequest, reference: str) -> HttpResponse:
    """Note that the complainant withdrew."""

    def do(complaint: Complaint, data: dict[str, Any], who: dict[str, Any]) -> object:
        return resolution.withdraw(complaint=complaint, reason=data["reason"], seen=data["seen"], **who)

    return act(request, reference, "retirer", do)


@post
@pages.allowed(*nav.FILES)
def reopen(request: HttpRequest, reference: str) -> HttpResponse:
    """Bring a settled file back to work."""

    def do(complaint: Complaint, data: dict[str, Any], who: dict[str, Any]) -> object:
        return resolution.reopen(complaint=complaint, reason=data["reason"], seen=data["seen"], **who)

    return act(request, reference, "rouvrir", do)


@post
@pages.allowed(*nav.FILES)
def close(request: HttpRequest, reference: str) -> HttpResponse:
    """Close the file; what the checklist lacks asks for a reason."""

    def do(complaint: Complaint, data: dict[str, Any], who: dict[str, Any]) -> object:
        return resolution.close(complaint=complaint, reason=data["reason"], seen=data["seen"], **who)

    return act(request, reference, "clore", do)


@post
@pages.allowed(*nav.FILES)
def revoke(request: HttpRequest, reference: str) -> HttpResponse:
    """Close every link and the key by which the file is followed, and the visits they opened."""

    def do(complaint: Complaint, _: dict[str, Any], who: dict[str, Any]) -> object:
        closed = access.revoke(complaint=complaint, **who)
        said = (
            gettext("Les accès de suivi sont révoqués.") if closed else gettext("Aucun accès de suivi n’était ouvert.")
        )
        messages.success(request, said)
        return closed

    return act(request, reference, "acces", do)


@post
@pages.allowed(*nav.FILES)
def lesson(request: HttpRequest, reference: str) -> HttpResponse:
    """Say whether there is something to learn."""

    def do(complaint: Complaint, data: dict[str, Any], who: dict[str, Any]) -> object:
        is_one = data["lesson"] == "oui"
        return complaints.set_lesson(complaint=complaint, lesson=is_one, text=data["text"], seen=data["seen"], **who)

    return act(request, reference, "lecon", do, anchor="#cloture")


@post
@pages.allowed(*nav.FILES)
def add_grievance(request: HttpRequest, reference: str) -> HttpResponse:
    """Write down one thing complained of."""

    def do(complaint: Complaint, data: dict[str, Any], who: dict[str, Any]) -> object:
        exchange = Exchange.objects.filter(complaint=complaint, pk=data["exchange"]).first()
        told = {name: data[name] for name in ("title", "category", "quote", "wanted", "once")}
        return resolution.add_grievance(complaint=complaint, exchange=exchange, **told, **who)

    return act(request, reference, "grief", do, anchor="#griefs")


def _on_grievance(
    request: HttpRequest,
    reference: str,
    number: int,
    name: str,
    do: Callable[[Grievance, dict[str, Any], dict[str, Any]], object],
) -> HttpResponse:
    complaint = found(request, reference)
    grievance = grievance_of(complaint, str(number))
    if grievance is None:
        raise Http404
    if request.method != "POST":
        return redirect(address(request, complaint, f"#grief-{number}", ouvrir=name, grief=str(number)))
    opened = Opened(name, form_of(name, complaint, grievance, request.POST), grievance)
    return run(request, complaint, opened, lambda _, data, who: do(grievance, data, who), anchor=f"#grief-{number}")


@post
@pages.allowed(*nav.FILES)
def correct(request: HttpRequest, reference: str, number: int) -> HttpResponse:
    """Correct a grievance, or write its cause."""

    def do(grievance: Grievance, data: dict[str, Any], who: dict[str, Any]) -> object:
        told = {name: data[name] for name in ("title", "category", "wanted", "cause", "seen")}
        return grievances.change_grievance(grievance=grievance, **told, **who)

    return _on_grievance(request, reference, number, "corriger", do)


@post
@pages.allowed(*nav.FILES)
def decide(request: HttpRequest, reference: str, number: int) -> HttpResponse:
    """Write the finding on a grievance."""

    def do(grievance: Grievance, data: dict[str, Any], who: dict[str, Any]) -> object:
        told = {name: data[name] for name in ("reasons", "cause", "seen")}
        return resolution.decide(grievance=grievance, outcome=Outcome(data["outcome"]), **told, **who)

    return _on_grievance(request, reference, number, "decider", do)


@post
@pages.allowed(*nav.FILES)
def drop(request: HttpRequest, reference: str, number: int) -> HttpResponse:
    """Set a grievance aside."""

    def do(grievance: Grievance, data: dict[str, Any], who: dict[str, Any]) -> object:
        return resolution.drop(grievance=grievance, reason=data["reason"], seen=data["seen"], **who)

    return _on_grievance(request, reference, number, "ecarter", do)


def _press(request: HttpRequest, reference: str, do: Do, *, anchor: str = "") -> HttpResponse:
    """A button without a form to open: what it needs is what was on the screen."""
    complaint = found(request, reference)
    if request.method != "POST":
        return redirect(address(request, complaint))
    return run(request, complaint, Opened("", TakeForm(request.POST)), do, anchor=anchor)


@post
@pages.allowed(*nav.FILES)
def take(request: HttpRequest, reference: str) -> HttpResponse:
    """Become the one who answers for the file."""
    return _press(
        request, reference, lambda complaint, data, who: complaints.take(complaint=complaint, seen=data["seen"], **who)
    )


@post
@pages.allowed(*nav.FILES)
def wait(request: HttpRequest, reference: str) -> HttpResponse:
    """It is the complainant's turn."""
    return _press(
        request, reference, lambda complaint, data, who: resolution.wait(complaint=complaint, seen=data["seen"], **who)
    )


@post
@pages.allowed(*nav.FILES)
def resume(request: HttpRequest, reference: str) -> HttpResponse:
    """It is our turn again."""
    return _press(
        request,
        reference,
        lambda complaint, data, who: resolution.resume(complaint=complaint, seen=data["seen"], **who),
    )


@post
@pages.allowed(*nav.FILES)
def note(request: HttpRequest, reference: str) -> HttpResponse:
    """Write an internal note: it has no way out of the house."""
    complaint = found(request, reference)
    if request.method != "POST":
        return redirect(address(request, complaint, "#note"))
    form = NoteForm(request.POST)
    if not form.is_valid():
        return refused(request, complaint, Shown(note=form))
    told = {name: form.cleaned_data[name] for name in ("text", "once")}
    try:
        written = complaints.note(complaint=complaint, **told, by=pages.actor_of(request), at=now())
    except Refusal as refusal:
        return refused(request, complaint, Shown(note=form, refusal=refusal))
    return _back(request, complaint, f"#e{written.id}")


@post
@pages.allowed(*nav.FILES)
def reply(request: HttpRequest, reference: str) -> HttpResponse:
    """Write to the complainant: first read as it will leave, then sent, with fifteen seconds to take it back."""
    complaint = found(request, reference)
    if request.method != "POST":
        return redirect(address(request, complaint, "#reponse"))
    form = ReplyForm(request.POST)
    if not form.is_valid() or request.POST.get("faire") == "modifier":
        shown = Shown(reply=form)
        if form.is_valid():
            return _read(request, complaint, shown)
        return refused(request, complaint, shown)
    try:
        if request.POST.get("faire") == "envoyer":
            sent = _send(request, complaint, form)
            return _back(request, complaint, f"#d{sent.id}")
        told = {name: form.cleaned_data[name] for name in ("text", "seen")}
        postal = form.cleaned_data["postal"] if form.is_letter else None
        preview = resolution_queries.preview(
            complaint=complaint,
            purpose=form.purpose,
            postal=postal,
            on_page=form.chosen_way is Way.PAGE,
            at=now(),
            **told,
        )
    except Refusal as refusal:
        return refused(request, complaint, Shown(reply=form, refusal=refusal, since=form.cleaned_data["since"]))
    return _read(request, complaint, Shown(reply=form, preview=preview, since=form.cleaned_data["since"]))


def _read(request: HttpRequest, complaint: Complaint, shown: Shown) -> HttpResponse:
    """The page with the answer as it is being written; nothing has changed."""
    response = render(request, TEMPLATE, context_of(request, complaint, shown))
    viewed(request, complaint)
    return response


def _send(request: HttpRequest, complaint: Complaint, form: ReplyForm) -> Notice:
    acts = {Purpose.FINAL: resolution.answer, Purpose.HOLDING: resolution.put_off}
    act = acts.get(form.purpose, resolution.reply)
    told = {name: form.cleaned_data[name] for name in ("text", "seen", "once")}
    who: dict[str, Any] = {"by": pages.actor_of(request), "at": now()}
    if not form.is_letter:
        return act(complaint=complaint, way=form.chosen_way, **told, **who)
    notice = act(complaint=complaint, way=Way.POST, postal=form.cleaned_data["postal"], **told, **who)
    if complaint.party is not None:
        with suppress(AddressKnown, NotAllowed):  # what was typed for this letter serves the next one
            value = notice.to_postal
            complainants.add_address(party=complaint.party, channel=AddressChannel.POST, value=value, **who)
    return notice


def _notice(request: HttpRequest, reference: str, notice_id: UUID) -> tuple[Complaint, Notice]:
    complaint = found(request, reference)
    notice = notification_queries.find(notice_id, pages.actor_of(request))
    if notice is None or notice.complaint_id != complaint.pk:
        raise Http404
    return complaint, notice


def _on_notice(
    request: HttpRequest,
    reference: str,
    notice_id: UUID,
    do: Callable[[Notice, dict[str, Any]], object],
    *,
    said: str,
    **more: str,
) -> HttpResponse:
    """Do something to an outgoing mail, then the page where it was pressed; `said` there when it is Envois."""
    complaint, notice = _notice(request, reference, notice_id)
    if request.method != "POST":
        return redirect(address(request, complaint))
    try:
        do(notice, {"by": pages.actor_of(request), "at": now()})
    except Refusal as refusal:
        if outbox.is_here(request):
            return outbox.refused(request, refusal)
        return refused(request, complaint, Shown(refusal=refusal))
    if outbox.is_here(request):
        messages.success(request, said % {"reference": complaint.reference})
        return redirect("outbox")
    return _back(request, complaint, "#reponse" if more else f"#d{notice_id}", **more)


@post
@pages.allowed(*nav.FILES)
def retain(request: HttpRequest, reference: str, notice_id: UUID) -> HttpResponse:
    """Take a mail back before it leaves; its text is in the composer again."""
    return _on_notice(
        request,
        reference,
        notice_id,
        lambda notice, who: notifications.retain(notice=notice, **who),
        said=gettext("%(reference)s : l’envoi est retenu, son texte est dans le dossier."),
        brouillon=str(notice_id),
    )


@post
@pages.allowed(*nav.FILES)
def send_again(request: HttpRequest, reference: str, notice_id: UUID) -> HttpResponse:
    """Send a mail that surely did not leave, or that a person says must leave again."""

    def do(notice: Notice, who: dict[str, Any]) -> object:
        if notice.state == NoticeState.UNCERTAIN:
            return notifications.decide_uncertain(notice=notice, decision=Decision.SEND_AGAIN, **who)
        return notifications.send_again(notice=notice, **who)

    said = gettext("%(reference)s : l’envoi va repartir.")
    return _on_notice(request, reference, notice_id, do, said=said)


@post
@pages.allowed(*nav.FILES)
def say_left(request: HttpRequest, reference: str, notice_id: UUID) -> HttpResponse:
    """Say that a mail nobody is sure of did leave."""
    return _on_notice(
        request,
        reference,
        notice_id,
        lambda notice, who: notifications.decide_uncertain(notice=notice, decision=Decision.LEFT, **who),
        said=gettext("%(reference)s : l’envoi est noté comme parti."),
    )
