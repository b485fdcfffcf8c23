"""The program `tesseract`, when it is on the machine: a picture goes in, words come out. Runs in the limited child,
whose limits it inherits; nothing is written anywhere.
"""

import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

from doleance.understanding.scans import words
from doleance.understanding.scans.pictures import Picture
from doleance.understanding.scans.words import Page

# The languages that are understood, as tesseract calls them.
LANGUAGES = {"fr": "fra", "en": "eng", "de": "deu", "es": "spa", "it": "ita", "nl": "nld", "pt": "por"}
_ASKED_S = 10
_ENV = {"LC_ALL": "C.UTF-8", "OMP_THREAD_LIMIT": "1"}


class Slow(Exception):
    """A page took more than its time."""


class Failed(Exception):
    """The program ended without words."""


@dataclass(frozen=True, slots=True)
class Tesseract:
    """The program at a path, its version, the languages it knows, and whether it can tell which way is up."""

    path: str
    version: str
    languages: tuple[str, ...]
    knows_up: bool
    data: str = ""

    def page(self, picture: Picture, language: str, seconds: float) -> Page:
        """What is written on a picture, the language of its file sought first. Raises Slow, Failed."""
        asked = [self.path, "stdin", "stdout", "-l", self._asked(language), "--dpi", "300"]
        asked += ["--psm", "1" if self.knows_up else "3", "tsv"]
        try:
            done = subprocess.run(
                asked, input=picture.pnm(), capture_output=True, timeout=seconds, env=_env(self.data), check=False
            )
        except subprocess.TimeoutExpired as late:
            raise Slow from late
        if done.returncode != 0:
            raise Failed(str(done.returncode))
        return words.page(words.words(done.stdout.decode("utf-8", "replace")))

    def _asked(self, language: str) -> str:
        first = LANGUAGES.get(language[:2], "")
        return "+".join(sorted(self.languages, key=lambda one: (one != first, _RANK[one])))


_RANK = {code: rank for rank, code in enumerate(LANGUAGES.values())}


def found(path: str, data: str = "") -> Tesseract | None:
    """The program at `path`; None when there is none, or it knows none of our languages."""
    if not path:
        return None
    try:
        version = _said([path, "--version"], data)
        known = _said([path, "--list-langs"], data).split()
    except (OSError, subprocess.SubprocessError):
        return None
    languages = tuple(code for code in LANGUAGES.values() if code in known)
    named = re.search(r"tesseract\s+v?([\w.+-]{1,40})", version)
    if not languages or named is None:
        return None
    return Tesseract(path, f"tesseract-{named[1]}", languages, "osd" in known, data)


def _said(asked: Sequence[str], data: str) -> str:
    done = subprocess.run(asked, capture_output=True, timeout=_ASKED_S, env=_env(data), check=True)
    return (done.stdout + done.stderr).decode("utf-8", "replace")


def _env(data: str) -> dict[str, str]:
    return _ENV | ({"TESSDATA_PREFIX": data} if data else {})
