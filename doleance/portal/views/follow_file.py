"""One's own file: where it stands, what was understood, what may be added, corrected, withdrawn, contested."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext, gettext_noop, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from doleance.audit import actions as audit
from doleance.complaints.actions import corrections
from doleance.complaints.models import Complaint
from doleance.desk.queries import follow as desk
from doleance.intake.actions import additions
from doleance.intake.actions.additions import Given
from doleance.kernel import clock, languages
from doleance.kernel.errors import Refusal
from doleance.kernel.ids import uuid7
from doleance.portal import visits
from doleance.portal.forms.follow import AddForm, ContestForm, OnceForm, PointForm, WithdrawForm
from doleance.portal.views.follow import REFUSED, page, sentence
from doleance.resolution import actions as resolution

P = ParamSpec("P")
_ENDED = gettext_noop("Votre visite est terminée. Entrez à nouveau pour la reprendre.")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def visited(view: Callable[Concatenate[HttpRequest, Complaint, P], HttpResponse]) -> View[P]:
    """Give a page the file that this browser visits; without a visit, the door."""

    @login_not_required
    @never_cache
    @wraps(view)
    def run(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        complaint = visits.complaint_of(request, at=clock.now())
        if complaint is None:
            messages.info(request, gettext(_ENDED))
            return redirect("portal_follow")
        return view(request, complaint, *args, **kwargs)

    return cast(View[P], run)


def _shown(
    request: HttpRequest, complaint: Complaint, name: str, told: dict[str, Any], status: int = 200
) -> HttpResponse:
    """A page of the file, once it is built written in the visitor's own stream."""
    response = page(
        request, name, {"entity": complaint.entity, "reference": complaint.reference} | told, status=status
    )
    audit.viewed(reader=visits.actor_of(complaint).id, what=complaint.journal_stream, at=clock.now())
    return response


@visited
@require_safe
def dossier(request: HttpRequest, complaint: Complaint) -> HttpResponse:
    """`/suivi/dossier/`: the next event, and the thread."""
    followed = desk.followed(
        complaint=complaint,
        tongue=languages.reader(),
        at=clock.now(),
        is_proved=visits.proves_mailbox(request),
    )
    return _shown(request, complaint, "dossier", {"followed": followed, "understood": _understood(followed)})


def _understood(followed: desk.Followed) -> str:
    """The way to « Ce que nous avons compris », and how much of it waits for a yes."""
    if not followed.unconfirmed:
        told = ngettext(
            "Ce que nous avons compris : %(count)d point, confirmé par vous",
            "Ce que nous avons compris : %(count)d points, confirmés par vous",
            followed.points,
        )
    elif followed.unconfirmed < followed.points:
        told = ngettext(
            "Ce que nous avons compris : %(count)d point, dont %(left)d à relire",
            "Ce que nous avons compris : %(count)d points, dont %(left)d à relire",
            followed.points,
        )
    else:
        told = ngettext(
            "Ce que nous avons compris : %(count)d point, à relire",
            "Ce que nous avons compris : %(count)d points, à relire",
            followed.points,
        )
    return told % {"count": followed.points, "left": followed.unconfirmed}


@visited
@require_safe
def points(request: HttpRequest, complaint: Complaint) -> HttpResponse:
    """`/suivi/dossier/points/`: « Ce que nous avons compris »."""
    rows = desk.points(complaint=complaint, tongue=languages.reader())
    return _shown(request, complaint, "points", {"points": rows})


