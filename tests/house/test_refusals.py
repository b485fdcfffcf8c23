"""Each refusal has a code of its own for machines and a French sentence for people."""

import importlib
import re
import string

import pytest

from doleance.kernel.errors import Refusal
from doleance.kernel.text import french
from tests.house.source import product


def refusals() -> list[type[Refusal]]:
    """Every refusal of the product, its modules imported."""
    for source in product():
        if "/migrations/" not in source.path and source.role != "__main__":
            importlib.import_module(source.module)

    def below(kind: type[Refusal]) -> list[type[Refusal]]:
        return [kind, *(found for child in kind.__subclasses__() for found in below(child))]

    return [kind for kind in dict.fromkeys(below(Refusal)) if kind.__module__.startswith("doleance.")]


def faults(kind: type[Refusal]) -> list[str]:
    """What is wrong with one refusal."""
    found = []
    if "code" not in vars(kind) or not re.fullmatch(r"[a-z][a-z0-9_]*", kind.code):
        found.append("a code of its own, in snake_case")
    if "sentence" not in vars(kind) or not kind.sentence.strip():
        found.append("a French sentence of its own")
    elif not re.match(r"[«{\W]*(\w+}|[A-ZÀÉÈÊ])", kind.sentence) or kind.sentence.rstrip()[-1] not in ".?!…:}":
        found.append("a sentence: a capital, a full stop")
    if french(kind.sentence) != kind.sentence:
        found.append(f"French spaces and apostrophes: {french(kind.sentence)!r}")
    if any(name is not None and not name.isidentifier() for _, name, _, _ in string.Formatter().parse(kind.sentence)):
        found.append("facts named in full: {name}")
    return found


def test_each_refusal_speaks_french():
    found = [f"{kind.__module__}.{kind.__name__}: {fault}" for kind in refusals() for fault in faults(kind)]
    assert not found, "\n".join(found)


def test_codes_and_sentences_are_unique():
    kinds = refusals()
    assert len(kinds) > 3
    for values in ([kind.code for kind in kinds], [kind.sentence for kind in kinds]):
        twice = sorted({value for value in values if values.count(value) > 1})
        assert not twice, f"said twice: {twice}"


def is_at_home(kind: type) -> bool:
    """Whether a refusal lives with a rule, or with the engine that refuses: never where writes, reads or pages are."""
    return not set(kind.__module__.split(".")[2:]) & {"actions", "queries", "models", "tasks", "views", "forms"}


def test_refusals_live_beside_the_rule_that_raises():
    away = [f"{kind.__module__}.{kind.__name__}" for kind in refusals() if not is_at_home(kind)]
    assert not away, away


def test_a_refusal_away_from_home_is_seen():
    def kind(module):
        return type("Away", (), {"__module__": module})  # no Refusal: it would be counted among those of the product

    assert not is_at_home(kind("doleance.complaints.actions.decide"))
    assert not is_at_home(kind("doleance.staff.views.inbox"))
    assert is_at_home(kind("doleance.complaints.rules"))


@pytest.mark.parametrize(
    "body",
    [
        {"sentence": "Non."},
        {"code": "No Way", "sentence": "Non."},
        {"code": "no"},
        {"code": "no", "sentence": " "},
        {"code": "no", "sentence": "pas possible"},
        {"code": "no", "sentence": "Pourquoi ?"},
        {"code": "no", "sentence": "L'adresse est prise."},
        {"code": "no", "sentence": "Déjà pris par {}."},
    ],
)
def test_a_faulty_refusal_is_seen(body):
    kind = type("Faulty", (Refusal,), body | {"__module__": "elsewhere"})
    assert faults(kind)


def test_a_sound_refusal_passes():
    assert not faults(type("Sound", (Refusal,), {"code": "no", "sentence": "Non\u00a0: {reason}."}))
