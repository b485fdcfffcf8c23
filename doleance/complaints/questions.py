"""What must be asked about each type of complaint, what an answer may be, and what is still missing.

Pure: surfaces translate and draw. "Je ne sais pas" is an answer (`UNKNOWN`): what is known to be unknown is not asked
again (M06).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from doleance.kernel import text as texts
from doleance.kernel.errors import Refusal
from doleance.kernel.kinds import Kind, gettext_noop

UNKNOWN = "?"  # how "I do not know" is kept
_LONGEST = 2_000


class AnswerKind(Kind):
    """What shape an answer has, as it is kept: a text, `2026-11-12`, `186.00` (euros), the code of a choice."""

    TEXT = "text", "Texte"
    LONG = "long", "Texte long"
    DAY = "day", "Jour"
    MONEY = "money", "Montant"
    CHOICE = "choice", "Choix"


@dataclass(frozen=True, slots=True)
class Question:
    """One question of a type. `label` asks the complainant, `short` names the fact, `ask` is what an agent says."""

    code: str
    label: str
    short: str
    ask: str
    kind: AnswerKind = AnswerKind.TEXT
    hint: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    may_skip: bool = False  # an empty answer says nothing is missing


class FactUnreadable(Refusal):
    """An answer has not the shape that its question wants."""

    code = "fact_unreadable"
    sentence = "«\u00a0{value}\u00a0» ne se lit pas. {hint}"


_YES_NO = (("yes", gettext_noop("Oui")), ("no", gettext_noop("Non")))
_MONEY_HINT = gettext_noop("En euros, par exemple 186,00.")
_DAY_HINT = gettext_noop("Par exemple 12/11/2026.")

PRODUCT = (
    Question(
        "item",
        gettext_noop("Quel produit ou quel service\u202f?"),
        gettext_noop("Produit ou service"),
        gettext_noop("De quel produit ou service s’agit-il\u202f?"),
        hint=gettext_noop("Son nom, sa marque ou sa référence."),
    ),
    Question(
        "since",
        gettext_noop("Depuis quand\u202f?"),
        gettext_noop("Problème depuis"),
        gettext_noop("Depuis quand le problème existe-t-il\u202f?"),
        hint=gettext_noop("Un jour, un mois, ou «\u00a0depuis l’achat\u00a0»."),
    ),
    Question(
        "dangerous",
        gettext_noop("Est-ce dangereux pour quelqu’un\u202f?"),
        gettext_noop("Danger pour quelqu’un"),
        gettext_noop("Y a-t-il un danger pour quelqu’un\u202f?"),
        AnswerKind.CHOICE,
        choices=_YES_NO,
    ),
)
DELIVERY = (
    Question(
        "order",
        gettext_noop("Quel est le numéro de commande\u202f?"),
        gettext_noop("Commande"),
        gettext_noop("Avez-vous le numéro de commande\u202f?"),
        hint=gettext_noop("Il est sur la confirmation de commande."),
    ),
    Question(
        "promised",
        gettext_noop("Pour quel jour la livraison était-elle promise\u202f?"),
        gettext_noop("Livraison promise"),
        gettext_noop("Quel jour de livraison vous avait-on promis\u202f?"),
        AnswerKind.DAY,
        _DAY_HINT,
    ),
    Question(
        "received",
        gettext_noop("L’avez-vous reçue\u202f?"),
        gettext_noop("Livraison reçue"),
        gettext_noop("La livraison est-elle arrivée, et dans quel état\u202f?"),
        AnswerKind.CHOICE,
        choices=(
            ("no", gettext_noop("Non, rien n’est arrivé")),
            ("partly", gettext_noop("En partie")),
            ("damaged", gettext_noop("Oui, mais abîmée")),
            ("wrong", gettext_noop("Oui, mais ce n’est pas ma commande")),
            ("yes", gettext_noop("Oui")),
        ),
    ),
    Question(
        "place",
        gettext_noop("Où devait-elle arriver\u202f?"),
        gettext_noop("Lieu de livraison"),
        gettext_noop("Où la livraison devait-elle arriver\u202f?"),
        hint=gettext_noop("Une adresse, un magasin ou un point de retrait."),
    ),
)
BILLING = (
    Question(
        "invoice",
        gettext_noop("Quel est le numéro de la facture ou du contrat\u202f?"),
        gettext_noop("Facture ou contrat"),
        gettext_noop("Avez-vous le numéro de la facture ou du contrat\u202f?"),
    ),
    Question(
        "charged",
        gettext_noop("Quel montant vous a-t-on demandé\u202f?"),
        gettext_noop("Montant facturé"),
        gettext_noop("Quel montant vous a-t-on facturé\u202f?"),
        AnswerKind.MONEY,
        _MONEY_HINT,
    ),
    Question(
        "expected",
        gettext_noop("Quel montant attendiez-vous\u202f?"),
        gettext_noop("Montant attendu"),
        gettext_noop("Quel montant attendiez-vous\u202f?"),
        AnswerKind.MONEY,
        _MONEY_HINT,
    ),
    Question(
        "paid",
        gettext_noop("L’avez-vous déjà payé\u202f?"),
        gettext_noop("Déjà payé"),
        gettext_noop("Ce montant est-il déjà payé\u202f?"),
        AnswerKind.CHOICE,
        choices=_YES_NO,
    ),
)
_WHEN = Question(
    "when",
    gettext_noop("Quel jour était-ce\u202f?"),
    gettext_noop("Jour"),
    gettext_noop("Quel jour était-ce\u202f?"),
    AnswerKind.DAY,
    _DAY_HINT,
)
SERVICE = (
    _WHEN,
    Question(
        "means",
        gettext_noop("Par quel moyen\u202f?"),
        gettext_noop("Par quel moyen"),
        gettext_noop("Cela s’est-il passé au téléphone, sur place ou par écrit\u202f?"),
        AnswerKind.CHOICE,
        choices=(
            ("phone", gettext_noop("Au téléphone")),
            ("place", gettext_noop("Sur place")),
            ("writing", gettext_noop("Par écrit")),
            ("home", gettext_noop("Chez vous")),
        ),
    ),
    Question(
        "whom",
        gettext_noop("Avec qui (facultatif)\u202f?"),
        gettext_noop("Avec qui"),
        gettext_noop("Savez-vous avec qui\u202f?"),
        may_skip=True,
    ),
    Question(
        "said",
        gettext_noop("Qu’est-ce qui a été dit ou fait\u202f?"),
        gettext_noop("Dit ou fait"),
        gettext_noop("Qu’est-ce qui a été dit ou fait\u202f?"),
        AnswerKind.LONG,
    ),
)
DIGITAL = (
    Question(
        "page",
        gettext_noop("Quelle page ou quel écran\u202f?"),
        gettext_noop("Page ou écran"),
        gettext_noop("Sur quelle page ou quel écran étiez-vous\u202f?"),
    ),
    Question(
        "action",
        gettext_noop("Que faisiez-vous\u202f?"),
        gettext_noop("Action en cours"),
        gettext_noop("Que faisiez-vous à ce moment\u202f?"),
    ),
    Question(
        "device",
        gettext_noop("Sur quel appareil\u202f?"),
        gettext_noop("Appareil"),
        gettext_noop("Sur quel appareil\u202f?"),
        hint=gettext_noop("Rempli d’après votre navigateur. Corrigez-le, ou effacez-le."),
    ),
    Question(
        "error",
        gettext_noop("Quel message s’est affiché (facultatif)\u202f?"),
        gettext_noop("Message affiché"),
        gettext_noop("Un message s’est-il affiché\u202f?"),
        may_skip=True,
    ),
)
OTHER = (
    Question(
        "where",
        gettext_noop("Où l’avez-vous vu ou vécu\u202f?"),
        gettext_noop("Où"),
        gettext_noop("Où l’avez-vous vu ou vécu\u202f?"),
    ),
    _WHEN,
)

# By branch of the taxonomy (domain.md, "Structured questions by type").
QUESTIONS = MappingProxyType(
    {
        "product": PRODUCT,
        "delivery": DELIVERY,
        "billing": BILLING,
        "customer_service": SERVICE,
        "digital": DIGITAL,
        "other": OTHER,
    }
)


def questions_of(category: str) -> tuple[Question, ...]:
    """The questions of a category, by its branch: `delivery.late` asks those of `delivery`. None for others."""
    return QUESTIONS.get(category.partition(".")[0], ())


def missing(category: str, facts: Mapping[str, str]) -> tuple[Question, ...]:
    """What nobody asked yet, in the order of the form: neither answered nor said to be unknown."""
    return tuple(one for one in questions_of(category) if not one.may_skip and not facts.get(one.code, "").strip())


def answered(category: str, facts: Mapping[str, str]) -> tuple[tuple[Question, str], ...]:
    """What was answered, as it is kept, in the order of the form; "I do not know" is an answer."""
    return tuple((one, facts[one.code]) for one in questions_of(category) if facts.get(one.code, "").strip())


def accept(category: str, facts: Mapping[str, str]) -> dict[str, str]:
    """The answers to the questions of a category, read; without empty ones, and without what it does not ask.

    Raises FactUnreadable.
    """
    told = {one.code: read(one, facts[one.code]) for one in questions_of(category) if one.code in facts}
    return {code: value for code, value in told.items() if value}


def read(question: Question, text: str) -> str:
    """An answer as it is kept: trimmed, a day as `2026-11-12`, an amount as `186.00`. Empty stays empty.

    Raises FactUnreadable.
    """
    said = texts.normalise(text).strip()[:_LONGEST].strip()
    if not said or said == UNKNOWN:
        return said
    match question.kind:
        case AnswerKind.DAY:
            return _day(question, said)
        case AnswerKind.MONEY:
            return _money(question, said)
        case AnswerKind.CHOICE:
            if said not in dict(question.choices):
                raise FactUnreadable(value=said[:80], hint="")
            return said
        case AnswerKind.TEXT:
            return " ".join(said.split())
        case _:
            return said


_FRENCH_DAY = re.compile(r"(\d{1,2})\s*[/.\- ]\s*(\d{1,2})\s*[/.\- ]\s*(\d{4})")
_AMOUNT = re.compile(r"(\d{1,9})(?:[.,](\d{1,2}))?")


def _day(question: Question, said: str) -> str:
    found = _FRENCH_DAY.fullmatch(said)
    try:
        if found:
            return date(int(found[3]), int(found[2]), int(found[1])).isoformat()
        return date.fromisoformat(said).isoformat()
    except ValueError as error:
        raise FactUnreadable(value=said[:80], hint=question.hint) from error


def _money(question: Question, said: str) -> str:
    bare = re.sub(r"[\s\u00a0\u202f]|€|euros?|EUR", "", said, flags=re.IGNORECASE)
    found = _AMOUNT.fullmatch(bare)
    if not found:
        raise FactUnreadable(value=said[:80], hint=question.hint)
    return f"{int(found[1])}.{(found[2] or '').ljust(2, '0')}"
