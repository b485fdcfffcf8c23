"""The same message as others would type it: the permanent perturbations under which a reading must hold.

Each keeps the meaning. What they do to facts (a reference in capitals, a misspelt amount) is measured apart.
"""

import random
import re
from collections.abc import Callable
from enum import StrEnum

from doleance.understanding.model.prepare import bare

SEED = 6


class Perturbation(StrEnum):
    """How a message is changed before it is read."""

    CLEAN = "clean"
    NO_ACCENTS = "no_accents"
    CAPITALS = "capitals"
    SMS = "sms"
    POLITE = "polite"
    NOISE = "noise"


# What hurried thumbs write, longest first; on bare lower-case text.
_SHORT = (
    ("s'il vous plait", "svp"), ("rendez-vous", "rdv"), ("aujourd'hui", "ajd"), ("parce que", "pcq"),
    ("est-ce que", "esk"), ("toujours", "tjs"), ("beaucoup", "bcp"), ("probleme", "pb"), ("bonjour", "bjr"),
    ("jamais", "jms"), ("quelque", "qq"), ("maintenant", "mtn"), ("telephone", "tel"), ("message", "msg"),
    ("c'est", "c"), ("j'ai", "g"), ("quoi", "koi"), ("pour", "pr"), ("vous", "vs"), ("nous", "ns"), ("dans", "ds"),
    ("avec", "avc"), ("tout", "tt"), ("tres", "tr"), ("meme", "mm"), ("quand", "qd"), ("qu'", "k"), ("que", "ke"),
    ("pas", "pa"), ("merci", "mrc"), ("please", "pls"), ("you", "u"), ("are", "r"), ("because", "cos"),
    ("tomorrow", "tmrw"), ("thanks", "thx"), ("your", "ur"), ("for", "4"), ("with", "w"), ("received", "rcvd"),
)  # fmt: skip
_SHORTENED = re.compile("|".join(rf"\b{re.escape(long)}(?:\b|(?<='))" for long, _ in _SHORT))
_SHORTER = dict(_SHORT)
_NEAR = {
    "a": "zqs", "b": "vn", "c": "xv", "d": "sf", "e": "zr", "f": "dg", "g": "fh", "h": "gj", "i": "uo", "j": "hk",
    "k": "jl", "l": "km", "m": "l", "n": "b", "o": "ip", "p": "o", "q": "as", "r": "et", "s": "qd", "t": "ry",
    "u": "yi", "v": "cb", "w": "x", "x": "wc", "y": "tu", "z": "ae",
}  # fmt: skip
NOISE = 0.06

_POLITE_BEFORE = {
    "fr": "Bonjour Madame, Monsieur,\n\nJe me permets de vous écrire et j’espère que vous allez bien.\n\n",
    "en": "Dear Sir or Madam,\n\nI hope this message finds you well.\n\n",
}
_POLITE_AFTER = {
    "fr": "\n\nJe vous remercie par avance de l’attention que vous porterez à ma demande.\n\n"
    "Dans l’attente de votre retour, je vous prie d’agréer, Madame, Monsieur, l’expression de mes salutations "
    "distinguées.\n",
    "en": "\n\nThank you in advance for your kind attention.\n\nI await your reply.\n\nYours faithfully,\n",
}


def perturbed(text: str, how: Perturbation, language: str = "fr") -> str:
    """The text so changed: always the same for the same text."""
    return _WAYS[how](text, language)


def _sms(text: str, _: str) -> str:
    plain = bare(text).lower().replace("’", "'")
    return _SHORTENED.sub(lambda found: _SHORTER[found[0]], plain)


def _polite(text: str, language: str) -> str:
    before, after = _POLITE_BEFORE.get(language), _POLITE_AFTER.get(language)
    return f"{before}{text}{after}" if before and after else text


def _noise(text: str, _: str) -> str:
    """One letter in sixteen left out, doubled, swapped with the next or mistaken for its neighbour."""
    drawn = random.Random(f"{SEED}:{text}")  # noqa: S311 (a draw that anybody may repeat)
    signs = list(text)
    for place, sign in enumerate(text):
        if sign.lower() not in _NEAR or drawn.random() >= NOISE:
            continue
        match drawn.randrange(4):
            case 0:
                signs[place] = ""
            case 1:
                signs[place] = sign + sign
            case 2:
                signs[place] = drawn.choice(_NEAR[sign.lower()])
            case _ if place + 1 < len(signs) and signs[place + 1].isalpha():
                signs[place], signs[place + 1] = signs[place + 1], sign
    return "".join(signs)


_WAYS: dict[Perturbation, Callable[[str, str], str]] = {
    Perturbation.CLEAN: lambda text, _: text,
    Perturbation.NO_ACCENTS: lambda text, _: bare(text),
    Perturbation.CAPITALS: lambda text, _: text.upper(),
    Perturbation.SMS: _sms,
    Perturbation.POLITE: _polite,
    Perturbation.NOISE: _noise,
}
