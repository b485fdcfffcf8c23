"""Settings: the public holidays of each place, and what a change does to open files, told before it is made."""

from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext, ngettext

from doleance.accounts import queries as accounts
from doleance.accounts.rules import Permission
from doleance.deadlines import actions, queries
from doleance.deadlines.queries import Effect
from doleance.deadlines.rules.calendar import UnknownCalendar, WorkCalendar
from doleance.kernel import languages
from doleance.kernel.clock import day_in, now
from doleance.kernel.errors import Refusal
from doleance.kernel.moments import long_day, short_day
from doleance.staff import pages
from doleance.staff.forms.calendars import ChosenForm, HolidayForm
from doleance.staff.views.setup import frame

TEMPLATE = "staff/setup/calendars.html"


@pages.allowed(Permission.SETTINGS)
def calendars(request: HttpRequest) -> HttpResponse:
    """The holidays of a year in a place; `jour` opens one of them, to rename it or to make it count again."""
    at = now()
    place, year = _chosen(request, at)
    if request.method == "POST":
        return _remove(request, place, year, at) if "retirer" in request.POST else _set(request, place, year, at)
    opened = _opened(request, place)
    form = HolidayForm(initial={"day": opened, "name": place.name(opened)} if opened else None)
    effect = queries.effect(calendar=place, day=opened, name="", at=at) if opened else None
    context = _context(request, place, year, at, form=form, opened=opened, told=_told(effect))
    return pages.page(request, TEMPLATE, context)


def _chosen(request: HttpRequest, at: datetime) -> tuple[WorkCalendar, int]:
    """The calendar and the year asked for; at first the company's own, this year."""
    entity = accounts.entity()
    try:
        place = queries.calendar(request.GET.get("calendrier") or entity.calendar)
    except UnknownCalendar as missing:
        raise Http404 from missing
    asked = request.GET.get("annee", "")
    year = int(asked) if asked.isdecimal() and len(asked) == 4 else day_in(at, entity.time_zone).year
    return place, min(max(year, place.first_year), place.last_year)


def _opened(request: HttpRequest, place: WorkCalendar) -> date | None:
    try:
        day = date.fromisoformat(request.GET.get("jour", ""))
    except ValueError:
        return None
    return day if day in place.names else None


def _set(request: HttpRequest, place: WorkCalendar, year: int, at: datetime) -> HttpResponse:
    """Add a day or rename one. A day that would move open files is saved once its effect has been read."""
    form = HolidayForm(request.POST)
    opened = _opened(request, place)
    context = _context(request, place, year, at, form=form, opened=opened)
    if not form.is_valid():
        return pages.page(request, TEMPLATE, context, status=pages.REFUSED)
    day, name = form.cleaned_data["day"], form.cleaned_data["name"]
    is_new = day not in place.names
    effect = queries.effect(calendar=place, day=day, name=name, at=at) if is_new else Effect()
    if effect.files and "confirmer" not in request.POST:
        return pages.page(request, TEMPLATE, context | {"told": _told(effect), "to_confirm": day})
    try:
        actions.set_holiday(calendar=place.code, day=day, name=name, by=pages.actor_of(request), at=at)
    except Refusal as refusal:
        field = "name" if refusal.code == "holiday_unnamed" else "day"
        return pages.refused(request, TEMPLATE, context, refusal, field=field)
    return _done(request, place, day.year, gettext("%(day)s ne compte pas.") % {"day": _said(day)}, effect)


def _remove(request: HttpRequest, place: WorkCalendar, year: int, at: datetime) -> HttpResponse:
    """Make a day count again. The page from which it is asked has told what that does."""
    opened = _opened(request, place)
    if opened is None:
        raise Http404
    effect = queries.effect(calendar=place, day=opened, name="", at=at)
    try:
        actions.remove_holiday(calendar=place.code, day=opened, by=pages.actor_of(request), at=at)
    except Refusal as refusal:
        context = _context(request, place, year, at, form=HolidayForm(), opened=opened)
        return pages.refused(request, TEMPLATE, context, refusal)
    return _done(request, place, year, gettext("%(day)s compte de nouveau.") % {"day": _said(opened)}, effect)


def _context(request: HttpRequest, place: WorkCalendar, year: int, at: datetime, **more: Any) -> dict[str, Any]:
    entity = accounts.entity()
    today = day_in(at, entity.time_zone)
    choices = queries.calendar_choices()
    return frame(
        request,
        "calendars",
        **{"told": {}, "to_confirm": None, "opened": None} | more,
        place=place,
        place_name=dict(choices)[place.code],
        is_ours=place.code == entity.calendar,
        zone=entity.time_zone.replace("_", " "),
        year=year,
        days=[(row.day, _said(row.day), row.name) for row in queries.days_of(place.code, year)],
        upcoming=next(((_briefly(day), place.name(day)) for day in place.days if day >= today), None),
        choose=ChosenForm(chosen=place, year=year, calendars=choices),
        here=_address(place, year),
    )


def _said(day: date) -> str:
    return long_day(day, languages.reader())


def _briefly(day: date) -> str:
    return short_day(day, languages.reader(), weekday=True)


def _address(place: WorkCalendar, year: int) -> str:
    return f"{reverse('setup_calendars')}?{urlencode({'calendrier': place.code, 'annee': year})}"


def _told(effect: Effect | None) -> dict[str, str]:
    """The effect of a change as two sentences and an example."""
    if effect is None:
        return {}
    tongue = languages.reader()
    said = {"files": _files(effect), "late": "", "example": ""}
    if effect.late:
        said["late"] = ngettext("%(n)s devient en retard", "%(n)s deviennent en retard", effect.late) % {
            "n": effect.late
        }
    if effect.example:
        before, after = (short_day(day, tongue) for day in effect.example)
        said["example"] = f"{before} → {after}"
    return said


def _files(effect: Effect) -> str:
    if not effect.files:
        return gettext("Aucun dossier ouvert ne change d’échéance")
    return ngettext(
        "%(n)s dossier ouvert change d’échéance", "%(n)s dossiers ouverts changent d’échéance", effect.files
    ) % {"n": effect.files}


def _done(request: HttpRequest, place: WorkCalendar, year: int, sentence: str, effect: Effect) -> HttpResponse:
    messages.success(request, f"{sentence[:1].upper()}{sentence[1:]} {_files(effect)}.")
    return redirect(_address(place, year))
