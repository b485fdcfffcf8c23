"""What somebody may say of their own file from its page: which points, how long, in what words it is kept. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from doleance.complaints import questions
from doleance.kernel import text as texts
from doleance.kernel.errors import Refusal
from doleance.kernel.kinds import gettext_noop
from doleance.kernel.tongue import Tongue

LONGEST = 20_000  # signs of what is added; a longer one is a file
LONGEST_POINT = 5_000  # of one answer, as the form takes it: what was accepted once is accepted again
FACT = "fact:"


class NothingAdded(Refusal):
    """Neither a word nor a file."""

    code = "nothing_added"
    sentence = "Écrivez ce que vous voulez ajouter, ou joignez un fichier."


class TextTooLong(Refusal):
    """Longer than a page is read."""

    code = "text_too_long"
    sentence = "Ce texte est trop long ({count}\u00a0signes, {limit} au plus). Joignez-le plutôt comme fichier."


class NoSuchPoint(Refusal):
    """The file has no such point, or it is not one that its complainant corrects."""

    code = "no_such_point"
    sentence = "Ce point n’est plus là. Relisez la page, puis corrigez à nouveau."


@dataclass(frozen=True, slots=True)
class Point:
    """One thing that we understood and that its complainant may say otherwise. `label` is a French msgid."""

    code: str
    label: str
    is_long: bool = False


TITLE = Point("title", gettext_noop("Ce dont vous vous plaignez"))
EXPECTED = Point("expected", gettext_noop("Ce qui était promis ou attendu"), is_long=True)
WANTED = Point("wanted", gettext_noop("Ce que vous demandez"), is_long=True)


def points_of(category: str) -> tuple[Point, ...]:
    """What may be corrected of a grievance of that category, in the order it is shown."""
    asked = questions.questions_of(category)
    return (TITLE, *(Point(f"{FACT}{one.code}", one.short) for one in asked), EXPECTED, WANTED)


def cleaned(text: str) -> str:
    """Words as they are kept: one form, no control sign, no blank around. Raises TextTooLong."""
    said = texts.normalise(text).strip()
    if len(said) > LONGEST:
        raise TextTooLong(count=len(said), limit=LONGEST)
    return said


def check_addition(text: str, *, files: int) -> str:
    """What is added, as it is kept. Raises NothingAdded, TextTooLong."""
    said = cleaned(text)
    if not said and not files:
        raise NothingAdded
    return said


def changes(category: str, points: Mapping[str, str], shown: Mapping[str, str]) -> dict[Point, str]:
    """What is said otherwise than it is `shown` now. Raises NoSuchPoint, TextTooLong."""
    known = {one.code: one for one in points_of(category)}
    if not set(points) <= set(known):
        raise NoSuchPoint
    found: dict[Point, str] = {}
    for code, text in points.items():
        said = cleaned(text)
        if len(said) > LONGEST_POINT:
            raise TextTooLong(count=len(said), limit=LONGEST_POINT)
        if _plain(said) != _plain(shown.get(code, "")):
            found[known[code]] = said
    return found


def in_words(number: int, changed: Mapping[Point, str], *, tongue: Tongue) -> str:
    """What the conversation shows of a correction, for the people who read it."""
    lines = [tongue.say("Correction du point {number}", number=number)]
    for one, text in changed.items():
        label = tongue.translate(one.label)
        lines.append(f"{tongue.typeset(f'{label} :')} {text or tongue.say('rien')}")
    return "\n".join(lines)


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def mask_links(text: str) -> str:
    """A text without what opens a file in it: people quote our mails, and a link in them is theirs alone."""
    return _TOKEN.sub(r"\1••••••", text)


_TOKEN = re.compile(r"(/(?:suivi/l|recu)/)[A-Za-z0-9_-]{22}(?![A-Za-z0-9_-])")
