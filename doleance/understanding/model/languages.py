"""The language of a message, among the seven we read and any other that is plain; and whether there is doubt.

eld tells seven languages apart from three words on. What is too short for it ("ok merci", "refund pls", "PB facture")
is told by the words that customers use in one language only; where both are silent or quarrel there is doubt, and the
language of the mailbox or of the person serves better than a guess.
"""

import re
import threading
from dataclasses import dataclass
from functools import cached_property

from eld import LanguageDetector

from doleance.kernel.text import fold

SEVEN = ("fr", "en", "de", "es", "it", "nl", "pt")
UNKNOWN = "und"
# Signs that are looked at: a language shows early, and time must not follow a hostile length.
_LOOKED_AT = 2_000
# A language outside of the seven needs that many words, and that much more score than the best of the seven.
_OTHER_WORDS, _OTHER_LEAD = 6, 1.25
# Letters without which nothing is told.
_LETTERS = re.compile(r"[^\W\d_]")
_WORD = re.compile(r"[^\W\d_]+")
# Addresses, references and what is quoted from machines say nothing of the language.
_NOISE = re.compile(r"\S+@\S+|https?://\S+|www\.\S+|\b\w*\d\w*\b")

# Words of short messages that one of the seven has and the others have not (folded: no accents).
_WORDS = {
    "fr": "merci bonjour bonsoir svp stp je j'ai vous votre vos nous pas une est c'est mon ma mes colis facture "
    "commande remboursement livraison toujours rien recu panne pb probleme chez avec pour depuis jamais quand "
    "suis ete etait aucune aucun reponse client reclamation resiliation cdt cordialement urgent encore marche plus "
    "voici mais donc tres trop deux fois ca sur dans les des et bjr slt honteux arnaque nul scandaleux voleurs",
    "en": "the is my your you please pls thanks thank refund order parcel not have has was been still never item "
    "money want it's i'm don't can't help broken bill delivery hello when where why this that with for and cancel "
    "late missing wrong complaint account charged twice received of are we our still nobody again",
    "de": "ich nicht bitte danke mein meine ihre ihr das der die und ist habe rechnung bestellung lieferung paket "
    "geld zuruck wo wann noch immer kein keine kaputt hallo mit fur seit kundigung erstattung sehr auf wurde",
    "es": "gracias hola mi pedido paquete factura no he recibido por favor reembolso donde cuando el los las una "
    "esta roto dinero todavia nunca quiero con para desde buenos dias tarde hace pero muy usted ustedes llegado",
    "it": "grazie buongiorno ciao il mio ordine pacco fattura rimborso non ho ricevuto per favore dove quando "
    "ancora mai rotto soldi voglio con gli della sono questo che e arrivato arrivata disdetta salve vorrei perche",
    "nl": "dank bedankt mijn pakket bestelling factuur niet ik heb geen nog steeds graag geld terug waar wanneer "
    "het een van met voor kapot ontvangen hallo alstublieft jullie u nooit klacht goedemorgen ben zijn wordt",
    "pt": "obrigado obrigada ola encomenda pedido fatura nao recebi por favor reembolso onde quando ainda nunca "
    "quero dinheiro meu minha com para desde bom dia voces partido chegou uma esta muito entrega estou foi",
}
_WEIGHT = 0.06  # of one such word, in eld’s scores: enough to settle what eld finds in a word or two


@dataclass(frozen=True, slots=True)
class Guess:
    """A language (ISO 639-1, or `und`), and whether it can be relied on."""

    language: str
    is_sure: bool


class Languages:
    """eld's tables, read at the first use (46 MB) by one thread."""

    def __init__(self) -> None:
        self._loading = threading.Lock()

    @cached_property
    def _detector(self) -> LanguageDetector:
        with self._loading:
            return LanguageDetector()

    def guess(self, text: str) -> Guess:
        """The likeliest language of a text, and whether there is doubt. Bears any text."""
        bare = _NOISE.sub(" ", text[:_LOOKED_AT])
        if len(_LETTERS.findall(bare)) < 3:
            return Guess(UNKNOWN, is_sure=False)
        scores = self._detector.detect(bare.lower()).scores()
        found = _WORD.findall(bare)
        other = _other(scores, len(found))
        return Guess(other, is_sure=True) if other else _among_seven(scores, fold(bare), len(found))


def _other(scores: dict[str, float], count: int) -> str:
    """A language outside of the seven that leads them all by far in a text long enough to tell; else nothing."""
    if count < _OTHER_WORDS or not scores:
        return ""
    best = max(scores, key=lambda language: (scores[language], language))
    nearest = max((scores.get(language, 0.0) for language in SEVEN), default=0.0)
    return best if best not in SEVEN and scores[best] > nearest * _OTHER_LEAD else ""


def _among_seven(scores: dict[str, float], folded: str, count: int) -> Guess:
    words = re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)?", folded)
    told = {language: sum(word in known for word in words) for language, known in _KNOWN.items()}
    share = 1 / max(len(words), 4)
    total = {language: scores.get(language, 0.0) + _WEIGHT * told[language] * share * 4 for language in SEVEN}
    first, second = sorted(SEVEN, key=lambda language: (-total[language], language))[:2]
    if total[first] <= 0:
        return Guess(UNKNOWN, is_sure=False)
    lead = total[first] - total[second]
    return Guess(first, is_sure=lead >= _lead_needed(count))


def _lead_needed(count: int) -> float:
    """How far ahead the first must be: the shorter, the further."""
    return 0.1 if count < 4 else 0.04


_KNOWN = {language: frozenset(words.split()) for language, words in _WORDS.items()}
