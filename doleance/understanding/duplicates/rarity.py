"""How much a word tells one matter from another: what all complaints say tells nothing, a name or a model much. Pure.

A word is known by its stem, in which what text recognition and hurried hands confuse falls together.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable
from functools import cache
from importlib import resources

from doleance.kernel.text import fold

FILE = "stems.txt"
_SIGNS = 6  # of a stem: « livraison » and « livraisons », « annulé » and « annulée »
_LEAST = 3  # examples that say a word before it counts as a common one
_WORD = re.compile(r"[^\W_]+")
_TWICE = re.compile(r"(.)\1")
# « Os1o », « Iettre », « rnachine »: signs that look alike are one.
_ALIKE = str.maketrans({"0": "o", "1": "l", "i": "l"})
_CONFUSED = "rn", "m"
# What examples of one sentence leave out and whole messages hold: greetings, whoever is spoken of, days and months.
_SAID_BY_ALL = """
bonjour bonsoir rebonjour madame monsieur messieurs mesdames mademoiselle mme mlle mrs cordialement salutations merci
veuillez agreer expression sentiments respectueux distingues objet appel message mail courriel courrier lettre note
son ses leur leurs lui elle elles ils eux celui celle ceux cet cette ces mon mes ton tes notre nos votre vos mien tien
pere mere mari femme epouse epoux fils fille frere soeur parents grand petit petite cousin cousine ami amie voisin
voisine client cliente
janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre lundi mardi mercredi jeudi
vendredi samedi dimanche matin midi soir hier aujourd demain an annee mois semaine
hello dear hi sir madam regards sincerely thanks thank yours his her hers its their theirs them she him who whom whose
husband wife son daughter father mother brother sister friend neighbour customer
january february march april may june july august september october november december monday tuesday wednesday
thursday friday saturday sunday morning evening yesterday today tomorrow
"""
TELLING = 0.5  # from this rarity on, a word says something of the matter


def stem(word: str) -> str:
    """The first letters of a folded word, confusions apart.

    >>> stem("poussettes") == stem("pousette")
    True
    """
    plain = word.replace(*_CONFUSED).translate(_ALIKE)
    return _TWICE.sub(r"\1", plain)[:_SIGNS]


def stems(text: str) -> set[str]:
    """The stems of the words of a text, those of one or two letters and bare numbers apart."""
    return {stem(word) for word in _WORD.findall(fold(text)) if len(word) > 2 and not word.isdigit()}


def rarity(one: str) -> float:
    """From 0 (everybody says it) to 1 (no example does)."""
    texts, seen = _counted()
    return 1 - math.log(1 + seen.get(one, 0)) / math.log(1 + texts)


@cache
def _counted() -> tuple[int, dict[str, int]]:
    """How many examples there are, and how many of them say each stem."""
    head, *lines = (resources.files(__package__) / FILE).read_text("utf-8").splitlines()
    pairs = (line.split() for line in lines)
    always = dict.fromkeys(map(stem, _SAID_BY_ALL.split()), int(head))
    return int(head), {one: int(times) for one, times in pairs} | always


def counted(texts: Iterable[str]) -> str:
    """The file of some texts: their number, then each stem that several say and in how many it is."""
    seen: Counter[str] = Counter()
    count = 0
    for text in texts:
        seen.update(stems(text))
        count += 1
    kept = sorted((one, times) for one, times in seen.items() if times >= _LEAST)
    return "".join([f"{count}\n", *(f"{one} {times}\n" for one, times in kept)])
