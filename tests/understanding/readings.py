"""Readings as a test wants them, and a child that gives them in the place of the one that loads a model."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from doleance.understanding.process.child import ReadingFailed
from doleance.understanding.rules import (
    Amount,
    Incoming,
    MessageKind,
    Proposed,
    Reading,
    Signal,
    SignalCode,
    Urgency,
    WantedRemedy,
)

MODEL = "essai+1"
LETTER = (
    "Bonjour,\n\nMa commande C-88412 n’est toujours pas arrivée. Par ailleurs, vous m’avez facturé 186,00 € "
    "au lieu de 86,00 €. Enfin, votre conseiller m’a raccroché au nez.\n\nHélène Durand"
)
LATE, FEE, RUDE = (
    "Ma commande C-88412 n’est toujours pas arrivée.",
    "vous m’avez facturé 186,00 € au lieu de 86,00 €.",
    "votre conseiller m’a raccroché au nez.",
)
TOP3: Mapping[str, Sequence[tuple[str, float]]] = {
    "delivery": (("delivery", 0.82), ("product", 0.11), ("other", 0.04)),
    "billing": (("billing", 0.61), ("customer_service", 0.3), ("other", 0.05)),
    "customer_service": (("customer_service", 0.55), ("digital", 0.32), ("other", 0.06)),
}


def proposed(text: str, quote: str, code: str, **changes: Any) -> Proposed:
    """A grief read in a text, by the code of its category."""
    start = text.find(quote)
    category, _, sub = code.partition(".")
    top3 = tuple(TOP3.get(category, ((category, 0.7), ("other", 0.2))))
    found = Proposed(start, start + len(quote), quote, category, sub, top3, top3[0][1])
    return replace(found, **changes)


def reading(text: str = LETTER, *grievances: Proposed, **changes: Any) -> Reading:
    """What a model read of a text; by default the letter with its three requests."""
    default = (
        proposed(LETTER, LATE, "delivery.late", wanted=(WantedRemedy.EXPLANATION,)),
        proposed(LETTER, FEE, "billing.wrong_amount", wanted=(WantedRemedy.REFUND, WantedRemedy.APOLOGY)),
        proposed(LETTER, RUDE, "customer_service.impolite"),
    )
    told = Reading(
        language="fr",
        kind=MessageKind.COMPLAINT,
        clean_text=text.removesuffix("\n\nHélène Durand"),
        grievances=grievances or (default if text == LETTER else ()),
        order_refs=("C88412",),
        amounts=(Amount("186.00", "EUR"),),
        dates=(),
        urgency=Urgency.HIGH,
        signals=(Signal(SignalCode.REPEATED_CONTACT, "toujours pas", text.find("toujours pas")),),
        model=MODEL,
    )
    return replace(told, **changes)


class Child:
    """Answers in the place of the limited child, and remembers what it was asked. `answer` may be a failure."""

    def __init__(self, answer: Reading | ReadingFailed) -> None:
        self.answer = answer
        self.asked: list[Incoming] = []

    def read(self, message: Incoming, *, language: str = "") -> Reading:
        self.asked.append(message)
        if isinstance(self.answer, ReadingFailed):
            raise self.answer
        return self.answer
