"""What the repository never holds: third-party files, addresses of registries, paths of one machine."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.house.source import ROOT

REGISTRY = re.compile(r"pypi\.org|pythonhosted\.org|registry\.npmjs|crates\.io")
# Homes and workspaces of one machine. A path every Debian has (/usr/lib, /tmp, /var/lib) is not one.
MACHINE = re.compile(r"(?<![\w.])/(?:home|Users|root|work|mnt|workspace)/\w")
FOREIGN = (".woff", ".woff2", ".ttf", ".otf", ".eot", ".min.js", ".min.css", ".whl", ".gz", ".zip", ".jar", ".so")


def tracked() -> list[Path]:
    """The files that a clone would hold: tracked, and new ones that are not ignored."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    done = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip("not a git clone: what is tracked is not known")
    return [path for name in done.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def texts() -> list[tuple[str, str]]:
    found = []
    for path in tracked():
        try:
            found.append((path.relative_to(ROOT).as_posix(), path.read_text("utf-8")))
        except UnicodeDecodeError:
            continue
    return found


def registries(text: str) -> list[str]:
    return [found[0] for found in REGISTRY.finditer(text)]


def machine_paths(text: str) -> list[str]:
    return [found[0] for found in MACHINE.finditer(text)]


def addresses(text: str) -> list[str]:
    return re.findall(r"\w+://\S+", text)


def test_no_file_names_a_registry_or_a_machine():
    found = [f"{name}: {what}" for name, text in texts() for what in registries(text) + machine_paths(text)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_requirements_are_names_versions_and_hashes(name):
    text = (ROOT / name).read_text("utf-8")
    assert not addresses(text)
    entries = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
    unpinned = [line for line in entries if not re.match(r"[a-z0-9._-]+(\[[a-z0-9,._-]+\])?==\S+", line)]
    assert entries
    assert not unpinned, unpinned
    assert text.count("--hash=sha256:") >= len(entries)


def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[\[<>=! ;]", one, maxsplit=1)[0].lower().replace("_", "-") for one in requirements}


def test_dependencies_are_few_have_a_reason_and_are_locked():
    direct = names(project()["dependencies"])
    assert len(direct) < 40
    lines = (ROOT / "pyproject.toml").read_text("utf-8").partition("dependencies = [")[2].partition("\n]")[0]
    bare = [line for line in lines.splitlines() if line.strip() and not re.search(r",\s+# \w", line)]
    assert not bare, f"each dependency has its reason beside it: {bare}"
    locked = (ROOT / "requirements.txt").read_text("utf-8")
    missing = [name for name in direct if not re.search(rf"^{re.escape(name)}(\[|==)", locked, re.MULTILINE)]
    assert not missing, f"recompile the requirement files: {missing}"


def test_nothing_of_others_is_kept_here():
    """Third-party code, typefaces and minified files come from packages at installation."""
    found = [path for path in tracked() if path.name.endswith(FOREIGN)]
    assert not found, found


def test_files_stay_small():
    """A data set belongs beside the project, not in it; a catalogue of sentences grows with the screens."""
    sizes = {path: path.stat().st_size for path in tracked()}
    most = {".po": 800_000}
    found = [
        f"{path.relative_to(ROOT)}: {size}" for path, size in sizes.items() if size > most.get(path.suffix, 400_000)
    ]
    assert not found, found


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (registries, f"https://{'py'}{'pi'}.org/simple"),
        (registries, f"https://files.python{'hosted'}.org/x"),
        (machine_paths, f"see /{'home'}/lea/doleance"),
        (machine_paths, f"'/{'work'}/main'"),
        (addresses, "--index-url https://example.org/simple"),
        (addresses, "pkg @ git+https://example.org/pkg"),
    ],
)
def test_a_forbidden_word_is_seen(rule, text):
    assert rule(text)


@pytest.mark.parametrize("text", ["/usr/lib/postgresql", "/var/lib/doleance", "/tmp/x", "/travail/boîte"])
def test_common_paths_pass(text):
    assert not machine_paths(text)
