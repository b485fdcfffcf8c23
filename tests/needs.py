"""What a test needs of the machine beyond Python: Debian packages. Absent, it is skipped aloud; in CI it fails.

A pytest plugin (`-p tests.needs`): mark a test with `@pytest.mark.needs("chromium")`, or call `require` in a fixture.
"""

import os
import re
import shutil
from collections import Counter
from pathlib import Path
from typing import NoReturn

import pytest

# Each package and the program (or file) which proves that it is installed.
PROOFS = {
    "chromium": "chromium",
    "dovecot-imapd": "/usr/lib/dovecot/imap",
    "dovecot-lmtpd": "/usr/lib/dovecot/lmtp",
    "pgbouncer": "pgbouncer",
    "postgresql": "/usr/lib/postgresql/*/bin/postgres",
    "tesseract-ocr": "tesseract",
    "tesseract-ocr-fra": "/usr/share/tesseract-ocr/*/tessdata/fra.traineddata",
}
MISSING: Counter[str] = Counter()
_SKIP = re.compile(r"faute du paquet (\S+)")


def here(package: str) -> bool:
    """Whether `package` is on this machine."""
    proof = PROOFS[package]
    if proof.startswith("/"):
        return any(Path("/").glob(proof[1:]))
    return shutil.which(proof, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin") is not None


def require(package: str) -> None:
    """Go on only when `package` is here."""
    if not here(package):
        missing(package)


def missing(package: str) -> NoReturn:
    """Skip the test, aloud and counted; with DOLEANCE_CI=1, fail it."""
    reason = f"faute du paquet {package}"
    if os.environ.get("DOLEANCE_CI") == "1":
        pytest.fail(f"{reason} (DOLEANCE_CI=1: .ci/run installs it)", pytrace=False)
    pytest.skip(reason)


def package_of(reason: str) -> str:
    """The package named by a skip's reason, or an empty text."""
    found = _SKIP.search(reason)
    return found[1] if found else ""


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip, or fail in CI, what needs a package that is absent."""
    for mark in item.iter_markers("needs"):
        for package in mark.args:
            require(package)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Remember the missing package of a skip."""
    if report.skipped and isinstance(report.longrepr, tuple):
        package = package_of(report.longrepr[2])
        if package:
            MISSING[package] += 1


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say aloud what was not tested."""
    if MISSING:
        detail = ", ".join(f"{package} ({count})" for package, count in sorted(MISSING.items()))
        terminalreporter.section("Sautés", yellow=True)
        terminalreporter.line(f"Sautés, faute de {detail} : {MISSING.total()}", yellow=True)
