"""Settings: which packs new files follow, each told in full: how binding it is, how sure we are, what it asks."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext

from doleance.accounts import actions, queries
from doleance.accounts.rules import Permission
from doleance.complainants.rules import MEDIATOR_BLOCKS
from doleance.deadlines.rules import words
from doleance.kernel import languages
from doleance.kernel.clock import day_in, now
from doleance.kernel.errors import Refusal
from doleance.kernel.tongue import Tongue
from doleance.packs import loader
from doleance.packs.rules import Certainty, Letter, Nature, Pack, replaced_by
from doleance.staff import pages
from doleance.staff.forms.packs import PacksForm
from doleance.staff.views.setup import frame

TEMPLATE = "staff/setup/packs.html"


@dataclass(frozen=True, slots=True)
class Duty:
    """One duty of a pack in words: « Réponse au plus tard », « 2 mois », « première réclamation écrite »."""

    name: str
    length: str
    start: str
    why: str


@dataclass(frozen=True, slots=True)
class Block:
    """What some letters must hold under a pack: the blocks of one refusal, or of any answer."""

    labels: Sequence[str]
    letters: Sequence[Letter]
    if_refused: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One pack as the page shows it. `under` is the ticked pack that takes its place."""

    code: str
    label: str
    nature: Nature
    certainty: Certainty
    sources: Sequence[str]
    duties: Sequence[Duty]
    blocks: Sequence[Block]
    is_chosen: bool
    replaces: Sequence[str]
    under: str


@pages.allowed(Permission.SETTINGS)
def packs(request: HttpRequest) -> HttpResponse:
    """The packs that may be followed today, and which of them new files follow."""
    at, entity = now(), queries.entity()
    known = loader.usable(day_in(at, entity.time_zone))
    typed = request.POST if request.method == "POST" else None
    chosen = entity.packs if typed is None else typed.getlist("packs")
    form = PacksForm(typed, known=known)
    rows = [_row(pack, known, chosen, languages.reader()) for pack in known]
    owing = [] if entity.mediator.strip() else _naming(known, entity.packs)
    context = frame(request, "packs", form=form, rows=rows, owing=owing)
    if typed is None:
        return pages.page(request, TEMPLATE, context)
    if not form.is_valid():
        return pages.page(request, TEMPLATE, context, status=pages.REFUSED)
    try:
        actions.choose_packs(entity=entity, packs=form.cleaned_data["packs"], by=pages.actor_of(request), at=at)
    except Refusal as refusal:
        return pages.refused(request, TEMPLATE, context, refusal, field="packs")
    said = gettext("Référentiels enregistrés : ils valent pour les dossiers qui s’ouvrent désormais.")
    messages.success(request, said)
    return redirect("setup_packs")


def _naming(known: Sequence[Pack], chosen: Collection[str]) -> list[str]:
    """The followed packs that want a mediator named in a letter; one that another takes the place of wants nothing."""
    followed = [one for one in known if one.code in chosen]
    return [
        one.code
        for one in followed
        if not replaced_by(one, followed) and any(must.code in MEDIATOR_BLOCKS for must in one.must)
    ]


def _row(pack: Pack, known: Sequence[Pack], chosen: Collection[str], tongue: Tongue) -> Row:
    followed = [one for one in known if one.code in chosen]
    return Row(
        code=pack.code,
        label=tongue.translate(pack.label),
        nature=pack.nature,
        certainty=pack.certainty,
        sources=pack.source,
        duties=[
            Duty(
                name=tongue.translate(rule.kind.label),
                length=words.length(rule.term, tongue),
                start=tongue.translate(rule.start.label),
                why=tongue.translate(rule.why),
            )
            for rule in pack.clocks
        ],
        blocks=_blocks(pack, tongue),
        is_chosen=pack.code in chosen,
        replaces=sorted(pack.replaces),
        under=replaced_by(pack, followed) if pack.code in chosen else "",
    )


def _blocks(pack: Pack, tongue: Tongue) -> list[Block]:
    found: dict[tuple[frozenset[Letter], bool], list[str]] = {}
    for must in pack.must:
        found.setdefault((must.letters, must.if_refused), []).append(tongue.translate(must.label))
    return [
        Block(labels, [one for one in Letter if one in letters], if_refused)
        for (letters, if_refused), labels in found.items()
    ]
