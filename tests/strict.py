"""A stricter Django for tests: undefined template variables and unknown sentences fail, and order is never luck."""

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from django.db.models.expressions import OrderBy
from django.db.models.functions import Random
from django.db.models.sql.compiler import SQLCompiler
from django.template.base import FilterExpression, Variable, VariableDoesNotExist
from django.template.context import Context
from django.utils import translation
from django.utils.translation import trans_real

OURS = str(Path(__file__).resolve().parents[1] / "doleance")


def undefined_variables_fail(patch: pytest.MonkeyPatch) -> None:
    """In our own templates, `{% if typo %}` and `{% for x in typo %}` fail as `{{ typo }}` does.

    pytest-django sees to `{{ typo }}` alone: tags ask Django to ignore failures.
    """
    resolve = FilterExpression.resolve

    def strictly(self: FilterExpression, context: Context, ignore_failures: bool = False) -> Any:
        if ignore_failures and isinstance(self.var, Variable) and _is_ours(context):
            try:
                self.var.resolve(context)
            except VariableDoesNotExist:
                undefined = f"Undefined template variable '{self.var}' in a page which begins with {_origin(context)}"
            else:
                undefined = ""
            if undefined:
                pytest.fail(undefined)
        return resolve(self, context, ignore_failures)

    patch.setattr(FilterExpression, "resolve", strictly)


def _origin(context: Context) -> str:
    template = getattr(context, "render_context", None) and context.render_context.template
    return str(getattr(getattr(template, "origin", None), "name", "") or "")


def _is_ours(context: Context) -> bool:
    return _origin(context).startswith(OURS)


def shuffle_unordered(patch: pytest.MonkeyPatch) -> None:
    """Give a random order to each query of models which asks for none."""
    pairs: Any = SQLCompiler._order_by_pairs

    def shuffled(self: SQLCompiler) -> Any:
        found = list(pairs(self))
        query = self.query
        plain = not (query.distinct or query.combinator or query.group_by is not None or query.subquery)
        if not found and plain and (query.default_cols or query.select):
            found = [(OrderBy(Random()), False)]
        return iter(found)

    patch.setattr(SQLCompiler, "_order_by_pairs", shuffled)


def unknown_sentences_fail(patch: pytest.MonkeyPatch) -> None:
    """A sentence given to gettext that no catalogue knows fails: it would stay French on an English page.

    So does a name or a number: what is not a sentence of ours has nothing to do in gettext. Libraries' own sentences
    are known by the French catalogues they ship: one that has no French would be English on a French page.
    """
    # What gettext is asked for lives behind this object, whoever asks: code, templates, lazy strings.
    spoken: Any = translation._trans
    for name in ("gettext", "ngettext", "pgettext"):
        patch.setattr(spoken, name, _known_only(getattr(spoken, name), name))


def _known_only(translate: Callable[..., str], name: str) -> Callable[..., str]:
    def known_only(*asked: Any) -> str:
        sentence = "\x04".join(asked[:2]) if name == "pgettext" else str(asked[0])  # as catalogues join a context
        if re.search(r"[^\W\d_]{2}", sentence) and not _is_known(sentence):
            pytest.fail(f"No catalogue knows {sentence!r}")
        return translate(*asked)

    return known_only


@cache
def _is_known(sentence: str) -> bool:
    lines = sentence.replace("\r\n", "\n").replace("\r", "\n")
    catalogues = [trans_real.translation(language)._catalog for language in ("en", "fr")]
    return any(key in known for key in (lines, (lines, 0)) for known in catalogues)
