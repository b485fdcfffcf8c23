"""Whether every French sentence of ours is set as French is printed; `python -m tests.typography` sets them.

The rule is `doleance.kernel.text.french`: a sentence it would change is badly set. Templates, marked strings of Python
and the documentation are read; what complainants wrote is in the database, and stays as it came.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from doleance.kernel.text import french

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "doleance"
MARKERS = {
    "_",
    "gettext",
    "gettext_lazy",
    "gettext_noop",
    "ngettext",
    "ngettext_lazy",
    "ngettext_noop",
    "pgettext",
    "noop",
    "say",
    "plural",
}

# What is not our text in a template: comments, drawings, code, tags of both languages. It becomes one sign each.
_COMMENT = r"{%\s*comment.*?endcomment\s*%}|{#.*?#}|<(?:svg|script|pre)\b.*?</(?:svg|script|pre)>"
_APART = re.compile(rf"{_COMMENT}|{{%.*?%}}|{{{{.*?}}}}|<[^>]*>", re.DOTALL)
# What is not text in a page of documentation: code, blocks of code, where links go, addresses.
_BLOCK, _WHERE = r"```.*?```|^(?: {4}|\t)[^\n]*$|^[|: -]+$", r"\]\([^)\n]*\)|<[^>\n]+>|https?://\S+"
_CODE = re.compile(rf"{_BLOCK}|`[^`\n]*`|{_WHERE}", re.DOTALL | re.MULTILINE)
_SPOKEN = re.compile(r"(?<=[\s])((?:title|alt|aria-label|placeholder)=\")([^\"]*)(?=\")")
_QUOTED = re.compile(r"(\")([^\"]*)(?=\")")
_ADDRESS = re.compile(r"[\w:/.?=&#%{}|-]*")


def _sentence(text: str) -> str:
    """The text set in French, unless it is an address, a name or a path."""
    return text if _ADDRESS.fullmatch(text) or not re.search(r"[^\W\d_]{2}", text) else french(text)


def set_template(text: str) -> str:
    """A template with its sentences set: its text, what is translated, what attributes say."""
    apart = _APART.findall(text)
    bare = french(_APART.sub("\x00", text))
    kept = iter([_set_tag(found) for found in apart])
    return re.sub("\x00", lambda _: next(kept), bare)


def _set_tag(tag: str) -> str:
    if re.match(_COMMENT, tag, re.DOTALL) or tag.startswith("{{"):
        return tag
    pattern = _QUOTED if tag.startswith("{%") else _SPOKEN
    return pattern.sub(lambda found: found[1] + _sentence(found[2]), tag)


def set_markdown(text: str) -> str:
    """A page of documentation with its text set; code, addresses and drawings of tables are left alone."""
    kept = iter(_CODE.findall(text))
    return re.sub("\x00", lambda _: next(kept), french(_CODE.sub("\x00", text)))


def set_python(text: str) -> str:
    """A module with its marked sentences set: calls of gettext, sentences of refusals, labels of kinds."""
    lines = [line.encode() for line in text.splitlines(keepends=True)]
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    whole = b"".join(lines)
    for node in sorted(_marked(ast.parse(text)), key=lambda one: (one.lineno, one.col_offset), reverse=True):
        first = starts[node.lineno - 1] + node.col_offset
        last = starts[(node.end_lineno or node.lineno) - 1] + (node.end_col_offset or 0)
        written = whole[first:last].decode()
        if "\\" not in written:  # an escape is a choice; the value is checked by eye
            whole = whole[:first] + _sentence(written).encode() + whole[last:]
    return whole.decode()


def _marked(tree: ast.AST) -> Iterator[ast.Constant]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in MARKERS:
            yield from _strings(node.args)
        elif isinstance(node, ast.Assign) and any(getattr(name, "id", "") == "sentence" for name in node.targets):
            yield from _strings([node.value])
        elif isinstance(node, ast.ClassDef) and any(getattr(base, "id", "") == "Kind" for base in node.bases):
            pairs = [line.value for line in node.body if isinstance(line, ast.Assign)]
            yield from _strings([pair.elts[1] for pair in pairs if isinstance(pair, ast.Tuple) and len(pair.elts) > 1])


def _strings(nodes: list[ast.expr]) -> Iterator[ast.Constant]:
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node


def sources() -> list[Path]:
    """Templates, letters and modules of the product."""
    found = [*PACKAGE.rglob("templates/**/*.html"), *PACKAGE.rglob("templates/**/*.txt"), *PACKAGE.rglob("*.py")]
    return sorted(path for path in found if "migrations" not in path.parts and ".en." not in path.name)


def pages() -> list[Path]:
    """The French documentation; decisions are in English."""
    found = [path for path in (ROOT / "docs").rglob("*.md") if path.parent.name != "decisions"]
    return sorted([*found, ROOT / "README.md", ROOT / "CHANGELOG.md"])


def set_source(path: Path) -> str:
    """The text of a source file with its sentences set."""
    text = path.read_text("utf-8")
    setters = {".py": set_python, ".md": set_markdown}
    return setters.get(path.suffix, set_template)(text)


if __name__ == "__main__":
    for given in [Path(name).resolve() for name in sys.argv[1:]] or [*sources(), *pages()]:
        wanted = set_source(given)
        if wanted != given.read_text("utf-8"):
            given.write_text(wanted, "utf-8")
            sys.stdout.write(f"{given.relative_to(ROOT)}\n")
