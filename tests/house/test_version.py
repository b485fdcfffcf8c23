"""The version stands in one place for users, the CHANGELOG, and in one for machines; they agree."""

import re
from pathlib import Path

import doleance

CHANGELOG = Path(__file__).resolve().parents[2] / "CHANGELOG.md"


def versions(text: str) -> list[str]:
    """The versions told, the latest first."""
    return re.findall(r"^## (\d+\.\d+\.\d+) — (?:1er|\d{1,2}) \S+ \d{4}$", text, re.MULTILINE)


def test_the_version_is_the_one_users_are_told():
    assert versions(CHANGELOG.read_text("utf-8"))[0] == doleance.__version__


def test_a_heading_without_its_day_is_no_version():
    assert versions("## 1.0.0\n\n## 0.9.0 — 1er mai 2026\n") == ["0.9.0"]
