"""Sizes that one head can hold."""

import ast
import re
import tomllib

import pytest

from tests.house.source import ROOT, Source, all_tests, at, findings, functions, product, snippet, told

LINES, TEST_LINES, FUNCTION_LINES, TEMPLATE_LINES, DOMAIN_FILES = 500, 1000, 40, 150, 12


def long_files(source: Source, limit: int = LINES) -> list[str]:
    lines = source.text.count("\n")
    return [f"{source.path}: {lines} lines, {limit} at most"] if lines > limit else []


def code_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The lines of a function from its `def`, less its docstring: explaining costs nothing."""
    first = function.body[0]
    is_doc = (
        isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
    )
    doc = (first.end_lineno or 0) - first.lineno + 1 if is_doc else 0
    return (function.end_lineno or 0) - function.lineno + 1 - doc


def long_functions(source: Source) -> list[str]:
    return [
        at(source, function, f"{function.name} has {code_lines(function)} lines, {FUNCTION_LINES} at most")
        for function in functions(source)
        if code_lines(function) > FUNCTION_LINES
    ]


def test_files_are_short():
    found = findings(long_files) + findings(lambda source: long_files(source, TEST_LINES), all_tests())
    assert not found, told(found, "Make it a folder of the same name, cut by topic (actions/decide.py).")


def test_functions_are_short():
    found = findings(long_functions)
    assert not found, told(found, "Name the steps: a story only calls.")


def test_templates_are_short():
    found = [
        f"{path.relative_to(ROOT)}: {count} lines, {TEMPLATE_LINES} at most"
        for path in sorted((ROOT / "doleance").rglob("templates/**/*.*"))
        if path.is_file() and (count := path.read_text("utf-8").count("\n")) > TEMPLATE_LINES
    ]
    assert not found, told(found, "Cut the page into partials or components (kernel/templates/ui).")


def test_domains_hold_few_files():
    counts: dict[str, int] = {}
    for source in product():
        if (
            source.package not in {"", "boot", "kernel", "migrations"}
            and source.path.count("/") == 2
            and not source.path.endswith("__init__.py")
        ):
            counts[source.package] = counts.get(source.package, 0) + 1
    found = {name: count for name, count in counts.items() if count > DOMAIN_FILES}
    assert not found, f"{DOMAIN_FILES} files at most beside each other in a domain: {found}"


@pytest.mark.parametrize(("lines", "seen"), [(500, False), (501, True)])
def test_a_long_file_is_seen(lines, seen):
    assert bool(long_files(snippet("\n" * lines))) is seen


@pytest.mark.parametrize(("lines", "seen"), [(39, False), (40, True)])
def test_a_long_function_is_seen(lines, seen):
    body = "\n".join(["    x = 1"] * lines)
    assert bool(long_functions(snippet(f'def f():\n    """Said\n    on two lines."""\n{body}\n'))) is seen


def test_complexity_is_held_by_ruff():
    """Ruff refuses more than 8 branches; nobody may silence it."""
    lint = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["ruff"]["lint"]
    assert lint["mccabe"]["max-complexity"] == 8
    assert {"C90"} <= set(lint["select"])
    silenced = [source.path for source in product() + all_tests() if re.search(r"noqa:.*\bC901\b", source.text)]
    assert not [path for path in silenced if path != "tests/house/test_sizes.py"]
