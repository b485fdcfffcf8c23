"""Settings: what the machine proposes and what it was worth; whom each category goes to."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.formats import number_format
from django.utils.translation import gettext

from doleance.accounts import queries as accounts
from doleance.accounts.models import Team
from doleance.accounts.rules import Permission
from doleance.complaints import queries as complaints
from doleance.drafting import actions as drafting
from doleance.drafting import queries as drafting_queries
from doleance.kernel import languages
from doleance.kernel.clock import now
from doleance.kernel.errors import Refusal
from doleance.kernel.moments import month_of
from doleance.routing.actions import teams as routing
from doleance.routing.queries import teams as routing_queries
from doleance.staff import pages
from doleance.staff.forms.reading import PrecisionForm, TeamsForm
from doleance.staff.views.setup import done, frame
from doleance.understanding import actions, proposals, queries
from doleance.understanding.proposals import Fate, Figures, Judged
from doleance.understanding.rules import MessageKind

_MONTHS = 12  # of drift shown
_NONE = "–"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a table: shares as people read them."""

    label: str
    proposed: int
    wanted: int
    precision: str
    recall: str

    @classmethod
    def of(cls, one: Figures, label: str) -> "Line":
        """The line of some figures."""
        return cls(label, one.proposed, one.wanted, share(one.precision), share(one.recall))


@dataclass(frozen=True, slots=True)
class Confused:
    """How often one thing was read where people said another."""

    read: str
    said: str
    times: int


def share(thousandths: int | None) -> str:
    """« 95,3 % », or a dash where nothing was counted."""
    return _NONE if thousandths is None else f"{number_format(thousandths / 10, 1)}\u00a0%"


@pages.allowed(Permission.SETTINGS)
def reading(request: HttpRequest) -> HttpResponse:
    """« Ce que la machine propose »: its figures, from what people accepted, corrected and dropped here."""
    trust = queries.trust()
    form = PrecisionForm(request.POST or None, initial={"precision": trust.precision // 10})
    if request.method == "POST" and form.is_valid():
        actions.ask_precision(precision=form.cleaned_data["precision"] * 10, by=pages.actor_of(request), at=now())
        return done(request, gettext("Précision enregistrée, mesure refaite."), "setup_reading")
    if request.method == "POST" and "aide" in request.POST and drafting_queries.endpoint() is not None:
        is_on = request.POST["aide"] == "oui"
        drafting.choose(entity=accounts.entity(), is_on=is_on, by=pages.actor_of(request), at=now())
        told = gettext("Aide à la rédaction permise.") if is_on else gettext("Aide à la rédaction coupée.")
        return done(request, told, "setup_reading")
    judged = queries.judged()
    labels = {one.code: one.label for one in complaints.categories()}
    context = frame(
        request,
        "reading",
        form=form,
        trust=trust,
        gate=share(trust.gate),
        measured=share(trust.measured),
        asked=share(trust.precision),
        least=proposals.LEAST,
        is_on=settings.DOLEANCE_READING,
        fates=_fates(judged),
        whole=Line.of(proposals.whole(judged), gettext("Toutes les catégories")),
        branches=[Line.of(one, labels.get(one.code, one.code)) for one in proposals.figures(judged)],
        tongues=[Line.of(one, languages.named(one.code)) for one in proposals.by_language(judged)],
        months=_months(judged),
        confused=_confused(judged, labels),
        kinds=_kinds(),
        models=queries.models_seen()[:3],
        failures=queries.failures(),
        drafting=_drafting(),
    )
    status = pages.REFUSED if request.method == "POST" else 200
    return pages.page(request, "staff/setup/reading.html", context, status=status)


def _drafting() -> dict[str, object] | None:
    """The language model of the installation, and what came of its texts; nothing where there is none."""
    endpoint = drafting_queries.endpoint()
    if endpoint is None:
        return None
    entity = accounts.entity()
    tally = drafting_queries.tally(entity)
    return {
        "host": urlsplit(endpoint.url).hostname,
        "model": endpoint.model,
        "is_on": drafting_queries.is_on(entity),
        "tally": [(state, count) for state, count in tally.items() if count],
    }


def _fates(judged: Iterable[Judged]) -> list[tuple[Fate, int]]:
    fates = proposals.counted((one.fate, one.times) for one in judged)
    return [(fate, fates[fate]) for fate in Fate if fate is not Fate.WAITING]


def _months(judged: Sequence[Judged]) -> list[Line]:
    """What was proposed in each month, the latest first: what drifts shows here."""
    found: dict[date, list[Judged]] = {}
    for one in judged:
        found.setdefault(one.at.date().replace(day=1), []).append(one)
    latest = sorted(found, reverse=True)[:_MONTHS]
    tongue = languages.reader()
    return [Line.of(proposals.whole(found[month]), month_of(month, tongue)) for month in latest]


def _confused(judged: Sequence[Judged], labels: Mapping[str, str]) -> list[Confused]:
    """What is taken for what, the most frequent first."""
    dropped = gettext("rien, écarté")
    found = [
        Confused(labels.get(read, read), labels.get(said, said) or dropped, times)
        for (read, said), times in proposals.confusion(judged).items()
        if read != said
    ]
    return sorted(found, key=lambda one: (-one.times, one.read, one.said))


def _kinds() -> list[Confused]:
    tongue = languages.reader()
    found = [
        Confused(tongue.translate(MessageKind(read).label), tongue.translate(MessageKind(said).label), times)
        for (read, said), times in queries.kinds_judged().items()
    ]
    return sorted(found, key=lambda one: (-one.times, one.read, one.said))


@pages.allowed(Permission.SETTINGS)
def teams(request: HttpRequest) -> HttpResponse:
    """Whom the griefs of each category go to."""
    entity = accounts.entity()
    known = {team.pk: team for team in accounts.teams() if team.entity_id == entity.pk}
    initial = TeamsForm.told_of(dict(routing_queries.team_rules(entity)))
    given = request.POST if request.method == "POST" else None
    form = TeamsForm(given, initial=initial, categories=complaints.categories(), teams=list(known.values()))
    context = frame(request, "routing", form=form, branches=form.branches())
    if request.method != "POST":
        return pages.page(request, "staff/setup/routing.html", context)
    if not form.is_valid():
        return pages.page(request, "staff/setup/routing.html", context, status=pages.REFUSED)
    wanted: dict[str, Team] = {code: known[team] for code, team in form.wanted().items()}
    try:
        routing.settle_teams(entity=entity, wanted=wanted, by=pages.actor_of(request), at=now())
    except Refusal as refusal:
        return pages.refused(request, "staff/setup/routing.html", context, refusal)
    return done(request, gettext("Les équipes des catégories sont enregistrées."), "setup_routing")
