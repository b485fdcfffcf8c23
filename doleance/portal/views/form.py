"""The question pages: each is a form that posts and goes on, the draft on the server, nothing that needs a script."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views import csrf
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from doleance.accounts.models import Entity
from doleance.complaints import questions
from doleance.intake import drafts as kept_drafts
from doleance.intake import weighing
from doleance.intake.actions import drafts
from doleance.intake.deposits import DraftGone, DraftSent
from doleance.intake.models import Draft
from doleance.kernel import clock, languages
from doleance.kernel.errors import Refusal
from doleance.portal import drafts as device
from doleance.portal import entity as houses
from doleance.portal.devices import device_of
from doleance.portal.forms import pages, steps
from doleance.portal.forms.steps import BEHALF, FACTS, STORY, SUBJECT, SUMMARY, Answers, Page
from doleance.portal.origin import network_of
from doleance.portal.views.house import which

REFUSED = 422
RECEIPT = "portal_receipt"  # the page of the draft that this device sent
FORMS: dict[str, type[pages.PageForm]] = {
    "subject": pages.SubjectForm,
    "story": pages.StoryForm,
    "danger": pages.SeenForm,
    "wishes": pages.WishesForm,
    "contact": pages.ContactForm,
    "behalf": pages.BehalfForm,
}
HEADINGS = {
    "subject": _("Que s’est-il passé ?"),
    "story": _("Racontez"),
    "facts": _("Quelques précisions"),
    "danger": _("La sécurité d’abord"),
    "wishes": _("Qu’attendez-vous ?"),
    "contact": _("Comment vous joindre ?"),
    "behalf": _("Pour qui écrivez-vous ?"),
    "summary": _("Relisez, puis envoyez"),
}


def address_of(page: Page, *, mending: bool = False) -> str:
    """Where a page is; `mending` keeps that one comes from the summary and returns there."""
    return reverse(f"portal_form_{page.code}") + ("?retour=1" if mending and page is not SUMMARY else "")


def known_draft(request: HttpRequest) -> Draft | None:
    """The draft of this device, sent or not; nothing once its time is over."""
    return kept_drafts.draft(device.draft_id(request), at=clock.now())


def is_waiting(draft: Draft | None) -> bool:
    """Whether it was sent and waits its turn: nobody begins another over it, which would take it out of sight."""
    return draft is not None and draft.submitted_at is None and draft.pressed is not None


def is_sent(draft: Draft) -> bool:
    """Whether it is no longer one's to change: it was received, or it waits its turn."""
    return draft.submitted_at is not None or is_waiting(draft)


@login_not_required
@never_cache
@require_safe
def entry(request: HttpRequest) -> HttpResponse:
    """`/reclamer/`: the first question, or where one had stopped."""
    draft = known_draft(request)
    if is_waiting(draft):
        return redirect(address_of(SUMMARY))
    if draft is not None and not is_sent(draft) and draft.answers:
        told = {
            "entity": draft.entity,
            "heading": gettext("Vous aviez commencé une réclamation."),
            "at": draft.updated_at,
            "next": address_of(steps.first_open(draft.answers)),
        }
        return render(request, "portal/form/resume.html", told)
    return _first(request)


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def question(request: HttpRequest, code: str) -> HttpResponse:
    """One page: shown, or answered."""
    page, draft = steps.BY_CODE[code], known_draft(request)
    return _answered(request, page, draft) if request.method == "POST" else _asked(request, page, draft)


def _first(request: HttpRequest) -> HttpResponse:
    """The first question of a new complaint, once it is known to whom it goes. Nothing is written yet."""
    house = houses.entity_of(request)
    if house is None:
        return which(request)
    return show(request, SUBJECT, form_of(request, SUBJECT, {}), {}, entity=house)


def _asked(request: HttpRequest, page: Page, draft: Draft | None) -> HttpResponse:
    if is_waiting(draft):
        return redirect(address_of(SUMMARY))
    if draft is None or is_sent(draft):
        if page is SUBJECT:
            return _first(request)
        return lost(request) if draft is None else redirect(RECEIPT)
    ahead = steps.first_open(draft.answers)
    if page not in steps.met(draft.answers) or steps.PAGES.index(page) > steps.PAGES.index(ahead):
        return redirect(address_of(ahead))
    return show(request, page, form_of(request, page, draft.answers), draft.answers, draft=draft)


def lost(request: HttpRequest) -> HttpResponse:
    """A page of a form that this device does not hold: said plainly, with what to do."""
    told = {"heading": gettext("Vos réponses ne sont plus ici."), "entry": reverse("portal_form")}
    return render(request, "portal/form/lost.html", told, status=410)


def form_of(request: HttpRequest, page: Page, answers: Answers, data: Any = None) -> pages.PageForm:
    """The form of a page, filled with what was answered, or with what is being sent."""
    if page is not FACTS:
        return FORMS[page.code](data, initial=dict(answers.get(page.code, {})))
    branch = steps.branch_of(answers) or str((data or {}).get("branch", ""))
    facts = dict(steps.facts_of(answers))
    if not steps.is_answered(page, answers) and any(one.code == "device" for one in questions.questions_of(branch)):
        facts["device"] = device_of(request.headers.get("User-Agent", ""))
    return pages.FactsForm(data, branch=branch, facts=facts)


