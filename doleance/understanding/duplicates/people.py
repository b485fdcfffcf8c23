"""Whether two names, two mail addresses or two numbers are one person's: nicknames, initials, typing errors. Pure."""

import re
from collections.abc import Collection, Sequence

from doleance.kernel.text import fold

# What stands before a name and is none.
_TITLES = frozenset(
    [
        "m",
        "mr",
        "mme",
        "mlle",
        "mm",
        "monsieur",
        "madame",
        "mademoiselle",
        "dr",
        "docteur",
        "maitre",
        "me",
        "mrs",
        "ms",
        "miss",
        "sir",
        "herr",
        "frau",
        "sr",
        "sra",
    ]
)
_PARTICLES = frozenset(
    [
        "de",
        "du",
        "des",
        "la",
        "le",
        "les",
        "d",
        "l",
        "el",
        "al",
        "von",
        "van",
        "der",
        "den",
        "ben",
        "bin",
        "di",
        "da",
        "dos",
        "do",
        "née",
        "nee",
    ]
)
# One line a given name: every form that people use for it. Names that are spoken alike are in one line too.
_GIVEN = """
alexandre alex sacha|alexandra alex sandra|alexis alex|anne annie anna|antoine tony|antonio tony toni
benjamin ben benji|benoit ben|bernadette nadette|bernard nanard|catherine cathy kathy katherine cath
caroline caro|cedric ced|charles charlie|christelle chris|christian chris|christine chris cricri
christophe chris|daniel dan danny|danielle dany|dominique dom|edouard ed eddy
elisabeth elizabeth babeth lisa liz beth eliza|emmanuel manu|emmanuelle manue manu|francois franck
francoise fanfan|frederic fred freddy|frederique fred|gabriel gaby gab|gabrielle gaby|genevieve ginette
gerard gege|gilbert gil|guillaume guigui will|gwenola gwen|gwenaelle gwen|helene lena|isabelle isa
jacqueline jackie|jacques jacky jack|jean john|jean-baptiste jb|jean-claude jc|jean-francois jeff jf
jean-louis jl|jean-luc jl|jean-marc jm|jean-marie jm|jean-michel jm jeanmi|jean-paul jp|jean-philippe jp
jean-pierre jp jeanpi|jennifer jenny jen|jeremy jeremie jerem|jerome jay|joseph joe jo|josephine jo josy
joel jo|julien juju|katherine kate katy kathy|laurence lolo|laurent lolo|ludovic ludo|madeleine mado
marguerite margot|marie mary maria|marie-christine maricri|marie-claude mc|marie-therese mt maite
marilyne maryline|mathieu matthieu mat matt|maxime max|maximilien max|michael mickael mike mick micha
michel mich|michele micheline mimi|mohamed mohammed muhammad momo|monique momo|nathalie nath nathy
nicolas nico nick|nicole nicky|olivier oliv|pascal pasca|patrice pat|patricia pat patou|patrick pat|paul paulo
philippe phil philou|pierre pierrot peter|raphael raph rafael|raymond ray|rebecca becky|rene renee|robert rob
bob bobby|roger roro|roland|samuel sam|samantha sam|sebastien seb sebastian|serge|severine sev|simon|simone
solange soso|sophie so|stephane steph|stephanie steph|suzanne suzy suzon|sylvain sylv|sylvie sylv|therese tess
theo theodore theophile|thierry titi|thomas tom tommy|valerie val valou|veronique vero|victor vic
victoria vicky|vincent vince|virginie virg|viviane vivi|william bill billy will|xavier xav|yann yannick yan
yves yvon|zoe
"""
_FORMS: dict[str, set[int]] = {}
for _place, _line in enumerate(one for row in _GIVEN.split("\n") for one in row.split("|") if one.strip()):
    for _form in _line.split():
        _FORMS.setdefault(_form, set()).add(_place)

_APART = re.compile(r"[^a-z0-9]+")
SAME, CLOSE, MAYBE, UNKNOWN, OTHER = 1.0, 0.8, 0.45, 0.0, -0.6
HOUSEHOLD = 0.3  # one family name, two given names


def words_of(name: str) -> tuple[str, ...]:
    """The words of a name that tell somebody: folded, without titles and particles. « M. Jean-Luc d’Hérault »."""
    found = [one for one in _APART.split(fold(name)) if one]
    return tuple(one for one in found if one not in _TITLES and one not in _PARTICLES and not one.isdigit())


