"""A stricter Django for tests: an undefined template variable fails even in a condition, and order is never luck."""

from pathlib import Path
from typing import Any

import pytest
from django.db.models.expressions import OrderBy
from django.db.models.functions import Random
from django.db.models.sql.compiler import SQLCompiler
from django.template.base import FilterExpression, Variable, VariableDoesNotExist
from django.template.context import Context

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
