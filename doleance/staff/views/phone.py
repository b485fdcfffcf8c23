"""Téléphone: a call written down while one talks, in the order of a conversation, as a complaint."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from doleance.accounts import queries as accounts
from doleance.accounts.models import Team
from doleance.accounts.rules import Permission
from doleance.complainants.rules import AddressChannel
from doleance.complaints import queries as complaints
from doleance.complaints.models import Complaint
from doleance.desk.queries import callers
from doleance.intake.actions import deposits
from doleance.intake.deposits import DepositWay
from doleance.kernel import languages
from doleance.kernel.clock import now
from doleance.kernel.errors import Refusal
from doleance.kernel.moments import long_day
from doleance.staff import deposited, pages
from doleance.staff.forms.deposit import CallForm, FactsForm, branch_in, field_of_refusal

TEMPLATE = "staff/deposit/phone.html"
LOOK, ASK = "chercher", "questions"  # what is pressed while one talks: nothing is checked yet


@dataclass(frozen=True, slots=True)
class Call:
    """What the page of one call is made of: its form, the questions of its type if it has one, whose it will be."""

    form: CallForm
    facts: FactsForm | None
    teams: list[Team]

    def is_valid(self) -> bool:
        """Whether all of it reads. Each part is looked at, so that all that is to be mended is said at once."""
        told = self.form.is_valid()
        return (self.facts is None or self.facts.is_valid()) and told

    def forgive(self) -> None:
        """Keep what was typed so far and reproach nothing: the call goes on."""
        self.is_valid()
        self.form.errors.clear()
        if self.facts is not None:
            self.facts.errors.clear()

    @property
    def team(self) -> Team:
        """Whose file it will be."""
        wanted = self.form.cleaned_data["team"]
        return next((team for team in self.teams if str(team.pk) == wanted), self.teams[0])


@never_cache
@require_http_methods(["GET", "POST"])
@pages.allowed(Permission.HANDLE)
def phone(request: HttpRequest) -> HttpResponse:
    """The page of a call; once recorded, its file, with what to say before hanging up."""
    call = _call(request)
    if request.method != "POST":
        return pages.page(request, TEMPLATE, _context(request, call))
    if request.POST.get("faire") in {LOOK, ASK}:
        call.forgive()
        return pages.page(request, TEMPLATE, _context(request, call))
    if not call.is_valid():
        return pages.page(request, TEMPLATE, _context(request, call), status=pages.REFUSED)
    try:
        complaint = _record(request, call)
    except Refusal as refusal:
        return pages.refused(request, TEMPLATE, _context(request, call), refusal, field=field_of_refusal(refusal))
    deposited.keep(request, once=call.form.cleaned_data["once"], complaint=complaint)
    return redirect(f"{reverse('dossier', args=[complaint.reference])}?appel=fini#main")


def _call(request: HttpRequest) -> Call:
    typed = request.POST if request.method == "POST" else None
    categories, teams = complaints.categories(), _teams(request)
    branch = branch_in(typed, categories) if typed is not None else ""
    return Call(
        form=CallForm(typed, categories=categories, teams=teams),
        facts=FactsForm(typed, branch=branch) if branch else None,
        teams=teams,
    )


def _teams(request: HttpRequest) -> list[Team]:
    """The teams of who answers the telephone; the house's own for somebody without one."""
    mine = pages.actor_of(request).teams
    return [team for team in accounts.teams() if team.pk in mine] or [accounts.default_team(accounts.entity())]


def _context(request: HttpRequest, call: Call) -> dict[str, Any]:
    form = call.form
    phone, email = (str(form[name].value() or "") for name in ("phone", "email"))
    return {
        "form": form,
        "facts": call.facts,
        "questions": call.facts.rows() if call.facts is not None else [],
        "is_typed": form.is_bound,
        "several_teams": len(call.teams) > 1,
        "is_looked_up": bool(phone.strip() or email.strip()),
        "known": callers.known(actor=pages.actor_of(request), phone=phone, email=email),
        "now": now(),
    }


def _record(request: HttpRequest, call: Call) -> Complaint:
    """The file of this call, with what was promised in it: both or neither, and once however often it is sent."""
    data, team, at = call.form.cleaned_data, call.team, now()
    return deposits.record(
        deposit=call.form.deposit(call.facts.facts() if call.facts is not None else {}),
        way=DepositWay.PHONE,
        entity=team.entity,
        team=team,
        received_at=at,
        once=data["once"],
        promise=_promise(data) if data["promise_on"] else "",
        by=pages.actor_of(request),
        at=at,
    )


def _promise(data: dict[str, Any]) -> str:
    """What was promised, as the note of the file says it."""
    day = long_day(data["promise_on"], languages.reader())
    told = {
        "day": day,
        "when": data["promise_when"],
        "way": gettext(AddressChannel(data["promise_way"]).label).lower(),
    }
    if told["when"]:
        return gettext("Contact promis pendant l’appel : %(day)s, %(when)s, par %(way)s.") % told
    return gettext("Contact promis pendant l’appel : %(day)s, par %(way)s.") % told
