"""What other rules would do to a file's deadlines, in the reader's words, before anybody confirms."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext

from doleance.deadlines.rules.clocks import Running
from doleance.deadlines.rules.following import Change, Fresh
from doleance.kernel import languages
from doleance.kernel.moments import short_day


@dataclass(frozen=True, slots=True)
class Line:
    """One deadline and what becomes of it: « Disparaît », « Réponse au plus tard, 22 déc. 2026 (EU-GDPR) »."""

    fate: str
    words: str
    is_late: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """The effect, summed up in a title, then deadline by deadline. `is_bare`: nothing would be due any more."""

    title: str
    lines: tuple[Line, ...]
    is_bare: bool


def told(change: Change, known: Iterable[Running], at: datetime) -> Told:
    """What the confirmation shows: what moves, appears and goes; what stays past, and what was done already.

    A deadline that ends while one of the same kind opens has moved.
    """
    opened = [one for one in change.starts if one.met_at is None]
    moved: list[tuple[Running, Fresh]] = []
    for old in change.ends:
        taken = [new for _, new in moved]
        same = (new for new in opened if new.opening.kind is old.kind and new not in taken)
        moved += [(old, new) for new in [next(same, None)] if new is not None]
    before, after = [old for old, _ in moved], [new for _, new in moved]
    lines = [
        *(_moves(old, new, at) for old, new in moved),
        *(_appears(one, at) for one in opened if one not in after),
        *(_goes(one, at) for one in change.ends if one not in before),
        *(Line(gettext("Reste, dépassée"), _said(one), is_late=True) for one in change.stays),
        *(_met(one) for one in change.starts if one.met_at is not None),
    ]
    ended = {one.id for one in change.ends}
    left = [one for one in known if one.is_open and one.id not in ended]
    changes = bool(change.ends or opened)
    title = gettext("Ce que deviennent les échéances") if changes else gettext("Aucune échéance ne change")
    return Told(title, tuple(lines), is_bare=not left and not opened)


def _moves(old: Running, new: Fresh, at: datetime) -> Line:
    before, after = _place(old.due.due_on, old.opening.pack), _place(new.due.due_on, new.opening.pack)
    fate = gettext("Change de date") if new.due.due_at != old.due.due_at else gettext("Même date, autre règle")
    return Line(fate, f"{_duty(new)}, {before} → {after}", is_late=new.due.due_at <= at)


def _appears(one: Fresh, at: datetime) -> Line:
    is_late = one.due.due_at <= at
    fate = gettext("Apparaît, déjà dépassée") if is_late else gettext("Apparaît")
    return Line(fate, f"{_duty(one)}, {_place(one.due.due_on, one.opening.pack)}", is_late)


def _goes(one: Running, at: datetime) -> Line:
    return Line(gettext("Disparaît, déjà dépassée") if one.due.due_at <= at else gettext("Disparaît"), _said(one))


def _met(one: Fresh) -> Line:
    return Line(gettext("Déjà tenue"), f"{_duty(one)}, {_place(one.due.due_on, one.opening.pack)}")


def _said(one: Running) -> str:
    return f"{gettext(one.kind.label)}, {_place(one.due.due_on, one.opening.pack)}"


def _duty(one: Fresh) -> str:
    return gettext(one.opening.kind.label)


def _place(day: date, pack: str) -> str:
    return f"{short_day(day, languages.reader())} ({pack})"
