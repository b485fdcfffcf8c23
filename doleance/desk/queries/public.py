"""What a receipt and the page of a file say to its complainant in the same words. Nothing internal comes through."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from doleance.complainants.rules import AddressChannel
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


def unanswered(promises: Promises, tongue: Tongue) -> str:
    """The condition under which somebody turns elsewhere: « Sans réponse le 12 janvier 2027 au plus tard, ou… »."""
    if promises.final is None:
        return tongue.say("Si notre réponse ne vous convient pas")
    day = long_day(promises.final.day, tongue)
    return tongue.say("Sans réponse le {day} au plus tard, ou si elle ne vous convient pas", day=day)


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