def sounds(word: str) -> str:
    """A word as it is heard, roughly: doubled letters, mute endings and letters of one sound fall together.

    >>> sounds("delmotte") == sounds("delmote")
    True
    """
    heard = word
    for written, said in (("eau", "o"), ("au", "o"), ("ph", "f"), ("qu", "k"), ("ck", "k"), ("c", "k"), ("y", "i")):
        heard = heard.replace(written, said)
    heard = re.sub(r"(.)\1+", r"\1", heard.replace("h", "").replace("z", "s").replace("w", "v"))
    return re.sub(r"(?<=..)(e|es|t|d|s|x)+$", "", heard)


def distance(a: str, b: str, *, most: int = 2) -> int:
    """How many signs were left out, added, changed or swapped between two words; `most` + 1 for more."""
    if abs(len(a) - len(b)) > most:
        return most + 1
    before: Sequence[int] = []
    row: Sequence[int] = range(len(b) + 1)
    for i, sign in enumerate(a, start=1):
        fresh = [i]
        for j, other in enumerate(b, start=1):
            cost = min(row[j] + 1, fresh[j - 1] + 1, row[j - 1] + (sign != other))
            if i > 1 and j > 1 and sign == b[j - 2] and a[i - 2] == other:
                cost = min(cost, before[j - 2] + 1)
            fresh.append(cost)
        if min(fresh) > most:
            return most + 1
        before, row = row, fresh
    return min(row[-1], most + 1)


def _alike(a: str, b: str) -> float:
    """How far two words of names are one: 1 the same, less for a nickname, a spelling, an initial."""
    if a == b:
        return 1.0
    if _FORMS.get(a, set()) & _FORMS.get(b, set()):
        return 0.9
    short = min(len(a), len(b))
    if short >= 4 and (sounds(a) == sounds(b) or distance(a, b, most=1) <= 1):
        return 0.85
    if short >= 7 and distance(a, b) <= 2:
        return 0.8
    if short <= 2 and a[:1] == b[:1]:  # an initial
        return 0.6
    return 0.0


def same_name(a: str, b: str) -> float:
    """From 1 (one name) by 0 (nothing is known) to below (two people). Order, hyphens and a second family name tell
    nothing: « Moreau-Lacaze Cyprien » is « C. Moreau », and somebody may sign with the name they had before.
    """
    left, right = words_of(a), words_of(b)
    if not left or not right:
        return UNKNOWN
    joined, glued = "".join(sorted(left)), "".join(sorted(right))
    if joined == glued or "".join(left) == "".join(right):
        return SAME if len(left) > 1 else MAYBE + 0.15
    short, long = sorted((_joined_given(left), _joined_given(right)), key=len)
    pairs = [max((_alike(one, other) for other in long), default=0.0) for one in short]
    met = sum(one >= 0.6 for one in pairs)
    if met == len(short) and len(short) > 1:
        return SAME if min(pairs) >= 0.95 else CLOSE if min(pairs) >= 0.75 else MAYBE + 0.2
    if met == len(short):
        return MAYBE if len(short[0]) > 2 else UNKNOWN  # a family name, or a given name, alone
    # One word in common and another that differs: a household or, with a given name alone, somebody else.
    shared = {one for one, near in zip(short, pairs, strict=True) if near >= 0.6 and one not in _FORMS}
    return HOUSEHOLD if shared else OTHER if not met else 0.0


def _joined_given(words: tuple[str, ...]) -> tuple[str, ...]:
    """`jean luc` as one given name with its short forms, where it has any."""
    if len(words) > 2 and f"{words[0]}-{words[1]}" in _FORMS:
        return (f"{words[0]}-{words[1]}", *words[2:])
    return words


def same_mail(a: str, b: str) -> float:
    """1 for one address, .85 for one that was typed wrongly, .6 for one local part at two providers; else 0."""
    if a == b:
        return 1.0
    (local, _, house), (other, _, place) = a.rpartition("@"), b.rpartition("@")
    bare, plain = (re.sub(r"[._-]|\+.*", "", one) for one in (local, other))
    if not bare or not plain or len(bare) < 5:
        return 0.0
    is_near = distance(bare, plain, most=1) <= 1
    if is_near and (house == place or distance(house, place) <= 2):
        return 0.85
    return 0.6 if bare == plain else 0.0


def best_mail(left: Collection[str], right: Collection[str]) -> float:
    """The best likeness of two sets of mail addresses; 0 when one is empty."""
    return max((same_mail(a, b) for a in left for b in right), default=0.0)