def show(
    request: HttpRequest,
    page: Page,
    form: pages.PageForm,
    answers: Answers,
    *,
    draft: Draft | None = None,
    entity: Entity | None = None,
    notice: str = "",
    status: int = 0,
) -> HttpResponse:
    """One page, blank or with what is to mend on it; `notice` says that its draft is not what it was."""
    mending = "retour" in (request.POST if request.method == "POST" else request.GET)
    behind = SUMMARY if mending else steps.before(page, answers)
    told = {
        "form": form,
        "page": page,
        "step": page.step,
        "steps": steps.STEPS,
        "heading": HEADINGS[page.code],
        "entity": entity or (draft.entity if draft else houses.entity_of(request)),
        "here": address_of(page),
        "back": address_of(behind) if behind and draft else "",
        "mending": mending,
        "claimed": str(draft.pk) if draft else "",
        "files": kept_drafts.files(draft) if draft and page in {STORY, BEHALF} else [],
        "notice": notice,
        "is_closed": notice in {"sent", "other"},
        "has_files": bool(request.FILES) if request.method == "POST" else False,
        "is_refused": bool(form.errors) and not notice,
        "receipt": reverse(RECEIPT),
        "entry": reverse("portal_form"),
        "language": languages.code(),
    }
    return render(request, f"portal/form/{page.code}.html", told, status=status or (REFUSED if form.errors else 200))


def _answered(request: HttpRequest, page: Page, draft: Draft | None) -> HttpResponse:
    claimed = request.POST.get("brouillon", "")
    current = draft if draft is not None and not is_sent(draft) else None
    if current is not None and claimed in {"", str(current.pk)}:
        return _kept(request, page, current)
    if is_waiting(draft) and page is SUBJECT:
        return redirect(address_of(SUMMARY))
    if (
        draft is not None
        and current is None
        and (is_waiting(draft) or (claimed == str(draft.pk) and page is not SUBJECT))
    ):
        return set_aside(request, page, "sent")
    if claimed and (current is not None or page is not SUBJECT):
        return set_aside(request, page, "other" if current is not None else "lost")
    return _kept(request, page, None)


def set_aside(request: HttpRequest, page: Page, notice: str, status: int = 409) -> HttpResponse:
    """What was typed, on its page still, when there is no draft of ours to put it in."""
    form = form_of(request, page, {}, request.POST)
    form.is_valid()
    form.errors.clear()
    return show(request, page, form, {}, notice=notice, status=status)


def _kept(request: HttpRequest, page: Page, draft: Draft | None) -> HttpResponse:
    """Keep what a page says and go on; what is to mend is shown on it, what could be read of it is kept."""
    stays = "joindre" in request.POST or "retirer" in request.POST
    form = form_of(request, page, draft.answers if draft else {}, request.POST)
    if stays and "text" in form.fields:
        form.fields["text"].required = False  # one who joins a file first has not told anything yet
    is_valid = form.is_valid()
    if draft is None and not is_valid:
        return show(request, page, form, {})
    draft = draft or begun(request)
    if draft is None:
        return _first(request)
    try:
        _join(request, page, form, draft)
        if is_valid:
            draft = _keep(request, page, form, draft)
    except (DraftGone, DraftSent) as refusal:
        return set_aside(request, page, "sent" if isinstance(refusal, DraftSent) else "lost")
    except Refusal as refusal:
        form.add_error(None, sentence(refusal))
    if form.errors:
        return device.remember(show(request, page, form, draft.answers, draft=draft), draft.pk)
    mending = "retour" in request.POST
    onward = page if stays else steps.after(page, draft.answers, mending=mending)
    return device.remember(redirect(address_of(onward, mending=mending) + ("#pieces" if stays else "")), draft.pk)


def begun(request: HttpRequest) -> Draft | None:
    """A new draft for the house of this request; nothing when it is not known which."""
    house, now = houses.entity_of(request), clock.now()
    if house is None:
        return None
    origin = weighing.mark_of_network(network_of(request), now)
    return drafts.begin(entity=house, language=languages.code(), origin=origin, at=now)


def _keep(request: HttpRequest, page: Page, form: pages.PageForm, draft: Draft) -> Draft:
    if request.POST.get(pages.TRAP):
        draft = drafts.keep(draft=draft, page="marks", answers={"trap": True}, at=clock.now())
    return drafts.keep(draft=draft, page=page.code, answers=form.kept(), at=clock.now())


def _join(request: HttpRequest, page: Page, form: pages.PageForm, draft: Draft) -> None:
    """Put the files that were sent with a page into its draft, and take off the one that is not wanted any more."""
    if page not in {STORY, BEHALF}:
        return
    for sent in request.FILES.getlist("files"):
        try:
            drafts.add_file(
                draft=draft,
                name=sent.name or "",
                media_type=sent.content_type or "",
                data=sent.read(),
                at=clock.now(),
            )
        except (DraftGone, DraftSent):
            raise
        except Refusal as refusal:
            form.add_error("files", sentence(refusal))
    if unwanted := _uuid(request.POST.get("retirer", "")):
        drafts.remove_file(draft=draft, file_id=unwanted, at=clock.now())


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


def sentence(refusal: Refusal) -> str:
    """A refusal in the reader's language, its facts filled in."""
    return gettext(refusal.sentence).format(**refusal.facts)


def without_token(request: HttpRequest, reason: str = "") -> HttpResponse:
    """What a page answers when its cookies are gone: nothing was done, and what was typed is on the page still."""
    match = request.resolver_match
    if match is None or match.func is not question or match.kwargs["code"] == SUMMARY.code:
        return csrf.csrf_failure(request, reason=reason)
    claimed, draft, page = request.POST.get("brouillon"), known_draft(request), steps.BY_CODE[match.kwargs["code"]]
    if draft is not None and not is_sent(draft) and claimed == str(draft.pk):
        form = form_of(request, page, draft.answers, request.POST)
        form.is_valid()
        form.errors.clear()
        return show(request, page, form, draft.answers, draft=draft, notice="again", status=403)
    return set_aside(request, page, "lost" if claimed else "cookies", status=403)
