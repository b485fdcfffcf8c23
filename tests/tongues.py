"""English as pure rules speak it in tests: read from the very catalogue that is installed, without Django."""

from functools import cache

from babel.messages.catalog import Catalog

from doleance.kernel.tongue import Tongue
from tests import catalogue


@cache
def _catalogue() -> Catalog:
    return catalogue.kept("en")


def _sentence(french: str) -> str:
    return str(_catalogue()[french].string)


def _counted(one: str, many: str, n: int) -> str:
    forms = _catalogue()[one, many].string
    return str(forms[0 if n == 1 else 1])


ENGLISH = Tongue("en", _sentence, _counted)