@visited
@require_http_methods(["GET", "HEAD", "POST"])
def correct(request: HttpRequest, complaint: Complaint, number: int) -> HttpResponse:
    """`/suivi/dossier/points/<n>/`: one point, said otherwise."""
    rows = desk.points(complaint=complaint, tongue=languages.reader())
    row = next((one for one in rows if one.number == number), None)
    if row is None:
        raise Http404
    form = PointForm(_sent(request), details=row.details, initial={"once": uuid7()})

    def do() -> str:
        changed = {one.code: form.points()[one.code] for one in row.details if form.points()[one.code] != one.text}
        additions.correct(
            complaint=complaint,
            number=number,
            points=changed,
            once=form.identifier(),
            by=visits.actor_of(complaint),
            at=clock.now(),
        )
        return gettext("C’est noté. Votre correction est gardée à côté de ce que nous avions compris.")

    told = {"form": form, "point": row, "details": [(form[one.code], one) for one in row.details]}
    return _asked(request, complaint, form, "point", told, do, "portal_follow_points")


@visited
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, complaint: Complaint, number: int) -> HttpResponse:
    """`/suivi/dossier/points/<n>/oui/`: one point is well understood, in one tap."""
    if request.method == "POST":
        try:
            corrections.confirm(complaint=complaint, number=number, by=visits.actor_of(complaint), at=clock.now())
            messages.success(request, gettext("Merci, c’est noté\u00a0: nous l’avons bien compris."))
        except Refusal as refusal:
            messages.info(request, sentence(refusal))
    return redirect(f"{reverse('portal_follow_points')}#point-{number}")  # where the finger was


@visited
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest, complaint: Complaint) -> HttpResponse:
    """`/suivi/dossier/ajouter/`: words and files."""
    form = AddForm(_sent(request), request.FILES or None, initial={"once": uuid7()})

    def do() -> str:
        additions.add(
            complaint=complaint,
            text=form.cleaned_data["text"],
            files=[_given(one) for one in form.cleaned_data["files"] or []],
            once=form.identifier(),
            by=visits.actor_of(complaint),
            at=clock.now(),
        )
        return gettext("C’est ajouté à votre dossier. Une personne le lit.")

    return _asked(request, complaint, form, "add", {"form": form}, do)


@visited
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest, complaint: Complaint) -> HttpResponse:
    """`/suivi/dossier/retirer/`: a reason, or none."""
    form = WithdrawForm(_sent(request), initial={"once": uuid7()})

    def do() -> str:
        resolution.withdraw(
            complaint=complaint,
            reason=form.cleaned_data["reason"],
            by=visits.actor_of(complaint),
            at=clock.now(),
        )
        return gettext("Votre réclamation est retirée.")

    return _asked(request, complaint, form, "withdraw", {"form": form}, do)


@visited
@require_http_methods(["GET", "HEAD", "POST"])
def contest(request: HttpRequest, complaint: Complaint) -> HttpResponse:
    """`/suivi/dossier/second-examen/`: what does not suit in the answer; another person takes it up."""
    form = ContestForm(_sent(request), initial={"once": uuid7()})

    def do() -> str:
        resolution.contest(
            complaint=complaint,
            reason=form.cleaned_data["reason"],
            by=visits.actor_of(complaint),
            at=clock.now(),
        )
        return gettext("Un second examen est ouvert. Tout votre dossier est repris.")

    followed = desk.followed(complaint=complaint, tongue=languages.reader(), at=clock.now())
    if request.method != "POST" and not followed.may_contest:
        messages.info(request, gettext("Un second examen se demande quand notre réponse est partie."))
        return redirect("portal_follow_file")
    return _asked(request, complaint, form, "contest", {"form": form, "followed": followed}, do)


def _sent(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else None


def _given(one: "UploadedFile[bytes]") -> Given:
    return Given(name=one.name or "", data=one.read())


def _asked(
    request: HttpRequest,
    complaint: Complaint,
    form: OnceForm,
    name: str,
    told: dict[str, Any],
    do: Callable[[], str],
    after: str = "portal_follow_file",
) -> HttpResponse:
    """A form shown, done, or refused with all that was typed."""
    if request.method != "POST":
        return _shown(request, complaint, name, told)
    message = ""
    if form.is_valid():
        try:
            messages.success(request, do())
        except Refusal as refusal:
            message = sentence(refusal)
        else:
            return redirect(after)
    return _shown(request, complaint, name, told | {"message": message}, status=REFUSED)
