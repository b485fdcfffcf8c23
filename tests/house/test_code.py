"""Habits of the code: what imports, names and comments may not do."""

import ast
import re

import pytest

from tests.house.source import Source, all_tests, at, dotted, findings, functions, product, snippet, told

MIGRATIONS = "doleance/migrations/"


def hidden_imports(source: Source) -> list[str]:
    """Imports inside functions: they hide a dependency from the reader."""
    found = []
    for function in functions(source):
        inner = (node for node in ast.walk(function) if isinstance(node, ast.Import | ast.ImportFrom))
        found += [at(source, node, f"import inside {function.name}()") for node in inner]
    return found


def signals(source: Source) -> list[str]:
    """Django signals: who calls whom must be readable."""
    found = []
    for node in source.walk(ast.Import, ast.ImportFrom, ast.FunctionDef):
        if isinstance(node, ast.ImportFrom):
            names = {node.module or ""} | {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            names = {alias.name for alias in node.names}
        else:
            assert isinstance(node, ast.FunctionDef)
            names = {dotted(decorator) for decorator in node.decorator_list}
        if any(re.search(r"(^|\.)(signals|dispatch|receiver)(\.|$)", name) for name in names):
            found.append(at(source, node, "a signal"))
    return found


def class_views(source: Source) -> list[str]:
    """Class-based views and model forms: a view is a function, a form checks shape."""
    banned = ("django.views.generic", "ModelForm", "modelform_factory", "django.contrib.admin")
    found = []
    for node in source.walk(ast.ImportFrom, ast.Attribute):
        names = [dotted(node)]
        if isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        found += [at(source, node, name) for name in names if any(word in name for word in banned)]
    return found


def dangers(source: Source) -> list[str]:
    """Ways to run what somebody else wrote: JSON is the only way out and in (reliability §5)."""
    found = []
    for node in source.walk(ast.Call, ast.Import, ast.ImportFrom):
        if isinstance(node, ast.Call):
            name = dotted(node.func)
            shell = any(keyword.arg == "shell" for keyword in node.keywords)
            if shell or name in {"eval", "exec", "compile", "os.system", "__import__"} or name.startswith("pickle."):
                found.append(at(source, node, f"{name}(…)"))
        else:
            assert isinstance(node, ast.Import | ast.ImportFrom)
            names = {alias.name for alias in node.names} | {getattr(node, "module", "") or ""}
            found += [at(source, node, name) for name in names & {"pickle", "marshal", "shelve", "dill"}]
    return found


def vague_names(source: Source) -> list[str]:
    """Files where anything could go."""
    stem = source.path.removesuffix(".py").split("/")[-1]
    banned = {"utils", "helpers", "helper", "util", "common", "misc", "tools", "services", "managers", "signals"}
    return [f"{source.path}: a name that says nothing"] if stem in banned else []


def reexports(source: Source) -> list[str]:
    """`__init__.py` that holds more than its docstring."""
    if not source.path.endswith("/__init__.py"):
        return []
    more = [node for node in source.tree.body[1:] if dotted(*getattr(node, "targets", [node])) != "__version__"]
    found = [at(source, node, "more than a docstring") for node in more]
    text = ast.get_docstring(source.tree)
    if not text or len(text) < 10:
        found.append(f"{source.path}: a docstring that says what the package is")
    return found


def banners(source: Source) -> list[str]:
    """Comments drawn as lines, and work put off."""
    found = []
    for number, line in enumerate(source.text.splitlines(), 1):
        if re.search(r"#\s*([-=*#_~])\1{3,}", line):
            found.append(f"{source.path}:{number}: a section banner")
        if re.search(r"#.*\b(TODO|FIXME|XXX|HACK)\b", line):
            found.append(f"{source.path}:{number}: work put off")
    return found


ADVICE = {
    hidden_imports: "Import at the top; a cycle means that a fact is on the wrong step.",
    signals: "Call the action by its name.",
    class_views: "Write a function view and a plain forms.Form.",
    dangers: "Use JSON, and subprocess with a list of arguments.",
    vague_names: "Name the file after what it knows.",
    reexports: "Import the module and call through it.",
    banners: "A file that needs banners needs to be cut; what is not done is not there.",
}


@pytest.mark.parametrize("rule", ADVICE, ids=lambda rule: rule.__name__)
def test_the_code_keeps_the_habit(rule):
    sources = tuple(source for source in product() if not source.path.startswith(MIGRATIONS))
    found = findings(rule, sources)
    assert not found, told(found, ADVICE[rule])


@pytest.mark.parametrize(
    ("rule", "code", "path"),
    [
        (hidden_imports, "def f():\n    import os", "doleance/a/b.py"),
        (hidden_imports, "def f():\n    if x:\n        from a import b", "doleance/a/b.py"),
        (signals, "from django.dispatch import receiver", "doleance/a/b.py"),
        (signals, "from django.db.models.signals import post_save", "doleance/a/b.py"),
        (signals, "from django.db.models import signals", "doleance/a/b.py"),
        (signals, "@receiver(post_save)\ndef f(): pass", "doleance/a/b.py"),
        (class_views, "from django.views.generic import ListView", "doleance/staff/views/a.py"),
        (class_views, "class F(forms.ModelForm): pass", "doleance/staff/forms/a.py"),
        (dangers, "eval('1')", "doleance/a/b.py"),
        (dangers, "import pickle", "doleance/a/b.py"),
        (dangers, "subprocess.run('ls', shell=True)", "doleance/a/b.py"),
        (dangers, "os.system('ls')", "doleance/a/b.py"),
        (vague_names, "", "doleance/complaints/utils.py"),
        (vague_names, "", "doleance/complaints/helpers.py"),
        (reexports, '"""What it is."""\nfrom doleance.a import b', "doleance/a/__init__.py"),
        (reexports, '"""What it is."""\nSIZE = 1', "doleance/a/__init__.py"),
        (reexports, "", "doleance/a/__init__.py"),
        (reexports, '"""."""', "doleance/a/__init__.py"),
        (banners, "# ------- views -------", "doleance/a/b.py"),
        (banners, "# =====", "doleance/a/b.py"),
        (banners, "x = 1  # TODO: later", "doleance/a/b.py"),
    ],
)
def test_a_broken_habit_is_seen(rule, code, path):
    assert rule(snippet(code, path))


def test_every_rule_and_action_file_has_its_test():
    """The tests mirror the tree: a file of rules or actions without its test is not finished."""
    known = {source.path for source in all_tests()}
    needed = {(source.package, source.role) for source in product() if source.role in {"rules", "actions"}}
    missing = [
        f"doleance/{package}/{role}"
        for package, role in sorted(needed)
        if not any(path.startswith(f"tests/{package}/test_{role}") for path in known)
    ]
    assert not missing, told(missing, "Write tests/<domain>/test_rules.py (pure) or test_actions.py (PostgreSQL).")
