"""The source as house rules read it: parsed once, named by its path from the root."""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GENERATED = {"doleance/migrations/0001_initial.py"}


@dataclass(frozen=True)
class Source:
    """One Python file: its path from the root with slashes, and its text."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.path)

    @property
    def package(self) -> str:
        """The step of the staircase it lies on: `complaints`, `boot`…; empty for the files at the top."""
        parts = self.path.split("/")
        return parts[1] if len(parts) > 2 and parts[0] == "doleance" else ""

    @property
    def role(self) -> str:
        """Which of the five files it is (`actions` for actions.py and for actions/decide.py)."""
        parts = self.path.removesuffix(".py").split("/")
        return parts[2] if len(parts) > 2 else parts[-1]

    @property
    def module(self) -> str:
        """Its dotted name."""
        return self.path.removesuffix(".py").replace("/", ".").removesuffix(".__init__")

    def walk(self, *kinds: type[ast.AST]) -> Iterator[ast.AST]:
        """The nodes of these kinds."""
        return (node for node in ast.walk(self.tree) if isinstance(node, kinds))


Rule = Callable[[Source], list[str]]


def snippet(text: str, path: str = "doleance/complaints/queries.py") -> Source:
    """A piece of code as if it stood in `path`: what proves that a rule can fail."""
    return Source(path, text)


@cache
def product() -> tuple[Source, ...]:
    """Every Python file of Doléance but generated ones."""
    return tuple(_read(path) for path in sorted((ROOT / "doleance").rglob("*.py")) if _name(path) not in GENERATED)


@cache
def all_tests() -> tuple[Source, ...]:
    """Every Python file of the tests and benchmarks."""
    folders = (ROOT / "tests", ROOT / "benchmarks")
    return tuple(_read(path) for folder in folders for path in sorted(folder.rglob("*.py")))


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _read(path: Path) -> Source:
    return Source(_name(path), path.read_text("utf-8"))


def at(source: Source, node: ast.AST, what: str) -> str:
    """One finding, as an editor can open it."""
    return f"{source.path}:{getattr(node, 'lineno', 1)}: {what}"


def findings(rule: Rule, sources: tuple[Source, ...] | None = None) -> list[str]:
    """What `rule` finds in the product (or in `sources`)."""
    return [found for source in (product() if sources is None else sources) for found in rule(source)]


def told(found: list[str], advice: str) -> str:
    """A message that says where and what to do instead."""
    return "\n".join([*found, "", advice])


def dotted(node: ast.AST) -> str:
    """`a.b.c` of a name or attribute; calls and the like inside it are left out."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}" if before else node.attr
    if isinstance(node, ast.Call):
        return dotted(node.func)
    return ""


def functions(source: Source) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function, methods and inner ones too."""
    for node in source.walk(ast.FunctionDef, ast.AsyncFunctionDef):
        assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        yield node
