"""What a receipt and the page of a file say to its complainant in the same words. Nothing internal comes through."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from doleance.complainants.rules import AddressChannel, Recourse
from doleance.complaints import access
from doleance.complaints.questions import UNKNOWN, AnswerKind, Question
from doleance.kernel import amounts, clock
from doleance.kernel.kinds import gettext_noop
from doleance.kernel.moments import hour, long_day
from doleance.kernel.tongue import Tongue
from doleance.notifications.telling import Promises

_REACHED = {
    AddressChannel.EMAIL: gettext_noop("Nous vous répondons par courriel, à {value}."),
    AddressChannel.PHONE: gettext_noop(
        "Nous vous répondons par téléphone, au {value}. Notre réponse reste aussi écrite dans votre suivi."
    ),
    AddressChannel.POST: gettext_noop("Nous vous répondons par courrier, à l’adresse que vous avez donnée."),
}
# Asking us again, on the page of the file and from elsewhere.
CALL_AGAIN_HERE = gettext_noop("{late}, relancez-nous ici.")
CALL_AGAIN_THERE = gettext_noop("{late}, relancez-nous depuis la page de suivi.")
_MASKS = {AddressChannel.EMAIL: access.masked_email, AddressChannel.PHONE: access.masked_phone}


def reached(known: Mapping[AddressChannel, str], preferred: AddressChannel | None, tongue: Tongue) -> str:
    """How an answer comes: by the way that is preferred, else the first one `known`, masked; empty without any."""
    order = [preferred] if preferred else []
    chosen = next((one for one in [*order, *AddressChannel] if one in known), None)
    if chosen is None:
        return ""
    mask = _MASKS.get(chosen)
    return tongue.say(_REACHED[chosen], value=mask(known[chosen]) if mask else "")


def moment_of(moment: datetime, zone: str, tongue: Tongue) -> str:
    """A day in full and its hour, at the house's place."""
    return f"{long_day(clock.day_in(moment, zone), tongue)}, {hour(moment, zone, tongue)}"


def sentence(words: str) -> str:
    """Words as a sentence of their own."""
    return f"{words[:1].upper()}{words[1:]}."


def unanswered(
    promises: Promises,
    recourse: Recourse,
    tongue: Tongue,
    *,
    again: str,
    overdue: date | None = None,
    may_review: bool = True,
) -> str:
    """What one may do when our answer does not come, or does not suit: « Sans réponse le 12 janvier 2027… ».

    A second review is one of an answer: who has none yet turns to the mediator, or asks us `again` (CALL_AGAIN_HERE or
    CALL_AGAIN_THERE). `overdue` is the last day that was promised and is past, `may_review` that no review goes on.
    """
    late, say = _late(promises, overdue, tongue), tongue.say
    if recourse.mediator:
        if late:
            first = say(
                "{late}, ou si elle ne vous convient pas, vous pouvez saisir gratuitement le médiateur.", late=late
            )
        else:
            first = say("Si notre réponse ne vous convient pas, vous pouvez saisir gratuitement le médiateur.")
        second = say("Un second examen se demande aussi, une fois que nous avons répondu.")
    else:
        first = say(again, late=late) if late else ""
        second = say(
            "Si notre réponse ne vous convient pas, vous pouvez demander un second examen, que mène une autre "
            "personne quand la maison en compte une."
        )
    return " ".join(filter(None, (first, second if may_review else "")))


def _late(promises: Promises, overdue: date | None, tongue: Tongue) -> str:
    """Since when, or from when, an answer is late; empty when no day is promised any more."""
    if overdue is not None:
        return tongue.say("Sans réponse depuis le {day}", day=long_day(overdue, tongue))
    if promises.final is not None:
        return tongue.say("Sans réponse le {day} au plus tard", day=long_day(promises.final.day, tongue))
    return ""


def answer(question: Question | None, value: str, tongue: Tongue) -> str:
    """An answer as one reads it: « Je ne sais pas », « jeudi 12 novembre 2026 », « 186,00 € », a choice's words.

    One to no question of ours stays as it is.
    """
    if question is None or not value:
        return value
    if value == UNKNOWN:
        return tongue.say("Je ne sais pas")
    if question.kind is AnswerKind.CHOICE:
        found = dict(question.choices).get(value)
        return tongue.translate(found) if found else value
    if question.kind is AnswerKind.DAY:
        return long_day(date.fromisoformat(value), tongue)
    if question.kind is AnswerKind.MONEY:
        return amounts.money(Decimal(value), tongue)
    return value
