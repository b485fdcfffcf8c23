"""The staircase: a package imports only from lower steps, rules.py is pure, and nothing bends it."""

import configparser
import re
import subprocess
import sys

import pytest

from tests.house.source import ROOT, told

CONFIG = ROOT / ".importlinter"


def lint(folder):
    """Run import-linter as `./run check` does; its return code and what it says."""
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-cache"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def contracts():
    parser = configparser.ConfigParser()
    parser.read(CONFIG, "utf-8")
    return parser


def test_the_staircase_holds():
    code, said = lint(ROOT)
    assert code == 0, told([said], "Move the common fact down a step, or the common story up (CONTRIBUTING.md).")


def test_nothing_is_ignored():
    """A bend "just this once" is an ignore list; changing the order needs an ADR."""
    parser = contracts()
    found = [name for name in parser.sections() for option in parser[name] if option == "ignore_imports"]
    assert not found, f"ignore_imports in {found}"
    assert parser["importlinter:contract:staircase"]["exhaustive"] == "true"


def test_each_package_in_parentheses_is_really_absent():
    """A step that got its package loses its parentheses, so that its removal would be noticed."""
    waiting = re.findall(r"\((\w+)\)", contracts()["importlinter:contract:staircase"]["layers"])
    built = [name for name in waiting if (ROOT / "doleance" / name / "__init__.py").exists()]
    assert not built, f"remove the parentheses of {built} in .importlinter"


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"kernel/ids.py": "from doleance.accounts import rules\n"}, "The staircase"),
        ({"accounts/rules.py": "import django\n"}, "rules.py is pure"),
        ({"accounts/rules.py": "from doleance.accounts import models\n"}, "rules.py is pure"),
        (
            {"kernel/ids.py": "def f():\n    from doleance.accounts import rules\n    return rules\n"},
            "The staircase",
        ),
        ({"nowhere/__init__.py": ""}, "nowhere"),
        ({"staff/models.py": "from doleance.channels import email\n"}, "the wire"),
    ],
    ids=[
        "upward import",
        "Django in rules",
        "models in rules",
        "hidden in a function",
        "package without a place",
        "the wire",
    ],
)
def test_it_can_fail(tmp_path, files, said):
    """A small tree of the same names, with one fault, is refused and the contract named."""
    for name in sorted({path.name for path in (ROOT / "doleance").iterdir() if (path / "__init__.py").exists()}):
        folder = tmp_path / "doleance" / name
        folder.mkdir(parents=True)
        for module in ("__init__", "rules", "models"):
            (folder / f"{module}.py").write_text("")
    (tmp_path / "doleance/channels/email").mkdir()
    for package in ("doleance", "doleance/channels/email"):
        (tmp_path / package / "__init__.py").write_text("")
    (tmp_path / ".importlinter").write_text(CONFIG.read_text("utf-8"), "utf-8")
    sound, _ = lint(tmp_path)
    assert sound == 0
    for name, text in files.items():
        (tmp_path / "doleance" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "doleance" / name).write_text(text)
    code, output = lint(tmp_path)
    assert code != 0
    assert said in output
